"""Who may send large files at once: bounded for the process, each address and each account, and only while bytes come."""

import asyncio

import pytest

from portico.platform.upload_slots import (
    AT_ONCE,
    AT_ONCE_PER_ACCOUNT,
    AT_ONCE_PER_PEER,
    WINDOW_BYTES,
    Sender,
    UploadSlots,
)


def sender(account: int, peer: int) -> Sender:
    return Sender(account=str(account), peer=str(peer))


def keep() -> None:
    """Nothing to drop."""


@pytest.mark.parametrize(
    ("senders", "most"),
    [
        ([sender(0, n) for n in range(20)], AT_ONCE_PER_ACCOUNT),
        ([sender(n, 0) for n in range(20)], AT_ONCE_PER_PEER),
        ([sender(n, n) for n in range(20)], AT_ONCE),
    ],
    ids=["account", "address", "process"],
)
async def test_slots_are_bounded_and_come_back(senders: list[Sender], most: int) -> None:
    slots = UploadSlots()
    taken = [slot for each in senders if (slot := slots.take(each, keep))]
    assert len(taken) == slots.taken == most
    taken[0].end()
    taken[0].end()
    assert slots.take(senders[0], keep) is not None
    assert slots.taken == most
    for slot in taken:
        slot.end()


async def test_who_brings_nothing_loses_the_slot() -> None:
    slots = UploadSlots(window_seconds=0)
    dropped = asyncio.Event()
    assert slots.take(sender(1, 1), dropped.set) is not None
    await asyncio.wait_for(dropped.wait(), 5)
    assert slots.taken == 0


async def test_bytes_of_an_earlier_window_do_not_count() -> None:
    slots = UploadSlots(window_seconds=3600)
    dropped: list[str] = []
    slot = slots.take(sender(1, 1), lambda: dropped.append("dropped"))
    assert slot is not None
    slot.count(WINDOW_BYTES)
    slot.look()
    assert (slots.taken, dropped) == (1, [])
    slot.count(WINDOW_BYTES - 1)
    slot.look()
    assert (slots.taken, dropped) == (0, ["dropped"])
