"""Measuring the same at one size after another, in one database that grows."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, TypeVar

import asyncpg

from benchmarks.server import House

SIZES: Final = (1_000, 100_000, 1_000_000)
GROWTH: Final = 1.5
"""What a page of the largest may cost, as a multiple of one of the smallest."""

Measured = TypeVar("Measured")
Fill = Callable[[asyncpg.Connection, House, int, int], Awaitable[None]]
"""Adds rows, from how many there are to how many there shall be."""


async def at_each_size(
    house: House, fill: Fill, measure: Callable[[House, int], AsyncIterator[Measured]]
) -> list[Measured]:
    """Fills the database step by step and measures at each of SIZES."""
    found: list[Measured] = []
    connection = await asyncpg.connect(house.admin)
    try:
        for there, size in zip((0, *SIZES), SIZES, strict=False):
            await fill(connection, house, there, size)
            found += [each async for each in measure(house, size)]
    finally:
        await connection.close()
    return found
