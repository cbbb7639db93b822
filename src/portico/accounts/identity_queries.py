"""Statements on what records and accounts were before each change; written once, never changed."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from portico.accounts.identity_model import ChangeSource, Identity, IdentityChange
from portico.ids import AccountId, PatientId
from portico.platform.database import Command, Query, Tx


class NameRow(msgspec.Struct, frozen=True):
    """A name."""

    name: str


class FormerNameRow(msgspec.Struct, frozen=True, kw_only=True):
    """What an account was called before, and who changed it."""

    name: str
    changed_by: UUID
    changed_by_name: str | None
    changed_at: datetime


# Before the change is written: what differs is kept as it still is.
KEEP = Command("""
    insert into identity_change
        (clinic_id, change_id, patient_id, name, born_on, phone_hmac, source, account_id, changed_at)
    select clinic_id, $3, patient_id, name, born_on, phone_hmac, $4, $5, $6
    from patient
    where clinic_id = $1 and patient_id = $2
        and (name, born_on, phone_hmac) is distinct from ($7::text, $8::date, $9::bytea)
""")
# The birth date is never changed by an import.
KEEP_OF_IMPORT = Command("""
    insert into identity_change
        (clinic_id, change_id, patient_id, name, born_on, phone_hmac, source, account_id, changed_at)
    select clinic_id, $3, patient_id, name, born_on, phone_hmac, 'import', null, $4
    from patient
    where clinic_id = $1 and patient_id = $2 and (name, phone_hmac) is distinct from ($5::text, $6::bytea)
""")
KEEP_NAME = Command("""
    insert into identity_change
        (clinic_id, change_id, patient_id, name, born_on, phone_hmac, source, account_id, changed_at)
    select clinic_id, $3, patient_id, name, born_on, phone_hmac, 'self', $4, $5
    from patient
    where clinic_id = $1 and patient_id = $2 and name <> $6
""")
NOTE_MAKER = Command("""
    insert into identity_change (clinic_id, change_id, patient_id, source, account_id, changed_at)
    values ($1, $3, $2, 'staff', $4, $5)
""")
SET_PATIENT_NAME = Command("update patient set name = $3 where clinic_id = $1 and patient_id = $2")
CHANGES = Query(
    IdentityChange,
    """
    select c.patient_id, c.name, c.born_on, c.phone_hmac, c.source, c.account_id, a.name as changed_by, c.changed_at
    from identity_change c
    left join account a on a.clinic_id = c.clinic_id and a.account_id = c.account_id
    where c.clinic_id = $1 and c.patient_id = any ($2)
    order by c.place desc
    """,
)
NAME_WHEN = Query(
    NameRow,
    """
    select name from identity_change
    where clinic_id = $1 and patient_id = $2 and changed_at > $3 and name is not null
    order by place
    limit 1
    """,
)
KEEP_ACCOUNT_NAME = Command("""
    insert into account_name_change (clinic_id, change_id, account_id, name, changed_by, changed_at)
    select clinic_id, $3, account_id, name, $4, $5
    from account
    where clinic_id = $1 and account_id = $2 and name <> $6
""")
ACCOUNT_NAMES = Query(
    FormerNameRow,
    """
    select c.name, c.changed_by, a.name as changed_by_name, c.changed_at
    from account_name_change c
    left join account a on a.clinic_id = c.clinic_id and a.account_id = c.changed_by
    where c.clinic_id = $1 and c.account_id = $2
    order by c.place desc
    """,
)


async def keep(tx: Tx, patient_id: PatientId, source: ChangeSource, by: AccountId, after: Identity) -> None:
    """Keeps who the patient was said to be, unless the change leaves it as it is. Call it before the change."""
    values = (after.name, after.born_on, after.phone_hmac)
    await tx.run(KEEP, tx.clinic_id, patient_id, tx.ids.new(), source, by, tx.now, *values)


async def keep_of_import(tx: Tx, after: Iterable[tuple[PatientId, str, bytes | None]]) -> None:
    """The same for many records that an import changes: id, name and the number's digest as they will be."""
    rows = [(tx.clinic_id, patient_id, tx.ids.new(), tx.now, name, digest) for patient_id, name, digest in after]
    await tx.run_many(KEEP_OF_IMPORT, rows)


async def change_name(tx: Tx, patient_id: PatientId, by: AccountId, name: str) -> None:
    """Gives the record the name that the patient chose, and keeps the one before."""
    await tx.run(KEEP_NAME, tx.clinic_id, patient_id, tx.ids.new(), by, tx.now, name)
    await tx.run(SET_PATIENT_NAME, tx.clinic_id, patient_id, name)


async def note_maker(tx: Tx, patient_id: PatientId, by: AccountId) -> None:
    """Keeps on whose word the record's first values rest."""
    await tx.run(NOTE_MAKER, tx.clinic_id, patient_id, tx.ids.new(), by, tx.now)


async def changes_of(tx: Tx, patients: Collection[PatientId]) -> dict[PatientId, list[IdentityChange]]:
    """The changes of these records, the newest first; records without any are there, too."""
    found: dict[PatientId, list[IdentityChange]] = {patient_id: [] for patient_id in patients}
    for change in await tx.all(CHANGES, tx.clinic_id, list(patients)):
        found[change.patient_id].append(change)
    return found


async def other_name_when(tx: Tx, patient_id: PatientId, at: datetime, name: str) -> str | None:
    """What the patient was called at that time, unless it is this name."""
    was = await tx.first(NAME_WHEN, tx.clinic_id, patient_id, at)
    return None if was is None or was.name == name else was.name


async def keep_account_name(tx: Tx, account_id: AccountId, by: AccountId, name: str) -> None:
    """Keeps what the account was called, unless it is called so already. Call it before the change."""
    await tx.run(KEEP_ACCOUNT_NAME, tx.clinic_id, account_id, tx.ids.new(), by, tx.now, name)


async def former_names(tx: Tx, account_id: AccountId) -> list[FormerNameRow]:
    """What the account was called before, the newest first."""
    return await tx.all(ACCOUNT_NAMES, tx.clinic_id, account_id)
