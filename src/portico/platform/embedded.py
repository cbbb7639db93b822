"""A PostgreSQL of our own for the demo and the tests: `async with EmbeddedPostgres(folder) as server`.

The folder holds the cluster, its log, and the secret from which every role's password follows.
"""

import asyncio
import contextlib
import fcntl
import hmac
import os
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from portico.errors import StartupRefused
from portico.platform.embedded_account import CACHES, serving_account, settle
from portico.platform.embedded_binaries import programs
from portico.platform.embedded_server import Plan, Running, make_cluster, start_server, stop_server

ADMIN = "postgres"
"""The server's superuser."""

_LOCK_SECONDS = 2.0  # an initdb whose program was killed may still hold it for a moment


class EmbeddedPostgres:
    """One server on one folder, at most one at a time. Ends with this program, even when that is killed.

    `durable=False` is for data nobody will miss. It listens on a socket in its folder, else (the path is too long, or
    `port` is given) on 127.0.0.1; both ask for a password. Not to be shared between event loops.
    """

    def __init__(
        self,
        folder: Path,
        *,
        version: int = 18,
        durable: bool = True,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        caches: Sequence[Path] = CACHES,
    ) -> None:
        self._requested = folder.absolute()  # not resolve(): it may be a link to the cache
        self._version = version
        self._durable = durable
        self._port = port
        self._settings = dict(settings or {})
        self._caches = caches
        self._lock: int | None = None
        self._plan: Plan | None = None
        self._running: Running | None = None
        self._secret = b""

    async def start(self) -> None:
        """Makes the cluster when there is none, recovers it when it needs to, and waits until the server answers.

        Raises StartupRefused with one sentence that says what is wrong and what to do.
        """
        starting = asyncio.ensure_future(asyncio.to_thread(self._start))
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            with contextlib.suppress(StartupRefused):
                await starting
                await self.stop()
            raise

    async def stop(self, *, at_once: bool = False) -> None:
        """Ends the server; `at_once` without tidying up, which the next start then does."""
        await asyncio.to_thread(self._stop, at_once=at_once)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def dsn(self, *, role: str = ADMIN, database: str = "postgres") -> str:
        """The address of a database as a role, password included: not for logs."""
        running = self._started()
        password = self.password_for(role)
        return (
            f"postgresql://{quote(role, safe='')}:{password}@/{quote(database, safe='')}"
            f"?host={quote(running.host, safe='')}&port={running.port}"
        )

    def password_for(self, role: str) -> str:
        """The password that a role is to have on this server; `apply_roles` sets it."""
        return hmac.new(self._secret, role.encode(), "sha256").hexdigest()

    def program(self, name: str) -> Path:
        """The path of `pg_dump`, `psql`, … in the server's version."""
        return self._planned().programs / name

    @property
    def folder(self) -> Path:
        """Where the data really lies; for root it may be elsewhere than asked, with a link at the place asked for."""
        return self._planned().folder

    @property
    def process_id(self) -> int:
        """The server's process."""
        return self._started().process.pid

    def _start(self) -> None:
        if self._running is not None:
            return
        try:
            account = serving_account(self._requested / "cluster")
            folder = settle(self._requested, account, self._caches)
            self._lock = _locked(folder)
            self._secret = _secret_of(folder)
            self._plan = Plan(
                folder=folder,
                programs=programs(self._version, account, self._caches),
                version=self._version,
                account=account,
                durable=self._durable,
                port=self._port,
                settings=self._settings,
            )
            make_cluster(self._plan, self.password_for(ADMIN), lock=self._lock)
            self._running = start_server(self._plan)
        except OSError as error:
            message = f"The database cannot be started in {self._requested}: {error.strerror}."
            raise StartupRefused(message) from error
        finally:
            if self._running is None:
                self._unlock()

    def _stop(self, *, at_once: bool) -> None:
        running, self._running = self._running, None
        if running is not None:
            stop_server(running, at_once=at_once)
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _planned(self) -> Plan:
        if self._plan is None:
            message = "The embedded PostgreSQL was never started."
            raise RuntimeError(message)
        return self._plan

    def _started(self) -> Running:
        if self._running is None:
            message = "The embedded PostgreSQL is not running."
            raise RuntimeError(message)
        return self._running


def erase(folder: Path) -> None:
    """Removes a database that is not running, with what its link points to. Raises StartupRefused when it is in use."""
    if not folder.exists():
        folder.unlink(missing_ok=True)
        return
    real = folder.resolve()
    if not (real / "lock").exists():
        message = f"{folder} holds no database of Portico; nothing was removed."
        raise StartupRefused(message)
    lock = _locked(real)
    try:
        shutil.rmtree(real)
    finally:
        os.close(lock)
    if folder.is_symlink():
        folder.unlink()


def _locked(folder: Path) -> int:
    """An open file that only one program holds at a time; the system lets go of it however the program ends."""
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    end = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                os.close(lock)
                message = f"Another program is using the database in {folder}; stop it first, or use another folder."
                raise StartupRefused(message) from None
            time.sleep(0.05)
        else:
            return lock


def _secret_of(folder: Path) -> bytes:
    file = folder / "secret"
    if not file.exists():
        if (folder / "cluster").exists():
            message = f"{file} is missing, and nobody can sign in to the database without it."
            raise StartupRefused(message)
        _write_private(file, secrets.token_hex(32))
    return bytes.fromhex(file.read_text(encoding="ascii"))


def _write_private(file: Path, text: str) -> None:
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as made:
        made.write(text)
        made.flush()
        os.fsync(made.fileno())
    draft.rename(file)
