"""The file that holds the keys which wrap every clinic's key: reading it strictly, and replacing it whole.

One key a line, `name base64`; the first wraps from now on, the others still unwrap. `#` begins a remark.
"""

import binascii
import fcntl
import os
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from stat import S_IMODE, S_ISREG

from portico.errors import StartupRefused
from portico.platform.envelope import KEY_BYTES, RandomBytes
from portico.settings import KEY_FILE

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_FOR_OTHERS = 0o077
_REMARK = (
    "# Portico: keys that wrap each clinic's key. The first one wraps, the others still unwrap.\n"
    "# The last one also makes the index of e-mail addresses: it must stay the last.\n"
    "# Without this file nothing that people wrote can be read: keep a copy apart from the backups.\n"
)

MasterKeys = Mapping[str, bytes]
"""Keys by name, the wrapping one first."""


def read_keys(path: Path) -> MasterKeys:
    """Every key of the file. Raises StartupRefused naming a file that is lost, open to others or damaged."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not S_ISREG(status.st_mode):
                refuse(path, "is not a plain file")
            if S_IMODE(status.st_mode) & _FOR_OTHERS:
                refuse(
                    path,
                    f"can be opened by others (mode {S_IMODE(status.st_mode):04o}). Run `chmod 600` on it",
                )
            content = file.read()
    except OSError as error:
        refuse(path, f"cannot be read: {error.strerror}. Put the key file back, or name another one")
        raise
    return _parsed(path, content)


def create_key_file(path: Path, random: RandomBytes = secrets.token_bytes) -> str:
    """Makes a file with one new key and returns its name. Raises StartupRefused when the file exists."""
    name = _new_name(random)
    try:
        _write_new(path, {name: random(KEY_BYTES)})
    except OSError as error:
        refuse(path, f"cannot be made: {error.strerror}. An existing key file is never overwritten")
    _flush_folder(path)
    return name


def add_key(path: Path, *, taken_from: Path | None = None, random: RandomBytes = secrets.token_bytes) -> str:
    """Puts a new key first, or the first one of another key file, keeps the old ones, and returns its name.

    The file is replaced in one step, with its owner and mode kept: a reader sees the old keys or all of them.
    """
    with _locked_folder(path):
        present = read_keys(path)
        if taken_from is None:
            name, key = _new_name(random), random(KEY_BYTES)
        else:
            name, key = next(iter(read_keys(taken_from).items()))
        if name in present:
            refuse(path, f"already holds a key named `{name}`. Finish that rotation, or rename the key")
        _replace(path, {name: key, **present})
    return name


def drop_keys(path: Path, names: Collection[str]) -> None:
    """Takes these keys out of the file, which is replaced in one step."""
    with _locked_folder(path):
        _replace(path, {name: key for name, key in read_keys(path).items() if name not in names})


def refuse(path: Path, complaint: str) -> None:
    """Raises StartupRefused that names the file and the variable it is set by."""
    message = f"The key file {path} ({KEY_FILE.name}) {complaint}."
    raise StartupRefused(message)


def _parsed(path: Path, content: bytes) -> MasterKeys:
    keys: dict[str, bytes] = {}
    for number, line in enumerate(content.decode("ascii", "replace").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, key = _parsed_line(path, number, line)
        if name in keys:
            refuse(path, f"names the key `{name}` twice (line {number})")
        keys[name] = key
    if not keys:
        refuse(path, "holds no key. Put the right key file back; a new one opens nothing that exists")
    return keys


def _parsed_line(path: Path, number: int, line: str) -> tuple[str, bytes]:
    """Refuses without repeating the line: it may hold key material."""
    match line.split():
        case [name, text] if _NAME.fullmatch(name):
            try:
                key = b64decode(text, validate=True)
            except binascii.Error:
                key = b""
            if len(key) == KEY_BYTES:
                return name, key
    refuse(path, f"is damaged in line {number}: expected `name` and {KEY_BYTES} bytes in base64")
    raise AssertionError


def _new_name(random: RandomBytes) -> str:
    return f"master-{random(4).hex()}"


def _replace(path: Path, keys: MasterKeys) -> None:
    target = path.resolve()
    fresh = target.with_name(f".{target.name}.new")
    fresh.unlink(missing_ok=True)
    status = target.stat()
    _write_new(fresh, keys)
    # A rotation run as root must not lock the service's own account out of its keys.
    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(fresh, status.st_uid, status.st_gid)
    fresh.rename(target)
    _flush_folder(target)


def _write_new(path: Path, keys: MasterKeys) -> None:
    lines = "".join(f"{name} {b64encode(key).decode()}\n" for name, key in keys.items())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(_REMARK + lines)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _locked_folder(path: Path) -> Iterator[None]:
    """One writer at a time: of two rotations at once, the later must keep the key that the earlier added."""
    descriptor = os.open(path.resolve().parent, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _flush_folder(path: Path) -> None:
    descriptor = os.open(path.resolve().parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
