"""Submitting an intake: one transaction over the response, its pre-screen, escalation and review; and its outcome."""

from datetime import datetime, timedelta

import msgspec

from portico.access import Caller
from portico.audit import Object, record
from portico.care.actions import next_consult
from portico.clinic.actions import settings_of
from portico.errors import NotFound
from portico.ids import PatientId, ResponseId, ReviewId
from portico.intake.actions import record_submission, submission_of
from portico.intake.model import Submission
from portico.intake.outcome import DecisionHeard, Outcome, outcome_of
from portico.intake.reading import kind_of
from portico.messaging.check_ins import CheckInOutcome, read_check_in, submit_check_in
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.platform.vault import Place
from portico.review import rules
from portico.review.actions import claim_time, lead_time, valid_days
from portico.review.events import Step, write_step
from portico.review.ledger_queries import DecidedForm, decisions_heard, latest_decision
from portico.review.model import Review
from portico.review.queries import insert_review, lock_review_of_response, update_review


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What clinicians decided about one patient's forms; forms sent before `relied_on_since` are too old for a visit."""

    decisions: list[DecidedForm]
    relied_on_since: datetime


async def submit_response(
    site: Site, caller: Caller, response_id: ResponseId, revision: int, *, partial: bool
) -> Outcome | CheckInOutcome:
    """Submits whichever kind of response it is. Raises as `submit_intake` and `submit_check_in` do."""
    if await kind_of(site, caller, response_id) == "check_in":
        return await submit_check_in(site, caller, response_id, revision, partial=partial)
    return await submit_intake(site, caller, response_id, revision, partial=partial)


async def read_any_outcome(site: Site, caller: Caller, response_id: ResponseId) -> Outcome | CheckInOutcome:
    """What the patient may see of whichever kind of response it is. Raises NotFound before the first submission."""
    if await kind_of(site, caller, response_id) == "check_in":
        return await read_check_in(site, caller, response_id)
    return await read_outcome(site, caller, response_id)


async def submit_intake(
    site: Site, caller: Caller, response_id: ResponseId, revision: int, *, partial: bool
) -> Outcome:
    """Submits the working copy and queues its review; the same revision again gives the same answer.

    Raises NotFound, Stale, Invalid with every fault, ResponseCannotMove, VersionWithdrawn.
    """
    async with site.db.transaction(caller.scope) as tx:
        submission = await record_submission(tx, site, caller, response_id, revision, partial=partial)
        if not submission.is_replay:
            await _queue(tx, site, caller, submission)
        return await _outcome(tx, site, caller, submission)


async def read_outcome(site: Site, caller: Caller, response_id: ResponseId) -> Outcome:
    """What the patient may see of the last submitted revision. Raises NotFound before the first submission."""
    async with site.db.transaction(caller.scope) as tx:
        submission = await submission_of(tx, site, caller, response_id)
        if submission is None:
            raise NotFound
        await record(tx, caller, "read", Object("outcome", response_id), patient=submission.patient_id)
        return await _outcome(tx, site, caller, submission)


async def read_heard(site: Site, caller: Caller, patient: PatientId) -> Heard:
    """Which of a patient's forms a clinician has decided on, newest first, and how old an intake may be at a visit."""
    async with site.db.transaction(caller.scope) as tx:
        heard = await decisions_heard(tx, patient)
        await record(tx, caller, "read", Object("outcome"), patient=patient)
        newest_first = sorted(heard, key=lambda each: each.decided_at, reverse=True)
        return Heard(decisions=newest_first, relied_on_since=tx.now - timedelta(days=await valid_days(tx, site)))


async def _queue(tx: Tx, site: Site, caller: Caller, submission: Submission) -> None:
    existing = await lock_review_of_response(tx, submission.response_id)
    if existing is None:
        review = await _first_review(tx, site, submission)
        await insert_review(tx, review, rules.URGENCY_RANK[review.urgency])
    else:
        new = rules.NewRevision(
            revision=submission.revision,
            disposition=submission.disposition,
            urgency=submission.urgency,
        )
        review = rules.resubmitted(existing, new, tx.now, await claim_time(tx, site))
        await update_review(tx, review, rules.URGENCY_RANK[review.urgency])
    await write_step(tx, review, Step(kind="submitted", actor_id=caller.account_id))


async def _first_review(tx: Tx, site: Site, submission: Submission) -> Review:
    consult = await next_consult(tx, submission.patient_id)
    return Review(
        review_id=ReviewId(tx.ids.new()),
        response_id=submission.response_id,
        patient_id=submission.patient_id,
        state="queued",
        disposition=submission.disposition,
        urgency=submission.urgency,
        consult_at=consult.starts_at if consult else None,
        queued_at=tx.now,
        response_revision=submission.revision,
        clinician_id=None,
        claimed_at=None,
        claim_until=None,
        due_at=None,
        lead_at=None if consult is None else await lead_time(tx, site, consult.starts_at),
        valid_until=None,
        revision=1,
    )


async def _outcome(tx: Tx, site: Site, caller: Caller, submission: Submission) -> Outcome:
    decision = await latest_decision(tx, submission.response_id)
    heard = None
    if decision is not None and decision.response_revision == submission.revision:
        sentence = None
        if decision.sentence_sealed is not None:
            box = await site.vault.patient(tx, submission.patient_id)
            place = Place("decision", "sentence_sealed", decision.decision_id)
            sentence = box.open(place, decision.sentence_sealed).decode()
        heard = DecisionHeard(decision=decision.decision, sentence=sentence, at=decision.decided_at)
    told = submission if heard is not None else await _as_it_stands(tx, submission)
    settings = await settings_of(tx, site.content)
    return outcome_of(site.content, told, heard, settings, about=caller.acts_for(submission.patient_id))


async def _as_it_stands(tx: Tx, submission: Submission) -> Submission:
    """Until a clinician has decided, the patient hears the most urgent that any revision said, as the queue does."""
    review = await lock_review_of_response(tx, submission.response_id)
    if review is None or review.state == "decided":
        return submission
    return msgspec.structs.replace(submission, disposition=review.disposition, urgency=review.urgency)
