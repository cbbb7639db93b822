"""The worker's loop: domain rows carry their own due times, and this takes what is due, clinic by clinic.

Each kind of work runs in a loop of its own, so that slow mail never delays a deadline. Several workers compete
safely because each takes its rows with `for update skip locked`. Failures are logged as codes, never as texts.

A loop sleeps until the next due time. A transaction that writes one says so (`Statements.wake_worker`), and every worker
that hears it looks again; nobody relies on hearing it, for each looks by itself from time to time, often while deaf.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from portico.errors import DomainError
from portico.ids import ClinicId
from portico.platform.database import Query
from portico.platform.logs import log
from portico.platform.site import Site

POLL = timedelta(seconds=2)
"""Longest sleep while nothing is heard of new due times: what becomes due is found within this time."""
CALM = timedelta(seconds=30)
"""Longest sleep while they are heard of."""
CHECK = timedelta(seconds=20)
"""How often the connection that listens proves that it still does."""
BATCH = 20
"""Rows that one act takes at most."""
_LONGEST_PAUSE = timedelta(seconds=60)
_TOGETHER_SECONDS = 0.05
"""What is heard within this time is looked at together."""
_GRACE_SECONDS = 0.5
_LAST_SECONDS = 0.3


class DueClinic(msgspec.Struct, frozen=True, kw_only=True):
    """A clinic in which something is due, and since or from when."""

    clinic_id: ClinicId
    due_at: datetime


Act = Callable[[Site, ClinicId, int], Awaitable[int]]


@dataclass(frozen=True, kw_only=True)
class DueWork:
    """One kind of due work.

    `clinics` runs without a scope on the worker's role and finds, for an instant `$1`, the clinics whose earliest due
    time is not after it. `act` takes up to so many due rows of one clinic in one transaction of its own and tells how
    many it took; doing it twice must be harmless.
    """

    name: str
    clinics: Query[DueClinic]
    act: Act
    is_housekeeping: bool = False
    """Nobody waits for it, so whoever writes its due times need not tell the workers."""


@dataclass(frozen=True, kw_only=True)
class Pass:
    """What one look at one kind of work did: rows taken, clinics in which it failed or that wait after a failure, and
    when to look again.
    """

    taken: int
    failed: int
    paused: int = 0
    next_due: datetime | None


class Pauses:
    """Clinics in which a kind of work failed wait longer each time, so that they never starve the others."""

    def __init__(self) -> None:
        self._failures: dict[ClinicId, tuple[int, datetime]] = {}

    def is_paused(self, clinic_id: ClinicId, now: datetime) -> bool:
        return clinic_id in self._failures and now < self._failures[clinic_id][1]

    def failed(self, clinic_id: ClinicId, now: datetime) -> None:
        count = min(self._failures.get(clinic_id, (0, now))[0] + 1, 6)
        self._failures[clinic_id] = (count, now + min(timedelta(seconds=2**count), _LONGEST_PAUSE))

    def succeeded(self, clinic_id: ClinicId) -> None:
        self._failures.pop(clinic_id, None)


async def run_worker(site: Site, works: Sequence[DueWork], stop: asyncio.Event) -> None:
    """Does all kinds of due work until told to stop, then returns within a second.

    Work in hand gets a moment to finish; what does not is rolled back and stays due.
    """
    bells = Bells(len(works))
    loops = [
        *(
            asyncio.create_task(_keep_doing(site, work, stop, (bells, own)))
            for work, own in zip(works, bells.all, strict=True)
        ),
        asyncio.create_task(_keep_listening(site, bells, stop)),
    ]
    await stop.wait()
    bells.ring()
    _, unfinished = await asyncio.wait(loops, timeout=_GRACE_SECONDS)
    for loop in unfinished:
        loop.cancel()
    # A library that swallows the cancellation must not keep the process from ending.
    await asyncio.wait(loops, timeout=_LAST_SECONDS)


async def run_once(site: Site, works: Sequence[DueWork]) -> Pass:
    """Does everything that is due now, one kind after the other."""
    done = [await _look(site, work, Pauses()) for work in works]
    return Pass(
        taken=sum(each.taken for each in done),
        failed=sum(each.failed for each in done),
        next_due=min((each.next_due for each in done if each.next_due is not None), default=None),
    )


class Bells:
    """One bell for each loop, rung together; `longest` is how long a loop may sleep without one."""

    def __init__(self, count: int) -> None:
        self.all = [asyncio.Event() for _ in range(count)]
        self.longest = POLL

    def ring(self) -> None:
        """Every loop looks again."""
        for bell in self.all:
            bell.set()


async def _keep_listening(site: Site, bells: Bells, stop: asyncio.Event) -> None:
    """Rings when a due time was written. When the connection dies it makes another, and the loops poll meanwhile."""
    while not stop.is_set():
        try:
            async with site.db.hearing(bells.ring) as ear:
                bells.longest = CALM
                # What was written before this connection listened was heard by nobody.
                bells.ring()
                while not stop.is_set() and not await _first(stop, ear.deaf, within=CHECK):
                    await ear.check()
        except Exception as error:  # noqa: BLE001 - a worker that cannot listen still polls
            log("worker-deaf", error=code_of(error))
        bells.longest = POLL
        await _first(stop, within=POLL)


async def _first(*events: asyncio.Event, within: timedelta) -> bool:
    """Whether one of these happened within the time."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        done, _ = await asyncio.wait(waits, timeout=within.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return bool(done)


async def _keep_doing(site: Site, work: DueWork, stop: asyncio.Event, rung: tuple[Bells, asyncio.Event]) -> None:
    pauses, (bells, bell) = Pauses(), rung
    while not stop.is_set():
        bell.clear()
        try:
            done = await _look(site, work, pauses, bells.longest)
            pause = _until(site.db.clock.now(), done, bells.longest)
        except Exception as error:  # noqa: BLE001 - a database that is down must not end the worker
            log("due-work-failed", work=work.name, error=code_of(error))
            pause = POLL
        if await _first(bell, within=pause):
            await _first(stop, within=timedelta(seconds=_TOGETHER_SECONDS))


def _until(now: datetime, done: Pass, longest: timedelta) -> timedelta:
    """How long to sleep: till the next due time, but never longer than allowed; what was done may have caused more.

    A clinic in which the work failed is tried again after its own pause, which is never shorter than POLL.
    """
    if done.taken:
        return timedelta(0)
    longest = min(longest, POLL) if done.failed or done.paused else longest
    if done.next_due is None:
        return longest
    return max(timedelta(milliseconds=10), min(longest, done.next_due - now))


async def _look(site: Site, work: DueWork, pauses: Pauses, ahead: timedelta = POLL) -> Pass:
    async with site.db.unscoped("which clinics have due work") as statements:
        now = statements.now
        found = await statements.all(work.clinics, now + ahead)
    taken = failed = paused = 0
    for clinic in found:
        if clinic.due_at > now:
            continue
        if pauses.is_paused(clinic.clinic_id, now):
            paused += 1
            continue
        try:
            taken += await _take_all(site, work, clinic.clinic_id)
            pauses.succeeded(clinic.clinic_id)
        except Exception as error:  # noqa: BLE001 - one clinic's failure must not stop the others' deadlines
            log("due-work-failed", work=work.name, clinic=str(clinic.clinic_id), error=code_of(error))
            pauses.failed(clinic.clinic_id, now)
            failed += 1
    late = max((now - clinic.due_at for clinic in found), default=timedelta(0))
    site.metrics.looked(work.name, taken=taken, failed=failed, lateness_seconds=max(0.0, late.total_seconds()))
    upcoming = (clinic.due_at for clinic in found if clinic.due_at > now)
    return Pass(taken=taken, failed=failed, paused=paused, next_due=min(upcoming, default=None))


async def _take_all(site: Site, work: DueWork, clinic_id: ClinicId) -> int:
    total = taken = await work.act(site, clinic_id, BATCH)
    while taken >= BATCH:
        taken = await work.act(site, clinic_id, BATCH)
        total += taken
    return total


def code_of(error: Exception) -> str:
    """A failure as a code: its text could hold what a person wrote."""
    return error.code if isinstance(error, DomainError) else type(error).__name__
