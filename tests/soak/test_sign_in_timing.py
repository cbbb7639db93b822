"""Known and unknown addresses take the same time to be refused: 200 interleaved trials over HTTP in production's limits."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median

import httpx
import pytest

from portico.accounts.passwords import Passwords
from portico.platform.content import load_content
from portico.platform.rate_limit import Limit
from tests.accounts.entrance import PASSWORD, Browser, Entrance, Kit, Urls, opened_entrance, with_limits

TRIALS = 200
TOLERANCE = 0.10

pytestmark = [pytest.mark.soak, pytest.mark.alone]


@pytest.fixture
async def open_entrance(database_urls: Urls, tmp_path: Path) -> AsyncIterator[Entrance]:
    """A portal whose limits do not cut the trials short."""
    passwords = Passwords()
    kit = Kit(load_content(), passwords, await passwords.hash(PASSWORD))
    async with opened_entrance(database_urls, tmp_path, kit) as entrance:
        wide = dict.fromkeys(("account_at_address", "account", "address"), Limit(10**6, 60).tries)
        yield with_limits(entrance, **wide)


async def seconds(client: httpx.AsyncClient, email: str) -> float:
    started = time.perf_counter()
    answer = await client.post("/api/session", json={"email": email, "password": "wrong"})
    taken = time.perf_counter() - started
    assert answer.status_code == 401
    return taken


async def medians(entrance: Entrance, known: str) -> tuple[float, float]:
    client = Browser(entrance.client()).client
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for trial in range(TRIALS):
        first, second = ("known", "unknown") if trial % 2 else ("unknown", "known")
        for kind in (first, second):
            email = known if kind == "known" else entrance.email(f"nobody{trial}")
            times[kind].append(await seconds(client, email))
    return median(times["known"]), median(times["unknown"])


async def test_a_stopwatch_does_not_tell_known_from_unknown_addresses(open_entrance: Entrance) -> None:
    alice = await open_entrance.alice()
    await medians_once_warm(open_entrance, alice.email)
    for attempt in range(2):
        known, unknown = await medians(open_entrance, alice.email)
        difference = abs(known - unknown) / max(known, unknown)
        print(f"medians: known {known * 1000:.1f} ms, unknown {unknown * 1000:.1f} ms, differ by {difference:.1%}")
        if difference <= TOLERANCE:
            return
        assert attempt == 0, f"the medians differ by {difference:.1%}"


async def medians_once_warm(entrance: Entrance, known: str) -> None:
    """Connections, prepared statements and caches exist before anything is measured."""
    client = entrance.client()
    for _ in range(5):
        await seconds(client, known)
        await seconds(client, entrance.email("nobody"))
