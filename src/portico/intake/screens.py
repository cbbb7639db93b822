"""One screen of a form as fields to fill in: pure, for any questionnaire whose top-level groups are its screens."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from portico import forms
from portico.forms import Answer, Item, Questionnaire, QuestionnaireResponse
from portico.forms.definition import Node
from portico.forms.occurrences import Occurrence
from portico.ids import LinkId

MIN_VALUE = "http://hl7.org/fhir/StructureDefinition/minValue"
MAX_VALUE = "http://hl7.org/fhir/StructureDefinition/maxValue"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One option of a question."""

    code: str
    text: str
    is_chosen: bool


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One thing on a screen: a note, a heading, the end of a repeated group, or a question with what was answered.

    `name` is unique on the screen: the linkId, after the rows it stands in. `rows` counts a repeating group.
    """

    kind: str
    link_id: LinkId
    name: str
    text: str
    is_required: bool = False
    is_many: bool = False
    choices: tuple[Choice, ...] = ()
    value: str = ""
    rows: int = 0
    bounds: tuple[str, str] = ("", "")


def screens_of(form: Questionnaire) -> tuple[Item, ...]:
    """The screens of a form: its top-level items."""
    return form.item


def fields_of(
    form: Questionnaire, answers: QuestionnaireResponse, screen: int, off: frozenset[LinkId]
) -> tuple[Field, ...]:
    """The fields of one screen that are enabled with these answers. Empty when the whole screen is switched off."""
    root = forms.enabled_items(form, answers, extra_disabled=off).root
    node = root.owner.children[screen]
    if node.link_id in root.off:
        return ()
    inner = root.occurrences(node.link_id)
    return tuple(_fields(inner[0], "")) if inner else ()


def is_asked(form: Questionnaire, answers: QuestionnaireResponse, screen: int, off: frozenset[LinkId]) -> bool:
    """Whether the screen has anything to fill in or read now."""
    return bool(fields_of(form, answers, screen, off))


def screen_of(form: Questionnaire, link_id: str) -> int:
    """The screen on which an item stands; the first when there is none."""
    for number, item in enumerate(form.item):
        if item.link_id == link_id or link_id in _links(item.item):
            return number
    return 0


def _links(items: Sequence[Item]) -> set[str]:
    return {link for item in items for link in (item.link_id, *_links(item.item))}


def _fields(here: Occurrence, prefix: str) -> Iterator[Field]:
    for node in here.owner.children:
        if node.link_id in here.off or node.item is None or node.is_hidden:
            continue
        if node.is_group:
            yield from _group(here, node, prefix)
        elif node.item.type == "display":
            yield Field(kind="display", link_id=node.link_id, name="", text=node.item.text or "")
        else:
            yield _question(here, node, prefix)


def _group(here: Occurrence, node: Node, prefix: str) -> Iterator[Field]:
    assert node.item is not None
    inner = here.occurrences(node.link_id)
    if not node.repeats:
        yield Field(kind="heading", link_id=node.link_id, name="", text=node.item.text or "")
        for once in inner:
            yield from _fields(once, prefix)
        return
    for number, row in enumerate(inner):
        name = f"{prefix}{node.link_id}.{number}/"
        yield Field(kind="row", link_id=node.link_id, name=name, text=f"{node.item.text or ''} ({number + 1})")
        yield from _fields(row, name)
        yield Field(kind="row-end", link_id=node.link_id, name=name, text="")
    yield Field(
        kind="rows", link_id=node.link_id, name=f"{prefix}{node.link_id}", text=node.item.text or "", rows=len(inner)
    )


def _question(here: Occurrence, node: Node, prefix: str) -> Field:
    item = node.item
    assert item is not None
    given = [answer for _, held in here.items(node.link_id) for answer in held.answer]
    codes = {answer.value_coding.code for answer in given if answer.value_coding is not None}
    return Field(
        kind=item.type,
        link_id=node.link_id,
        name=f"{prefix}{node.link_id}",
        text=item.text or "",
        is_required=bool(item.required),
        is_many=bool(item.repeats),
        choices=tuple(
            Choice(
                code=option.value_coding.code or "",
                text=option.value_coding.display or option.value_coding.code or "",
                is_chosen=option.value_coding.code in codes,
            )
            for option in item.answer_option
            if option.value_coding is not None
        ),
        value=_shown(given[0]) if given else "",
        bounds=(_bound(item, MIN_VALUE), _bound(item, MAX_VALUE)),
    )


def _shown(answer: Answer) -> str:
    for value in (
        answer.value_string,
        answer.value_integer,
        answer.value_decimal,
        answer.value_date,
        answer.value_date_time,
        answer.value_time,
        answer.value_uri,
    ):
        if value is not None:
            return str(value)
    if answer.value_boolean is not None:
        return "yes" if answer.value_boolean else "no"
    return ""


def _bound(item: Item, url: str) -> str:
    for raw in item.extension:
        found: Mapping[str, object] = msgspec.json.decode(raw)
        if found.get("url") == url and isinstance(found.get("valueInteger"), int):
            return str(found["valueInteger"])
    return ""
