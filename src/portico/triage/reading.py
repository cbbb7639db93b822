"""The level of a message: every message is for the same day until the rules of reading are in place."""

from typing import Literal

import msgspec

Level = Literal["emergency", "call_now", "same_day", "routine"]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What a patient wrote, and how long after which procedure; None where that is unknown."""

    subject: str
    body: str
    days_since_procedure: int | None
    region: str | None
    captions: tuple[str, ...] = ()


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Where something stands that a row speaks of: a field of the message and offsets into it."""

    field: str
    start: int
    end: int
    row: str
    why: str


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """The level, the rows that fired (`T8`), where, and by which version of the reader."""

    level: Level
    rows: tuple[str, ...]
    spans: tuple[Span, ...]
    version: str


def read(message: Message) -> Reading:
    """The highest level of all rows that fire."""
    del message
    return Reading(level="same_day", rows=("T18",), spans=(), version="0")


def rules_of(reading: Reading) -> tuple[str, ...]:
    """The rules of the clinic that the reading fires (`ST08`)."""
    return ("ST18",) if reading.rows else ()


def guidance_keys(reading: Reading) -> tuple[str, ...]:
    """Which texts tell the patient what to do now, the most urgent first."""
    return ("sd.call",) if reading.rows else ("ro.ack",)
