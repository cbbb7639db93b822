"""Mail without content, and the two ways to hand it over: a mail server, or a folder in the demo."""

import asyncio
import contextlib
import os
import ssl
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import UUID

import aiosmtplib
import msgspec

from portico.settings import Settings

SECONDS_PER_MAIL = 10
_LONGEST_ENVELOPE_ID = 100
"""RFC 3461, 4.4."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

Words = Literal["news", "link", "invitation", "changed", "page", "page-test"]

_FAREWELL = "Please do not answer this mail; nobody reads answers to it. In an emergency call 911.\n"
_SUBJECT = "Something for you in the portal"
_SUBJECTS: Mapping[Words, str] = {
    "page": "Portal: please look now",
    "page-test": "Portal: test page",
    "invitation": "Invitation to the portal of {clinic}",
}
_TEXTS: Mapping[Words, str] = {
    "news": "There is something for you in the portal.\n\n{link}\n\n",
    "link": (
        "Please use this link to go on. It works once, and only for a short time.\n\n{link}\n\n"
        "If you did not expect this mail, you do not have to do anything.\n\n"
    ),
    "invitation": (
        "{clinic} invites you to its portal.\n\n"
        "Please use this link to set up your account. It works once, until {until}.\n\n{link}\n\n"
        "If you are not sure that this mail is real, call the clinic first at a number that you know.\n"
        "If you did not expect it, you do not have to do anything.\n\n"
    ),
    "page": "Somebody must act in the portal now.\n\n{link}\n\n",
    "page-test": (
        "This is a test page. Its code is:\n\n{code}\n\n"
        "Please say in the portal that it arrived, or read the code to the admin who sent it.\n\n{link}\n\n"
    ),
    "changed": (
        "Something about the way you sign in to the portal was changed.\n\n{link}\n\n"
        "If it was not you, please call the clinic.\n\n"
    ),
}
"""The same words whoever reads them and whatever happened: no names of people, no counts, no topics."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One mail to be handed over. The same row always gives the same Message-ID, so that a repeat can be told.

    `link` is an address of this portal, from its first slash on; `code` is what a test page carries; `clinic` and
    `until` stand in an invitation.
    """

    notification_id: UUID
    to: str
    at: datetime
    words: Words = "news"
    link: str | None = None
    code: str | None = None
    clinic: str = ""
    until: str = ""


class MailRefused(Exception):
    """The mail was not handed over; `code` says why, without any text of the server."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Mail(Protocol):
    """A way to hand mail over."""

    async def send(self, envelope: Envelope) -> None:
        """Hands one mail over for good. Raises MailRefused."""
        ...


class MailFolder:
    """Writes each mail as a file of its own, whole or not at all; a repeat replaces the same file."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._folder = folder
        self._settings = settings

    async def send(self, envelope: Envelope) -> None:
        """Raises MailRefused when the folder cannot be written."""
        content = message(envelope, self._settings).as_bytes(policy=SMTP)
        try:
            await asyncio.to_thread(_write_whole, self._folder / f"{envelope.notification_id}.eml", content)
        except OSError as error:
            code = "mail-folder-unwritable"
            raise MailRefused(code) from error


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


class SmtpMail:
    """Hands mail to the server of `SMTP_URL`."""

    def __init__(self, url: str, settings: Settings) -> None:
        self._url = urlsplit(url)
        self._settings = settings

    async def send(self, envelope: Envelope) -> None:
        """Raises MailRefused with the server's reply code, or with what kept it from replying."""
        try:
            await self._hand_over(message(envelope, self._settings))
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise MailRefused(smtp_code(error)) from error

    async def greet(self) -> None:
        """Connects, signs in when there is a login, and leaves again. Raises MailRefused."""
        client = self._client()
        try:
            await client.connect()
            await client.noop()
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise MailRefused(smtp_code(error)) from error
        finally:
            client.close()

    async def _hand_over(self, mail: EmailMessage) -> None:
        client = self._client()
        try:
            await client.connect()
            # A server that only knows HELO is greeted so when the mail is sent.
            with contextlib.suppress(aiosmtplib.SMTPHeloError):
                await client.ehlo()
            options = _report_options(mail) if client.supports_extension("dsn") else []
            await client.send_message(mail, sender=self._settings.bounce_address, mail_options=options)
            # From here on the mail is the server's, however the farewell goes.
            with contextlib.suppress(aiosmtplib.SMTPException):
                await client.quit()
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        url = self._url
        is_tls = url.scheme == "smtps"
        return aiosmtplib.SMTP(
            hostname=url.hostname or "localhost",
            port=url.port or (465 if is_tls else 25),
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            use_tls=is_tls,
            start_tls=_start_tls(url),
            tls_context=ssl.create_default_context(),
            timeout=SECONDS_PER_MAIL,
        )


def _report_options(mail: EmailMessage) -> list[str]:
    """What a report about this mail shall carry (RFC 3461): its headers alone, for the mail may hold a link that works, and its id."""
    name = str(mail["Message-ID"]).strip("<>")
    is_sound = name.isascii() and len(name) <= _LONGEST_ENVELOPE_ID
    return ["RET=HDRS", f"ENVID={name}"] if is_sound else ["RET=HDRS"]


def _start_tls(url: SplitResult) -> bool | None:
    """Whether the connection must become encrypted: with a password always, except on this machine itself.

    None takes encryption where the server offers it.
    """
    if url.scheme == "smtps" or url.hostname in _LOOPBACK:
        return False
    return True if url.password else None


def mail_of(settings: Settings) -> Mail | None:
    """The way that this process has; None while it has none and mail must wait."""
    if settings.mail_folder is not None:
        return MailFolder(settings.mail_folder, settings)
    return None if settings.smtp_url is None else SmtpMail(settings.smtp_url, settings)


def mail_host(base_url: str) -> str:
    """What the ids of our mails end in, by which one that comes back is known."""
    return urlsplit(base_url).hostname or "localhost"


def sender_of(settings: Settings) -> str:
    """Who stands as the sender of our mail."""
    return settings.mail_from or f"portal@{mail_host(settings.base_url)}"


def message(envelope: Envelope, settings: Settings) -> EmailMessage:
    """The mail itself (RFC 5322)."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender_of(settings)
    mail["To"] = envelope.to
    mail["Subject"] = _SUBJECTS.get(envelope.words, _SUBJECT).format(clinic=" ".join(envelope.clinic.split()))
    mail["Date"] = format_datetime(envelope.at)
    mail["Message-ID"] = f"<{envelope.notification_id}@{mail_host(settings.base_url)}>"
    mail["Auto-Submitted"] = "auto-generated"
    link = settings.base_url + (envelope.link or "")
    words = _TEXTS[envelope.words].format(link=link, code=envelope.code, clinic=envelope.clinic, until=envelope.until)
    mail.set_content(words + _FAREWELL)
    return mail


def smtp_code(error: Exception) -> str:
    """The failure as a code."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=[first, *_]):
            return f"smtp-{first.code}"
        case aiosmtplib.SMTPResponseException(code=code):
            return f"smtp-{code}"
        case aiosmtplib.SMTPTimeoutError():
            return "smtp-timeout"
        case aiosmtplib.SMTPException() | OSError():
            return "smtp-unreachable"
        case _:
            return "smtp-settings"
