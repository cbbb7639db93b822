"""One's own second factor while signed in: setting an app up or another one in its place, new codes, switching it off."""

from portico.access import Caller
from portico.accounts import factor_queries, own_queries, recovery_codes, rules, totp
from portico.accounts.door import Door
from portico.accounts.model import Visit, Visitor
from portico.accounts.own_rules import NoSecondFactor, NothingSetUp, SecondFactorNeeded
from portico.accounts.second_factor import counted, seed_place
from portico.audit import Object, record
from portico.errors import NotFound
from portico.ids import AccountId
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.platform.vault import Place


async def start(site: Site, caller: Caller) -> str:
    """A fresh secret for an authenticator app. The old app, if there is one, counts until a code of the new is shown."""
    async with site.db.transaction(caller.scope) as tx:
        seed = totp.new_seed()
        box = await site.vault.clinic(tx)
        await factor_queries.keep_next_seed(tx, caller.account_id, box.seal_text(_next_place(caller.account_id), seed))
        await record(tx, caller, "change", Object("credential", caller.account_id))
    return seed


async def seed_being_set_up(site: Site, caller: Caller) -> str:
    """The secret that `start` gave, to be shown again. Raises NothingSetUp."""
    async with site.db.transaction(caller.scope) as tx:
        return await _next_seed(tx, site, caller.account_id)


async def confirm(door: Door, visit: Visit, visitor: Visitor, code: str) -> tuple[str, ...]:
    """Makes the new app the second factor, ends every other session, and gives fresh recovery codes.

    Raises WrongCode, NothingSetUp, TooManyTries.
    """
    async with counted(door, visit, visitor) as tx:
        seed = await _next_seed(tx, door.site, visit.account_id)
        step = totp.accepted_step(seed, code, tx.now)
        if step is None:
            raise rules.WrongCode
        box = await door.site.vault.clinic(tx)
        await factor_queries.take_next_seed(
            tx, visit.account_id, box.seal_text(seed_place(visit.account_id), seed), step
        )
        await own_queries.end_other_sessions(tx, visit.account_id, visit.session_id)
        codes = await recovery_codes.renew(tx, door.site.vault, visit.account_id)
        await recovery_codes.tell_owner(tx, door.site.vault, visit.account_id, "second-factor-set-up")
        caller = Caller(actor=visit.actor, request_id=visitor.request_id, peer=visitor.peer)
        await record(tx, caller, "change", Object("credential", visit.account_id))
    return codes


async def switch_off(site: Site, caller: Caller) -> None:
    """Takes the second factor away; staff keep theirs, whatever hat they wear. Raises NoSecondFactor, SecondFactorNeeded."""
    async with site.db.transaction(caller.scope) as tx:
        row = await own_queries.own(tx, caller.account_id)
        if row is None:
            raise NotFound
        if row.is_staff:
            raise SecondFactorNeeded
        if not await factor_queries.clear_factor(tx, caller.account_id):
            raise NoSecondFactor
        await recovery_codes.tell_owner(tx, site.vault, caller.account_id, "second-factor-off")
        await record(tx, caller, "change", Object("credential", caller.account_id))


async def renew_codes(site: Site, caller: Caller) -> tuple[str, ...]:
    """Ten fresh recovery codes in place of those from before. Raises NoSecondFactor."""
    async with site.db.transaction(caller.scope) as tx:
        row = await own_queries.own(tx, caller.account_id)
        if row is None or not row.has_totp:
            raise NoSecondFactor
        codes = await recovery_codes.renew(tx, site.vault, caller.account_id)
        await recovery_codes.tell_owner(tx, site.vault, caller.account_id, "recovery-codes-renewed")
        await record(tx, caller, "change", Object("credential", caller.account_id))
    return codes


async def _next_seed(tx: Tx, site: Site, account_id: AccountId) -> str:
    sealed = await factor_queries.next_seed_locked(tx, account_id)
    if sealed is None:
        raise NothingSetUp
    return (await site.vault.clinic(tx)).open_text(_next_place(account_id), sealed)


def _next_place(account_id: AccountId) -> Place:
    return Place("credential", "next_seed_sealed", account_id)
