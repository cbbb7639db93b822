"""The queue's order, its filters and its pages."""

from datetime import timedelta

import pytest

from portico.access import SystemScope
from portico.ids import ResponseId, ReviewId
from portico.platform.database import Command
from portico.review import reading
from portico.review.model import Verdict
from tests import walks
from tests.portal import NOON, Portal
from tests.review.desk import PEOPLE, listed, names


async def test_the_queue_is_ordered_by_urgency_then_consult_then_age(portal: Portal) -> None:
    for name in ("alice", "bob", "dana", "eli", "finn", "grace"):
        portal.clock.pass_by(minutes=1)
        told = {"eli": walks.SADDLE, "finn": walks.NUMBING}.get(name, walks.CALM)
        await walks.queued(portal, name, told)
    await walks.booked(portal, "grace", days=2)
    await walks.booked(portal, "dana", days=1)
    assert await names(await portal.as_("dr.adams")) == ["eli", "finn", "dana", "grace", "alice", "bob"]


async def test_a_moved_consult_moves_its_review(portal: Portal) -> None:
    adams = await portal.as_("dr.adams")
    await walks.queued(portal, "alice")
    await walks.queued(portal, "bob")
    first = await walks.booked(portal, "alice", days=2)
    await walks.booked(portal, "bob", days=3)
    assert await names(adams) == ["alice", "bob"]
    later = (NOON + timedelta(days=4)).isoformat()
    moved = await adams.send("PUT", f"/api/consults/{first}", json={"startsAt": later, "state": "booked"})
    assert moved.status_code == 200
    assert await names(adams) == ["bob", "alice"]


async def test_a_cancelled_consult_takes_its_review_back_to_the_end(portal: Portal) -> None:
    adams = await portal.as_("dr.adams")
    await walks.queued(portal, "alice")
    portal.clock.pass_by(minutes=1)
    await walks.queued(portal, "bob")
    consult = await walks.booked(portal, "bob", days=2)
    assert await names(adams) == ["bob", "alice"]
    await adams.send("PUT", f"/api/consults/{consult}", json={"state": "cancelled"})
    assert await names(adams) == ["alice", "bob"]


async def test_the_next_of_two_consults_counts(portal: Portal) -> None:
    review = await walks.queued(portal, "alice")
    await walks.booked(portal, "alice", days=9)
    await walks.booked(portal, "alice", days=2)
    await walks.booked(portal, "alice", days=5)
    found = await walks.review_by_id(portal, review.review_id)
    assert found.consult_at == NOON + timedelta(days=2)
    assert found.lead_at == NOON + timedelta(days=1)


async def test_an_intake_sent_after_its_consult_was_booked_knows_the_consult(portal: Portal) -> None:
    await walks.booked(portal, "alice", days=2)
    assert (await walks.queued(portal, "alice")).consult_at == NOON + timedelta(days=2)


async def test_a_colleague_filters_by_state_and_holder(portal: Portal) -> None:
    await walks.claimed(portal, "alice")
    portal.clock.pass_by(minutes=1)
    await walks.claimed(portal, "bob", by="nora")
    await walks.queued(portal, "dana")
    await walks.decided(portal, "eli", Verdict(decision="proceed"))
    adams = await portal.as_("dr.adams")
    assert await names(adams) == ["dana"]
    assert await names(adams, "?state=claimed") == ["alice", "bob"]
    assert await names(adams, "?state=claimed&clinician=me") == ["alice"]
    assert await names(await portal.as_("nora"), "?state=claimed&clinician=me") == ["bob"]
    assert await names(adams, "?state=queued&clinician=none") == ["dana"]
    assert await names(adams, "?state=claimed&clinician=none") == []
    assert await names(adams, "?state=decided") == ["eli"]
    assert await names(adams, "?state=waiting") == []


async def test_a_colleague_sees_only_what_is_due_before_a_moment(portal: Portal) -> None:
    for name, days in (("alice", 2), ("bob", 5)):
        await walks.queued(portal, name)
        await walks.booked(portal, name, days=days)
    await walks.queued(portal, "dana")
    before = (NOON + timedelta(days=3)).isoformat().replace("+", "%2B")
    assert await names(await portal.as_("dr.adams"), f"?consultBefore={before}") == ["alice"]


@pytest.mark.parametrize("query", ["state=lost", "clinician=nora", "consultBefore=soon", "cursor=%21", "cursor=WzFd"])
async def test_an_unreadable_filter_is_refused(portal: Portal, query: str) -> None:
    answer = await (await portal.as_("dr.adams")).send("GET", f"/api/reviews?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-request")


COPY = Command("""
    insert into response
    select clinic_id, $3, patient_id, questionnaire_url, questionnaire_version, state, revision, submitted_revision,
        answers_sealed, danger, created_by, created_at, saved_at, expires_at
    from response where clinic_id = $1 and response_id = $2
""")
COPY_REVIEW = Command("""
    insert into review (clinic_id, review_id, response_id, patient_id, state, disposition, urgency, urgency_rank,
        consult_at, queued_at, response_revision, revision)
    select clinic_id, $4, $3, patient_id, 'queued', disposition, urgency, $5, $6, queued_at, response_revision, 1
    from review where clinic_id = $1 and response_id = $2
""")


async def fill_queue(portal: Portal, copies: int) -> set[str]:
    """So many reviews of Alice, most of them with the same key but for the id."""
    review = await walks.queued(portal, "alice")
    made = {str(review.review_id)}
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        for number in range(copies - 1):
            response_id, review_id = ResponseId(tx.ids.new()), ReviewId(tx.ids.new())
            await tx.run(COPY, tx.clinic_id, review.response_id, response_id)
            consult = NOON + timedelta(days=2) if number % 7 == 0 else None
            rank = 2 if number % 11 == 0 else 3
            await tx.run(COPY_REVIEW, tx.clinic_id, review.response_id, response_id, review_id, rank, consult)
            made.add(str(review_id))
    return made


async def test_the_pages_of_the_queue_miss_nothing_and_repeat_nothing(portal: Portal) -> None:
    made = await fill_queue(portal, 3 * reading.PAGE_SIZE + 4)
    adams = await portal.as_("dr.adams")
    seen: list[str] = []
    cursor = ""
    for _ in range(5):
        answer = (await adams.send("GET", f"/api/reviews{cursor}")).json()
        seen += [item["id"] for item in answer["items"]]
        if answer["next"] is None:
            break
        cursor = f"?cursor={answer['next']}"
    assert len(seen) == len(made)
    assert set(seen) == made


async def test_reviews_that_leave_the_queue_between_two_pages_hide_no_other(portal: Portal) -> None:
    made = await fill_queue(portal, 2 * reading.PAGE_SIZE)
    adams = await portal.as_("dr.adams")
    first = (await adams.send("GET", "/api/reviews")).json()
    for item in first["items"][:5]:
        await adams.send("PUT", f"/api/reviews/{item['id']}/claim")
    second = (await adams.send("GET", f"/api/reviews?cursor={first['next']}")).json()
    assert {item["id"] for item in first["items"] + second["items"]} == made


async def test_a_full_last_page_has_no_next_one(portal: Portal) -> None:
    await fill_queue(portal, reading.PAGE_SIZE)
    answer = (await (await portal.as_("dr.adams")).send("GET", "/api/reviews")).json()
    assert (len(answer["items"]), answer["next"]) == (reading.PAGE_SIZE, None)


async def test_the_front_desk_sees_whom_to_call_and_nothing_of_the_pre_screen(portal: Portal) -> None:
    await walks.queued(portal, "alice", walks.NUMBING)
    await walks.queued(portal, "bob")
    items = await listed(await portal.as_("fred"))
    assert [item["callPatient"] for item in items] == [True, False]
    assert all(set(item) == {"id", "state", "consultAt", "patient", "callPatient"} for item in items)


async def test_a_consult_without_an_intake_is_shown_as_missing(portal: Portal) -> None:
    await walks.booked(portal, "alice", days=2)
    await walks.booked(portal, "bob", days=3)
    await walks.queued(portal, "bob")
    consults = (await (await portal.as_("fred")).send("GET", "/api/consults")).json()["items"]
    assert [(item["patientName"], item["intakeMissing"]) for item in consults] == [
        ("Alice Demo", True),
        ("Bob Demo", False),
    ]
    page = await (await portal.as_("dr.adams")).send("GET", "/reviews")
    assert "Alice Demo" in page.text


async def test_a_draft_is_not_an_intake(portal: Portal) -> None:
    await walks.booked(portal, "alice", days=2)
    await walks.drafted(portal, "alice")
    consults = (await (await portal.as_("fred")).send("GET", "/api/consults")).json()["items"]
    assert [item["intakeMissing"] for item in consults] == [True]


async def test_a_patient_is_not_told_what_staff_note_about_their_consult(portal: Portal) -> None:
    await walks.booked(portal, "alice", days=2)
    items = (await (await portal.as_("alice")).send("GET", "/api/consults")).json()["items"]
    assert [set(item) for item in items] == [{"id", "patient", "clinician", "startsAt", "state"}]


async def test_everybody_in_the_queue_is_noted_in_the_audit_record(portal: Portal) -> None:
    for name in PEOPLE[:3]:
        await walks.queued(portal, name)
    await listed(await portal.as_("dr.adams"))
    assert await walks.count(portal, "audit_event", "action = 'list' and object_kind = 'review'") == 3


async def test_the_front_desk_hears_that_cost_or_purpose_was_answered_with_no(portal: Portal) -> None:
    await walks.sent(portal, "alice", {**walks.CALM, "cost.1": False})
    await walks.sent(portal, "bob", walks.CALM)
    fred = await portal.as_("fred")
    told = {item["patient"]["name"]: item["callPatient"] for item in await listed(fred)}
    assert told == {"Alice Demo": True, "Bob Demo": False}
    assert (await fred.send("GET", "/reviews")).text.count("Call the patient") == 1
    nora = await portal.as_("nora")
    by_name = {item["patient"]["name"]: item["disposition"] for item in await listed(nora)}
    assert by_name == {"Alice Demo": "needs_review", "Bob Demo": "possible_candidate"}
