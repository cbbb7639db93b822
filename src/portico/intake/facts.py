"""Answers of a form as the facts that rules read."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from portico import forms
from portico.forms import AnswerGroup
from portico.ids import LinkId
from portico.screening.facts import META_PREFIX, Code, Facts, PartialDate, Value

DAYS_UNTIL_CONSULT = LinkId(f"{META_PREFIX}days_until_consult")


def facts_of(tree: AnswerGroup, *, days_until_consult: int | None = None) -> Facts:
    """The whole response. Groups that are there once are flattened; repeating groups become rows."""
    facts = _facts(tree)
    if days_until_consult is None:
        return facts
    return Facts(
        values={**facts.values, DAYS_UNTIL_CONSULT: (days_until_consult,)},
        rows=facts.rows,
        not_asked=facts.not_asked,
    )


def _facts(group: AnswerGroup) -> Facts:
    values: dict[LinkId, tuple[Value, ...]] = _values(group.values)
    rows: dict[LinkId, tuple[Facts, ...]] = {}
    not_asked = set(group.not_asked)
    for link_id, occurrences in group.groups.items():
        inner = [_facts(occurrence) for occurrence in occurrences]
        if any(occurrence.repeats for occurrence in occurrences):
            rows[link_id] = tuple(inner)
            continue
        for once in inner:
            values |= once.values
            rows |= once.rows
            not_asked |= once.not_asked
    return Facts(values=values, rows=rows, not_asked=frozenset(not_asked))


def _values(answers: Mapping[LinkId, tuple[forms.Value, ...]]) -> dict[LinkId, tuple[Value, ...]]:
    return {link_id: tuple(_known(found)) for link_id, found in answers.items()}


def _known(found: Iterable[forms.Value]) -> Iterable[Value]:
    for value in found:
        if isinstance(value, forms.Coding):
            yield Code(system=value.system or "", code=value.code or "", display=value.display or "")
        elif isinstance(value, forms.PartialDate):
            yield PartialDate(year=value.year, month=value.month, day=value.day)
        elif isinstance(value, bool | int | str | Decimal):
            yield value
