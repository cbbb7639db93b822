"""From answers and findings to what a clinician reads. Pure; which question stands where is said in summary_layout."""

from collections.abc import Sequence
from datetime import date

import msgspec

from portico.forms import AnswerGroup, Attachment, PartialDate, Questionnaire
from portico.ids import LinkId
from portico.intake import summary_layout as layout
from portico.intake import unasked
from portico.intake.summary import Answer, FileLink, Header, Summary
from portico.intake.summary_flags import flags_of, notes_of, open_rules_of, row_title
from portico.intake.summary_layout import Section
from portico.intake.summary_reading import Reading, Row, read_answers
from portico.intake.summary_tables import IN_TABLES, checked_of, cortisone_of, diabetes_of, regions_of
from portico.screening.model import Finding

Sections = dict[Section, list[Answer]]


def build_summary(
    header: Header,
    questionnaire: Questionnaire,
    tree: AnswerGroup,
    findings: Sequence[Finding],
    *,
    unfinished: bool = False,
    left_open: Sequence[LinkId] = (),
    dropped: Sequence[LinkId] = (),
) -> Summary:
    """Everything that was answered, in the order in which it is read.

    `header.stated_born_on` is filled in here. `left_open` are required questions without an answer, `dropped` answers to questions that no longer applied.
    """
    reading = read_answers(questionnaire, tree)
    by_section = _by_section(reading)
    stated = stated_birth_date(reading, header.born_on)
    return Summary(
        header=msgspec.structs.replace(header, stated_born_on=stated) if stated else header,
        unfinished=unfinished,
        questions=tuple(answer.text for answer in by_section.pop("questions", ())),
        flags=flags_of(findings, reading),
        regions=regions_of(reading, header.as_of),
        cortisone=cortisone_of(reading),
        diabetes=diabetes_of(reading, by_section.pop("diabetes", [])),
        danger_questions=checked_of(reading, _never_asked(findings)),
        could_not_be_evaluated=open_rules_of(findings, reading),
        left_open=tuple(map(reading.label, left_open)),
        dropped=tuple(map(reading.label, dropped)),
        notes=notes_of(findings, reading),
        places=_section(by_section, "places"),
        function=_section(by_section, "function"),
        allergies=_section(by_section, "allergies"),
        anticoagulants=_section(by_section, "anticoagulants"),
        faint_and_driver=_section(by_section, "faint_and_driver"),
        treatments=_section(by_section, "treatments"),
        medicines=_section(by_section, "medicines"),
        history=_section(by_section, "history"),
        goals=_section(by_section, "goals"),
        documents=_section(by_section, "documents"),
        files=_files(reading),
        acknowledged=_section(by_section, "acknowledged"),
        filled_in_by=_section(by_section, "filled_in_by"),
        about=_section(by_section, "about"),
        preferences=_section(by_section, "preferences"),
        other_answers=_section(by_section, "other_answers"),
    )


def _never_asked(findings: Sequence[Finding]) -> frozenset[LinkId]:
    return frozenset(link for finding in findings if finding.rule == unasked.RULE for link in finding.missing)


def age_at(born_on: date, day: date) -> int:
    """Completed years."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def stated_birth_date(reading: Reading, born_on: date) -> str | None:
    """The birth date in the form, when it is another than the one on record."""
    found = reading.once.answered.get(layout.BIRTH_DATE)
    same = PartialDate(year=born_on.year, month=born_on.month, day=born_on.day)
    return found.text if found and found.values != (same,) else None


def _by_section(reading: Reading) -> Sections:
    """Every answer where it belongs; answers in rows carry the row's name."""
    found: Sections = {}
    for answered in reading.once.answered.values():
        home = _home(answered.words.section, answered.link_id)
        if home:
            found.setdefault(home, []).append(answered.answer())
    for rows in reading.rows.values():
        for row in rows:
            _add_row(found, row)
    for link_id, (section, label) in reversed(layout.ALWAYS_SHOWN.items()):
        if link_id not in reading.once.answered:
            found.setdefault(section, []).insert(0, reading.answer(link_id, label))
    return found


def _home(section: Section, link_id: LinkId, *, in_row: bool = False) -> Section | None:
    """Where an answer stands outside the tables; None for one that has its place in them."""
    if link_id in _IN_ITS_OWN_PART or (in_row and link_id in IN_TABLES):
        return None
    if section == "cortisone":
        return "treatments"
    if section == "danger_questions":
        return "other_answers" if in_row else None
    return section


_IN_ITS_OWN_PART = frozenset({layout.REGIONS_NAMED, layout.CORTISONE_EVER})


def _add_row(found: Sections, row: Row) -> None:
    title = row_title(row)
    for answered in row.answered.values():
        home = _home(answered.words.section, answered.link_id, in_row=True)
        if home and not (home == "places" and row.group == layout.REGION_GROUP):
            found.setdefault(home, []).append(answered.answer(title))


def _files(reading: Reading) -> tuple[FileLink, ...]:
    rows = [reading.once, *(row for rows in reading.rows.values() for row in rows)]
    values = (value for row in rows for answered in row.answered.values() for value in answered.values)
    return tuple(
        FileLink(name=value.title or "file", url=value.url)
        for value in values
        if isinstance(value, Attachment) and value.url
    )


def _section(found: Sections, section: Section) -> tuple[Answer, ...]:
    return tuple(found.get(section, ()))
