"""`make soak`: the long runs, one after the other; writes the dated result into docs/soak.md.

`python -m tests.soak --only WORDS` runs a part (as pytest's `-k` takes it) and leaves the page alone.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import psutil

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "soak.md"
COUNTED = "counted: "
"""How a line begins that a test prints for the page."""
_KEEPS_OUTPUT = ("-o", "junit_logging=system-out")
HEAD = """# The last long run

<!-- Written by `make soak` (tests/soak/). -->

What takes too long for every change. Timings are of a machine shared with other work.

- `tests/torture: test_messages`: eight patients and two of the staff start threads, send (again, and other words under the same
  id), read tails, mark, acknowledge, resolve, close and reopen over HTTP, while `portico serve`, two `portico worker` and
  PostgreSQL get SIGKILL at random moments and are started again. Then: what was acknowledged is stored with the same words;
  numbers without a gap, equal for all; no tail with a hole; every danger raised, every deadline ahead; a mail for each
  notification that was sent; one audit row for each message; no word of anybody in logs, mail or the dump. The same for a
  minute stands in `make test`. `PORTICO_TORTURE_SEED` and `PORTICO_TORTURE_MINUTES` are in [settings.md](settings.md).
- `tests/torture: test_entries`: 100 such kills while patients are invited, activate, forget passwords and send files: no code
  works twice, no promised letter, acknowledged file or password is lost.
- `tests/soak: test_letter_timing`: a known and an unknown address are answered in the same time, on a fast and on a slow disk.
- The other parts: full matrices, an object store, the timing of sign-in.
"""


@dataclass(frozen=True)
class Case:
    """One test with one set of parameters."""

    test: str
    is_passed: bool
    seconds: float
    told: str = ""
    """What the test counted, for the page."""


def main() -> int:
    """Runs every test marked `soak` and tells how it went, test by test."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", metavar="WORDS", help="run this part alone; the page stays as it is")
    only = parser.parse_args().only
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        code = _run(report, ["-k", only] if only else [])
        cases = list(_cases(report)) if report.exists() else []
    page = "\n".join([HEAD, *_lines(cases, time.monotonic() - started, code), ""])
    print(page)
    if not only:
        PAGE.write_text(page, encoding="utf-8")
    return code


def _run(report: Path, chosen: Sequence[str]) -> int:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-m",
        "soak",
        "-ra",
        *_KEEPS_OUTPUT,
        f"--junitxml={report}",
        *chosen,
        "tests",
    ]
    environment = {**os.environ, "HYPOTHESIS_PROFILE": "soak"}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def _cases(report: Path) -> Iterator[Case]:
    for found in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - our own pytest wrote it
        failed = any(found.find(kind) is not None for kind in ("failure", "error", "skipped"))
        name = found.get("name", "").partition("[")[0]
        folder = found.get("classname", "").replace(".", "/")
        said = (found.findtext("system-out") or "").splitlines()
        told = "; ".join(line.removeprefix(COUNTED) for line in said if line.startswith(COUNTED))
        yield Case(test=f"{folder}.py: {name}", is_passed=not failed, seconds=float(found.get("time", 0)), told=told)


def _lines(cases: Sequence[Case], seconds: float, code: int) -> Iterator[str]:
    passed = sum(case.is_passed for case in cases)
    ended = "everything passed" if code == 0 else f"NOT everything passed (exit code {code})"
    yield f"{datetime.now(UTC):%Y-%m-%d}: {passed} of {len(cases)} runs passed in {seconds:.0f} s; {ended}.\n"
    memory = psutil.virtual_memory().total / 2**30
    yield f"- {_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}"
    yield f"- Python {platform.python_version()}; load of the last minute at the end: {os.getloadavg()[0]:.1f}\n"
    yield "| test | runs | passed | seconds |"
    yield "| --- | --- | --- | --- |"
    by_test: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_test[case.test].append(case)
    for test, runs in sorted(by_test.items()):
        well = sum(run.is_passed for run in runs)
        yield f"| `{test}` | {len(runs)} | {well} | {sum(run.seconds for run in runs):.0f} |"
    yield from (f"\n- `{case.test}`: {case.told}" for case in cases if case.told)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


if __name__ == "__main__":
    sys.exit(main())
