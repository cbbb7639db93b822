"""Starting `portico demo` in an empty folder, and what its processes hold in memory after the main job was played."""

import asyncio
import contextlib
import shutil
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

import psutil

from benchmarks.goals import Line, Section, at_most
from benchmarks.server import free_port
from tests.databases import open_folder

STARTS = 3
SECONDS, MEGABYTES = 10.0, 150.0
READER_MEGABYTES = 150.0
_READER = """
import psutil
from portico import triage
own = psutil.Process()
before = own.memory_info().rss
triage.make_ready()
triage.read(triage.Message(subject="how it went", body="sore since yesterday, no fever", days_since_procedure=1, region="knee"))
print((own.memory_info().rss - before) / 1e6)
"""
"""What the reader of messages adds to a process that has its program loaded."""
_NOTE = (
    "The reader of messages counts apart: its words, sounds and sums are in the same process, and are measured by what they"
    " add to a small one."
    "\n\n"
    "The walkthrough prints a summary as PDF. The typesetter is a process of its own that lives for that one summary:"
    " about 60 MB for an ordinary one, 160 MB for a second when the largest possible intake is printed."
)
_PORTICO = str(Path(sys.executable).parent / "portico")


async def section() -> Section:
    """Starts the demo a few times anew, once more on old data, and walks through the last one."""
    folder = open_folder()
    try:
        cold = [await _started(folder / f"demo-{number}") for number in range(STARTS)]
        warm = await _started(folder / "demo-0")
        idle, played = await _memory(folder / "demo-0")
        reader = await _reader()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    program = played.pop("portico")
    others = ", ".join(f"{name} {size:.0f}" for name, size in sorted(played.items(), key=lambda each: -each[1]))
    return Section(
        title="(d) Cold start and memory of the demo",
        method=f"`portico demo` as a process, from its start to its line `ready …`; median of {STARTS} empty folders (initdb,"
        " roles, schema, people and content included). RSS per process; PostgreSQL's count shared memory in each.",
        lines=[
            at_most("cold start in an empty folder, median", median(cold), SECONDS, "s", digits=1),
            Line(what="each cold start", measured=", ".join(f"{seconds:.1f} s" for seconds in cold)),
            Line(what="start on the data of an earlier run", measured=f"{warm:.1f} s"),
            Line(what="RSS of the program after its start", measured=f"{idle:.0f} MB"),
            Line(what="RSS of the program after `portico walkthrough`", measured=f"{program:.0f} MB"),
            at_most("of that the reader of messages", reader, READER_MEGABYTES, "MB", digits=0),
            at_most("the rest", program - reader, MEGABYTES, "MB", digits=0),
            at_most("the largest of the other processes", max(played.values()), MEGABYTES, "MB", digits=0),
            Line(what="the other processes, MB", measured=others),
        ],
        notes=[_NOTE],
    )


@asynccontextmanager
async def _demo(data: Path) -> AsyncIterator[tuple[psutil.Process, str, float]]:
    """The running demo, its address, and the seconds until it was ready."""
    port = free_port()
    begin = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(_PORTICO, "demo", "--port", str(port), "--data", str(data)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        while not (said := await process.stdout.readline()).startswith(b"ready"):
            assert said, "portico demo did not start"
        yield psutil.Process(process.pid), f"http://localhost:{port}", time.perf_counter() - begin
    finally:
        process.terminate()
        await process.wait()


async def _started(data: Path) -> float:
    async with _demo(data) as (_, _, seconds):
        return seconds


async def _memory(data: Path) -> tuple[float, dict[str, float]]:
    """MB of the program at rest, and of each process after the walkthrough; the largest of each kind."""
    async with _demo(data) as (demo, url, _):
        idle = demo.memory_info().rss / 1e6
        arguments = ("walkthrough", "--url", url, "--demo-json", str(data / "demo.json"))
        walk = await asyncio.create_subprocess_exec(_PORTICO, *arguments, stdout=asyncio.subprocess.DEVNULL)
        assert await walk.wait() == 0, "the walkthrough failed"
        found: dict[str, float] = {"portico": demo.memory_info().rss / 1e6}
        for process in demo.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                name = process.name()
                found[name] = max(found.get(name, 0), process.memory_info().rss / 1e6)
        return idle, found


async def _reader() -> float:
    """MB that the reader of messages takes once it is ready."""
    run = await asyncio.create_subprocess_exec(sys.executable, "-c", _READER, stdout=asyncio.subprocess.PIPE)
    told, _ = await run.communicate()
    assert run.returncode == 0, "the reader did not start"
    return float(told)
