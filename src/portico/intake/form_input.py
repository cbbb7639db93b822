"""What a browser's form sent for one screen, put in the place of that screen's old answers. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

import msgspec

from portico import forms
from portico.forms import Answer, Coding, Item, Questionnaire, QuestionnaireResponse, ResponseItem
from portico.forms.definition import Node
from portico.forms.occurrences import Occurrence
from portico.ids import LinkId

Sent = Mapping[str, Sequence[str]]
"""Field names and all that was sent under each."""

ROWS_LIMIT = 20
"""Rows that a screen adds to one repeating group; the form's own limit is checked when it is saved."""


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A field whose text is no number or no day."""

    name: str
    message: str


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """The answers with one screen replaced, and the fields that could not be read."""

    answers: QuestionnaireResponse
    unreadable: tuple[Unreadable, ...]


def entered(
    form: Questionnaire, answers: QuestionnaireResponse, screen: int, sent: Sent, off: frozenset[LinkId]
) -> Entered:
    """Replaces what the screen showed. What it did not show (disabled questions, other screens) stays as it was."""
    root = forms.enabled_items(form, answers, extra_disabled=off).root
    reader = _Reader(sent)
    shown = root.owner.children[screen]
    items: list[ResponseItem] = []
    for node in root.owner.children:
        old = [item for _, item in root.items(node.link_id)]
        if node is not shown or node.link_id in root.off:
            items.extend(old)
            continue
        inner = root.occurrences(node.link_id)
        made = reader.items(node, inner[0] if inner else None, "")
        if made:
            items.append(ResponseItem(link_id=node.link_id, item=made))
    return Entered(answers=msgspec.structs.replace(answers, item=tuple(items)), unreadable=tuple(reader.unreadable))


class _Reader:
    def __init__(self, sent: Sent) -> None:
        self._sent = sent
        self.unreadable: list[Unreadable] = []

    def items(self, above: Node, here: Occurrence | None, prefix: str) -> tuple[ResponseItem, ...]:
        made: list[ResponseItem] = []
        for node in above.children:
            if _is_off(node, here):
                made.extend(item for _, item in (here.items(node.link_id) if here else ()))
            elif node.is_group:
                made.extend(self._group(node, here, prefix))
            elif node.item is not None and node.item.type != "display":
                made.extend(self._question(node.item, f"{prefix}{node.link_id}"))
        return tuple(made)

    def _group(self, node: Node, here: Occurrence | None, prefix: str) -> list[ResponseItem]:
        inner = here.occurrences(node.link_id) if here else ()
        if not node.repeats:
            items = self.items(node, inner[0] if inner else None, prefix)
            return [ResponseItem(link_id=node.link_id, item=items)] if items else []
        name = f"{prefix}{node.link_id}"
        rows = [
            ResponseItem(
                link_id=node.link_id,
                item=self.items(node, inner[number] if number < len(inner) else None, f"{name}.{number}/"),
            )
            for number in range(self._rows(name))
            if f"{name}.{number}/" not in self._sent.get("remove", ())
        ]
        return [*rows, ResponseItem(link_id=node.link_id)] if name in self._sent.get("add", ()) else rows

    def _rows(self, name: str) -> int:
        text = next(iter(self._sent.get(f"rows:{name}", ())), "0")
        return min(int(text), ROWS_LIMIT) if text.isascii() and text.isdigit() and len(text) < 4 else 0

    def _question(self, item: Item, name: str) -> list[ResponseItem]:
        texts = [text.strip() for text in self._sent.get(name, ()) if text.strip()]
        if item.type in ("choice", "open-choice"):
            given = tuple(Answer(value_coding=coding) for coding in _chosen(item, texts))
        else:
            given = self._typed(item, name, texts[0]) if texts else ()
        return [ResponseItem(link_id=item.link_id, answer=given)] if given else []

    def _typed(self, item: Item, name: str, text: str) -> tuple[Answer, ...]:
        match item.type:
            case "boolean":
                return (Answer(value_boolean=text == "yes"),)
            case "integer":
                return self._number(name, text)
            case "decimal":
                return self._decimal(name, text)
            case "date":
                return (Answer(value_date=text),)
            case "dateTime":
                return (Answer(value_date_time=text),)
            case "time":
                return (Answer(value_time=text),)
            case "url":
                return (Answer(value_uri=text),)
            case "text":
                return (Answer(value_string=text.replace("\r\n", "\n")),)
            case _:
                return (Answer(value_string=text),)

    def _number(self, name: str, text: str) -> tuple[Answer, ...]:
        digits = text.removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) < 10:
            return (Answer(value_integer=int(text)),)
        self.unreadable.append(Unreadable(name=name, message="Please type a whole number, such as 3."))
        return ()

    def _decimal(self, name: str, text: str) -> tuple[Answer, ...]:
        try:
            value = Decimal(text.replace(",", "."))
        except InvalidOperation:
            value = Decimal("NaN")
        if value.is_finite() and len(text) < 12:
            return (Answer(value_decimal=value),)
        self.unreadable.append(Unreadable(name=name, message="Please type a number, such as 6.5."))
        return ()


def _is_off(node: Node, here: Occurrence | None) -> bool:
    """In a row that is not there yet, a question with a condition was not on the screen."""
    if here is not None:
        return node.link_id in here.off
    return node.item is not None and bool(node.item.enable_when)


def _chosen(item: Item, codes: Sequence[str]) -> list[Coding]:
    options = [option.value_coding for option in item.answer_option if option.value_coding is not None]
    return [option for option in options if option.code in codes]
