"""A migrated database with rows in every table, and one connection per role, for the contracts of the database."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from tests.databases import DatabaseUrls
from tests.rows import Family, Row, Table, insertion, plant, tables_of


@dataclass(frozen=True)
class Premises:
    """The tables, parents first, and open connections as administrator and as the program's two roles."""

    tables: Sequence[Table]
    superuser: asyncpg.Connection
    app: asyncpg.Connection
    worker: asyncpg.Connection

    def with_column(self, column: str) -> list[str]:
        """The names of the tables that have this column."""
        return [table.name for table in self.tables if any(c.name == column for c in table.columns)]


@asynccontextmanager
async def premises_of(urls: DatabaseUrls, families: Iterable[Family]) -> AsyncIterator[Premises]:
    """Opens the connections by their addresses and plants a row of every table for each family."""
    async with AsyncExitStack() as stack:
        connections = []
        for dsn in (urls.superuser, urls.app, urls.worker):
            connection = await asyncpg.connect(dsn)
            stack.push_async_callback(connection.close)
            connections.append(connection)
        tables = await tables_of(connections[0])
        for who in families:
            await plant(connections[0], tables, who)
        yield Premises(tables, *connections)


@asynccontextmanager
async def context(
    connection: asyncpg.Connection, kind: str, who: Family, *, patients: Iterable[UUID] = ()
) -> AsyncIterator[None]:
    """A transaction in this context, as the program sets it; leaves nothing behind."""
    async with undone(connection):
        await connection.execute(
            "select set_config('app.clinic', $1, true), set_config('app.kind', $2, true),"
            " set_config('app.actor', $3, true), set_config('app.patients', $4, true)",
            str(who.clinic_id),
            kind,
            str(who.account_id),
            "{" + ",".join(map(str, patients)) + "}",
        )
        yield


@asynccontextmanager
async def undone(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """A transaction that is always rolled back; inside another one, a savepoint."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()


async def refused(connection: asyncpg.Connection, statement: str, *values: object) -> bool:
    """Whether the database refuses the statement for want of a right or by a policy; other errors are raised."""
    try:
        async with undone(connection):
            await connection.execute(statement, *values)
    except asyncpg.InsufficientPrivilegeError:
        return True
    return False


async def refuses_row(connection: asyncpg.Connection, table: str, row: Row) -> bool:
    """Whether the database refuses to insert this row."""
    statement, values = insertion(table, row)
    return await refused(connection, statement, *values)


async def visible(connection: asyncpg.Connection, table: str, condition: str = "true", *values: object) -> int:
    """How many rows of the table are in sight; none where the role may not even ask."""
    try:
        async with undone(connection):
            count: int = await connection.fetchval(f"select count(*) from {table} where {condition}", *values)
    except asyncpg.InsufficientPrivilegeError:
        return 0
    return count


async def changed(connection: asyncpg.Connection, table: str, column: str) -> int:
    """How many rows an update without a condition reaches; none where the role may not update."""
    try:
        async with undone(connection):
            status = await connection.execute(f"update {table} set {column} = {column}")
    except asyncpg.InsufficientPrivilegeError:
        return 0
    return int(status.rsplit(" ", 1)[-1])
