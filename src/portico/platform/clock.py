"""The only sources of time and of new identifiers; tests pass their own."""

from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID, uuid4


class Clock(Protocol):
    """Tells the present instant, always in UTC."""

    def now(self) -> datetime: ...


class Ids(Protocol):
    """Makes identifiers that nobody has used."""

    def new(self) -> UUID: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class RandomIds:
    """Random UUIDs (RFC 9562, version 4)."""

    def new(self) -> UUID:
        return uuid4()
