"""The enabled answers of a response as plain nested values for rules, and as lines for people to read."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time
from decimal import Decimal

import msgspec

from portico.forms.answer_values import RawValue, value_key, value_of
from portico.forms.constraints import AnswerRules
from portico.forms.definition import Node, descendants
from portico.forms.enablement import NOTHING, LaidOut, lay_out
from portico.forms.index import Index
from portico.forms.model import (
    Answer,
    Attachment,
    Coding,
    Quantity,
    Questionnaire,
    QuestionnaireResponse,
    Reference,
)
from portico.forms.occurrences import Occurrence
from portico.forms.partial_dates import PartialDate, in_words, read_moment, read_time
from portico.ids import LinkId

Value = bool | int | Decimal | str | Coding | PartialDate | datetime | time | Quantity | Attachment | Reference


class AnswerGroup(msgspec.Struct, frozen=True, kw_only=True):
    """One occurrence of the form, a group, or an answer with questions below it.

    `values` holds each answered question; `unanswered` were asked and left open; `not_asked` are disabled items and
    everything below them. `groups` holds the occurrences of each container in it; `repeats` tells a list of
    occurrences from a part of the form that is there once.
    """

    link_id: LinkId
    repeats: bool
    values: Mapping[LinkId, tuple[Value, ...]]
    groups: Mapping[LinkId, tuple["AnswerGroup", ...]]
    not_asked: frozenset[LinkId]
    unanswered: frozenset[LinkId]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One item of the form as people read it. `occurrence` counts from 1 within a repeating group, else it is None."""

    link_id: LinkId
    kind: str
    text: str
    prefix: str | None
    answers: tuple[str, ...]
    depth: int
    occurrence: int | None = None


def answer_tree(
    q: Questionnaire, r: QuestionnaireResponse, *, extra_disabled: frozenset[LinkId] = NOTHING
) -> AnswerGroup:
    """Only enabled answers of a type that their question asks for; anything else counts as unanswered."""
    return tree_in(lay_out(q, r, extra_disabled=extra_disabled))


def tree_in(laid: LaidOut) -> AnswerGroup:
    """As `answer_tree`, for a response that is laid out already."""
    return _group(laid.index, laid.layout.root)


def _group(index: Index, here: Occurrence) -> AnswerGroup:
    values: dict[LinkId, tuple[Value, ...]] = {}
    groups: dict[LinkId, tuple[AnswerGroup, ...]] = {}
    not_asked: set[LinkId] = set()
    unanswered: set[LinkId] = set()
    for node in here.owner.children:
        if node.link_id in here.off:
            not_asked.add(node.link_id)
            not_asked.update(below.link_id for below in descendants(node))
            continue
        if node.is_question:
            found = _values(index.rules[node.number], here, node)
            if found:
                values[node.link_id] = found
            else:
                unanswered.add(node.link_id)
        if node.children:
            groups[node.link_id] = tuple(_group(index, inner) for inner in here.occurrences(node.link_id))
    return AnswerGroup(
        link_id=here.owner.link_id,
        repeats=here.owner.repeats,
        values=values,
        groups=groups,
        not_asked=frozenset(not_asked),
        unanswered=frozenset(unanswered),
    )


def _values(rules: AnswerRules | None, here: Occurrence, node: Node) -> tuple[Value, ...]:
    if rules is None:
        return ()
    items = here.held.get(node.link_id)
    if not items:
        return ()
    readable = [rules.readable(answer) for _, item in items for answer in item.answer]
    values = [_plain(*found) for found in readable if found]
    return tuple(value for value in values if value is not None)


def _plain(field: str, value: RawValue) -> Value | None:
    """Dates become values; one that is no day of the calendar is no answer."""
    if not isinstance(value, str) or field in {"value_string", "value_uri"}:
        return value
    if field == "value_time":
        return read_time(value)
    moment = read_moment(value)
    return (moment.instant or moment.date) if moment else None


def answer_lines(
    q: Questionnaire, r: QuestionnaireResponse, *, extra_disabled: frozenset[LinkId] = NOTHING
) -> tuple[Line, ...]:
    """Every enabled item that is not hidden, in form order; a question without an answer has no `answers`.

    Texts are the form's own, never the response's.
    """
    laid = lay_out(q, r, extra_disabled=extra_disabled)
    return tuple(_lines(laid.index, laid.layout.root))


def _lines(index: Index, here: Occurrence) -> Iterator[Line]:
    for node in here.owner.children:
        if node.item is None or node.link_id in here.off or node.is_hidden:
            continue
        rules = index.rules[node.number]
        items = here.items(node.link_id) if rules else ()
        texts = [_spoken(rules, answer) for _, item in items for answer in item.answer] if rules else []
        inner = here.occurrences(node.link_id)
        if not node.is_group or not node.repeats:
            yield _line(node, tuple(text for text in texts if text), None)
            for occurrence in inner:
                yield from _lines(index, occurrence)
            continue
        for number, occurrence in enumerate(inner, 1):
            yield _line(node, (), number)
            yield from _lines(index, occurrence)


def _line(node: Node, answers: tuple[str, ...], occurrence: int | None) -> Line:
    item = node.item
    return Line(
        link_id=node.link_id,
        kind=item.type if item else "group",
        text=(item.text if item else None) or node.link_id,
        prefix=item.prefix if item else None,
        answers=answers,
        depth=node.depth - 1,
        occurrence=occurrence,
    )


def _spoken(rules: AnswerRules, answer: Answer) -> str | None:
    found = value_of(answer)
    if found is None:
        return None
    field, value = found
    known = rules.option_texts.get(value_key(field, value)) if rules.option_texts else None
    return known or in_text(_plain(field, value) or value)


def in_text(value: Value | RawValue) -> str:
    """A value as a reader in the United States writes it."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, PartialDate):
        return in_words(value)
    if isinstance(value, datetime):
        return f"{in_words(PartialDate(year=value.year, month=value.month, day=value.day))}, {value:%H:%M} UTC"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return _complex_text(value)


def _complex_text(value: int | str | Coding | Quantity | Attachment | Reference) -> str:
    if isinstance(value, Coding):
        return value.display or value.code or ""
    if isinstance(value, Quantity):
        number = "" if value.value is None else f"{value.value:f}"
        return " ".join(part for part in (value.comparator, number, value.unit or value.code) if part)
    if isinstance(value, Attachment):
        return value.title or value.content_type or "file"
    return value.display or value.reference or "" if isinstance(value, Reference) else str(value)
