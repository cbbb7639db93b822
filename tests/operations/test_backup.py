"""A backup holds everything but the master key, and goes back only whole, into an empty database, with its key file."""

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import asyncpg
import msgspec
import pytest

from portico.care import attachments
from portico.commands import backup, restore
from portico.errors import StartupRefused
from portico.ids import AttachmentId
from portico.platform.backup import DUMP, MANIFEST, Manifest, read_manifest
from portico.platform.backup_files import FILES
from portico.platform.key_provider import FileKeyProvider
from portico.platform.multipart import SentFile
from tests import walks
from tests.databases import Databases, DatabaseUrls, on_each_version
from tests.operations.programs import client_programs
from tests.portal import Portal, open_portal

pytestmark = on_each_version

PLANTED = b"made-up words of a file"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A backup that was made of a portal with people and content, and the environment that made it."""

    folder: Path
    portal: Portal
    env: Mapping[str, str]
    attachment_id: AttachmentId
    """A file of Alice's."""


@pytest.fixture
async def kept(databases: Databases, fresh_database: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Kept]:
    async with open_portal(fresh_database, tmp_path, with_content=True) as portal:
        env = environment(await client_programs(fresh_database), fresh_database, portal.site.settings.key_file)
        env["PORTICO_ATTACHMENTS"] = str(tmp_path / "attachments")
        file = SentFile(field="file", name="a.txt", declared_type="text/plain", content=PLANTED)
        sent = await attachments.upload(
            portal.site, walks.caller(portal, "alice"), walks.patient_of(portal, "alice"), file
        )
        assert await backup(env, folder=tmp_path / "monday") == 0
        yield Kept(folder=tmp_path / "monday", portal=portal, env=env, attachment_id=sent.attachment_id)


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
        addresses = {
            "BACKUP_DATABASE_URL": urls.backup,
            "OWNER_DATABASE_URL": urls.owner,
            "PORTICO_ATTACHMENTS": str(kept.folder.parent / "copy" / "attachments"),
        }
        yield urls, {**kept.env, **addresses}


async def test_a_restored_copy_has_every_row_and_opens_every_seal(
    kept: Kept, databases: Databases, tmp_path: Path
) -> None:
    async with elsewhere(kept, databases) as (urls, env):
        assert await restore(env, folder=kept.folder) == 0
        shutil.copy(kept.portal.site.settings.key_file, tmp_path / "copy" / "keys")
        async with open_portal(urls, tmp_path / "copy", people=kept.portal.people) as copy:
            doctor = await copy.as_("dr.adams")
            reviews = (await doctor.send("GET", "/api/reviews")).json()["items"]
            there = await (await kept.portal.as_("dr.adams")).send("GET", "/api/reviews")
            assert reviews == there.json()["items"]
            read = await doctor.send("GET", f"/api/reviews/{reviews[0]['id']}")
            assert read.json()["summary"]["flags"]
            file = await (await copy.as_("alice")).send("GET", f"/api/attachments/{kept.attachment_id}")
            assert (file.status_code, file.content) == (200, PLANTED)


async def test_the_master_key_is_not_in_the_backup(kept: Kept) -> None:
    secret = kept.portal.site.settings.key_file.read_text(encoding="utf-8").split()[-1].encode()
    assert all(secret not in file.read_bytes() for file in kept.folder.rglob("*") if file.is_file())
    assert all(PLANTED not in file.read_bytes() for file in kept.folder.rglob("*") if file.is_file())
    assert {file.name for file in kept.folder.iterdir()} == {DUMP, MANIFEST, FILES}
    assert len(list((kept.folder / FILES).iterdir())) == 1


async def test_bytes_that_are_gone_stop_the_backup_unless_their_row_is_gone_too(kept: Kept, tmp_path: Path) -> None:
    for stored in (tmp_path / "attachments").iterdir():
        stored.unlink()
    with pytest.raises(StartupRefused, match="Nothing was backed up"):
        await backup(kept.env, folder=tmp_path / "tuesday")
    assert not (tmp_path / "tuesday").exists()
    kept.portal.clock.instant += timedelta(days=2)
    await kept.portal.do_due_work()
    assert await backup(kept.env, folder=tmp_path / "wednesday") == 0


async def test_files_need_a_place_to_be_copied_from_and_to(kept: Kept, databases: Databases, tmp_path: Path) -> None:
    without = {name: value for name, value in kept.env.items() if name != "PORTICO_ATTACHMENTS"}
    with pytest.raises(StartupRefused, match="PORTICO_ATTACHMENTS"):
        await backup(without, folder=tmp_path / "tuesday")
    async with elsewhere(kept, databases) as (_, env):
        with pytest.raises(StartupRefused, match="PORTICO_ATTACHMENTS"):
            await restore({**env, "PORTICO_ATTACHMENTS": ""}, folder=kept.folder)


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
