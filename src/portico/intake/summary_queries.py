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
    same_person_as: tuple[str, ...]
    """Other records that staff linked to this one, by name and number; empty for whoever may not know of links."""


PERSON = Query(
    Person,
    """
    select p.name, p.born_on, p.verified, array(
            select other.name || coalesce(', ' || other.clinic_number, '')
            from patient_match m
            join patient other on other.clinic_id = m.clinic_id and other.patient_id = case
                when m.patient_id = p.patient_id then m.other_patient_id else m.patient_id end
            where m.clinic_id = p.clinic_id and m.state = 'linked' and p.patient_id in (m.patient_id, m.other_patient_id)
            order by 1
        ) as same_person_as
    from patient p
    where p.clinic_id = $1 and p.patient_id = $2
    """,
)


async def person(tx: Tx, patient_id: PatientId) -> Person:
    """The patient by name and birth date."""
    return await tx.one(PERSON, tx.clinic_id, patient_id)
