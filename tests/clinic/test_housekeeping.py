"""Sessions that ended long ago and old counts of tries go by due work, and nothing else does."""

from datetime import timedelta

import msgspec

from portico.accounts.jobs import DUE
from portico.platform.database import Command, Query
from portico.platform.due import run_once
from portico.platform.rate_limit import Limit, Try, seconds_to_wait
from tests.clinic.house import House

SESSION = Command("""
    insert into session (clinic_id, session_id, account_id, token_hash, state, hat, created_at, authenticated_at,
        last_seen_at, expires_at)
    values ($1, $2, $3, $4, $5, 'patient', $6, $6, $6, $7)
""")


class Counted(msgspec.Struct, frozen=True):
    """How many rows there are."""

    count: int


SESSIONS = Query(Counted, "select count(*) as count from session where clinic_id = $1")
TRIES = Query(Counted, "select count(*) as count from rate_limit")


async def add_session(house: House, state: str, *, ends_in: timedelta) -> None:
    async with house.site.db.transaction(house.system_scope) as tx:
        values = (tx.ids.new(), house.people["alice"], tx.ids.new().hex, state, tx.now, tx.now + ends_in)
        await tx.run(SESSION, house.clinic_id, *values)


async def sessions(house: House) -> int:
    async with house.site.db.transaction(house.system_scope) as tx:
        return (await tx.one(SESSIONS, house.clinic_id)).count


async def test_a_session_goes_a_week_after_it_could_last_be_used(house: House) -> None:
    await add_session(house, "ended", ends_in=timedelta(hours=12))
    await add_session(house, "signed-in", ends_in=timedelta(hours=12))
    await add_session(house, "signed-in", ends_in=timedelta(days=30))
    house.clock.pass_by(days=7, hours=11)
    assert (await run_once(house.worker, DUE)).taken == 0
    assert await sessions(house) == 3
    house.clock.pass_by(hours=1)
    done = await run_once(house.worker, DUE)
    assert (done.taken, done.failed) == (2, 0)
    assert await sessions(house) == 1


async def test_counts_of_tries_go_after_a_day(house: House) -> None:
    async with house.site.db.unscoped("a try") as statements:
        await seconds_to_wait(statements, [Try("a test", Limit(5, 60))])
    house.clock.pass_by(days=1, minutes=2)
    assert (await run_once(house.worker, DUE)).failed == 0
    async with house.site.db.unscoped("what is left") as statements:
        assert (await statements.one(TRIES)).count == 0
