"""Several HTTP clients at once, of few lines each, so that measuring takes little of the processor that it measures."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from benchmarks.server import COOKIE


@dataclass(frozen=True, kw_only=True)
class Session:
    """Somebody who is signed in."""

    cookie: str
    csrf_token: str


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request and the status that it must be answered with."""

    session: Session
    method: str
    path: str
    status: int
    body: bytes = b""

    @classmethod
    def put(cls, session: Session, path: str, body: object) -> "Request":
        """Something new."""
        return cls(session=session, method="PUT", path=path, status=201, body=msgspec.json.encode(body))

    @property
    def wire(self) -> bytes:
        """As it goes over the connection."""
        lines = [
            f"{self.method} {self.path} HTTP/1.1",
            "Host: portal.portico.test",
            f"Cookie: {COOKIE}={self.session.cookie}",
            f"X-CSRF-Token: {self.session.csrf_token}",
            "Content-Type: application/json",
            f"Content-Length: {len(self.body)}",
        ]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


async def run_clients(urls: Sequence[str], count: int, seconds: float, made: Callable[[], Request]) -> list[float]:
    """Milliseconds of each request of `count` clients, who share the servers and ask again as soon as they are answered."""
    until = time.perf_counter() + seconds
    spent = await asyncio.gather(*(_client(urls[number % len(urls)], until, made) for number in range(count)))
    return [each for one in spent for each in one]


async def ask(url: str, request: Request) -> bytes:
    """One request on a connection of its own: the body of its answer."""
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    try:
        return await _answered(reader, writer, request)
    finally:
        writer.close()
        await writer.wait_closed()


async def _client(url: str, until: float, made: Callable[[], Request]) -> list[float]:
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    spent = []
    try:
        while (begin := time.perf_counter()) < until:
            await _answered(reader, writer, made())
            spent.append((time.perf_counter() - begin) * 1000)
    finally:
        writer.close()
        await writer.wait_closed()
    return spent


async def _answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request) -> bytes:
    writer.write(request.wire)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
    body = await reader.readexactly(int(length.partition(b":")[2]))
    assert int(head.split(b" ", 2)[1]) == request.status, body
    return body
