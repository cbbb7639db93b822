"""`portico demo`: a complete portal on this machine, with its own PostgreSQL and made-up people."""

import asyncio
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from portico.accounts.totp import code_at
from portico.app import create_app
from portico.commands.demo_content import seed_content
from portico.commands.demo_people import PASSWORD, DemoFile, is_seeded, seed_people
from portico.commands.due_work import DUE
from portico.commands.opening import opened_site
from portico.commands.server import loopback_sockets, run_until_stopped, server_for
from portico.errors import StartupRefused
from portico.platform import migrate
from portico.platform.clock import SystemClock
from portico.platform.due import run_worker
from portico.platform.embedded import EmbeddedPostgres, erase
from portico.platform.key_provider import FileKeyProvider
from portico.platform.roles import APP, OWNER, ROLES, WORKER, apply_roles
from portico.settings import Settings

DATABASE = "portico"
_MARK = "portico-demo"
"""A file of this name says that a folder is a demo's own, so that `--reset` never empties somebody's folder."""


def demo(*, port: int, data: Path, reset: bool, host: str) -> int:
    """Runs the demo until it is told to stop. Raises StartupRefused with what to do."""
    with _quiet_sigterm():
        asyncio.run(_demo(port=port, data=data.absolute(), reset=reset, host=host))
    return 0


async def _demo(*, port: int, data: Path, reset: bool, host: str) -> None:
    sockets = loopback_sockets(host, port)
    try:
        if reset:
            _empty(data)
        _claim_folder(data)
        async with running_database(data) as urls:
            await _run(data, sockets, urls)
    finally:
        for listening in sockets:
            listening.close()


async def _run(data: Path, sockets: list[socket.socket], urls: Mapping[str, str]) -> None:
    port = sockets[0].getsockname()[1]
    settings = demo_settings(data, port, urls)
    async with opened_site(settings) as site, opened_site(settings, as_worker=True, content=site.content) as due:
        await site.catalogue.publish(site.db, site.content)
        # Before anybody's words are read: it makes the reader ready, which else would fail for lack of time.
        app = await create_app(site)
        if not await is_seeded(site):
            people = await seed_people(site)
            await seed_content(site, people)
            _write_demo_file(data, people.described)
        _point_demo_file(data, settings)
        server = server_for(app, settings, lambda: _welcome(data, settings))
        await run_until_stopped(server, sockets, lambda stop: asyncio.create_task(run_worker(due, DUE, stop)))


@asynccontextmanager
async def running_database(data: Path) -> AsyncIterator[Mapping[str, str]]:
    """The demo's PostgreSQL with roles and schema, as one address per role, for as long as the block runs."""
    async with EmbeddedPostgres(data / "postgres") as server:
        passwords = {role: server.password_for(role) for role in ROLES}
        await apply_roles(server.dsn(), database=DATABASE, passwords=passwords)
        urls = {role: server.dsn(role=role, database=DATABASE) for role in ROLES}
        await migrate.upgrade(urls[OWNER])
        yield urls


def demo_settings(data: Path, port: int, urls: Mapping[str, str]) -> Settings:
    """The settings of a demo in this folder."""
    key_file = data / "keys"
    if not key_file.exists():
        FileKeyProvider.create(key_file)
    mail = data / "mail"
    mail.mkdir(exist_ok=True)
    return Settings(
        database_url=urls[APP],
        worker_database_url=urls[WORKER],
        key_file=key_file,
        base_url=f"http://localhost:{port}",
        port=port,
        mail_folder=mail,
        mail_from="portal@portico.test",
        attachments=str(data / "attachments"),
        demo=True,
    )


def _welcome(data: Path, settings: Settings) -> None:
    print(f"Sign in as alice@demo.test (password {PASSWORD}); everybody else stands in {data / 'demo.json'}.")
    print(f"Staff also need a code: portico demo-code nora@demo.test --data {data}")
    print("Stop with Ctrl-C.")
    print(f"ready {settings.base_url}", flush=True)


def demo_code(*, email: str, data: Path) -> int:
    """Prints the one-time code that this member of the demo's staff needs now."""
    file = data / "demo.json"
    try:
        described = msgspec.json.decode(file.read_bytes(), type=DemoFile)
    except (OSError, msgspec.MsgspecError) as error:
        message = f"{file} cannot be read; --data names the folder of a demo."
        raise StartupRefused(message) from error
    seed = next((account.totp_seed for account in described.accounts if account.email == email), None)
    if seed is None:
        message = f"{email} needs no code, or is not one of the demo's people."
        raise StartupRefused(message)
    print(code_at(seed, SystemClock().now()))
    return 0


def _claim_folder(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True)
        mark = data / _MARK
        if not mark.exists() and any(data.iterdir()):
            message = f"{data} holds other files; choose an empty folder with --data."
            raise StartupRefused(message)
        mark.touch()
    except OSError as error:
        message = f"The folder {data} cannot be used ({error.strerror}); choose another with --data."
        raise StartupRefused(message) from error


def _empty(data: Path) -> None:
    if not data.exists():
        return
    if any(data.iterdir()) and not (data / _MARK).exists():
        message = f"{data} is not a demo's folder; --reset does not touch it."
        raise StartupRefused(message)
    erase(data / "postgres")
    shutil.rmtree(data)


def _write_demo_file(data: Path, described: DemoFile) -> None:
    (data / "demo.json").write_bytes(msgspec.json.format(msgspec.json.encode(described), indent=2) + b"\n")


def _point_demo_file(data: Path, settings: Settings) -> None:
    """Another port or folder than last time: the file says where the demo is now."""
    file = data / "demo.json"
    described = msgspec.json.decode(file.read_bytes(), type=DemoFile)
    now = msgspec.structs.replace(described, base_url=settings.base_url, mail_folder=str(settings.mail_folder))
    _write_demo_file(data, now)


class _quiet_sigterm:  # noqa: N801 - used like a function
    """Turns a SIGTERM during start-up into an orderly end: the database must be stopped too."""

    def __enter__(self) -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
