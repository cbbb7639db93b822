"""Who may send large files at the same time: a few in one process, fewer from one address or account, none that stalls.

A slot bounds memory. Texts and small files never need one, so nobody's words wait for somebody else's photos.
"""

import asyncio
from collections.abc import Callable

import msgspec

AT_ONCE = 8
"""Forms with large files that one process reads at the same time; each holds its files in memory."""
AT_ONCE_PER_PEER = 4
"""From one address: a clinic's or a household's is shared, and still leaves room for everybody else."""
AT_ONCE_PER_ACCOUNT = 2
WINDOW_SECONDS = 10.0
WINDOW_BYTES = 64 * 1024
"""What a form that holds a slot must bring in each window; the slowest mobile networks bring more."""


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Whose form it is: the account, and the address that it comes from."""

    account: str
    peer: str


class UploadSlots:
    """The slots of this process. Made once; only used from its event loop."""

    def __init__(self, window_seconds: float = WINDOW_SECONDS) -> None:
        self._window_seconds = window_seconds
        self._taken: set[Slot] = set()

    @property
    def taken(self) -> int:
        """How many slots are taken now."""
        return len(self._taken)

    def take(self, sender: Sender, drop: Callable[[], None]) -> "Slot | None":
        """A slot, to be ended by its taker; None when there is none. `drop` is called when it is taken away."""
        accounts = sum(slot.sender.account == sender.account for slot in self._taken)
        peers = sum(slot.sender.peer == sender.peer for slot in self._taken)
        if len(self._taken) >= AT_ONCE or accounts >= AT_ONCE_PER_ACCOUNT or peers >= AT_ONCE_PER_PEER:
            return None
        slot = Slot(sender, drop, self._taken.discard, self._window_seconds)
        self._taken.add(slot)
        return slot


class Slot:
    """The right to hold large files in memory, for as long as they really come."""

    def __init__(
        self, sender: Sender, drop: Callable[[], None], ended: Callable[["Slot"], None], window_seconds: float
    ) -> None:
        self.sender = sender
        self._drop, self._ended = drop, ended
        self._window_seconds = window_seconds
        self._came = 0
        self._timer = self._start()

    def count(self, size: int) -> None:
        """More bytes of a file came."""
        self._came += size

    def end(self) -> None:
        """Gives the slot back; once more changes nothing."""
        self._timer.cancel()
        self._ended(self)

    def look(self) -> None:
        """The window is over: takes the slot away unless enough came in it."""
        if self._came < WINDOW_BYTES:
            self.end()
            self._drop()
            return
        self._came = 0
        self._timer = self._start()

    def _start(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(self._window_seconds, self.look)
