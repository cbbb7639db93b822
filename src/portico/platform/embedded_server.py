"""One PostgreSQL server as a child of this program: making its cluster, starting it, stopping it. Blocks while it waits."""

import contextlib
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from portico.errors import StartupRefused
from portico.platform.embedded_account import Account, start_as
from portico.platform.embedded_predecessor import MARK, clear_predecessor

SOCKET_PATH_BYTES = 100
"""The shortest limit of any system we know is 104 bytes, the final zero included."""

_SOCKET_NAME = ".s.PGSQL.5432"
_START_SECONDS = 120.0  # recovery after a crash may take its time
_STOP_STEPS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
_LOOK_AGAIN_SECONDS = 0.01
_LOG_BYTES = 1 << 20

_WATCHDOG = """
read -r _ && exit 0
tries=0
while [ "$tries" -lt 100 ]; do
    read -r pid < "$1/postmaster.pid" && name=postgres && { read -r name < "/proc/$pid/comm" || true; } 2>/dev/null
    [ "$name" = postgres ] || exit 0  # a later start has taken the record over
    [ -n "$pid" ] && kill -INT "$pid" && exit 0
    tries=$((tries + 1)); sleep 0.1
done
"""
"""Holds one end of a pipe. A word means that all is well; its closing, that the program is gone: stop the server."""

_SETTINGS = {
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "30",
    # Nothing of what people entered may reach the log: no statements, no parameters, no details of violated keys.
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
}
_NOT_DURABLE = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "10min",
}
_ONLY_FROM_18 = {"io_method": "sync"}  # no extra processes for a small database

_SENTENCES = (
    (
        r"No space left on device|disk is full|Disk quota exceeded|File too large",
        "The disk is full; make room and start again.",
    ),
    (
        r"Address already in use|could not bind|could not create any TCP/IP sockets",
        "The database's port is in use by another program; choose another or stop that one.",
    ),
    (r"database files are incompatible", "The database was made by another version of PostgreSQL."),
    (r"lock file .* already exists", "Another PostgreSQL server already uses this folder; stop it first."),
    (
        r"could not create shared memory|could not map anonymous shared memory|Cannot allocate memory",
        "There is not enough memory to start the database.",
    ),
    (r"Permission denied", "PostgreSQL's account may not read or write the database's folder."),
)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides how the server runs."""

    folder: Path
    programs: Path
    version: int
    account: Account | None
    durable: bool
    port: int | None
    settings: Mapping[str, str]

    @property
    def cluster(self) -> Path:
        return self.folder / "cluster"

    def fits_a_socket(self) -> bool:
        """Whether a unix socket can lie in the folder; drivers split a host name at commas."""
        path = str(self.folder / _SOCKET_NAME)
        return self.port is None and len(path.encode()) <= SOCKET_PATH_BYTES and not re.search(r'[,"\\\n]', path)


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A server that answers, where it does, and the watchdog that ends it with us."""

    process: "subprocess.Popen[bytes]"
    watchdog: "subprocess.Popen[bytes]"
    host: str
    port: int


def make_cluster(plan: Plan, password: str, *, lock: int) -> None:
    """Makes the data files, unless there are some. A half-made cluster is never taken for one.

    Raises StartupRefused when another major version made the data, or when it cannot be made.
    """
    if plan.cluster.exists():
        _refuse_other_version(plan)
        return
    draft = plan.folder / "cluster.new"
    secret = plan.folder / "initdb-password"
    shutil.rmtree(draft, ignore_errors=True)
    try:
        _write_for(plan.account, secret, password)
        _initdb(plan, draft, secret, lock)
        draft.rename(plan.cluster)
    except OSError as error:
        raise StartupRefused(sentence_for(str(error))) from error
    finally:
        secret.unlink(missing_ok=True)
        shutil.rmtree(draft, ignore_errors=True)


def start_server(plan: Plan) -> Running:
    """Starts the server and waits until it answers. Raises StartupRefused with one sentence when it does not."""
    clear_predecessor(plan.cluster)
    _forget_socket(plan.folder)
    for attempt in range(3):
        port = 5432 if plan.fits_a_socket() else plan.port or _free_port()
        try:
            return _start_on(plan, port)
        except StartupRefused as refusal:
            was_taken = "port is in use" in str(refusal)
            if attempt == 2 or plan.port is not None or not was_taken:  # a free port may be taken before we come
                raise
    raise AssertionError


def stop_server(running: Running, *, at_once: bool) -> None:
    """Ends the server, politely first; `at_once` leaves recovery to the next start."""
    for number, seconds in _STOP_STEPS[1 if at_once else 0 :]:
        if running.process.poll() is None:
            running.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.process.wait(timeout=seconds)
    _release(running.watchdog)


def sentence_for(log: str) -> str:
    """One sentence about why PostgreSQL did not start, from what it wrote."""
    for pattern, sentence in _SENTENCES:
        if re.search(pattern, log):
            return sentence
    complaints = re.findall(r"(?:FATAL|PANIC|error): *(.+)", log) or log.split("\n")[-2:-1] or ["it gave no reason"]
    return f"PostgreSQL did not start: {complaints[-1].strip()}."


def _forget_socket(folder: Path) -> None:
    """Removes the socket of a server that is gone. Its lock names a process that may linger until somebody waits for it,
    and PostgreSQL takes any such process for a living server. Only the holder of the folder's lock comes here.
    """
    for left in folder.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)


def _refuse_other_version(plan: Plan) -> None:
    found = (plan.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    if found != str(plan.version):
        message = (
            f"The database in {plan.folder} was made by PostgreSQL {found}, this program brings {plan.version}; "
            "use another folder, or the version that made it."
        )
        raise StartupRefused(message)


def _initdb(plan: Plan, draft: Path, secret: Path, lock: int) -> None:
    locale = ["--locale=C.UTF-8"]
    if plan.version >= 17:
        locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = [str(plan.programs / "initdb"), "-D", str(draft), "-U", "postgres", "-E", "UTF8", "--no-instructions"]
    command += ["--auth=scram-sha-256", f"--pwfile={secret}", *locale, *([] if plan.durable else ["--no-sync"])]
    # It holds the lock as well: were we killed now, the next start would wait until initdb is done.
    making = start_as(plan.account, command, output=subprocess.PIPE, keep_open=[lock], detached=True)
    written, _ = making.communicate(timeout=_START_SECONDS)
    if making.returncode != 0:
        raise StartupRefused(sentence_for(written.decode(errors="replace")))


def _start_on(plan: Plan, port: int) -> Running:
    log = plan.folder / "server.log"
    host = str(plan.folder) if plan.fits_a_socket() else "127.0.0.1"
    watchdog = start_as(
        plan.account, ["/bin/sh", "-c", _WATCHDOG, "sh", str(plan.cluster)], stdin=subprocess.PIPE, detached=True
    )
    with log.open("ab" if log.exists() and log.stat().st_size < _LOG_BYTES else "wb") as output:
        before = output.tell()
        process = start_as(plan.account, _command(plan, port), output=output, detached=True)
    if _answers(process, plan.cluster):
        return Running(process=process, watchdog=watchdog, host=host, port=port)
    process.kill()
    process.wait()
    _release(watchdog)
    raise StartupRefused(sentence_for(log.read_bytes()[before:].decode(errors="replace")))


def _command(plan: Plan, port: int) -> list[str]:
    by_socket = plan.fits_a_socket()
    settings = {
        **_SETTINGS,
        **(_ONLY_FROM_18 if plan.version >= 18 else {}),
        **({} if plan.durable else _NOT_DURABLE),
        **plan.settings,
        "port": str(port),
        "listen_addresses": "" if by_socket else "127.0.0.1",
        "unix_socket_directories": f'"{plan.folder}"' if by_socket else "",
    }
    options = [f"{name}={value}" for name, value in settings.items()]
    return [str(plan.programs / "postgres"), "-D", str(plan.cluster), "-c", MARK, *_each("-c", options)]


def _each(flag: str, values: list[str]) -> list[str]:
    return [part for value in values for part in (flag, value)]


def _answers(process: "subprocess.Popen[bytes]", cluster: Path) -> bool:
    """Waits until the server says in its own record that it takes connections; False when it ended instead."""
    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError):
            lines = (cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
            if len(lines) >= 8 and lines[0] == str(process.pid) and lines[7].strip() == "ready":
                return True
        time.sleep(_LOOK_AGAIN_SECONDS)
    return False


def _release(watchdog: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(BrokenPipeError):
        watchdog.communicate(b"well\n", timeout=10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _write_for(account: Account | None, file: Path, text: str) -> None:
    file.unlink(missing_ok=True)
    with file.open("x", encoding="ascii") as made:
        file.chmod(0o600)
        if account is not None:
            shutil.chown(file, account.uid, account.gid)
        made.write(text)
