"""Statements about what one member of the staff holds."""

from uuid import UUID

import msgspec

from portico.escalation.model import Escalation
from portico.ids import AccountId, ConsultId, PatientId
from portico.messaging.model import StoredThread
from portico.platform.database import Command, Query, Tx
from portico.review.model import Review


class ConsultRow(msgspec.Struct, frozen=True, kw_only=True):
    """A consult that is still to come."""

    consult_id: ConsultId
    patient_id: PatientId


class NameRow(msgspec.Struct, frozen=True, kw_only=True):
    """A patient's name."""

    patient_id: PatientId
    name: str


REVIEWS_LOCKED = Query(
    Review,
    """
    select review_id, response_id, patient_id, state, disposition, urgency, consult_at, queued_at, response_revision,
        clinician_id, claimed_at, claim_until, due_at, lead_at, valid_until, revision
    from review
    where clinic_id = $1 and clinician_id = $2 and state in ('claimed', 'waiting')
    order by review_id
    for update
    """,
)
ESCALATIONS_LOCKED = Query(
    Escalation,
    """
    select escalation_id, patient_id, subject_kind, subject_id, level, state, cause, rules, rule_set_version, rung,
        deadline, raised_at, waiting_since, acknowledged_by, acknowledged_at, resolved_by, resolved_at, outcome,
        link_ids
    from escalation
    where clinic_id = $1 and acknowledged_by = $2 and state = 'acknowledged'
    order by escalation_id
    for update
    """,
)
CONSULTS_LOCKED = Query(
    ConsultRow,
    """
    select consult_id, patient_id from consult
    where clinic_id = $1 and clinician_id = $2 and state in ('requested', 'booked')
    order by consult_id
    for update
    """,
)
THREADS_LOCKED = Query(
    StoredThread,
    """
    select thread_id, patient_id, topic, pool, state, subject_sealed, content_digest, first_message_id, last_seq, level,
        danger_from_seq, assignee_id, closure_id, opened_by, opened_at, last_at, waiting_since, read_by_patient_seq,
        read_by_staff_seq, unread_by_patient_due, unread_by_staff_due
    from thread
    where clinic_id = $1 and assignee_id = $2
    order by thread_id
    for update
    """,
)
NAMES = Query(NameRow, "select patient_id, name from patient where clinic_id = $1 and patient_id = any ($2)")
GIVE_CONSULT = Command("""
    update consult set clinician_id = $3, revision = revision + 1 where clinic_id = $1 and consult_id = $2
""")


async def reviews_locked(tx: Tx, account_id: AccountId) -> list[Review]:
    """Reviews that this person has claimed, or waits for the patient's answer to."""
    return await tx.all(REVIEWS_LOCKED, tx.clinic_id, account_id)


async def escalations_locked(tx: Tx, account_id: AccountId) -> list[Escalation]:
    """Escalations that this person said to be on."""
    return await tx.all(ESCALATIONS_LOCKED, tx.clinic_id, account_id)


async def consults_locked(tx: Tx, account_id: AccountId) -> list[ConsultRow]:
    """Consults to come with this clinician."""
    return await tx.all(CONSULTS_LOCKED, tx.clinic_id, account_id)


async def threads_locked(tx: Tx, account_id: AccountId) -> list[StoredThread]:
    """Threads that this person has taken or was given, closed ones too: a patient's message opens them again."""
    return await tx.all(THREADS_LOCKED, tx.clinic_id, account_id)


async def names(tx: Tx, patients: list[PatientId]) -> dict[UUID, str]:
    """The names of these patients."""
    return {row.patient_id: row.name for row in await tx.all(NAMES, tx.clinic_id, patients)}


async def give_consult(tx: Tx, consult_id: ConsultId, to: AccountId) -> None:
    """Gives a consult to another clinician."""
    await tx.run(GIVE_CONSULT, tx.clinic_id, consult_id, to)
