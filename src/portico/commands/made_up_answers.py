"""Complete, harmless answers to any questionnaire, with chosen exceptions: for the demo and the walkthrough."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from portico import forms
from portico.forms import Answer, Coding, Item, Questionnaire, QuestionnaireResponse, ResponseItem
from portico.ids import LinkId

Told = str | int | bool | date | Decimal | Sequence[str]
"""A code (or several), a text, a number, a yes or no, a day."""

_HARMLESS = ("no", "never", "none", "self", "female", "left", "slow", "same", "yes")
"""Codes in the order in which they are taken when nobody says otherwise."""


def answers(
    form: Questionnaire,
    told: Mapping[str, Told],
    rows: Mapping[str, Sequence[Mapping[str, Told]]] | None = None,
    *,
    today: date,
    only_told: bool = False,
) -> QuestionnaireResponse:
    """What `told` says, and for every other required question something harmless; disabled questions stay open.

    `rows` gives the occurrences of repeating groups. With `only_told` nothing else is filled in.
    """
    filler = _Filler(rows or {}, today, only_told=only_told)
    response = QuestionnaireResponse(
        questionnaire=f"{form.url}|{form.version}", status="in-progress", item=filler.items(form.item, told)
    )
    return forms.without_disabled(form, response).response


class _Filler:
    def __init__(self, rows: Mapping[str, Sequence[Mapping[str, Told]]], today: date, *, only_told: bool) -> None:
        self._rows = rows
        self._today = today
        self._only_told = only_told

    def items(self, asked: Sequence[Item], told: Mapping[str, Told]) -> tuple[ResponseItem, ...]:
        return tuple(made for item in asked for made in self._item(item, told))

    def _item(self, item: Item, told: Mapping[str, Told]) -> list[ResponseItem]:
        if item.type == "display":
            return []
        if item.type == "group":
            return self._group(item, told)
        said = told.get(item.link_id)
        if said is None and (self._only_told or not item.required):
            return []
        given = _answers(item, said) if said is not None else (self._harmless(item),)
        return [ResponseItem(link_id=item.link_id, answer=given)]

    def _group(self, item: Item, told: Mapping[str, Told]) -> list[ResponseItem]:
        if not item.repeats:
            inner = self.items(item.item, told)
            return [ResponseItem(link_id=item.link_id, item=inner)] if inner else []
        rows = self._rows.get(item.link_id, () if self._only_told else ({},))
        return [ResponseItem(link_id=item.link_id, item=self.items(item.item, row)) for row in rows]

    def _harmless(self, item: Item) -> Answer:
        if item.type in ("choice", "open-choice"):
            codes = [option.value_coding.code for option in item.answer_option if option.value_coding]
            chosen = next((code for code in _HARMLESS if code in codes), codes[0])
            return _answers(item, str(chosen))[0]
        if item.type == "date":
            return Answer(value_date=(self._today - timedelta(days=45 * 365)).isoformat())
        known: Mapping[str, Told] = {"boolean": True, "integer": 2, "decimal": Decimal("1.0")}
        return _answers(item, known.get(item.type, "Made up"))[0]


def _answers(item: Item, said: Told) -> tuple[Answer, ...]:
    if item.type in ("choice", "open-choice"):
        codes = [said] if isinstance(said, str) else list(said) if isinstance(said, Sequence) else []
        return tuple(Answer(value_coding=_coding(item, code)) for code in codes)
    return (_answer(said),)


def _answer(said: Told) -> Answer:
    match said:
        case bool():
            return Answer(value_boolean=said)
        case int():
            return Answer(value_integer=said)
        case Decimal():
            return Answer(value_decimal=said)
        case date():
            return Answer(value_date=said.isoformat())
        case str():
            return Answer(value_string=said)
        case _:
            raise TypeError(type(said).__name__)


def _coding(item: Item, code: str) -> Coding:
    for option in item.answer_option:
        if option.value_coding is not None and option.value_coding.code == code:
            return option.value_coding
    message = f"{item.link_id} has no option {code}"
    raise LookupError(message)


def link_ids(asked: Sequence[Item]) -> list[LinkId]:
    """Every linkId of a form, in its order."""
    return [link for item in asked for link in (item.link_id, *link_ids(item.item))]
