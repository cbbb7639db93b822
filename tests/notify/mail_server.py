"""A mail server on loopback that speaks enough SMTP (RFC 5321) to take or refuse mail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message


@dataclass
class MailServer:
    """What it took so far, and the answer to the next recipients (250 takes them)."""

    taken: list[Message] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answer: int = 250
    hangs_up: bool = False
    is_slow: bool = False
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One conversation."""
        try:
            await self._say(writer, "220 mail.test")
            while not self.hangs_up and (line := await reader.readline()):
                self.reached.set()
                if self.is_slow:
                    await reader.read()
                if line.upper().startswith(b"DATA"):
                    await self._say(writer, "354 go on")
                    self.taken.append(message_from_bytes(await self._body(reader)))
                    await self._say(writer, "250 taken")
                elif line.upper().startswith(b"RCPT"):
                    self.recipients.append(line.decode().strip())
                    await self._say(writer, f"{self.answer} as you wish")
                else:
                    await self._say(writer, "221 bye" if line.upper().startswith(b"QUIT") else "250 fine")
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _say(self, writer: asyncio.StreamWriter, line: str) -> None:
        writer.write(line.encode() + b"\r\n")
        await writer.drain()

    async def _body(self, reader: asyncio.StreamReader) -> bytes:
        lines = []
        while (line := await reader.readline()) not in (b".\r\n", b""):
            lines.append(line)
        return b"".join(lines)


@asynccontextmanager
async def running_mail_server() -> AsyncIterator[MailServer]:
    """A server on a free port for as long as the block runs."""
    mail = MailServer()
    server = await asyncio.start_server(mail.serve, "127.0.0.1", 0)
    mail.port = server.sockets[0].getsockname()[1]
    async with server:
        yield mail
