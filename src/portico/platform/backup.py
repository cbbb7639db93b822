"""A backup of everything but the master key, taken at one consistent point, and putting it back into an empty database.

PostgreSQL's own `pg_dump` and `pg_restore` do the work; a manifest beside the dump says what must be there again.
"""

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
import msgspec

from portico.errors import StartupRefused
from portico.platform.key_file import MasterKeys
from portico.platform.migrate import revision_of

MANIFEST: Final = "backup.json"
DUMP: Final = "database.dump"

_SNAPSHOT = "select pg_export_snapshot()"
_TABLES = """
    select relname from pg_catalog.pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' and relpersistence = 'p'
    order by relname
"""
_WRAPPING_KEYS = "select distinct wrapping_key from clinic_key order by wrapping_key"
_CHUNK = 1024 * 1024


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a backup holds, and what it takes to put it back."""

    made_at: datetime
    portico: str
    step: str
    """The newest migration of the database."""
    server: str
    rows: Mapping[str, int]
    """Rows of each table at the point of the backup."""
    master_keys: Sequence[str]
    """Names of the keys that the key file must hold, else nobody can read what was sealed."""
    files: Mapping[str, str]
    """SHA-256 of every file of the backup but this one, by its path within the folder."""


class Tools(msgspec.Struct, frozen=True):
    """Where PostgreSQL's client programs are; None looks along PATH."""

    folder: Path | None = None

    def program(self, name: str) -> str:
        """The program's path. Raises StartupRefused when it is not there."""
        found = shutil.which(name, path=None if self.folder is None else str(self.folder))
        if found is None:
            message = (
                f"{name} was not found. Install PostgreSQL's client programs (apt install postgresql-client), or name "
                "their folder in PORTICO_PG_BIN."
            )
            raise StartupRefused(message)
        return found


@asynccontextmanager
async def consistent_point(dsn: str) -> AsyncIterator[tuple[asyncpg.Connection, str]]:
    """A transaction that sees one point in time, and the name under which other programs may see the same one."""
    connection = await connected(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            snapshot: str = await connection.fetchval(_SNAPSHOT)
            yield connection, snapshot
    finally:
        await connection.close()


async def dump(dsn: str, snapshot: str, target: Path, tools: Tools) -> None:
    """Writes the database as it was at this point. Raises StartupRefused with the reason of `pg_dump`."""
    arguments = ["--format=custom", "--compress=6", f"--snapshot={snapshot}", f"--file={target}", "--no-owner"]
    await _run([tools.program("pg_dump"), *arguments], dsn)


async def describe(connection: asyncpg.Connection, *, version: str, now: datetime, folder: Path) -> Manifest:
    """The manifest of what stands in the folder, with the figures of the connection's point in time."""
    tables = [record["relname"] for record in await connection.fetch(_TABLES)]
    return Manifest(
        made_at=now,
        portico=version,
        step=await revision_of(connection) or "none",
        server=str(await connection.fetchval("show server_version")),
        rows=await rows_of(connection, tables),
        master_keys=[record["wrapping_key"] for record in await connection.fetch(_WRAPPING_KEYS)],
        files=await asyncio.to_thread(digests, folder),
    )


async def rows_of(connection: asyncpg.Connection, tables: Sequence[str]) -> dict[str, int]:
    """How many rows each of these tables has; the role must be one that row-level security lets pass."""
    counts = {}
    for table in tables:
        quoted = await connection.fetchval("select format('select count(*) from %I', $1::text)", table)
        counts[table] = int(await connection.fetchval(quoted))
    return counts


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup. Raises StartupRefused when the folder holds none, or a broken one."""
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except OSError:
        message = f"{folder} holds no backup: {MANIFEST} is missing. A backup that broke off has none."
    except msgspec.MsgspecError:
        message = f"{folder / MANIFEST} does not read as the description of a backup."
    raise StartupRefused(message)


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raises StartupRefused naming the first file that is missing or not as it was written."""
    found = digests(folder)
    for name, digest in manifest.files.items():
        if name not in found:
            message = f"{folder / name} is missing from the backup."
            raise StartupRefused(message)
        if found[name] != digest:
            message = f"{folder / name} is not as it was written (its SHA-256 differs)."
            raise StartupRefused(message)


def check_keys(manifest: Manifest, keys: MasterKeys, key_file: Path) -> None:
    """Raises StartupRefused naming the first master key that the backup needs and the key file lacks."""
    for name in manifest.master_keys:
        if name not in keys:
            message = (
                f"The key file {key_file} lacks the key `{name}`: nobody could read what was sealed before the backup. "
                "Put the key file of that installation back first."
            )
            raise StartupRefused(message)


async def restore(owner_dsn: str, folder: Path, tools: Tools) -> None:
    """Puts the dump into an empty database, whole or not at all. Raises StartupRefused."""
    connection = await connected(owner_dsn)
    try:
        there = await connection.fetch(_TABLES)
    finally:
        await connection.close()
    if there:
        message = "The database is not empty. A backup is restored into an empty one, so that nothing is overwritten."
        raise StartupRefused(message)
    arguments = ["--exit-on-error", "--single-transaction", "--no-owner", f"--dbname={_database(owner_dsn)}"]
    await _run([tools.program("pg_restore"), *arguments, str(folder / DUMP)], owner_dsn)


async def check_rows(dsn: str, manifest: Manifest) -> None:
    """Raises StartupRefused naming the first table that has not the rows of the backup."""
    connection = await connected(dsn)
    try:
        counts = await rows_of(connection, list(manifest.rows))
    finally:
        await connection.close()
    for table, wanted in manifest.rows.items():
        if counts[table] != wanted:
            message = f"The table {table} has {counts[table]} rows, the backup had {wanted}. Do not use this database."
            raise StartupRefused(message)


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below the folder but the manifest, by its path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): _digest(path) for path in files}


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


async def connected(dsn: str) -> asyncpg.Connection:
    """A connection of its own. Raises StartupRefused when there is none to be had."""
    try:
        return await asyncpg.connect(dsn, timeout=30)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        message = f"The database cannot be reached with the given address and role ({type(error).__name__})."
        raise StartupRefused(message) from error


async def _run(command: Sequence[str], dsn: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        env=os.environ | _libpq(dsn),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode:
        # The first line names the fault; later ones can quote rows.
        reason = said.decode(errors="replace").strip().splitlines() or ["no reason given"]
        message = f"{Path(command[0]).name} failed: {reason[0][:300]}"
        raise StartupRefused(message)


def _libpq(dsn: str) -> dict[str, str]:
    """The address as libpq's variables: a password on a command line could be read by everybody on the machine."""
    url = urlsplit(dsn)
    options = {name: values[-1] for name, values in parse_qs(url.query).items()}
    found = {
        "PGHOST": options.get("host") or url.hostname,
        "PGPORT": options.get("port") or (str(url.port) if url.port else None),
        "PGUSER": options.get("user") or (unquote(url.username) if url.username else None),
        "PGPASSWORD": options.get("password") or (unquote(url.password) if url.password else None),
        "PGDATABASE": _database(dsn),
        "PGSSLMODE": options.get("sslmode"),
        "PGSSLROOTCERT": options.get("sslrootcert"),
    }
    return {name: value for name, value in found.items() if value}


def _database(dsn: str) -> str:
    return unquote(urlsplit(dsn).path.removeprefix("/"))
