"""Workers sleep until something is due, or until a transaction that wrote a due time says so; nobody relies on that."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from portico.ids import ClinicId
from portico.notify.actions import enqueue
from portico.notify.jobs import DUE, DUE_CLINICS
from portico.notify.model import CLINICAL_POOL
from portico.platform import due
from portico.platform.due import CALM, POLL, Bells, DueWork, run_worker
from portico.platform.site import Site
from tests.clinic.house import House, opened_house
from tests.databases import DatabaseUrls
from tests.notify.test_delivery import outbox

SOON = 20
"""Seconds within which things happen that happen at once, on a busy machine too."""
NEVER = timedelta(minutes=5)


@pytest.fixture
async def house(fresh_database: DatabaseUrls, tmp_path: Path) -> AsyncIterator[House]:
    async with opened_house(fresh_database, tmp_path) as opened:
        yield opened.with_settings(mail_folder=tmp_path / "mail")


@pytest.fixture
def nobody_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is heard can wake a worker."""
    monkeypatch.setattr(due, "POLL", NEVER)
    monkeypatch.setattr(due, "CALM", NEVER)


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> "asyncio.Queue[None]":
    """One entry for each time that a worker was woken: by a commit, by its connection being made, or by its end."""
    queue: asyncio.Queue[None] = asyncio.Queue()
    ring = Bells.ring

    def rung(bells: Bells) -> None:
        ring(bells)
        queue.put_nowait(None)

    monkeypatch.setattr(Bells, "ring", rung)
    return queue


class Watched:
    """Delivering notifications, with a word when some were taken."""

    def __init__(self) -> None:
        self.done = asyncio.Event()
        self.work = DueWork(name="watched", clinics=DUE_CLINICS, act=self._act)

    async def _act(self, site: Site, clinic_id: ClinicId, limit: int) -> int:
        taken = await DUE[0].act(site, clinic_id, limit)
        if taken:
            self.done.set()
        return taken

    async def again(self) -> None:
        async with asyncio.timeout(SOON):
            await self.done.wait()
        self.done.clear()


@asynccontextmanager
async def at_work(house: House, works: Sequence[DueWork], *, workers: int = 1) -> AsyncIterator[None]:
    stop = asyncio.Event()
    tasks = [asyncio.create_task(run_worker(house.worker, works, stop)) for _ in range(workers)]
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(SOON):
            await asyncio.gather(*tasks)


async def left(house: House, cause: str) -> None:
    async with house.site.db.transaction(house.system_scope) as tx:
        await enqueue(tx, kind="test", recipient=CLINICAL_POOL, dedupe_key=cause)


async def taken_back(house: House) -> None:
    async with house.site.db.transaction(house.system_scope) as tx:
        await enqueue(tx, kind="test", recipient=CLINICAL_POOL, dedupe_key="never")
        raise LookupError


async def next_of(queue: "asyncio.Queue[None]") -> None:
    async with asyncio.timeout(SOON):
        await queue.get()


async def test_a_commit_that_wrote_a_due_time_is_heard_and_a_rollback_is_not(house: House) -> None:
    heard: asyncio.Queue[None] = asyncio.Queue()
    async with house.worker.db.hearing(lambda: heard.put_nowait(None)) as ear:
        with pytest.raises(LookupError):
            await taken_back(house)
        async with house.site.db.transaction(house.system_scope) as tx:
            assert not tx.wakes_worker
        await left(house, "one")
        await next_of(heard)
        await ear.check()
        assert heard.empty()
        assert not ear.deaf.is_set()


@pytest.mark.usefixtures("nobody_polls")
async def test_a_sleeping_worker_is_woken(house: House) -> None:
    watched = Watched()
    async with at_work(house, [watched.work]):
        for cause in ("one", "two", "three"):
            await left(house, cause)
            await watched.again()


async def test_a_worker_whose_ear_was_cut_off_listens_again(
    house: House, fresh_database: DatabaseUrls, rings: "asyncio.Queue[None]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "CALM", NEVER)
    monkeypatch.setattr(due, "POLL", timedelta(milliseconds=10))
    watched = Watched()
    async with at_work(house, [watched.work]):
        await next_of(rings)
        assert await cut_off_ears(fresh_database) == 1
        await next_of(rings)
        monkeypatch.setattr(due, "POLL", NEVER)
        await left(house, "one")
        await watched.again()


async def test_a_worker_that_cannot_listen_polls(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def deaf(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(house.worker.db, "hearing", deaf)
    monkeypatch.setattr(due, "POLL", timedelta(milliseconds=10))
    watched = Watched()
    async with at_work(house, [watched.work]):
        await left(house, "one")
        await watched.again()


@pytest.mark.usefixtures("nobody_polls")
async def test_of_several_workers_that_hear_the_same_each_row_is_taken_by_one(house: House) -> None:
    watched = Watched()
    async with at_work(house, [watched.work], workers=2):
        await left(house, "one")
        await watched.again()
        await watched.again()
    rows = await outbox(house)
    assert [row.attempts for row in rows] == [1] * len(rows)


def test_a_worker_that_hears_sleeps_longer_than_one_that_does_not() -> None:
    assert timedelta(seconds=1) <= POLL < CALM <= timedelta(minutes=1)


async def cut_off_ears(urls: DatabaseUrls) -> int:
    connection = await asyncpg.connect(urls.superuser)
    try:
        told = await connection.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and query ilike 'listen %'"
        )
    finally:
        await connection.close()
    return len(told)
