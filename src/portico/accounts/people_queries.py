"""Statements that write people: patients, accounts, credentials, staff, grants."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID

import msgspec

from portico.access import Role
from portico.ids import AccountId, PatientId
from portico.platform.database import Command, Query, Tx


class NewPatient(msgspec.Struct, frozen=True, kw_only=True):
    """A patient as first written; how to reach them is sealed afterwards, under the key this row makes possible."""

    patient_id: PatientId
    name: str
    born_on: date
    clinic_number: str | None
    verified: bool


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account as first written."""

    account_id: AccountId
    email: str
    name: str
    patient_id: PatientId | None


class NewGrant(msgspec.Struct, frozen=True, kw_only=True):
    """A proxy grant as first written."""

    grant_id: UUID
    account_id: AccountId
    patient_id: PatientId
    scope: tuple[str, ...]
    basis: str
    confirmed_by: AccountId
    starts_at: datetime
    ends_at: datetime | None


class SealedPhone(msgspec.Struct, frozen=True, kw_only=True):
    """A patient's telephone number as it is stored."""

    patient_id: PatientId
    phone_sealed: bytes


class OwnStaffRow(msgspec.Struct, frozen=True, kw_only=True):
    """A person of the staff as they see themselves."""

    email: str
    page_address_sealed: bytes | None


INSERT_PATIENT = Command("""
    insert into patient (clinic_id, patient_id, name, born_on, clinic_number, verified, state, created_at)
    values ($1, $2, $3, $4, $5, $6, 'active', $7)
""")
SEAL_CONTACT = Command("""
    update patient set phone_sealed = $3, address_sealed = $4, phone_hmac = $5
    where clinic_id = $1 and patient_id = $2
""")
PHONES = Query(
    SealedPhone,
    "select patient_id, phone_sealed from patient where clinic_id = $1 and patient_id = any ($2) and phone_sealed is not null",
)
INSERT_ACCOUNT = Command("""
    insert into account (clinic_id, account_id, email, name, patient_id, state, created_at)
    values ($1, $2, $3, $4, $5, 'active', $6)
""")
INSERT_SIGN_IN = Command("insert into sign_in (email_hmac, clinic_id, account_id) values ($1, $2, $3)")
SET_ACCOUNT_STATE = Command("update account set state = $3 where clinic_id = $1 and account_id = $2")
PUT_PASSWORD = Command("""
    insert into credential (clinic_id, account_id, password_hash, changed_at) values ($1, $2, $3, $4)
    on conflict (clinic_id, account_id) do update set password_hash = excluded.password_hash,
        changed_at = excluded.changed_at
""")
PUT_SEED = Command("""
    update credential set totp_seed_sealed = $3, totp_confirmed_at = $4, totp_last_step = null, changed_at = $4
    where clinic_id = $1 and account_id = $2
""")
PUT_STAFF = Command("""
    insert into staff (clinic_id, account_id, roles) values ($1, $2, $3)
    on conflict (clinic_id, account_id) do update set roles = excluded.roles
""")
OWN_STAFF_ROW = Query(
    OwnStaffRow,
    """
    select account.email, staff.page_address_sealed
    from staff
    join account on account.clinic_id = staff.clinic_id and account.account_id = staff.account_id
    where staff.clinic_id = $1 and staff.account_id = $2
    """,
)
PUT_PAGE_ADDRESS = Command("update staff set page_address_sealed = $3 where clinic_id = $1 and account_id = $2")
INSERT_GRANT = Command("""
    insert into proxy_grant (clinic_id, grant_id, account_id, patient_id, scope, basis, confirmed_by, starts_at, ends_at,
        proxy_name)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9,
        coalesce((select name from account where clinic_id = $1 and account_id = $3), ''))
""")


async def insert_patient(tx: Tx, patient: NewPatient) -> None:
    """Writes the patient."""
    await tx.run(INSERT_PATIENT, tx.clinic_id, *msgspec.structs.astuple(patient), tx.now)


async def seal_contact(
    tx: Tx, patient_id: PatientId, *, phone: bytes | None, address: bytes | None, phone_hmac: bytes | None
) -> None:
    """Keeps how to reach the patient, sealed."""
    await tx.run(SEAL_CONTACT, tx.clinic_id, patient_id, phone, address, phone_hmac)


async def phones(tx: Tx, patients: Collection[PatientId]) -> list[SealedPhone]:
    """The sealed numbers of those patients who have one."""
    return await tx.all(PHONES, tx.clinic_id, list(patients))


async def insert_account(tx: Tx, account: NewAccount) -> None:
    """Writes the account. The constraint `account_email_is_unique_in_clinic` refuses an address twice."""
    await tx.run(INSERT_ACCOUNT, tx.clinic_id, *msgspec.structs.astuple(account), tx.now)


async def insert_sign_in(tx: Tx, account_id: AccountId, digest: bytes) -> None:
    """Lets the account be found by its address."""
    await tx.run(INSERT_SIGN_IN, digest, tx.clinic_id, account_id)


async def set_account_state(tx: Tx, account_id: AccountId, state: str) -> bool:
    """False when there is no such account."""
    return await tx.run(SET_ACCOUNT_STATE, tx.clinic_id, account_id, state) == 1


async def put_password(tx: Tx, account_id: AccountId, password_hash: str) -> None:
    """Writes or replaces the password's hash."""
    await tx.run(PUT_PASSWORD, tx.clinic_id, account_id, password_hash, tx.now)


async def put_seed(tx: Tx, account_id: AccountId, sealed: bytes) -> bool:
    """Writes a confirmed second factor; False when the account has no password yet."""
    return await tx.run(PUT_SEED, tx.clinic_id, account_id, sealed, tx.now) == 1


async def put_staff(tx: Tx, account_id: AccountId, roles: Iterable[Role]) -> None:
    """Writes or replaces the account's staff roles."""
    await tx.run(PUT_STAFF, tx.clinic_id, account_id, sorted(roles))


async def insert_grant(tx: Tx, grant: NewGrant) -> None:
    """Writes the grant."""
    await tx.run(INSERT_GRANT, tx.clinic_id, *msgspec.structs.astuple(grant))


async def own_staff_row(tx: Tx, account_id: AccountId) -> OwnStaffRow:
    """The person's addresses. Raises LookupError for who is not of the staff."""
    return await tx.one(OWN_STAFF_ROW, tx.clinic_id, account_id)


async def put_page_address(tx: Tx, account_id: AccountId, sealed: bytes | None) -> None:
    """Keeps where pages to this person go."""
    await tx.run(PUT_PAGE_ADDRESS, tx.clinic_id, account_id, sealed)
