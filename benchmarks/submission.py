"""Submitting an intake over HTTP with durable commits, beside the same SQL statements run by pgbench, in turns."""

import time
from collections.abc import Sequence
from itertools import chain
from statistics import mean, median, quantiles
from typing import NamedTuple

import asyncpg
import psutil

from benchmarks.goals import Line, Section
from benchmarks.recording import Replay, ids_in, logging, pgbench, replay_of, statements_of
from benchmarks.replay import counted
from benchmarks.server import House, Patient, cpu_ms_of, serving, signed_in

ROUNDS, EACH, WARM = 6, 50, 8
PREPARED = ROUNDS * EACH + 2 * WARM
_PATIENT, _RESPONSE = "0000000a", "0000000b"
_NOTE = (
    "The difference is what the program does beside waiting: HTTP, JSON, validating, screening, sealing. pgbench sends the"
    " sealed answers as part of prepared statements, the program as parameters each time; that favours pgbench a little."
    " No goal is set for the ratio."
)


class Spent(NamedTuple):
    """Milliseconds of one submission: as the client waits, and of the server's CPU (in steps of the system's clock)."""

    ms: float
    cpu_ms: float


async def section(house: House) -> Section:
    """Measures in turns and tells the ratio of the medians."""
    replay = await _recorded(house)
    over_http: list[list[Spent]] = []
    by_pgbench: list[list[float]] = []
    async with serving(house) as (url, server), signed_in(house, url, "alice") as alice:
        await _submissions(alice, server, WARM)
        await pgbench(house, replay.script, ["-t", str(WARM)], first=0)
        for turn in range(ROUNDS):
            over_http.append(await _submissions(alice, server, EACH))
            done = WARM + turn * EACH
            by_pgbench.append(await pgbench(house, replay.script, ["-t", str(EACH)], first=done))
    return _judged(replay, over_http, by_pgbench)


def _judged(replay: Replay, over_http: Sequence[Sequence[Spent]], by_pgbench: Sequence[Sequence[float]]) -> Section:
    http = [spent.ms for spent in chain.from_iterable(over_http)]
    bare = list(chain.from_iterable(by_pgbench))
    cpu = mean(spent.cpu_ms for spent in chain.from_iterable(over_http))
    rounds = [median(each.ms for each in one) / median(other) for one, other in zip(over_http, by_pgbench, strict=True)]
    return Section(
        title="(b) Submitting an intake over HTTP, durable",
        method="`portico serve` as a process of its own on loopback, embedded PostgreSQL with fsync and synchronous_commit"
        f" on, one client. {ROUNDS} rounds of {EACH} submissions, each followed by {EACH} runs of the statements of one"
        " such request through `pgbench -M prepared` with ids of their own.",
        lines=[
            Line(what="submission over HTTP, median (tenth percentile)", measured=_shown(http)),
            Line(what="the same statements through pgbench, median (tenth percentile)", measured=_shown(bare)),
            Line(
                what="ratio of the medians (of the tenth percentiles)",
                measured=f"{median(http) / median(bare):.2f} ({_tenth(http) / _tenth(bare):.2f})",
            ),
            Line(what="ratio of the medians, round by round", measured=", ".join(f"{ratio:.2f}" for ratio in rounds)),
            Line(what="CPU of the server process per submission, mean", measured=f"{cpu:.1f} ms"),
            Line(what="round trips to the database per request", measured=str(replay.trips)),
            Line(what="statements and commits per request", measured=f"{replay.statements}, {replay.commits}"),
        ],
        notes=[_NOTE],
    )


def _shown(times: Sequence[float]) -> str:
    return f"{median(times):.1f} ms ({_tenth(times):.1f} ms)"


def _tenth(times: Sequence[float]) -> float:
    """What a run costs when nobody else wants the machine."""
    return quantiles(times, n=10)[0]


async def _submissions(patient: Patient, server: psutil.Process, count: int) -> list[Spent]:
    """What each submission takes; drafts are made and filled outside the clock."""
    spent = []
    for _ in range(count):
        response_id, revision = await patient.finished_draft()
        before, begin = cpu_ms_of(server), time.perf_counter()
        await patient.submit(response_id, revision)
        spent.append(Spent((time.perf_counter() - begin) * 1000, cpu_ms_of(server) - before))
    return spent


async def _recorded(house: House) -> Replay:
    """One submission as a server with warm connections makes it, and as many drafts as the replay will need."""
    connection = await asyncpg.connect(house.admin)
    try:
        async with logging(connection), serving(house) as (url, server), signed_in(house, url, "bob") as bob:
            await _submissions(bob, server, WARM)
            response_id, revision = await bob.finished_draft()
            known = await ids_in(connection)
            await _prepare(connection, bob.patient_id, response_id)
            run = await statements_of(house, lambda: bob.submit(response_id, revision))
        return await replay_of(connection, run, {bob.patient_id: _PATIENT, response_id: _RESPONSE}, known)
    finally:
        await connection.close()


async def _prepare(connection: asyncpg.Connection, patient_id: str, response_id: str) -> None:
    """Copies of this patient with this finished draft, one for each run of the script."""
    patient, response = counted(_PATIENT, "n"), counted(_RESPONSE, "n")
    ids = f"jsonb_build_object('patient_id', {patient}, 'clinic_number', 'bench-' || n)"
    for table, changed, where in (
        ("patient", ids, "patient_id"),
        ("patient_key", f"jsonb_build_object('patient_id', {patient})", "patient_id"),
        ("response", f"jsonb_build_object('patient_id', {patient}, 'response_id', {response})", "response_id"),
    ):
        await connection.execute(
            f"insert into {table} select (jsonb_populate_record(t, {changed})).* from {table} t, generate_series(1, {PREPARED}) n"
            f" where t.{where} = '{response_id if where == 'response_id' else patient_id}'"
        )
    await connection.execute("analyze")
