"""Validating, screening and summarising the shipped intake in one process: CPU time, and memory over 100,000 of them.

Runs as a program of its own (`python -m benchmarks.in_process`), so that nothing else is in its memory.
"""

import subprocess
import sys
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

import msgspec
import psutil

from benchmarks.goals import Line, Section, at_most
from portico import forms
from portico.forms import QuestionnaireResponse
from portico.intake.facts import facts_of
from portico.intake.summary import Header
from portico.intake.summary_building import build_summary
from portico.screening.evaluation import evaluate
from tests.intake import summary_cases as cases

ROOT = Path(__file__).parents[1]
FIRST, LAST = 10_000, 100_000
REPEATS = 500
CPU_MS, GROWTH_MB = 2.0, 10.0


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What the program of its own reports; times are medians in milliseconds of CPU."""

    bytes_each: int
    three_steps: float
    p95: float
    each_step: dict[str, float]
    as_submitted: float
    full_page: float
    largest: float
    rss_mb: dict[int, float]


@dataclass(frozen=True)
class Case:
    """One intake and the head of its summary."""

    response: QuestionnaireResponse
    header: Header


def section() -> Section:
    """Measures in a fresh process and judges."""
    command = [sys.executable, "-m", "benchmarks.in_process"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found = msgspec.json.decode(done.stdout, type=Measured)
    steps = ", ".join(f"{name} {ms:.2f}" for name, ms in found.each_step.items())
    return Section(
        title="(a) Validate, screen and summarise the full intake, in process",
        method="The shipped form and rules; three regions, cortisone in two of them, every question answered that"
        f" applies ({found.bytes_each} bytes as FHIR JSON). CPU time of the process; median of {LAST:,} different"
        " responses, one after the other.",
        lines=[
            at_most("validate + screen + summarise, CPU median", found.three_steps, CPU_MS, "ms"),
            Line(what="the same, 95th percentile", measured=f"{found.p95:.2f} ms"),
            Line(what="its steps, medians in ms", measured=steps),
            Line(what="with decoding and dropping of disabled answers before", measured=f"{found.as_submitted:.2f} ms"),
            Line(what="an intake that just fits on one page (eight flags)", measured=f"{found.full_page:.2f} ms"),
            Line(what="the largest possible intake", measured=f"{found.largest:.2f} ms"),
            at_most(
                f"growth of RSS from response {FIRST:,} to {LAST:,}",
                found.rss_mb[LAST] - found.rss_mb[FIRST],
                GROWTH_MB,
                "MB",
                digits=1,
            ),
            Line(what=f"RSS at response {LAST:,}", measured=f"{found.rss_mb[LAST]:.0f} MB"),
        ],
    )


def main() -> None:
    """Measures in this process and prints JSON."""
    ordinary, full_page, largest = (_case(made) for made in (cases.ordinary(), cases.eight_flags(), cases.biggest()))
    steps = [_steps(ordinary) for _ in range(REPEATS)]
    data, as_sent = forms.encode(ordinary.response), forms.encode(cases.ordinary())
    times, rss = _many(data, ordinary.header)
    told = Measured(
        bytes_each=len(data),
        three_steps=median(times),
        p95=quantiles(times, n=20)[-1],
        each_step={name: median(step[name] for step in steps) for name in steps[0]},
        as_submitted=_median_of(lambda: _as_submitted(as_sent, ordinary.header)),
        full_page=_median_of(lambda: _steps(full_page)),
        largest=_median_of(lambda: _steps(largest)),
        rss_mb=rss,
    )
    sys.stdout.buffer.write(msgspec.json.encode(told))


def _many(data: bytes, header: Header) -> tuple["array[float]", dict[int, float]]:
    """Different responses, as a server meets them; the times lie in memory that is there from the start."""
    process = psutil.Process()
    rss: dict[int, float] = {}
    times = array("d", bytes(8 * LAST))
    for number in range(1, LAST + 1):
        own = data.replace(b"Walk to the lake", f"Walk {number:06} steps".encode())
        case = Case(forms.decode_response(own), header)
        times[number - 1] = sum(_steps(case).values())
        if number in (FIRST, LAST):
            rss[number] = process.memory_info().rss / 1e6
    return times, rss


def _case(response: QuestionnaireResponse) -> Case:
    """As it stands when it is validated at submission: answers to questions that do not apply are gone."""
    pruned = forms.without_disabled(cases.intake_form(), response).response
    return Case(pruned, cases.header_for(cases.screened(cases.intake_form(), pruned)))


def _steps(case: Case) -> dict[str, float]:
    """CPU milliseconds of each step."""
    form, rules = cases.intake_form(), cases.intake_rules()
    marks = [time.process_time_ns()]
    laid = forms.lay_out(form, case.response)
    forms.faults_in(laid, mode="complete", today=cases.TODAY)
    marks.append(time.process_time_ns())
    tree = forms.tree_in(laid)
    screening = evaluate(rules, facts_of(tree, days_until_consult=8), as_of=cases.TODAY, settings={})
    marks.append(time.process_time_ns())
    build_summary(case.header, form, tree, screening.findings)
    marks.append(time.process_time_ns())
    spent = [(after - before) / 1e6 for before, after in pairwise(marks)]
    return dict(zip(("validate", "screen", "summarise"), spent, strict=True))


def _as_submitted(data: bytes, header: Header) -> dict[str, float]:
    """From the bytes that a browser sent."""
    begin = time.process_time_ns()
    pruned = forms.without_disabled(cases.intake_form(), forms.decode_response(data)).response
    before = (time.process_time_ns() - begin) / 1e6
    return {"before": before, **_steps(Case(pruned, header))}


def _median_of(measure: Callable[[], dict[str, float]]) -> float:
    return median(sum(measure().values()) for _ in range(REPEATS))


if __name__ == "__main__":
    main()
