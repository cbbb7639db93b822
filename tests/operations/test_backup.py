"""A backup holds everything but the master key, and goes back only whole, into an empty database, with its key file."""

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import msgspec
import pytest

from portico.commands import backup, restore
from portico.errors import StartupRefused
from portico.platform.backup import DUMP, MANIFEST, Manifest, read_manifest
from portico.platform.key_provider import FileKeyProvider
from tests.databases import Databases, DatabaseUrls, on_each_version
from tests.operations.programs import client_programs
from tests.portal import Portal, open_portal

pytestmark = on_each_version


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A backup that was made of a portal with people and content, and the environment that made it."""

    folder: Path
    portal: Portal
    env: Mapping[str, str]


@pytest.fixture
async def kept(databases: Databases, fresh_database: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Kept]:
    async with open_portal(fresh_database, tmp_path, with_content=True) as portal:
        env = environment(await client_programs(fresh_database), fresh_database, portal.site.settings.key_file)
        assert await backup(env, folder=tmp_path / "monday") == 0
        yield Kept(folder=tmp_path / "monday", portal=portal, env=env)


def environment(programs: Path, urls: DatabaseUrls, key_file: Path) -> dict[str, str]:
    return {
        "BACKUP_DATABASE_URL": urls.backup,
        "OWNER_DATABASE_URL": urls.owner,
        "PORTICO_KEY_FILE": str(key_file),
        "PORTICO_PG_BIN": str(programs),
    }


@asynccontextmanager
async def elsewhere(kept: Kept, databases: Databases) -> AsyncIterator[tuple[DatabaseUrls, dict[str, str]]]:
    """An empty database, and the environment of a restore into it."""
    async with databases.empty() as urls:
        addresses = {"BACKUP_DATABASE_URL": urls.backup, "OWNER_DATABASE_URL": urls.owner}
        yield urls, {**kept.env, **addresses}


async def test_a_restored_copy_has_every_row_and_opens_every_seal(
    kept: Kept, databases: Databases, tmp_path: Path
) -> None:
    async with elsewhere(kept, databases) as (urls, env):
        assert await restore(env, folder=kept.folder) == 0
        (tmp_path / "copy").mkdir()
        shutil.copy(kept.portal.site.settings.key_file, tmp_path / "copy" / "keys")
        async with open_portal(urls, tmp_path / "copy", people=kept.portal.people) as copy:
            doctor = await copy.as_("dr.adams")
            reviews = (await doctor.send("GET", "/api/reviews")).json()["items"]
            there = await (await kept.portal.as_("dr.adams")).send("GET", "/api/reviews")
            assert reviews == there.json()["items"]
            read = await doctor.send("GET", f"/api/reviews/{reviews[0]['id']}")
            assert read.json()["summary"]["flags"]


async def test_the_master_key_is_not_in_the_backup(kept: Kept) -> None:
    secret = kept.portal.site.settings.key_file.read_text(encoding="utf-8").split()[-1].encode()
    assert all(secret not in file.read_bytes() for file in kept.folder.rglob("*") if file.is_file())
    assert {file.name for file in kept.folder.iterdir()} == {DUMP, MANIFEST}


async def test_a_restore_without_the_key_file_is_refused_by_its_name(
    kept: Kept, databases: Databases, tmp_path: Path
) -> None:
    other = tmp_path / "other-keys"
    FileKeyProvider.create(other)
    missing = read_manifest(kept.folder).master_keys[0]
    async with elsewhere(kept, databases) as (urls, env):
        with pytest.raises(StartupRefused, match=str(tmp_path / "nowhere")):
            await restore({**env, "PORTICO_KEY_FILE": str(tmp_path / "nowhere")}, folder=kept.folder)
        with pytest.raises(StartupRefused, match=f"{other} lacks the key `{missing}`"):
            await restore({**env, "PORTICO_KEY_FILE": str(other)}, folder=kept.folder)
        assert await tables(urls) == 0


async def test_a_damaged_or_unfinished_backup_is_refused_before_anything_is_written(
    kept: Kept, databases: Databases, tmp_path: Path
) -> None:
    damaged, unfinished = tmp_path / "damaged", tmp_path / "unfinished"
    shutil.copytree(kept.folder, damaged)
    content = (damaged / DUMP).read_bytes()
    (damaged / DUMP).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    shutil.copytree(kept.folder, unfinished)
    (unfinished / MANIFEST).unlink()
    async with elsewhere(kept, databases) as (urls, env):
        with pytest.raises(StartupRefused, match="is not as it was written"):
            await restore(env, folder=damaged)
        with pytest.raises(StartupRefused, match="holds no backup"):
            await restore(env, folder=unfinished)
        assert await tables(urls) == 0


async def test_a_database_with_anything_in_it_is_not_overwritten(kept: Kept) -> None:
    with pytest.raises(StartupRefused, match="not empty"):
        await restore(kept.env, folder=kept.folder)


async def test_rows_that_did_not_come_back_are_noticed(kept: Kept, databases: Databases) -> None:
    manifest = read_manifest(kept.folder)
    more = msgspec.structs.replace(manifest, rows={**manifest.rows, "patient": manifest.rows["patient"] + 1})
    write(kept.folder, more)
    async with elsewhere(kept, databases) as (_, env):
        with pytest.raises(StartupRefused, match="The table patient has"):
            await restore(env, folder=kept.folder)


async def test_an_existing_folder_is_never_written_over(kept: Kept) -> None:
    with pytest.raises(StartupRefused, match="exists already"):
        await backup(kept.env, folder=kept.folder)


async def test_a_missing_program_is_named_with_what_to_install(kept: Kept, tmp_path: Path) -> None:
    with pytest.raises(StartupRefused, match="pg_dump was not found"):
        await backup({**kept.env, "PORTICO_PG_BIN": str(tmp_path)}, folder=tmp_path / "tuesday")
    assert not (tmp_path / "tuesday").exists()


def write(folder: Path, manifest: Manifest) -> None:
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))


async def tables(urls: DatabaseUrls) -> int:
    connection = await asyncpg.connect(urls.superuser)
    try:
        return int(await connection.fetchval("select count(*) from pg_tables where schemaname = 'public'"))
    finally:
        await connection.close()
