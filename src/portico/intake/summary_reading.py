"""The answers of a response laid out for people: labels and words of the form beside the exact answers."""

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from portico import forms
from portico.forms import AnswerGroup, in_text
from portico.forms.answer_values import ValueKey
from portico.forms.definition import Node
from portico.forms.extensions import first
from portico.forms.index import Index, index_of
from portico.forms.model import Coding, Questionnaire
from portico.ids import LinkId
from portico.intake.summary import NOT_ANSWERED, NOT_ASKED, Answer, AnswerState
from portico.intake.summary_layout import Section, section_of

LABEL: Final = "urn:portico:extension:label"
"""Extension of an item of the form: its name in a few words, for staff."""

_STATE_TEXTS: Final[Mapping[AnswerState, str]] = {"not_answered": NOT_ANSWERED, "not_asked": NOT_ASKED}


class ItemWords(NamedTuple):
    """What one item of a form is called, and what its options are called."""

    label: str
    question: str
    section: Section
    options: Mapping[ValueKey, str]
    is_question: bool


class FormWords(NamedTuple):
    """The words of a form by linkId, and the questions of its danger screen by the group they stand in."""

    items: Mapping[LinkId, ItemWords]
    danger: tuple[tuple[str, tuple[LinkId, ...]], ...]
    danger_places: Mapping[LinkId, str]


class Answered(NamedTuple):
    """One answered question."""

    link_id: LinkId
    words: ItemWords
    values: tuple[forms.Value, ...]
    text: str

    def answer(self, place: str | None = None) -> Answer:
        """As it stands in a summary."""
        return Answer(link_id=self.link_id, label=self.words.label, state="answered", text=self.text, place=place)

    @property
    def codes(self) -> frozenset[str]:
        """The codes among the answers."""
        return frozenset(value.code for value in self.values if isinstance(value, Coding) and value.code)


@dataclass(slots=True)
class Row:
    """One occurrence of a repeating group, counted from 0. Its title is its first answers in words."""

    group: LinkId
    index: int
    answered: dict[LinkId, Answered] = field(default_factory=dict)
    not_asked: set[LinkId] = field(default_factory=set)

    def state_of(self, link_id: LinkId) -> AnswerState:
        """Whether the question was answered here, left open, or not put at all."""
        if link_id in self.answered:
            return "answered"
        return "not_asked" if link_id in self.not_asked else "not_answered"

    def text_of(self, link_id: LinkId) -> str:
        """The exact answer, or that there is none."""
        found = self.answered.get(link_id)
        return found.text if found else _STATE_TEXTS[self.state_of(link_id)]


class Reading:
    """All answers of a response in form order: those given once, and the rows of repeating groups."""

    __slots__ = ("form", "once", "rows", "words")

    def __init__(self, form: FormWords, once: Row, rows: Mapping[LinkId, list[Row]]) -> None:
        self.form = form
        self.words = form.items
        self.once = once
        self.rows = rows

    def state_of(self, link_id: LinkId) -> AnswerState:
        """As `Row.state_of`, for a question that is put once; one that the form lacks was not asked."""
        return self.once.state_of(link_id) if link_id in self.words else "not_asked"

    def answer(self, link_id: LinkId, label: str = "") -> Answer:
        """The answer to a question that is put once, whatever its state; `label` is for a form that lacks it."""
        found = self.once.answered.get(link_id)
        if found:
            return found.answer()
        state = self.state_of(link_id)
        known = self.words.get(link_id)
        return Answer(link_id=link_id, label=known.label if known else label, state=state, text=_STATE_TEXTS[state])

    def label(self, link_id: LinkId) -> str:
        """The short name of an item; the linkId itself when the form has none."""
        known = self.words.get(link_id)
        return known.label if known else link_id


def read_answers(questionnaire: Questionnaire, tree: AnswerGroup) -> Reading:
    """Lays the answers out. Texts of options are the form's own, never the response's."""
    index = index_of(questionnaire)
    form = words_of(questionnaire, index)
    once, rows = Row(LinkId(""), 0), dict[LinkId, list[Row]]()
    _read(index.definition.root, tree, once, rows, form.items)
    return Reading(form, once, rows)


def _read(
    node: Node, group: AnswerGroup, into: Row, rows: dict[LinkId, list[Row]], words: Mapping[LinkId, ItemWords]
) -> None:
    into.not_asked |= group.not_asked
    values, groups = group.values, group.groups
    for child in node.children:
        link_id = child.link_id
        found = values.get(link_id)
        if found:
            known = words[link_id]
            into.answered[link_id] = Answered(link_id, known, found, _spoken(known, found))
        for number, inner in enumerate(groups.get(link_id, ())):
            target = into
            if inner.repeats:
                target = Row(link_id, number)
                rows.setdefault(link_id, []).append(target)
            _read(child, inner, target, rows, words)


def _spoken(words: ItemWords, values: tuple[forms.Value, ...]) -> str:
    if len(values) == 1:
        return word_of(words, values[0])
    return "; ".join(word_of(words, value) for value in values)


def word_of(words: ItemWords, value: forms.Value) -> str:
    """One answer in the form's words."""
    if isinstance(value, Coding):
        return words.options.get(("value_coding", (value.system, value.code))) or in_text(value)
    return value if isinstance(value, str) else in_text(value)


_WORDS: dict[int, tuple["weakref.ref[Questionnaire]", FormWords]] = {}


def words_of(questionnaire: Questionnaire, index: Index) -> FormWords:
    """Labels, questions and options of a form; kept while the very object lives."""
    key = id(questionnaire)
    known = _WORDS.get(key)
    if known is not None and known[0]() is questionnaire:
        return known[1]
    items = {node.link_id: _words(index, node) for node in index.definition.nodes if node.item}
    danger = _danger(index, items)
    places = {link_id: place for place, links in danger for link_id in links if items[link_id].label != place}
    words = FormWords(items, danger, places)
    _WORDS[key] = (weakref.ref(questionnaire), words)
    weakref.finalize(questionnaire, _WORDS.pop, key, None)
    return words


def _words(index: Index, node: Node) -> ItemWords:
    labelled = first(node.extensions, LABEL)
    question = (node.item.text if node.item else None) or node.link_id
    rules = index.rules[node.number]
    return ItemWords(
        label=(labelled.value_string if labelled else None) or question,
        question=question,
        section=section_of(node.link_id),
        options=rules.option_texts if rules else {},
        is_question=node.is_question,
    )


def _danger(index: Index, items: Mapping[LinkId, ItemWords]) -> tuple[tuple[str, tuple[LinkId, ...]], ...]:
    found: dict[str, list[LinkId]] = {}
    for node in index.definition.nodes:
        if node.is_question and items[node.link_id].section == "danger_questions":
            # A question beside groups stands for itself.
            alone = node.above is None or node.above.item is None or bool(node.above.containers)
            place = node if alone or node.above is None else node.above
            found.setdefault(items[place.link_id].label, []).append(node.link_id)
    return tuple((place, tuple(links)) for place, links in found.items())
