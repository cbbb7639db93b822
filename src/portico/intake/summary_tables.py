"""The parts of a summary that are more than a list of answers: regions, cortisone, diabetes, the danger questions."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Final

from portico.forms import PartialDate
from portico.forms.model import Coding
from portico.ids import LinkId
from portico.intake import summary_layout as layout
from portico.intake.summary import NOT_ANSWERED, Answer, AnswerState, Checked, Cortisone, CortisoneRow, Region
from portico.intake.summary_reading import Reading, Row, word_of

IN_TABLES: Final = frozenset(
    {layout.REGION, *layout.REGION_FIELDS.values(), *layout.CORTISONE_FIELDS.values(), *layout.NUMBER_KNOWN.values()}
)
"""Questions that have a column of their own."""

_WEEKS_SHOWN = 12
_YEARS_ALONE = 5
"""From so many years on, months are not told."""
_NO: Final = frozenset({"no"})


def regions_of(reading: Reading, as_of: date) -> tuple[Region, ...]:
    """One for each row, then those that were named and of which nothing more was said."""
    rows = reading.rows.get(layout.REGION_GROUP, [])
    told = {code for row in rows if layout.REGION in row.answered for code in row.answered[layout.REGION].codes}
    regions = [_region(row, as_of) for row in rows]
    named = reading.once.answered.get(layout.REGIONS_NAMED)
    if named:
        empty = Row(layout.REGION_GROUP, len(rows))
        regions += [
            _region(empty, as_of, word_of(named.words, value))
            for value in named.values
            if not (isinstance(value, Coding) and value.code in told)
        ]
    return tuple(regions)


def _region(row: Row, as_of: date, name: str | None = None) -> Region:
    shown = {field: row.text_of(link_id) for field, link_id in layout.REGION_FIELDS.items()}
    started = row.answered.get(layout.REGION_FIELDS["since"])
    details = tuple(
        found.answer()
        for link_id, found in row.answered.items()
        if found.words.section == "places" and link_id not in IN_TABLES
    )
    return Region(
        region=name or row.text_of(layout.REGION),
        duration=_duration(started.values[0], as_of) if started else NOT_ANSWERED,
        details=details,
        **shown,
    )


def _duration(since: object, as_of: date) -> str:
    """How long ago, no more exact than the answer; for a person to read, never for a rule."""
    if not isinstance(since, PartialDate):
        return NOT_ANSWERED
    if since.month is None:
        years = as_of.year - since.year
        return "this year" if years <= 0 else f"about {_count(years, 'year')}"
    if since.day is not None:
        weeks = (as_of - date(since.year, since.month, since.day)).days // 7
        if weeks < _WEEKS_SHOWN:
            return "less than a week" if weeks <= 0 else _count(weeks, "week")
    months = (as_of.year - since.year) * 12 + as_of.month - since.month
    if since.day is not None and since.day > as_of.day:
        months -= 1
    return _months(months)


def _months(months: int) -> str:
    years, rest = divmod(max(months, 0), 12)
    if not years:
        return _count(rest, "month") if rest else "this month"
    if not rest or years >= _YEARS_ALONE:
        return _count(years, "year")
    return f"{_count(years, 'year')} {_count(rest, 'month')}"


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def cortisone_of(reading: Reading) -> Cortisone:
    rows = reading.rows.get(layout.CORTISONE_GROUP, ())
    return Cortisone(
        had=reading.answer(layout.CORTISONE_EVER, "Cortisone shots"),
        regions=tuple(
            CortisoneRow(**{field: _cell(row, link_id) for field, link_id in layout.CORTISONE_FIELDS.items()})
            for row in rows
        ),
    )


def _cell(row: Row, link_id: LinkId) -> str:
    """The answer; for a number that the patient does not know, what they said instead."""
    known = layout.NUMBER_KNOWN.get(link_id)
    if known and link_id not in row.answered and known in row.answered:
        return row.answered[known].text
    return row.text_of(link_id)


def diabetes_of(reading: Reading, details: Iterable[Answer]) -> tuple[Answer, ...]:
    """Whether diabetes is among the conditions, then what was said about it. Only a complete list without it is a no."""
    conditions = reading.once.answered.get(layout.CONDITIONS)
    if conditions is None:
        asked = reading.answer(layout.CONDITIONS)
        return (_diabetes_answer(asked.text, asked.state), *details)
    if layout.DIABETES in conditions.codes:
        return (_diabetes_answer("Yes"), *details)
    return (_diabetes_answer("Not sure" if "unsure" in conditions.codes else "Not reported"), *details)


def _diabetes_answer(text: str, state: AnswerState = "answered") -> Answer:
    return Answer(link_id=layout.CONDITIONS, label="Diabetes", state=state, text=text)


def checked_of(reading: Reading, never_asked: Collection[LinkId] = ()) -> tuple[Checked, ...]:
    """The danger questions by place; a place whose questions should have been asked and were not is named as well."""
    answered, not_asked = reading.once.answered, reading.once.not_asked
    found = []
    for place, links in reading.form.danger:
        asked = [link_id for link_id in links if link_id not in not_asked]
        if not asked:
            if never := [link_id for link_id in links if link_id in never_asked]:
                found.append(Checked(place=place, asked=0, no=(), not_answered=(), other=(reading.answer(never[0]),)))
            continue
        no, still_open, other = [], [], []
        for link_id in asked:
            given = answered.get(link_id)
            if given is None:
                still_open.append(reading.words[link_id].label)
            elif given.codes == _NO:
                no.append(given.words.label)
            else:
                other.append(given.answer())
        found.append(
            Checked(place=place, asked=len(asked), no=tuple(no), not_answered=tuple(still_open), other=tuple(other))
        )
    return tuple(found)
