"""The longer life of a review: questions, amendments, and consults that come near."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from portico.commands.made_up_answers import Told
from portico.escalation import handling
from portico.review import actions
from portico.review.model import Verdict
from tests import walks
from tests.portal import NOON, Portal
from tests.review.desk import names, outcome

QUESTION = Verdict(decision="needs_information", sentence="Which month was it?")
GOOD_NEWS = Verdict(decision="proceed", sentence="See you then.")
LATE = "kind = 'late'"


async def test_a_question_waits_for_the_patient_with_the_clinician_who_asked(portal: Portal) -> None:
    review = await walks.decided(portal, "alice", QUESTION, walks.FLAGGED)
    assert (review.state, review.due_at) == ("waiting", NOON + timedelta(days=7))
    assert review.clinician_id == walks.caller(portal, "dr.adams").account_id
    assert await names(await portal.as_("dr.adams"), "?state=waiting&clinician=me") == ["alice"]


async def test_an_answered_question_is_in_its_clinicians_hands_again(portal: Portal) -> None:
    review = await walks.decided(portal, "alice", QUESTION, walks.FLAGGED)
    portal.clock.pass_by(days=2)
    await walks.amended(portal, "alice", review.response_id, walks.FLAGGED)
    answered = await walks.review_by_id(portal, review.review_id)
    assert (answered.state, answered.clinician_id) == ("claimed", review.clinician_id)
    assert answered.claim_until == portal.clock.now() + timedelta(minutes=30)
    assert (answered.due_at, answered.queued_at) == (None, NOON)
    assert answered.revision == review.revision + 1


async def test_an_answer_whose_clinician_is_away_goes_to_the_colleagues(portal: Portal) -> None:
    review = await walks.decided(portal, "alice", QUESTION, walks.FLAGGED)
    await walks.amended(portal, "alice", review.response_id, walks.FLAGGED)
    portal.clock.pass_by(minutes=31)
    await portal.do_due_work()
    assert await names(await portal.as_("nora")) == ["alice"]


async def test_a_question_without_an_answer_returns_to_the_queue(portal: Portal) -> None:
    review = await walks.decided(portal, "alice", QUESTION, walks.FLAGGED)
    portal.clock.pass_by(days=7, seconds=-1)
    await portal.do_due_work()
    assert (await walks.review_by_id(portal, review.review_id)).state == "waiting"
    portal.clock.pass_by(seconds=1)
    await portal.do_due_work()
    due = await walks.review_by_id(portal, review.review_id)
    assert (due.state, due.clinician_id, due.due_at, due.queued_at) == ("queued", None, None, NOON)
    assert await walks.count(portal, "review_event", "kind = 'fell_due' and actor_id is null") == 1


async def test_a_decision_is_looked_at_anew_after_an_amendment(portal: Portal) -> None:
    review = await walks.decided(portal, "alice", GOOD_NEWS)
    portal.clock.pass_by(days=1)
    await walks.amended(portal, "alice", review.response_id, walks.NUMBING)
    anew = await walks.review_by_id(portal, review.review_id)
    assert (anew.state, anew.clinician_id, anew.queued_at) == ("queued", None, NOON + timedelta(days=1))
    assert (anew.disposition, anew.urgency) == ("call_before_booking", "same_day")
    assert anew.response_revision > review.response_revision
    assert await walks.count(portal, "review") == 1


async def test_a_clinician_sees_what_an_amendment_changed(portal: Portal) -> None:
    review = await walks.decided(portal, "alice", GOOD_NEWS)
    await walks.amended(portal, "alice", review.response_id, {**walks.CALM, "med.2": ["apixaban"]})
    read = (await (await portal.as_("dr.adams")).send("GET", f"/api/reviews/{review.review_id}")).json()
    assert "med.2" in {change["linkId"] for change in read["changes"]}


async def test_submitting_the_same_revision_again_queues_nothing_anew(portal: Portal) -> None:
    told = await walks.sent(portal, "alice")
    review = await walks.review_of(portal, "alice", told.response_id)
    alice = await portal.as_("alice")
    for _ in range(2):
        answer = await alice.send(
            "PUT", f"/api/responses/{told.response_id}/submission", json={}, revision=told.revision
        )
        assert answer.status_code == 200
    assert await walks.review_by_id(portal, review.review_id) == review
    assert await walks.count(portal, "review_event") == 1


# Consults that come near


async def test_an_undecided_review_is_escalated_a_day_before_its_consult(portal: Portal) -> None:
    review = await walks.queued(portal, "alice")
    await walks.booked(portal, "alice", days=3)
    portal.clock.pass_by(days=2, seconds=-1)
    await portal.do_due_work()
    assert await walks.escalation_of(portal, "alice", review.response_id) is None
    portal.clock.pass_by(seconds=1)
    await portal.do_due_work()
    raised = await walks.escalation_of(portal, "alice", review.response_id)
    assert raised is not None
    assert (raised.level, raised.cause, raised.state) == ("same_day", "late_review", "raised")


async def test_a_late_review_is_escalated_once(portal: Portal) -> None:
    review = await walks.queued(portal, "alice")
    await walks.booked(portal, "alice", days=3)
    portal.clock.pass_by(days=2)
    await portal.do_due_work()
    await walks.resolved(portal, "alice", review.response_id)
    for _ in range(3):
        portal.clock.pass_by(minutes=10)
        await portal.do_due_work()
    assert await walks.escalation_of(portal, "alice", review.response_id) is None
    assert await walks.count(portal, "review_event", LATE) == 1


async def test_a_late_review_whose_consult_moves_is_escalated_again_in_time(portal: Portal) -> None:
    await walks.queued(portal, "alice")
    consult = await walks.booked(portal, "alice", days=3)
    portal.clock.pass_by(days=2)
    await portal.do_due_work()
    later = (NOON + timedelta(days=10)).isoformat()
    adams = await portal.sign_in("dr.adams")
    await adams.send("PUT", f"/api/consults/{consult}", json={"startsAt": later, "state": "booked"})
    portal.clock.pass_by(days=6)
    await portal.do_due_work()
    assert await walks.count(portal, "review_event", LATE) == 1
    portal.clock.pass_by(days=1)
    await portal.do_due_work()
    assert await walks.count(portal, "review_event", LATE) == 2


@pytest.mark.parametrize("state", ["claimed", "waiting"])
async def test_a_review_in_somebodys_hands_is_late_all_the_same(portal: Portal, state: str) -> None:
    await walks.booked(portal, "alice", days=3)
    portal.clock.pass_by(days=1, hours=23, minutes=55)
    if state == "claimed":
        await walks.claimed(portal, "alice", walks.FLAGGED)
    else:
        await walks.decided(portal, "alice", QUESTION, walks.FLAGGED)
    portal.clock.pass_by(minutes=5)
    await portal.do_due_work()
    assert await walks.count(portal, "review_event", LATE) == 1


async def test_a_decided_review_is_never_late(portal: Portal) -> None:
    await walks.booked(portal, "alice", days=3)
    await walks.decided(portal, "alice", GOOD_NEWS)
    portal.clock.pass_by(days=2, hours=23)
    await portal.do_due_work()
    assert await walks.count(portal, "escalation") == 0


async def test_an_intake_sent_the_evening_before_is_late_at_once(portal: Portal) -> None:
    await walks.booked(portal, "alice", days=0.5)
    await walks.queued(portal, "alice")
    await portal.do_due_work()
    assert await walks.count(portal, "review_event", LATE) == 1


async def test_the_clinician_who_holds_a_late_review_is_told_first(portal: Portal) -> None:
    await walks.booked(portal, "alice", days=1.01)
    review = await walks.claimed(portal, "alice")
    portal.clock.pass_by(minutes=15)
    await portal.do_due_work()
    adams = walks.caller(portal, "dr.adams").account_id
    assert review.clinician_id == adams
    # Beside the test page that the demo's clinic sent before it opened.
    told = f"recipient = 'account:{adams}' and kind <> 'page-test'"
    assert await walks.count(portal, "notification", told) == 1


# A red flag that is open


async def ask_for_a_visit(portal: Portal, name: str = "alice") -> tuple[int, dict[str, object]]:
    persona = await portal.as_(name)
    answer = await persona.send(
        "POST", "/api/consult-requests", json={"patient": str(walks.patient_of(portal, "alice"))}
    )
    return answer.status_code, answer.json()


async def test_a_patient_asks_for_a_visit_once_nothing_is_in_the_way(portal: Portal) -> None:
    status, consult = await ask_for_a_visit(portal)
    assert (status, consult["state"], consult["startsAt"]) == (201, "requested", None)


@pytest.mark.parametrize("name", ["alice", "pat"])
async def test_nobody_asks_for_a_visit_while_a_danger_is_unresolved(portal: Portal, name: str) -> None:
    told: dict[str, Told] = {"reg.1": ["knee"], "rf.any.fever": "yes", "rf.any.hot_joint": "yes"}
    response_id, _ = await walks.drafted(portal, "alice", told, only_told=True)
    status, problem = await ask_for_a_visit(portal, name)
    assert (status, problem["code"]) == (409, "red-flag-open")
    data = problem["data"]
    assert isinstance(data, dict)
    assert data["guidance"]
    assert all(text["text"] for text in data["guidance"])
    assert await walks.count(portal, "consult") == 0
    await walks.resolved(portal, "alice", response_id)
    assert (await ask_for_a_visit(portal, name))[0] == 201


@pytest.mark.parametrize("told", [walks.SADDLE, walks.NUMBING], ids=["seek_care_now", "call_before_booking"])
async def test_nobody_asks_for_a_visit_before_a_dangerous_intake_is_decided(
    portal: Portal, told: Mapping[str, Told]
) -> None:
    review = await walks.queued(portal, "alice", told)
    if await walks.escalation_of(portal, "alice", review.response_id) is not None:
        await walks.resolved(portal, "alice", review.response_id)
    assert (await ask_for_a_visit(portal))[0] == 409
    adams = walks.caller(portal, "dr.adams")
    await actions.claim_review(portal.site, adams, review.review_id)
    assert (await ask_for_a_visit(portal))[0] == 409
    verdict = Verdict(decision="refer", told_patient=True)
    await actions.decide_review(portal.site, adams, review.review_id, review.revision + 1, verdict)
    assert (await ask_for_a_visit(portal))[0] == 201


async def test_a_question_about_a_dangerous_intake_does_not_open_the_way(portal: Portal) -> None:
    await walks.decided(portal, "alice", QUESTION, walks.NUMBING)
    assert (await ask_for_a_visit(portal))[0] == 409


async def test_the_danger_of_one_patient_is_not_in_the_way_of_another(portal: Portal) -> None:
    await walks.queued(portal, "alice", walks.NUMBING)
    bob = await portal.as_("bob")
    answer = await bob.send("POST", "/api/consult-requests", json={"patient": bob.own})
    assert answer.status_code == 201


async def test_a_late_review_is_the_clinics_delay_and_not_in_the_patients_way(portal: Portal) -> None:
    await walks.queued(portal, "alice")
    await walks.booked(portal, "alice", days=0.5)
    await portal.do_due_work()
    listed = await handling.read_list(portal.site, walks.caller(portal, "dr.adams"), "unresolved", None)
    assert [entry.level for entry in listed.entries] == ["same_day"]
    assert (await ask_for_a_visit(portal))[0] == 201


async def test_a_patient_in_danger_reads_what_to_do_and_nothing_about_a_visit(portal: Portal) -> None:
    review = await walks.queued(portal, "alice", walks.SADDLE)
    told = await outcome(portal, "alice", review.response_id)
    assert told["disposition"] == "seek_care_now"
    assert not any(text["key"].startswith("pre.") for text in told["guidance"])
