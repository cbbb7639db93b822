"""`portico secrets`: the passwords of an installation's database roles, made once, each address in a file of its own."""

import secrets as random
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from portico.errors import StartupRefused
from portico.platform.roles import APP, BACKUP, OWNER, WORKER

ADMIN = "postgres"
FILES: Mapping[str, str] = {
    "database_url": APP,
    "worker_database_url": WORKER,
    "owner_database_url": OWNER,
    "backup_database_url": BACKUP,
    "admin_database_url": ADMIN,
}
"""Name of the file to the role whose address it holds; the variable that reads it is `<NAME>_FILE` in capitals."""

ADMIN_PASSWORD = "admin_password"  # noqa: S105 - the name of a file
PAGE_SECRET = "page_secret"  # noqa: S105 - the name of a file
"""Signs the page webhook; unlike the others it may be made later, since nothing else depends on its value."""
_BYTES = 32


def secrets(*, folder: Path, server: Path, host: str, database: str) -> int:
    """Makes what is missing and keeps what there is, so that a second start changes nothing.

    `server` gets the administrator's password alone, readable by the database's own account.
    """
    folder.mkdir(parents=True, exist_ok=True)
    server.mkdir(parents=True, exist_ok=True)
    if not (folder / PAGE_SECRET).exists():
        _write(folder / PAGE_SECRET, random.token_hex(_BYTES), mode=0o400)
    there = [name for name in FILES if (folder / name).exists()]
    if len(there) == len(FILES) and (server / ADMIN_PASSWORD).exists():
        print(f"{folder} holds every secret already.")
        return 0
    if there:
        message = (
            f"{folder} holds only {', '.join(there)}. Put the missing files back, or empty it for a new installation."
        )
        raise StartupRefused(message)
    for name, role in FILES.items():
        password = random.token_hex(_BYTES)
        where = "postgres" if role == ADMIN else database
        _write(folder / name, f"postgresql://{quote(role)}:{password}@{host}/{where}", mode=0o400)
        if role == ADMIN:
            _write(server / ADMIN_PASSWORD, password, mode=0o444)
    print(f"{folder} holds the addresses of {len(FILES)} roles.")
    return 0


def _write(path: Path, text: str, *, mode: int) -> None:
    unfinished = path.with_suffix(".part")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text + "\n", encoding="utf-8")
    unfinished.chmod(mode)
    unfinished.rename(path)
