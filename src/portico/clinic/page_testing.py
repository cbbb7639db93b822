"""Testing that a page reaches a person: an admin sends one, and a person says that it arrived.

Delivery is the outbox's: an entry of kind `page-test` for the account, whose `dedupe_key` names the test
(`notify.page_codes`), so that what is delivered can carry the code.
"""

from datetime import datetime

import msgspec

from portico.access import Caller, Permission
from portico.audit import Object, record
from portico.clinic import opening_queries, rules
from portico.clinic.model import PageChannel, PageTest
from portico.clinic.opening_queries import ReachRow
from portico.errors import NotFound
from portico.ids import AccountId
from portico.notify.actions import enqueue
from portico.notify.model import account
from portico.notify.page_codes import is_page_code, page_test_key
from portico.platform.database import Tx
from portico.platform.site import Site


async def read_reach(site: Site, caller: Caller) -> list[ReachRow]:
    """Active staff, whether a page can go to each, and whether one has been seen to arrive."""
    async with site.db.transaction(caller.scope) as tx:
        return await opening_queries.reach(tx)


async def send_test(site: Site, caller: Caller, account_id: AccountId) -> ReachRow:
    """Sends a test page to this person of the staff. Raises NotFound and PageAddressMissing."""
    async with site.db.transaction(caller.scope) as tx:
        await request_test(tx, caller, account_id)
        return await _reach_of(tx, account_id)


async def answer_test(site: Site, caller: Caller, account_id: AccountId, code: str | None) -> ReachRow:
    """Says that the page to this person arrived: its recipient, or whoever has its code from them.

    Raises NotFound, PageNotYours, PageTestOver and PageCodeWrong.
    """
    async with site.db.transaction(caller.scope) as tx:
        await confirm_test(tx, caller, account_id, code)
        return await _reach_of(tx, account_id)


async def request_test(tx: Tx, caller: Caller, account_id: AccountId, channel: PageChannel = "mail") -> None:
    """Leaves a test page in the outbox; an earlier one to the same person no longer counts.

    Raises NotFound when this is no active person of the staff, and PageAddressMissing.
    """
    reached = await _reach_of(tx, account_id)
    if channel == "mail" and not reached.has_address:
        raise rules.PageAddressMissing
    await void_tests(tx, account_id)
    test_id = tx.ids.new()
    await opening_queries.insert_test(tx, test_id, account_id, channel, caller.account_id)
    await enqueue(tx, kind="page-test", recipient=account(account_id), dedupe_key=page_test_key(test_id))
    await record(tx, caller, "create", Object("page_test", account_id))


async def confirm_test(tx: Tx, caller: Caller, account_id: AccountId, code: str | None) -> None:
    """Confirms the test that waits. A test that is confirmed already stays as it is. None: the recipient's word alone.

    Raises NotFound, PageNotYours, PageTestOver and PageCodeWrong.
    """
    await _reach_of(tx, account_id)
    is_own = caller.account_id == account_id
    if not is_own and not (caller.actor.may(Permission.CONFIRM_SETTINGS) and code is not None):
        raise rules.PageNotYours
    newest = next(iter(await opening_queries.living_tests_locked(tx, account_id)), None)
    if newest is None:
        raise rules.PageTestOver
    if code is not None and not is_page_code(newest.test_id, code):
        raise rules.PageCodeWrong
    if newest.state == "confirmed":
        return
    state = rules.page_test_moved(newest, "confirm", tx.now)
    after = msgspec.structs.replace(newest, state=state, confirmed_by=caller.account_id, confirmed_at=tx.now)
    await opening_queries.update_test(tx, after)
    await record(tx, caller, "change", Object("page_test", account_id))


async def void_tests(tx: Tx, account_id: AccountId, *, until: datetime | None = None) -> None:
    """No test of this person counts any more: another one is sent, pages go elsewhere from now on, or one came back.

    With `until`, tests that were sent later stand.
    """
    for test in await opening_queries.living_tests_locked(tx, account_id):
        if until is None or test.requested_at <= until:
            await opening_queries.update_test(tx, _void(test, tx))


def _void(test: PageTest, tx: Tx) -> PageTest:
    return msgspec.structs.replace(test, state=rules.page_test_moved(test, "void", tx.now))


async def _reach_of(tx: Tx, account_id: AccountId) -> ReachRow:
    found = next((row for row in await opening_queries.reach(tx) if row.account_id == account_id), None)
    if found is None:
        raise NotFound
    return found
