"""An installation of real processes (web server, two workers, PostgreSQL, mail server), and its sudden deaths."""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import asyncpg

from portico.commands.demo_people import DemoPeople, seed_people
from portico.commands.opening import opened_site
from portico.platform import migrate
from portico.platform.embedded import ADMIN, EmbeddedPostgres
from portico.platform.key_provider import FileKeyProvider
from portico.platform.roles import APP, OWNER, ROLES, WORKER, apply_roles
from portico.settings import Settings
from tests.databases import open_folder
from tests.notify.mail_server import MailServer, running_mail_server
from tests.played import SOURCE

Kind = Literal["app", "worker", "postgres"]
KINDS: tuple[Kind, ...] = ("app", "worker", "postgres")
SEED = "PORTICO_TORTURE_SEED"
"""The variable that repeats a run's choices; the machine's own timing stays its own."""

MINUTES = "PORTICO_TORTURE_MINUTES"
"""How long the long run takes."""

_DATABASE = "portico"
_READY_SECONDS = 120
_DONE_BETWEEN = 8
_COMMANDS: Mapping[str, str] = {"app": "serve", "worker-1": "worker", "worker-2": "worker"}


def seed_of_run() -> int:
    """The seed that was asked for, else a new one; printed, so that a failed run names it."""
    seed = int(os.environ.get(SEED) or random.SystemRandom().randrange(2**32))
    print(f"{SEED}={seed}")
    return seed


def minutes_of_run() -> float:
    """How long the long run is to take: ten minutes when nothing else is said."""
    return float(os.environ.get(MINUTES) or 10)


@dataclass(kw_only=True)
class Installation:
    """Everything that runs, and how often what was killed."""

    folder: Path
    postgres: EmbeddedPostgres
    people: DemoPeople
    mail: MailServer
    environment: Mapping[str, str]
    running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)

    @property
    def url(self) -> str:
        """The web server, as the reverse proxy in front of it would reach it."""
        return f"http://127.0.0.1:{self.environment['PORTICO_PORT']}"

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection that sees every row."""
        connection = await asyncpg.connect(self.postgres.dsn(role=ADMIN, database=_DATABASE))
        try:
            yield connection
        finally:
            await connection.close()

    async def keep_up(self) -> None:
        """Starts what is not running, as whatever supervises them in production does, and waits for the web server."""
        async with asyncio.timeout(_READY_SECONDS):
            while True:
                for name in _COMMANDS:
                    process = self.running.get(name)
                    if process is None or process.returncode is not None:
                        await self._start(name)
                if f"ready {self.environment['PORTICO_BASE_URL']}".encode() in self._log_of_start("app"):
                    return
                await asyncio.sleep(0.1)

    async def kill(self, kind: Kind, chance: random.Random) -> None:
        """SIGKILL, a moment of absence, and a start."""
        self.kills[kind] += 1
        absence = chance.uniform(0, 0.5)
        if kind == "postgres":
            os.kill(self.postgres.process_id, signal.SIGKILL)
            await asyncio.sleep(absence)
            await self.postgres.stop(at_once=True)
            await self.postgres.start()
        else:
            name = "app" if kind == "app" else chance.choice(("worker-1", "worker-2"))
            process = self.running[name]
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            await asyncio.sleep(absence)
        await self.keep_up()

    async def end(self) -> None:
        """Ends the processes that were started here, and waits for them."""
        for process in self.running.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        await asyncio.gather(*(process.wait() for process in self.running.values()))

    async def dump(self) -> bytes:
        """All rows of all tables, as pg_dump writes them."""
        dsn = self.postgres.dsn(role=ADMIN, database=_DATABASE)
        process = await asyncio.create_subprocess_exec(
            str(self.postgres.program("pg_dump")), "--data-only", dsn, stdout=asyncio.subprocess.PIPE
        )
        content, _ = await process.communicate()
        assert process.returncode == 0
        return content

    def logs(self) -> Iterator[tuple[str, bytes]]:
        """What each process and the database server wrote."""
        for path in [*(self.folder / "logs").iterdir(), *self.postgres.folder.glob("*log*")]:
            if path.is_file():
                yield path.name, path.read_bytes()

    async def _start(self, name: str) -> None:
        with self._new_log(name) as log:
            self.running[name] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "portico", _COMMANDS[name]),
                env={**os.environ, "PYTHONPATH": str(SOURCE), **self.environment},
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
            )

    @contextmanager
    def _new_log(self, name: str) -> Iterator[int]:
        folder = self.folder / "logs"
        folder.mkdir(exist_ok=True)
        number = len(list(folder.glob(f"{name}.*")))
        with (folder / f"{name}.{number:05}").open("wb") as file:
            yield file.fileno()

    def _log_of_start(self, name: str) -> bytes:
        return max((self.folder / "logs").glob(f"{name}.*")).read_bytes()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@asynccontextmanager
async def installed() -> AsyncIterator[Installation]:
    """A new installation with the demo's people, durable as in production; gone at the end."""
    folder = open_folder()
    postgres = EmbeddedPostgres(folder / "postgres")
    try:
        async with running_mail_server() as mail:
            await postgres.start()
            environment = await _prepared(folder, postgres, mail)
            async with opened_site(Settings.from_env(environment)) as site:
                await site.catalogue.publish(site.db, site.content)
                people = await seed_people(site)
            made = Installation(folder=folder, postgres=postgres, people=people, mail=mail, environment=environment)
            try:
                await made.keep_up()
                yield made
            finally:
                await made.end()
    finally:
        await postgres.stop(at_once=True)
        shutil.rmtree(folder, ignore_errors=True)


async def _prepared(folder: Path, postgres: EmbeddedPostgres, mail: MailServer) -> dict[str, str]:
    await apply_roles(
        postgres.dsn(), database=_DATABASE, passwords={role: postgres.password_for(role) for role in ROLES}
    )
    await migrate.upgrade(postgres.dsn(role=OWNER, database=_DATABASE))
    FileKeyProvider.create(folder / "keys")
    files = folder / "files"
    files.mkdir()
    return {
        "DATABASE_URL": postgres.dsn(role=APP, database=_DATABASE),
        "WORKER_DATABASE_URL": postgres.dsn(role=WORKER, database=_DATABASE),
        "PORTICO_KEY_FILE": str(folder / "keys"),
        "PORTICO_BASE_URL": "https://portal.portico.test",
        "PORTICO_RUN_WORKER": "false",
        "PORTICO_PORT": str(free_port()),
        "PORTICO_TRUSTED_PROXY": "127.0.0.1",
        "PORTICO_ATTACHMENTS": str(files),
        "SMTP_URL": mail.url,
        "PORTICO_MAIL_FROM": "portal@portico.test",
    }


async def kill_until(
    place: Installation,
    chance: random.Random,
    *,
    done: Callable[[], int],
    seconds: float,
    most: int | None = None,
) -> None:
    """Kills one thing after the other at random moments, each kind as often, for so long or so often.

    `done` counts what people have done: between two kills a little of it happens, also on a machine that is slow.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    kinds: list[Kind] = []
    while loop.time() < end and (most is None or place.kills.total() < most):
        kinds = kinds or chance.sample(KINDS, len(KINDS))
        wanted = done() + chance.randint(1, _DONE_BETWEEN)
        pause = chance.uniform(0.3, 2.0)
        while pause or (done() < wanted and loop.time() < end):
            await asyncio.sleep(pause or 0.05)
            pause = 0
        await place.kill(kinds.pop(), chance)
