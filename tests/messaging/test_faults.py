"""A send that is cut anywhere leaves all of it or nothing, and sending it again makes it whole: never twice, no hole."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit, urlunsplit

import asyncpg
import msgspec
import pytest

from portico.access import Scope, SystemScope
from portico.errors import Unavailable
from portico.ids import MessageId, ThreadId
from portico.messaging import sending
from portico.messaging.model import NewThread, Parcel
from portico.platform.clock import RandomIds
from portico.platform.database import Command, Database, Query, Tx
from portico.platform.site import Site
from tests import walks
from tests.databases import Databases
from tests.messaging.practice import BREATH, CALM
from tests.portal import Portal

Row = TypeVar("Row")
Send = Callable[[Site], Coroutine[Any, Any, bool]]

MOST_STATEMENTS = 60


class Fault:
    """Kills the server process of the connection that is about to run the n-th statement."""

    def __init__(self, superuser: asyncpg.Connection) -> None:
        self._superuser = superuser
        self.at = 0
        self.count = 0

    async def strike(self, connection: Any) -> None:
        self.count += 1
        if self.count == self.at:
            pid = connection.get_server_pid()
            await self._superuser.execute("select pg_terminate_backend($1, 5000)", pid)


class DyingTx(Tx):
    """A transaction whose server process may die before any of its statements."""

    fault: Fault

    async def all(self, query: Query[Row], *args: object) -> list[Row]:
        await self.fault.strike(self._connection)
        return await super().all(query, *args)

    async def first(self, query: Query[Row], *args: object) -> Row | None:
        await self.fault.strike(self._connection)
        return await super().first(query, *args)

    async def one(self, query: Query[Row], *args: object) -> Row:
        await self.fault.strike(self._connection)
        return await super().one(query, *args)

    async def run(self, command: Command, *args: object) -> int:
        await self.fault.strike(self._connection)
        return await super().run(command, *args)


class DyingDatabase(Database):
    """A database whose transactions may die."""

    fault: Fault

    @asynccontextmanager
    async def transaction(self, scope: Scope) -> AsyncIterator[Tx]:
        async with super().transaction(scope) as tx:
            dying = DyingTx(tx._connection, scope, self.clock, self.ids)
            dying.fault = self.fault
            dying._changes = tx._changes
            yield dying
            tx.wakes_worker = dying.wakes_worker


class Counted(msgspec.Struct, frozen=True):
    """How much there is of everything that a send writes."""

    threads: int
    numbers: int
    messages: int
    escalations: int
    steps: int
    notifications: int
    audited: int
    drafts: int


COUNTED = Query(
    Counted,
    """
    select (select count(*) from thread where clinic_id = $1) as threads,
        (select coalesce(sum(last_seq), 0) from thread where clinic_id = $1)::bigint as numbers,
        (select count(*) from message where clinic_id = $1) as messages,
        (select count(*) from escalation where clinic_id = $1) as escalations,
        (select count(*) from escalation_event where clinic_id = $1) as steps,
        (select count(*) from notification where clinic_id = $1) as notifications,
        (select count(*) from audit_event where clinic_id = $1 and action = 'create') as audited,
        (select count(*) from draft where clinic_id = $1 and body_sealed is not null) as drafts
    """,
)


async def counted(portal: Portal) -> Counted:
    clinic_id = walks.clinic_of(portal, "alice")
    async with portal.site.db.transaction(SystemScope(clinic_id, "test")) as tx:
        return await tx.one(COUNTED, clinic_id)


def first_message(portal: Portal, body: str) -> tuple[Send, ThreadId]:
    """Starts a thread, under the same ids every time."""
    ids, me = RandomIds(), walks.caller(portal, "alice")
    thread_id = ThreadId(ids.new())
    new = NewThread(thread_id=thread_id, patient_id=walks.patient_of(portal, "alice"), topic="soreness", subject="Knee")
    parcel = Parcel(message_id=MessageId(ids.new()), body=body)

    async def send(site: Site) -> bool:
        return (await sending.start_thread(site, me, new, parcel))[1].is_new

    return send, thread_id


def next_message(portal: Portal, thread_id: ThreadId, body: str, name: str = "alice") -> Send:
    """Adds to a thread, under the same id every time."""
    me, parcel = walks.caller(portal, name), Parcel(message_id=MessageId(RandomIds().new()), body=body)

    async def send(site: Site) -> bool:
        return (await sending.send_message(site, me, thread_id, parcel)).is_new

    return send


@pytest.fixture
async def superuser(databases: Databases, fresh_portal: Portal) -> AsyncIterator[asyncpg.Connection]:
    name = fresh_portal.site.settings.database_url.rpartition("/")[2]
    connection = await asyncpg.connect(databases.urls(name).superuser)
    yield connection
    await connection.close()


@pytest.mark.parametrize(
    ("what", "body"), [("thread", CALM), ("thread", BREATH), ("message", CALM), ("message", BREATH), ("answer", CALM)]
)
async def test_a_send_that_dies_before_any_of_its_statements_leaves_nothing_and_can_be_sent_again(
    what: str, body: str, fresh_portal: Portal, superuser: asyncpg.Connection
) -> None:
    portal = fresh_portal
    send, thread_id = first_message(portal, body)
    if what != "thread":
        await first_message(portal, CALM)[0](portal.site)
        start, thread_id = first_message(portal, CALM)
        await start(portal.site)
        send = next_message(portal, thread_id, body, "nora" if what == "answer" else "alice")
    before = await counted(portal)
    died = await _dies_everywhere(portal, superuser, send, before)
    assert died > 10
    after = await counted(portal)
    assert (after.messages, after.numbers) == (before.messages + 1, before.numbers + 1)
    assert after.escalations == before.escalations + (body == BREATH)
    assert await send(portal.site) is False
    assert (await counted(portal)).messages == after.messages


async def _dies_everywhere(portal: Portal, superuser: asyncpg.Connection, send: Send, before: Counted) -> int:
    """Sends again and again, dying one statement later each time, until it lives; tells how often it died."""
    db = await DyingDatabase.connect(portal.site.settings.database_url, clock=portal.clock, ids=RandomIds(), size=2)
    db.fault = Fault(superuser)
    site = replace(portal.site, db=db)
    try:
        for at in range(1, MOST_STATEMENTS):
            db.fault.at, db.fault.count = at, 0
            try:
                assert await send(site) is True
            except Unavailable:
                assert await counted(portal) == before, at
            else:
                return at - 1
    finally:
        await db.close()
    raise AssertionError


class Wire:
    """A wire to the server that can be cut around a commit."""

    def __init__(self, dsn: str) -> None:
        self._parts = urlsplit(dsn)
        asked = parse_qs(self._parts.query)
        self._folder = next(iter(asked.get("host", [])), None)
        self._port = self._parts.port or int(next(iter(asked.get("port", ["5432"]))))
        self.cut: str = ""
        self.cuts = 0
        self._tasks: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[str]:
        """The address of this end."""
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        login = self._parts.netloc.rpartition("@")[0]
        try:
            yield urlunsplit(self._parts._replace(netloc=f"{login}@127.0.0.1:{port}", query="sslmode=disable"))
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connect(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        far_in, far_out = await self._reach()
        writers = (near_out, far_out)
        self._tasks += [
            asyncio.create_task(self._pump(near_in, far_out, writers, "before")),
            asyncio.create_task(self._pump(far_in, near_out, writers, "after")),
        ]

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._folder is not None and self._folder.startswith("/"):
            return await asyncio.open_unix_connection(f"{self._folder}/.s.PGSQL.{self._port}")
        return await asyncio.open_connection(self._parts.hostname or "127.0.0.1", self._port)

    async def _pump(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        both: Sequence[asyncio.StreamWriter],
        where: str,
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                if b"commit" in data.lower() and self.cut == where:
                    self.cuts += 1
                    break
                target.write(data)
                await target.drain()
        for writer in both:
            writer.close()


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("what", ["thread", "message"])
async def test_a_wire_that_is_cut_around_the_commit_never_makes_two_messages_or_a_hole(
    where: str, what: str, fresh_portal: Portal
) -> None:
    portal = fresh_portal
    send, thread_id = first_message(portal, BREATH)
    if what == "message":
        await send(portal.site)
        send = next_message(portal, thread_id, BREATH)
    before = await counted(portal)
    wire = Wire(portal.site.settings.database_url)
    async with wire.laid() as address:
        db = await Database.connect(address, clock=portal.clock, ids=RandomIds(), size=1)
        async with db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "warm up")) as tx:
            await tx.one(COUNTED, tx.clinic_id)
        wire.cut = where
        site = replace(portal.site, db=_SplitDatabase(db, portal.site.db))
        with pytest.raises(Unavailable):
            await send(site)
        assert wire.cuts == 1
        await db.close()
    stored = (await counted(portal)).messages - before.messages
    assert stored == (1 if where == "after" else 0)
    # The sender cannot know which it was, and sends again.
    assert await send(portal.site) is (where == "before")
    after = await counted(portal)
    assert (after.messages, after.numbers) == (before.messages + 1, before.numbers + 1)
    async with portal.site.db.transaction(walks.caller(portal, "nora").scope) as tx:
        rows = await tx.all(NUMBERS, tx.clinic_id, thread_id)
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))


class Number(msgspec.Struct, frozen=True):
    """The number of a message."""

    seq: int


NUMBERS = Query(Number, "select seq from message where clinic_id = $1 and thread_id = $2 order by seq")


class _SplitDatabase(Database):
    """Transactions with a scope over the wire that is cut; the count of sends over a sound one."""

    def __init__(self, cut: Database, sound: Database) -> None:
        super().__init__(cut._pool, cut.clock, cut.ids)
        self._sound = sound

    @asynccontextmanager
    async def unscoped(self, reason: str) -> AsyncIterator[Any]:
        async with self._sound.unscoped(reason) as statements:
            yield statements
