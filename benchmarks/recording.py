"""Recording what one request asks the database, and running that through pgbench."""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from benchmarks.replay import Counted, Statement, new_ids, run_times, script_of, statements_in, trips_of
from benchmarks.server import House
from portico.platform.roles import APP


@dataclass(frozen=True, kw_only=True)
class Replay:
    """One request as a script, and what was counted in it."""

    script: str
    trips: int
    statements: int
    commits: int
    sql: str
    """All its statements, to see what is among them."""


@asynccontextmanager
async def logging(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Statements with their parameters in the log: only here, where all people are made up."""
    await connection.execute(
        f"alter role {APP} set log_statement = 'all'; alter role {APP} set log_parameter_max_length = -1"
    )
    try:
        yield
    finally:
        await connection.execute(f"alter role {APP} reset all")


async def statements_of(house: House, request: Callable[[], Awaitable[object]]) -> Sequence[Statement]:
    """What the portal asks the database during this request."""
    _, position = await _log(house, 0)
    await request()
    run, _ = await _log(house, position)
    return run


async def _log(house: House, position: int) -> tuple[list[Statement], int]:
    await asyncio.sleep(0.5)  # the collector writes a moment later
    [log] = (house.postgres.folder / "cluster" / "log").glob("*.json")
    return statements_in(log, APP, position)


async def ids_in(connection: asyncpg.Connection) -> set[str]:
    """Every id in the database but those that the benchmarks generate by SQL, which begin with zeros."""
    columns = await connection.fetch(
        "select table_name, column_name from information_schema.columns"
        " where table_schema = 'public' and data_type = 'uuid'"
    )
    found = set()
    for table, column in columns:
        rows = await connection.fetch(
            f'select distinct "{column}"::text as id from "{table}" where "{column}" is not null and not starts_with("{column}"::text, \'000000\')'
        )
        found |= {row["id"] for row in rows}
    return found


async def replay_of(
    connection: asyncpg.Connection, run: Sequence[Statement], worked_on: Mapping[str, str], known: set[str]
) -> Replay:
    """The request as a script in which each run has new ids: of what it made, and of what it `worked_on`, by prefix."""
    made = {each: f"{0xC0 + number:08x}" for number, each in enumerate(new_ids(run, known)) if each not in worked_on}
    return Replay(
        script=await script_of(run, Counted({**worked_on, **made}), connection),
        trips=len(trips_of(run)),
        statements=len(run),
        commits=sum(each.sql.upper().rstrip("; ").endswith("COMMIT") for each in run),
        sql="\n".join(each.sql for each in run),
    )


async def pgbench(house: House, script: str, how_long: Sequence[str], *, first: int) -> list[float]:
    """Milliseconds of each run of the script by one client of pgbench: `-t` runs or `-T` seconds, ids from `first` on."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "request.sql"
        file.write_text(script, encoding="utf-8")
        command = [
            str(house.postgres.program("pgbench")), "-n", "-c", "1", *how_long, "-M", "prepared", "-l",
            "-D", f"n={first}", "-f", str(file), house.app,
        ]  # fmt: skip
        ran = await asyncio.to_thread(
            subprocess.run, command, cwd=folder, env=os.environ, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return list(run_times(Path(folder)))
