"""No code works twice, no acknowledged file is missing, no letter is lost, while everything is killed under newcomers."""

import asyncio
import random

import pytest

from tests.planted import Planted
from tests.torture import checks
from tests.torture.clients import Ledger, signed_in
from tests.torture.newcomers import Entries, FrontDesk, entry_faults
from tests.torture.processes import installed, kill_until, seed_of_run

pytestmark = [pytest.mark.alone, pytest.mark.soak]

STAFF = ("nora", "fred", "anna")
KILLS = 100
_LONGEST = 1800


async def test_newcomers_survive_a_hundred_kills() -> None:
    chance, planted, ledger = random.Random(seed_of_run()), Planted(), Ledger()
    entries = Entries(ledger=ledger, phrase=planted.phrase("words"))
    async with installed() as place, signed_in(place, STAFF, chance, ledger) as clients:
        is_over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for client in clients:
                desk = FrontDesk(place=place, client=client, entries=entries, name=client.name)
                group.create_task(desk.go_on(is_over))
            await kill_until(place, chance, done=lambda: ledger.answered, seconds=_LONGEST, most=KILLS)
            is_over.set()
        await checks.all_mail_is_out(place)
        lost = await entry_faults(place, entries, chance)
        faults = await checks.mail_faults(place)
        await place.end()
    print(
        f"counted: {ledger.operations} operations, {sum(entries.letters_due.values())} letters due, {len(entries.used)} codes,"
        f" {len(entries.files)} files, kills {dict(place.kills)}, {ledger.replies_lost} replies lost,"
        f" ambiguous {dict(ledger.ambiguous)}, lost {len(lost)}"
    )
    assert lost == []
    assert faults == []
    assert ledger.wrong == []
    assert place.kills.total() == KILLS
    assert len(entries.files) > KILLS / 4, "too little happened to prove anything"
