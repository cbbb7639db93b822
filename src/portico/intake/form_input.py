"""What a browser's form sent for one screen, put in the place of that screen's old answers. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

import msgspec

from portico import forms
from portico.forms import Answer, Attachment, Coding, Item, Questionnaire, QuestionnaireResponse, ResponseItem
from portico.forms.definition import Node
from portico.forms.occurrences import Occurrence
from portico.ids import LinkId
from portico.intake.screens import KEPT_TYPES, Field, named_before

Sent = Mapping[str, Sequence[str]]
"""Field names and all that was sent under each."""

ROWS_LIMIT = 50
"""Rows that are read of one repeating group; the form's own limit is checked when it is saved."""

PARTS = (":year", ":month", ":day")
"""What follows a date's name: it is asked for in three fields, of which the later ones may stay open."""

FILES = ":files"
"""What follows the name of a question for files, for those that are new; under the name itself stand those that stay."""

OTHER = ":other"
"""What follows the name of a choice that also takes one's own words."""

WHOLE_NUMBER = "Please type a whole number, such as 3."
NUMBER = "Please type a number, such as 6.5."
YES_OR_NO = "Please choose yes or no."
YEAR = "Please type the year with 4 digits, such as 1998."
MONTH = "Please choose the month too, or leave the day open."
NAME_IT_FIRST = "Choose this place on step 1 first. We have to ask about danger signs there before you go on."
DAY = "Please type the day as a number, such as 7."


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """A field that could not be taken, and its texts as they were typed, by what follows the field's name."""

    name: str
    message: str
    typed: Sent


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """The answers with one screen replaced, and the fields that were not taken: those keep their old answers."""

    answers: QuestionnaireResponse
    wrong: tuple[Wrong, ...]


class _Unreadable(Exception):
    """A text that is no answer to its question; the message says what to type."""


class _Place(msgspec.Struct, frozen=True):
    """The rows around a question: as the browser numbered them, and as they are numbered once some are removed."""

    sent: str = ""
    kept: str = ""


def entered(
    form: Questionnaire,
    answers: QuestionnaireResponse,
    screen: int,
    sent: Sent,
    *,
    off: frozenset[LinkId],
    refused: Mapping[str, str] | None = None,
) -> Entered:
    """Replaces what the screen showed. What it did not show (disabled questions, other screens) stays as it was.

    `refused` names fields that are not to be taken, with the reason.
    """
    root = forms.enabled_items(form, answers, extra_disabled=off).root
    reader = _Reader(sent, refused or {}, answers)
    shown = root.owner.children[screen]
    items: list[ResponseItem] = []
    for node in root.owner.children:
        old = [item for _, item in root.items(node.link_id)]
        if node is not shown or node.link_id in root.off:
            items.extend(old)
            continue
        inner = root.occurrences(node.link_id)
        made = reader.items(node, inner[0] if inner else None, _Place())
        if made:
            items.append(ResponseItem(link_id=node.link_id, item=made))
    return Entered(answers=msgspec.structs.replace(answers, item=tuple(items)), wrong=tuple(reader.wrong))


def as_typed(field: Field, typed: Sent) -> Field:
    """The field with the very texts that were typed, readable or not."""
    texts = typed.get("", ())
    if field.kind == "date":
        year, month, day = (next(iter(typed.get(part, ())), "") for part in PARTS)
        return msgspec.structs.replace(field, parts=(year, month, day))
    chosen = tuple(msgspec.structs.replace(choice, is_chosen=choice.code in texts) for choice in field.choices)
    own = typed.get(OTHER, ()) if field.kind == "open-choice" else texts
    return msgspec.structs.replace(field, choices=chosen, value=next(iter(own), ""))


class _Reader:
    def __init__(self, sent: Sent, refused: Mapping[str, str], answers: QuestionnaireResponse) -> None:
        self._sent = sent
        self._answers = answers
        self._refused = refused
        self._is_editing_rows = "add" in sent or "remove" in sent
        self.wrong: list[Wrong] = []

    def items(self, above: Node, here: Occurrence | None, place: _Place) -> tuple[ResponseItem, ...]:
        made: list[ResponseItem] = []
        for node in above.children:
            old = [item for _, item in here.items(node.link_id)] if here else []
            if node.is_hidden or _is_off(node, here):
                made.extend(old)
            elif node.is_group:
                made.extend(self._group(node, here, place))
            elif node.item is not None and node.item.type != "display":
                made.extend(self._question(node.item, old, place))
        return tuple(made)

    def _group(self, node: Node, here: Occurrence | None, place: _Place) -> list[ResponseItem]:
        inner = here.occurrences(node.link_id) if here else ()
        if not node.repeats:
            items = self.items(node, inner[0] if inner else None, place)
            return [ResponseItem(link_id=node.link_id, item=items)] if items else []
        rows = list(self._rows(node, inner, place))
        if f"{place.sent}{node.link_id}" in self._sent.get("add", ()):
            rows.append(ResponseItem(link_id=node.link_id))
        return rows

    def _rows(self, node: Node, inner: Sequence[Occurrence], place: _Place) -> Iterator[ResponseItem]:
        """The rows that stay. Blank ones go once the patient goes on, for nothing was entered there."""
        sent, kept = f"{place.sent}{node.link_id}", f"{place.kept}{node.link_id}"
        count = 0
        for number in range(self._count(sent)):
            if f"{sent}.{number}/" in self._sent.get("remove", ()):
                continue
            old = inner[number] if number < len(inner) else None
            wrong_before = len(self.wrong)
            items = self.items(node, old, _Place(f"{sent}.{number}/", f"{kept}.{count}/"))
            if items or self._is_editing_rows or len(self.wrong) > wrong_before:
                count += 1
                yield ResponseItem(link_id=node.link_id, item=items)

    def _count(self, name: str) -> int:
        text = next(iter(self._sent.get(f"rows:{name}", ())), "0")
        return min(int(text), ROWS_LIMIT) if text.isascii() and text.isdigit() and len(text) < 4 else 0

    def _question(self, item: Item, old: list[ResponseItem], place: _Place) -> list[ResponseItem]:
        if item.type in KEPT_TYPES:
            return old
        name = f"{place.kept}{item.link_id}"
        typed = self._typed(f"{place.sent}{item.link_id}")
        problem = self._refused.get(name)
        if problem is None:
            try:
                given = _read(item, typed)
                self._check_named(item, given)
            except _Unreadable as unreadable:
                problem = str(unreadable)
            else:
                return [ResponseItem(link_id=item.link_id, answer=given)] if given else []
        self.wrong.append(Wrong(name=name, message=problem, typed=typed))
        return old

    def _check_named(self, item: Item, given: Sequence[Answer]) -> None:
        """Raises _Unreadable for a place that was not named before: its danger questions were not asked."""
        named = named_before(self._answers, LinkId(item.link_id))
        if named and any(answer.value_coding and answer.value_coding.code not in named for answer in given):
            raise _Unreadable(NAME_IT_FIRST)

    def _typed(self, name: str) -> Sent:
        after = ("", OTHER, *PARTS)
        return {part: self._sent[f"{name}{part}"] for part in after if f"{name}{part}" in self._sent}


def _is_off(node: Node, here: Occurrence | None) -> bool:
    """In a row that is not there yet, a question with a condition was not on the screen."""
    if here is not None:
        return node.link_id in here.off
    return node.item is not None and bool(node.item.enable_when)


def _read(item: Item, typed: Sent) -> tuple[Answer, ...]:
    """The answers that were typed. Raises _Unreadable."""
    texts = [seen for text in typed.get("", ()) if (seen := _visible(text).strip())]
    if item.type in ("choice", "open-choice"):
        own = [_visible(text).strip() for text in typed.get(OTHER, ()) if text.strip() and item.type == "open-choice"]
        return (
            *(Answer(value_coding=coding) for coding in _chosen(item, texts)),
            *(Answer(value_string=text) for text in own),
        )
    if item.type == "attachment":
        return tuple(_file(text) for text in dict.fromkeys(texts))
    if item.type == "date":
        day = _date(*(next(iter(typed.get(part, ())), "").strip() for part in PARTS))
        return (Answer(value_date=day),) if day else ()
    return (_one(item, texts[0]),) if texts else ()


def _file(text: str) -> Answer:
    """A file by `id/name`; whether there is such a file is checked when it is saved."""
    named, _, title = text.partition("/")
    return Answer(value_attachment=Attachment(url=f"/api/attachments/{named}", title=title or None))


def _visible(text: str) -> str:
    """The text without characters that nobody can see or type and that FHIR does not allow in strings."""
    return "".join(sign for sign in text if sign in "\t\r\n" or (sign >= " " and not "\ud800" <= sign <= "\udfff"))


def _one(item: Item, text: str) -> Answer:
    match item.type:
        case "boolean":
            return _boolean(text)
        case "integer":
            return _whole_number(text)
        case "decimal":
            return _number(text)
        case "dateTime":
            return Answer(value_date_time=text)
        case "time":
            return Answer(value_time=text)
        case "url":
            return Answer(value_uri=text)
        case "text":
            return Answer(value_string=text.replace("\r\n", "\n"))
        case _:
            return Answer(value_string=text)


def _boolean(text: str) -> Answer:
    if text not in ("yes", "no"):
        raise _Unreadable(YES_OR_NO)
    return Answer(value_boolean=text == "yes")


def _whole_number(text: str) -> Answer:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise _Unreadable(WHOLE_NUMBER)
    return Answer(value_integer=int(text))


def _number(text: str) -> Answer:
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or len(text) > 12:
        raise _Unreadable(NUMBER)
    return Answer(value_decimal=value)


def _date(year: str, month: str, day: str) -> str:
    """A FHIR date, as precise as what was typed. Raises _Unreadable."""
    if not (year or month or day):
        return ""
    if not (_is_number(year) and len(year) == 4):
        raise _Unreadable(YEAR)
    if day and not month:
        raise _Unreadable(MONTH)
    if day and not (_is_number(day) and len(day) <= 2):
        raise _Unreadable(DAY)
    if month and not (_is_number(month) and len(month) <= 2):
        raise _Unreadable(MONTH)
    return "-".join([year, *(part.zfill(2) for part in (month, day) if part)])


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _chosen(item: Item, codes: Sequence[str]) -> list[Coding]:
    options = [option.value_coding for option in item.answer_option if option.value_coding is not None]
    return [option for option in options if option.code in codes]
