import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from portico.errors import StartupRefused
from portico.platform import migrate
from portico.platform.resources import migrations_dir
from tests.databases import Databases, DatabaseUrls, on_each_version

STEP = """
from pathlib import Path

from alembic import op

from portico.platform.migrate import run_sql_file

revision = "{revision}"
down_revision = {before!r}


def upgrade():
    run_sql_file(op.get_bind(), Path(__file__).with_suffix(".up.sql"))


def downgrade():
    run_sql_file(op.get_bind(), Path(__file__).with_suffix(".down.sql"))
"""


@pytest.fixture
async def empty_database(databases: Databases) -> AsyncIterator[DatabaseUrls]:
    async with databases.empty() as urls:
        yield urls


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    """A folder whose second step can fail in its middle, after a table was made."""
    return folder_of(
        tmp_path / "with space & 100%",
        {
            "0001_first": "create table first (id int); insert into first values (1); -- two statements; and a $1",
            "0002_second": "create table second (id int); insert into second select 1 / (select id - 1 from first);",
        },
    )


def folder_of(folder: Path, files: Mapping[str, str]) -> Path:
    versions = folder / "versions"
    versions.mkdir(parents=True)
    (folder / "env.py").write_bytes((migrations_dir() / "env.py").read_bytes())
    before = None
    for revision, sql in files.items():
        (versions / f"{revision}.py").write_text(STEP.format(revision=revision, before=before), encoding="utf-8")
        (versions / f"{revision}.up.sql").write_text(sql, encoding="utf-8")
        table = revision.partition("_")[2]
        (versions / f"{revision}.down.sql").write_text(f"drop table {table};", encoding="utf-8")
        before = revision
    return folder


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def tables(dsn: str) -> set[str]:
    async with connected(dsn) as connection:
        rows = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
        return {row["tablename"] for row in rows}


@on_each_version
async def test_an_empty_database_becomes_current(empty_database: DatabaseUrls) -> None:
    assert await migrate.current(empty_database.app) is None
    await migrate.upgrade(empty_database.owner)
    for dsn in (empty_database.app, empty_database.worker, empty_database.backup):
        assert await migrate.current(dsn) == migrate.head()
    await migrate.refuse_pending(empty_database.app)


async def test_running_it_again_changes_nothing(fresh_database: DatabaseUrls) -> None:
    before = await tables(fresh_database.owner)
    await migrate.upgrade(fresh_database.owner)
    assert await tables(fresh_database.owner) == before


async def test_two_migrations_at_once_take_turns(empty_database: DatabaseUrls) -> None:
    await asyncio.gather(*(migrate.upgrade(empty_database.owner) for _ in range(4)))
    assert await migrate.current(empty_database.app) == migrate.head()


async def test_a_failing_step_leaves_nothing_and_earlier_steps_stay(empty_database: DatabaseUrls, steps: Path) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate.upgrade(empty_database.owner, steps=steps)
    assert await tables(empty_database.owner) == {"alembic_version", "first"}
    assert await current_of(empty_database) == "0001_first"


async def test_a_mended_step_runs_where_the_failed_one_stopped(empty_database: DatabaseUrls, steps: Path) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate.upgrade(empty_database.owner, steps=steps)
    async with connected(empty_database.owner) as owner:
        await owner.execute("update first set id = 2")
    await migrate.upgrade(empty_database.owner, steps=steps)
    assert await current_of(empty_database) == "0002_second"
    await migrate.downgrade(empty_database.owner, steps=steps)
    assert await tables(empty_database.owner) == {"alembic_version", "first"}


async def test_a_table_in_use_is_not_waited_for_long(empty_database: DatabaseUrls, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"0001_first": "alter table busy add column more int;"})
    async with connected(empty_database.owner) as reader:
        await reader.execute("create table busy (id int)")
        async with reader.transaction():
            await reader.execute("select from busy")
            with pytest.raises(StartupRefused, match="stayed in use for too long"):
                await migrate.upgrade(empty_database.owner, steps=folder)
    assert await tables(empty_database.owner) == {"busy"}


async def test_a_program_refuses_a_database_that_lacks_a_step(empty_database: DatabaseUrls) -> None:
    with pytest.raises(StartupRefused, match=r"at step none, .* run `portico migrate`"):
        await migrate.refuse_pending(empty_database.app)


async def test_a_server_that_is_too_old_is_refused_by_its_version(
    empty_database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "OLDEST_SERVER", 99)
    for asked in (migrate.upgrade(empty_database.owner), migrate.refuse_pending(empty_database.app)):
        with pytest.raises(StartupRefused, match="PostgreSQL 99 or newer is needed; this server is version 18"):
            await asked
    assert await tables(empty_database.owner) == set()


async def test_a_program_runs_on_a_newer_database(fresh_database: DatabaseUrls) -> None:
    async with connected(fresh_database.owner) as owner:
        await owner.execute("update alembic_version set version_num = '9999_later'")
    await migrate.refuse_pending(fresh_database.app)


async def test_a_server_that_is_not_there_is_named_as_the_reason() -> None:
    with pytest.raises(StartupRefused, match="cannot be reached"):
        await migrate.upgrade("postgresql://portico_owner@/portico?host=/nowhere")


async def current_of(urls: DatabaseUrls) -> str | None:
    async with connected(urls.owner) as owner:
        revision: str | None = await owner.fetchval("select version_num from alembic_version")
        return revision
