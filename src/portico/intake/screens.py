"""One screen of a form as fields to fill in: pure, for any questionnaire whose top-level groups are its screens."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from portico import forms
from portico.forms import Answer, Attachment, Item, Questionnaire, QuestionnaireResponse, ResponseItem
from portico.forms.definition import Node
from portico.forms.occurrences import Occurrence
from portico.ids import LinkId
from portico.intake.check_in_facts import DAY_RIGHT, NO_DAY

MIN_VALUE = "http://hl7.org/fhir/StructureDefinition/minValue"
MAX_VALUE = "http://hl7.org/fhir/StructureDefinition/maxValue"

SCALE_LIMIT = 10
"""Whole numbers from 0 up to this are tapped, not typed."""

KEPT_TYPES = frozenset({"quantity", "reference"})
"""Kinds of answers that no screen can take yet; what another program saved stays."""

ROWS_FROM: Mapping[LinkId, tuple[LinkId, LinkId]] = {LinkId("reg.n"): (LinkId("reg.n.region"), LinkId("reg.1"))}
"""Repeating groups that start with one row for each answer to an earlier question: the row's question, that question."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One option of a question."""

    code: str
    text: str
    is_chosen: bool


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One thing on a screen: a note, a heading, the end of a repeated group, or a question with what was answered.

    `name` is unique on the screen: the linkId, after the rows it stands in. `rows` counts a repeating group; `parts`
    are year, month and day of a date; `path` is where the answer stands in the response, empty without one.
    """

    kind: str
    link_id: LinkId
    name: str
    text: str
    is_required: bool = False
    is_many: bool = False
    choices: tuple[Choice, ...] = ()
    value: str = ""
    parts: tuple[str, str, str] = ("", "", "")
    rows: int = 0
    bounds: tuple[str, str] = ("", "")
    longest: int | None = None
    path: str = ""

    @property
    def is_question(self) -> bool:
        """Whether there is something to answer."""
        return bool(self.name) and self.kind not in ("row", "row-end", "rows")

    @property
    def is_scale(self) -> bool:
        """Whether the answer is one of a few whole numbers."""
        low, high = self.bounds
        return self.kind == "integer" and low == "0" and high.isdigit() and int(high) <= SCALE_LIMIT

    @property
    def shown(self) -> str:
        """The answer in words, empty without one."""
        chosen = [choice.text for choice in self.choices if choice.is_chosen]
        return ", ".join([*chosen, self.value] if self.value and self.kind == "open-choice" else chosen) or self.value


def screens_of(form: Questionnaire) -> tuple[Item, ...]:
    """The screens of a form: its top-level items."""
    return form.item


def fields_of(
    form: Questionnaire, answers: QuestionnaireResponse, screen: int, off: frozenset[LinkId]
) -> tuple[Field, ...]:
    """The fields of one screen that are enabled with these answers. Empty when the whole screen is switched off."""
    here = _screen(form, answers, screen, off)
    return () if here is None else tuple(_as_named(answers, field) for field in _fields(here, ""))


def with_no_day(form: Questionnaire, answers: QuestionnaireResponse) -> QuestionnaireResponse:
    """The answers of a check-in for which no day is shown: nobody is asked whether it is right, only for the day itself."""
    group = next((item for item in form.item if any(child.link_id == DAY_RIGHT for child in item.item)), None)
    if group is None or any(_answers_to(answers.item, DAY_RIGHT)):
        return answers
    options = (option.value_coding for item in group.item if item.link_id == DAY_RIGHT for option in item.answer_option)
    told = tuple(Answer(value_coding=coding) for coding in options if coding and coding.code == NO_DAY)
    old = next((item for item in answers.item if item.link_id == group.link_id), ResponseItem(link_id=group.link_id))
    made = msgspec.structs.replace(old, item=(ResponseItem(link_id=DAY_RIGHT, answer=told), *old.item))
    others = tuple(item for item in answers.item if item.link_id != group.link_id)
    return forms.normalise(form, msgspec.structs.replace(answers, item=(*others, made)))


def named_before(answers: QuestionnaireResponse, link_id: LinkId) -> frozenset[str]:
    """What this question may choose from, because earlier questions depend on it; empty when nothing limits it."""
    sources = (source for question, source in ROWS_FROM.values() if question == link_id)
    given = (answer.value_coding for source in sources for answer in _answers_to(answers.item, source))
    return frozenset(coding.code for coding in given if coding and coding.code)


def _as_named(answers: QuestionnaireResponse, field: Field) -> Field:
    """A choice among what was named before; one that was made already stays to be seen."""
    named = named_before(answers, LinkId(field.link_id))
    if not named or not field.is_question:
        return field
    offered = tuple(choice for choice in field.choices if choice.is_chosen or choice.code in named)
    return msgspec.structs.replace(field, choices=offered)


def asked_screens(form: Questionnaire, answers: QuestionnaireResponse, off: frozenset[LinkId]) -> tuple[int, ...]:
    """The numbers, from 0, of the screens that have anything to fill in or read now."""
    root = forms.enabled_items(form, answers, extra_disabled=off).root
    return tuple(
        number
        for number, node in enumerate(root.owner.children)
        if node.link_id not in root.off
        and any(next(_fields(here, ""), None) is not None for here in root.occurrences(node.link_id)[:1])
    )


def screens_by_item(form: Questionnaire) -> Mapping[LinkId, int]:
    """On which screen, from 0, each item stands."""
    return {
        LinkId(link): number for number, item in enumerate(form.item) for link in (item.link_id, *_links(item.item))
    }


def with_first_rows(
    form: Questionnaire, answers: QuestionnaireResponse, screen: int, off: frozenset[LinkId]
) -> QuestionnaireResponse:
    """The answers with a first row in each repeating group of the screen that has none yet.

    One row for each place named before, else a blank one, so that nobody faces an empty part.
    """
    here = _screen(form, answers, screen, off)
    if here is None:
        return answers
    empty = [
        node
        for node in here.owner.children
        if node.is_group and node.repeats and node.link_id not in here.off and not here.occurrences(node.link_id)
    ]
    if not empty:
        return answers
    rows = [row for node in empty for row in _first_rows(form, answers, node)]
    old = [item for item in answers.item if item.link_id == here.owner.link_id]
    made = ResponseItem(link_id=here.owner.link_id, item=(*(old[0].item if old else ()), *rows))
    others = [item for item in answers.item if item.link_id != here.owner.link_id]
    return forms.normalise(form, msgspec.structs.replace(answers, item=(*others, made)))


def _first_rows(form: Questionnaire, answers: QuestionnaireResponse, node: Node) -> list[ResponseItem]:
    blank = ResponseItem(link_id=node.link_id)
    if node.link_id not in ROWS_FROM:
        return [blank]
    question, source = ROWS_FROM[node.link_id]
    asked = next((child.item for child in node.children if child.link_id == question and child.item), None)
    named = {answer.value_coding.code for answer in _answers_to(answers.item, source) if answer.value_coding}
    options = [option.value_coding for option in (asked.answer_option if asked else ()) if option.value_coding]
    chosen = [option for option in options if option.code in named]
    return [
        ResponseItem(
            link_id=node.link_id,
            item=(ResponseItem(link_id=question, answer=(Answer(value_coding=option),)),),
        )
        for option in chosen
    ] or [blank]


def _answers_to(items: Sequence[ResponseItem], link_id: LinkId) -> Iterator[Answer]:
    for item in items:
        if item.link_id == link_id:
            yield from item.answer
        yield from _answers_to(item.item, link_id)


def _screen(
    form: Questionnaire, answers: QuestionnaireResponse, screen: int, off: frozenset[LinkId]
) -> Occurrence | None:
    root = forms.enabled_items(form, answers, extra_disabled=off).root
    node = root.owner.children[screen]
    inner = () if node.link_id in root.off else root.occurrences(node.link_id)
    return inner[0] if inner else None


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
    text = node.item.text or ""
    if not node.repeats:
        yield Field(kind="heading", link_id=node.link_id, name="", text=text)
        for once in inner:
            yield from _fields(once, prefix)
        return
    for number, row in enumerate(inner):
        name = f"{prefix}{node.link_id}.{number}/"
        yield Field(kind="row", link_id=node.link_id, name=name, text=text, rows=number + 1)
        yield from _fields(row, name)
        yield Field(kind="row-end", link_id=node.link_id, name=name, text=text, rows=number + 1)
    yield Field(kind="rows", link_id=node.link_id, name=f"{prefix}{node.link_id}", text=text, rows=len(inner))


def _question(here: Occurrence, node: Node, prefix: str) -> Field:
    item = node.item
    assert item is not None
    held = here.items(node.link_id)
    given = [answer for _, found in held for answer in found.answer]
    typed = [text for text in map(_shown, given) if text]
    value = typed[0] if typed else ""
    year, month, day, *_ = (*value.split("-"), "", "", "") if item.type == "date" else ("", "", "")
    return Field(
        kind=item.type,
        link_id=node.link_id,
        name=f"{prefix}{node.link_id}",
        text=item.text or "",
        is_required=bool(item.required),
        is_many=bool(item.repeats),
        choices=_choices(item, given),
        value=value,
        parts=(year, month.lstrip("0"), day.lstrip("0")),
        bounds=(_bound(item, MIN_VALUE), _bound(item, MAX_VALUE)),
        longest=item.max_length,
        path=f"{here.path}.item[{held[0][0]}]" if held else "",
    )


def _choices(item: Item, given: Sequence[Answer]) -> tuple[Choice, ...]:
    if item.type == "attachment":
        return tuple(_file(answer.value_attachment) for answer in given if answer.value_attachment is not None)
    codes = {answer.value_coding.code for answer in given if answer.value_coding is not None}
    return tuple(
        Choice(
            code=option.value_coding.code or "",
            text=option.value_coding.display or option.value_coding.code or "",
            is_chosen=option.value_coding.code in codes,
        )
        for option in item.answer_option
        if option.value_coding is not None
    )


def _file(file: Attachment) -> Choice:
    """A file that is there, by its id and name; unticked, it is left out of the answer."""
    name = file.title or "file"
    return Choice(code=f"{(file.url or '').rpartition('/')[2]}/{name}", text=name, is_chosen=True)


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
