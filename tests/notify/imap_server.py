"""A real IMAP server on loopback (pymap) in a process of its own, and a TLS front for it."""

import asyncio
import contextlib
import imaplib
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

USER, PASSWORD = "bounces", "made-up:p@ss"
URL_PASSWORD = "made-up%3Ap%40ss"


@dataclass
class ImapServer:
    """Where it listens, and what lies in its inbox."""

    port: int

    @property
    def url(self) -> str:
        return f"imap://{USER}:{URL_PASSWORD}@127.0.0.1:{self.port}/INBOX"

    def connected(self) -> imaplib.IMAP4:
        imap = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        imap.login(USER, PASSWORD)
        imap.select("INBOX")
        return imap

    def arrives(self, *mails: bytes, at: datetime) -> None:
        """These mails come into the inbox, unread."""
        with self.connected() as imap:
            for mail in mails:
                outcome, _ = imap.append("INBOX", "", at.astimezone(UTC), mail)
                assert outcome == "OK"

    def unread(self) -> list[str]:
        """The subjects of what nobody has read."""
        with self.connected() as imap:
            [found] = imap.uid("SEARCH", "UNSEEN")[1]
            subjects = []
            for uid in (found or b"").split():
                answer = imap.uid("FETCH", uid.decode(), "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
                header = next(each[1] for each in answer if isinstance(each, tuple))
                subjects.append(header.decode().partition(":")[2].strip())
            return subjects

    def count(self) -> int:
        with self.connected() as imap:
            return len(imap.uid("SEARCH", "ALL")[1][0].split())


@asynccontextmanager
async def running_imap_server() -> AsyncIterator[ImapServer]:
    """A server with one empty inbox for as long as the block runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("pymap")
    listening = [str(program), "--host", "127.0.0.1", "--port", str(port), "--no-tls"]
    process = subprocess.Popen(  # noqa: ASYNC220 - started and left alone; nothing waits for it
        [*listening, "dict", "--demo-user", USER, "--demo-password", PASSWORD],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"]},
    )
    try:
        await _until_it_listens(port, process)
        yield ImapServer(port)
    finally:
        process.terminate()
        process.wait(10)


async def _until_it_listens(port: int, process: "subprocess.Popen[bytes]") -> None:
    async with asyncio.timeout(30):
        while True:
            assert process.poll() is None, "pymap has ended"
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)


@asynccontextmanager
async def tls_front(upstream: int, context: ssl.SSLContext) -> AsyncIterator[int]:
    """A port that ends TLS and passes bytes on: pymap has none from the start of a connection."""

    async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(65536):
                writer.write(chunk)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", upstream)
        await asyncio.gather(passed(reader, back), passed(there, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]
