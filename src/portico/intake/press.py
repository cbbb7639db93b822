"""The typesetter, as a program of its own: a sheet as JSON comes in, a PDF goes out, and its memory goes with it.

It runs under limits that it sets before it reads anything, and is given no setting, key or address of the portal.
"""

import resource
import sys
from pathlib import Path

import typst

MEMORY_BYTES = 400 * 2**20
"""Twice what the largest possible intake needs; one page needs a tenth of it."""
CPU_SECONDS = 30


def main() -> None:
    """Reads the sheet from standard input; arguments are the template and the instant of printing (Unix seconds)."""
    template, printed_at = Path(sys.argv[1]), int(sys.argv[2])
    _limit(resource.RLIMIT_DATA, MEMORY_BYTES)
    _limit(resource.RLIMIT_CPU, CPU_SECONDS)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    compiler = typst.Compiler(str(template), root=str(template.parent), ignore_system_fonts=True)
    sheet = sys.stdin.buffer.read().decode()
    pdf = compiler.compile(format="pdf", sys_inputs={"sheet": sheet}, timestamp=printed_at)
    assert isinstance(pdf, bytes)
    sys.stdout.buffer.write(pdf)


def _limit(what: int, most: int) -> None:
    """Never above what the machine's owner allows anyway."""
    _, hard = resource.getrlimit(what)
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (allowed, allowed))


if __name__ == "__main__":
    main()
