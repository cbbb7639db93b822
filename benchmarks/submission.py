"""Submitting an intake over HTTP with durable commits, beside the same SQL statements run by pgbench, in turns."""

import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from statistics import mean, median, quantiles
from typing import NamedTuple

import asyncpg
import psutil

from benchmarks.goals import Line, Section
from benchmarks.replay import Counted, Statement, counted, new_ids, run_times, script_of, statements_in, trips_of
from benchmarks.server import House, Patient, serving, signed_in
from portico.platform.roles import APP

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


@dataclass(frozen=True, kw_only=True)
class Replay:
    """One request as a script, and what was counted in it."""

    script: str
    trips: int
    statements: int
    commits: int


async def section(house: House) -> Section:
    """Measures in turns and tells the ratio of the medians."""
    replay = await _recorded(house)
    over_http: list[list[Spent]] = []
    by_pgbench: list[list[float]] = []
    async with serving(house) as (url, server), signed_in(house, url, "alice") as alice:
        await _submissions(alice, server, WARM)
        await _pgbench(house, replay.script, WARM, done=0)
        for turn in range(ROUNDS):
            over_http.append(await _submissions(alice, server, EACH))
            by_pgbench.append(await _pgbench(house, replay.script, EACH, done=WARM + turn * EACH))
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
        before, begin = _cpu_ms(server), time.perf_counter()
        await patient.submit(response_id, revision)
        spent.append(Spent((time.perf_counter() - begin) * 1000, _cpu_ms(server) - before))
    return spent


def _cpu_ms(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system) * 1000


async def _recorded(house: House) -> Replay:
    """One submission as a server with warm connections makes it, and as many drafts as the replay will need."""
    connection = await asyncpg.connect(house.admin)
    try:
        async with _logging(connection), serving(house) as (url, server), signed_in(house, url, "bob") as bob:
            await _submissions(bob, server, WARM)
            response_id, revision = await bob.finished_draft()
            known = await _ids_in(connection)
            await _prepare(connection, bob.patient_id, response_id)
            _, position = await _log(house, 0)
            await bob.submit(response_id, revision)
            run, _ = await _log(house, position)
        prefixes = {bob.patient_id: _PATIENT, response_id: _RESPONSE}
        prefixes |= {made: f"{0xC0 + number:08x}" for number, made in enumerate(new_ids(run, known))}
        return Replay(
            script=await script_of(run, Counted(prefixes), connection),
            trips=len(trips_of(run)),
            statements=len(run),
            commits=sum(each.sql.upper().startswith("COMMIT") for each in run),
        )
    finally:
        await connection.close()


@asynccontextmanager
async def _logging(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Statements with their parameters in the log: only here, where all people are made up."""
    await connection.execute(
        f"alter role {APP} set log_statement = 'all'; alter role {APP} set log_parameter_max_length = -1"
    )
    try:
        yield
    finally:
        await connection.execute(f"alter role {APP} reset all")


async def _log(house: House, position: int) -> tuple[list[Statement], int]:
    await asyncio.sleep(0.5)  # the collector writes a moment later
    [log] = (house.postgres.folder / "cluster" / "log").glob("*.json")
    return statements_in(log, APP, position)


async def _ids_in(connection: asyncpg.Connection) -> set[str]:
    """Every id in the database."""
    columns = await connection.fetch(
        "select table_name, column_name from information_schema.columns"
        " where table_schema = 'public' and data_type = 'uuid'"
    )
    found = set()
    for table, column in columns:
        rows = await connection.fetch(
            f'select distinct "{column}"::text as id from "{table}" where "{column}" is not null'
        )
        found |= {row["id"] for row in rows}
    return found


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


async def _pgbench(house: House, script: str, runs: int, *, done: int) -> list[float]:
    """Milliseconds of each run of the script by pgbench."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "request.sql"
        file.write_text(script, encoding="utf-8")
        command = [
            str(house.postgres.program("pgbench")), "-n", "-c", "1", "-t", str(runs), "-M", "prepared", "-l",
            "-D", f"n={done}", "-f", str(file), house.app,
        ]  # fmt: skip
        ran = await asyncio.to_thread(
            subprocess.run, command, cwd=folder, env=os.environ, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return list(run_times(Path(folder)))
