"""Backing up and restoring an installation; the key file is kept apart from both."""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

import portico
from portico.errors import StartupRefused
from portico.platform import backup as backups
from portico.platform.backup import DUMP, MANIFEST, Tools
from portico.platform.backup_files import copy_back, copy_out
from portico.platform.blobs import Blobs
from portico.platform.key_file import read_keys
from portico.settings import (
    ATTACHMENTS,
    BACKUP_DATABASE_URL,
    KEY_FILE,
    OWNER_DATABASE_URL,
    PG_BIN,
    required,
    s3_access,
    value_of,
)


async def backup(env: Mapping[str, str], *, folder: Path) -> int:
    """Writes a backup into a new folder: whole under its name, or not at all."""
    dsn, tools = required(env, BACKUP_DATABASE_URL), _tools(env)
    unfinished = _begun(folder)
    async with backups.consistent_point(dsn) as (connection, snapshot):
        await backups.dump(dsn, snapshot, unfinished / DUMP, tools)
        now = await backups.connected(dsn)
        try:
            copied = await copy_out(connection, now, _blobs(env), unfinished)
        finally:
            await now.close()
        manifest = await backups.describe(
            connection, version=portico.__version__, now=datetime.now(UTC), folder=unfinished
        )
    (unfinished / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
    unfinished.rename(folder)
    print(
        f"{folder} holds {sum(manifest.rows.values())} rows of {len(manifest.rows)} tables, and {copied} sealed files."
    )
    print(f"It needs the key file with {', '.join(manifest.master_keys) or 'no key yet'}, which is not in it.")
    return 0


async def restore(env: Mapping[str, str], *, folder: Path) -> int:
    """Puts a backup into an empty database, after checking its files and that the key file can open it."""
    owner, reader, tools = required(env, OWNER_DATABASE_URL), required(env, BACKUP_DATABASE_URL), _tools(env)
    key_file = Path(required(env, KEY_FILE))
    manifest = backups.read_manifest(folder)
    backups.check_files(folder, manifest)
    backups.check_keys(manifest, read_keys(key_file), key_file)
    files = await copy_back(folder, manifest.files, _blobs(env))
    await backups.restore(owner, folder, tools)
    await backups.check_rows(reader, manifest)
    print(
        f"Restored the backup of {manifest.made_at:%Y-%m-%d %H:%M} UTC: {sum(manifest.rows.values())} rows, {files} files."
    )
    print("Run `portico migrate` if this program is newer than the backup, then `portico doctor`.")
    return 0


def _begun(folder: Path) -> Path:
    """An empty folder beside the wanted one, which must not exist; what an earlier try left there is thrown away."""
    if folder.exists():
        message = f"{folder} exists already; name a new folder for each backup."
        raise StartupRefused(message)
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, mode=0o700)
    return unfinished


def _blobs(env: Mapping[str, str]) -> Blobs | None:
    place = value_of(env, ATTACHMENTS)
    return Blobs.at(place, s3_access(env)) if place else None


def _tools(env: Mapping[str, str]) -> Tools:
    folder = value_of(env, PG_BIN)
    return Tools(Path(folder) if folder else None)
