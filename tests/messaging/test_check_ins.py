"""A check-in stands in its thread as the next message, with the level that its own rules gave it."""

import msgspec
import pytest

from portico.ids import MessageId, ResponseId, ThreadId
from portico.messaging.actions import Sent, append, open_thread
from portico.messaging.model import Assessment, NewThread, Parcel
from portico.messaging.rules import DifferentBody
from tests import walks
from tests.messaging.practice import messages, started
from tests.portal import Portal

FOUND = Assessment(level="same_day", rules=("ST10",), reader_version="check-in", guidance_keys=("sd.severe",))


async def parcel_of(portal: Portal) -> Parcel:
    response_id, _ = await walks.drafted(portal, "alice")
    return Parcel(
        message_id=MessageId(portal.site.db.ids.new()),
        body=None,
        kind="check_in",
        response_id=ResponseId(response_id),
    )


async def appended(portal: Portal, thread: ThreadId, parcel: Parcel, found: Assessment = FOUND) -> Sent:
    me = walks.caller(portal, "alice")
    async with portal.site.db.transaction(me.scope) as tx:
        return await append(tx, portal.site, me, thread, parcel, found)


async def test_a_check_in_is_the_next_message_of_its_thread(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own)
    parcel = await parcel_of(portal)
    sent = await appended(portal, ThreadId(msgspec.convert(thread, ThreadId)), parcel)
    assert (sent.is_new, sent.message.seq) == (True, 2)
    seen = (await messages(nora, thread))[-1]
    assert (seen["kind"], seen["body"], seen["response"]) == ("check_in", None, str(parcel.response_id))
    assert (seen["level"], seen["rules"], seen["guidance"][0]["key"]) == ("same_day", ["ST10"], "sd.severe")
    assert (await nora.send("GET", f"/api/threads/{thread}")).json()["level"] == "same_day"


async def test_a_check_in_again_is_the_same_message(portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread = msgspec.convert(await started(alice, alice.own), ThreadId)
    parcel = await parcel_of(portal)
    first = await appended(portal, thread, parcel)
    again = await appended(portal, thread, parcel)
    assert (again.is_new, again.message) == (False, first.message)
    with pytest.raises(DifferentBody):
        await appended(portal, thread, msgspec.structs.replace(parcel, body="and words"))


async def test_a_check_in_may_start_a_thread(portal: Portal) -> None:
    me = walks.caller(portal, "alice")
    parcel = await parcel_of(portal)
    new = NewThread(
        thread_id=ThreadId(portal.site.db.ids.new()),
        patient_id=walks.patient_of(portal, "alice"),
        topic="soreness",
        subject="How I feel",
    )
    async with portal.site.db.transaction(me.scope) as tx:
        sent = await open_thread(tx, portal.site, me, new, parcel, FOUND)
    assert (sent.thread.last_seq, sent.thread.level, sent.thread.pool) == (1, "same_day", "nurses")
