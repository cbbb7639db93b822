"""What an earlier start left behind: a server whose program was killed, or only its traces.

The caller holds the folder's lock, so no living program of ours can be using the server.
"""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from portico.errors import StartupRefused

MARK = "cluster_name=portico"
"""Stands in the command line of each server we start; PostgreSQL keeps that line in `postmaster.opts`."""

_STEPS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0))
_LOOK_AGAIN_SECONDS = 0.02


def clear_predecessor(cluster: Path) -> None:
    """Stops a server that lost its program, so that a new one can recover its data.

    Raises StartupRefused for a server that somebody else started, and for one that does not stop.
    """
    pid = _recorded_pid(cluster)
    if pid is None:
        return
    if not _serves(pid, cluster):
        _disown(pid, cluster)
        return
    if MARK not in _text(cluster / "postmaster.opts"):
        message = f"Another PostgreSQL server (process {pid}) already uses {cluster}; stop it first."
        raise StartupRefused(message)
    for number, seconds in _STEPS:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
        if _is_gone(pid, cluster, seconds):
            # Killed rather than stopped, it may linger as a process that nobody has waited for yet.
            _disown(pid, cluster)
            return
    message = f"A PostgreSQL server left behind (process {pid}) does not stop; end it and start again."
    raise StartupRefused(message)


def _recorded_pid(cluster: Path) -> int | None:
    first = _text(cluster / "postmaster.pid").partition("\n")[0].strip()
    return abs(int(first)) if first.lstrip("-").isdigit() else None


def _serves(pid: int, cluster: Path) -> bool:
    """Whether the process is alive and a server of this cluster; numbers are used again, in containers often."""
    system = Path("/proc")
    if (system / "self").exists():
        try:
            return (system / str(pid) / "cwd").samefile(cluster) and "postgres" in _text(system / str(pid) / "comm")
        except OSError:
            return False
    answer = subprocess.run(["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "postgres" in answer.stdout and str(cluster) in answer.stdout


def _disown(pid: int, cluster: Path) -> None:
    """Names this process in a stale record whose number now belongs to something else.

    PostgreSQL would take any process of that number for a living server, except its own parent. The record itself
    stays: it also names the shared memory, by which PostgreSQL finds back-ends that outlived their server.
    """
    record = cluster / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError):
        descriptor = os.open(record, os.O_RDWR | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
            rest = file.read().partition("\n")[2]
            file.seek(0)
            file.write(f"{os.getpid()}\n{rest}")
            file.truncate()


def _is_gone(pid: int, cluster: Path, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while _serves(pid, cluster):
        if time.monotonic() > end:
            return False
        time.sleep(_LOOK_AGAIN_SECONDS)
    return True


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
