"""How a review moves, which decisions the pre-screen expects, and what an override needs."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import msgspec

from portico.errors import Conflict, Invalid
from portico.ids import AccountId, EscalationId
from portico.review.model import Decision, Disposition, Review, ReviewState, Urgency, Verdict

Event = Literal["claim", "release", "time_out", "decide", "ask", "hear", "fall_due", "amend", "expire", "report"]

MOVES: Mapping[ReviewState, Mapping[Event, ReviewState]] = {
    "queued": {"claim": "claimed", "amend": "queued", "hear": "queued", "report": "queued"},
    "claimed": {
        "release": "queued",
        "time_out": "queued",
        "decide": "decided",
        "ask": "waiting",
        "amend": "claimed",
        "hear": "claimed",
        "report": "claimed",
    },
    "waiting": {"hear": "claimed", "amend": "claimed", "fall_due": "queued", "report": "waiting"},
    "decided": {"amend": "queued", "expire": "queued", "hear": "decided", "report": "queued"},
}
"""State × event → state. `hear` is the patient's message, `amend` a new submitted revision of the intake, `report` the
patient's word that something has changed since, `expire` that the intake is too old for the visit ahead.
"""

URGENCY_RANK: Mapping[Urgency, int] = {"emergency": 0, "call_now": 1, "same_day": 2, "routine": 3}
"""First part of the queue's sort key; lower comes first."""

EXPECTED: Mapping[Disposition, frozenset[Decision]] = {
    "possible_candidate": frozenset({"proceed"}),
    "needs_review": frozenset({"proceed", "needs_information", "refer", "not_suitable"}),
    "call_before_booking": frozenset({"needs_information", "refer", "not_suitable"}),
    "seek_care_now": frozenset({"refer"}),
}
"""Disposition → decisions that need no reason. `proceed` after `call_before_booking` is expected once spoken to."""

OVERRIDE_REASONS = ("spoke_to_patient", "examined_before", "answer_mistaken", "rule_not_applicable", "other")
"""Codes of why a clinician decided otherwise than the pre-screen expected; a sentence goes with each."""

WAITING_TIME = timedelta(days=7)
"""How long a question to the patient may stay open before the review returns to the queue."""

VALID_DAYS = 30
"""How old an intake may be at a visit when the clinic has not set `intake.valid_days` (PS29, H12)."""

SENTENCE_LIMIT = 1000
"""Characters of a sentence to the patient or of a reason."""


class ReviewCannotMove(Conflict):
    """The review's state does not allow this."""

    code = "review-cannot-move"


class ClaimedByAnother(Conflict):
    """Somebody else is at work on this review; the answer names them."""

    code = "claimed-by-another"


class NotClaimed(Conflict):
    """Deciding and releasing need one's own claim."""

    code = "claim-first"


class DecisionIncomplete(Invalid):
    """The decision lacks a sentence or a reason that it needs."""

    code = "decision-incomplete"


class DangerNotSeen(Conflict):
    """Going on past a danger that is open needs the word that it was seen; the answer names those that were not."""

    code = "danger-not-seen"


_REFUSALS: Mapping[ReviewState, str] = {
    "queued": "Nobody has claimed this review yet; claim it first.",
    "claimed": "This review is claimed already.",
    "waiting": "This review waits for the patient's answer.",
    "decided": "This review has been decided.",
}


def moved(state: ReviewState, event: Event) -> ReviewState:
    """The next state. Raises ReviewCannotMove."""
    following = MOVES[state].get(event)
    if following is None:
        raise ReviewCannotMove(_REFUSALS[state], state=state)
    return following


def check_own_claim(review: Review, account_id: AccountId, now: datetime) -> None:
    """Raises NotClaimed unless this person holds the claim now; ClaimedByAnother when somebody else does."""
    if review.state == "claimed" and not _has_lapsed(review, now):
        if review.clinician_id == account_id:
            return
        message = "Somebody else has claimed this review."
        raise ClaimedByAnother(message, holder=str(review.clinician_id))
    if review.state in ("waiting", "decided"):
        raise ReviewCannotMove(_REFUSALS[review.state], state=review.state)
    message = "Claim this review first, so that two people never decide it at once."
    raise NotClaimed(message)


def claim(review: Review, account_id: AccountId, now: datetime, lasts: timedelta) -> Review:
    """The review in this person's hands; claiming one's own again lengthens the claim.

    Raises ClaimedByAnother, ReviewCannotMove.
    """
    if review.state == "claimed" and not _has_lapsed(review, now):
        if review.clinician_id != account_id:
            message = "Somebody else has claimed this review."
            raise ClaimedByAnother(message, holder=str(review.clinician_id))
        return msgspec.structs.replace(review, claim_until=now + lasts, revision=review.revision + 1)
    before: ReviewState = "queued" if review.state == "claimed" else review.state
    return msgspec.structs.replace(
        review,
        state=moved(before, "claim"),
        clinician_id=account_id,
        claimed_at=now,
        claim_until=now + lasts,
        revision=review.revision + 1,
    )


def unclaimed(review: Review, event: Literal["release", "time_out", "fall_due"]) -> Review:
    """The review back in the queue, in nobody's hands, at its old place."""
    return msgspec.structs.replace(
        review,
        state=moved(review.state, event),
        clinician_id=None,
        claimed_at=None,
        claim_until=None,
        due_at=None,
        revision=review.revision + 1,
    )


def looked_at_anew(review: Review, event: Literal["expire", "report"], now: datetime) -> Review:
    """The review after the word that its answers may no longer hold: never milder than `needs_review` until it is decided.

    A decided one stands in the queue again; one in somebody's hands, or waiting for the patient, stays there.
    """
    state = moved(review.state, event)
    reopened = review.state == "decided"
    kept = most_urgent(Screened(review.disposition, review.urgency), Screened("needs_review", "routine"))
    return msgspec.structs.replace(
        review,
        state=state,
        disposition=kept.disposition,
        urgency=kept.urgency,
        queued_at=now if reopened else review.queued_at,
        clinician_id=None if reopened else review.clinician_id,
        claimed_at=None if reopened else review.claimed_at,
        valid_until=None,
        revision=review.revision + 1,
    )


def valid_until(submitted_at: datetime, now: datetime, days: int) -> datetime:
    """How long a decision to go on may be relied on: so many days from the answers, or from now for older ones.

    Whoever decides on old answers knows how old they are.
    """
    lasts = timedelta(days=days)
    return submitted_at + lasts if submitted_at + lasts > now else now + lasts


def is_old(submitted_at: datetime, now: datetime, days: int) -> bool:
    """Whether the answers are older than the clinic relies on without asking again."""
    return submitted_at + timedelta(days=days) <= now


def decided(review: Review, verdict: Verdict, now: datetime, valid: datetime | None = None) -> Review:
    """The review after the verdict: decided, or waiting for the patient with the clinician who asked.

    `valid` is until when a decision to go on holds.
    """
    if verdict.decision == "needs_information":
        return msgspec.structs.replace(
            review,
            state=moved(review.state, "ask"),
            claim_until=None,
            due_at=now + WAITING_TIME,
            revision=review.revision + 1,
        )
    return msgspec.structs.replace(
        review,
        state=moved(review.state, "decide"),
        claim_until=None,
        due_at=None,
        valid_until=valid if verdict.decision == "proceed" else None,
        revision=review.revision + 1,
    )


class NewRevision(msgspec.Struct, frozen=True, kw_only=True):
    """A newly submitted revision of the intake, and what its pre-screen said."""

    revision: int
    disposition: Disposition
    urgency: Urgency


class Screened(NamedTuple):
    """What a pre-screen said."""

    disposition: Disposition
    urgency: Urgency


def most_urgent(one: Screened, other: Screened) -> Screened:
    """Nobody but a clinician takes a danger back: until a review is decided, calmer answers never lower it."""
    order: tuple[Disposition, ...] = ("seek_care_now", "call_before_booking", "needs_review", "possible_candidate")
    return min(one, other, key=lambda screened: order.index(screened.disposition))


def resubmitted(review: Review, new: NewRevision, now: datetime, claim_lasts: timedelta) -> Review:
    """The review after the patient submitted again: a question is answered, a decision is looked at anew."""
    state = moved(review.state, "amend")
    reopened = review.state == "decided"
    stands = Screened(review.disposition, review.urgency)
    told = Screened(new.disposition, new.urgency)
    kept = told if reopened else most_urgent(stands, told)
    answered = review.state == "waiting"
    return msgspec.structs.replace(
        review,
        state=state,
        disposition=kept.disposition,
        urgency=kept.urgency,
        response_revision=new.revision,
        queued_at=now if reopened else review.queued_at,
        clinician_id=None if state == "queued" else review.clinician_id,
        claimed_at=None if state == "queued" else review.claimed_at,
        claim_until=now + claim_lasts if answered else review.claim_until,
        due_at=None,
        valid_until=None,
        revision=review.revision + 1,
    )


def heard(review: Review, now: datetime, claim_lasts: timedelta) -> Review:
    """The review once the patient has answered its question by a message: back with the clinician who asked."""
    return msgspec.structs.replace(
        review,
        state=moved(review.state, "hear"),
        claimed_at=now,
        claim_until=now + claim_lasts,
        due_at=None,
        revision=review.revision + 1,
    )


def is_override(disposition: Disposition, verdict: Verdict) -> bool:
    """Whether the pre-screen expected something else, so that a reason is due."""
    if disposition == "call_before_booking" and verdict.decision == "proceed" and verdict.spoke_to_patient:
        return False
    return verdict.decision not in EXPECTED[disposition]


def check_verdict(disposition: Disposition, verdict: Verdict) -> None:
    """Raises DecisionIncomplete naming what is missing: a question, words for the patient, or an override's reason."""
    for text in (verdict.sentence, verdict.reason_text):
        if text is not None and len(text) > SENTENCE_LIMIT:
            message = f"Keep the text under {SENTENCE_LIMIT} characters."
            raise DecisionIncomplete(message)
    if verdict.reason_code is not None and verdict.reason_code not in OVERRIDE_REASONS:
        message = f"The reason's code must be one of: {', '.join(OVERRIDE_REASONS)}."
        raise DecisionIncomplete(message, needs="reason", codes=list(OVERRIDE_REASONS))
    if verdict.decision == "needs_information" and not verdict.sentence:
        message = "Write the question that the patient should answer."
        raise DecisionIncomplete(message, needs="sentence")
    if verdict.decision in ("refer", "not_suitable") and not (verdict.sentence or verdict.told_patient):
        message = "Write a sentence for the patient, or confirm that you have told the patient."
        raise DecisionIncomplete(message, needs="sentence")
    if is_override(disposition, verdict) and not (verdict.reason_code in OVERRIDE_REASONS and verdict.reason_text):
        message = "This is not what the pre-screen expected. Give a reason code and a sentence."
        raise DecisionIncomplete(message, needs="reason", codes=list(OVERRIDE_REASONS))


def check_seen(verdict: Verdict, dangers: AbstractSet[EscalationId], seen: AbstractSet[EscalationId]) -> None:
    """Raises DangerNotSeen when a decision to go on leaves out an open danger of this patient."""
    unseen = dangers - seen
    if verdict.decision == "proceed" and unseen:
        message = "An urgent case of this patient is open. Say that you have seen it before you decide to go on."
        raise DangerNotSeen(message, escalations=sorted(map(str, unseen)))


def _has_lapsed(review: Review, now: datetime) -> bool:
    return review.claim_until is not None and review.claim_until <= now
