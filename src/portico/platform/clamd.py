"""Asking clamd whether bytes are harmful (its INSTREAM command over TCP or a Unix socket). Nothing is written to disk."""

import asyncio
import contextlib
from typing import Literal
from urllib.parse import urlsplit

from portico.errors import StartupRefused
from portico.settings import CLAMD

Verdict = Literal["clean", "infected"]

_PIECE_BYTES = 64 * 1024
_SECONDS = 20
_LONGEST_REPLY = 4096


class ScannerAway(Exception):
    """There is no verdict: the scanner does not answer, is too slow, or could not look at all of it."""


class Clamd:
    """A clamd at one address."""

    def __init__(self, address: str, seconds: float = _SECONDS) -> None:
        """Raises StartupRefused for an address that is none."""
        self._url = urlsplit(address)
        self._seconds = seconds
        is_tcp = self._url.scheme == "tcp" and self._url.hostname
        if not is_tcp and not (self._url.scheme == "unix" and self._url.path):
            message = f"{CLAMD.name} must be `tcp://host:3310` or `unix:///path/of/the/socket`."
            raise StartupRefused(message)

    async def scan(self, content: bytes) -> Verdict:
        """What the scanner says. Raises ScannerAway without a verdict; unknown never reads as clean."""
        try:
            async with asyncio.timeout(self._seconds):
                reply = await self._ask(content)
        except (OSError, TimeoutError, asyncio.LimitOverrunError, asyncio.IncompleteReadError) as error:
            raise ScannerAway from error
        if reply == b"stream: OK":
            return "clean"
        if reply.endswith(b" FOUND"):
            return "infected"
        raise ScannerAway

    async def _ask(self, content: bytes) -> bytes:
        reader, writer = await self._connect()
        try:
            writer.write(b"zINSTREAM\0")
            for start in range(0, len(content), _PIECE_BYTES):
                piece = content[start : start + _PIECE_BYTES]
                writer.write(len(piece).to_bytes(4) + piece)
                await writer.drain()
            writer.write(bytes(4))
            await writer.drain()
            return (await reader.readuntil(b"\0")).rstrip(b"\0")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._url.scheme == "unix":
            return await asyncio.open_unix_connection(self._url.path, limit=_LONGEST_REPLY)
        return await asyncio.open_connection(self._url.hostname, self._url.port or 3310, limit=_LONGEST_REPLY)
