"""A lost second factor: people who know the person confirm who it is, then it can be set up anew.

One member of the staff for a patient or proxy; for a colleague two different ones, neither of them the person.
"""

from collections.abc import Sequence
from uuid import UUID

from portico.access import Caller, Permission
from portico.accounts import factor_queries
from portico.accounts.factor_queries import FactorRow, NewRecovery, RecoveryRow
from portico.accounts.gate import MissingPermission
from portico.accounts.own_rules import RECOVERY_LASTS, NoSecondFactor
from portico.accounts.queries import end_sessions_of
from portico.accounts.recovery_codes import tell_owner
from portico.audit import Object, record
from portico.errors import Conflict, Invalid, NotAllowed, NotFound
from portico.ids import AccountId
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.platform.vault import Place

_LONGEST_REASON = 1000


class NotYourOwn(NotAllowed):
    """Nobody confirms who they are themselves."""

    code = "not-your-own"

    def __init__(self) -> None:
        super().__init__("You cannot confirm this for your own account. Ask two colleagues.")


class SecondPersonNeeded(Conflict):
    """One and the same person cannot confirm twice."""

    code = "second-person-needed"

    def __init__(self) -> None:
        super().__init__("You have confirmed this already. Now another admin or clinician has to.")


class RecoveryOpen(Conflict):
    """There is a first confirmation; what is missing is the second."""

    code = "recovery-open"

    def __init__(self, recovery_id: UUID) -> None:
        message = "A colleague has confirmed this already. Please give the second confirmation there."
        super().__init__(message, recovery=str(recovery_id))


class ReasonMissing(Invalid):
    """How was it made sure who it is? That must be said, in not too many words."""

    code = "reason-missing"

    def __init__(self) -> None:
        super().__init__(f"Say in a few words how you made sure who it is (at most {_LONGEST_REASON} characters).")


async def confirm_first(site: Site, caller: Caller, account_id: AccountId, reason: str) -> RecoveryRow:
    """Says that this person has lost the factor and is who they say. For a patient or proxy it is removed at once.

    Raises NotFound, NoSecondFactor, NotYourOwn, MissingPermission, RecoveryOpen, SecondPersonNeeded, ReasonMissing.
    """
    words = _checked(reason)
    async with site.db.transaction(caller.scope) as tx:
        account = await _account(tx, caller, account_id)
        waiting = await factor_queries.open_recovery_of(tx, account_id)
        if waiting is not None:
            raise SecondPersonNeeded if waiting.confirmed_by == caller.account_id else RecoveryOpen(waiting.recovery_id)
        needs = 2 if account.staff_roles else 1
        recovery_id = tx.ids.new()
        sealed = (await site.vault.clinic(tx)).seal_text(_place("reason_sealed", recovery_id), words)
        new = NewRecovery(
            recovery_id=recovery_id,
            account_id=account_id,
            state="open" if needs == 2 else "done",
            needs=needs,
            confirmed_by=caller.account_id,
            confirmed_at=tx.now,
            reason_sealed=sealed,
            expires_at=tx.now + RECOVERY_LASTS,
        )
        await factor_queries.insert_recovery(tx, new)
        await record(tx, caller, "create", Object("factor_recovery", recovery_id))
        if needs == 1:
            await _remove(tx, site, caller, account_id)
        return await _recovery(tx, recovery_id)


async def confirm_second(site: Site, caller: Caller, recovery_id: UUID, reason: str) -> RecoveryRow:
    """The second confirmation, by somebody else than the first: the factor is removed and every session ends.

    Raises NotFound, NotYourOwn, SecondPersonNeeded, ReasonMissing; NotFound too once it is done or too old.
    """
    words = _checked(reason)
    async with site.db.transaction(caller.scope) as tx:
        waiting = await factor_queries.recovery_locked(tx, recovery_id)
        if waiting is None or waiting.state != "open" or waiting.expires_at <= tx.now:
            raise NotFound
        if waiting.confirmed_by == caller.account_id:
            raise SecondPersonNeeded
        await _account(tx, caller, waiting.account_id)
        sealed = (await site.vault.clinic(tx)).seal_text(_place("second_reason_sealed", recovery_id), words)
        await factor_queries.confirm_second(tx, recovery_id, caller.account_id, sealed)
        await record(tx, caller, "change", Object("factor_recovery", recovery_id))
        await _remove(tx, site, caller, waiting.account_id)
        return await _recovery(tx, recovery_id)


async def list_open(site: Site, caller: Caller) -> Sequence[RecoveryRow]:
    """What waits for a second confirmation."""
    async with site.db.transaction(caller.scope) as tx:
        return await factor_queries.open_recoveries(tx)


async def _account(tx: Tx, caller: Caller, account_id: AccountId) -> FactorRow:
    if account_id == caller.account_id:
        raise NotYourOwn
    account = await factor_queries.factor_locked(tx, account_id)
    if account is None or account.state != "active":
        raise NotFound
    if account.staff_roles and not caller.actor.may(Permission.RECOVER_STAFF):
        raise MissingPermission
    if not account.has_totp:
        raise NoSecondFactor
    return account


async def _remove(tx: Tx, site: Site, caller: Caller, account_id: AccountId) -> None:
    await factor_queries.clear_factor(tx, account_id)
    await end_sessions_of(tx, account_id)
    await tell_owner(tx, site.vault, account_id, "second-factor-removed")
    await record(tx, caller, "change", Object("credential", account_id))


async def _recovery(tx: Tx, recovery_id: UUID) -> RecoveryRow:
    found = await factor_queries.recovery_locked(tx, recovery_id)
    if found is None:
        raise NotFound
    return found


def _checked(reason: str) -> str:
    words = reason.strip()
    if not 3 <= len(words) <= _LONGEST_REASON:
        raise ReasonMissing
    return words


def _place(column: str, recovery_id: UUID) -> Place:
    return Place("factor_recovery", column, recovery_id)
