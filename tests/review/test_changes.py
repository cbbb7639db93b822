"""Answers that may no longer hold: too old for the visit ahead, or changed since, as the patient says."""

from datetime import timedelta

import httpx
import pytest

from portico.ids import ResponseId
from portico.review.model import Review, Verdict
from tests import walks
from tests.portal import NOON, Portal
from tests.review.desk import outcome

GOOD_NEWS = Verdict(decision="proceed", sentence="See you then.")
REFERRED = Verdict(decision="refer", sentence="Please see a neurologist first.", reason_code="other", reason_text="x")


async def due(portal: Portal, review: Review, days: float) -> Review:
    """The review so many days after the form was sent, when the worker has looked."""
    portal.clock.pass_by(seconds=(NOON + timedelta(days=days) - portal.clock.now()).total_seconds())
    await portal.do_due_work()
    return await walks.review_by_id(portal, review.review_id)


async def reported(portal: Portal, response_id: ResponseId, change: str, by: str = "alice") -> httpx.Response:
    persona = await portal.sign_in(by)
    return await persona.send("PUT", f"/api/responses/{response_id}/change-report", json={"change": change})


# Too old


async def test_a_decided_intake_that_is_too_old_for_the_visit_ahead_is_looked_at_anew(portal: Portal) -> None:
    review = await walks.decided(portal, "alice", GOOD_NEWS)
    assert review.valid_until == NOON + timedelta(days=30)
    await walks.booked(portal, "alice", days=40)
    assert (await due(portal, review, 29.9)).state == "decided"
    anew = await due(portal, review, 30)
    assert (anew.state, anew.disposition, anew.clinician_id) == ("queued", "needs_review", None)
    assert await walks.count(portal, "review_event", "kind = 'expired' and actor_id is null") == 1
    assert (await due(portal, review, 31)).revision == anew.revision


async def test_the_page_of_an_old_intake_says_so(portal: Portal) -> None:
    review = await walks.decided(portal, "alice", GOOD_NEWS)
    await walks.booked(portal, "alice", days=40)
    await due(portal, review, 30)
    adams = await portal.sign_in("dr.adams")
    shown = (await adams.send("GET", f"/reviews/{review.review_id}")).text
    assert "These answers are more than 30 days old." in shown
    assert (await adams.send("GET", f"/api/reviews/{review.review_id}")).json()["isOld"] is True
    home = (await (await portal.sign_in("alice")).send("GET", "/")).text
    assert "Please tell us if anything has changed." in home


async def test_without_a_visit_ahead_nobody_is_asked_to_look_again(portal: Portal) -> None:
    review = await walks.decided(portal, "alice", GOOD_NEWS)
    assert (await due(portal, review, 60)).state == "decided"
    await walks.booked(portal, "alice", days=20)
    assert (await due(portal, review, 60)).state == "queued"


async def test_a_visit_that_is_over_needs_no_new_look(portal: Portal) -> None:
    review = await walks.decided(portal, "alice", GOOD_NEWS)
    await walks.booked(portal, "alice", days=20)
    assert (await due(portal, review, 60)).state == "decided"


async def test_who_is_referred_elsewhere_is_not_asked_again(portal: Portal) -> None:
    review = await walks.decided(portal, "alice", REFERRED)
    await walks.booked(portal, "alice", days=40)
    assert review.valid_until is None
    assert (await due(portal, review, 60)).state == "decided"


async def test_a_decision_on_old_answers_holds_from_the_decision(portal: Portal) -> None:
    review = await walks.queued(portal, "alice")
    portal.clock.pass_by(days=45)
    adams = await portal.sign_in("dr.adams")
    await adams.send("PUT", f"/api/reviews/{review.review_id}/claim")
    verdict = {"decision": "proceed", "sentence": "See you then."}
    await adams.send("PUT", f"/api/reviews/{review.review_id}/decision", json=verdict, revision=review.revision + 1)
    decided = await walks.review_by_id(portal, review.review_id)
    assert decided.valid_until == NOON + timedelta(days=75)


# Changed since


@pytest.mark.parametrize("change", ["symptom", "health"])
async def test_a_reported_change_puts_a_decided_review_before_a_clinician(portal: Portal, change: str) -> None:
    review = await walks.decided(portal, "alice", GOOD_NEWS)
    answer = await reported(portal, review.response_id, change)
    assert (answer.status_code, answer.json()["state"]) == (200, "amending")
    anew = await walks.review_by_id(portal, review.review_id)
    assert (anew.state, anew.disposition) == ("queued", "needs_review")
    adams = await portal.as_("dr.adams")
    told = (await adams.send("GET", f"/api/reviews/{review.review_id}")).json()
    assert told["reported"]["kind"] == change
    assert "were sent before that" in (await adams.send("GET", f"/reviews/{review.review_id}")).text


async def test_a_mistake_alone_waits_for_the_changed_form(portal: Portal) -> None:
    review = await walks.decided(portal, "alice", GOOD_NEWS)
    assert (await reported(portal, review.response_id, "correction")).status_code == 200
    assert (await walks.review_by_id(portal, review.review_id)).state == "decided"
    assert await walks.count(portal, "review_event", "kind = 'reported_correction'") == 1


async def test_the_changed_form_is_screened_again_and_ends_the_report(portal: Portal) -> None:
    review = await walks.decided(portal, "alice", GOOD_NEWS)
    await reported(portal, review.response_id, "symptom")
    await walks.amended(portal, "alice", review.response_id, walks.NUMBING)
    anew = await walks.review_by_id(portal, review.review_id)
    assert (anew.state, anew.disposition) == ("queued", "call_before_booking")
    adams = await portal.as_("dr.adams")
    assert (await adams.send("GET", f"/api/reviews/{review.review_id}")).json()["reported"] is None


async def test_nothing_is_reported_about_a_form_that_was_not_sent(portal: Portal) -> None:
    response_id, _ = await walks.drafted(portal, "alice")
    assert (await reported(portal, response_id, "symptom")).status_code == 409
    assert (await reported(portal, response_id, "weather")).status_code == 400


async def test_the_page_leads_from_a_new_symptom_to_the_questions_about_danger(portal: Portal) -> None:
    review = await walks.decided(portal, "alice", GOOD_NEWS)
    alice = await portal.as_("alice")
    base = f"/for/{alice.own}/responses/{review.response_id}"
    assert f"{base}/change" in (await alice.send("GET", "/")).text
    assert "I have a new symptom" in (await alice.send("GET", f"{base}/change")).text
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    unsaid = await alice.send("POST", f"{base}/change", body=b"", headers=form)
    assert (unsaid.status_code, "Please choose what has changed." in unsaid.text) == (422, True)
    answer = await alice.send("POST", f"{base}/change", body=b"change=symptom", headers=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{base}/screens/1")


async def test_the_home_page_leads_straight_to_the_clinicians_words(portal: Portal) -> None:
    review = await walks.decided(portal, "alice", REFERRED)
    alice = await portal.as_("alice")
    home = (await alice.send("GET", "/")).text
    assert "Read what your clinician wrote" in home
    assert f"/for/{alice.own}/responses/{review.response_id}/outcome" in home
    assert (await outcome(portal, "alice", review.response_id))["disposition"] == "possible_candidate"


# Going on


async def test_going_on_opens_the_first_screen_that_waits_for_an_answer(portal: Portal) -> None:
    alice = await portal.as_("alice")
    response_id, _ = await walks.drafted(portal, "alice", {"reg.1": ["knee"], "who.1": "self"}, only_told=True)
    base = f"/for/{alice.own}/responses/{response_id}"
    assert f'href="{base}"' in (await alice.send("GET", "/")).text
    going_on = (await alice.send("GET", base)).headers["location"]
    assert going_on.startswith(f"{base}/screens/")


async def test_a_form_that_was_sent_leads_to_its_outcome(portal: Portal) -> None:
    alice = await portal.as_("alice")
    review = await walks.queued(portal, "alice")
    base = f"/for/{alice.own}/responses/{review.response_id}"
    assert (await alice.send("GET", base)).headers["location"] == f"{base}/outcome"
