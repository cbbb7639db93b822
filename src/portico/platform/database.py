"""The only way to a database connection: a transaction that knows what it may see.

Row-level security compares every row with the context set here; a statement is a typed value, never built text.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, datetime
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

from portico.access import Scope
from portico.errors import Invalid, Unavailable
from portico.ids import ClinicId
from portico.platform.clock import Clock, Ids
from portico.platform.roles import check_connected_role

SERVER_SETTINGS = {
    "application_name": "portico",
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "20s",
    "timezone": "UTC",
    # The disks of today: a page found by its key costs about what the next page of a scan does.
    "random_page_cost": "1.1",
}
"""What every connection of the portal runs under."""
# What an earlier borrower could have left behind goes in the round trip that begins the next transaction: asyncpg would
# spend one of its own on it when a connection comes back. Nothing is read before it.
_BEGIN = "select pg_advisory_unlock_all(); close all; unlisten *; reset all; begin"
_COMMIT = "commit"
_ROLLBACK = "rollback"
_WRITES = ("insert", "update")
WAKE_UP = "portico_due"
"""The channel on which a transaction that wrote a due time says so. It carries nothing: what is due stands in the tables."""
CHANGES = "portico_changes"
"""The channel on which a transaction says what it changed; every process of the portal listens on it."""
_AWAY = "The database does not answer just now. Nothing was lost; please try again."
_UNREACHABLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    # What asyncpg says when a connection was cut in the middle of its own bookkeeping.
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)


Row = TypeVar("Row")
T = TypeVar("T")


@dataclass(frozen=True)
class Query(Generic[Row]):
    """One statement and the struct its rows become: columns and fields agree by name (a test prepares every one)."""

    row: type[Row]
    sql: str


@dataclass(frozen=True)
class Command:
    """One statement that returns no rows."""

    sql: str


class ImpossibleDate(Invalid):
    """A day at either end of the calendar: the driver would keep it as infinity, which no program reads back as a day."""

    code = "date-impossible"

    def __init__(self) -> None:
        super().__init__("Please check the dates: one of them is impossibly long ago or far away.")


class Statements:
    """Runs typed statements on one open transaction."""

    def __init__(self, connection: PoolConnectionProxy, clock: Clock, ids: Ids) -> None:
        self._connection = connection
        self.clock = clock
        self.ids = ids
        self.now: datetime = clock.now()
        self.wakes_worker = False
        self._read: dict[Hashable, Any] = {}

    def wake_worker(self) -> None:
        """Says that this transaction writes a due time: once it is committed, workers look again at once."""
        self.wakes_worker = True

    async def once(self, name: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """A read that this transaction makes once; whoever changes what was read says `forget`."""
        if name not in self._read:
            self._read[name] = await read()
        found: T = self._read[name]
        return found

    def forget(self, name: Hashable) -> None:
        """What was read under this name is read anew next time."""
        self._read.pop(name, None)

    async def all(self, query: Query[Row], *args: object) -> list[Row]:
        """Every row, each converted and checked against its struct. Raises ImpossibleDate when it would write one."""
        _check_written(query.sql, args)
        return [_struct(record, query.row) for record in await self._connection.fetch(query.sql, *args)]

    async def first(self, query: Query[Row], *args: object) -> Row | None:
        """The first row, or None. Raises ImpossibleDate when it would write one."""
        _check_written(query.sql, args)
        record = await self._connection.fetchrow(query.sql, *args)
        return None if record is None else _struct(record, query.row)

    async def one(self, query: Query[Row], *args: object) -> Row:
        """The row of a statement that always returns one. Raises ImpossibleDate when it would write one."""
        _check_written(query.sql, args)
        record = await self._connection.fetchrow(query.sql, *args)
        if record is None:
            raise LookupError(query.row.__name__)
        return _struct(record, query.row)

    async def run(self, command: Command, *args: object) -> int:
        """Executes the statement and tells how many rows it touched. Raises ImpossibleDate."""
        _check_written(command.sql, args)
        status = await self._connection.execute(command.sql, *args)
        count = status.rsplit(" ", 1)[-1]
        return int(count) if count.isdigit() else 0

    async def run_many(self, command: Command, rows: Sequence[Sequence[object]]) -> None:
        """Executes the statement once per row, in one round trip. Raises ImpossibleDate."""
        for row in rows:
            _check_written(command.sql, row)
        await self._connection.executemany(command.sql, rows)


class Tx(Statements):
    """An open transaction with its scope. Commits when its block ends well; the actor never changes within it."""

    def __init__(self, connection: PoolConnectionProxy, scope: Scope, clock: Clock, ids: Ids) -> None:
        super().__init__(connection, clock, ids)
        self.scope = scope
        self._changes: dict[str, None] = {}

    @property
    def clinic_id(self) -> ClinicId:
        """The one clinic this transaction is in; every statement names it."""
        return self.scope.clinic_id

    def announce(self, kind: str, changed: UUID) -> None:
        """Says, when the transaction commits, that this thing of this kind changed."""
        assert kind.isidentifier()
        self._changes[f"{UUID.__str__(self.clinic_id)} {kind} {UUID.__str__(changed)}"] = None

    @property
    def ending(self) -> str:
        """What is said and done when all went well, in one round trip."""
        said = [f"select pg_notify('{CHANGES}', '{change}')" for change in self._changes]
        woken = [f"notify {WAKE_UP}"] if self.wakes_worker else []
        return "; ".join([*said, *woken, _COMMIT])


class Unscoped(Statements):
    """An open transaction without context: sees only tables without people (clinic, sign_in, rate_limit, forms)."""


def _check_written(sql: str, args: Sequence[object]) -> None:
    """A search may begin at the end of the calendar; what is written may not lie there, nor a day off in any zone."""
    if sql.lstrip().startswith(_WRITES):
        for each in args:
            if isinstance(each, date) and each.year in (MINYEAR, MAXYEAR):
                raise ImpossibleDate


def _context(scope: Scope) -> str:
    """What row-level security compares with, in the round trip that begins the transaction.

    The one text that is put together: parameters would cost a round trip of their own. Nothing in it can be read as
    SQL: ids are written by UUID itself, the kind is one of four words, and the subject goes as hexadecimal digits.
    """
    patients = ",".join(UUID.__str__(each) for each in sorted(scope.patients))
    subject = f"convert_from(decode('{scope.subject.encode().hex()}', 'hex'), 'UTF8')"
    return (
        f"select set_config('app.clinic', '{UUID.__str__(scope.clinic_id)}', true),"
        f" set_config('app.kind', '{scope.kind}', true), set_config('app.actor', {subject}, true),"
        f" set_config('app.patients', '{{{patients}}}', true)"
    )


def _struct(record: asyncpg.Record, row: type[Row]) -> Row:
    return msgspec.convert(record, row)


class Database:
    """A private pool; `transaction(scope)` is its only door."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, ids: Ids) -> None:
        self._pool = pool
        self.clock = clock
        self.ids = ids

    @classmethod
    async def connect(cls, dsn: str, *, clock: Clock, ids: Ids, size: int = 10) -> Self:
        """Opens a pool of at most `size` connections. Raises Unavailable when the server does not answer."""
        try:
            pool = await asyncpg.create_pool(
                dsn,
                min_size=1,
                max_size=size,
                command_timeout=20,
                server_settings=SERVER_SETTINGS,
                init=_prepare_connection,
                reset=_left_for_the_next,
            )
        except _UNREACHABLE as error:
            message = "The database does not answer."
            raise Unavailable(message) from error
        return cls(pool, clock, ids)

    async def close(self) -> None:
        """Waits a moment for open transactions, then closes every connection."""
        try:
            await asyncio.wait_for(self._pool.close(), timeout=3)
        except TimeoutError:
            self._pool.terminate()

    @asynccontextmanager
    async def transaction(self, scope: Scope) -> AsyncIterator[Tx]:
        """A transaction that sees what `scope` allows and nothing else.

        Raises Unavailable when no connection can be had or the server went away; nothing was committed then,
        except that a connection lost at the very commit leaves its outcome unknown.
        """
        async with self._open(f"{_BEGIN}; {_context(scope)}") as held:
            tx = Tx(held.connection, scope, self.clock, self.ids)
            yield tx
            held.ending = tx.ending

    @asynccontextmanager
    async def unscoped(self, reason: str) -> AsyncIterator[Unscoped]:
        """A transaction without context. `reason` tells readers why no scope is needed here."""
        assert reason
        async with self._open() as held:
            yield Unscoped(held.connection, self.clock, self.ids)

    @asynccontextmanager
    async def hearing(self, heard: Callable[[], None]) -> AsyncIterator["Ear"]:
        """Calls `heard` whenever a transaction that wrote a due time was committed, for as long as the block runs.

        Holds a connection of its own. Raises Unavailable when none can be had.
        """
        connection = await self._acquired()
        ear = Ear(connection)
        try:
            connection.add_termination_listener(ear.went_deaf)
            await connection.add_listener(WAKE_UP, lambda *_: heard())
            yield ear
        except _UNREACHABLE as error:
            raise Unavailable(_AWAY) from error
        finally:
            connection.terminate()
            await self._pool.release(connection)

    @asynccontextmanager
    async def _open(self, beginning: str = _BEGIN) -> AsyncIterator["_Held"]:
        connection = await self._acquired()
        try:
            held = _Held(connection)
            await connection.execute(beginning)
            try:
                yield held
            except BaseException:
                await connection.execute(_ROLLBACK)
                raise
            await connection.execute(held.ending)
        except _UNREACHABLE as error:
            raise Unavailable(_AWAY) from error
        finally:
            await self._pool.release(connection)

    async def _acquired(self) -> PoolConnectionProxy:
        try:
            return await self._pool.acquire(timeout=5)
        # Whatever the server says while a connection is being made, it is not to be had now.
        except (*_UNREACHABLE, asyncpg.PostgresError) as error:
            raise Unavailable(_AWAY) from error


@dataclass(slots=True)
class _Held:
    """A connection with an open transaction, and how that ends when all goes well."""

    connection: PoolConnectionProxy
    ending: str = _COMMIT


class Ear:
    """A connection that listens, and knows when it no longer does."""

    def __init__(self, connection: PoolConnectionProxy) -> None:
        self._connection = connection
        self.deaf = asyncio.Event()

    def went_deaf(self, *_: object) -> None:
        """The connection has ended."""
        self.deaf.set()

    async def check(self) -> None:
        """Raises an error of the connection when nobody answers at its other end."""
        await self._connection.execute("select 1", timeout=5)


async def _left_for_the_next(_connection: asyncpg.Connection) -> None:
    """Nothing to do when a connection comes back: see `_BEGIN`. An open transaction asyncpg rolls back itself."""


async def _prepare_connection(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("uuid", schema="pg_catalog", encoder=str, decoder=UUID)
    await check_connected_role(connection)
