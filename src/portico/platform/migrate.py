"""Brings a database to this version's schema: Alembic keeps count, plain SQL files do the work, asyncpg carries them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from asyncpg.pool import PoolConnectionProxy
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from portico.errors import StartupRefused
from portico.platform.resources import migrations_dir

OLDEST_SERVER = 16
"""The oldest major version of PostgreSQL that this program is tested on."""

_LOCK_KEY = 0x506F727469636F  # "Portico": one migration at a time per database
_WAIT_SECONDS = 60
_TRY_AGAIN_SECONDS = 0.2
_LIMITS = {
    "application_name": "portico-migrate",
    # A migration that waits for a table makes everybody behind it wait too: give up soon and try again later.
    "lock_timeout": "3s",
    "statement_timeout": "10min",
    "idle_in_transaction_session_timeout": "2min",
    "timezone": "UTC",
}
_READERS = "grant select on alembic_version to portico_app, portico_worker, portico_backup"
_BUSY = (
    "A table stayed in use for too long; nothing of this step was changed. Run the migration again at a quieter time."
)


async def upgrade(dsn: str, revision: str = "head", *, steps: Path | None = None) -> None:
    """Applies every step up to `revision`, each in a transaction of its own. `dsn` names the owner's role.

    `steps` is another folder than the program's own.

    Raises StartupRefused when the server cannot be reached, another migration runs, or a table stays in use. Steps
    before the failing one stay applied; the failing one leaves nothing behind.
    """
    async with _migrating(dsn) as connection:
        await connection.run_sync(lambda sync: command.upgrade(_config(sync, steps), revision))
        await connection.exec_driver_sql(_READERS)
        await connection.commit()


async def downgrade(dsn: str, revision: str = "-1", *, steps: Path | None = None) -> None:
    """Takes steps back, by default the newest one. Raises StartupRefused as `upgrade` does."""
    async with _migrating(dsn) as connection:
        await connection.run_sync(lambda sync: command.downgrade(_config(sync, steps), revision))


async def current(dsn: str) -> str | None:
    """The newest step that the database has, or None for an empty one. Any of Portico's roles may ask."""
    connection = await _connected(dsn)
    try:
        return await revision_of(connection)
    finally:
        await connection.close()


async def revision_of(connection: "asyncpg.Connection | PoolConnectionProxy") -> str | None:
    """`current` over an open connection."""
    if await connection.fetchval("select to_regclass('alembic_version') is null"):
        return None
    revision: str | None = await connection.fetchval("select version_num from alembic_version")
    return revision


def head() -> str | None:
    """The newest step that this program knows."""
    return ScriptDirectory(str(migrations_dir())).get_current_head()


async def refuse_pending(dsn: str) -> None:
    """Raises StartupRefused when the database lacks a step that this program needs.

    A newer database is welcome: each step is made so that the previous program still runs on it.
    """
    known = [step.revision for step in ScriptDirectory(str(migrations_dir())).walk_revisions()]
    there = await current(dsn)
    if known and (there is None or there in known[1:]):
        message = f"The database is at step {there or 'none'}, this program needs {known[0]}; run `portico migrate`."
        raise StartupRefused(message)


def run_sql_file(connection: Connection, file: Path) -> None:
    """Sends a whole file of statements to the server, inside the transaction that Alembic holds for this step."""
    # The adapter opens its transaction with the first statement that passes through it, and the file passes by it.
    connection.exec_driver_sql("select 1")
    adapter = connection.connection.dbapi_connection
    assert adapter is not None
    raw = connection.connection.driver_connection
    assert isinstance(raw, asyncpg.Connection)
    assert raw.is_in_transaction()
    sql = file.read_text(encoding="utf-8")
    adapter.run_async(lambda driver: driver.execute(sql))


def _config(connection: Connection, steps: Path | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(steps or migrations_dir()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@asynccontextmanager
async def _migrating(dsn: str) -> AsyncIterator[AsyncConnection]:
    """A connection that holds the lock of all migrations until it closes."""

    async def connect() -> asyncpg.Connection:
        connection = await _connected(dsn)
        await _take_turn(connection)
        return connection

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            yield connection
    except asyncpg.LockNotAvailableError as error:
        raise StartupRefused(_BUSY) from error
    finally:
        await engine.dispose()


async def _connected(dsn: str) -> asyncpg.Connection:
    try:
        connection = await asyncpg.connect(dsn, server_settings=_LIMITS, timeout=30)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        message = f"The database cannot be reached with the given address and role ({type(error).__name__})."
        raise StartupRefused(message) from error
    major = connection.get_server_version().major
    if major < OLDEST_SERVER:
        await connection.close()
        message = f"PostgreSQL {OLDEST_SERVER} or newer is needed; this server is version {major}. Nothing was changed."
        raise StartupRefused(message)
    return connection


async def _take_turn(connection: asyncpg.Connection) -> None:
    """Asks again and again instead of waiting inside a statement: a waiting statement would hold a snapshot, and an
    index that another migration builds concurrently waits for all snapshots.
    """
    for _ in range(int(_WAIT_SECONDS / _TRY_AGAIN_SECONDS)):
        if await connection.fetchval("select pg_try_advisory_lock($1)", _LOCK_KEY):
            return
        await asyncio.sleep(_TRY_AGAIN_SECONDS)
    await connection.close()
    message = "Another migration of this database is still running; wait for it and try again."
    raise StartupRefused(message)
