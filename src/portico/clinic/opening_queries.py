"""Statements on opening a clinic to patients, and on the tests of its page channel."""

from datetime import datetime
from uuid import UUID

import msgspec

from portico.clinic.model import Opening, PageChannel, PageTest, PageTestState
from portico.ids import AccountId
from portico.platform.database import Command, Query, Tx


class ReachRow(msgspec.Struct, frozen=True, kw_only=True):
    """A person of the staff, whether a page can go to them, and their newest test."""

    account_id: AccountId
    name: str
    roles: tuple[str, ...]
    has_address: bool
    state: PageTestState | None
    requested_at: datetime | None
    confirmed_by: UUID | None
    confirmed_by_name: str | None
    confirmed_at: datetime | None


OPENING = Query(
    Opening,
    """
    select o.opened_by, account.name as opened_by_name, o.opened_at
    from clinic_opening o
    left join account on account.clinic_id = o.clinic_id and account.account_id = o.opened_by
    where o.clinic_id = $1
    order by o.opened_at, o.opening_id
    limit 1
    """,
)

INSERT_OPENING = Command("""
    insert into clinic_opening (clinic_id, opening_id, opened_by, opened_at) values ($1, $2, $3, $4)
""")

REACH = Query(
    ReachRow,
    """
    select staff.account_id, account.name, staff.roles, staff.page_address_sealed is not null as has_address, test.state,
        test.requested_at, test.confirmed_by, confirmer.name as confirmed_by_name, test.confirmed_at
    from staff
    join account on account.clinic_id = staff.clinic_id and account.account_id = staff.account_id
    left join lateral (
        select state, requested_at, confirmed_by, confirmed_at from page_test
        where page_test.clinic_id = staff.clinic_id and page_test.account_id = staff.account_id and state <> 'void'
        order by requested_at desc, test_id limit 1
    ) test on true
    left join account confirmer on confirmer.clinic_id = staff.clinic_id and confirmer.account_id = test.confirmed_by
    where staff.clinic_id = $1 and account.state = 'active'
    order by account.name, staff.account_id
    """,
)

_SELECT = """
    select test_id, account_id, channel, state, requested_by, requested_at, confirmed_by, confirmed_at
    from page_test
"""

LIVING_LOCKED = Query(
    PageTest,
    _SELECT
    + " where clinic_id = $1 and account_id = $2 and state <> 'void' order by requested_at desc, test_id for update",
)

INSERT_TEST = Command("""
    insert into page_test (clinic_id, test_id, account_id, channel, state, requested_by, requested_at)
    values ($1, $2, $3, $4, 'sent', $5, $6)
""")

UPDATE_TEST = Command("""
    update page_test set state = $3, confirmed_by = $4, confirmed_at = $5 where clinic_id = $1 and test_id = $2
""")


async def opening(tx: Tx) -> Opening | None:
    """Who opened the clinic; None while nobody has."""
    return await tx.first(OPENING, tx.clinic_id)


async def insert_opening(tx: Tx, by: AccountId) -> None:
    """From now on patients may begin."""
    await tx.run(INSERT_OPENING, tx.clinic_id, tx.ids.new(), by, tx.now)


async def reach(tx: Tx) -> list[ReachRow]:
    """Active staff by name, with the newest test that counts."""
    return await tx.all(REACH, tx.clinic_id)


async def living_tests_locked(tx: Tx, account_id: AccountId) -> list[PageTest]:
    """The person's tests that are not void, the newest first, held until the transaction ends."""
    return await tx.all(LIVING_LOCKED, tx.clinic_id, account_id)


async def insert_test(tx: Tx, test_id: UUID, account_id: AccountId, channel: PageChannel, by: AccountId) -> None:
    """A test that waits for an answer."""
    await tx.run(INSERT_TEST, tx.clinic_id, test_id, account_id, channel, by, tx.now)


async def update_test(tx: Tx, after: PageTest) -> None:
    """Stores what can change about a test."""
    await tx.run(UPDATE_TEST, tx.clinic_id, after.test_id, after.state, after.confirmed_by, after.confirmed_at)
