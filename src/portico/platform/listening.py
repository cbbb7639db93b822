"""One connection of this process that hears what changed. Its own death is noticed, and then everybody looks again."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from portico.platform.logs import log
from portico.platform.signals import CHANNEL, Change, change_of

PROBE_SECONDS: Final = 15.0
"""How often a silent connection is asked whether it is still there."""
PAUSES: Final = (0.1, 0.5, 2.0, 5.0)
"""How long to wait before connecting again, longer each time."""

Heard = Callable[[Change], None]


class Listener:
    """Hears changes until it is stopped. `on_gap` is called whenever changes may have been missed."""

    def __init__(self, dsn: str, on_change: Heard, on_gap: Callable[[], None]) -> None:
        self._dsn = dsn
        self._on_change = on_change
        self._on_gap = on_gap

    async def run(self) -> None:
        """Listens, and connects again for as long as it is not cancelled."""
        failures = 0
        while True:
            try:
                await self._listen()
                failures = 0
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
                log("listener-lost", error=type(error).__name__)
                failures += 1
            await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])

    async def _listen(self) -> None:
        """Returns once the connection is found dead. Raises what the database or the network says."""
        connection = await asyncpg.connect(
            self._dsn, timeout=5, server_settings={"application_name": "portico-listener"}
        )
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, self._heard)
            # What was said while nobody listened is lost.
            self._on_gap()
            while not lost.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(lost.wait(), timeout=PROBE_SECONDS)
                if not lost.is_set():
                    await connection.execute("select 1", timeout=5)
        finally:
            connection.terminate()

    def _heard(
        self, connection: "asyncpg.Connection | PoolConnectionProxy", pid: int, channel: str, payload: object
    ) -> None:
        del connection, pid, channel
        change = change_of(str(payload))
        if change is not None:
            self._on_change(change)
