"""Statements that only a summary needs."""

from datetime import date

import msgspec

from portico.ids import PatientId
from portico.platform.database import Query, Tx


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a summary is about."""

    name: str
    born_on: date
    verified: bool


PERSON = Query(Person, "select name, born_on, verified from patient where clinic_id = $1 and patient_id = $2")


async def person(tx: Tx, patient_id: PatientId) -> Person:
    """The patient by name and birth date."""
    return await tx.one(PERSON, tx.clinic_id, patient_id)
