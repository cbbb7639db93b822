"""Statements of second factors: recovery codes, setting one up anew, and removing a lost one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from portico.access import Role
from portico.accounts.queries import SeedRow
from portico.ids import AccountId
from portico.platform.database import Command, Query, Tx


class FactorRow(msgspec.Struct, frozen=True, kw_only=True):
    """An account that may have lost its second factor."""

    account_id: AccountId
    name: str
    email: str
    state: str
    has_totp: bool
    staff_roles: tuple[Role, ...]


class RecoveryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A lost factor, as far as it has come."""

    recovery_id: UUID
    account_id: AccountId
    name: str
    state: str
    needs: int
    confirmed_by: AccountId
    confirmed_by_name: str
    confirmed_at: datetime
    second_by: AccountId | None
    expires_at: datetime


class NewRecovery(msgspec.Struct, frozen=True, kw_only=True):
    """A first confirmation that this is really the person."""

    recovery_id: UUID
    account_id: AccountId
    state: str
    needs: int
    confirmed_by: AccountId
    confirmed_at: datetime
    reason_sealed: bytes
    expires_at: datetime


INSERT_CODE = Command("""
    insert into recovery_code (clinic_id, code_id, account_id, code_hash, created_at) values ($1, $2, $3, $4, $5)
""")
REPLACE_CODES = Command("""
    update recovery_code set replaced_at = $3
    where clinic_id = $1 and account_id = $2 and used_at is null and replaced_at is null
""")
# Of two uses of one code at once, the second waits and then finds it used.
USE_CODE = Command("""
    update recovery_code set used_at = $4
    where clinic_id = $1 and account_id = $2 and code_hash = $3 and used_at is null and replaced_at is null
""")
KEEP_NEXT_SEED = Command("""
    update credential set next_seed_sealed = $3 where clinic_id = $1 and account_id = $2
""")
NEXT_SEED = Query(
    SeedRow, "select next_seed_sealed as sealed from credential where clinic_id = $1 and account_id = $2 for update"
)
TAKE_NEXT_SEED = Command("""
    update credential set totp_seed_sealed = $3, totp_confirmed_at = $4, totp_last_step = $5, next_seed_sealed = null,
        changed_at = $4
    where clinic_id = $1 and account_id = $2 and next_seed_sealed is not null
""")
CLEAR_FACTOR = Command("""
    update credential set totp_seed_sealed = null, totp_confirmed_at = null, totp_last_step = null,
        next_seed_sealed = null, changed_at = $3
    where clinic_id = $1 and account_id = $2 and totp_confirmed_at is not null
""")
FACTOR_LOCKED = Query(
    FactorRow,
    """
    select a.account_id, a.name, a.email, a.state, c.totp_confirmed_at is not null as has_totp,
        coalesce(s.roles, '{}') as staff_roles
    from account a
    join credential c on c.clinic_id = a.clinic_id and c.account_id = a.account_id
    left join staff s on s.clinic_id = a.clinic_id and s.account_id = a.account_id
    where a.clinic_id = $1 and a.account_id = $2
    for update of c
    """,
)
_RECOVERY = """
    select r.recovery_id, r.account_id, a.name, r.state, r.needs, r.confirmed_by, by.name as confirmed_by_name,
        r.confirmed_at, r.second_by, r.expires_at
    from factor_recovery r
    join account a on a.clinic_id = r.clinic_id and a.account_id = r.account_id
    join account by on by.clinic_id = r.clinic_id and by.account_id = r.confirmed_by
"""
OPEN_RECOVERIES = Query(
    RecoveryRow,
    _RECOVERY
    + " where r.clinic_id = $1 and r.state = 'open' and r.expires_at > $2 order by r.confirmed_at, r.recovery_id",
)
RECOVERY_LOCKED = Query(RecoveryRow, _RECOVERY + " where r.clinic_id = $1 and r.recovery_id = $2 for update of r")
OPEN_RECOVERY_OF = Query(
    RecoveryRow,
    _RECOVERY + " where r.clinic_id = $1 and r.account_id = $2 and r.state = 'open' and r.expires_at > $3",
)
INSERT_RECOVERY = Command("""
    insert into factor_recovery (clinic_id, recovery_id, account_id, state, needs, confirmed_by, confirmed_at,
        reason_sealed, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
""")
SECOND_CONFIRMATION = Command("""
    update factor_recovery set state = 'done', second_by = $3, second_at = $4, second_reason_sealed = $5
    where clinic_id = $1 and recovery_id = $2 and state = 'open'
""")
WITHDRAW_RECOVERIES = Command("""
    update factor_recovery set state = 'withdrawn' where clinic_id = $1 and account_id = $2 and state = 'open'
""")


async def put_codes(tx: Tx, account_id: AccountId, hashes: Sequence[bytes]) -> None:
    """Replaces whatever codes are left by these."""
    await tx.run(REPLACE_CODES, tx.clinic_id, account_id, tx.now)
    await tx.run_many(INSERT_CODE, [(tx.clinic_id, tx.ids.new(), account_id, each, tx.now) for each in hashes])


async def use_code(tx: Tx, account_id: AccountId, code_hash: bytes) -> bool:
    """Uses one code up; False when it is none of this account's, was used or was replaced."""
    return await tx.run(USE_CODE, tx.clinic_id, account_id, code_hash, tx.now) == 1


async def keep_next_seed(tx: Tx, account_id: AccountId, sealed: bytes) -> None:
    """Keeps a seed beside the one that counts, until its owner shows a code of it."""
    await tx.run(KEEP_NEXT_SEED, tx.clinic_id, account_id, sealed)


async def next_seed_locked(tx: Tx, account_id: AccountId) -> bytes | None:
    """The sealed seed that is being set up, held until the transaction ends."""
    row = await tx.first(NEXT_SEED, tx.clinic_id, account_id)
    return None if row is None else row.sealed


async def take_next_seed(tx: Tx, account_id: AccountId, sealed: bytes, step: int) -> bool:
    """Makes the new seed the one that counts; `step` is used up. False when none was being set up."""
    return await tx.run(TAKE_NEXT_SEED, tx.clinic_id, account_id, sealed, tx.now, step) == 1


async def clear_factor(tx: Tx, account_id: AccountId) -> bool:
    """Takes the second factor and what is left of its recovery codes away; False when there is none."""
    if await tx.run(CLEAR_FACTOR, tx.clinic_id, account_id, tx.now) != 1:
        return False
    await tx.run(REPLACE_CODES, tx.clinic_id, account_id, tx.now)
    await tx.run(WITHDRAW_RECOVERIES, tx.clinic_id, account_id)
    return True


async def factor_locked(tx: Tx, account_id: AccountId) -> FactorRow | None:
    """The account with what it has, held until the transaction ends; None for one without a password."""
    return await tx.first(FACTOR_LOCKED, tx.clinic_id, account_id)


async def open_recoveries(tx: Tx) -> list[RecoveryRow]:
    """What waits for a second confirmation, oldest first."""
    return await tx.all(OPEN_RECOVERIES, tx.clinic_id, tx.now)


async def open_recovery_of(tx: Tx, account_id: AccountId) -> RecoveryRow | None:
    """What waits for a second confirmation about this account."""
    return await tx.first(OPEN_RECOVERY_OF, tx.clinic_id, account_id, tx.now)


async def recovery_locked(tx: Tx, recovery_id: UUID) -> RecoveryRow | None:
    """One of them, held until the transaction ends."""
    return await tx.first(RECOVERY_LOCKED, tx.clinic_id, recovery_id)


async def insert_recovery(tx: Tx, recovery: NewRecovery) -> None:
    """Writes the first confirmation; one that ran out makes way."""
    await tx.run(WITHDRAW_RECOVERIES, tx.clinic_id, recovery.account_id)
    await tx.run(INSERT_RECOVERY, tx.clinic_id, *msgspec.structs.astuple(recovery))


async def confirm_second(tx: Tx, recovery_id: UUID, by: AccountId, reason_sealed: bytes) -> None:
    """Writes the second confirmation."""
    await tx.run(SECOND_CONFIRMATION, tx.clinic_id, recovery_id, by, tx.now, reason_sealed)
