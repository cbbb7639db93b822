"""The roles of a production installation; settings come from the environment."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote, urlsplit

from portico.app import create_app
from portico.clinic.jobs import keep_reading_returned
from portico.clinic.withdrawing import withdraw_version
from portico.commands.due_work import DUE
from portico.commands.opening import opened_site
from portico.commands.server import at_once, run_until_stopped, server_for
from portico.errors import StartupRefused
from portico.platform import keys as vault_keys
from portico.platform import migrate as migrations
from portico.platform.catalogue import Catalogue, PublishedKind
from portico.platform.clock import RandomIds, SystemClock
from portico.platform.content import load_content
from portico.platform.database import Database
from portico.platform.due import run_worker
from portico.platform.key_provider import FileKeyProvider
from portico.platform.metrics import Metrics
from portico.platform.roles import APP, BACKUP, OWNER, WORKER, apply_roles, roles_sql
from portico.platform.site import Site
from portico.settings import (
    ADMIN_DATABASE_URL,
    BACKUP_DATABASE_URL,
    DATABASE_URL,
    KEY_FILE,
    OWNER_DATABASE_URL,
    WORKER_DATABASE_URL,
    Settings,
    required,
    value_of,
)


def serve(env: Mapping[str, str]) -> NoReturn:
    """The web server, with the due work beside it unless PORTICO_RUN_WORKER is `false`."""
    asyncio.run(_serve(Settings.from_env(env)))
    _end_at_once()


def worker(env: Mapping[str, str]) -> NoReturn:
    """The due work alone."""
    asyncio.run(_work(Settings.from_env(env)))
    _end_at_once()


def _end_at_once() -> NoReturn:
    """Everything is closed and said. To take apart what lies in memory would take seconds of a busy machine."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


async def migrate(env: Mapping[str, str], *, down: bool, with_roles: bool = False) -> int:
    """Brings the schema to this version, or takes the newest step back, and publishes the shipped content."""
    if with_roles:
        await roles(env, only_print=False)
    owner = required(env, OWNER_DATABASE_URL)
    if down:
        await migrations.downgrade(owner)
        print("The newest step was taken back.")
        return 0
    await migrations.upgrade(owner)
    print(f"The database is at step {migrations.head()}.")
    db = await Database.connect(required(env, DATABASE_URL), clock=SystemClock(), ids=RandomIds(), size=1)
    try:
        new = await Catalogue().publish(db, load_content())
    finally:
        await db.close()
    print("Questionnaires and rule sets are published.")
    if new:
        print(
            f"New here: {', '.join(new)}. Until a clinic signs them (/signatures), no result of theirs is milder than"
        )
        print("a review. Drafts of older versions stay as they are and are offered the new one.")
    return 0


async def roles(env: Mapping[str, str], *, only_print: bool) -> int:
    """Makes the database roles with the passwords in the database addresses, or prints the SQL without them."""
    app = urlsplit(required(env, DATABASE_URL))
    database = app.path.removeprefix("/")
    if only_print:
        print(roles_sql(database))
        return 0
    passwords = {
        role: unquote(urlsplit(required(env, variable)).password or "")
        for role, variable in ((APP, DATABASE_URL), (WORKER, WORKER_DATABASE_URL), (OWNER, OWNER_DATABASE_URL))
    }
    reader = value_of(env, BACKUP_DATABASE_URL)
    if reader:
        passwords[BACKUP] = unquote(urlsplit(reader).password or "")
    admin = value_of(env, ADMIN_DATABASE_URL)
    if not admin:
        message = "ADMIN_DATABASE_URL is not set: roles are made by the server's administrator. Or use --print."
        raise StartupRefused(message)
    await apply_roles(admin, database=database, passwords={role: word for role, word in passwords.items() if word})
    print("The roles are as they should be.")
    return 0


async def keys(env: Mapping[str, str], *, action: str) -> int:
    """Makes the key file, adds a new key to it and puts every wrapped key under that one, or drops keys of no use."""
    path = Path(required(env, KEY_FILE))
    if action == "ensure" and await asyncio.to_thread(path.exists):
        print(f"{path} is there.")
        return 0
    if action in {"create", "ensure"}:
        FileKeyProvider.create(path)
        print(f"{path} was made. Keep a copy of it apart from the backups: without it nobody can read sealed content.")
        return 0
    db = await Database.connect(required(env, DATABASE_URL), clock=SystemClock(), ids=RandomIds(), size=2)
    try:
        if action == "prune":
            pruned = await vault_keys.prune(db, path)
            print(f"Dropped {', '.join(pruned.dropped) or 'no key'}; `{pruned.active}` wraps.")
            if pruned.index_key != pruned.active:
                print(f"`{pruned.index_key}` stays: it makes the index of e-mail addresses.")
            return 0
        done = await vault_keys.rotate(db, path)
    finally:
        await db.close()
    print(
        f"The active key is {done.master_key}; re-wrapped {done.clinic_keys} clinic keys of {done.clinics} clinics "
        f"and {done.patient_keys} patient keys. No content was rewritten."
    )
    return 0


async def withdraw(env: Mapping[str, str], *, kind: PublishedKind, slug: str, version: str, undo: bool) -> int:
    """Withdraws a published version in every clinic, or takes that back; each clinic's audit record says so."""
    db = await Database.connect(required(env, DATABASE_URL), clock=SystemClock(), ids=RandomIds(), size=2)
    try:
        versions = await withdraw_version(db, kind, (slug, version), undo=undo)
    finally:
        await db.close()
    if version not in {each.version for each in versions}:
        known = ", ".join(each.version for each in versions) or "none at all"
        message = f"There is no version {version} of the {kind} {slug} here; published: {known}."
        raise StartupRefused(message)
    print(f"The {kind} {slug} {version} is {'in use again' if undo else 'withdrawn'} in every clinic.")
    if all(each.is_withdrawn for each in versions):
        print(
            "No version is left: nobody can send this form."
            if kind == "questionnaire"
            else "No version is left: danger is still seen, and every other result asks for a review."
        )
    return 0


async def _serve(settings: Settings) -> None:
    await migrations.refuse_pending(settings.database_url)
    async with (
        opened_site(settings) as site,
        opened_site(settings, as_worker=True, content=site.content, metrics=site.metrics) as due,
    ):
        await site.catalogue.publish(site.db, site.content)
        server = server_for(await create_app(site), settings, lambda: print(f"ready {settings.base_url}", flush=True))

        def work(stop: asyncio.Event) -> asyncio.Task[None]:
            return asyncio.create_task(_do_due_work(due, stop))

        with _figures(site.metrics, settings):
            await run_until_stopped(server, _listening(settings), work if settings.run_worker else None)


async def _work(settings: Settings) -> None:
    await migrations.refuse_pending(settings.worker_database_url)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with opened_site(settings, as_worker=True) as site:
        with _figures(site.metrics, settings):
            await _do_due_work(site, stop)


async def _do_due_work(site: Site, stop: asyncio.Event) -> None:
    """What is due in the clinics, and the mailbox to which mail comes back, until told to stop."""
    reading = asyncio.create_task(keep_reading_returned(site, stop))
    try:
        await run_worker(site, DUE, stop)
    finally:
        # A mail server that does not answer holds nobody up: what was not marked as read comes again.
        reading.cancel()
        await asyncio.wait([reading])


@contextmanager
def _figures(metrics: Metrics, settings: Settings) -> Iterator[None]:
    """Figures on their own port for as long as the block runs, when there is one."""
    end = metrics.serve(settings.metrics_host, settings.metrics_port) if settings.metrics_port else lambda: None
    try:
        yield
    finally:
        end()


def _listening(settings: Settings) -> Sequence[socket.socket]:
    try:
        listening = socket.create_server((settings.host, settings.port), backlog=256, reuse_port=False)
    except OSError as error:
        message = f"PORTICO_HOST and PORTICO_PORT cannot be listened on ({error.strerror})."
        raise StartupRefused(message) from error
    at_once(listening)
    return [listening]
