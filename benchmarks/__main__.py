"""`make bench`: measures everything, prints it, and writes docs/performance.md. Takes about half an hour.

`python -m benchmarks f` measures only that section again and leaves the others on the page as they were.
"""

import asyncio
import os
import platform
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks import cold_start, in_process, inbox, messages, review_queue, submission
from benchmarks.goals import Line, Section
from benchmarks.server import House, opened_house
from portico.platform.embedded_binaries import programs

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
ON_ITS_OWN: Mapping[str, Callable[[], Awaitable[Section]]] = {
    "a": lambda: asyncio.to_thread(in_process.section),
    "d": cold_start.section,
}
IN_A_HOUSE: Mapping[str, Callable[[House], Awaitable[Section]]] = {
    "b": submission.section,
    "f": messages.section,
    "c": review_queue.section,
    "e": inbox.section,
}
"""In this order: what is timed over HTTP comes before the tables are filled."""
_POSTGRES = 18
"""The version that the demo and the measurements embed."""
_HEADING = re.compile(r"^## \((\w)\) .*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_MACHINE = re.compile(r"^## The machine\n\n(.*?)\n\n## ", re.MULTILINE | re.DOTALL)
_GOAL = re.compile(r"^\| (.+?) \|.*\| (met|\*\*NOT met\*\*) \|$", re.MULTILINE)


def main(asked: Sequence[str]) -> int:
    """Measures what was asked for, else everything; ends well also when a goal was not met, since the page says so."""
    unknown = set(asked) - {*ON_ITS_OWN, *IN_A_HOUSE}
    if unknown:
        print(f"no such section: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    if not asked:
        _write("\n".join(_machine()), {})
    asyncio.run(_measure(asked or [*ON_ITS_OWN, *IN_A_HOUSE]))
    return 0


async def _measure(asked: Sequence[str]) -> None:
    """Prints each section and puts it on the page as soon as it is measured: what fails later takes nothing back."""
    for letter, measure in ON_ITS_OWN.items():
        if letter in asked:
            _keep(letter, await _told(measure))
    async with AsyncExitStack() as stack:
        wanted = {letter: measure for letter, measure in IN_A_HOUSE.items() if letter in asked}
        house = await stack.enter_async_context(opened_house()) if wanted else None
        for letter, measure_in in wanted.items():
            assert house is not None
            _keep(letter, await _told(measure_in, house))


def _keep(letter: str, text: str) -> None:
    print(text, end="\n\n", flush=True)
    found = _MACHINE.search(PAGE.read_text(encoding="utf-8"))
    _write(found[1] if found else "\n".join(_machine()), {letter: text})


def _write(machine: str, measured: Mapping[str, str]) -> None:
    """The page with these sections anew and the others as they stand."""
    kept = {found[1]: found[0].strip() for found in _HEADING.finditer(PAGE.read_text(encoding="utf-8"))}
    page = _page(machine, [text for _, text in sorted({**kept, **measured}.items())])
    PAGE.write_text(page, encoding="utf-8")


async def _told(measure: Callable[..., Awaitable[Section]], *house: House) -> str:
    before = os.getloadavg()[0]
    section = await measure(*house)
    when = (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, {_processor()}; load of the last minute before {before:.1f}, after "
    )
    return "\n".join([*_table(section), f"\n{when}{os.getloadavg()[0]:.1f}."])


def _page(machine: str, sections: Sequence[str]) -> str:
    judged = [found.groups() for text in sections for found in _GOAL.finditer(text)]
    missed = [what for what, verdict in judged if verdict != "met"]
    unmet = f"; not met: {'; '.join(missed)}" if missed else ""
    head = [
        "# Performance",
        "<!-- Written by `make bench` (benchmarks/); never by hand. -->",
        f"{len(judged) - len(missed)} of {len(judged)} goals met{unmet}.",
        "## The machine",
        machine,
    ]
    return "\n\n".join([*head, *sections]) + "\n"


def _machine() -> Iterator[str]:
    memory = psutil.virtual_memory().total / 2**30
    yield f"- {_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}"
    yield "- shared: other programs ran at the same time, so waits are longer and vary more than on a machine of one's own"
    yield f"- Python {platform.python_version()}"
    yield f"- {_postgres()}, embedded, its settings as in the demo"


def _processor() -> str:
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return found[1] if found else platform.machine()


def _postgres() -> str:
    program = programs(_POSTGRES, None) / "postgres"
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return told.stdout.strip().replace("postgres (PostgreSQL)", "PostgreSQL")


def _table(section: Section) -> Iterator[str]:
    yield f"## {section.title}\n\n{section.method}\n\n| what | measured | goal | |\n| --- | --- | --- | --- |"
    yield from (_row(line) for line in section.lines)
    yield from (f"\n{note}" for note in section.notes)


def _row(line: Line) -> str:
    return f"| {line.what} | {line.measured} | {line.goal} | {line.verdict} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
