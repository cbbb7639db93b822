"""`portico doctor`: what is wrong with this installation, one sentence each, and what to do about it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, TypeVar

import asyncpg
import msgspec

from portico.access import SystemScope
from portico.clinic.actions import settings_of
from portico.clinic.opening import opening_gaps, opening_of
from portico.clinic.opening_queries import reach
from portico.clinic.queries import all_clinics
from portico.commands.due_work import DUE
from portico.errors import StartupRefused, Unavailable
from portico.escalation.ladder import on_call_clinician
from portico.ids import AccountId
from portico.notify.bounce_mailbox import BounceMailbox, MailboxRefused
from portico.notify.mail import MailRefused, SmtpMail
from portico.platform import migrate
from portico.platform.backup import MANIFEST, read_manifest
from portico.platform.blobs import BlobMissing, Blobs
from portico.platform.clamd import Clamd, ScannerAway
from portico.platform.clock import RandomIds, SystemClock
from portico.platform.content import load_content
from portico.platform.database import Database, Query, Tx
from portico.platform.key_provider import FileKeyProvider
from portico.platform.roles import check_connected_role
from portico.platform.vault import Vault
from portico.settings import (
    ATTACHMENTS,
    BACKUPS,
    BOUNCE_ADDRESS,
    BOUNCE_MAILBOX,
    CLAMD,
    MAIL_FROM,
    OWNER_DATABASE_URL,
    Settings,
    value_of,
)

CLOCK_TOLERANCE = timedelta(seconds=5)
"""One-time codes last 30 seconds and are taken one step off (RFC 6238); deadlines of escalations are minutes."""
BACKUP_AGE = timedelta(hours=26)
"""A daily backup that takes its time."""
LATE = timedelta(minutes=2)
"""Due work that waits longer than this: no worker runs, or it fails."""
LEAST_FREE_BYTES = 2 * 1024**3
_WAIT_SECONDS = 10
_PROBE = b"a few bytes of the doctor"

T = TypeVar("T")
State = Literal["ok", "look", "bad"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one look found. `look`: it works, but somebody should see to it."""

    about: str
    state: State
    sentence: str


class Instant(msgspec.Struct, frozen=True):
    """What time it is for the database."""

    at: datetime


NOW = Query(Instant, "select clock_timestamp() as at")

Look = Callable[[Settings, Mapping[str, str]], Awaitable[Sequence[Finding]]]


async def doctor(env: Mapping[str, str]) -> int:
    """Prints every finding; 1 when something is bad. A look that cannot be made is a finding itself."""
    settings = Settings.from_env(env)
    is_bad = False
    for name, look in LOOKS.items():
        for finding in await _looked(name, look, settings, env):
            is_bad = is_bad or finding.state == "bad"
            print(f"{finding.state:<5} {finding.about:<12} {finding.sentence}")
    return 1 if is_bad else 0


async def _looked(name: str, look: Look, settings: Settings, env: Mapping[str, str]) -> Sequence[Finding]:
    try:
        return await asyncio.wait_for(look(settings, env), timeout=60)
    except StartupRefused as refusal:
        return [_bad(name, str(refusal))]
    except (Unavailable, OSError, TimeoutError, asyncpg.PostgresError) as error:
        return [_bad(name, f"This could not be looked at ({type(error).__name__}); see to what stands above first.")]


async def look_at_roles(settings: Settings, env: Mapping[str, str]) -> Sequence[Finding]:
    """Whether the database answers to both roles, and row-level security holds for them."""
    del env
    found = []
    for name, dsn in (("DATABASE_URL", settings.database_url), ("WORKER_DATABASE_URL", settings.worker_database_url)):
        connection = await _connected(name, dsn)
        try:
            await check_connected_role(connection)
            role = await connection.fetchval("select current_user")
            version = await connection.fetchval("show server_version")
        finally:
            await connection.close()
        found.append(_ok("database", f"{name} reaches PostgreSQL {version} as {role}, which owns nothing."))
    return found


async def look_at_migrations(settings: Settings, env: Mapping[str, str]) -> Sequence[Finding]:
    """Whether the schema is this program's, and whether it could be brought up to date."""
    step, needed = await migrate.current(settings.database_url), migrate.head()
    if step != needed:
        return [
            _bad(
                "migrations",
                f"The database is at step {step or 'none'}, this program at {needed}; run `portico migrate`.",
            )
        ]
    if not value_of(env, OWNER_DATABASE_URL):
        return [_ok("migrations", f"The database is at step {step}. OWNER_DATABASE_URL is needed to migrate only.")]
    connection = await _connected(OWNER_DATABASE_URL.name, str(value_of(env, OWNER_DATABASE_URL)))
    await connection.close()
    return [_ok("migrations", f"The database is at step {step}.")]


async def look_at_keys(settings: Settings, env: Mapping[str, str]) -> Sequence[Finding]:
    """Whether the key file opens the keys of every clinic."""
    del env
    async with _database(settings) as db:
        vault = Vault(FileKeyProvider(settings.key_file), db.clock)
        async with db.unscoped("which clinics there are") as statements:
            clinics = await all_clinics(statements)
        for clinic in clinics:
            async with db.transaction(SystemScope(clinic.clinic_id, "doctor")) as tx:
                await vault.verify(tx)
    if not clinics:
        return [_look("keys", "There is no clinic yet; make one with `portico clinic create`.")]
    return [_ok("keys", f"The key file opens the keys of {len(clinics)} clinics. Keep a copy apart from the backups.")]


async def look_at_clock(settings: Settings, env: Mapping[str, str]) -> Sequence[Finding]:
    """Whether this machine and the database agree on the time."""
    del env
    async with _database(settings) as db:
        before = datetime.now(UTC)
        async with db.unscoped("what time it is") as statements:
            there = (await statements.one(NOW)).at
        after = datetime.now(UTC)
    off = max(before - there, there - after, timedelta(0))
    if off > CLOCK_TOLERANCE:
        return [
            _bad(
                "clock",
                f"This machine and the database differ by {off.total_seconds():.0f} s; "
                "let both follow a time server (NTP).",
            )
        ]
    return [_ok("clock", "This machine and the database agree on the time.")]


async def look_at_mail(settings: Settings, env: Mapping[str, str]) -> Sequence[Finding]:
    """Whether the mail server greets us and takes our login; no mail is sent."""
    del env
    if settings.smtp_url is None:
        return [_bad("mail", "SMTP_URL is not set: invitations, resets and alarms wait and reach nobody.")]
    try:
        await asyncio.wait_for(SmtpMail(settings.smtp_url, settings).greet(), timeout=_WAIT_SECONDS)
    except MailRefused as refusal:
        return [_bad("mail", f"The mail server of SMTP_URL cannot be used ({refusal.code}).")]
    return [_ok("mail", "The mail server answers and takes our login.")]


async def look_at_bounces(settings: Settings, env: Mapping[str, str]) -> Sequence[Finding]:
    """Whether the mailbox to which mail comes back can be read, and whether mail has an address to come back to."""
    del env
    if settings.bounce_mailbox is None:
        sentence = "is not set: mail that comes back is known only where `portico mail bounced` is given it."
        return [_look("bounces", f"{BOUNCE_MAILBOX.name} {sentence}")]
    try:
        await BounceMailbox(settings.bounce_mailbox).greet()
    except MailboxRefused as refusal:
        return [_bad("bounces", f"The mailbox of {BOUNCE_MAILBOX.name} cannot be read ({refusal.code}).")]
    back_to = settings.bounce_address or settings.mail_from
    if back_to is None:
        sentence = "is set: mail comes back to an address that nobody chose, and hardly to this mailbox."
        return [_bad("bounces", f"Neither {BOUNCE_ADDRESS.name} nor {MAIL_FROM.name} {sentence}")]
    return [_ok("bounces", f"The mailbox can be read; see that what is sent to {back_to} arrives in it.")]


async def look_at_due_work(settings: Settings, env: Mapping[str, str]) -> Sequence[Finding]:
    """Whether a worker keeps up."""
    del env
    db = await Database.connect(settings.worker_database_url, clock=SystemClock(), ids=RandomIds(), size=1)
    late = {}
    try:
        for work in DUE:
            async with db.unscoped("which clinics have due work") as statements:
                found = await statements.all(work.clinics, statements.now)
                waits = max((statements.now - each.due_at for each in found), default=timedelta(0))
            if waits > LATE:
                late[work.name] = waits
    finally:
        await db.close()
    if late:
        worst = max(late, key=lambda name: late[name])
        return [
            _bad(
                "worker",
                f"{worst} has been due for {late[worst].total_seconds() / 60:.0f} minutes; see that a "
                "worker runs and read its log.",
            )
        ]
    return [_ok("worker", "Nothing that is due waits.")]


async def look_at_clinics(settings: Settings, env: Mapping[str, str]) -> Sequence[Finding]:
    """Which clinics may not be opened to patients yet."""
    del env
    content, found = load_content(), []

    async def ask(tx: Tx) -> tuple[int, bool]:
        return len(await opening_gaps(tx, content)), await opening_of(tx) is not None

    clinics = await _in_each_clinic(settings, ask)
    for slug, (gaps, is_open) in clinics:
        if gaps or not is_open:
            state = "is open" if is_open else "is not open to patients"
            sentence = f"{slug} {state}, and {gaps} things wait for a named person; see its go-live page."
            found.append(_look("clinics", sentence))
    return found or [_ok("clinics", f"Everything is confirmed and signed in {len(clinics)} clinics.")]


async def look_at_pages(settings: Settings, env: Mapping[str, str]) -> Sequence[Finding]:
    """Whether a person has seen a page arrive in each clinic, and whether the clinician on call can be paged."""
    del env
    content, found = load_content(), []

    async def ask(tx: Tx) -> tuple[set[AccountId], AccountId | None, bool]:
        tested = {row.account_id for row in await reach(tx) if row.confirmed_at is not None}
        return tested, on_call_clinician(await settings_of(tx, content)), await opening_of(tx) is not None

    clinics = await _in_each_clinic(settings, ask)
    for slug, (tested, on_call, is_open) in clinics:
        if not tested:
            sentence = f"Nobody has seen a page of {slug} arrive; send a test page from its go-live page."
            found.append(_bad("pages", sentence) if is_open else _look("pages", sentence))
        elif on_call is not None and on_call not in tested:
            sentence = f"The clinician on call of {slug} has no tested page address; see its go-live page."
            found.append(_look("pages", sentence))
    return found or [_ok("pages", f"Somebody has seen a page arrive in each of {len(clinics)} clinics.")]


async def look_at_files(settings: Settings, env: Mapping[str, str]) -> Sequence[Finding]:
    """Whether the place of people's files takes, gives back and forgets a few bytes."""
    del env
    if settings.attachments is None:
        return [_look("files", f"{ATTACHMENTS.name} is not set: photos and documents are not taken.")]
    blobs, key = Blobs.at(settings.attachments, settings.s3), f"doctor-{RandomIds().new()}"
    try:
        async with asyncio.timeout(_WAIT_SECONDS):
            await blobs.put(key, _PROBE)
            is_whole = await blobs.get(key) == _PROBE
            await blobs.delete(key)
    except (Unavailable, BlobMissing, TimeoutError):
        is_whole = False
    if not is_whole:
        sentence = "does not keep what is put there; see that it answers, that its keys are right and that it has room."
        return [_bad("files", f"{ATTACHMENTS.name} {sentence}")]
    return [_ok("files", "The place of people's files takes, gives back and forgets.")]


async def look_at_scanner(settings: Settings, env: Mapping[str, str]) -> Sequence[Finding]:
    """Whether the virus scanner answers, where one is named."""
    del env
    if settings.clamd is None:
        return [_ok("scanner", f"{CLAMD.name} is not set: files are not scanned for viruses.")]
    try:
        await Clamd(settings.clamd, _WAIT_SECONDS).scan(_PROBE)
    except ScannerAway:
        return [_bad("scanner", f"The scanner of {CLAMD.name} gives no verdict: files wait in quarantine; start it.")]
    return [_ok("scanner", "The virus scanner answers.")]


async def look_at_disk(settings: Settings, env: Mapping[str, str]) -> Sequence[Finding]:
    """Whether there is room where this process keeps files."""
    folders = [settings.key_file.parent, Path(value_of(env, BACKUPS) or settings.key_file.parent)]
    found = []
    for folder in dict.fromkeys(folders):
        free = shutil.disk_usage(folder).free
        if free < LEAST_FREE_BYTES:
            found.append(_bad("disk", f"Only {free // 1024**2} MiB are free at {folder}; make room."))
    return found or [_ok("disk", "There is room where this process keeps files.")]


async def look_at_backups(settings: Settings, env: Mapping[str, str]) -> Sequence[Finding]:
    """How old the newest whole backup is."""
    del settings
    folder = value_of(env, BACKUPS)
    if folder is None:
        return [_look("backups", "PORTICO_BACKUPS is not set, so nobody can tell how old the newest backup is.")]
    made = _times_of_backups(Path(folder))
    if not made:
        return [_bad("backups", f"{folder} holds no backup; run `portico backup {folder}/NAME` every day.")]
    age = datetime.now(UTC) - max(made)
    if age > BACKUP_AGE:
        return [
            _bad(
                "backups",
                f"The newest backup is {age.total_seconds() / 3600:.0f} hours old; make one every "
                "day, and restore one now and then to see that it works.",
            )
        ]
    return [_ok("backups", f"The newest backup is {age.total_seconds() / 3600:.0f} hours old.")]


def _times_of_backups(folder: Path) -> list[datetime]:
    return [read_manifest(found.parent).made_at for found in folder.glob(f"*/{MANIFEST}")]


LOOKS: Mapping[str, Look] = {
    "database": look_at_roles,
    "migrations": look_at_migrations,
    "keys": look_at_keys,
    "clock": look_at_clock,
    "mail": look_at_mail,
    "bounces": look_at_bounces,
    "worker": look_at_due_work,
    "clinics": look_at_clinics,
    "pages": look_at_pages,
    "files": look_at_files,
    "scanner": look_at_scanner,
    "disk": look_at_disk,
    "backups": look_at_backups,
}


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    """The application's database for one look."""
    db = await Database.connect(settings.database_url, clock=SystemClock(), ids=RandomIds(), size=1)
    try:
        yield db
    finally:
        await db.close()


async def _in_each_clinic(settings: Settings, ask: Callable[[Tx], Awaitable[T]]) -> list[tuple[str, T]]:
    """Each clinic's slug with what was asked in it."""
    async with _database(settings) as db:
        async with db.unscoped("which clinics there are") as statements:
            clinics = await all_clinics(statements)
        told = []
        for clinic in clinics:
            async with db.transaction(SystemScope(clinic.clinic_id, "doctor")) as tx:
                told.append((clinic.slug, await ask(tx)))
        return told


async def _connected(name: str, dsn: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(dsn, timeout=_WAIT_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        message = f"The database cannot be reached with {name} ({type(error).__name__})."
        raise StartupRefused(message) from error


def _ok(about: str, sentence: str) -> Finding:
    return Finding(about=about, state="ok", sentence=sentence)


def _look(about: str, sentence: str) -> Finding:
    return Finding(about=about, state="look", sentence=sentence)


def _bad(about: str, sentence: str) -> Finding:
    return Finding(about=about, state="bad", sentence=sentence)
