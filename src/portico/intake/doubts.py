"""Answers that a person might mean and that hardly can be: asked about once more at the field, never refused. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from portico.forms import Answer, Fault, PartialDate, QuestionnaireResponse, ResponseItem, in_text
from portico.forms.partial_dates import read_date
from portico.ids import LinkId
from portico.intake.summary_layout import BIRTH_DATE, REGION, REGION_FIELDS, REGION_GROUP

DOUBT: Final = "doubt"
"""The code of these warnings."""

_VACCINE: Final = LinkId("hx.5")
_VACCINE_DAYS: Final = 14
"""The question asks about a vaccine in the last 2 weeks, or soon."""
_KNOWN: Final = (LinkId("ack.1"), LinkId("cost.1"))
"""What the patient is asked to know: a no is talked over (PS34)."""


class _Given(NamedTuple):
    """One answered question: where it stands, and its first answer."""

    path: str
    answer: Answer


_Row = dict[LinkId, _Given]


def doubts_in(answers: QuestionnaireResponse, today: date) -> tuple[Fault, ...]:
    """One warning for each answer that is worth a second look; `today` is the clinic's day."""
    once: _Row = {}
    rows = [row for group, row in _read(answers.item, "QuestionnaireResponse", once) if group == REGION_GROUP]
    born = _date_of(once, BIRTH_DATE)
    found = [*_known(once), *_vaccine(once, today)]
    for row in rows:
        found += [*_pain(row), *_onset(row, born)]
    return tuple(sorted([*found, *_twice(rows)], key=lambda fault: fault.path))


def _read(items: Sequence[ResponseItem], path: str, into: _Row) -> Iterator[tuple[LinkId, _Row]]:
    """Reads the answers of one level, and yields every group with its own."""
    for at, item in enumerate(items):
        here, link_id = f"{path}.item[{at}]", LinkId(item.link_id)
        if item.answer:
            into.setdefault(link_id, _Given(here, item.answer[0]))
        elif link_id == REGION_GROUP:
            row: _Row = {}
            yield from _read(item.item, here, row)
            yield link_id, row
        else:
            yield from _read(item.item, here, into)


def _doubt(link_id: LinkId, given: _Given, message: str) -> Fault:
    return Fault(link_id=link_id, path=given.path, code=DOUBT, message=message, severity="warning")


def _known(once: _Row) -> Iterator[Fault]:
    for link_id in _KNOWN:
        given = once.get(link_id)
        if given and given.answer.value_boolean is False:
            yield _doubt(
                link_id, given, "You chose no. Is that what you mean? Then your clinician will talk it over with you."
            )


def _vaccine(once: _Row, today: date) -> Iterator[Fault]:
    told, given = _date_of(once, _VACCINE), once.get(_VACCINE)
    earliest = today - timedelta(days=_VACCINE_DAYS)
    if told and given and told.parts < _parts(earliest, told):
        message = (
            f"{in_text(told)} is more than 2 weeks ago. We only ask about the last 2 weeks, or about soon. Is it right?"
        )
        yield _doubt(_VACCINE, given, message)


def _pain(row: _Row) -> Iterator[Fault]:
    link_id = REGION_FIELDS["pain_worst"]
    worst = row.get(link_id)
    if worst is None or worst.answer.value_integer is None:
        return
    for name, words in (("pain_now", "right now"), ("pain_average", "on most days")):
        given = row.get(REGION_FIELDS[name])
        value = given.answer.value_integer if given else None
        if value is not None and value > worst.answer.value_integer:
            message = f"You gave {value} for the pain {words}. At its worst it was {worst.answer.value_integer}. Is that right?"
            yield _doubt(link_id, worst, message)
            return


def _onset(row: _Row, born: PartialDate | None) -> Iterator[Fault]:
    link_id = REGION_FIELDS["since"]
    started, given = _date_of(row, link_id), row.get(link_id)
    if born is None or started is None or given is None:
        return
    shared = min(len(born.parts), len(started.parts))
    if started.parts[:shared] < born.parts[:shared]:
        message = f"This is before the birth date, {in_text(born)}. Please check both dates."
        yield _doubt(link_id, given, message)


def _twice(rows: Sequence[_Row]) -> Iterator[Fault]:
    seen: set[tuple[str | None, str | None]] = set()
    for row in rows:
        place, side = row.get(REGION), row.get(REGION_FIELDS["side"])
        key = (_code(place), _code(side))
        if place and side and key in seen:
            message = (
                "This place and side stand here twice. Is one of them another place or side? Otherwise remove one."
            )
            yield _doubt(REGION, place, message)
        seen.add(key)


def _code(given: _Given | None) -> str | None:
    return given.answer.value_coding.code if given and given.answer.value_coding else None


def _date_of(row: _Row, link_id: LinkId) -> PartialDate | None:
    given = row.get(link_id)
    return read_date(given.answer.value_date) if given and given.answer.value_date else None


def _parts(day: date, like: PartialDate) -> tuple[int, ...]:
    """The day as exact as another date is."""
    return (day.year, day.month, day.day)[: len(like.parts)]
