"""Statements on check-ins: what was known before, which lie unfinished, and their course."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from portico.ids import PatientId, ResponseId, ThreadId
from portico.intake.model import StoredResponse, StoredRevision, Urgency
from portico.platform.database import Command, Query, Tx
from portico.platform.due import DueClinic


class SentCheckIn(msgspec.Struct, frozen=True, kw_only=True):
    """A submitted check-in with its answers, sealed, and its level."""

    response_id: ResponseId
    patient_id: PatientId
    revision: int
    questionnaire_url: str
    questionnaire_version: str
    answers_sealed: bytes
    partial: bool
    submitted_at: datetime
    urgency: Urgency


class Unfinished(msgspec.Struct, frozen=True, kw_only=True):
    """A check-in that was begun and waits to be finished."""

    response_id: ResponseId
    thread_id: ThreadId | None
    saved_at: datetime
    is_asked_for: bool
    """Whether somebody was told that it lies unfinished."""


LATEST_INTAKE = Query(
    StoredRevision,
    """
    select v.response_id, v.revision, v.patient_id, v.questionnaire_url, v.questionnaire_version, v.answers_sealed,
        v.partial, v.dropped, v.submitted_at
    from response_revision v
    join response r on r.clinic_id = v.clinic_id and r.response_id = v.response_id and r.kind = 'intake'
    where v.clinic_id = $1 and v.patient_id = $2
    order by v.submitted_at desc, v.revision desc
    limit 1
    """,
)

CHECK_INS = Query(
    SentCheckIn,
    """
    select v.response_id, v.patient_id, v.revision, v.questionnaire_url, v.questionnaire_version, v.answers_sealed,
        v.partial, v.submitted_at, s.urgency
    from response r
    join response_revision v on v.clinic_id = r.clinic_id and v.response_id = r.response_id
        and v.revision = r.submitted_revision
    join screening s on s.clinic_id = v.clinic_id and s.response_id = v.response_id and s.revision = v.revision
    where r.clinic_id = $1 and r.patient_id = $2 and r.kind = 'check_in' and r.submitted_revision is not null
    order by v.submitted_at desc, v.response_id
    limit $3
    """,
)

UNFINISHED = Query(
    Unfinished,
    """
    select response_id, thread_id, saved_at, finish_due_at is null as is_asked_for
    from response
    where clinic_id = $1 and patient_id = $2 and kind = 'check_in' and state = 'draft'
    order by saved_at desc
    """,
)

LOCK_TO_FINISH = Query(
    StoredResponse,
    """
    select response_id, patient_id, kind, thread_id, questionnaire_url, questionnaire_version, state, revision,
        submitted_revision, null::bytea as answers_sealed, danger, created_at, saved_at, expires_at, finish_due_at
    from response
    where clinic_id = $1 and state = 'draft' and finish_due_at <= $2
    order by finish_due_at
    limit $3
    for update skip locked
    """,
)

ASKED_TO_FINISH = Command("""
    update response set finish_due_at = null where clinic_id = $1 and response_id = $2
""")

SET_THREAD = Command("""
    update response set thread_id = $3 where clinic_id = $1 and response_id = $2
""")

CLINICS_TO_FINISH = Query(
    DueClinic,
    """
    select clinic_id, min(finish_due_at) as due_at
    from response
    where finish_due_at <= $1 and expires_at is not null
    group by clinic_id
    """,
)


async def latest_intake(tx: Tx, patient_id: PatientId) -> StoredRevision | None:
    """What the patient submitted last before any visit."""
    return await tx.first(LATEST_INTAKE, tx.clinic_id, patient_id)


async def check_ins(tx: Tx, patient_id: PatientId, limit: int) -> list[SentCheckIn]:
    """The patient's check-ins, the newest first."""
    return await tx.all(CHECK_INS, tx.clinic_id, patient_id, limit)


async def unfinished(tx: Tx, patient_id: PatientId) -> list[Unfinished]:
    """The check-ins that the patient has begun, the newest first."""
    return await tx.all(UNFINISHED, tx.clinic_id, patient_id)


async def lock_to_finish(tx: Tx, limit: int) -> Sequence[StoredResponse]:
    """Drafts that lie unfinished, held until the transaction ends; without their answers."""
    return await tx.all(LOCK_TO_FINISH, tx.clinic_id, tx.now, limit)


async def asked_to_finish(tx: Tx, response_id: ResponseId) -> None:
    """Stores that somebody was told that it lies unfinished."""
    await tx.run(ASKED_TO_FINISH, tx.clinic_id, response_id)


async def set_thread(tx: Tx, response_id: ResponseId, thread_id: ThreadId) -> None:
    """Binds a check-in to the thread that its submission opened."""
    await tx.run(SET_THREAD, tx.clinic_id, response_id, thread_id)
