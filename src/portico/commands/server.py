"""Running the web server and the worker in this process, and stopping both without losing a request."""

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, cast

import uvicorn

from portico.errors import StartupRefused
from portico.platform.web import Shell
from portico.settings import Settings

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application

GRACE_SECONDS = 2
"""How long open requests may take to finish once the process is told to stop."""
LAST_CALL_SECONDS = 0.5
"""How long before that a connection on which nothing is asked stays open: its next request may be on the way."""


_LOOKS = 25


class AnnouncingServer(uvicorn.Server):
    """A server that says when it can be reached, and leaves nobody without an answer."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None], leave: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce
        self._leave = leave

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes no new connections, answers what comes on the open ones, and only then closes those that are idle.

        Uvicorn alone closes a connection at once when nothing is being answered on it: a request that was on the way
        then, or had just arrived, would be lost.
        """
        self._leave()
        # Whoever has connected already is let in before the door is closed.
        await asyncio.sleep(0)
        for server in self.servers:
            server.close()
        for _ in range(_LOOKS):
            if self.server_state.connections and not self.force_exit:
                await asyncio.sleep(LAST_CALL_SECONDS / _LOOKS)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn's own raises the signal again once the server has stopped, and the process would end on the spot:

        before the worker has put down what it has in hand, and with a code that tells of a failure.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def server_for(app: Shell, settings: Settings, announce: Callable[[], None]) -> AnnouncingServer:
    """A server of this application: no access log (addresses hold ids), no `Server` header, bounded waits."""
    config = uvicorn.Config(
        cast("ASGI3Application", app),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=settings.trusted_proxy is not None,
        forwarded_allow_ips=settings.trusted_proxy or "",
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=32 * 1024,
        lifespan="on",
    )
    return AnnouncingServer(config, announce, app.leave)


async def run_until_stopped(
    server: uvicorn.Server,
    sockets: Sequence[socket.socket],
    worker: Callable[[asyncio.Event], asyncio.Task[None]] | None,
) -> None:
    """Serves until a signal; then lets requests finish, stops the worker, and returns."""
    stop = asyncio.Event()
    task = worker(stop) if worker is not None else None
    try:
        await server.serve(sockets=list(sockets))
    finally:
        stop.set()
        if task is not None:
            with contextlib.suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(task, timeout=GRACE_SECONDS)


def loopback_sockets(host: str, port: int) -> list[socket.socket]:
    """Listening sockets on both loopback addresses, so that `localhost` works however it resolves.

    Raises StartupRefused for any other address and for a port that is taken.
    """
    if host not in ("localhost", "127.0.0.1", "::1"):
        message = "The demo listens on this machine only; --host must be localhost."
        raise StartupRefused(message)
    listening = [_listen(socket.AF_INET, "127.0.0.1", port)]
    if socket.has_ipv6:
        # A machine without IPv6 loopback still serves the demo on 127.0.0.1.
        with contextlib.suppress(OSError):
            listening.append(_bound(socket.AF_INET6, "::1", listening[0].getsockname()[1]))
    return listening


def at_once(listening: socket.socket) -> None:
    """Connections send what they have: else the body of an answer waits 40 ms for the receipt of its headers.

    Connections inherit it. The event loop sets it by itself only on sockets that name their protocol.
    """
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _listen(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    try:
        return _bound(family, address, port)
    except OSError as error:
        message = f"Port {port} cannot be used ({error.strerror}); choose another with --port."
        raise StartupRefused(message) from error


def _bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        at_once(made)
        made.bind((address, port))
        made.listen(256)
    except OSError:
        made.close()
        raise
    return made
