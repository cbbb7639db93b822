"""`make soak`: the long runs, one after the other; writes the dated result into docs/soak.md."""

import os
import platform
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "soak.md"
HEAD = """# The last long run

Written by `make soak`: what takes too long for every change. Timings are of a machine shared with other work.

"""


def main() -> int:
    """Runs every test marked `soak` and tells how it went, test by test."""
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-m", "soak", "-rA", "--durations=0", "--override-ini=addopts=", "tests"]
    environment = {**os.environ, "HYPOTHESIS_PROFILE": "soak"}
    done = subprocess.run(
        [*command, "--import-mode=importlib"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    print(done.stdout)
    print(done.stderr, file=sys.stderr)
    PAGE.write_text(HEAD + _page(done.stdout, time.monotonic() - started), encoding="utf-8")
    return done.returncode


def _page(output: str, seconds: float) -> str:
    outcomes = dict(re.findall(r"^(?:PASSED|FAILED|ERROR) (\S+)()", output, re.MULTILINE))
    lines = [
        (
            f"Date: {datetime.now(UTC):%Y-%m-%d}. Machine: {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
            f"Python {platform.python_version()}. Took {seconds:.0f} s."
        ),
        "",
        "| test | result | seconds |",
        "| --- | --- | --- |",
    ]
    for name in sorted(outcomes):
        result = re.search(rf"^(PASSED|FAILED|ERROR) {re.escape(name)}", output, re.MULTILINE)
        took = re.search(rf"^([\d.]+)s call +{re.escape(name)}", output, re.MULTILINE)
        lines.append(f"| `{name}` | {result[1].lower() if result else '?'} | {took[1] if took else '-'} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
