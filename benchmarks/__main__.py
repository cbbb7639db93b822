"""`make bench`: measures everything, prints it, and writes docs/performance.md. Takes about ten minutes."""

import asyncio
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks import cold_start, in_process, inbox, review_queue, submission
from benchmarks.goals import Line, Section
from benchmarks.server import House, opened_house

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


def main() -> int:
    """Runs every measurement; ends well also when a goal was not met, since the page says so."""
    page = "\n".join([*asyncio.run(_page()), ""])
    PAGE.write_text(page, encoding="utf-8")
    print(page)
    return 0


async def _page() -> list[str]:
    loads = [os.getloadavg()[0]]
    start = await cold_start.section()
    loads.append(os.getloadavg()[0])
    engines = await asyncio.to_thread(in_process.section)
    loads.append(os.getloadavg()[0])
    async with opened_house() as house:
        sent = await submission.section(house)
        loads.append(os.getloadavg()[0])
        queue = await review_queue.section(house)
        loads.append(os.getloadavg()[0])
        threads = await inbox.section(house)
        machine = [*_machine(), f"- {_postgres(house)}, embedded, its settings as in the demo"]
    loads.append(os.getloadavg()[0])
    shown = ", ".join(f"{load:.1f}" for load in loads)
    sections = [engines, sent, queue, threads, start]
    return [
        *_head(sections),
        *machine,
        f"- load of the last minute before, between and after the parts: {shown}",
        *_tables(sections),
    ]


def _head(sections: Sequence[Section]) -> Iterator[str]:
    judged = [line for section in sections for line in section.lines if line.met is not None]
    missed = [line.what for line in judged if not line.met]
    yield "# Performance"
    yield "\n<!-- Written by `make bench` (benchmarks/); never by hand. -->\n"
    unmet = f"; not met: {'; '.join(missed)}" if missed else ""
    yield f"Measured on {datetime.now(UTC):%Y-%m-%d}. {len(judged) - len(missed)} of {len(judged)} goals met{unmet}."
    yield "\n## The machine\n"


def _machine() -> Iterator[str]:
    memory = psutil.virtual_memory().total / 2**30
    yield f"- {_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}"
    yield "- shared: other programs ran at the same time, so waits are longer and vary more than on a machine of one's own"
    yield f"- Python {platform.python_version()}"


def _processor() -> str:
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return found[1] if found else platform.machine()


def _postgres(house: House) -> str:
    told = subprocess.run([house.postgres.program("postgres"), "--version"], capture_output=True, text=True, check=True)
    return told.stdout.strip().replace("postgres (PostgreSQL)", "PostgreSQL")


def _tables(sections: Sequence[Section]) -> Iterator[str]:
    for section in sections:
        yield f"\n## {section.title}\n\n{section.method}\n\n| what | measured | goal | |\n| --- | --- | --- | --- |"
        yield from (_row(line) for line in section.lines)
        yield from (f"\n{note}" for note in section.notes)


def _row(line: Line) -> str:
    return f"| {line.what} | {line.measured} | {line.goal} | {line.verdict} |"


if __name__ == "__main__":
    sys.exit(main())
