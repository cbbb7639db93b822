"""How a review moves and what a decision needs, as tables."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Literal, get_args
from uuid import UUID

import msgspec
import pytest

from portico.errors import DomainError
from portico.ids import AccountId, PatientId, ResponseId, ReviewId
from portico.review import rules
from portico.review.model import Decision, Disposition, Review, ReviewState, Urgency, Verdict
from portico.review.rules import Event

NOON = datetime(2026, 6, 1, 17, 0, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)
ADAMS, NORA = AccountId(UUID(int=1)), AccountId(UUID(int=2))

MOVES: Mapping[tuple[ReviewState, Event], ReviewState] = {
    ("queued", "claim"): "claimed",
    ("queued", "amend"): "queued",
    ("queued", "hear"): "queued",
    ("claimed", "release"): "queued",
    ("claimed", "time_out"): "queued",
    ("claimed", "decide"): "decided",
    ("claimed", "ask"): "waiting",
    ("claimed", "amend"): "claimed",
    ("claimed", "hear"): "claimed",
    ("waiting", "hear"): "claimed",
    ("waiting", "amend"): "claimed",
    ("waiting", "fall_due"): "queued",
    ("decided", "amend"): "queued",
    ("decided", "expire"): "queued",
    ("queued", "report"): "queued",
    ("claimed", "report"): "claimed",
    ("waiting", "report"): "waiting",
    ("decided", "report"): "queued",
    ("decided", "hear"): "decided",
}
EVENTS: tuple[Event, ...] = get_args(Event)
STATES: tuple[ReviewState, ...] = get_args(ReviewState)


def review(state: ReviewState = "queued", *, by: AccountId | None = ADAMS, until: timedelta = HALF_AN_HOUR) -> Review:
    """A review of a possible candidate in this state, held by Dr. Adams unless nobody holds it."""
    is_held = state in ("claimed", "waiting")
    return Review(
        review_id=ReviewId(UUID(int=3)),
        response_id=ResponseId(UUID(int=4)),
        patient_id=PatientId(UUID(int=5)),
        state=state,
        disposition="possible_candidate",
        urgency="routine",
        consult_at=None,
        queued_at=NOON - timedelta(days=1),
        response_revision=2,
        clinician_id=by if is_held else None,
        claimed_at=NOON if is_held else None,
        claim_until=NOON + until if state == "claimed" else None,
        due_at=NOON + timedelta(days=7) if state == "waiting" else None,
        lead_at=None,
        valid_until=NOON if state == "decided" else None,
        revision=6,
    )


@pytest.mark.parametrize(("state", "event"), list(product(STATES, EVENTS)), ids=str)
def test_a_review_moves_as_the_table_says_and_no_other_way(state: ReviewState, event: Event) -> None:
    if (state, event) in MOVES:
        assert rules.moved(state, event) == MOVES[state, event]
        return
    with pytest.raises(rules.ReviewCannotMove) as refusal:
        rules.moved(state, event)
    assert refusal.value.data == {"state": state}


@pytest.mark.parametrize(
    ("one", "other"),
    [("emergency", "call_now"), ("call_now", "same_day"), ("same_day", "routine")],
)
def test_the_more_urgent_review_comes_first(one: Urgency, other: Urgency) -> None:
    assert rules.URGENCY_RANK[one] < rules.URGENCY_RANK[other]


# Claims


def test_a_claim_holds_the_review_for_a_while() -> None:
    mine = rules.claim(review(), ADAMS, NOON, HALF_AN_HOUR)
    assert (mine.state, mine.clinician_id, mine.claim_until) == ("claimed", ADAMS, NOON + HALF_AN_HOUR)
    assert (mine.claimed_at, mine.revision) == (NOON, 7)


def test_claiming_again_lengthens_ones_own_claim() -> None:
    later = NOON + timedelta(minutes=20)
    mine = rules.claim(review("claimed"), ADAMS, later, HALF_AN_HOUR)
    assert (mine.claimed_at, mine.claim_until, mine.revision) == (NOON, later + HALF_AN_HOUR, 7)


def test_a_colleague_cannot_claim_what_is_held() -> None:
    with pytest.raises(rules.ClaimedByAnother) as refusal:
        rules.claim(review("claimed"), NORA, NOON, HALF_AN_HOUR)
    assert refusal.value.data == {"holder": str(ADAMS)}


def test_a_colleague_claims_what_has_lapsed_before_anybody_swept_it() -> None:
    lapsed = review("claimed", until=timedelta(0))
    assert rules.claim(lapsed, NORA, NOON, HALF_AN_HOUR).clinician_id == NORA


@pytest.mark.parametrize("state", ["waiting", "decided"])
def test_nobody_claims_a_review_that_waits_or_is_decided(state: ReviewState) -> None:
    with pytest.raises(rules.ReviewCannotMove):
        rules.claim(review(state), ADAMS, NOON, HALF_AN_HOUR)


OWN_CLAIM: Mapping[str, tuple[Review, type[DomainError] | None]] = {
    "mine": (review("claimed"), None),
    "somebody-elses": (review("claimed", by=NORA), rules.ClaimedByAnother),
    "mine-but-lapsed": (review("claimed", until=timedelta(0)), rules.NotClaimed),
    "nobodys": (review("queued"), rules.NotClaimed),
    "waiting-for-the-patient": (review("waiting"), rules.ReviewCannotMove),
    "decided": (review("decided"), rules.ReviewCannotMove),
}


@pytest.mark.parametrize("case", OWN_CLAIM)
def test_deciding_needs_ones_own_living_claim(case: str) -> None:
    held, refusal = OWN_CLAIM[case]
    if refusal is None:
        rules.check_own_claim(held, ADAMS, NOON)
        return
    with pytest.raises(refusal):
        rules.check_own_claim(held, ADAMS, NOON)


# Decisions

DECISIONS: tuple[Decision, ...] = get_args(Decision)
DISPOSITIONS: tuple[Disposition, ...] = get_args(Disposition)
EXPECTED = {
    ("possible_candidate", "proceed"),
    ("needs_review", "proceed"),
    ("needs_review", "needs_information"),
    ("needs_review", "refer"),
    ("needs_review", "not_suitable"),
    ("call_before_booking", "needs_information"),
    ("call_before_booking", "refer"),
    ("call_before_booking", "not_suitable"),
    ("seek_care_now", "refer"),
}


@pytest.mark.parametrize(("disposition", "decision"), list(product(DISPOSITIONS, DECISIONS)))
def test_a_decision_needs_a_reason_exactly_when_the_pre_screen_expected_another(
    disposition: Disposition, decision: Decision
) -> None:
    verdict = Verdict(decision=decision, sentence="A sentence.")
    with_reason = msgspec.structs.replace(verdict, reason_code="other", reason_text="I know this patient.")
    is_expected = (disposition, decision) in EXPECTED
    assert rules.is_override(disposition, verdict) is not is_expected
    rules.check_verdict(disposition, with_reason)
    if is_expected:
        rules.check_verdict(disposition, verdict)
        return
    with pytest.raises(rules.DecisionIncomplete) as refusal:
        rules.check_verdict(disposition, verdict)
    assert refusal.value.data["needs"] == "reason"


def test_who_spoke_to_the_patient_may_let_them_proceed_without_a_reason() -> None:
    verdict = Verdict(decision="proceed", spoke_to_patient=True)
    rules.check_verdict("call_before_booking", verdict)
    assert rules.is_override("seek_care_now", verdict)


@pytest.mark.parametrize(
    "reason",
    [{"reason_code": "other"}, {"reason_text": "Why not."}, {"reason_code": "mood", "reason_text": "Why not."}],
    ids=["no-words", "no-code", "unknown-code"],
)
def test_half_a_reason_is_no_reason(reason: dict[str, str]) -> None:
    verdict = msgspec.convert({"decision": "refer", "sentence": "Please see a neurologist.", **reason}, Verdict)
    with pytest.raises(rules.DecisionIncomplete):
        rules.check_verdict("possible_candidate", verdict)


SENTENCES: Mapping[str, tuple[Verdict, bool]] = {
    "a-question-without-words": (Verdict(decision="needs_information"), False),
    "a-question-told-only": (Verdict(decision="needs_information", told_patient=True), False),
    "a-question": (Verdict(decision="needs_information", sentence="Which month?"), True),
    "not-suitable-in-silence": (Verdict(decision="not_suitable"), False),
    "not-suitable-told": (Verdict(decision="not_suitable", told_patient=True), True),
    "not-suitable-written": (Verdict(decision="not_suitable", sentence="I am sorry."), True),
    "refer-in-silence": (Verdict(decision="refer"), False),
    "refer-told": (Verdict(decision="refer", told_patient=True), True),
    "refer-written": (Verdict(decision="refer", sentence="Please see a neurologist."), True),
    "proceed-in-silence": (Verdict(decision="proceed"), True),
    "longest-sentence": (Verdict(decision="proceed", sentence="x" * rules.SENTENCE_LIMIT), True),
    "endless-sentence": (Verdict(decision="proceed", sentence="x" * (rules.SENTENCE_LIMIT + 1)), False),
    "endless-reason": (
        Verdict(decision="proceed", reason_code="other", reason_text="x" * (rules.SENTENCE_LIMIT + 1)),
        False,
    ),
}


@pytest.mark.parametrize("case", SENTENCES)
def test_the_patient_hears_what_a_decision_means_for_them(case: str) -> None:
    verdict, is_complete = SENTENCES[case]
    if is_complete:
        rules.check_verdict("needs_review", verdict)
        return
    with pytest.raises(rules.DecisionIncomplete):
        rules.check_verdict("needs_review", verdict)


def test_a_question_keeps_its_clinician_and_falls_due_in_a_week() -> None:
    asked = rules.decided(review("claimed"), Verdict(decision="needs_information", sentence="?"), NOON)
    assert (asked.state, asked.clinician_id) == ("waiting", ADAMS)
    assert (asked.due_at, asked.claim_until) == (NOON + timedelta(days=7), None)


# Answers that may no longer hold


@pytest.mark.parametrize("event", ["expire", "report"])
def test_a_decided_review_whose_answers_may_no_longer_hold_is_queued_and_never_reads_as_mild(
    event: Literal["expire", "report"],
) -> None:
    anew = rules.looked_at_anew(review("decided"), event, NOON)
    assert (anew.state, anew.clinician_id, anew.queued_at, anew.valid_until) == ("queued", None, NOON, None)
    assert (anew.disposition, anew.urgency, anew.revision) == ("needs_review", "routine", 7)


@pytest.mark.parametrize("state", ["queued", "claimed", "waiting"])
def test_a_report_leaves_an_undecided_review_in_the_hands_it_is_in(state: ReviewState) -> None:
    before = review(state)
    anew = rules.looked_at_anew(before, "report", NOON)
    assert (anew.state, anew.clinician_id, anew.queued_at) == (state, before.clinician_id, before.queued_at)
    assert anew.disposition == "needs_review"


@pytest.mark.parametrize(
    ("age", "lasts"), [(0, 30), (29, 1), (30, 30), (31, 30)], ids=["new", "almost old", "just old", "old"]
)
def test_a_decision_on_old_answers_lasts_from_the_decision(age: int, lasts: int) -> None:
    assert rules.valid_until(NOON - timedelta(days=age), NOON, 30) == NOON + timedelta(days=lasts)


# What a new revision does

NEW = rules.NewRevision(revision=9, disposition="seek_care_now", urgency="emergency")


@pytest.mark.parametrize(
    ("before", "after", "clinician", "queued_at"),
    [
        ("queued", "queued", None, NOON - timedelta(days=1)),
        ("claimed", "claimed", ADAMS, NOON - timedelta(days=1)),
        ("waiting", "claimed", ADAMS, NOON - timedelta(days=1)),
        ("decided", "queued", None, NOON),
    ],
)
def test_a_new_revision_brings_its_own_urgency_and_keeps_the_place_of_what_is_undecided(
    before: ReviewState, after: ReviewState, clinician: AccountId | None, queued_at: datetime
) -> None:
    found = rules.resubmitted(review(before), NEW, NOON, HALF_AN_HOUR)
    assert (found.state, found.clinician_id, found.queued_at) == (after, clinician, queued_at)
    assert (found.urgency, found.disposition) == ("emergency", "seek_care_now")
    assert (found.response_revision, found.revision, found.due_at) == (9, 7, None)


def test_an_answer_gives_its_clinician_a_new_claim() -> None:
    answered = rules.resubmitted(review("waiting"), NEW, NOON, HALF_AN_HOUR)
    assert answered.claim_until == NOON + HALF_AN_HOUR


@pytest.mark.parametrize(
    ("state", "event"),
    [("claimed", "release"), ("claimed", "time_out"), ("waiting", "fall_due")],
)
def test_a_review_goes_back_to_its_old_place_in_nobodys_hands(state: ReviewState, event: str) -> None:
    held = review(state)
    freed = rules.unclaimed(held, event)  # type: ignore[arg-type]
    assert (freed.state, freed.clinician_id, freed.claim_until, freed.due_at) == ("queued", None, None, None)
    assert (freed.queued_at, freed.revision) == (held.queued_at, held.revision + 1)
