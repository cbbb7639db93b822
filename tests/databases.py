"""Real PostgreSQL for the tests: one server per run and version, a migrated template, a fresh copy for whoever asks."""

import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import pytest

from portico.platform import migrate, roles
from portico.platform.embedded import ADMIN, EmbeddedPostgres

VERSIONS = (16, 18)
OUTSIDE_SERVER = "PORTICO_TEST_DATABASE_URL"
"""A server to use instead, as its administrator; the tests set the passwords of Portico's roles on it."""

_TEMPLATE = "portico_template"
_MEMORY = Path("/dev/shm")  # noqa: S108 - asked for room first, and the folder made there is nobody else's
_ROOM_BYTES = 4 * 1024**3
"""Several times what two servers of a run were seen to take."""
_SETTINGS = {"max_connections": "200", "shared_buffers": "48MB", "autovacuum": "off"}


@dataclass(frozen=True)
class DatabaseUrls:
    """Addresses of one migrated database, one for each role."""

    name: str
    superuser: str
    owner: str
    app: str
    worker: str
    backup: str


class Databases:
    """Copies of one migrated template on one server."""

    def __init__(self, admin: str, passwords: Mapping[str, str]) -> None:
        self._admin = admin
        self._passwords = passwords
        self._count = 0

    async def prepare(self) -> None:
        """Makes roles and template, once per server."""
        await roles.apply_roles(self._admin, database=_TEMPLATE, passwords=self._passwords)
        await migrate.upgrade(self.urls(_TEMPLATE).owner)

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[DatabaseUrls]:
        """A migrated database without rows, dropped at the end whoever still uses it."""
        async with self._made(f"template {_TEMPLATE}") as urls:
            yield urls

    @asynccontextmanager
    async def empty(self) -> AsyncIterator[DatabaseUrls]:
        """A database with roles and grants, without any migration."""
        async with self._made("template template0") as urls:
            await roles.apply_roles(self._admin, database=urls.name, passwords={})
            yield urls

    def urls(self, name: str) -> DatabaseUrls:
        return DatabaseUrls(
            name=name,
            superuser=_at(self._admin, name),
            owner=self._url(roles.OWNER, name),
            app=self._url(roles.APP, name),
            worker=self._url(roles.WORKER, name),
            backup=self._url(roles.BACKUP, name),
        )

    @asynccontextmanager
    async def _made(self, source: str) -> AsyncIterator[DatabaseUrls]:
        self._count += 1
        name = f"portico_{os.getpid()}_{self._count}"
        connection = await asyncpg.connect(self._admin)
        try:
            await connection.execute(f"create database {name} {source} strategy file_copy owner {roles.OWNER}")
            await connection.execute(roles.database_sql(name))
            yield self.urls(name)
        finally:
            await connection.execute(f"drop database if exists {name} with (force)")
            await connection.close()

    def _url(self, role: str, name: str) -> str:
        parts = urlsplit(self._admin)
        server = parts.netloc.rpartition("@")[2]
        return _at(urlunsplit(parts._replace(netloc=f"{quote(role)}:{self._passwords[role]}@{server}")), name)


def _at(address: str, name: str) -> str:
    return urlunsplit(urlsplit(address)._replace(path=f"/{name}"))


@asynccontextmanager
async def databases_of(version: int, *, durable: bool = False) -> AsyncIterator[Databases]:
    """A server of this version for the run, with its template; nothing on it survives."""
    outside = os.environ.get(OUTSIDE_SERVER)
    if outside is not None and version == max(VERSIONS):
        databases = Databases(outside, {role: secrets.token_hex(32) for role in roles.ROLES})
        await databases.prepare()
        yield databases
        return
    async with throwaway_server(version, durable=durable) as server:
        databases = Databases(server.dsn(role=ADMIN), {role: server.password_for(role) for role in roles.ROLES})
        await databases.prepare()
        yield databases


def open_folder(parent: Path | None = None) -> Path:
    """A new folder that root's PostgreSQL, which runs as another account, can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="portico-tests-", dir=parent))
    folder.chmod(0o711)
    return folder


def _in_memory() -> Path | None:
    """Where there is room in memory: a database is made for every second test, in a fortieth of the time of a disk."""
    is_roomy = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM_BYTES
    return _MEMORY if is_roomy else None


@asynccontextmanager
async def throwaway_server(version: int = max(VERSIONS), *, durable: bool = False) -> AsyncIterator[EmbeddedPostgres]:
    """A fast server whose data nobody will miss; a durable one waits for a disk as production's does."""
    folder = open_folder(None if durable else _in_memory())
    server = EmbeddedPostgres(folder / str(version), version=version, durable=durable, settings=_SETTINGS)
    try:
        await server.start()
        yield server
    finally:
        await server.stop(at_once=True)
        shutil.rmtree(folder, ignore_errors=True)


on_each_version = pytest.mark.parametrize(
    "databases", VERSIONS, indirect=True, ids=[f"postgres{version}" for version in VERSIONS]
)
"""Marks a test, or with `pytestmark` a file, to run on each PostgreSQL we support."""
