"""Runs everything that must hold, part by part: `python -m tests.run`, or only the static parts with `--static`.

One line per part while it runs; what a failed part wrote; at the end the count and the seconds of each part.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent

STATIC: dict[str, Sequence[str]] = {
    "ruff": [str(BIN / "ruff"), "check", "--quiet", "."],
    "format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
    "mypy": [str(BIN / "mypy")],
    "imports": [str(BIN / "lint-imports")],
    "content": [str(BIN / "portico"), "check"],
}

WITHOUT_DATABASE = ("forms", "screening", "triage")
"""Engines: many small examples, no server to start."""


@dataclass
class Result:
    """What became of one part."""

    name: str
    seconds: float
    passed: int
    failed: int
    skipped: int = 0
    output: str = ""
    by_folder: dict[str, float] = field(default_factory=dict)


def main() -> int:
    """Runs the parts that were asked for; 1 when anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--static", action="store_true", help="only what needs no run of the program")
    only_static = parser.parse_args().static
    begin = time.monotonic()
    results = []
    for result in static_parts() if only_static else all_parts():
        print(line(result), flush=True)
        if result.failed:
            print(result.output, flush=True)
        results.append(result)
    print(summary(results, time.monotonic() - begin), flush=True)
    return 1 if any(result.failed for result in results) else 0


def static_parts() -> Iterator[Result]:
    for name, command in STATIC.items():
        yield static_part(name, command)


def all_parts() -> Iterator[Result]:
    """Each part as it ends, the cheapest first; the torture, which takes a minute whatever runs, beside the first ones."""
    with ThreadPoolExecutor(max_workers=1) as beside:
        torture = beside.submit(test_part, "torture", ["tests/torture", "-m", "alone and not soak"])
        yield from static_parts()
        engines = [f"tests/{name}" for name in WITHOUT_DATABASE if (ROOT / "tests" / name).is_dir()]
        yield test_part("engines", [*engines, "-m", "not alone and not soak", "-n", "2"])
        yield torture.result()
    without_engines = [f"--ignore={folder}" for folder in engines]
    yield test_part(
        "tests", ["tests", *without_engines, "-m", "not alone and not soak", "-n", "2", "--dist", "loadfile"]
    )
    # A browser holds its process's event loop, so what else runs alone has a process of its own.
    yield test_part("alone", ["tests", "--ignore=tests/torture", "-m", "alone and not soak"])


def static_part(name: str, command: Sequence[str]) -> Result:
    code, output, seconds = timed(command)
    return Result(name=name, seconds=seconds, passed=int(code == 0), failed=int(code != 0), output=output)


def test_part(name: str, arguments: Sequence[str]) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "--no-header", f"--junit-xml={report}", *arguments]
        code, output, seconds = timed(command)
        result = counted(name, report) if report.exists() else Result(name=name, seconds=0, passed=0, failed=1)
    result.seconds, result.output = seconds, output
    no_tests_there = code == 5
    if code != 0 and not no_tests_there and not result.failed:
        result.failed = 1  # pytest itself gave up
    return result


def counted(name: str, report: Path) -> Result:
    """Counts of a report that pytest wrote just now, and the seconds of each folder of tests."""
    result = Result(name=name, seconds=0, passed=0, failed=0)
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - our own file
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            result.failed += 1
        elif "skipped" in kinds:
            result.skipped += 1
        else:
            result.passed += 1
        folder = case.get("classname", "").removeprefix("tests.").split(".")[0]
        result.by_folder[folder] = result.by_folder.get(folder, 0) + float(case.get("time", "0"))
    return result


def timed(command: Sequence[str]) -> tuple[int, str, float]:
    begin = time.monotonic()
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.returncode, done.stdout, time.monotonic() - begin


def line(result: Result) -> str:
    """`ok  mypy  12.3 s`."""
    counts = f"  {result.passed} passed" if result.passed + result.failed + result.skipped > 1 else ""
    counts += f", {result.failed} failed" if counts and result.failed else ""
    return f"{'FAILED' if result.failed else 'ok    '}  {result.name:<10} {result.seconds:7.1f} s{counts}"


def summary(results: Sequence[Result], seconds: float) -> str:
    """The seconds of each part, and those on the clock: two parts run at the same time."""
    rows = [f"{'part':<24} {'seconds':>8}"]
    for result in results:
        rows.append(f"{result.name:<24} {result.seconds:8.1f}")
        rows += [f"  {folder:<22} {seconds:8.1f}" for folder, seconds in sorted(result.by_folder.items())]
    rows.append(f"{'all':<24} {seconds:8.1f}")
    passed, failed, skipped = (
        sum(getattr(result, kind) for result in results) for kind in ("passed", "failed", "skipped")
    )
    closing = f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")
    return "\n".join(["", *rows, "", closing])


if __name__ == "__main__":
    sys.exit(main())
