"""Nobody's message is lost, doubled or out of order while app, workers and database are killed under them."""

import asyncio
import random

import pytest

from tests.planted import Planted
from tests.torture import checks
from tests.torture.clients import Client, Ledger, signed_in
from tests.torture.correspondence import Correspondent, Mailbag
from tests.torture.processes import Installation, installed, kill_until, minutes_of_run, seed_of_run

pytestmark = pytest.mark.alone

PEOPLE = ("alice", "bob", "dana", "eli", "finn", "grace", "hugo", "iris", "nora", "dr.adams")


async def test_messages_survive_a_minute_of_sudden_deaths() -> None:
    await _torture(60)


@pytest.mark.soak
async def test_messages_survive_many_minutes_of_sudden_deaths() -> None:
    await _torture(60 * minutes_of_run())


async def _torture(seconds: float) -> None:
    chance, planted = random.Random(seed_of_run()), Planted()
    ledger = Ledger()
    bag = Mailbag(ledger=ledger, phrase=planted.phrase("words"))
    async with installed() as place, signed_in(place, PEOPLE, chance, ledger) as clients:
        await _everything_happens(place, clients, bag, chance, seconds)
        await checks.all_mail_is_out(place)
        lost = await checks.message_faults(place, bag)
        faults = [
            *await checks.reading_faults(clients, bag),
            *await checks.escalation_faults(place, bag),
            *await checks.audit_faults(place, bag),
            *await checks.mark_faults(place, bag),
            *await checks.mail_faults(place),
        ]
        await place.end()
        faults += await checks.phrase_faults(place, planted)
    print(
        f"counted: {ledger.operations} operations, {len(bag.told)} messages acknowledged, {len(place.mail.taken)} mails,"
        f" kills {dict(place.kills)}, {ledger.replies_lost} replies lost,"
        f" ambiguous {dict(ledger.ambiguous)}, lost {len(lost)}"
    )
    assert lost == []
    assert faults == []
    assert ledger.wrong == []
    assert len(bag.told) > place.kills.total(), "too little happened to prove anything"
    assert all(place.kills[kind] for kind in ("app", "worker", "postgres"))


async def _everything_happens(
    place: Installation, clients: list[Client], bag: Mailbag, chance: random.Random, seconds: float
) -> None:
    is_over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for client in clients:
            group.create_task(Correspondent(client=client, bag=bag).go_on(is_over))
        await kill_until(place, chance, done=lambda: len(bag.told), seconds=seconds)
        is_over.set()
