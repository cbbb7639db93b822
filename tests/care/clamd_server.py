"""A virus scanner that speaks clamd's INSTREAM over TCP or a Unix socket, and knows one virus: the EICAR test text."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.care.made_files import EICAR


@dataclass
class FakeClamd:
    """What it was given so far; silent while `is_silent`, and with a limit on sizes like the real one."""

    address: str = ""
    scanned: list[bytes] = field(default_factory=list)
    is_silent: bool = False
    limit: int = 25 * 1024 * 1024

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One scan."""
        try:
            assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
            content = b""
            while size := int.from_bytes(await reader.readexactly(4)):
                content += await reader.readexactly(size)
            if self.is_silent:
                await reader.read()
                return
            self.scanned.append(content)
            writer.write(self._reply(content))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _reply(self, content: bytes) -> bytes:
        if len(content) > self.limit:
            return b"INSTREAM size limit exceeded. ERROR\0"
        return b"stream: Eicar-Test-Signature FOUND\0" if EICAR.encode() in content else b"stream: OK\0"


@asynccontextmanager
async def running_clamd(socket: Path | None = None, port: int = 0) -> AsyncIterator[FakeClamd]:
    """A scanner for as long as the block runs."""
    clamd = FakeClamd()
    if socket is not None:
        server = await asyncio.start_unix_server(clamd.serve, socket)
        clamd.address = f"unix://{socket}"
    else:
        server = await asyncio.start_server(clamd.serve, "127.0.0.1", port)
        clamd.address = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield clamd
