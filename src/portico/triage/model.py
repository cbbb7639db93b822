"""What goes into the reading of a message and what comes out of it. Pure values."""

from collections.abc import Mapping
from typing import Literal

import msgspec

Level = Literal["emergency", "call_now", "same_day", "routine"]

LEVELS: tuple[Level, ...] = ("emergency", "call_now", "same_day", "routine")
"""Most urgent first."""

RANK: Mapping[Level, int] = {level: rank for rank, level in enumerate(LEVELS)}


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What a patient, or somebody for them, wrote; and what is known about their latest procedure."""

    subject: str
    body: str
    days_since_procedure: int | None
    """None = unknown, or no procedure yet."""
    region: str | None
    """A region code of `clinical.md` section 9, of the latest procedure."""
    captions: tuple[str, ...] = ()


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Which characters of which field gave rise to which row. Holds offsets, never the words."""

    field: str
    """`subject`, `body`, `caption-0`, `caption-1` …"""
    start: int
    end: int
    row: str
    why: str
    """The family of the lexicon that matched, such as `breath.short`."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What the reader concludes: a level and what it rests on."""

    level: Level
    rows: tuple[str, ...]
    """T1 … T26 of `clinical.md` section 5, the most urgent first; empty when nothing was found."""
    spans: tuple[Span, ...]
    version: str


def higher(one: Level, other: Level) -> Level:
    """The more urgent of two levels."""
    return one if RANK[one] <= RANK[other] else other
