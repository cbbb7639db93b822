"""The stream of hints: what each reader hears, and when a stream ends."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from portico.access import Caller, SystemScope
from portico.accounts.model import Cookie
from portico.accounts.people import make_staff
from portico.accounts.rules import cookie_of
from portico.accounts.sessions import visit_of
from portico.commands.server import loopback_sockets, server_for
from portico.messaging.streams import BEAT, STREAMS_OF_ACCOUNT, Hub, TooManyStreams
from portico.platform.signals import Change
from tests import walks
from tests.databases import Databases
from tests.messaging.practice import WORRIED, messages, practice_reader, started, write
from tests.portal import Portal, open_portal

PATIENCE = 10


class Follower:
    """Somebody who follows a hub's stream line by line."""

    def __init__(self, hub: Hub, caller: Caller, cookie: Cookie) -> None:
        self._lines = hub.lines(hub.join(caller, cookie))

    async def next(self) -> bytes | None:
        """The next line; None at the end."""
        try:
            return await asyncio.wait_for(anext(self._lines), PATIENCE)
        except StopAsyncIteration:
            return None

    async def event(self) -> tuple[str, Any]:
        """The next event, which is no sign of life."""
        while (line := await self.next()) in (b"retry: 3000\n\n", BEAT):
            continue
        assert line is not None
        name, data = line.decode().strip().split("\n")
        return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


@pytest.fixture
async def hub(fresh_portal: Portal) -> AsyncIterator[Hub]:
    made = Hub(fresh_portal.site)
    yield made
    made.close()


async def joined(portal: Portal, hub: Hub, name: str) -> Follower:
    """The person's stream, with the session that they have in the portal."""
    persona = await portal.as_(name)
    cookie = cookie_of(next(iter(persona.http.cookies.values())))
    visit = await visit_of(portal.site.db, cookie, is_activity=True)
    assert visit is not None
    assert cookie is not None
    return Follower(hub, Caller(actor=visit.actor, request_id="test", peer=None), cookie)


async def follow(portal: Portal, hub: Hub, name: str) -> Follower:
    """The person's stream, past its first event and the listener's own first one."""
    follower = await joined(portal, hub, name)
    assert (await follower.event())[0] == "resync"
    return follower


async def listening(portal: Portal, hub: Hub) -> None:
    """Returns once the hub hears the database."""
    first = await follow(portal, hub, "nora")
    assert (await first.event())[0] == "resync"


async def test_a_reader_hears_what_changed_and_may_be_seen_and_nobody_else_does(fresh_portal: Portal, hub: Hub) -> None:
    portal = fresh_portal
    await listening(portal, hub)
    names = ("alice", "bob", "nora", "fred", "anna", "carol", "dr.baker")
    followers = {name: await follow(portal, hub, name) for name in names}
    alice = await portal.as_("alice")
    desk = await started(alice, alice.own, topic="billing")
    nurses = await started(alice, alice.own)
    seen = [await followers["nora"].event() for _ in range(2)]
    # Who sees both has heard both, so everybody has been told.
    hub.beat()
    heard = {name: await _until_beat(follower) for name, follower in followers.items()}
    heard["nora"] = [*seen, *heard["nora"]]
    both, none = [("hint", {"kind": "thread", "id": each}) for each in (desk, nurses)], list[Any]()
    assert heard == {
        "alice": both,
        "nora": both,
        "fred": both[:1],
        "bob": none,
        "anna": none,
        "carol": none,
        "dr.baker": none,
    }


async def _until_beat(follower: Follower) -> list[tuple[str, Any]]:
    """Hints that come before a look at nothing new; the beat is told after them."""
    heard: list[tuple[str, Any]] = []
    while (line := await follower.next()) not in (BEAT, None):
        assert line is not None
        name, data = line.decode().strip().split("\n")
        heard.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return heard


async def test_the_first_event_has_the_counters_of_the_lists(fresh_portal: Portal, hub: Hub) -> None:
    alice = await fresh_portal.as_("alice")
    await started(alice, alice.own, WORRIED)
    await started(alice, alice.own)
    follower = await joined(fresh_portal, hub, "nora")
    name, counters = await follower.event()
    assert (name, counters) == ("resync", {"unread": 2, "inbox": {"same_day": 1, "routine": 1}})


async def test_staff_hear_of_an_escalation(fresh_portal: Portal, hub: Hub) -> None:
    await listening(fresh_portal, hub)
    nora, alice = await follow(fresh_portal, hub, "nora"), await fresh_portal.as_("alice")
    await started(alice, alice.own, WORRIED)
    assert {(await nora.event())[1]["kind"] for _ in range(2)} == {"thread", "escalation"}


async def test_a_stream_ends_with_its_session(fresh_portal: Portal, hub: Hub) -> None:
    follower = await follow(fresh_portal, hub, "alice")
    await (await fresh_portal.as_("alice")).send("DELETE", "/api/session")
    hub.beat()
    assert [line async for line in follower._lines] == []


async def test_waiting_is_no_activity(fresh_portal: Portal, hub: Hub) -> None:
    follower = await follow(fresh_portal, hub, "alice")
    for minutes in (10, 9):
        fresh_portal.clock.pass_by(minutes=minutes)
        hub.miss()
        assert (await follower.event())[0] == "resync"
    fresh_portal.clock.pass_by(minutes=1)
    hub.beat()
    assert [line async for line in follower._lines] == []


async def test_a_stream_ends_when_the_role_changes(fresh_portal: Portal, hub: Hub) -> None:
    portal = fresh_portal
    follower = await follow(portal, hub, "nora")
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "nora"), "test")) as tx:
        await make_staff(tx, account_id=walks.caller(portal, "nora").account_id, roles=["front_desk"])
    alice = await portal.as_("alice")
    await started(alice, alice.own)
    hub.beat()
    left = [line async for line in follower._lines]
    assert [line for line in left if line.startswith(b"event: hint")] == []


async def test_an_account_has_only_so_many_streams(fresh_portal: Portal, hub: Hub) -> None:
    followers = [await follow(fresh_portal, hub, "alice") for _ in range(STREAMS_OF_ACCOUNT)]
    with pytest.raises(TooManyStreams):
        await follow(fresh_portal, hub, "alice")
    await follow(fresh_portal, hub, "bob")
    await followers[0]._lines.aclose()  # type: ignore[attr-defined]
    await follow(fresh_portal, hub, "alice")


async def test_a_stream_that_nobody_reads_is_forgotten(fresh_portal: Portal, hub: Hub) -> None:
    caller = walks.caller(fresh_portal, "alice")
    for _ in range(STREAMS_OF_ACCOUNT):
        hub.join(caller, None)
    for _ in range(2):
        hub.beat()
    hub.join(caller, None)


async def test_a_listener_that_was_cut_comes_back_and_everybody_looks_again(
    databases: Databases, fresh_portal: Portal, hub: Hub
) -> None:
    await listening(fresh_portal, hub)
    alice, nora = await fresh_portal.as_("alice"), await follow(fresh_portal, hub, "nora")
    name = fresh_portal.site.settings.database_url.rpartition("/")[2]
    superuser = await asyncpg.connect(databases.urls(name).superuser)
    try:
        cut = await superuser.fetchval(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where application_name = 'portico-listener' and datname = current_database()"
        )
    finally:
        await superuser.close()
    assert cut == 1
    thread = await started(alice, alice.own)
    seen = [await nora.event()]
    while seen[-1][0] != "resync":
        seen.append(await nora.event())
    assert seen[-1][1]["unread"] == 1
    await write(alice, thread)
    assert await nora.event() == ("hint", {"kind": "thread", "id": thread})


async def test_a_slow_reader_is_told_to_look_at_everything(fresh_portal: Portal, hub: Hub) -> None:
    await listening(fresh_portal, hub)
    nora, alice = await follow(fresh_portal, hub, "nora"), await fresh_portal.as_("alice")
    thread = UUID(await started(alice, alice.own))
    assert (await nora.event())[0] == "hint"
    for _ in range(101):
        hub.hear(Change(walks.clinic_of(fresh_portal, "nora"), "thread", thread))
    hub.beat()
    heard = await _until_beat(nora)
    assert [name for name, _ in heard] == ["resync"]


@asynccontextmanager
async def served(portal: Portal) -> AsyncIterator[tuple[str, Callable[[], Coroutine[Any, Any, float]]]]:
    """The portal on a real server on this loop, and a way to stop it that tells how many seconds it took."""
    ready = asyncio.Event()
    sockets = loopback_sockets("localhost", 0)
    server = server_for(portal.app, portal.site.settings, ready.set)
    task = asyncio.create_task(server.serve(sockets=sockets))

    async def stop() -> float:
        began = time.monotonic()
        server.should_exit = True
        await asyncio.wait_for(task, PATIENCE)
        return time.monotonic() - began

    try:
        await asyncio.wait_for(ready.wait(), PATIENCE)
        yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}", stop
    finally:
        await stop()


async def test_over_http_hints_arrive_and_the_server_stops_in_time(databases: Databases, tmp_path: Any) -> None:
    async with databases.fresh() as urls, open_portal(urls, tmp_path, reader=practice_reader) as portal:
        alice, nora = await portal.as_("alice"), await portal.as_("nora")
        async with (
            served(portal) as (address, stop),
            httpx.AsyncClient(cookies=dict(nora.http.cookies)) as browser,
            browser.stream("GET", f"{address}/api/events") as answer,
        ):
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.aiter_lines()
            assert await _first(lines, "event: ") == "event: resync"
            assert await _first(lines, "event: ") == "event: resync"
            thread = await started(alice, alice.own)
            assert thread in await _first(lines, 'data: {"kind"')
            assert len(await messages(nora, thread)) == 1
            stopping = asyncio.create_task(stop())
            assert [line async for line in lines if line] == []
            assert await stopping < 3


async def _first(lines: AsyncIterator[str], start: str) -> str:
    async for line in lines:
        if line.startswith(start):
            return line
    raise AssertionError(start)
