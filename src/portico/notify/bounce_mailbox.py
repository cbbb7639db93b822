"""Reading the mailbox to which mail comes back (IMAP4rev1, RFC 3501). What is not ours stays there, unread, as it was."""

import asyncio
import contextlib
import imaplib
import socket
import ssl
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from datetime import date
from functools import partial
from threading import Thread
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from portico.notify.delivery_status import MOST_BYTES

SECONDS = 10
"""Longest wait for one answer of the mail server."""
SECONDS_PER_ROUND = 120
MOST_PER_ROUND = 200
"""Mails looked at in one round; the next goes on behind them."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Take = Callable[[bytes], Awaitable[bool]]
"""Sees to one mail; whether it is done with and may be marked as read."""

T = TypeVar("T")


class MailboxRefused(Exception):
    """The mailbox could not be read; `code` says why, without any text of the server."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BounceMailbox:
    """The mailbox at one address, and how far this process has looked into it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._era = ""
        self._looked_at = 0

    async def greet(self) -> None:
        """Signs in, opens the mailbox, and leaves again. Raises MailboxRefused."""
        await self._visit(_nothing_more)

    async def read(self, since: date, take: Take) -> int:
        """Hands each unread mail since that day to `take`, the oldest first, and tells how many those were.

        One that `take` says is done with is marked as read; another is not looked at again by this process. Raises
        MailboxRefused, and whatever `take` raises: then that mail comes again.
        """
        count = 0

        async def look(connection: _Connection, era: str) -> None:
            nonlocal count
            if era != self._era:
                self._era, self._looked_at = era, 0
            for uid in await _asked(partial(connection.unread, since, self._looked_at)):
                if await take(await _asked(partial(connection.fetch, uid))):
                    await _asked(partial(connection.mark_read, uid))
                self._looked_at = uid
                count += 1

        await self._visit(look)
        return count

    async def _visit(self, look: "Callable[[_Connection, str], Awaitable[None]]") -> None:
        connection = _Connection(self._url)
        try:
            async with asyncio.timeout(SECONDS_PER_ROUND):
                await look(connection, await _asked(connection.open))
                await _asked(connection.leave)
        except TimeoutError as error:
            raise MailboxRefused("imap-timeout") from error
        finally:
            connection.cut()


async def _nothing_more(_connection: "_Connection", _era: str) -> None:
    """Being let in is enough."""


class _Connection:
    """A connection of the standard library, whose calls wait. Each may raise what `_code` knows."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._imap: imaplib.IMAP4 | None = None

    def open(self) -> str:
        """Signs in and opens the mailbox; its era, within which a mail keeps its number (UIDVALIDITY)."""
        url = self._url
        host, name = url.hostname or "localhost", unquote(url.path.strip("/")) or "INBOX"
        if url.scheme == "imaps":
            # Without a context of its own the library would take any certificate.
            context = ssl.create_default_context()
            self._imap = imaplib.IMAP4_SSL(host, url.port or 993, ssl_context=context, timeout=SECONDS)
        else:
            self._imap = imaplib.IMAP4(host, url.port or 143, timeout=SECONDS)
        try:
            self._imap.login(_quoted(unquote(url.username or "")), unquote(url.password or ""))
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise MailboxRefused("imap-login") from error
        if self._imap.select(_quoted(name))[0] != "OK":
            raise MailboxRefused("imap-mailbox")
        return str(self._imap.response("UIDVALIDITY")[1])

    def unread(self, since: date, after: int) -> list[int]:
        """The numbers of mails that nobody has read, behind this one."""
        day = f"{since.day:02}-{_MONTHS[since.month - 1]}-{since.year}"
        found = self._uid("SEARCH", "UNSEEN", "SINCE", day, "UID", f"{after + 1}:*")
        numbers = sorted(int(each) for line in found if isinstance(line, bytes) for each in line.split())
        # `n:*` always holds the last mail, however small its number.
        return [number for number in numbers if number > after][:MOST_PER_ROUND]

    def fetch(self, uid: int) -> bytes:
        """The mail, or more of it than is read; nothing when it has gone meanwhile. It stays unread."""
        answer = self._uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{MOST_BYTES + 1}>)")
        return next((each[1] for each in answer if isinstance(each, tuple)), b"")

    def mark_read(self, uid: int) -> None:
        """Nobody needs to read it any more."""
        self._uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def leave(self) -> None:
        """Says farewell."""
        assert self._imap is not None
        self._imap.logout()

    def cut(self) -> None:
        """Ends the connection, whatever waits on it; never waits itself."""
        if self._imap is not None:
            with contextlib.suppress(OSError):
                self._imap.sock.shutdown(socket.SHUT_RDWR)
            Thread(target=_close, args=(self._imap,), daemon=True).start()

    def _uid(self, command: str, *words: str) -> list[bytes | tuple[bytes, bytes] | None]:
        assert self._imap is not None
        outcome, answer = self._imap.uid(command, *words)
        if outcome != "OK":
            raise MailboxRefused("imap-protocol")
        return answer


def _close(imap: imaplib.IMAP4) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        imap.shutdown()


def _quoted(text: str) -> str:
    """A text as IMAP quotes it. Raises ValueError for what cannot be quoted."""
    if not (text.isascii() and text.isprintable()):
        raise ValueError
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


async def _asked(work: Callable[[], T]) -> T:
    """The result of a call that waits, made in a thread that keeps no process from ending. Raises MailboxRefused."""
    outcome: Future[T] = Future()
    outcome.set_running_or_notify_cancel()

    def run() -> None:
        try:
            outcome.set_result(work())
        except Exception as error:  # noqa: BLE001 - told to whoever waits
            outcome.set_exception(error)

    Thread(target=run, daemon=True).start()
    try:
        return await asyncio.wrap_future(outcome)
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        raise MailboxRefused(_code(error)) from error


def _code(error: Exception) -> str:
    """The failure as a code."""
    match error:
        case TimeoutError():
            return "imap-timeout"
        case ssl.SSLError():
            return "imap-tls"
        case imaplib.IMAP4.abort() | OSError():
            return "imap-unreachable"
        case imaplib.IMAP4.error():
            return "imap-protocol"
        case _:
            return "imap-settings"
