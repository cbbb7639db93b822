"""Statements on patients as staff manage them: finding, reading, correcting, and who may be the same person."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from portico.accounts.entry_model import MatchState, OwnAccount, PatientRow, PatientState
from portico.ids import AccountId, PatientId
from portico.notify.rules import QUIET_CODES
from portico.platform.database import Command, Query, Tx

PAGE_SIZE = 50
START: tuple[str, UUID] = ("", UUID(int=0))


class ContactRow(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach a patient, as stored."""

    phone_sealed: bytes | None
    address_sealed: bytes | None
    phone_hmac: bytes | None


class MissedMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that did not reach its patient: since when, and the code that says why."""

    code: str
    created_at: datetime


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of what staff may correct of a patient, contact data sealed."""

    name: str
    born_on: date
    clinic_number: str | None
    phone_sealed: bytes | None
    address_sealed: bytes | None
    phone_hmac: bytes | None


class PatientKey(msgspec.Struct, frozen=True):
    """A patient."""

    patient_id: PatientId


class SimilarRow(msgspec.Struct, frozen=True, kw_only=True):
    """A patient with the same birth date or telephone number, and what was decided about the two."""

    patient_id: PatientId
    name: str
    born_on: date
    clinic_number: str | None
    state: PatientState
    verified: bool
    phone_hmac: bytes | None
    same_phone: bool
    decision: MatchState | None


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What stands about two records; `patient_id` is the one that came later, as far as staff said."""

    patient_id: PatientId
    other_patient_id: PatientId
    state: MatchState


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A proxy grant that was ended."""

    grant_id: UUID


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A record that is linked to this one; `is_later` when that one came later."""

    patient_id: PatientId
    name: str
    is_later: bool


PATIENT = Query(
    PatientRow,
    """
    select patient_id, name, born_on, clinic_number, state, verified
    from patient
    where clinic_id = $1 and patient_id = $2
    """,
)

LOCKED = Query(
    PatientRow,
    """
    select patient_id, name, born_on, clinic_number, state, verified
    from patient
    where clinic_id = $1 and patient_id = $2
    for update
    """,
)

# A name is found by any part of it, a number as a whole, a birth date as people write it to machines.
FOUND = Query(
    PatientRow,
    """
    select patient_id, name, born_on, clinic_number, state, verified
    from patient
    where clinic_id = $1 and (name, patient_id) > ($2, $3::uuid)
        and ($4::text = '' or position(lower($4) in lower(name)) > 0 or lower(clinic_number) = lower($4)
            or born_on::text = $4)
    order by name, patient_id
    limit $5
    """,
)

UNVERIFIED = Query(
    PatientRow,
    """
    select patient_id, name, born_on, clinic_number, state, verified
    from patient
    where clinic_id = $1 and not verified
    order by created_at, patient_id
    limit $2
    """,
)

CONTACT = Query(
    ContactRow,
    "select phone_sealed, address_sealed, phone_hmac from patient where clinic_id = $1 and patient_id = $2",
)

CHANGE = Command("""
    update patient set name = $3, born_on = $4, clinic_number = $5, phone_sealed = $6, address_sealed = $7,
        phone_hmac = $8
    where clinic_id = $1 and patient_id = $2
""")

SET_STATE = Command("update patient set state = $3 where clinic_id = $1 and patient_id = $2")

SET_VERIFIED = Command("update patient set verified = $3 where clinic_id = $1 and patient_id = $2")

END_GRANTS = Query(
    Ended,
    """
    update proxy_grant set ends_at = $3
    where clinic_id = $1 and patient_id = $2 and (ends_at is null or ends_at > $3)
    returning grant_id
    """,
)

OWN_ACCOUNT = Query(
    OwnAccount,
    """
    select a.account_id, a.email, a.state, s.account_id is not null as is_staff
    from account a
    left join staff s on s.clinic_id = a.clinic_id and s.account_id = a.account_id
    where a.clinic_id = $1 and a.patient_id = $2
    order by a.created_at
    limit 1
    """,
)

MISSED_MAIL = Query(
    MissedMail,
    """
    select coalesce('bounced-' || n.return_code, n.error_code) as code, n.created_at
    from notification n
    where n.clinic_id = $1 and n.due_at is null and (n.sent_at is null or n.returned_at is not null)
        and (n.returned_at is not null or (n.error_code is not null and not n.error_code = any ($3::text[])))
        and (n.recipient in (
                select 'account:' || a.account_id from account a where a.clinic_id = $1 and a.patient_id = $2)
            or n.dedupe_key in (
                select 'invitation:' || i.invitation_id || ':' || i.sendings from invitation i
                where i.clinic_id = $1 and i.patient_id = $2 and i.state in ('open', 'burnt')))
    order by n.created_at desc, n.notification_id desc
    limit 1
    """,
)

WITH_NUMBER = Query(PatientKey, "select patient_id from patient where clinic_id = $1 and clinic_number = $2")

SIMILAR = Query(
    SimilarRow,
    """
    select p.patient_id, p.name, p.born_on, p.clinic_number, p.state, p.verified, p.phone_hmac,
        p.phone_hmac is not distinct from $4 and $4::bytea is not null as same_phone, m.state as decision
    from patient p
    left join lateral (
        select state from patient_match
        where clinic_id = $1 and (
            patient_id = $2 and other_patient_id = p.patient_id or patient_id = p.patient_id and other_patient_id = $2)
        order by state = 'undone'
        limit 1
    ) m on true
    where p.clinic_id = $1 and p.patient_id <> $2 and (p.born_on = $3 or p.phone_hmac = $4 or m.state is not null)
    order by p.name, p.patient_id
    limit 200
    """,
)

MATCH = Query(
    Decided,
    """
    select patient_id, other_patient_id, state
    from patient_match
    where clinic_id = $1 and (
        patient_id = $2 and other_patient_id = $3 or patient_id = $3 and other_patient_id = $2)
    order by state = 'undone'
    limit 1
    for update
    """,
)

PUT_MATCH = Command("""
    insert into patient_match (clinic_id, patient_id, other_patient_id, state, decided_by, decided_at)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (clinic_id, patient_id, other_patient_id) do update set state = excluded.state,
        decided_by = excluded.decided_by, decided_at = excluded.decided_at
""")

LINKS = Query(
    Link,
    """
    select p.patient_id, p.name, false as is_later
    from patient_match m join patient p on p.clinic_id = m.clinic_id and p.patient_id = m.other_patient_id
    where m.clinic_id = $1 and m.patient_id = $2 and m.state = 'linked'
    union all
    select p.patient_id, p.name, true
    from patient_match m join patient p on p.clinic_id = m.clinic_id and p.patient_id = m.patient_id
    where m.clinic_id = $1 and m.other_patient_id = $2 and m.state = 'linked'
    """,
)


async def patient_row(tx: Tx, patient_id: PatientId) -> PatientRow | None:
    """The patient."""
    return await tx.first(PATIENT, tx.clinic_id, patient_id)


async def locked(tx: Tx, patient_id: PatientId) -> PatientRow | None:
    """The patient, held until the transaction ends."""
    return await tx.first(LOCKED, tx.clinic_id, patient_id)


async def found(tx: Tx, words: str, after: tuple[str, UUID]) -> list[PatientRow]:
    """Patients by name, one more than a page."""
    return await tx.all(FOUND, tx.clinic_id, *after, words, PAGE_SIZE + 1)


async def unverified(tx: Tx) -> list[PatientRow]:
    """Patients whom nobody has confirmed, the longest waiting first."""
    return await tx.all(UNVERIFIED, tx.clinic_id, PAGE_SIZE)


async def contact(tx: Tx, patient_id: PatientId) -> ContactRow:
    """How to reach the patient. Raises LookupError when there is none."""
    return await tx.one(CONTACT, tx.clinic_id, patient_id)


async def change(tx: Tx, patient_id: PatientId, changes: Changes) -> None:
    """Writes what staff corrected. The constraint `patient_number_is_unique_in_clinic` refuses a number twice."""
    await tx.run(CHANGE, tx.clinic_id, patient_id, *msgspec.structs.astuple(changes))


async def set_state(tx: Tx, patient_id: PatientId, state: PatientState) -> None:
    """Writes the state."""
    await tx.run(SET_STATE, tx.clinic_id, patient_id, state)


async def set_verified(tx: Tx, patient_id: PatientId, *, verified: bool) -> None:
    """Writes whether staff know who this is."""
    await tx.run(SET_VERIFIED, tx.clinic_id, patient_id, verified)


async def end_grants(tx: Tx, patient_id: PatientId) -> list[Ended]:
    """Ends every running proxy grant for the patient."""
    return await tx.all(END_GRANTS, tx.clinic_id, patient_id, tx.now)


async def own_account(tx: Tx, patient_id: PatientId) -> OwnAccount | None:
    """The patient's own account."""
    return await tx.first(OWN_ACCOUNT, tx.clinic_id, patient_id)


async def missed_mail(tx: Tx, patient_id: PatientId) -> MissedMail | None:
    """The newest mail to the patient's own account, or with the open invitation, that was refused or came back."""
    return await tx.first(MISSED_MAIL, tx.clinic_id, patient_id, list(QUIET_CODES))


async def patient_with_number(tx: Tx, number: str) -> PatientKey | None:
    """Whose number this is."""
    return await tx.first(WITH_NUMBER, tx.clinic_id, number)


async def similar(tx: Tx, patient: PatientRow, phone_hmac: bytes | None) -> list[SimilarRow]:
    """Who has the same birth date or telephone number, or was decided about."""
    return await tx.all(SIMILAR, tx.clinic_id, patient.patient_id, patient.born_on, phone_hmac)


async def match(tx: Tx, one: PatientId, other: PatientId) -> Decided | None:
    """What stands about these two, whichever came later, held until the transaction ends."""
    return await tx.first(MATCH, tx.clinic_id, one, other)


async def put_match(tx: Tx, patient_id: PatientId, other: PatientId, state: MatchState, by: AccountId) -> None:
    """Writes what was decided about these two."""
    await tx.run(PUT_MATCH, tx.clinic_id, patient_id, other, state, by, tx.now)


async def links(tx: Tx, patient_id: PatientId) -> list[Link]:
    """The records that are linked to this one, whichever came first."""
    return await tx.all(LINKS, tx.clinic_id, patient_id)
