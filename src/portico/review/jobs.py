"""Due work on reviews: lapsed claims, unanswered questions, intakes undecided shortly before their consult or too old for it."""

from collections.abc import Sequence

import msgspec

from portico.access import SystemScope
from portico.audit import Object, record_system
from portico.clinic.actions import settings_of
from portico.escalation.actions import raise_for
from portico.escalation.model import Subject, Trigger
from portico.ids import ClinicId
from portico.intake.actions import fired_rules
from portico.notify.actions import enqueue
from portico.notify.model import patient
from portico.platform.database import Tx
from portico.platform.due import DueWork
from portico.platform.site import Site
from portico.review import queries, rules
from portico.review.actions import claim_time
from portico.review.events import Step, write_step
from portico.review.model import Review


async def return_lapsed_claims(site: Site, clinic_id: ClinicId, limit: int) -> int:
    """Puts reviews back into the queue whose claim ran out."""
    async with site.db.transaction(SystemScope(clinic_id, "lapsed claims")) as tx:
        lapsed = await queries.lock_lapsed_claims(tx, limit)
        for review in lapsed:
            await _put_back(tx, rules.unclaimed(review, "time_out"), "claim_lapsed")
        return len(lapsed)


async def resume_heard(site: Site, clinic_id: ClinicId, limit: int) -> int:
    """Gives reviews back to the clinician who asked once the patient has written a message.

    Messages know nothing of reviews (they are a lower feature), so this looks for them at every pass of the worker.
    """
    async with site.db.transaction(SystemScope(clinic_id, "questions answered by message")) as tx:
        found = await queries.lock_heard(tx, rules.WAITING_TIME, limit)
        lasts = await claim_time(tx, site) if found else None
        for review in found:
            assert lasts is not None
            await _put_back(tx, rules.heard(review, tx.now, lasts), "heard")
        return len(found)


async def return_unanswered(site: Site, clinic_id: ClinicId, limit: int) -> int:
    """Puts reviews back into the queue whose question the patient did not answer in time."""
    async with site.db.transaction(SystemScope(clinic_id, "unanswered questions")) as tx:
        unanswered = await queries.lock_unanswered(tx, limit)
        for review in unanswered:
            await _put_back(tx, rules.unclaimed(review, "fall_due"), "fell_due")
        return len(unanswered)


async def escalate_near_consults(site: Site, clinic_id: ClinicId, limit: int) -> int:
    """Escalates reviews that are undecided although their consult is near; once per consult time."""
    async with site.db.transaction(SystemScope(clinic_id, "undecided before consult")) as tx:
        late = await queries.lock_near_consult(tx, limit)
        for review in late:
            await _escalate(tx, site, review)
        return len(late)


async def return_outdated(site: Site, clinic_id: ClinicId, limit: int) -> int:
    """Puts decided reviews back into the queue whose intake has become too old for the visit ahead (PS29, H12)."""
    async with site.db.transaction(SystemScope(clinic_id, "outdated intakes")) as tx:
        outdated = await queries.lock_outdated(tx, limit)
        for review in outdated:
            await _put_back(tx, rules.looked_at_anew(review, "expire", tx.now), "expired")
            # Mails have no words: it brings the patient back, and the home page asks what has changed.
            key = f"outdated:{review.review_id}:{review.revision}"
            await enqueue(tx, kind="reminder-intake-old", recipient=patient(review.patient_id), dedupe_key=key)
        return len(outdated)


async def _put_back(tx: Tx, review: Review, kind: str) -> None:
    await queries.update_review(tx, review, rules.URGENCY_RANK[review.urgency])
    await write_step(tx, review, Step(kind=kind, actor_id=None))
    await record_system(tx, "change", Object("review", review.review_id), patient=review.patient_id)


async def _escalate(tx: Tx, site: Site, review: Review) -> None:
    fired = await fired_rules(tx, review.response_id, review.response_revision)
    trigger = Trigger(
        patient_id=review.patient_id,
        subject=Subject(kind="response", id=review.response_id),
        level="same_day",
        cause="late_review",
        rules=(),
        rule_set_version=f"{fired.rule_set}|{fired.version}",
        actor_id=None,
        tell_first=review.clinician_id,
    )
    await raise_for(tx, await settings_of(tx, site.content), trigger)
    raised = msgspec.structs.replace(review, lead_at=None)
    await queries.update_review(tx, raised, rules.URGENCY_RANK[review.urgency])
    await write_step(tx, raised, Step(kind="late", actor_id=None))
    await record_system(tx, "change", Object("review", review.review_id), patient=review.patient_id)


DUE: Sequence[DueWork] = (
    DueWork(name="review-claims", clinics=queries.CLINICS_WITH_LAPSED_CLAIMS, act=return_lapsed_claims),
    DueWork(name="review-answers", clinics=queries.CLINICS_WITH_WAITING, act=resume_heard),
    DueWork(name="review-questions", clinics=queries.CLINICS_WITH_UNANSWERED, act=return_unanswered),
    DueWork(name="review-consults", clinics=queries.CLINICS_WITH_NEAR_CONSULTS, act=escalate_near_consults),
    DueWork(name="review-validity", clinics=queries.CLINICS_WITH_OUTDATED, act=return_outdated),
)
