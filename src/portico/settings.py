"""What the environment says, read once into frozen structs. A bad value is refused by the name of its variable."""

from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import msgspec

from portico.errors import StartupRefused

T = TypeVar("T")


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """One environment variable: what it means and what holds when it is unset. `docs/settings.md` is made from these."""

    name: str
    meaning: str
    default: str | None = None
    secret: bool = False
    """A secret may also come from a file named by `<NAME>_FILE`."""


DATABASE_URL = Variable(
    name="DATABASE_URL",
    meaning="PostgreSQL 16 or newer, as the application's role (owns nothing, no superuser, no BYPASSRLS).",
    secret=True,
)
WORKER_DATABASE_URL = Variable(
    name="WORKER_DATABASE_URL", meaning="The same database, as the worker's role.", secret=True
)
OWNER_DATABASE_URL = Variable(
    name="OWNER_DATABASE_URL",
    meaning="The same database, as the owner of the tables: for `portico migrate` and `portico roles` only.",
    secret=True,
)
ADMIN_DATABASE_URL = Variable(
    name="ADMIN_DATABASE_URL",
    meaning="The server's administrator, for `portico roles` only; not needed with `--print`.",
    secret=True,
)
BACKUP_DATABASE_URL = Variable(
    name="BACKUP_DATABASE_URL",
    meaning="The same database, as the role that may read all of it: for `portico backup` and `portico restore` only.",
    secret=True,
)
KEY_FILE = Variable(
    name="PORTICO_KEY_FILE",
    meaning="File with the key that wraps every clinic's key. Without it sealed content cannot be read again: "
    "keep a copy apart from the backups.",
)
BASE_URL = Variable(name="PORTICO_BASE_URL", meaning="The address people use, e.g. `https://portal.clinic.test`.")
HOST = Variable(name="PORTICO_HOST", meaning="Address to listen on.", default="127.0.0.1")
PORT = Variable(name="PORTICO_PORT", meaning="Port to listen on.", default="8000")
TRUSTED_PROXY = Variable(
    name="PORTICO_TRUSTED_PROXY",
    meaning="Address of the reverse proxy whose `X-Forwarded-For` is believed. Unset: nobody's is.",
)
RUN_WORKER = Variable(
    name="PORTICO_RUN_WORKER",
    meaning="Whether `portico serve` also does the due work: `true` or `false`.",
    default="true",
)
SMTP_URL = Variable(
    name="SMTP_URL",
    meaning="Mail server, `smtp://user:password@host:port` (`smtps://` for TLS from the start). Unset: mail waits.",
    secret=True,
)
MAIL_FROM = Variable(name="PORTICO_MAIL_FROM", meaning="Sender address of notifications.")
BOUNCE_ADDRESS = Variable(
    name="PORTICO_BOUNCE_ADDRESS",
    meaning="Envelope sender of notifications, to which mail that cannot be delivered comes back, e.g. "
    "`bounces@clinic.test`. Unset: the sender address.",
)
BOUNCE_MAILBOX = Variable(
    name="PORTICO_BOUNCE_MAILBOX",
    meaning="Mailbox of that address, which the worker reads: `imaps://user:password@host/INBOX`, special characters "
    "as `%40`. Unset: mail that comes back is known only where `portico mail bounced` is given it.",
    secret=True,
)
METRICS_PORT = Variable(
    name="PORTICO_METRICS_PORT",
    meaning="Port for figures in the format of Prometheus, without identities. Unset: there are none.",
)
METRICS_HOST = Variable(
    name="PORTICO_METRICS_HOST",
    meaning="Address of that port; never one that people reach.",
    default="127.0.0.1",
)
PG_BIN = Variable(
    name="PORTICO_PG_BIN", meaning="Folder with `pg_dump` and `pg_restore`. Unset: they are looked for along `PATH`."
)
BACKUPS = Variable(
    name="PORTICO_BACKUPS",
    meaning="Folder in which the backups lie, one folder each: `portico doctor` looks at the newest one's age.",
)
ATTACHMENTS = Variable(
    name="PORTICO_ATTACHMENTS",
    meaning="Where the sealed files of people lie: a folder, or `s3://bucket/prefix`. All processes need the same place. "
    "Unset: photos and documents are not taken.",
)
S3_ENDPOINT = Variable(
    name="PORTICO_BUCKET_ENDPOINT",
    meaning="Address of the S3 service, e.g. `https://s3.clinic.test`. Unset: Amazon's own.",
)
S3_REGION = Variable(name="PORTICO_BUCKET_REGION", meaning="Region of the S3 bucket.", default="us-east-1")
S3_ACCESS_KEY = Variable(name="PORTICO_BUCKET_ACCESS_KEY", meaning="Access key id for the S3 bucket.", secret=True)
S3_SECRET_KEY = Variable(name="PORTICO_BUCKET_SECRET_KEY", meaning="Secret access key for the S3 bucket.", secret=True)
CLAMD = Variable(
    name="PORTICO_CLAMD",
    meaning="The virus scanner clamd: `tcp://host:3310` or `unix:///run/clamav/clamd.ctl`. While it does not answer, "
    "files wait in quarantine. Unset: files are not scanned.",
)
PAGE_SECRET = Variable(
    name="PORTICO_PAGE_SECRET",
    meaning="Signs the clinic's page webhook (setting `ladder.page_webhook_url`): HMAC-SHA256, see docs/notifications.md. "
    "At least 32 characters. Unset: no webhook is called.",
    secret=True,
)

PAGE_NETWORKS = Variable(
    name="PORTICO_PAGE_NETWORKS",
    meaning="Networks beside the public internet in which the page webhook's receiver may stand, e.g. "
    "`10.20.0.0/16 127.0.0.1/32`. Unset: private, link-local and loopback addresses are not called.",
)

VARIABLES: tuple[Variable, ...] = (
    DATABASE_URL,
    WORKER_DATABASE_URL,
    OWNER_DATABASE_URL,
    ADMIN_DATABASE_URL,
    BACKUP_DATABASE_URL,
    KEY_FILE,
    BASE_URL,
    HOST,
    PORT,
    TRUSTED_PROXY,
    RUN_WORKER,
    SMTP_URL,
    MAIL_FROM,
    BOUNCE_ADDRESS,
    BOUNCE_MAILBOX,
    METRICS_PORT,
    METRICS_HOST,
    PG_BIN,
    BACKUPS,
    ATTACHMENTS,
    S3_ENDPOINT,
    S3_REGION,
    S3_ACCESS_KEY,
    S3_SECRET_KEY,
    CLAMD,
    PAGE_SECRET,
    PAGE_NETWORKS,
)


class S3Access(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach a bucket: a service of one's own instead of Amazon's, and the keys."""

    endpoint: str | None = None
    region: str = "us-east-1"
    access_key: str | None = None
    secret_key: str | None = None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How this process runs."""

    database_url: str
    worker_database_url: str
    key_file: Path
    base_url: str
    host: str = "127.0.0.1"
    port: int = 8000
    trusted_proxy: str | None = None
    run_worker: bool = True
    smtp_url: str | None = None
    mail_from: str | None = None
    bounce_address: str | None = None
    bounce_mailbox: str | None = None
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None
    mail_folder: Path | None = None
    """The demo writes mail here instead of sending it."""
    attachments: str | None = None
    s3: S3Access = S3Access()
    clamd: str | None = None
    page_secret: str | None = None
    page_networks: tuple[str, ...] = ()
    demo: bool = False

    @property
    def is_https(self) -> bool:
        """Whether people reach the portal over https; decides the cookie's name and flags."""
        return self.base_url.startswith("https://")

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Settings of `portico serve`. Raises StartupRefused naming the variable that is missing or wrong."""
        base_url = required(env, BASE_URL).rstrip("/")
        if not base_url.startswith("https://"):
            refuse(BASE_URL, "must start with https://, since people's health data travels over it")
        return cls(
            database_url=required(env, DATABASE_URL),
            worker_database_url=required(env, WORKER_DATABASE_URL),
            key_file=Path(required(env, KEY_FILE)),
            base_url=base_url,
            host=required(env, HOST),
            port=parsed(env, PORT, int, "must be a whole number"),
            trusted_proxy=optional(env, TRUSTED_PROXY, one_address, "must be one IP address, such as 10.0.0.5"),
            run_worker=parsed(env, RUN_WORKER, strict_bool, "must be `true` or `false`"),
            smtp_url=optional(env, SMTP_URL, mail_server, "must look like smtp://user:password@host:port"),
            mail_from=value_of(env, MAIL_FROM),
            bounce_address=optional(env, BOUNCE_ADDRESS, bare_address, "must be one e-mail address"),
            bounce_mailbox=optional(
                env, BOUNCE_MAILBOX, mailbox, "must look like imaps://user:password@host/INBOX; imap:// on this machine"
            ),
            metrics_host=required(env, METRICS_HOST),
            metrics_port=optional(env, METRICS_PORT, one_port, "must be a port, from 1 to 65535"),
            attachments=value_of(env, ATTACHMENTS),
            s3=s3_access(env),
            clamd=value_of(env, CLAMD),
            page_secret=_page_secret(env),
            page_networks=optional(
                env, PAGE_NETWORKS, networks, "must be networks such as 10.20.0.0/16, with spaces between"
            )
            or (),
        )


def s3_access(env: Mapping[str, str]) -> S3Access:
    """How the bucket is reached, as the environment says."""
    return S3Access(
        endpoint=value_of(env, S3_ENDPOINT),
        region=required(env, S3_REGION),
        access_key=value_of(env, S3_ACCESS_KEY),
        secret_key=value_of(env, S3_SECRET_KEY),
    )


def _page_secret(env: Mapping[str, str]) -> str | None:
    secret = value_of(env, PAGE_SECRET)
    if secret and len(secret) < 32:
        refuse(PAGE_SECRET, "must have at least 32 characters")
    return secret or None


def value_of(env: Mapping[str, str], variable: Variable) -> str | None:
    """The variable's value, a secret's also from the file that `<NAME>_FILE` names, else its default."""
    file_name = f"{variable.name}_FILE"
    if variable.secret and file_name in env:
        try:
            return Path(env[file_name]).read_text(encoding="utf-8").strip()
        except OSError as error:
            message = f"{file_name} names a file that cannot be read: {error.strerror}."
            raise StartupRefused(message) from error
    return env.get(variable.name) or variable.default


def required(env: Mapping[str, str], variable: Variable) -> str:
    """The variable's value. Raises StartupRefused when there is none."""
    value = value_of(env, variable)
    if not value:
        refuse(variable, f"is not set. {variable.meaning}")
    return str(value)


def parsed(env: Mapping[str, str], variable: Variable, parse: Callable[[str], T], complaint: str) -> T:
    """The variable's value as `parse` reads it. Raises StartupRefused when it cannot."""
    try:
        return parse(required(env, variable))
    except ValueError:
        refuse(variable, complaint)
        raise


def optional(env: Mapping[str, str], variable: Variable, parse: Callable[[str], T], complaint: str) -> T | None:
    """The variable's value as `parse` reads it, None when it is unset. Raises StartupRefused when it cannot be read."""
    return parsed(env, variable, parse, complaint) if value_of(env, variable) else None


def one_port(text: str) -> int:
    """A port of TCP. Raises ValueError."""
    port = int(text)
    if not 0 < port < 65536:
        raise ValueError
    return port


def one_address(text: str) -> str:
    """The address of one machine, as peers are named."""
    return str(ip_address(text))


def networks(text: str) -> tuple[str, ...]:
    """Networks apart by spaces or commas. Raises ValueError."""
    return tuple(str(ip_network(each)) for each in text.replace(",", " ").split())


def mail_server(text: str) -> str:
    """The address of a mail server. Raises ValueError, without repeating it: it may hold a password."""
    url = urlsplit(text)
    is_sound = url.scheme in ("smtp", "smtps") and bool(url.hostname) and url.path in ("", "/") and not url.query
    if not is_sound or url.port == 0:
        raise ValueError
    return text


def bare_address(text: str) -> str:
    """One e-mail address without a name. Raises ValueError."""
    name, at, domain = text.rpartition("@")
    if not (at and name and domain and text.isascii() and text.isprintable()) or set(text) & set(' ,;:<>()[]"\\'):
        raise ValueError
    return text


def mailbox(text: str) -> str:
    """The address of a mailbox; without TLS only on this machine. Raises ValueError, without repeating it."""
    url = urlsplit(text)
    is_safe = url.scheme == "imaps" or (url.scheme == "imap" and url.hostname in ("localhost", "127.0.0.1", "::1"))
    if not (is_safe and url.hostname and url.username and url.password) or url.query or url.fragment or url.port == 0:
        raise ValueError
    said = unquote(url.username + url.password + url.path)
    if not (said.isascii() and said.isprintable()):
        raise ValueError
    return text


def strict_bool(text: str) -> bool:
    """`true` or `false`, nothing else: a misspelt switch must not silently be off."""
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def refuse(variable: Variable, complaint: str) -> None:
    """Raises StartupRefused with the variable's name first."""
    message = f"{variable.name} {complaint}."
    raise StartupRefused(message.replace("..", "."))
