"""The system account that PostgreSQL runs as, starting programs as it, and the folders it can reach.

PostgreSQL refuses to run as root. Then an existing account without rights does it, and what that account cannot
reach (a checkout below a closed home) is kept in a cache that root owns; nobody's home is opened for it.
"""

import os
import pwd
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import msgspec

from portico.errors import StartupRefused

CACHES: Sequence[Path] = (Path("/var/cache/portico"), Path("/var/lib/portico"), Path("/opt/portico-cache"))
"""Where root keeps what a closed folder hides from the account, in order of preference."""

_ACCOUNTS = ("postgres", "nobody")
_ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "TZ": "UTC"}

Stream = int | IO[bytes] | None


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account by number."""

    uid: int
    gid: int

    def owns(self, path: Path) -> bool:
        return path.lstat().st_uid == self.uid


def serving_account(cluster: Path) -> Account | None:
    """Who runs PostgreSQL on this cluster: None for oneself; as root the cluster's owner, else an account without rights.

    Raises StartupRefused when the data belongs to somebody else, or root finds no such account.
    """
    owner = cluster.stat() if cluster.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner.st_uid != os.geteuid():
            message = (
                f"The database in {cluster.parent} belongs to another account; start as that one or use another folder."
            )
            raise StartupRefused(message)
        return None
    if owner is not None and owner.st_uid != 0:
        return Account(uid=owner.st_uid, gid=owner.st_gid)
    for name in _ACCOUNTS:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid != 0:
            return Account(uid=found.pw_uid, gid=found.pw_gid)
    message = "PostgreSQL does not run as root, and this machine has neither an account `postgres` nor `nobody`."
    raise StartupRefused(message)


def start_as(
    account: Account | None,
    command: Sequence[str],
    *,
    stdin: Stream = subprocess.DEVNULL,
    output: Stream = subprocess.DEVNULL,
    keep_open: Sequence[int] = (),
    detached: bool = False,
) -> "subprocess.Popen[bytes]":
    """Starts a program as the account (None: oneself), in `/`, with a bare environment, its files private to it.

    A detached one is out of reach of the terminal's Ctrl-C. Raises OSError when the account cannot run the program.
    """
    return subprocess.Popen(
        command,
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd="/",
        env=_ENVIRONMENT,
        umask=0o077,
        pass_fds=keep_open,
        start_new_session=detached,
        user=None if account is None else account.uid,
        group=None if account is None else account.gid,
        extra_groups=None if account is None else [],
    )


def can_enter(account: Account | None, folder: Path) -> bool:
    """Whether the account can reach what lies in the folder: asked of the system itself, so that ACLs count."""
    return _succeeds(account, ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)])


def can_run(account: Account | None, program: Path) -> bool:
    """Whether the account can execute the program."""
    return _succeeds(account, [str(program), "--version"])


def cache_folder(account: Account, caches: Sequence[Path] = CACHES) -> Path:
    """A folder that root owns, nobody else can write, and the account can enter. Raises StartupRefused without one."""
    for folder in caches:
        try:
            folder.mkdir(mode=0o755, exist_ok=True)
            state = folder.lstat()
            if state.st_uid == os.geteuid() and folder.is_dir() and not folder.is_symlink():
                folder.chmod(0o755)
                if can_enter(account, folder):
                    return folder
        except OSError:
            continue
    message = "PostgreSQL's account cannot reach this folder, and no cache can be made in /var/cache, /var/lib or /opt; use another --data."
    raise StartupRefused(message)


def settle(requested: Path, account: Account | None, caches: Sequence[Path] = CACHES) -> Path:
    """The real folder for the data, made when missing: private, the account's own, within its reach.

    Where the requested place is out of reach, the folder lies in the cache and the requested path links to it.
    """
    if requested.is_symlink() and not requested.exists():
        message = f"{requested} links to a database that is gone; remove the link to begin with an empty one."
        raise StartupRefused(message)
    if requested.exists() and not _is_hidden_and_empty(requested, account):
        return _existing(requested.resolve(), account)
    requested.parent.mkdir(parents=True, exist_ok=True)
    if account is None or can_enter(account, requested.parent):
        requested.mkdir(mode=0o700)
        return _given_to(account, requested.resolve())
    shelf = cache_folder(account, caches) / "data"
    shelf.mkdir(mode=0o755, exist_ok=True)
    shelf.chmod(0o755)
    folder = _given_to(account, Path(tempfile.mkdtemp(dir=shelf, prefix="database-")))
    if requested.exists():
        requested.rmdir()
    requested.symlink_to(folder)
    return folder


def _is_hidden_and_empty(folder: Path, account: Account | None) -> bool:
    is_open = folder.is_symlink() or not folder.is_dir() or can_enter(account, folder.resolve().parent)
    return not is_open and not any(folder.iterdir())


def _existing(folder: Path, account: Account | None) -> Path:
    if not folder.is_dir():
        message = f"{folder} is not a folder; choose another place for the database."
        raise StartupRefused(message)
    if not (folder / "lock").exists() and any(folder.iterdir()):
        message = f"{folder} holds something else than a database; choose an empty folder or a new one."
        raise StartupRefused(message)
    if not can_enter(account, folder.parent):
        message = f"PostgreSQL's account cannot reach {folder}; move the folder, or name a new one with --data."
        raise StartupRefused(message)
    return _given_to(account, folder)


def _given_to(account: Account | None, folder: Path) -> Path:
    folder.chmod(0o700)
    if account is not None and not account.owns(folder):
        os.chown(folder, account.uid, account.gid)
    return folder


def _succeeds(account: Account | None, command: Sequence[str]) -> bool:
    try:
        return start_as(account, command).wait(timeout=20) == 0
    except OSError:
        return False
