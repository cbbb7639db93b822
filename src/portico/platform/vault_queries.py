"""Statements on the wrapped keys. Row-level security decides who may see a patient's key."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from portico.ids import ClinicId, PatientId
from portico.platform.database import Command, Query, Tx, Unscoped


class ClinicKeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A clinic's key, wrapped by the master key of that name."""

    clinic_key_id: UUID
    wrapping_key: str
    clinic_wrapped: bytes


class PatientKeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A patient's key, wrapped by the clinic's key that stands beside it."""

    patient_id: PatientId
    key_id: UUID
    wrapped: bytes
    clinic_key_id: UUID
    wrapping_key: str
    clinic_wrapped: bytes


class ClinicIdRow(msgspec.Struct, frozen=True, kw_only=True):
    """One clinic of this installation."""

    clinic_id: ClinicId


CLINIC_KEYS = Query(
    ClinicKeyRow,
    """
    select key_id as clinic_key_id, wrapping_key, wrapped as clinic_wrapped
    from clinic_key
    where clinic_id = $1
    order by created_at desc, key_id desc
    """,
)

KEYS_OF_PATIENT = Query(
    PatientKeyRow,
    """
    select patient_key.patient_id, patient_key.key_id, patient_key.wrapped,
        patient_key.clinic_key_id, clinic_key.wrapping_key, clinic_key.wrapped as clinic_wrapped
    from patient_key
    join clinic_key on clinic_key.clinic_id = patient_key.clinic_id
        and clinic_key.key_id = patient_key.clinic_key_id
    where patient_key.clinic_id = $1 and patient_key.patient_id = $2
    order by patient_key.created_at desc, patient_key.key_id desc
    """,
)

KEYS_OF_PATIENTS = Query(
    PatientKeyRow,
    """
    select patient_key.patient_id, patient_key.key_id, patient_key.wrapped,
        patient_key.clinic_key_id, clinic_key.wrapping_key, clinic_key.wrapped as clinic_wrapped
    from patient_key
    join clinic_key on clinic_key.clinic_id = patient_key.clinic_id
        and clinic_key.key_id = patient_key.clinic_key_id
    where patient_key.clinic_id = $1 and patient_key.patient_id = any ($2)
    order by patient_key.created_at desc, patient_key.key_id desc
    """,
)

INSERT_CLINIC_KEY = Command("""
    insert into clinic_key (clinic_id, key_id, wrapping_key, wrapped, created_at) values ($1, $2, $3, $4, $5)
""")

INSERT_PATIENT_KEY = Command("""
    insert into patient_key (clinic_id, patient_id, key_id, clinic_key_id, wrapped, created_at)
    values ($1, $2, $3, $4, $5, $6)
""")

ALL_CLINICS = Query(ClinicIdRow, "select clinic_id from clinic order by clinic_id")

CLINIC_KEYS_TO_REWRAP = Query(
    ClinicKeyRow,
    """
    select key_id as clinic_key_id, wrapping_key, wrapped as clinic_wrapped
    from clinic_key
    where clinic_id = $1 and wrapping_key <> $2
    order by created_at, key_id
    for update
    """,
)

REWRAP_CLINIC_KEY = Command("""
    update clinic_key set wrapping_key = $3, wrapped = $4 where clinic_id = $1 and key_id = $2
""")

PATIENT_KEYS_TO_REWRAP = Query(
    PatientKeyRow,
    """
    select patient_key.patient_id, patient_key.key_id, patient_key.wrapped,
        patient_key.clinic_key_id, clinic_key.wrapping_key, clinic_key.wrapped as clinic_wrapped
    from patient_key
    join clinic_key on clinic_key.clinic_id = patient_key.clinic_id
        and clinic_key.key_id = patient_key.clinic_key_id
    where patient_key.clinic_id = $1 and patient_key.clinic_key_id <> $2
    order by patient_key.patient_id, patient_key.key_id
    limit $3
    for update of patient_key
    """,
)

REWRAP_PATIENT_KEY = Command("""
    update patient_key set clinic_key_id = $4, wrapped = $5
    where clinic_id = $1 and patient_id = $2 and key_id = $3
""")


async def clinic_keys(tx: Tx) -> list[ClinicKeyRow]:
    """Every key of the clinic, the one that seals from now on first."""
    return await tx.all(CLINIC_KEYS, tx.clinic_id)


async def keys_of_patient(tx: Tx, patient_id: PatientId) -> list[PatientKeyRow]:
    """Every key of the patient, the one that seals from now on first; none that is out of sight."""
    return await tx.all(KEYS_OF_PATIENT, tx.clinic_id, patient_id)


async def insert_clinic_key(tx: Tx, key: ClinicKeyRow, created_at: datetime) -> None:
    await tx.run(INSERT_CLINIC_KEY, tx.clinic_id, key.clinic_key_id, key.wrapping_key, key.clinic_wrapped, created_at)


async def keys_of_patients(tx: Tx, patients: Sequence[PatientId]) -> list[PatientKeyRow]:
    """Every key of these patients, those that seal from now on first; none that is out of sight."""
    return await tx.all(KEYS_OF_PATIENTS, tx.clinic_id, patients)


async def insert_patient_keys(tx: Tx, keys: Sequence[PatientKeyRow], created_at: datetime) -> None:
    rows = [(tx.clinic_id, key.patient_id, key.key_id, key.clinic_key_id, key.wrapped, created_at) for key in keys]
    await tx.run_many(INSERT_PATIENT_KEY, rows)


async def all_clinics(statements: Unscoped) -> list[ClinicIdRow]:
    """Every clinic: the table holds no people and stands outside row-level security."""
    return await statements.all(ALL_CLINICS)


async def clinic_keys_to_rewrap(tx: Tx, active: str) -> list[ClinicKeyRow]:
    """The clinic's keys under any other master key, locked: of two rotations the later one finds none."""
    return await tx.all(CLINIC_KEYS_TO_REWRAP, tx.clinic_id, active)


async def rewrap_clinic_key(tx: Tx, key: ClinicKeyRow) -> None:
    await tx.run(REWRAP_CLINIC_KEY, tx.clinic_id, key.clinic_key_id, key.wrapping_key, key.clinic_wrapped)


async def patient_keys_to_rewrap(tx: Tx, newest: UUID, limit: int) -> list[PatientKeyRow]:
    """Some of the patients' keys under any other clinic key, locked."""
    return await tx.all(PATIENT_KEYS_TO_REWRAP, tx.clinic_id, newest, limit)


async def rewrap_patient_keys(tx: Tx, rewrapped: Sequence[tuple[PatientKeyRow, UUID, bytes]]) -> None:
    """Stores each key's new wrapping beside the clinic key that made it."""
    rows = [(tx.clinic_id, key.patient_id, key.key_id, clinic, wrapped) for key, clinic, wrapped in rewrapped]
    await tx.run_many(REWRAP_PATIENT_KEY, rows)
