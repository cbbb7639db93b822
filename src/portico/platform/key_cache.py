"""Unwrapped keys, kept in memory for a short while so that a key service is not asked for each request."""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import NamedTuple

from portico.platform.clock import Clock


class WrappedKey(NamedTuple):
    """A key as it stands in the database: what it is bound to, and its wrapped bytes.

    With the bytes in the name, a row that was rolled back and made anew, or copied to another patient, is
    never answered with a key that its own bytes do not hold.
    """

    context: bytes
    wrapped: bytes


class _Entry(NamedTuple):
    key: bytes
    until: datetime


class KeyCache:
    """Least recently used keys leave first; none is used later than `keep` after it was unwrapped."""

    def __init__(self, clock: Clock, *, size: int = 4096, keep: timedelta = timedelta(minutes=5)) -> None:
        self._clock = clock
        self._size = size
        self._keep = keep
        self._entries: OrderedDict[WrappedKey, _Entry] = OrderedDict()
        self._next_sweep = clock.now() + keep

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, name: WrappedKey) -> bytes | None:
        """The key, or None when it was never here or its time is over."""
        now = self._clock.now()
        self._sweep(now)
        entry = self._entries.get(name)
        if entry is None or entry.until <= now:
            return None
        self._entries.move_to_end(name)
        return entry.key

    def put(self, name: WrappedKey, key: bytes) -> None:
        """Keeps the key, and lets the least recently used one go when there are too many."""
        now = self._clock.now()
        self._sweep(now)
        self._entries[name] = _Entry(key, now + self._keep)
        self._entries.move_to_end(name)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def _sweep(self, now: datetime) -> None:
        if now < self._next_sweep:
            return
        self._next_sweep = now + self._keep / 5
        for name in [name for name, entry in self._entries.items() if entry.until <= now]:
            del self._entries[name]
