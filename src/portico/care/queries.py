"""Statements on consults."""

from datetime import date, datetime

import msgspec

from portico.care.rules import ConsultState
from portico.ids import AccountId, ConsultId, PatientId
from portico.platform.database import Command, Query, Tx


class ConsultRow(msgspec.Struct, frozen=True, kw_only=True):
    """A consult as stored; `starts_at` is unknown while it is only asked for."""

    consult_id: ConsultId
    patient_id: PatientId
    clinician_id: AccountId | None
    starts_at: datetime | None
    state: ConsultState
    wishes_sealed: bytes | None
    revision: int


class UpcomingConsult(msgspec.Struct, frozen=True, kw_only=True):
    """A booked consult in a list, with who comes and whether an intake for it was submitted."""

    consult_id: ConsultId
    patient_id: PatientId
    patient_name: str
    patient_verified: bool
    clinician_id: AccountId | None
    starts_at: datetime | None
    state: ConsultState
    wishes_sealed: bytes | None
    intake_missing: bool


class NamedPatient(msgspec.Struct, frozen=True, kw_only=True):
    """A patient as staff look for one."""

    patient_id: PatientId
    name: str
    born_on: date


class Held(msgspec.Struct, frozen=True):
    """A lock that was waited for and lasts as long as the transaction."""

    is_held: bool


class Known(msgspec.Struct, frozen=True):
    """A patient that this transaction may see."""

    patient_id: PatientId


KNOWN_PATIENT = Query(Known, "select patient_id from patient where clinic_id = $1 and patient_id = $2")

INSERT_CONSULT = Command("""
    insert into consult (clinic_id, consult_id, patient_id, clinician_id, starts_at, state, wishes_sealed, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
""")

LOCK_CONSULT = Query(
    ConsultRow,
    """
    select consult_id, patient_id, clinician_id, starts_at, state, wishes_sealed, revision
    from consult
    where clinic_id = $1 and consult_id = $2
    for update
    """,
)

UPDATE_CONSULT = Command("""
    update consult set clinician_id = $3, starts_at = $4, state = $5, revision = revision + 1
    where clinic_id = $1 and consult_id = $2
""")

ONE_REQUEST_AT_A_TIME = Query(
    Held, "select pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0))::text = '' as is_held"
)

OPEN_REQUEST = Query(
    ConsultRow,
    """
    select consult_id, patient_id, clinician_id, starts_at, state, wishes_sealed, revision
    from consult
    where clinic_id = $1 and patient_id = $2 and state = 'requested'
    order by created_at desc
    limit 1
    for update
    """,
)

UPDATE_WISHES = Command("""
    update consult set wishes_sealed = $3, revision = revision + 1
    where clinic_id = $1 and consult_id = $2
""")

PATIENTS_NAMED = Query(
    NamedPatient,
    """
    select patient_id, name, born_on
    from patient
    where clinic_id = $1 and state = 'active' and strpos(lower(name), lower($2)) > 0
    order by name, patient_id
    limit $3
    """,
)

NEXT_CONSULT = Query(
    ConsultRow,
    """
    select consult_id, patient_id, clinician_id, starts_at, state, wishes_sealed, revision
    from consult
    where clinic_id = $1 and patient_id = $2 and state = 'booked' and starts_at >= $3
    order by starts_at, consult_id
    limit 1
    """,
)

CONSULTS_OF_CLINIC = Query(
    UpcomingConsult,
    """
    select c.consult_id, c.patient_id, p.name as patient_name, p.verified as patient_verified, c.clinician_id, c.starts_at,
        c.state, c.wishes_sealed, not exists (
            select from response r
            where r.clinic_id = c.clinic_id and r.patient_id = c.patient_id and r.kind = 'intake'
                and r.submitted_revision is not null
        ) as intake_missing
    from consult c
    join patient p on p.clinic_id = c.clinic_id and p.patient_id = c.patient_id
    where c.clinic_id = $1 and ($2::uuid is null or c.patient_id = $2)
        and (coalesce(c.starts_at, 'infinity'), c.consult_id) > ($3::timestamptz, $4::uuid)
    order by coalesce(c.starts_at, 'infinity'), c.consult_id
    limit $5
    """,
)


async def is_known(tx: Tx, patient_id: PatientId) -> bool:
    """Whether there is such a patient, as far as this transaction may see."""
    return await tx.first(KNOWN_PATIENT, tx.clinic_id, patient_id) is not None


async def insert_consult(tx: Tx, row: ConsultRow) -> None:
    """Stores a new consult."""
    await tx.run(
        INSERT_CONSULT,
        tx.clinic_id,
        row.consult_id,
        row.patient_id,
        row.clinician_id,
        row.starts_at,
        row.state,
        row.wishes_sealed,
        tx.now,
    )


async def lock_consult(tx: Tx, consult_id: ConsultId) -> ConsultRow | None:
    """The consult, held until the transaction ends."""
    return await tx.first(LOCK_CONSULT, tx.clinic_id, consult_id)


async def update_consult(tx: Tx, row: ConsultRow) -> None:
    """Stores what staff changed."""
    await tx.run(UPDATE_CONSULT, tx.clinic_id, row.consult_id, row.clinician_id, row.starts_at, row.state)


async def open_request(tx: Tx, patient_id: PatientId) -> ConsultRow | None:
    """What the patient has asked for and nobody has planned yet, held; requests of one patient wait for one another."""
    await tx.one(ONE_REQUEST_AT_A_TIME, patient_id)
    return await tx.first(OPEN_REQUEST, tx.clinic_id, patient_id)


async def update_wishes(tx: Tx, consult_id: ConsultId, sealed: bytes | None) -> None:
    """Stores what the patient wishes now."""
    await tx.run(UPDATE_WISHES, tx.clinic_id, consult_id, sealed)


async def patients_named(tx: Tx, part: str, limit: int) -> list[NamedPatient]:
    """Patients whose name holds this, by name."""
    return await tx.all(PATIENTS_NAMED, tx.clinic_id, part, limit)


async def next_consult(tx: Tx, patient_id: PatientId) -> ConsultRow | None:
    """The patient's next booked consult, if any."""
    return await tx.first(NEXT_CONSULT, tx.clinic_id, patient_id, tx.now)


async def consults_of_clinic(
    tx: Tx, patient_id: PatientId | None, after: tuple[datetime, ConsultId], limit: int
) -> list[UpcomingConsult]:
    """Consults by start, after a cursor; of one patient when named."""
    return await tx.all(CONSULTS_OF_CLINIC, tx.clinic_id, patient_id, *after, limit)
