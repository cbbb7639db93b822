"""The clinic's staff: who has which roles, who may not sign in any more. There is always an admin left."""

from collections.abc import Collection, Sequence
from typing import Literal, get_args

import msgspec

from portico.access import Caller, Role
from portico.accounts import staff_queries
from portico.accounts.gate import MissingPermission
from portico.accounts.queries import end_sessions_of
from portico.accounts.recovery_codes import tell_owner
from portico.accounts.rules import ACCOUNT_MOVES
from portico.accounts.staff_queries import StaffRow
from portico.audit import Object, record
from portico.errors import Conflict, Invalid, NotFound
from portico.ids import AccountId
from portico.platform.database import Tx
from portico.platform.vault import Vault

StaffRole = Literal["clinician", "nurse", "front_desk", "admin"]
State = Literal["active", "disabled"]

STAFF_ROLES: tuple[StaffRole, ...] = get_args(StaffRole)


class LastAdmin(Conflict):
    """Without an admin nobody could make one any more."""

    code = "last-admin"

    def __init__(self) -> None:
        super().__init__("This is the last admin of the clinic. Make somebody else an admin first.")


class RolesMissing(Invalid):
    """Staff without a role."""

    code = "roles-missing"

    def __init__(self) -> None:
        super().__init__("Choose at least one role. To take everything away, disable the account.")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the staff as an admin wants it."""

    roles: Collection[StaffRole]
    state: State


async def staff_of(tx: Tx) -> Sequence[StaffRow]:
    """Everybody who has or had roles here."""
    return await staff_queries.staff(tx)


async def one_of(tx: Tx, account_id: AccountId) -> StaffRow:
    """One of them. Raises NotFound."""
    return _found(await staff_queries.staff(tx), account_id)


async def change(tx: Tx, vault: Vault, caller: Caller, account_id: AccountId, wanted: Wanted) -> StaffRow:
    """Gives the account these roles and this state; whoever loses or gains anything signs in anew, and is told.

    Raises NotFound, RolesMissing, LastAdmin, MissingPermission.
    """
    roles = sorted(set(wanted.roles))
    if not roles:
        raise RolesMissing
    everybody = await staff_queries.staff_locked(tx)
    if not any(row.account_id == caller.account_id and _is_admin(row) for row in everybody):
        raise MissingPermission  # lost it to somebody else while waiting
    before = _found(everybody, account_id)
    after = msgspec.structs.replace(before, roles=tuple(roles), state=wanted.state)
    if (after.roles, after.state) == (tuple(sorted(before.roles)), before.state):
        return before
    _check_admin_stays([after if row.account_id == account_id else row for row in everybody])
    await _store(tx, before, after)
    await end_sessions_of(tx, account_id)
    if after.state == "active":
        await tell_owner(tx, vault, account_id, "staff-changed")
    await record(tx, caller, "change", Object("staff", account_id), outcome=_outcome(before, after))
    return after


async def _store(tx: Tx, before: StaffRow, after: StaffRow) -> None:
    if after.state != before.state:
        event: Literal["disable", "enable"] = "disable" if after.state == "disabled" else "enable"
        await staff_queries.set_state(tx, after.account_id, ACCOUNT_MOVES[before.state, event])
    await staff_queries.set_roles(tx, after.account_id, after.roles)


def _check_admin_stays(everybody: Sequence[StaffRow]) -> None:
    if not any(_is_admin(row) for row in everybody):
        raise LastAdmin


def _is_admin(row: StaffRow) -> bool:
    return "admin" in row.roles and row.state == "active"


def _found(everybody: Sequence[StaffRow], account_id: AccountId) -> StaffRow:
    row = next((row for row in everybody if row.account_id == account_id), None)
    if row is None:
        raise NotFound
    return row


def _outcome(before: StaffRow, after: StaffRow) -> str:
    """What stands in the record: the state that changed, and the roles as codes."""
    if before.state != after.state:
        return after.state
    changed: set[Role] = set(before.roles) ^ set(after.roles)
    return "roles:" + ",".join(("+" if role in after.roles else "-") + role for role in sorted(changed))
