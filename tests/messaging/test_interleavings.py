"""Two who send at once, statement by statement in every order that matters: each message once, no hole, one escalation."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from portico.access import Scope
from portico.ids import MessageId, ThreadId
from portico.messaging import sending
from portico.messaging.model import Parcel
from portico.messaging.rules import DifferentBody
from portico.platform.clock import RandomIds
from portico.platform.database import Database, Tx
from portico.platform.site import Site
from tests import walks
from tests.messaging.practice import BREATH, CALM
from tests.messaging.test_faults import (
    NUMBERS,
    DyingTx,
    Fault,
    Send,
    counted,
    first_message,
    next_message,
    superuser,
)
from tests.portal import Portal

__all__ = ["superuser"]

ALL = sys.maxsize
STATEMENTS = 22
"""More than any send has; where a send has fewer, the last orders are the same."""


class Turn(Fault):
    """Lets a sender run so many statements, and then waits before the next."""

    def __init__(self, superuser: asyncpg.Connection) -> None:
        super().__init__(superuser)
        self.task: asyncio.Task[bool]
        self._pid = 0
        self._left = 0
        self._stopped = asyncio.Event()
        self._granted = asyncio.Event()

    async def strike(self, connection: Any) -> None:
        """Waits here when the turn is over."""
        self._pid = connection.get_server_pid()
        if self._left == 0:
            self._stopped.set()
            await self._granted.wait()
        self._left -= 1
        if self._left == 0:
            self._granted.clear()

    def go_on(self, steps: int = ALL) -> None:
        """Lets it run so many statements."""
        self._left = steps
        self._stopped.clear()
        self._granted.set()

    async def take(self, steps: int) -> None:
        """Runs so many statements; ends sooner when the sender is done, or waits for the other one."""
        if steps == 0:
            return
        self.go_on(steps)
        stopped = asyncio.create_task(self._stopped.wait())
        while not (self.task.done() or self._stopped.is_set() or await self._is_blocked()):
            await asyncio.wait([self.task, stopped], timeout=0.005, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()

    async def _is_blocked(self) -> bool:
        waiting = "select wait_event_type = 'Lock' from pg_stat_activity where pid = $1"
        return bool(await self._superuser.fetchval(waiting, self._pid))


class TurnDatabase(Database):
    """A database of one connection, on which somebody sends in turns."""

    turn: Turn

    @asynccontextmanager
    async def transaction(self, scope: Scope) -> AsyncIterator[Tx]:
        async with super().transaction(scope) as tx:
            slow = DyingTx(tx._connection, scope, self.clock, self.ids)
            slow.fault = self.turn
            slow._changes = tx._changes
            yield slow
            tx.wakes_worker = slow.wakes_worker


@asynccontextmanager
async def sender(portal: Portal, superuser: asyncpg.Connection, send: Send) -> AsyncIterator[Turn]:
    """Somebody who is about to send, and waits for their first turn."""
    db = await TurnDatabase.connect(portal.site.settings.database_url, clock=portal.clock, ids=RandomIds(), size=1)
    db.turn = Turn(superuser)
    db.turn.task = asyncio.ensure_future(send(replace(portal.site, db=db)))
    try:
        await asyncio.wait([db.turn.task, asyncio.create_task(db.turn._stopped.wait())], return_when="FIRST_COMPLETED")
        yield db.turn
    finally:
        await db.close()


def orders() -> list[tuple[int, ...]]:
    """How many statements each runs in turn, the first beginning; then both run to their ends."""
    cut_in = [(at, ALL) for at in range(STATEMENTS)]
    side_by_side = [(at, at, ALL) for at in range(1, STATEMENTS, 3)]
    in_step = [(1,) * 2 * STATEMENTS, (2,) * STATEMENTS, (1, 2) * STATEMENTS]
    return [*cut_in, *side_by_side, *in_step]


async def sent_in(order: Sequence[int], portal: Portal, superuser: asyncpg.Connection, sends: Sequence[Send]) -> Any:
    """What both are answered, when they go on in this order."""
    async with AsyncExitStack() as stack:
        both = [await stack.enter_async_context(sender(portal, superuser, send)) for send in sends]
        for place, steps in enumerate(order):
            await both[place % 2].take(steps)
        for each in both:
            each.go_on()
        return await asyncio.gather(*(each.task for each in both), return_exceptions=True)


async def is_gapless(portal: Portal, thread_id: ThreadId, last: int) -> bool:
    async with portal.site.db.transaction(walks.caller(portal, "nora").scope) as tx:
        rows = await tx.all(NUMBERS, tx.clinic_id, thread_id)
    return [row.seq for row in rows] == list(range(1, last + 1))


@pytest.mark.parametrize("body", [CALM, BREATH])
async def test_two_messages_become_two_numbers_and_at_most_one_escalation(
    body: str, fresh_portal: Portal, superuser: asyncpg.Connection
) -> None:
    for order in orders():
        start, thread_id = first_message(fresh_portal, CALM)
        await start(fresh_portal.site)
        before = await counted(fresh_portal)
        sends = [next_message(fresh_portal, thread_id, body) for _ in range(2)]
        assert await sent_in(order, fresh_portal, superuser, sends) == [True, True], order
        after = await counted(fresh_portal)
        assert await is_gapless(fresh_portal, thread_id, 3), order
        assert after.escalations - before.escalations == (body == BREATH), order
        assert after.audited - before.audited == 2, order
        fresh_portal.clock.pass_by(minutes=1)


async def test_a_message_and_an_answer_become_two_numbers(fresh_portal: Portal, superuser: asyncpg.Connection) -> None:
    for order in orders():
        start, thread_id = first_message(fresh_portal, CALM)
        await start(fresh_portal.site)
        sends = [next_message(fresh_portal, thread_id, CALM, name) for name in ("nora", "alice")]
        assert await sent_in(order, fresh_portal, superuser, sends) == [True, True], order
        assert await is_gapless(fresh_portal, thread_id, 3), order
        fresh_portal.clock.pass_by(minutes=1)


async def test_the_same_message_twice_at_once_is_one(fresh_portal: Portal, superuser: asyncpg.Connection) -> None:
    for order in orders():
        start, thread_id = first_message(fresh_portal, CALM)
        await start(fresh_portal.site)
        before = await counted(fresh_portal)
        send = next_message(fresh_portal, thread_id, BREATH)
        answers = await sent_in(order, fresh_portal, superuser, [send, send])
        assert sorted(answers) == [False, True], order
        after = await counted(fresh_portal)
        assert (after.messages - before.messages, after.escalations - before.escalations) == (1, 1), order
        assert after.audited - before.audited == 1, order
        assert await is_gapless(fresh_portal, thread_id, 2), order
        fresh_portal.clock.pass_by(minutes=1)


async def test_the_same_thread_twice_at_once_is_one(fresh_portal: Portal, superuser: asyncpg.Connection) -> None:
    for order in orders():
        before = await counted(fresh_portal)
        send, thread_id = first_message(fresh_portal, BREATH)
        answers = await sent_in(order, fresh_portal, superuser, [send, send])
        assert sorted(answers) == [False, True], order
        after = await counted(fresh_portal)
        assert (after.threads - before.threads, after.messages - before.messages) == (1, 1), order
        assert after.escalations - before.escalations == 1, order
        assert await is_gapless(fresh_portal, thread_id, 1), order
        fresh_portal.clock.pass_by(minutes=1)


async def test_of_two_contents_at_once_under_one_id_one_is_stored(
    fresh_portal: Portal, superuser: asyncpg.Connection
) -> None:
    for order in orders():
        start, thread_id = first_message(fresh_portal, CALM)
        await start(fresh_portal.site)
        message_id = MessageId(RandomIds().new())
        sends = [_as_alice(fresh_portal, thread_id, message_id, body) for body in (CALM, BREATH)]
        stored, refused = sorted(
            await sent_in(order, fresh_portal, superuser, sends), key=lambda each: isinstance(each, Exception)
        )
        assert stored is True, order
        assert isinstance(refused, DifferentBody), order
        assert await is_gapless(fresh_portal, thread_id, 2), order
        fresh_portal.clock.pass_by(minutes=1)


def _as_alice(portal: Portal, thread_id: ThreadId, message_id: MessageId, body: str) -> Send:
    parcel = Parcel(message_id=message_id, body=body)

    async def send(site: Site) -> bool:
        return (await sending.send_message(site, walks.caller(portal, "alice"), thread_id, parcel)).is_new

    return send
