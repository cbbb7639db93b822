"""A person's second address, to which pages go: their own to set, sealed under the clinic's key."""

import msgspec

from portico.access import Caller
from portico.accounts import people_queries as queries
from portico.accounts.rules import page_address
from portico.audit import Object, record
from portico.clinic.opening_queries import ReachRow, reach
from portico.clinic.page_testing import void_tests
from portico.ids import AccountId
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.platform.vault import Place


class Reachable(msgspec.Struct, frozen=True, kw_only=True):
    """How the clinic reaches this person in an emergency, and whether that has been tried."""

    address: str | None
    test: ReachRow


async def read_reachable(site: Site, caller: Caller) -> Reachable:
    """The caller's own page address, opened, and their newest test."""
    async with site.db.transaction(caller.scope) as tx:
        return await _reachable(tx, site, caller.account_id)


async def set_page_address(site: Site, caller: Caller, given: str | None) -> Reachable:
    """Sets the caller's own page address, or forgets it with None; another one must be tested anew.

    Raises PageAddressUnreadable.
    """
    async with site.db.transaction(caller.scope) as tx:
        await keep_page_address(tx, site, caller, given)
        return await _reachable(tx, site, caller.account_id)


async def keep_page_address(tx: Tx, site: Site, caller: Caller, given: str | None) -> None:
    """As `set_page_address`, in an open transaction."""
    row = await queries.own_staff_row(tx, caller.account_id)
    address = None if given is None else page_address(given, row.email)
    before = await _opened(tx, site, caller.account_id, row.page_address_sealed)
    if address == before:
        return
    sealed = None
    if address is not None:
        sealed = (await site.vault.clinic(tx)).seal_text(page_address_place(caller.account_id), address)
    await queries.put_page_address(tx, caller.account_id, sealed)
    await void_tests(tx, caller.account_id)
    await record(tx, caller, "change", Object("page_address", caller.account_id))


def page_address_place(account_id: AccountId) -> Place:
    """Where the sealed address stands."""
    return Place("staff", "page_address_sealed", account_id)


async def _reachable(tx: Tx, site: Site, account_id: AccountId) -> Reachable:
    row = await queries.own_staff_row(tx, account_id)
    test = next(each for each in await reach(tx) if each.account_id == account_id)
    return Reachable(address=await _opened(tx, site, account_id, row.page_address_sealed), test=test)


async def _opened(tx: Tx, site: Site, account_id: AccountId, sealed: bytes | None) -> str | None:
    if sealed is None:
        return None
    return (await site.vault.clinic(tx)).open_text(page_address_place(account_id), sealed)
