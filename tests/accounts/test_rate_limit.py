"""Limits on tries: windows, networks, and many processes that count at once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from portico.platform.clock import RandomIds
from portico.platform.database import Database, Query
from portico.platform.rate_limit import CountRow, Limit, Try, address_prefix, give_back, seconds_to_wait
from tests.accounts.entrance import SetClock, Urls

LIMIT = Limit(3, 60)
ROWS = Query(CountRow, "select key, tries from rate_limit where key = $1")


@pytest.fixture
async def db(database_urls: Urls) -> AsyncIterator[Database]:
    clock = SetClock(datetime(2026, 11, 24, 13, 0, 10, tzinfo=UTC))
    db = await Database.connect(database_urls.app, clock=clock, ids=RandomIds(), size=6)
    yield db
    await db.close()


async def tried(db: Database, *tries: Try) -> int | None:
    async with db.unscoped("a test") as statements:
        return await seconds_to_wait(statements, tries)


async def test_tries_beyond_the_limit_wait_for_the_next_window(db: Database) -> None:
    one = Try(uuid4().hex, LIMIT)
    assert [await tried(db, one) for _ in range(5)] == [None, None, None, 50, 50]


async def test_a_new_window_starts_at_nothing(db: Database) -> None:
    one = Try(uuid4().hex, LIMIT)
    for _ in range(4):
        await tried(db, one)
    clock = db.clock
    assert isinstance(clock, SetClock)
    clock.pass_by(seconds=50)
    assert await tried(db, one) is None


async def test_the_strictest_of_several_limits_holds(db: Database) -> None:
    name = uuid4().hex
    wide, narrow = Try(f"wide {name}", Limit(100, 3600)), Try(f"narrow {name}", Limit(1, 60))
    assert await tried(db, wide, narrow) is None
    assert await tried(db, wide, narrow) == 50


async def test_what_turned_out_well_does_not_count(db: Database) -> None:
    one = Try(uuid4().hex, LIMIT)
    for _ in range(10):
        async with db.unscoped("a test") as statements:
            assert await seconds_to_wait(statements, [one]) is None
            await give_back(statements, [one], statements.now)


async def test_giving_back_never_makes_room_for_more_than_the_limit(db: Database) -> None:
    one = Try(uuid4().hex, LIMIT)
    async with db.unscoped("a test") as statements:
        await seconds_to_wait(statements, [one])
        for _ in range(3):
            await give_back(statements, [one], statements.now)
        assert [row.tries for row in await statements.all(ROWS, one.key)] == [0]


async def test_parallel_tries_on_shared_keys_are_all_counted(db: Database) -> None:
    name = uuid4().hex
    shared = [Try(f"{letter} {name}", Limit(20, 60)) for letter in "abc"]
    waits = await asyncio.gather(*(tried(db, *(shared if n % 2 else shared[::-1])) for n in range(30)))
    assert [wait is None for wait in waits].count(True) == 20


async def test_old_windows_are_forgotten(db: Database) -> None:
    old = Try(uuid4().hex, LIMIT)
    await tried(db, old)
    clock = db.clock
    assert isinstance(clock, SetClock)
    clock.pass_by(days=2)
    await tried(db, Try(uuid4().hex, LIMIT))
    async with db.unscoped("a test") as statements:
        assert await statements.all(ROWS, old.key) == []


@pytest.mark.parametrize(
    ("peer", "prefix"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("127.0.0.1", "127.0.0.0/24"),
        (None, "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_peers_count_by_network(peer: str | None, prefix: str) -> None:
    assert address_prefix(peer) == prefix
