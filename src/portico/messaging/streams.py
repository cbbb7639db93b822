"""Streams of hints: who is at one, what they are told, and when one ends. A hint is never the truth, only a reason to look.

One hub for each process. What a stream misses, because it was slow or the listener was cut, it hears as `resync`.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final, Literal

import msgspec

from portico.access import Actor, Caller, Permission
from portico.accounts.model import Cookie
from portico.accounts.sessions import visit_of
from portico.errors import DomainError, NotAllowed, NotFound, TooManyRequests
from portico.escalation import queries as escalation_queries
from portico.ids import EscalationId, ThreadId
from portico.messaging.actions import seen_thread
from portico.messaging.marks import Counters, counters_in
from portico.platform.database import Tx
from portico.platform.listening import Listener
from portico.platform.signals import Change
from portico.platform.site import Site

STREAMS_OF_ACCOUNT: Final = 5
"""Streams that one account may have open in one process: tabs and devices."""
HEARTBEAT_SECONDS: Final = 15.0
QUEUE_LENGTH: Final = 100
"""Hints that wait for a slow reader; with more it is told to look at everything."""

Word = Literal["beat", "resync", "end"]

RETRY = b"retry: 3000\n\n"
BEAT = b": still here\n\n"


class TooManyStreams(TooManyRequests):
    """This account has as many streams open as it may."""

    code = "too-many-streams"

    def __init__(self) -> None:
        message = f"At most {STREAMS_OF_ACCOUNT} pages can wait for news at once. Close one."
        super().__init__(message, retry_after=60)


class Hint(msgspec.Struct, frozen=True):
    """Something changed that the reader may see."""

    kind: str
    id: str


class Stream:
    """One open connection of one person."""

    def __init__(self, caller: Caller, cookie: Cookie | None) -> None:
        self.caller = caller
        self.cookie = cookie
        self.beats_unstarted = 0
        self.is_started = False
        self._waiting: asyncio.Queue[Change | Word] = asyncio.Queue()

    def tell(self, what: Change | Word) -> None:
        """Leaves word; one that is told too much looks at everything instead."""
        if self._waiting.qsize() >= QUEUE_LENGTH and what != "end":
            while not self._waiting.empty():
                self._waiting.get_nowait()
            what = "resync"
        self._waiting.put_nowait(what)

    async def heard(self) -> list[Change | Word]:
        """All that was told since last time, each once; waits for something."""
        found: list[Change | Word] = [await self._waiting.get()]
        while not self._waiting.empty():
            found.append(self._waiting.get_nowait())
        return list(dict.fromkeys(found))


class Hub:
    """Every stream of this process, and the one connection that hears for them. Starts with the first stream."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._streams: list[Stream] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._is_closed = False

    def join(self, caller: Caller, cookie: Cookie | None) -> Stream:
        """A new stream of this person. Raises TooManyStreams."""
        if sum(each.caller.account_id == caller.account_id for each in self._streams) >= STREAMS_OF_ACCOUNT:
            raise TooManyStreams
        stream = Stream(caller, cookie)
        if self._is_closed:
            stream.tell("end")
            return stream
        self._start()
        self._streams.append(stream)
        return stream

    def leave(self, stream: Stream) -> None:
        """The stream has ended."""
        if stream in self._streams:
            self._streams.remove(stream)

    def close(self) -> None:
        """Ends every stream at once, and every later one; called when the process is told to stop."""
        self._is_closed = True
        for stream in self._streams:
            stream.tell("end")
        for task in self._tasks:
            task.cancel()

    def beat(self) -> None:
        """Time for each stream to show that it lives and to look whether it still may."""
        for stream in tuple(self._streams):
            stream.tell("beat")
            # A connection that was cut before its answer began is never read.
            stream.beats_unstarted += not stream.is_started
            if stream.beats_unstarted > 1:
                self.leave(stream)

    def hear(self, change: Change) -> None:
        """Passes a change on to the streams of its clinic."""
        for stream in self._streams:
            if stream.caller.actor.clinic_id == change.clinic_id:
                stream.tell(change)

    def miss(self) -> None:
        """Something may have been missed: everybody looks at everything."""
        for stream in self._streams:
            stream.tell("resync")

    async def lines(self, stream: Stream) -> AsyncIterator[bytes]:
        """What the stream sends: first the counters, then hints; it ends with the session, the role, or the process."""
        stream.is_started = True
        try:
            yield RETRY
            yield await self._resync(stream)
            while True:
                heard = await stream.heard()
                if "end" in heard or not await self._may_go_on(stream):
                    return
                for line in await self._told(stream, heard):
                    yield line
        except DomainError:
            # The database is away: the reader comes back, and is told to look at everything.
            return
        finally:
            self.leave(stream)

    def _start(self) -> None:
        if not self._tasks:
            listener = Listener(self._site.settings.database_url, self.hear, self.miss)
            self._tasks = [asyncio.create_task(listener.run()), asyncio.create_task(self._keep_beating())]

    async def _keep_beating(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            self.beat()

    async def _may_go_on(self, stream: Stream) -> bool:
        """Whether the session lives and is that of the same person with the same rights."""
        visit = await visit_of(self._site.db, stream.cookie, is_activity=False)
        return visit is not None and visit.state == "signed-in" and visit.actor == stream.caller.actor

    async def _told(self, stream: Stream, heard: Iterable[Change | Word]) -> list[bytes]:
        told = list(heard)
        beat = [BEAT] if "beat" in told else []
        if "resync" in told:
            return [await self._resync(stream), *beat]
        return [*await self._hints(stream, [each for each in told if isinstance(each, Change)]), *beat]

    async def _hints(self, stream: Stream, changes: Sequence[Change]) -> list[bytes]:
        if not changes:
            return []
        async with self._site.db.transaction(stream.caller.scope) as tx:
            seen = [each for each in changes if await may_see(tx, stream.caller, each)]
        return [_event("hint", Hint(each.kind, str(each.id))) for each in seen]

    async def _resync(self, stream: Stream) -> bytes:
        async with self._site.db.transaction(stream.caller.scope) as tx:
            return _event("resync", await _counters(tx, stream.caller))


async def may_see(tx: Tx, caller: Caller, change: Change) -> bool:
    """Whether this person may know of the thing that changed."""
    if change.kind == "thread":
        try:
            await seen_thread(tx, caller, ThreadId(change.id))
        except (NotFound, NotAllowed):
            return False
        return True
    if change.kind == "escalation" and _may_list(caller.actor):
        return await escalation_queries.listed(tx, EscalationId(change.id)) is not None
    return False


def _may_list(actor: Actor) -> bool:
    return actor.may(Permission.LIST_ESCALATIONS)


async def _counters(tx: Tx, caller: Caller) -> Counters:
    try:
        return await counters_in(tx, caller)
    except NotAllowed:
        return Counters(unread=0, inbox={})


def _event(name: str, data: object) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"
