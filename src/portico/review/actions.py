"""Claiming, releasing and deciding reviews, each in one transaction with its event and its audit row."""

from datetime import datetime, timedelta

from portico.access import Caller
from portico.audit import Object, record
from portico.clinic.actions import settings_of
from portico.errors import NotFound, Stale
from portico.escalation.actions import open_dangers
from portico.escalation.handling import resolve_with
from portico.escalation.model import Resolution, Subject
from portico.ids import EscalationId, ReviewId
from portico.intake.actions import fired_rules
from portico.intake.queries import revision as submitted_revision
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.platform.vault import Place
from portico.review import rules
from portico.review.events import Step, write_step
from portico.review.ledger_queries import insert_decision
from portico.review.model import Review, Verdict
from portico.review.queries import (
    lock_next_queued,
    lock_review,
    name_of_account,
    update_review,
)

DEFAULT_CLAIM_MINUTES = 30
"""How long a claim lasts when the clinic has not set `review.claim_minutes`."""

DEFAULT_LEAD_HOURS = 24
"""How long before its consult an undecided review is escalated when the clinic has not set `review.lead_hours`."""


class ReviewStale(Stale):
    """The review changed since it was read; the answer carries its present revision."""

    code = "review-stale"


async def claim_next(site: Site, caller: Caller) -> ReviewId | None:
    """Claims the first review that nobody is claiming; None when the queue is empty."""
    async with site.db.transaction(caller.scope) as tx:
        review = await lock_next_queued(tx)
        if review is None:
            return None
        await _claim(tx, site, caller, review)
        return review.review_id


async def claim_review(site: Site, caller: Caller, review_id: ReviewId) -> None:
    """Claims this review, or lengthens one's own claim. Raises ClaimedByAnother with the holder's name."""
    async with site.db.transaction(caller.scope) as tx:
        review = await _locked(tx, review_id)
        try:
            await _claim(tx, site, caller, review)
        except rules.ClaimedByAnother as refusal:
            raise await _named(tx, refusal, review) from refusal


async def release_review(site: Site, caller: Caller, review_id: ReviewId) -> None:
    """Puts one's own claimed review back at its place in the queue."""
    async with site.db.transaction(caller.scope) as tx:
        review = await _locked(tx, review_id)
        try:
            rules.check_own_claim(review, caller.account_id, tx.now)
        except rules.ClaimedByAnother as refusal:
            raise await _named(tx, refusal, review) from refusal
        released = rules.unclaimed(review, "release")
        await _save(tx, released)
        await write_step(tx, released, Step(kind="released", actor_id=caller.account_id))
        await record(tx, caller, "change", Object("review", review_id), patient=review.patient_id, outcome="released")


async def decide_review(
    site: Site,
    caller: Caller,
    review_id: ReviewId,
    revision: int,
    verdict: Verdict,
    done: Resolution | None = None,
    seen: frozenset[EscalationId] | None = None,
) -> None:
    """Stores the decision with the rules that had fired, and what the patient may read.

    `seen` are the patient's open dangers that this person says to have seen; None when nobody was asked, as over JSON
    without the field. A decision to go on past one that is not among them raises DangerNotSeen.

    `done` is what this person did about the urgent case that is open about this intake; it is resolved in the same
    transaction, and stays open without it. Raises NotFound, ReviewStale, NotClaimed, ClaimedByAnother,
    ReviewCannotMove, DecisionIncomplete, DangerNotSeen, NothingToResolve.
    """
    async with site.db.transaction(caller.scope) as tx:
        review = await _locked(tx, review_id)
        if review.revision != revision:
            message = "This review changed since you opened it. Read it again before you decide."
            raise ReviewStale(message, revision=review.revision)
        try:
            rules.check_own_claim(review, caller.account_id, tx.now)
        except rules.ClaimedByAnother as refusal:
            raise await _named(tx, refusal, review) from refusal
        rules.check_verdict(review.disposition, verdict)
        if seen is not None:
            dangers = await open_dangers(tx, review.patient_id)
            rules.check_seen(
                verdict,
                {each.escalation_id for each in dangers if done is None or each.subject_id != review.response_id},
                seen,
            )
        decided = rules.decided(review, verdict, tx.now, await _valid_until(tx, site, review))
        await _save(tx, decided)
        await _write_decision(tx, site, caller, decided, verdict)
        subject = Subject(kind="response", id=review.response_id)
        await resolve_with(tx, site, caller, subject, done, is_answer=decided.state == "decided")
        await record(
            tx, caller, "decide", Object("review", review_id), patient=review.patient_id, outcome=verdict.decision
        )


async def claim_time(tx: Tx, site: Site) -> timedelta:
    """How long a claim lasts in this clinic."""
    settings = await settings_of(tx, site.content)
    return timedelta(minutes=int(settings.value("review.claim_minutes") or DEFAULT_CLAIM_MINUTES))


async def valid_days(tx: Tx, site: Site) -> int:
    """How many days this clinic relies on an intake without asking again."""
    settings = await settings_of(tx, site.content)
    return int(settings.value("intake.valid_days") or rules.VALID_DAYS)


async def _valid_until(tx: Tx, site: Site, review: Review) -> datetime | None:
    submitted = await submitted_revision(tx, review.response_id, review.response_revision)
    days = await valid_days(tx, site)
    return None if submitted is None else rules.valid_until(submitted.submitted_at, tx.now, days)


async def lead_time(tx: Tx, site: Site, starts_at: datetime | None) -> datetime | None:
    """When an undecided review is escalated because its consult is near; None without a consult."""
    if starts_at is None:
        return None
    settings = await settings_of(tx, site.content)
    return starts_at - timedelta(hours=int(settings.value("review.lead_hours") or DEFAULT_LEAD_HOURS))


async def _claim(tx: Tx, site: Site, caller: Caller, review: Review) -> None:
    claimed = rules.claim(review, caller.account_id, tx.now, await claim_time(tx, site))
    await _save(tx, claimed)
    await write_step(tx, claimed, Step(kind="claimed", actor_id=caller.account_id))
    await record(tx, caller, "claim", Object("review", review.review_id), patient=review.patient_id)


async def _write_decision(tx: Tx, site: Site, caller: Caller, review: Review, verdict: Verdict) -> None:
    box = await site.vault.patient(tx, review.patient_id)
    event_id = tx.ids.new()
    fired = await fired_rules(tx, review.response_id, review.response_revision)
    reason = None
    if verdict.reason_text:
        reason = box.seal(Place("review_event", "reason_sealed", event_id), verdict.reason_text.encode())
    step = Step(
        event_id=event_id,
        kind="decided",
        actor_id=caller.account_id,
        verdict=verdict,
        disposition=review.disposition,
        is_override=rules.is_override(review.disposition, verdict),
        reason_sealed=reason,
        fired=fired,
    )
    await write_step(tx, review, step)
    await _tell_patient(tx, site, caller, review, verdict)


async def _tell_patient(tx: Tx, site: Site, caller: Caller, review: Review, verdict: Verdict) -> None:
    box = await site.vault.patient(tx, review.patient_id)
    decision_id = tx.ids.new()
    sentence = None
    if verdict.sentence:
        sentence = box.seal(Place("decision", "sentence_sealed", decision_id), verdict.sentence.encode())
    await insert_decision(tx, review, verdict, decision_id=decision_id, sentence_sealed=sentence, by=caller.account_id)


async def _locked(tx: Tx, review_id: ReviewId) -> Review:
    review = await lock_review(tx, review_id)
    if review is None:
        raise NotFound
    return review


async def _save(tx: Tx, review: Review) -> None:
    await update_review(tx, review, rules.URGENCY_RANK[review.urgency])


async def _named(tx: Tx, refusal: rules.ClaimedByAnother, review: Review) -> rules.ClaimedByAnother:
    """The refusal with the holder's name, so that colleagues can talk to each other."""
    assert review.clinician_id is not None
    name = await name_of_account(tx, review.clinician_id) or "A colleague"
    return rules.ClaimedByAnother(f"{name} has claimed this review.", holder=str(review.clinician_id), holderName=name)
