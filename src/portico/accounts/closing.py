"""Closing one's own account: with the password once more. The clinic keeps the record."""

from portico.access import Caller, SystemScope
from portico.accounts import people_queries, queries, rules
from portico.accounts.door import Door
from portico.accounts.entry_letters import tell_of_change
from portico.accounts.entry_rules import AccountOfStaff
from portico.accounts.model import Visitor
from portico.audit import Object, record
from portico.platform.rate_limit import give_back, seconds_to_wait


async def close_own_account(door: Door, caller: Caller, visitor: Visitor, password: str) -> None:
    """Ends every session; signing in is refused from now on like a wrong password, until staff open the account again.

    Raises WrongEmailOrPassword, TooManyTries, and AccountOfStaff for somebody who works here too.
    """
    scope = SystemScope(caller.actor.clinic_id, "closing an account")
    async with door.site.db.transaction(scope) as tx:
        standing = await queries.standing_of(tx, caller.account_id)
    if standing is None:
        raise rules.WrongEmailOrPassword
    if standing.staff_roles:
        raise AccountOfStaff
    tries = door.password_tries(door.index.digest(standing.email), visitor.peer)
    async with door.site.db.unscoped("a wrong password counts although nothing comes of it") as statements:
        wait = await seconds_to_wait(statements, tries)
        counted_at = statements.now
    if wait is not None:
        raise rules.TooManyTries(wait)
    if not (await door.passwords.verify(standing.password_hash, password)).is_right:
        raise rules.WrongEmailOrPassword
    async with door.site.db.transaction(scope) as tx:
        await people_queries.set_account_state(tx, caller.account_id, "disabled")
        await queries.end_sessions_of(tx, caller.account_id)
        await tell_of_change(tx, door.site.vault, standing.email, tx.ids.new())
        await record(tx, caller, "change", Object("account", caller.account_id), outcome="closed-by-owner")
        await give_back(tx, tries, counted_at)
