"""A summary on paper. Data goes to the typesetter as JSON and is only ever text there, never markup."""

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Final, cast

import msgspec
import typst

from portico.errors import Unavailable
from portico.intake.print_characters import FONTS, printable
from portico.intake.summary import Summary

TIME_LIMIT_SECONDS = 20
PRESSES = 2
"""Summaries that are set at the same time; others wait their turn."""

_TEMPLATE: Final = Path(__file__).with_name("summary.typ")
_PRESSES = ThreadPoolExecutor(max_workers=PRESSES, thread_name_prefix="press")
_OF_THREAD = threading.local()


class PrintingTakesTooLong(Unavailable):
    """The summary could not be set in time."""

    code = "printing-takes-too-long"


async def render_pdf(summary: Summary, *, printed_at: datetime, printed_by: str) -> bytes:
    """The summary as a PDF. `printed_at` is on the clinic's clock, and every instant is printed on that clock.

    Raises PrintingTakesTooLong.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(TIME_LIMIT_SECONDS):
            return await loop.run_in_executor(_PRESSES, set_pdf, summary, printed_at, printed_by)
    except TimeoutError as error:
        message = "The summary could not be printed in time. It can be read on the screen; please try again."
        raise PrintingTakesTooLong(message) from error


def set_pdf(summary: Summary, printed_at: datetime, printed_by: str) -> bytes:
    """As `render_pdf`, on the calling thread."""
    sheet = msgspec.json.encode(sheet_of(summary, printed_at, printed_by)).decode()
    pdf = _compiler().compile(format="pdf", sys_inputs={"sheet": sheet}, timestamp=int(printed_at.timestamp()))
    return cast("bytes", pdf)


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


def _compiler() -> typst.Compiler:
    """One for each thread: fonts are read once."""
    made: typst.Compiler | None = getattr(_OF_THREAD, "compiler", None)
    if made is None:
        made = typst.Compiler(str(_TEMPLATE), root=str(_TEMPLATE.parent), ignore_system_fonts=True)
        _OF_THREAD.compiler = made
    return made


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
