"""What happens when nobody reads, and when a patient answers a clinician's question by message."""

from datetime import timedelta

import msgspec
import pytest

from portico.access import SystemScope
from portico.clinic.actions import set_setting
from portico.clinic.signing import sign_everything
from portico.platform.database import Query
from portico.review.model import Verdict
from tests import walks
from tests.messaging.practice import BREATH, CALM, started, write
from tests.portal import Portal


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the outbox."""

    kind: str
    recipient: str


OUTBOX = Query(
    Told,
    "select kind, recipient from notification where clinic_id = $1 and kind like $2 and recipient not like 'account:%'"
    " order by created_at",
)
PERSONAL = Query(
    Told,
    "select kind, recipient from notification where clinic_id = $1 and kind = $2 and recipient like 'account:%'"
    " order by created_at",
)


@pytest.fixture
async def portal(fresh_portal: Portal) -> Portal:
    """The clinic calls about what was not read within 4 opening hours; it is noon, and it closes at five."""
    people = fresh_portal.people.by_name
    async with fresh_portal.site.db.transaction(SystemScope(walks.clinic_of(fresh_portal, "alice"), "test")) as tx:
        await set_setting(tx, fresh_portal.site.content, "messages.read_open_hours", "4")
        clinician, admin = people["dr.adams"].account_id, people["anna"].account_id
        await sign_everything(tx, fresh_portal.site.content, clinician=clinician, admin=admin)
    return fresh_portal


async def told(portal: Portal, kind: str) -> list[str]:
    clinic_id = walks.clinic_of(portal, "alice")
    async with portal.site.db.transaction(SystemScope(clinic_id, "test")) as tx:
        return [row.recipient for row in await tx.all(OUTBOX, clinic_id, kind)]


async def wait(portal: Portal, **duration: float) -> None:
    """Time passes, the due work is done, and everybody signs in anew."""
    portal.clock.pass_by(**duration)
    assert (await portal.do_due_work()).failed == 0
    portal.personas.clear()


async def test_what_staff_do_not_read_in_time_becomes_the_nurses_and_the_sender_hears(portal: Portal) -> None:
    alice, fred = await portal.as_("alice"), await portal.as_("fred")
    thread = await started(alice, alice.own, topic="billing")
    await wait(portal, hours=3, minutes=59)
    assert await told(portal, "message-unread") == []
    await wait(portal, minutes=1)
    nora = await portal.as_("nora")
    seen = (await nora.send("GET", f"/api/threads/{thread}")).json()
    assert (seen["pool"], seen["level"]) == ("nurses", "same_day")
    (escalation,) = (await nora.send("GET", "/api/escalations")).json()["items"]
    assert (escalation["level"], escalation["rules"], escalation["subject"]["id"]) == ("same_day", ["ST27"], thread)
    assert await told(portal, "message-unread") == [f"patient:{alice.own}"]
    assert (await fred.send("GET", f"/api/threads/{thread}")).status_code in (401, 404)
    # Nobody is in danger because nobody read, so a visit may be asked for.
    again = await portal.as_("alice")
    assert (await again.send("POST", "/api/consult-requests", json={"patient": alice.own})).status_code == 201
    await wait(portal, minutes=5)
    assert await told(portal, "message-unread") == [f"patient:{alice.own}"]


async def test_what_staff_read_in_time_stays_where_it_is(portal: Portal) -> None:
    alice, fred = await portal.as_("alice"), await portal.as_("fred")
    thread = await started(alice, alice.own, topic="billing")
    portal.clock.pass_by(minutes=10)
    await write(alice, thread)
    await fred.send("PUT", f"/api/threads/{thread}/read-mark", json={"seq": 1})
    await wait(portal, hours=3, minutes=55)
    assert await told(portal, "message-unread") == []
    # The second message was sent ten minutes later and is still unread.
    await wait(portal, minutes=5)
    assert await told(portal, "message-unread") == [f"patient:{alice.own}"]


async def test_opening_hours_count_and_no_others(portal: Portal) -> None:
    portal.clock.pass_by(hours=4)
    alice = await portal.as_("alice")
    await started(alice, alice.own)
    await wait(portal, hours=15)
    assert await told(portal, "message-unread") == []
    await wait(portal, hours=4)
    assert await told(portal, "message-unread") == [f"patient:{alice.own}"]


async def test_without_a_confirmed_time_nothing_is_due(portal: Portal) -> None:
    clinic = SystemScope(walks.clinic_of(portal, "alice"), "test")
    async with portal.site.db.transaction(clinic) as tx:
        await set_setting(tx, portal.site.content, "messages.read_open_hours", "2")
    alice = await portal.as_("alice")
    await started(alice, alice.own)
    await wait(portal, days=9)
    assert await told(portal, "message-unread") == []


async def test_an_emergency_that_is_worked_on_only_gains_a_rule(portal: Portal) -> None:
    alice = await portal.as_("alice")
    await started(alice, alice.own, BREATH)
    await wait(portal, hours=4)
    nora = await portal.as_("nora")
    (escalation,) = (await nora.send("GET", "/api/escalations")).json()["items"]
    assert (escalation["level"], escalation["rules"]) == ("emergency", ["ST01", "ST27"])


async def test_what_a_patient_does_not_read_in_time_is_a_call_to_make_and_who_wrote_it_hears_first(
    portal: Portal,
) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own)
    await nora.send("PUT", f"/api/threads/{thread}/read-mark", json={"seq": 1})
    await write(nora, thread, "Please call us.")
    await wait(portal, hours=4)
    nora = await portal.as_("nora")
    (escalation,) = (await nora.send("GET", "/api/escalations")).json()["items"]
    assert (escalation["level"], escalation["rules"]) == ("routine", [])
    assert (await nora.send("GET", f"/api/threads/{thread}")).json()["level"] == "routine"
    clinic_id = walks.clinic_of(portal, "alice")
    async with portal.site.db.transaction(SystemScope(clinic_id, "test")) as tx:
        rows = await tx.all(PERSONAL, clinic_id, "routine-escalation-raise")
    assert [row.recipient for row in rows] == [f"account:{walks.caller(portal, 'nora').account_id}"]


async def test_what_a_patient_reads_in_time_is_no_call(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own)
    await nora.send("PUT", f"/api/threads/{thread}/read-mark", json={"seq": 1})
    await write(nora, thread, "Please call us.")
    await alice.send("PUT", f"/api/threads/{thread}/read-mark", json={"seq": 2})
    await wait(portal, days=2)
    assert (await (await portal.as_("nora")).send("GET", "/api/escalations")).json()["items"] == []


async def test_a_patients_message_answers_the_question_of_a_waiting_review(portal: Portal) -> None:
    asked = Verdict(decision="needs_information", sentence="Since when?")
    review = await walks.decided(portal, "bob", asked, walks.FLAGGED)
    assert review.state == "waiting"
    nora, bob, alice = [await portal.as_(name) for name in ("nora", "bob", "alice")]
    portal.clock.pass_by(minutes=1)
    await started(alice, alice.own)
    await started(nora, bob.own)
    await portal.do_due_work()
    assert (await walks.review_by_id(portal, review.review_id)).state == "waiting"
    await started(bob, bob.own, CALM)
    await portal.do_due_work()
    after = await walks.review_by_id(portal, review.review_id)
    assert (after.state, after.clinician_id, after.due_at) == ("claimed", review.clinician_id, None)
    assert after.claim_until == portal.clock.now() + timedelta(minutes=30)
    assert after.revision == review.revision + 1


async def test_a_message_before_the_question_answers_nothing(portal: Portal) -> None:
    bob = await portal.as_("bob")
    await started(bob, bob.own, CALM)
    portal.clock.pass_by(minutes=1)
    asked = Verdict(decision="needs_information", sentence="Since when?")
    review = await walks.decided(portal, "bob", asked, walks.FLAGGED)
    await portal.do_due_work()
    assert (await walks.review_by_id(portal, review.review_id)).state == "waiting"


async def read_hours(portal: Portal, key: str, value: str | None) -> None:
    """Who may do so sets and confirms a value."""
    who = await portal.as_("anna" if key.startswith("clinic.") else "dr.adams")
    await who.step_up()
    answer = await who.send("PUT", f"/api/settings/{key}", json={"value": value, "confirm": value is not None})
    assert answer.status_code == 200, answer.text


async def test_when_messages_must_be_read_follows_the_settings(portal: Portal) -> None:
    alice = await portal.as_("alice")
    await started(alice, alice.own)
    await read_hours(portal, "messages.read_open_hours", "2")
    await wait(portal, hours=1, minutes=59)
    assert await told(portal, "message-unread") == []
    await wait(portal, minutes=1)
    assert await told(portal, "message-unread") == [f"patient:{alice.own}"]
    # It was looked after: another time allowed does not make it late a second time.
    await read_hours(portal, "messages.read_open_hours", "3")
    await wait(portal, hours=3)
    assert await told(portal, "message-unread") == [f"patient:{alice.own}"]


async def test_a_time_confirmed_later_holds_for_what_waits_already(portal: Portal) -> None:
    await read_hours(portal, "messages.read_open_hours", None)
    alice = await portal.as_("alice")
    await started(alice, alice.own)
    await wait(portal, hours=1)
    await read_hours(portal, "messages.read_open_hours", "2")
    await wait(portal, minutes=59)
    assert await told(portal, "message-unread") == []
    await wait(portal, minutes=1)
    assert await told(portal, "message-unread") == [f"patient:{alice.own}"]


async def test_when_messages_must_be_read_follows_the_opening_hours(portal: Portal) -> None:
    alice = await portal.as_("alice")
    await started(alice, alice.own)
    await read_hours(portal, "clinic.opening_hours", "; ".join(f"{day} 08:00-14:00" for day in ("mon", "tue", "wed")))
    # It is noon: two hours today, two tomorrow from eight.
    await wait(portal, hours=21, minutes=59)
    assert await told(portal, "message-unread") == []
    await wait(portal, minutes=1)
    assert await told(portal, "message-unread") == [f"patient:{alice.own}"]
