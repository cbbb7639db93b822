"""The summary as the walkthrough prints it: one line for each thing, in the order in which a clinician reads."""

from collections.abc import Iterator

from portico.intake.summary import Answer, CortisoneRow, Flag, Region, Summary


def summary_lines(summary: Summary) -> Iterator[str]:
    """What a clinician reads first; the page and the paper hold the rest."""
    header = summary.header
    if summary.unfinished:
        yield "NOT FINISHED"
    yield f"{header.patient_name}, born {header.born_on}, revision {header.revision}: {header.disposition}, {header.urgency}"
    yield from (f"asks: {question}" for question in summary.questions)
    yield from (f"flag {_flag(flag)}" for flag in summary.flags)
    yield from (_region(region) for region in summary.regions)
    yield from (_answer(answer) for answer in (*summary.function, summary.cortisone.had))
    yield from (_cortisone(row) for row in summary.cortisone.regions)
    safety = (*summary.allergies, *summary.anticoagulants, *summary.diabetes, *summary.faint_and_driver)
    yield from (_answer(answer) for answer in (*safety, *summary.treatments, *summary.documents))
    for rule in summary.could_not_be_evaluated:
        yield f"could not be evaluated: {rule.rule}, for want of {'; '.join((*rule.missing, *rule.unset_settings))}"
    yield f"{summary.provenance} {summary.who_decides}"


def _flag(flag: Flag) -> str:
    told = "; ".join(f"{answer.label}: {answer.text}" for answer in flag.answers)
    return f"{flag.rule} ({flag.severity}): {flag.text} {told}"


def _region(region: Region) -> str:
    pain = f"pain now {region.pain_now}, worst {region.pain_worst}, average {region.pain_average}"
    return f"{region.region}, {region.side.lower()}: {region.main_problem.lower()}, how long: {region.duration}, {pain}"


def _cortisone(row: CortisoneRow) -> str:
    return (
        f"cortisone {row.region}, {row.side.lower()}: ever {row.ever}, in 12 months {row.in_12_months}, last {row.last}"
    )


def _answer(answer: Answer) -> str:
    place = "" if answer.place is None else f" ({answer.place})"
    return f"{answer.label}{place}: {answer.text}"
