"""Statements on procedures and on the check-ins that are due after them."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from portico.care.days_since import Treated
from portico.care.procedure_rules import DueCheckIn, DueState, ImageGuidance, ProcedureState, Region, Tissue
from portico.ids import AccountId, PatientId, ProcedureId
from portico.platform.database import Command, Query, Tx
from portico.platform.due import DueClinic


class ProcedureRow(msgspec.Struct, frozen=True, kw_only=True):
    """A procedure as stored."""

    procedure_id: ProcedureId
    patient_id: PatientId
    state: ProcedureState
    performed_on: date | None
    regions: tuple[Region, ...]
    tissues: tuple[Tissue, ...]
    hydrodissection: bool | None
    guidance: ImageGuidance | None
    therapy_referral: bool
    lot_sealed: bytes | None
    revision: int
    recorded_by: AccountId
    recorded_at: datetime


class DueRow(msgspec.Struct, frozen=True, kw_only=True):
    """A check-in that is due, with what decides whether anybody is asked for it."""

    procedure_id: ProcedureId
    day: int
    patient_id: PatientId
    due_at: datetime
    patient_is_active: bool
    last_check_in_at: datetime | None


class NextDue(msgspec.Struct, frozen=True):
    """When the patient is asked next; None when no check-in waits."""

    due_at: datetime | None


PROCEDURES_OF_PATIENT = Query(
    ProcedureRow,
    """
    select procedure_id, patient_id, state, performed_on, regions, tissues, hydrodissection, guidance,
        therapy_referral, lot_sealed, revision, recorded_by, recorded_at
    from procedure
    where clinic_id = $1 and patient_id = $2
    order by performed_on desc nulls first, recorded_at desc, procedure_id
    limit $3
    """,
)

LOCK_PROCEDURE = Query(
    ProcedureRow,
    """
    select procedure_id, patient_id, state, performed_on, regions, tissues, hydrodissection, guidance,
        therapy_referral, lot_sealed, revision, recorded_by, recorded_at
    from procedure
    where clinic_id = $1 and procedure_id = $2
    for update
    """,
)

# Everything that triage needs, and no more: the worker may read it too.
TREATED = Query(
    Treated,
    """
    select performed_on, regions, tissues, hydrodissection
    from procedure
    where clinic_id = $1 and patient_id = $2 and state = 'recorded'
    """,
)

INSERT_PROCEDURE = Command("""
    insert into procedure (clinic_id, procedure_id, patient_id, state, performed_on, regions, tissues, hydrodissection,
        guidance, therapy_referral, lot_sealed, revision, recorded_by, recorded_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
""")

UPDATE_PROCEDURE = Command("""
    update procedure
    set state = $3, performed_on = $4, regions = $5, tissues = $6, hydrodissection = $7, guidance = $8,
        therapy_referral = $9, lot_sealed = $10, revision = $11
    where clinic_id = $1 and procedure_id = $2
""")

PASS_OVER = Command("""
    update check_in_due set state = 'skipped' where clinic_id = $1 and procedure_id = $2 and state = 'waiting'
""")

PLAN = Command("""
    insert into check_in_due (clinic_id, procedure_id, day, patient_id, state, due_at)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (clinic_id, procedure_id, day) do update set state = excluded.state, due_at = excluded.due_at
    where check_in_due.due_at <> excluded.due_at or check_in_due.state <> 'reminded'
""")

NEXT_DUE = Query(
    NextDue,
    """
    select min(due_at) as due_at
    from check_in_due
    where clinic_id = $1 and patient_id = $2 and state = 'waiting' and due_at > $3
    """,
)

LOCK_DUE = Query(
    DueRow,
    """
    select d.procedure_id, d.day, d.patient_id, d.due_at, p.state = 'active' as patient_is_active, (
            select max(r.saved_at) from response r
            where r.clinic_id = d.clinic_id and r.patient_id = d.patient_id and r.kind = 'check_in'
                and r.submitted_revision is not null
        ) as last_check_in_at
    from check_in_due d
    join patient p on p.clinic_id = d.clinic_id and p.patient_id = d.patient_id
    where d.clinic_id = $1 and d.state = 'waiting' and d.due_at <= $2
    order by d.due_at
    limit $3
    for update of d skip locked
    """,
)

SET_DUE_STATE = Command("""
    update check_in_due set state = $4 where clinic_id = $1 and procedure_id = $2 and day = $3
""")

CLINICS_WITH_DUE = Query(
    DueClinic,
    """
    select clinic_id, min(due_at) as due_at
    from check_in_due
    where state = 'waiting' and due_at <= $1
    group by clinic_id
    """,
)


async def procedures_of_patient(tx: Tx, patient_id: PatientId, limit: int) -> list[ProcedureRow]:
    """The patient's procedures, the latest first; those without a day before them all."""
    return await tx.all(PROCEDURES_OF_PATIENT, tx.clinic_id, patient_id, limit)


async def lock_procedure(tx: Tx, procedure_id: ProcedureId) -> ProcedureRow | None:
    """The procedure, held until the transaction ends."""
    return await tx.first(LOCK_PROCEDURE, tx.clinic_id, procedure_id)


async def treated(tx: Tx, patient_id: PatientId) -> list[Treated]:
    """What triage needs of every procedure of this patient that was not entered in error."""
    return await tx.all(TREATED, tx.clinic_id, patient_id)


async def insert_procedure(tx: Tx, row: ProcedureRow) -> None:
    """Stores a new procedure."""
    await tx.run(
        INSERT_PROCEDURE,
        tx.clinic_id,
        row.procedure_id,
        row.patient_id,
        row.state,
        row.performed_on,
        list(row.regions),
        list(row.tissues),
        row.hydrodissection,
        row.guidance,
        row.therapy_referral,
        row.lot_sealed,
        row.revision,
        row.recorded_by,
        row.recorded_at,
    )


async def update_procedure(tx: Tx, row: ProcedureRow) -> None:
    """Stores a correction."""
    await tx.run(
        UPDATE_PROCEDURE,
        tx.clinic_id,
        row.procedure_id,
        row.state,
        row.performed_on,
        list(row.regions),
        list(row.tissues),
        row.hydrodissection,
        row.guidance,
        row.therapy_referral,
        row.lot_sealed,
        row.revision,
    )


async def plan_check_ins(tx: Tx, row: ProcedureRow, dues: Sequence[DueCheckIn]) -> None:
    """Plans the check-ins after a procedure anew; nobody is asked twice for the same day at the same time."""
    tx.wake_worker()
    await tx.run(PASS_OVER, tx.clinic_id, row.procedure_id)
    values = [(tx.clinic_id, row.procedure_id, due.day, row.patient_id, due.state, due.due_at) for due in dues]
    await tx.run_many(PLAN, values)


async def next_due(tx: Tx, patient_id: PatientId) -> datetime | None:
    """When the patient's next check-in is due."""
    return (await tx.one(NEXT_DUE, tx.clinic_id, patient_id, tx.now)).due_at


async def lock_due(tx: Tx, limit: int) -> list[DueRow]:
    """Check-ins whose time has come, held until the transaction ends."""
    return await tx.all(LOCK_DUE, tx.clinic_id, tx.now, limit)


async def set_due_state(tx: Tx, row: DueRow, state: DueState) -> None:
    """Stores whether the patient was asked."""
    await tx.run(SET_DUE_STATE, tx.clinic_id, row.procedure_id, row.day, state)
