"""A summary on paper. Data goes to the typesetter as JSON and is only ever text there, never markup.

The typesetter is a process of its own for each summary (`press`): what it takes in memory is given back at once, and a
summary that it cannot set harms nobody else.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Final, cast

import msgspec

from portico.errors import Unavailable
from portico.intake.print_characters import FONTS, printable
from portico.intake.summary import Summary
from portico.platform.logs import log

TIME_LIMIT_SECONDS = 20.0
"""From asking to paper, the wait for a free press included."""
PRESSES = 2
"""Summaries that are set at the same time; others wait their turn."""

_TEMPLATE: Final = Path(__file__).with_name("summary.typ")
_PRESS: Final = "portico.intake.press"
_PRESSES = ThreadPoolExecutor(max_workers=PRESSES, thread_name_prefix="press")
_HANDED_ON: Final = ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH")
"""What finds the program's own files; the portal's settings and secrets are nothing for a typesetter."""


class PrintingTakesTooLong(Unavailable):
    """The summary could not be set in time."""

    code = "printing-takes-too-long"


class PrintingFailed(Unavailable):
    """The typesetter ended without a page: it ran out of memory, or could not be started."""

    code = "printing-failed"


async def render_pdf(summary: Summary, *, printed_at: datetime, printed_by: str) -> bytes:
    """The summary as a PDF. `printed_at` is on the clinic's clock, and every instant is printed on that clock.

    Raises PrintingTakesTooLong, PrintingFailed.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(TIME_LIMIT_SECONDS):
            return await loop.run_in_executor(_PRESSES, set_pdf, summary, printed_at, printed_by)
    except TimeoutError as error:
        raise PrintingTakesTooLong(_TOO_LONG) from error


_TOO_LONG: Final = "The summary could not be printed in time. It can be read on the screen; please try again."
_FAILED: Final = "The summary could not be printed just now. It can be read on the screen; please try again."


def set_pdf(summary: Summary, printed_at: datetime, printed_by: str) -> bytes:
    """As `render_pdf`, on the calling thread; a press that takes too long is ended."""
    sheet = msgspec.json.encode(sheet_of(summary, printed_at, printed_by))
    command = [sys.executable, "-P", "-m", _PRESS, str(_TEMPLATE), str(int(printed_at.timestamp()))]
    try:
        done = subprocess.run(
            command,
            input=sheet,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            cwd="/",
            timeout=TIME_LIMIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PrintingTakesTooLong(_TOO_LONG) from error
    except OSError as error:
        log("printing-failed", error=type(error).__name__)
        raise PrintingFailed(_FAILED) from error
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF-"):
        log("printing-failed", error="press-ended", status=str(done.returncode))
        raise PrintingFailed(_FAILED)
    return done.stdout


def _environment() -> dict[str, str]:
    """One thread and one arena: many cores must not make the press need more memory."""
    found = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    return {**found, "RAYON_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}


def sheet_of(summary: Summary, printed_at: datetime, printed_by: str) -> object:
    """What the template reads: the summary's own fields, times in words, only characters that can be printed."""
    zone = printed_at.tzinfo
    sheet = cast("Mapping[str, object]", msgspec.to_builtins(summary))
    header = summary.header
    words = {
        "bornOn": _day(header.born_on),
        "consultAt": _moment(header.consult_at, zone),
        "submittedAt": _moment(header.submitted_at, zone),
        "savedAt": _moment(header.saved_at, zone),
        "printedAt": _moment(printed_at, zone),
        "printedBy": printed_by,
    }
    return _printable({**sheet, "fonts": FONTS, "header": {**cast("dict[str, object]", sheet["header"]), **words}})


def _printable(value: object) -> object:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {key: _printable(inner) for key, inner in value.items()}
    return [_printable(inner) for inner in value] if isinstance(value, list | tuple) else value


def _day(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"


def _moment(instant: datetime | None, zone: tzinfo | None) -> str | None:
    if instant is None:
        return None
    local = instant.astimezone(zone)
    return f"{local:%a} {_day(local)}, {local.hour % 12 or 12}:{local:%M %p}"
