"""Statements of forgotten passwords."""

from datetime import datetime
from uuid import UUID

import msgspec

from portico.accounts.entry_model import ResetState
from portico.ids import AccountId, ClinicId
from portico.platform.database import Command, Query, Tx, Unscoped


class ResetRow(msgspec.Struct, frozen=True, kw_only=True):
    """A request to replace a forgotten password."""

    reset_id: UUID
    account_id: AccountId
    state: ResetState
    expires_at: datetime


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Whose account this is."""

    account_id: AccountId
    email: str
    name: str
    state: str


class AnyClinic(msgspec.Struct, frozen=True, kw_only=True):
    """Some clinic of this installation."""

    clinic_id: ClinicId


ANY_CLINIC = Query(AnyClinic, "select clinic_id from clinic order by slug limit 1")

INSERT = Command("""
    insert into password_reset (clinic_id, reset_id, account_id, token_hash, state, requested_at, expires_at)
    values ($1, $2, $3, $4, 'open', $5, $6)
""")

BY_CODE = Query(
    ResetRow,
    "select reset_id, account_id, state, expires_at from password_reset where clinic_id = $1 and token_hash = $2",
)

BY_CODE_LOCKED = Query(
    ResetRow,
    """
    select reset_id, account_id, state, expires_at
    from password_reset
    where clinic_id = $1 and token_hash = $2
    for update
    """,
)

USE = Command("""
    update password_reset set state = case when reset_id = $3 then 'used' else 'withdrawn' end
    where clinic_id = $1 and account_id = $2 and state = 'open'
""")

WITHDRAW = Command("""
    update password_reset set state = 'withdrawn' where clinic_id = $1 and account_id = $2 and state = 'open'
""")

BEGIN_CODE = Command("savepoint code")

KEEP_CODE = Command("release savepoint code")

TAKE_CODE_BACK = Command("rollback to savepoint code")

HOLDER = Query(
    Holder,
    """
    select a.account_id, a.email, a.name, a.state
    from account a
    join credential c on c.clinic_id = a.clinic_id and c.account_id = a.account_id
    where a.clinic_id = $1 and a.account_id = $2
    """,
)


async def any_clinic(statements: Unscoped) -> ClinicId | None:
    """Where a request for an unknown address is written before it is taken back; None in an empty installation."""
    row = await statements.first(ANY_CLINIC)
    return None if row is None else row.clinic_id


async def insert(tx: Tx, reset_id: UUID, account_id: AccountId, token_hash: str, expires_at: datetime) -> None:
    """Writes a request. Whether the account exists is looked at when the transaction ends."""
    await tx.run(INSERT, tx.clinic_id, reset_id, account_id, token_hash, tx.now, expires_at)


async def begin_code(tx: Tx) -> None:
    """What is written from here on can be taken back without ending the transaction."""
    await tx.run(BEGIN_CODE)


async def keep_code(tx: Tx) -> None:
    """What was written since `begin_code` stays."""
    await tx.run(KEEP_CODE)


async def take_code_back(tx: Tx) -> None:
    """Nothing of what was written since `begin_code` stays; the transaction still ends with a commit that is waited for."""
    await tx.run(TAKE_CODE_BACK)


async def by_code(tx: Tx, token_hash: str) -> ResetRow | None:
    """The request that this code names."""
    return await tx.first(BY_CODE, tx.clinic_id, token_hash)


async def by_code_locked(tx: Tx, token_hash: str) -> ResetRow | None:
    """The request that this code names, held until the transaction ends."""
    return await tx.first(BY_CODE_LOCKED, tx.clinic_id, token_hash)


async def use(tx: Tx, account_id: AccountId, reset_id: UUID) -> None:
    """Uses this request up, and withdraws the account's other ones."""
    await tx.run(USE, tx.clinic_id, account_id, reset_id)


async def withdraw(tx: Tx, account_id: AccountId) -> None:
    """Makes the account's codes that were sent before worthless."""
    await tx.run(WITHDRAW, tx.clinic_id, account_id)


async def holder(tx: Tx, account_id: AccountId) -> Holder | None:
    """The account, once it has a password."""
    return await tx.first(HOLDER, tx.clinic_id, account_id)
