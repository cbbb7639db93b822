"""Statements of the patients' file: who is there under the clinic's own numbers, and writing many at once."""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from portico.ids import PatientId
from portico.platform.database import Command, Query, Tx


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A patient as the database has them."""

    patient_id: PatientId
    clinic_number: str | None
    name: str
    born_on: date
    state: str
    phone_sealed: bytes | None
    address_sealed: bytes | None
    phone_hmac: bytes | None


WITH_NUMBERS = Query(
    Kept,
    """
    select patient_id, clinic_number, name, born_on, state, phone_sealed, address_sealed, phone_hmac
    from patient
    where clinic_id = $1 and clinic_number = any ($2)
    order by clinic_number
    for update
    """,
)
ALL = Query(
    Kept,
    """
    select patient_id, clinic_number, name, born_on, state, phone_sealed, address_sealed, phone_hmac
    from patient
    where clinic_id = $1
    order by clinic_number nulls last, patient_id
    """,
)
INSERT = Command("""
    insert into patient (clinic_id, patient_id, clinic_number, name, born_on, state, created_at)
    values ($1, $2, $3, $4, $5, 'active', $6)
""")
CHANGE = Command("""
    update patient set name = $3, phone_sealed = $4, address_sealed = $5, phone_hmac = $6
    where clinic_id = $1 and patient_id = $2
""")


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What of a patient a file changes."""

    patient_id: PatientId
    name: str
    phone_sealed: bytes | None
    address_sealed: bytes | None
    phone_hmac: bytes | None = None


async def with_numbers(tx: Tx, numbers: Sequence[str]) -> list[Kept]:
    """The patients who have one of these numbers, locked."""
    return await tx.all(WITH_NUMBERS, tx.clinic_id, numbers)


async def everybody(tx: Tx) -> list[Kept]:
    """Every patient of the clinic, by number."""
    return await tx.all(ALL, tx.clinic_id)


async def insert(tx: Tx, patients: Iterable[tuple[PatientId, str, str, date]]) -> None:
    """Writes new patients: id, number, name and birth date."""
    await tx.run_many(INSERT, [(tx.clinic_id, *patient, tx.now) for patient in patients])


async def change(tx: Tx, patients: Iterable[Written]) -> None:
    """Writes names and contacts."""
    await tx.run_many(CHANGE, [(tx.clinic_id, *msgspec.structs.astuple(each)) for each in patients])
