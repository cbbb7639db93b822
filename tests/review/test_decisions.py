"""Deciding: from the revision that was read, with one's own claim, with a reason where the pre-screen says otherwise."""

from collections.abc import Mapping

import pytest

from portico.access import SystemScope
from portico.platform.vault import Place
from portico.review.ledger_queries import events_of
from portico.review.model import Review, Verdict
from tests import walks
from tests.portal import Portal
from tests.review.desk import ASK, PROCEED, REFER, claim, decide, outcome

REASON: Mapping[str, object] = {"reason": {"code": "examined_before", "text": "Seen twice last year."}}


async def test_a_clinician_decides_what_they_claimed_and_read(portal: Portal) -> None:
    review = await walks.queued(portal, "alice")
    adams = await portal.as_("dr.adams")
    await claim(adams, review.review_id)
    read = await adams.send("GET", f"/api/reviews/{review.review_id}")
    assert read.headers["etag"] == '"2"'
    answer = await decide(adams, review.review_id, PROCEED, revision=2)
    assert (answer.status_code, answer.json()["state"], answer.headers["etag"]) == (200, "decided", '"3"')
    assert answer.json()["claim"] is None


async def test_a_decision_says_which_revision_was_read(portal: Portal) -> None:
    review = await walks.claimed(portal, "alice")
    adams = await portal.as_("dr.adams")
    without = await decide(adams, review.review_id, PROCEED, revision=None)
    assert (without.status_code, without.json()["code"]) == (428, "if-match-required")
    stale = await decide(adams, review.review_id, PROCEED, revision=review.revision - 1)
    assert (stale.status_code, stale.json()["code"]) == (412, "review-stale")
    assert stale.json()["data"] == {"revision": review.revision}


async def test_a_decision_on_answers_that_changed_meanwhile_is_refused(portal: Portal) -> None:
    review = await walks.claimed(portal, "alice")
    await walks.amended(portal, "alice", review.response_id, walks.FLAGGED)
    answer = await decide(await portal.as_("dr.adams"), review.review_id, PROCEED, revision=review.revision)
    assert answer.status_code == 412


REFUSED: Mapping[str, tuple[Mapping[str, object], int]] = {
    "another-decision-without-reason": (REFER, 422),
    "a-question-without-words": ({"decision": "needs_information"}, 422),
    "a-question-of-blanks": ({"decision": "needs_information", "sentence": "   ", **REASON}, 422),
    "an-unknown-reason": ({**REFER, "reason": {"code": "mood", "text": "No."}}, 422),
    "a-reason-of-blanks": ({**REFER, "reason": {"code": "other", "text": "  "}}, 422),
    "an-endless-sentence": ({"decision": "proceed", "sentence": "x" * 1001}, 422),
    "an-unknown-decision": ({"decision": "maybe"}, 400),
    "an-unknown-field": ({**PROCEED, "urgency": "routine"}, 400),
    "no-decision": ({}, 400),
}


async def everything(portal: Portal, review: Review) -> tuple[object, ...]:
    """All that a decision may change."""
    tables = ("review_event", "decision", "escalation", "notification")
    rows = [await walks.count(portal, table) for table in tables]
    acts = await walks.count(portal, "audit_event", "action in ('decide', 'change') and outcome <> 'refused'")
    return (await walks.review_by_id(portal, review.review_id), *rows, acts)


@pytest.mark.parametrize("case", REFUSED)
async def test_a_refused_decision_changes_nothing(portal: Portal, case: str) -> None:
    verdict, status = REFUSED[case]
    review = await walks.claimed(portal, "alice")
    before = await everything(portal, review)
    answer = await decide(await portal.as_("dr.adams"), review.review_id, verdict, revision=review.revision)
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert await everything(portal, review) == before


async def test_a_refused_claim_or_release_changes_nothing(portal: Portal) -> None:
    review = await walks.claimed(portal, "alice")
    before = await everything(portal, review)
    nora = await portal.as_("nora")
    assert (await claim(nora, review.review_id)).status_code == 409
    assert (await nora.send("DELETE", f"/api/reviews/{review.review_id}/claim")).status_code == 409
    assert (await decide(nora, review.review_id, PROCEED, revision=review.revision)).status_code == 403
    assert await everything(portal, review) == before


async def test_nobody_decides_without_claiming(portal: Portal) -> None:
    review = await walks.queued(portal, "alice")
    answer = await decide(await portal.as_("dr.adams"), review.review_id, PROCEED, revision=1)
    assert (answer.status_code, answer.json()["code"]) == (409, "claim-first")


async def test_nobody_decides_what_a_colleague_holds(portal: Portal) -> None:
    review = await walks.claimed(portal, "alice", by="nora")
    answer = await decide(await portal.as_("dr.adams"), review.review_id, PROCEED, revision=review.revision)
    assert (answer.status_code, answer.json()["code"]) == (409, "claimed-by-another")
    assert "Nora Demo" in answer.json()["detail"]


async def test_a_decided_review_is_not_decided_again(portal: Portal) -> None:
    review = await walks.decided(portal, "alice", Verdict(decision="proceed"))
    answer = await decide(await portal.as_("dr.adams"), review.review_id, PROCEED, revision=review.revision)
    assert (answer.status_code, answer.json()["code"]) == (409, "review-cannot-move")


# Overrides


async def test_an_override_is_kept_with_its_reason_and_the_rules_that_had_fired(portal: Portal) -> None:
    review = await walks.claimed(portal, "alice", walks.NUMBING)
    adams = await portal.as_("dr.adams")
    answer = await decide(adams, review.review_id, {**PROCEED, **REASON}, revision=review.revision)
    assert answer.status_code == 200
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        event = next(each for each in await events_of(tx, review.review_id) if each.kind == "decided")
        box = await portal.site.vault.patient(tx, review.patient_id)
        assert event.reason_sealed is not None
        reason = box.open(Place("review_event", "reason_sealed", event.event_id), event.reason_sealed)
    assert (event.is_override, event.reason_code, reason) == (True, "examined_before", b"Seen twice last year.")
    read = (await adams.send("GET", f"/api/reviews/{review.review_id}")).json()
    fired = {finding["rule"] for finding in read["findings"] if finding["state"] == "fired"}
    ledger = (await adams.send("GET", "/api/reviews/overrides")).json()["items"]
    assert fired
    assert {row["rule"] for row in ledger} == fired
    assert all((row["decisions"], row["overrides"]) == (1, 1) for row in ledger)
    assert all(row["reasons"] == ["examined_before"] for row in ledger)
    assert {row["ruleSet"] for row in ledger} == {"prolotherapy-intake"}


async def test_the_ledger_counts_decisions_and_overrides_of_each_rule(portal: Portal) -> None:
    adams = await portal.as_("dr.adams")
    for name, verdict in (("alice", {**PROCEED, **REASON}), ("bob", REFER), ("dana", REFER)):
        review = await walks.claimed(portal, name, walks.NUMBING)
        assert (await decide(adams, review.review_id, verdict, revision=review.revision)).status_code == 200
    ledger = (await adams.send("GET", "/api/reviews/overrides")).json()["items"]
    assert {(row["decisions"], row["overrides"]) for row in ledger} == {(3, 1)}


async def test_an_expected_decision_is_no_override(portal: Portal) -> None:
    await walks.decided(portal, "alice", Verdict(decision="refer", told_patient=True), walks.NUMBING)
    ledger = (await (await portal.as_("nora")).send("GET", "/api/reviews/overrides")).json()["items"]
    assert {row["overrides"] for row in ledger} == {0}


async def test_who_spoke_to_the_patient_lets_them_proceed_without_a_reason(portal: Portal) -> None:
    review = await walks.claimed(portal, "alice", walks.NUMBING)
    adams = await portal.as_("dr.adams")
    assert (await decide(adams, review.review_id, PROCEED, revision=review.revision)).status_code == 422
    spoke = {**PROCEED, "spokeToPatient": True}
    assert (await decide(adams, review.review_id, spoke, revision=review.revision)).status_code == 200


# What the patient hears


@pytest.mark.parametrize("decision", ["proceed", "needs_information", "refer", "not_suitable"])
async def test_the_patient_hears_the_decision_and_the_clinicians_own_sentence(portal: Portal, decision: str) -> None:
    review = await walks.claimed(portal, "alice")
    before = await outcome(portal, "alice", review.response_id)
    assert not any(text["key"].startswith("dec.") for text in before["guidance"])
    verdict = {"decision": decision, "sentence": "A sentence of my own.", **REASON}
    answer = await decide(await portal.as_("dr.adams"), review.review_id, verdict, revision=review.revision)
    assert answer.status_code == 200
    told = await outcome(portal, "alice", review.response_id)
    assert [text["key"] for text in told["guidance"] if text["key"].startswith("dec.")] == [f"dec.{decision}"]
    assert "A sentence of my own." in str(told)


async def test_the_patient_never_reads_the_reason_of_an_override(portal: Portal) -> None:
    review = await walks.claimed(portal, "alice", walks.NUMBING)
    await decide(await portal.as_("dr.adams"), review.review_id, {**PROCEED, **REASON}, revision=review.revision)
    assert "Seen twice" not in str(await outcome(portal, "alice", review.response_id))


async def test_a_decision_on_an_earlier_revision_is_not_told_of_the_present_one(portal: Portal) -> None:
    review = await walks.decided(portal, "alice", Verdict(decision="proceed", sentence="See you then."))
    await walks.amended(portal, "alice", review.response_id, walks.FLAGGED)
    told = await outcome(portal, "alice", review.response_id)
    assert not any(text["key"].startswith("dec.") for text in told["guidance"])
    assert "See you then." not in str(told)


# What the record keeps


async def test_reading_and_printing_a_review_are_in_the_audit_record(portal: Portal) -> None:
    review = await walks.queued(portal, "alice")
    adams = await portal.as_("dr.adams")
    mine = f"object_kind = 'review' and object_id = '{review.review_id}' and patient_id = '{review.patient_id}'"
    await adams.send("GET", f"/api/reviews/{review.review_id}")
    assert await walks.count(portal, "audit_event", f"action = 'read' and {mine}") == 1
    printed = await adams.send("GET", f"/api/reviews/{review.review_id}/summary.pdf")
    assert printed.content.startswith(b"%PDF")
    assert await walks.count(portal, "audit_event", f"action = 'print' and {mine}") == 1


async def test_claims_and_decisions_are_in_the_audit_record(portal: Portal) -> None:
    review = await walks.decided(portal, "alice", Verdict(decision="proceed"))
    for action in ("claim", "decide"):
        assert (
            await walks.count(portal, "audit_event", f"action = '{action}' and patient_id = '{review.patient_id}'") == 1
        )


async def test_asking_keeps_the_question_for_the_patient(portal: Portal) -> None:
    review = await walks.claimed(portal, "alice", walks.FLAGGED)
    answer = await decide(await portal.as_("dr.adams"), review.review_id, ASK, revision=review.revision)
    assert answer.json()["state"] == "waiting"
    assert "Which month was it?" in str(await outcome(portal, "alice", review.response_id))
