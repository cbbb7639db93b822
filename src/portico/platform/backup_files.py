"""The sealed bytes of photos and documents beside the dump of a backup, and back into a store.

They are copied after the dump: whoever sends a file stores its bytes before its row, and bytes are taken away only after
their row has said so. So each row of the dump finds its bytes, unless it has been collected since.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import asyncpg

from portico.errors import StartupRefused
from portico.platform.blobs import BlobMissing, Blobs
from portico.settings import ATTACHMENTS

FILES: Final = "files"
"""The folder of a backup in which they lie, each under its key in the store."""

_HELD = "select blob_key from attachment where state in ('clean', 'quarantined') order by blob_key"
_IS_HELD = "select exists (select from attachment where blob_key = $1 and state in ('clean', 'quarantined'))"


async def copy_out(point: asyncpg.Connection, now: asyncpg.Connection, blobs: Blobs | None, folder: Path) -> int:
    """Copies the bytes of every file that the point in time knows, and tells how many.

    `now` is a connection that sees what was committed since. Raises StartupRefused when bytes are not where they must be,
    and Unavailable when the store does not answer.
    """
    keys = [record["blob_key"] for record in await point.fetch(_HELD)]
    if blobs is None:
        if keys:
            message = f"The database names {len(keys)} photos and documents; say in {ATTACHMENTS.name} where they lie."
            raise StartupRefused(message)
        return 0
    copied = 0
    for key in keys:
        try:
            sealed = await blobs.get(key)
        except BlobMissing:
            await _check_collected(now, key)
        else:
            await asyncio.to_thread(_write, folder / FILES / key, sealed)
            copied += 1
    return copied


async def _check_collected(now: asyncpg.Connection, key: str) -> None:
    if await now.fetchval(_IS_HELD, key):
        message = f"The file {key} is not in {ATTACHMENTS.name}, and somebody's record names it. Nothing was backed up."
        raise StartupRefused(message)


def _write(path: Path, sealed: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_bytes(sealed)


async def copy_back(folder: Path, files: Mapping[str, str], blobs: Blobs | None) -> int:
    """Puts the bytes of a backup into a store, and tells how many files there were. Raises StartupRefused, Unavailable."""
    names = sorted(name for name in files if name.startswith(f"{FILES}/"))
    if blobs is None:
        if names:
            message = f"The backup holds {len(names)} photos and documents; say in {ATTACHMENTS.name} where they go."
            raise StartupRefused(message)
        return 0
    for name in names:
        await blobs.put(name.removeprefix(f"{FILES}/"), await asyncio.to_thread((folder / name).read_bytes))
    return len(names)
