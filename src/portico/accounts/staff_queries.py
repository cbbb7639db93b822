"""Statements of the clinic's staff accounts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from portico.access import Role
from portico.ids import AccountId
from portico.platform.database import Command, Query, Tx


class StaffRow(msgspec.Struct, frozen=True, kw_only=True):
    """One member of the staff."""

    account_id: AccountId
    name: str
    email: str
    roles: tuple[Role, ...]
    state: Literal["active", "disabled"]
    has_totp: bool
    last_seen_at: datetime | None


class StaffKey(msgspec.Struct, frozen=True):
    """One member of the staff, by account."""

    account_id: AccountId


_STAFF = """
    select s.account_id, a.name, a.email, s.roles, a.state,
        coalesce(c.totp_confirmed_at is not null, false) as has_totp,
        (select max(x.last_seen_at) from session x where x.clinic_id = s.clinic_id and x.account_id = s.account_id
            and x.hat = 'staff') as last_seen_at
    from staff s
    join account a on a.clinic_id = s.clinic_id and a.account_id = s.account_id
    left join credential c on c.clinic_id = s.clinic_id and c.account_id = s.account_id
    where s.clinic_id = $1
"""
STAFF = Query(StaffRow, _STAFF + " order by a.state, a.name, s.account_id")
# Every row, not only the one that changes: who is the last admin is a question about all of them, and two admins who
# remove one another at once must not both succeed. The second waits here and then reads what the first has done.
LOCK = Query(StaffKey, "select account_id from staff where clinic_id = $1 order by account_id for update")
SET_ROLES = Command("update staff set roles = $3 where clinic_id = $1 and account_id = $2")
SET_NAME = Command("update account set name = $3 where clinic_id = $1 and account_id = $2")
SET_NAME_AS_PROXY = Command("update proxy_grant set proxy_name = $3 where clinic_id = $1 and account_id = $2")
SET_STATE = Command("update account set state = $3 where clinic_id = $1 and account_id = $2")


async def staff(tx: Tx) -> list[StaffRow]:
    """All of them: the active first, by name."""
    return await tx.all(STAFF, tx.clinic_id)


async def staff_locked(tx: Tx) -> list[StaffRow]:
    """All of them, held until the transaction ends; read only once they are, so that nothing older is seen."""
    await tx.all(LOCK, tx.clinic_id)
    return await tx.all(STAFF, tx.clinic_id)


async def set_roles(tx: Tx, account_id: AccountId, roles: Iterable[Role]) -> None:
    """Stores the roles."""
    await tx.run(SET_ROLES, tx.clinic_id, account_id, sorted(roles))


async def set_state(tx: Tx, account_id: AccountId, state: str) -> None:
    """Stores whether the account may sign in."""
    await tx.run(SET_STATE, tx.clinic_id, account_id, state)


async def set_name(tx: Tx, account_id: AccountId, name: str) -> None:
    """Stores the account's name."""
    await tx.run(SET_NAME, tx.clinic_id, account_id, name)


async def set_name_as_proxy(tx: Tx, account_id: AccountId, name: str) -> None:
    """Stores the name in the grants, where patients read it."""
    await tx.run(SET_NAME_AS_PROXY, tx.clinic_id, account_id, name)
