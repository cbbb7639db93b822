"""Statements on what stands beside a thread: the patient as staff must know them to answer."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from portico.ids import PatientId, ResponseId, ThreadId
from portico.platform.database import Query, Tx


class Born(msgspec.Struct, frozen=True, kw_only=True):
    """When a patient was born."""

    born_on: date


class SentIntake(msgspec.Struct, frozen=True, kw_only=True):
    """The response that a patient submitted last."""

    response_id: ResponseId
    saved_at: datetime


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """When a thread's escalation moves on unless somebody acts."""

    thread_id: ThreadId
    deadline: datetime


BORN = Query(Born, "select born_on from patient where clinic_id = $1 and patient_id = $2")
LAST_INTAKE = Query(
    SentIntake,
    """
    select response_id, saved_at from response
    where clinic_id = $1 and patient_id = $2 and kind = 'intake' and submitted_revision is not null
    order by saved_at desc, response_id
    limit 1
    """,
)


DEADLINES = Query(
    Deadline,
    """
    select subject_id as thread_id, deadline from escalation
    where clinic_id = $1 and subject_kind = 'thread' and subject_id = any ($2::uuid[]) and state <> 'resolved'
        and deadline is not null
    """,
)


async def deadlines(tx: Tx, threads: Sequence[ThreadId]) -> list[Deadline]:
    """When the unresolved escalations of these threads move on."""
    return await tx.all(DEADLINES, tx.clinic_id, list(threads))


async def born_on(tx: Tx, patient_id: PatientId) -> date:
    """The patient's birth date, by which staff tell people of one name apart."""
    return (await tx.one(BORN, tx.clinic_id, patient_id)).born_on


async def last_intake(tx: Tx, patient_id: PatientId) -> SentIntake | None:
    """The response that the patient submitted last."""
    return await tx.first(LAST_INTAKE, tx.clinic_id, patient_id)
