"""Statements of what an account does with itself: its details, password, sessions, and a new address."""

from datetime import datetime
from uuid import UUID

import msgspec

from portico.access import Hat
from portico.accounts.own_rules import Language
from portico.ids import AccountId, PatientId, SessionId
from portico.platform.database import Command, Query, Statements, Tx


class OwnRow(msgspec.Struct, frozen=True, kw_only=True):
    """An account as its owner sees it."""

    name: str
    email: str
    language: Language
    patient_id: PatientId | None
    has_totp: bool
    is_staff: bool
    codes_left: int
    phone_sealed: bytes | None


class FreshRow(msgspec.Struct, frozen=True, kw_only=True):
    """When this session's person last showed who they are, and whether a code belongs to that."""

    stepped_up_at: datetime | None
    has_totp: bool


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One of the account's sessions that has not ended."""

    session_id: SessionId
    device: str
    hat: Hat
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A new address on its way."""

    change_id: UUID
    account_id: AccountId
    new_email: str


class NewChange(msgspec.Struct, frozen=True, kw_only=True):
    """A new address as first asked for."""

    change_id: UUID
    account_id: AccountId
    new_email: str
    code_hash: str
    expires_at: datetime


class PatientRow(msgspec.Struct, frozen=True):
    """Whose own account it is."""

    patient_id: PatientId | None


class Taken(msgspec.Struct, frozen=True):
    """Whether something is there."""

    is_there: bool


OWN = Query(
    OwnRow,
    """
    select a.name, a.email, a.language, a.patient_id, coalesce(c.totp_confirmed_at is not null, false) as has_totp,
        s.account_id is not null as is_staff, contact.phone_sealed,
        (select count(*) from recovery_code r where r.clinic_id = a.clinic_id and r.account_id = a.account_id
            and r.used_at is null and r.replaced_at is null) as codes_left
    from account a
    left join credential c on c.clinic_id = a.clinic_id and c.account_id = a.account_id
    left join staff s on s.clinic_id = a.clinic_id and s.account_id = a.account_id
    left join account_contact contact on contact.clinic_id = a.clinic_id and contact.account_id = a.account_id
    where a.clinic_id = $1 and a.account_id = $2
    """,
)
PATIENT_OF = Query(PatientRow, "select patient_id from account where clinic_id = $1 and account_id = $2")
SET_LANGUAGE = Command("update account set language = $3 where clinic_id = $1 and account_id = $2 and state = 'active'")
PUT_PHONE = Command("""
    insert into account_contact (clinic_id, account_id, phone_sealed) values ($1, $2, $3)
    on conflict (clinic_id, account_id) do update set phone_sealed = excluded.phone_sealed
""")
# Nobody makes their own record alike to another one: a new number finds nobody until staff have written it, too.
SET_PATIENT_PHONE = Command("""
    update patient set phone_sealed = $3, phone_hmac = case when phone_hmac = $4 then phone_hmac end
    where clinic_id = $1 and patient_id = $2
""")
FRESH = Query(
    FreshRow,
    """
    select s.stepped_up_at, coalesce(c.totp_confirmed_at is not null, false) as has_totp
    from session s left join credential c on c.clinic_id = s.clinic_id and c.account_id = s.account_id
    where s.clinic_id = $1 and s.account_id = $2 and s.session_id = $3
    """,
)
RENEW_SESSION = Command("""
    update session set token_hash = $4, stepped_up_at = $5, last_seen_at = $6
    where clinic_id = $1 and account_id = $2 and session_id = $3 and state = 'signed-in'
""")
REPLACE_PASSWORD = Command("""
    update credential set password_hash = $4, changed_at = $5
    where clinic_id = $1 and account_id = $2 and password_hash = $3
""")
SESSIONS = Query(
    SessionRow,
    """
    select session_id, device, hat, created_at, last_seen_at, expires_at
    from session
    where clinic_id = $1 and account_id = $2 and state = 'signed-in' and expires_at > $3
    order by last_seen_at desc, session_id
    """,
)
END_OWN_SESSION = Command("""
    update session set state = 'ended'
    where clinic_id = $1 and account_id = $2 and session_id = $3 and state <> 'ended' and expires_at > $4
""")
END_OTHER_SESSIONS = Command("""
    update session set state = 'ended'
    where clinic_id = $1 and account_id = $2 and session_id <> $3 and state <> 'ended'
""")
IS_TAKEN = Query(Taken, "select exists (select from sign_in where email_hmac = $2 and clinic_id = $1) as is_there")
INSERT_CHANGE = Command("""
    insert into email_change (clinic_id, change_id, account_id, new_email, code_hash, expires_at, state, created_at)
    values ($1, $2, $3, $4, $5, $6, 'open', $7)
""")
WITHDRAW_CHANGES = Command("""
    update email_change set state = 'withdrawn' where clinic_id = $1 and account_id = $2 and state = 'open'
""")
OPEN_CHANGE = Query(
    ChangeRow,
    """
    select change_id, account_id, new_email from email_change
    where clinic_id = $1 and code_hash = $2 and state = 'open' and expires_at > $3
    """,
)
# Of two uses of one link at once, the second waits here and then finds it confirmed.
TAKE_CHANGE = Command("""
    update email_change set state = 'confirmed'
    where clinic_id = $1 and change_id = $2 and state = 'open' and expires_at > $3
""")
SET_EMAIL = Command("update account set email = $3 where clinic_id = $1 and account_id = $2 and state = 'active'")
FORGET_ADDRESS = Command("delete from sign_in where clinic_id = $1 and account_id = $2")
KNOW_ADDRESS = Command("insert into sign_in (email_hmac, clinic_id, account_id) values ($1, $2, $3)")


async def own(tx: Tx, account_id: AccountId) -> OwnRow | None:
    """The account, as far as this transaction may see it."""
    return await tx.first(OWN, tx.clinic_id, account_id)


async def patient_of(tx: Tx, account_id: AccountId) -> PatientId | None:
    """The patient whose own account it is; None for anybody else's."""
    row = await tx.first(PATIENT_OF, tx.clinic_id, account_id)
    return None if row is None else row.patient_id


async def set_language(tx: Tx, account_id: AccountId, language: Language) -> None:
    """Keeps the language that the person chose."""
    await tx.run(SET_LANGUAGE, tx.clinic_id, account_id, language)


async def put_phone(tx: Tx, account_id: AccountId, sealed: bytes | None) -> None:
    """Keeps the number of somebody who is not a patient."""
    await tx.run(PUT_PHONE, tx.clinic_id, account_id, sealed)


async def set_patient_phone(tx: Tx, patient_id: PatientId, sealed: bytes | None, digest: bytes | None) -> None:
    """Keeps how to call the patient; the digest says whether it is the number that staff know."""
    await tx.run(SET_PATIENT_PHONE, tx.clinic_id, patient_id, sealed, digest)


async def freshness(tx: Tx, account_id: AccountId, session_id: SessionId) -> FreshRow | None:
    """How fresh this session's proof is."""
    return await tx.first(FRESH, tx.clinic_id, account_id, session_id)


async def renew_session(
    tx: Tx, account_id: AccountId, session_id: SessionId, *, token_hash: str, stepped_up_at: datetime | None
) -> bool:
    """Moves a living session to a new token; False when it has ended."""
    values = (account_id, session_id, token_hash, stepped_up_at, tx.now)
    return await tx.run(RENEW_SESSION, tx.clinic_id, *values) == 1


async def replace_password(tx: Tx, account_id: AccountId, *, old: str, new: str) -> bool:
    """Replaces the hash; False when it is no longer the old one."""
    return await tx.run(REPLACE_PASSWORD, tx.clinic_id, account_id, old, new, tx.now) == 1


async def sessions_of(tx: Tx, account_id: AccountId) -> list[SessionRow]:
    """The account's complete sessions within their absolute limit, the one used last first."""
    return await tx.all(SESSIONS, tx.clinic_id, account_id, tx.now)


async def end_own_session(tx: Tx, account_id: AccountId, session_id: SessionId) -> bool:
    """Ends one of this account's sessions; False when there is none such."""
    return await tx.run(END_OWN_SESSION, tx.clinic_id, account_id, session_id, tx.now) == 1


async def end_other_sessions(tx: Tx, account_id: AccountId, kept: SessionId) -> int:
    """Ends all but one and tells how many there were."""
    return await tx.run(END_OTHER_SESSIONS, tx.clinic_id, account_id, kept)


async def is_taken(statements: Statements, clinic_id: UUID, digest: bytes) -> bool:
    """Whether somebody in the clinic signs in with this address."""
    return (await statements.one(IS_TAKEN, clinic_id, digest)).is_there


async def insert_change(tx: Tx, change: NewChange) -> None:
    """Keeps a new address until its owner confirms it."""
    await tx.run(INSERT_CHANGE, tx.clinic_id, *msgspec.structs.astuple(change), tx.now)


async def withdraw_changes(tx: Tx, account_id: AccountId) -> None:
    """Makes links that were sent before worthless."""
    await tx.run(WITHDRAW_CHANGES, tx.clinic_id, account_id)


async def open_change(tx: Tx, code_hash: str) -> ChangeRow | None:
    """The change that this link confirms, while it can."""
    return await tx.first(OPEN_CHANGE, tx.clinic_id, code_hash, tx.now)


async def take_change(tx: Tx, change_id: UUID) -> bool:
    """Uses the link up; False when another request did."""
    return await tx.run(TAKE_CHANGE, tx.clinic_id, change_id, tx.now) == 1


async def move_address(tx: Tx, account_id: AccountId, email: str, digest: bytes) -> bool:
    """Gives the account its new address, in its row and in the index of sign-in; False for one that is not active."""
    if await tx.run(SET_EMAIL, tx.clinic_id, account_id, email) != 1:
        return False
    await tx.run(FORGET_ADDRESS, tx.clinic_id, account_id)
    await tx.run(KNOW_ADDRESS, digest, tx.clinic_id, account_id)
    return True
