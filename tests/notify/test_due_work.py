"""The worker's loop: everything that is due is done, one failure stops nobody else, and it stops when told."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from portico.errors import Unavailable
from portico.ids import ClinicId
from portico.notify.actions import enqueue
from portico.notify.jobs import DUE, DUE_CLINICS
from portico.notify.model import CLINICAL_POOL
from portico.platform.due import BATCH, POLL, DueWork, Pauses, code_of, run_once, run_worker
from portico.platform.site import Site
from tests.clinic.house import MONDAY, House, opened_house
from tests.databases import DatabaseUrls
from tests.notify.test_delivery import outbox


@pytest.fixture
async def houses(fresh_database: DatabaseUrls, tmp_path: Path) -> AsyncIterator[tuple[House, House]]:
    """Two clinics alone in a database, whose worker writes mail into a folder."""
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    async with opened_house(fresh_database, folders[0]) as one, opened_house(fresh_database, folders[1]) as two:
        yield one.with_settings(mail_folder=tmp_path / "mail"), two


async def left(house: House, count: int, **later: float) -> None:
    async with house.site.db.transaction(house.system_scope) as tx:
        for n in range(count):
            due_at = tx.now + timedelta(**later)
            await enqueue(tx, kind="test", recipient=CLINICAL_POOL, dedupe_key=f"{n}", due_at=due_at)


async def test_everything_that_is_due_is_done_in_every_clinic(houses: tuple[House, House]) -> None:
    one, two = houses
    await left(one, BATCH + 3)
    await left(two, 1)
    await run_once(one.worker, DUE)
    done = await run_once(one.worker, DUE)
    assert done.failed == 0
    for house, count in ((one, BATCH + 3), (two, 1)):
        rows = await outbox(house)
        assert len(rows) == 3 * count  # each pool and the two accounts that it stands for
        assert all(row.sent_at is not None for row in rows)


async def test_the_next_due_time_is_known_before_it_comes(houses: tuple[House, House]) -> None:
    one, _ = houses
    await left(one, 1, seconds=1)
    assert await run_once(one.worker, DUE) == await run_once(one.worker, DUE)
    done = await run_once(one.worker, DUE)
    assert (done.taken, done.next_due) == (0, one.clock.now() + timedelta(seconds=1))


async def test_nothing_due_means_nothing_done(houses: tuple[House, House]) -> None:
    one, _ = houses
    await left(one, 1, hours=1)
    done = await run_once(one.worker, DUE)
    assert (done.taken, done.failed, done.next_due) == (0, 0, None)


async def test_one_clinics_failure_stops_nobody_else_and_is_a_code(
    houses: tuple[House, House], capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = houses
    reached: list[ClinicId] = []

    async def act(site: Site, clinic_id: ClinicId, limit: int) -> int:
        if clinic_id == one.clinic_id:
            raise ValueError("Alice wrote: it hurts")
        reached.append(clinic_id)
        return 1

    await left(one, 1)
    await left(two, 1)
    done = await run_once(one.worker, [DueWork(name="odd", clinics=DUE_CLINICS, act=act)])
    assert (done.failed, reached) == (1, [two.clinic_id])
    logged = capsys.readouterr().err
    assert "ValueError" in logged
    assert str(one.clinic_id) in logged
    assert "Alice" not in logged


async def test_the_worker_does_what_is_due_and_stops_within_a_second(
    houses: tuple[House, House], tmp_path: Path
) -> None:
    one, _ = houses
    await left(one, 2)
    stop, all_written = asyncio.Event(), asyncio.Event()

    async def act(site: Site, clinic_id: ClinicId, limit: int) -> int:
        taken = await DUE[0].act(site, clinic_id, limit)
        if sum(1 for _ in (tmp_path / "mail").glob("*.eml")) == 4:
            all_written.set()
        return taken

    work = DueWork(name="notifications", clinics=DUE_CLINICS, act=act)
    worker = asyncio.create_task(run_worker(one.worker, [work], stop))
    # Pools become accounts in one pass and mail in the next: the worker must not sleep in between.
    async with asyncio.timeout(POLL.total_seconds() * 0.75):
        await all_written.wait()
    stop.set()
    async with asyncio.timeout(1):
        await worker
    assert all(row.sent_at for row in await outbox(one))


async def test_work_that_hangs_is_given_up_within_a_second_and_stays_due(houses: tuple[House, House]) -> None:
    one, _ = houses
    await left(one, 1)
    stop, begun, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def act(site: Site, clinic_id: ClinicId, limit: int) -> int:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return 0

    hanging = DueWork(name="hanging", clinics=DUE_CLINICS, act=act)
    worker = asyncio.create_task(run_worker(one.worker, [hanging], stop))
    async with asyncio.timeout(5):
        await begun.wait()
    stop.set()
    async with asyncio.timeout(1):
        await worker
    assert ended.is_set()
    assert [row.attempts for row in await outbox(one)] == [0]


async def test_a_slow_kind_of_work_delays_no_other(houses: tuple[House, House]) -> None:
    one, _ = houses
    await left(one, 1)
    stop, reached = asyncio.Event(), asyncio.Event()

    async def slow(site: Site, clinic_id: ClinicId, limit: int) -> int:
        await asyncio.Event().wait()
        return 0

    async def quick(site: Site, clinic_id: ClinicId, limit: int) -> int:
        reached.set()
        return 0

    works = [DueWork(name=act.__name__, clinics=DUE_CLINICS, act=act) for act in (slow, quick)]
    worker = asyncio.create_task(run_worker(one.worker, works, stop))
    async with asyncio.timeout(5):
        await reached.wait()
    stop.set()
    await worker


def test_a_failing_clinic_waits_longer_each_time_but_at_most_a_minute() -> None:
    pauses, clinic_id, now = Pauses(), ClinicId(UUID(int=1)), MONDAY
    waits = []
    for _ in range(8):
        pauses.failed(clinic_id, now)
        seconds = 0
        while pauses.is_paused(clinic_id, now + timedelta(seconds=seconds)):
            seconds += 1
        waits.append(seconds)
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]
    pauses.succeeded(clinic_id)
    assert not pauses.is_paused(clinic_id, now)


@pytest.mark.parametrize(
    ("error", "code"),
    [(Unavailable("The database sleeps."), "unavailable"), (KeyError("Alice"), "KeyError")],
    ids=["a refusal", "a defect"],
)
def test_a_failure_becomes_a_code(error: Exception, code: str) -> None:
    assert code_of(error) == code


def test_sleep_is_short() -> None:
    assert timedelta(seconds=1) <= POLL <= timedelta(seconds=5)
