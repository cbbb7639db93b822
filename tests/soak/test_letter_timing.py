"""Known and unknown addresses are answered in the same time by a database that waits for its disk: resets, registrations."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from statistics import median

import asyncpg
import pytest

from portico.accounts.passwords import Passwords
from portico.platform.content import load_content
from tests.accounts.entrance import PASSWORD, Entrance, Kit, opened_entrance, with_limits
from tests.accounts.mailbox import BORN, NEW_PASSWORD, open_clinic
from tests.databases import VERSIONS, DatabaseUrls, databases_of

TRIALS = 200
SLOW_DISK = 20_000
"""Microseconds that each commit waits before the disk, so that one wait more or less cannot hide in a fast disk's noise."""
PEOPLE = 20
TOLERANCE = 0.10

pytestmark = [pytest.mark.soak, pytest.mark.alone]

Ask = Callable[[Entrance, str], Awaitable[float]]


@pytest.fixture(params=[0, SLOW_DISK], ids=["fast disk", "slow disk"])
async def durable_entrance(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Entrance]:
    """A portal on a disk, whose limits do not cut the trials short."""
    passwords = Passwords()
    kit = Kit(load_content(), passwords, await passwords.hash(PASSWORD))
    async with (
        databases_of(max(VERSIONS), durable=True) as databases,
        databases.fresh() as urls,
    ):
        await slow_down(urls, request.param)
        async with opened_entrance(urls, tmp_path, kit) as entrance:
            yield with_limits(entrance, letter_to_address=10**6, letter_from_address=10**6)


async def slow_down(urls: DatabaseUrls, microseconds: int) -> None:
    """Every later connection waits this long before the disk of each commit that waits for it at all."""
    connection = await asyncpg.connect(urls.superuser)
    try:
        await connection.execute(f"alter database {urls.name} set commit_delay = {microseconds}")
        await connection.execute(f"alter database {urls.name} set commit_siblings = 0")
    finally:
        await connection.close()


async def patient_with_account(entrance: Entrance, name: str) -> str:
    person = await entrance.account(name, patient_id=await entrance.patient(name))
    return person.email


async def seconds_of_reset(entrance: Entrance, email: str) -> float:
    started = time.perf_counter()
    answer = await entrance.client().post("/api/password-resets", json={"email": email})
    taken = time.perf_counter() - started
    assert answer.status_code == 202
    return taken


async def seconds_of_registration(entrance: Entrance, email: str) -> float:
    body = {"clinic": f"north-{entrance.tag}", "email": email, "name": "Ann New", "bornOn": BORN.isoformat()}
    started = time.perf_counter()
    answer = await entrance.client().post("/api/registrations", json=body | {"password": NEW_PASSWORD})
    taken = time.perf_counter() - started
    assert answer.status_code == 202, answer.text
    return taken


async def medians(entrance: Entrance, ask: Ask, known: list[str], unknown: list[str]) -> tuple[float, float]:
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for trial in range(TRIALS):
        pair = [("known", known[trial % PEOPLE]), ("unknown", unknown[trial % PEOPLE])]
        for kind, email in pair if trial % 2 else reversed(pair):
            times[kind].append(await ask(entrance, email))
    return median(times["known"]), median(times["unknown"])


@pytest.mark.parametrize("ask", [seconds_of_reset, seconds_of_registration])
async def test_a_stopwatch_does_not_tell_whose_letter_was_sent(durable_entrance: Entrance, ask: Ask) -> None:
    await open_clinic(durable_entrance)
    known = [await patient_with_account(durable_entrance, f"alice{n}") for n in range(PEOPLE)]
    unknown = [durable_entrance.email(f"nobody{n}") for n in range(PEOPLE)]
    for email in (*known, *unknown):
        await ask(durable_entrance, email)
    for attempt in range(2):
        of_known, of_unknown = await medians(durable_entrance, ask, known, unknown)
        difference = abs(of_known - of_unknown) / max(of_known, of_unknown)
        told = f"known {of_known * 1000:.2f} ms, unknown {of_unknown * 1000:.2f} ms, differ by {difference:.1%}"
        print(f"counted: {ask.__name__}: medians {told}")
        if difference <= TOLERANCE:
            return
        assert attempt == 0, told
