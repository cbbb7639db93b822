"""What messaging leaves behind: audit rows for each act and reading, limits that hold, and who is told by mail."""

from dataclasses import replace

import msgspec
import pytest

from portico.access import SystemScope
from portico.ids import MessageId, ThreadId
from portico.messaging import sending
from portico.messaging.limits import SENDS
from portico.messaging.model import Parcel
from portico.messaging.rules import TooManySends
from portico.platform.database import Query
from tests import walks
from tests.messaging.practice import CALM, new_id, start, started, write
from tests.portal import Portal


class Trace(msgspec.Struct, frozen=True):
    """An audit row about a patient's messages."""

    action: str
    object_kind: str
    outcome: str


TRACES = Query(
    Trace,
    "select action, object_kind, outcome from audit_event where clinic_id = $1 and patient_id = $2 and actor_id = $3"
    " and event_id > $4 order by event_id",
)
LAST = Query(walks.Counted, "select coalesce(max(event_id), 0) as count from audit_event where clinic_id = $1")


async def last_row(portal: Portal) -> int:
    clinic_id = walks.clinic_of(portal, "alice")
    async with portal.site.db.transaction(SystemScope(clinic_id, "test")) as tx:
        return (await tx.one(LAST, clinic_id)).count


async def traces(portal: Portal, name: str, since: int) -> list[tuple[str, str, str]]:
    """What this person has left about Alice after that row."""
    clinic_id = walks.clinic_of(portal, "alice")
    about, by = walks.patient_of(portal, "alice"), str(walks.caller(portal, name).account_id)
    async with portal.site.db.transaction(SystemScope(clinic_id, "test")) as tx:
        rows = await tx.all(TRACES, clinic_id, about, by, since)
    return [(row.action, row.object_kind, row.outcome) for row in rows]


async def test_each_act_and_reading_leaves_its_row(fresh_portal: Portal) -> None:
    portal = fresh_portal
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    since = await last_row(portal)
    thread, message = new_id(), new_id()
    for _ in range(2):
        await start(alice, alice.own, thread=thread, message=message)
    assert await traces(portal, "alice", since) == [("create", "message", "done"), ("read", "message", "sent-before")]
    since = await last_row(portal)
    path = f"/api/threads/{thread}"
    await nora.send("GET", "/api/threads")
    await nora.send("GET", path)
    for _ in range(3):
        await nora.send("GET", f"{path}/messages")
    await nora.send("POST", f"{path}/notes", json={"body": "Called."})
    me = str(walks.caller(portal, "nora").account_id)
    await nora.send("PUT", f"{path}/assignment", json={"to": me})
    await nora.send("PUT", f"{path}/closure", json={"sentence": "Write again."})
    assert await traces(portal, "nora", since) == [
        ("list", "thread", "done"),
        ("read", "thread", "done"),
        ("read", "thread", "done"),
        ("create", "note", "done"),
        ("change", "thread", "assigned"),
        ("change", "thread", "closed"),
    ]


async def test_a_refused_reading_is_kept(fresh_portal: Portal) -> None:
    alice, bob = await fresh_portal.as_("alice"), await fresh_portal.as_("bob")
    thread = await started(alice, alice.own)
    await bob.send("GET", f"/api/threads/{thread}")
    assert await walks.count(fresh_portal, "audit_event", "outcome = 'not-found'") == 1


async def test_patients_are_told_of_an_answer_and_of_closing_by_mail(fresh_portal: Portal) -> None:
    alice, nora = await fresh_portal.as_("alice"), await fresh_portal.as_("nora")
    thread, message = await started(alice, alice.own), new_id()
    for _ in range(2):
        await write(nora, thread, "Made-up answer", message=message)
    await nora.send("PUT", f"/api/threads/{thread}/closure", json={"sentence": "Write again."})
    assert await walks.count(fresh_portal, "notification", "kind = 'message'") == 1
    assert await walks.count(fresh_portal, "notification", "kind = 'thread-closed'") == 1
    while (await fresh_portal.do_due_work()).taken:
        pass
    sent = [file.read_text(encoding="utf-8") for file in fresh_portal.mail.iterdir()]
    mails = [mail for mail in sent if "Something for you in the portal" in mail]
    # Alice and Pat, who acts for her, once for each cause.
    assert len(mails) == 4
    assert not any("Made-up" in mail or "Write again" in mail for mail in mails)


async def test_nobody_sends_more_than_a_person_writes(fresh_portal: Portal) -> None:
    portal = fresh_portal
    settings = msgspec.structs.replace(portal.site.settings, demo=False)
    site, me = replace(portal.site, settings=settings), walks.caller(portal, "alice")
    alice = await portal.as_("alice")
    thread = ThreadId(msgspec.convert(await started(alice, alice.own), ThreadId))
    parcel = Parcel(message_id=MessageId(portal.site.db.ids.new()), body=CALM)
    # Starting the thread was the first.
    for _ in range(SENDS.tries - 1):
        await sending.send_message(site, me, thread, parcel)
    with pytest.raises(TooManySends) as refusal:
        await sending.send_message(site, me, thread, parcel)
    assert "911" in refusal.value.message
    portal.clock.pass_by(seconds=61)
    assert (await sending.send_message(site, me, thread, parcel)).is_new is False
