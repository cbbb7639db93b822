"""Sending and reading messages over HTTP with durable commits, beside the same SQL statements run by pgbench, in turns."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from statistics import median
from uuid import UUID

import asyncpg

from benchmarks.clients import Request, Session, ask, run_clients
from benchmarks.correspondents import ALARMING, CALM, MESSAGES, Writer, copy_threads, staff_session, writers
from benchmarks.goals import Line, Section, holds
from benchmarks.recording import Replay, ids_in, logging, pgbench, replay_of, statements_of
from benchmarks.server import House, cpu_ms_of, serving

ROUNDS, SECONDS, CLIENTS = 5, 10, 4
PROCESSES = os.cpu_count() or 1
"""Of `portico serve`: one for each core, as a clinic runs it that wants to use them; pgbench and PostgreSQL use all."""
LEAST = 0.25
"""What HTTP must reach of the throughput of pgbench: the median of the rounds."""
WRITERS = 480
"""So many that none of them meets the limit of messages in a minute."""
TAIL_AFTER = 2
_HTTP_THREADS, _PGBENCH_THREADS, _APART = 40_000, 60_000, 1_000_000
_CALM_THREADS, _ALARMING_THREADS = "0000003a", "0000003b"
_NOTE = (
    "Both sides have as many clients, each of which asks again as soon as it is answered. The clients of pgbench are"
    " processes of their own that each replay the statements of another person, recorded from the portal's log, with new"
    " ids in each run; over HTTP the people take turns, because each may send 60 messages in a minute. Session, access"
    " rules, rate limit, sealing, reading for danger and audit are on, and each send is into a thread in which only one"
    " message was sent before by this measuring, so that a send with a danger raises an escalation and its"
    " notifications every time. All of PostgreSQL, the portal and the clients share the machine's cores."
)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of request."""

    what: str
    made: Callable[[int], Request]
    """The number-th, as it goes over HTTP."""
    recorded: Callable[["Recorder"], Awaitable[Sequence[Replay]]]
    """What goes through pgbench, for each of its clients."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one kind of request reached in each round: requests a second."""

    what: str
    replay: Replay
    over_http: Sequence[float]
    by_pgbench: Sequence[float]
    median_ms: float
    median_pgbench_ms: float
    cpu_ms: float
    """Of the server's process, for one request."""

    @property
    def ratios(self) -> Sequence[float]:
        """HTTP : pgbench, round by round."""
        return [http / bare for http, bare in zip(self.over_http, self.by_pgbench, strict=True)]


async def section(house: House) -> Section:
    """Measures each kind of request in turns and tells the ratio of throughputs."""
    people = await writers(house, WRITERS)
    nurse = await staff_session(house, "nora")
    connection = await asyncpg.connect(house.admin)
    try:
        await _prepare(connection, people)
        known = await ids_in(connection)
        measured = [await measured_in_turns(house, connection, known, kind) for kind in _kinds(people, nurse)]
    finally:
        await connection.close()
    return Section(
        title="(f) Sending and reading messages over HTTP, durable",
        method=f"{PROCESSES} processes of `portico serve` on loopback, embedded PostgreSQL with fsync and synchronous_commit"
        f" on, {CLIENTS} clients. {ROUNDS} rounds of {SECONDS} s over HTTP, each followed by {SECONDS} s of the statements"
        f" of such requests through `pgbench -M prepared`, {CLIENTS} clients too. Messages of {len(CALM)} characters; the"
        f" tail is {MESSAGES - TAIL_AFTER} of the {MESSAGES} messages of a thread.",
        lines=[line for each in measured for line in lines_of(each)],
        notes=[_NOTE],
    )


def lines_of(measured: Measured) -> Iterator[Line]:
    what, replay = measured.what, measured.replay
    http, bare = median(measured.over_http), median(measured.by_pgbench)
    ratio = median(measured.ratios)
    yield holds(f"{what}: HTTP : pgbench, median ratio", f"{ratio:.2f}", f"≥ {LEAST:g}", met=ratio >= LEAST)
    yield Line(what=f"{what}: ratio round by round", measured=", ".join(f"{each:.2f}" for each in measured.ratios))
    yield Line(what=f"{what}: requests a second over HTTP, by pgbench, medians", measured=f"{http:.0f}, {bare:.0f}")
    waits = f"{measured.median_ms:.1f} ms, {measured.median_pgbench_ms:.1f} ms"
    yield Line(what=f"{what}: wait of one client over HTTP, by pgbench, medians", measured=waits)
    yield Line(what=f"{what}: CPU of the server per request, mean", measured=f"{measured.cpu_ms:.1f} ms")
    counts = f"{replay.trips}, {replay.statements}, {replay.commits}"
    yield Line(what=f"{what}: round trips, statements and commits per request", measured=counts)


def _kinds(people: Sequence[Writer], nurse: Session) -> Sequence[Kind]:
    """Dangers come last: from then on they would stand first in the inbox."""
    calm, alarmed, others = _parted(people)
    return [
        Kind(
            what="thread tail",
            made=lambda n: _tail(others[n % len(others)]),
            recorded=lambda recorder: recorder.readings([_tail(each) for each in calm]),
        ),
        inbox_page("inbox page", nurse),
        Kind(
            what="send",
            made=lambda n: _send(others, _CALM_THREADS, n, CALM),
            recorded=lambda recorder: recorder.sends(calm, _CALM_THREADS, CALM),
        ),
        Kind(
            what="send with a danger",
            made=lambda n: _send(others, _ALARMING_THREADS, n, ALARMING),
            recorded=lambda recorder: recorder.sends(alarmed, _ALARMING_THREADS, ALARMING),
        ),
    ]


def inbox_page(what: str, nurse: Session) -> Kind:
    """The first page of the inbox, as a nurse reads it."""
    return Kind(
        what=what,
        made=lambda _: _inbox(nurse),
        recorded=lambda recorder: recorder.readings([_inbox(nurse)] * CLIENTS),
    )


def _parted(people: Sequence[Writer]) -> tuple[Sequence[Writer], Sequence[Writer], Sequence[Writer]]:
    """Whom pgbench replays, calm and alarmed, and those who write over HTTP: pgbench spends what a person may send."""
    return people[:CLIENTS], people[CLIENTS : 2 * CLIENTS], people[2 * CLIENTS :]


async def measured_in_turns(house: House, connection: asyncpg.Connection, known: set[str], kind: Kind) -> Measured:
    """One kind of request over HTTP and by pgbench, round by round."""
    async with logging(connection), serving(house) as (url, _):
        replays = await kind.recorded(Recorder(house, connection, url, known))
    await connection.execute("checkpoint")
    numbers = count(1)
    runs = [_APART * (client + 1) for client in range(CLIENTS)]
    http: list[list[float]] = []
    bare: list[list[float]] = []
    cpu_ms = 0.0
    async with AsyncExitStack() as stack:
        served = [await stack.enter_async_context(serving(house)) for _ in range(PROCESSES)]
        urls, servers = [url for url, _ in served], [server for _, server in served]
        await run_clients(urls, CLIENTS, 1, lambda: kind.made(next(numbers)))
        for _ in range(ROUNDS):
            before = sum(map(cpu_ms_of, servers))
            http.append(await run_clients(urls, CLIENTS, SECONDS, lambda: kind.made(next(numbers))))
            cpu_ms += sum(map(cpu_ms_of, servers)) - before
            each = await _together(house, replays, runs)
            runs = [first + len(one) for first, one in zip(runs, each, strict=True)]
            bare.append([ms for one in each for ms in one])
    return Measured(
        what=kind.what,
        replay=replays[0],
        over_http=[len(one) / SECONDS for one in http],
        by_pgbench=[len(one) / SECONDS for one in bare],
        median_ms=median(ms for one in http for ms in one),
        median_pgbench_ms=median(ms for one in bare for ms in one),
        cpu_ms=cpu_ms / sum(len(one) for one in http),
    )


async def _together(house: House, replays: Sequence[Replay], runs: Sequence[int]) -> Sequence[Sequence[float]]:
    """What the runs of each client of pgbench took, all at the same time."""
    how_long = ["-T", str(SECONDS)]
    clients = zip(replays, runs, strict=True)
    return await asyncio.gather(*(pgbench(house, replay.script, how_long, first=first) for replay, first in clients))


@dataclass(frozen=True)
class Recorder:
    """Takes requests down; another is made before each, so that nothing in it is for the first time."""

    house: House
    connection: asyncpg.Connection
    url: str
    known: set[str]

    async def sends(self, people: Sequence[Writer], prefix: str, body: str) -> Sequence[Replay]:
        """One send of each of the first people, whose threads and messages become functions of a counter."""
        replays = []
        for client, writer in enumerate(people):
            warm, number = (_APART * (client + 1) - before for before in (2, 1))
            await ask(self.url, _send([writer], prefix, warm, body))
            worked_on = {str(_thread_id(prefix, number)): prefix}
            replays.append(await self._replay(_send([writer], prefix, number, body), worked_on))
        is_danger = body == ALARMING
        assert all(("into escalation" in each.sql and "into notification" in each.sql) is is_danger for each in replays)
        return replays

    async def readings(self, requests: Sequence[Request]) -> Sequence[Replay]:
        """Requests that change nothing but what is noted about them."""
        for each in requests:
            await ask(self.url, each)
        return [await self._replay(each, {}) for each in requests]

    async def _replay(self, request: Request, worked_on: Mapping[str, str]) -> Replay:
        run = await statements_of(self.house, lambda: ask(self.url, request))
        return await replay_of(self.connection, run, worked_on, self.known)


async def put_last(connection: asyncpg.Connection) -> None:
    """Lets the threads that were written into here stand last in the inbox again: their subjects are sealed for others."""
    for prefix in (_CALM_THREADS, _ALARMING_THREADS):
        await connection.execute(
            "update thread set level = 'routine', waiting_since = null where starts_with(thread_id::text, $1)", prefix
        )


async def _prepare(connection: asyncpg.Connection, people: Sequence[Writer]) -> None:
    """Threads to write into: some for HTTP, and some for each client of pgbench."""
    await connection.execute("set synchronous_commit = off; set session_replication_role = replica")
    calm, alarmed, others = _parted(people)
    for prefix, writing in ((_CALM_THREADS, calm), (_ALARMING_THREADS, alarmed)):
        await copy_threads(connection, prefix, others, 0, _HTTP_THREADS)
        for client, writer in enumerate(writing):
            await copy_threads(connection, prefix, [writer], _APART * (client + 1) - 2, _PGBENCH_THREADS)
    await connection.execute("set session_replication_role = origin")
    await connection.execute("vacuum analyze")


def _send(people: Sequence[Writer], prefix: str, number: int, body: str) -> Request:
    thread = _thread_id(prefix, number)
    path = f"/api/threads/{thread}/messages/{UUID(bytes=os.urandom(16), version=4)}"
    return Request.put(people[number % len(people)].session, path, {"body": body})


def _tail(writer: Writer) -> Request:
    path = f"/api/threads/{writer.thread_id}/messages?after={TAIL_AFTER}"
    return Request(session=writer.session, method="GET", path=path, status=200)


def _inbox(nurse: Session) -> Request:
    return Request(session=nurse, method="GET", path="/api/threads?state=open", status=200)


def _thread_id(prefix: str, number: int) -> UUID:
    return UUID(f"{prefix}-0000-4000-8000-{number:012x}")
