"""A real SMTP server on loopback (aiosmtpd): with TLS and login when asked, taking or refusing as told."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from ipaddress import ip_address
from pathlib import Path
from typing import cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "portal", "made-up:p@ss"


@dataclass
class MailServer:
    """What it took so far, and the answer to the next recipients (250 takes them). The handler of aiosmtpd."""

    taken: list[Message] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logged_in: list[bool] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    """Envelope senders."""
    options: list[str] = field(default_factory=list)
    """What MAIL FROM asked of reports (RFC 3461), where the server takes that."""
    takes_report_options: bool = False
    answer: int = 250
    hangs_up: bool = False
    is_slow: bool = False
    dies_after_data: bool = False
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    scheme: str = "smtp"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    async def handle_EHLO(  # noqa: N802 - the name that aiosmtpd calls - aiosmtpd names hooks for commands
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.reached.set()
        if self.is_slow:
            await asyncio.sleep(3600)
        if self.hangs_up:
            _hang_up(server)
        return [*responses[:-1], "250-DSN", responses[-1]] if self.takes_report_options else responses

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.recipients.append(address)
        if self.answer != 250:
            return f"{self.answer} as you wish"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the name that aiosmtpd calls
        assert isinstance(envelope.content, bytes)
        self.taken.append(message_from_bytes(envelope.content))
        self.senders.append(envelope.mail_from or "")
        self.logged_in.append(bool(session.authenticated))
        if self.dies_after_data:
            _hang_up(server)
        return "250 taken"


class ReportingSMTP(SMTP):
    """Takes what RFC 3461 adds to MAIL FROM, which aiosmtpd does not know."""

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802 - the name that aiosmtpd calls
        handler = self.event_handler
        assert isinstance(handler, MailServer)
        words = (arg or "").split()
        if handler.takes_report_options:
            handler.options += [word for word in words if word.startswith(("RET=", "ENVID="))]
            words = [word for word in words if word not in handler.options]
        await super().smtp_MAIL(" ".join(words))


def _hang_up(server: SMTP) -> None:
    assert server.transport is not None
    server.transport.close()


def _checks_login(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword
) -> AuthResult:
    is_right = given.login == USER.encode() and given.password == PASSWORD.encode()
    return AuthResult(success=is_right, handled=False)


@asynccontextmanager
async def running_mail_server(
    *, tls: ssl.SSLContext | None = None, start_tls: ssl.SSLContext | None = None, needs_login: bool = False
) -> AsyncIterator[MailServer]:
    """A server on a free port for as long as the block runs; TLS from the start, by STARTTLS, or not at all."""
    mail = MailServer(scheme="smtps" if tls else "smtp")
    loop = asyncio.get_running_loop()

    sessions: list[SMTP] = []

    def session() -> SMTP:
        made = ReportingSMTP(
            mail,
            hostname="mail.test",
            tls_context=start_tls,
            require_starttls=start_tls is not None,
            auth_required=needs_login and start_tls is not None,
            auth_require_tls=start_tls is not None,
            authenticator=_checks_login if needs_login else None,
            loop=loop,
        )
        sessions.append(made)
        return made

    server = await loop.create_server(session, "127.0.0.1", 0, ssl=tls)
    mail.port = server.sockets[0].getsockname()[1]
    try:
        yield mail
    finally:
        server.close()
        for one in sessions:
            if one.transport is not None:
                cast("asyncio.Transport", one.transport).abort()
        await asyncio.sleep(0.05)  # until the loop has let go of their sockets


def self_made_certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 signed by itself: the file that a client must trust, and the server's side."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "mail.crt", folder / "mail.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return certificate, context
