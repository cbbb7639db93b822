"""Is this response a sound one for its form? One walk in form order that reports every fault at once."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

import msgspec

from portico.forms import faults
from portico.forms.answer_values import has_value
from portico.forms.constraints import AnswerRules
from portico.forms.definition import Node
from portico.forms.enablement import NOTHING, LaidOut, lay_out
from portico.forms.faults import NO_ITEM, Fault, Problem, Severity
from portico.forms.index import Index
from portico.forms.model import Answer, Questionnaire, QuestionnaireResponse
from portico.forms.occurrences import Held, Occurrence
from portico.forms.provenance import provenance_faults
from portico.ids import LinkId

Mode = Literal["draft", "complete", "partial"]


class _Strictness(msgspec.Struct, frozen=True):
    """How missing answers and answers to disabled questions count; None = not reported."""

    missing: Severity | None
    disabled: Severity


_STRICTNESS: dict[Mode, _Strictness] = {
    "draft": _Strictness(None, "warning"),
    "complete": _Strictness("error", "error"),
    "partial": _Strictness(None, "error"),
}
_UNFINISHED = _Strictness("warning", "warning")


def validate(
    q: Questionnaire,
    r: QuestionnaireResponse,
    *,
    mode: Mode,
    today: date,
    optional: frozenset[LinkId] = NOTHING,
    extra_disabled: frozenset[LinkId] = NOTHING,
) -> tuple[Fault, ...]:
    """Every fault in form order. `optional` lists items that are not required for now; `today` is the clinic's day."""
    return faults_in(lay_out(q, r, extra_disabled=extra_disabled), mode=mode, today=today, optional=optional)


def faults_in(laid: LaidOut, *, mode: Mode, today: date, optional: frozenset[LinkId] = NOTHING) -> tuple[Fault, ...]:
    """As `validate`, for a response that is laid out already."""
    return _faults(laid, _STRICTNESS[mode], today, optional)


def validate_as_status(
    q: Questionnaire,
    r: QuestionnaireResponse,
    *,
    today: date,
    optional: frozenset[LinkId] = NOTHING,
    extra_disabled: frozenset[LinkId] = NOTHING,
) -> tuple[Fault, ...]:
    """As strict as the response's own status: only `completed` and `amended` must be complete, else what is missing warns."""
    finished = r.status in {"completed", "amended"}
    strictness = _STRICTNESS["complete"] if finished else _UNFINISHED
    return _faults(lay_out(q, r, extra_disabled=extra_disabled), strictness, today, optional)


def _faults(laid: LaidOut, strictness: _Strictness, today: date, optional: frozenset[LinkId]) -> tuple[Fault, ...]:
    walk = _Walk(laid.index, strictness, today, optional)
    walk.found.extend(provenance_faults(laid.questionnaire, laid.response))
    walk.inside(laid.layout.root, enabled=True)
    return tuple(walk.found)


_At = tuple[Occurrence] | tuple[Occurrence, int] | tuple[Occurrence, int, int]
"""An occurrence, the position of an item in it, the number of an answer to that; spelt out only for a fault."""


def _path(at: _At) -> str:
    path = at[0].path
    if len(at) > 1:
        path += f".item[{at[1]}]"
    return path + f".answer[{at[2]}]" if len(at) == 3 else path


class _Walk:
    __slots__ = ("_index", "_optional", "_strictness", "_today", "found")

    def __init__(self, index: Index, strictness: _Strictness, today: date, optional: frozenset[LinkId]) -> None:
        self._index = index
        self._strictness = strictness
        self._today = today
        self._optional = optional
        self.found: list[Fault] = []

    def inside(self, here: Occurrence, *, enabled: bool) -> None:
        """Checks everything in one occurrence, in form order; what fits nowhere comes last."""
        held, off = here.held, here.off
        for node in here.owner.children:
            items = held.get(node.link_id, ())
            on = enabled and node.link_id not in off
            if not items and not (on and node.required) and not node.children:
                continue
            if node.is_group:
                self._group(node, here, items, on=on)
            elif node.is_question:
                self._question(node, here, items, on=on)
            else:
                self._text(here, items)
        for position, item in here.late:
            self._add(faults.OUT_OF_ORDER, item.link_id, (here, position))
        for position, item in here.strays:
            known = item.link_id in self._index.definition.by_link
            problem = faults.MISPLACED if known else faults.UNKNOWN_ITEM
            self._add(problem, item.link_id if known else NO_ITEM, (here, position))

    def _add(self, problem: Problem, link_id: LinkId, at: _At, severity: Severity = "error") -> None:
        self.found.append(
            Fault(link_id=link_id, path=_path(at), code=problem.code, message=problem.message, severity=severity)
        )

    def _missing(self, problem: Problem, node: Node, at: _At) -> None:
        severity = self._strictness.missing
        if severity is not None and node.link_id not in self._optional:
            self._add(problem, node.link_id, at, severity)

    def _text(self, here: Occurrence, items: Sequence[Held]) -> None:
        for position, item in items:
            if item.answer or item.item:
                self._add(faults.ANSWERED_TEXT, item.link_id, (here, position))

    def _group(self, node: Node, here: Occurrence, items: Sequence[Held], *, on: bool) -> None:
        for number, (position, item) in enumerate(items):
            if item.answer:
                self._add(faults.ANSWERED_GROUP, node.link_id, (here, position))
            if number and not node.repeats:
                self._add(faults.ONE_OCCURRENCE, node.link_id, (here, position))
        inner = here.inner.get(node.link_id, ())
        if on:
            self._group_count(node, here, inner, len(items))
        for occurrence in inner:
            if not occurrence.is_absent or (on and node.required):
                self.inside(occurrence, enabled=on)

    def _group_count(self, node: Node, here: Occurrence, inner: Sequence[Occurrence], count: int) -> None:
        least, most = self._index.occurs[node.number]
        at = (here, here.items(node.link_id)[0][0]) if count else (here,)
        if node.required and not any(_holds_answer(one) for one in inner) and _asks(node, inner):
            self._missing(faults.REQUIRED_GROUP, node, at)
        elif least is not None and 0 < count < least:
            self._missing(faults.too_few(least, group=True), node, at)
        if most is not None and count > most:
            self._add(faults.too_many(most, group=True), node.link_id, at)

    def _question(self, node: Node, here: Occurrence, items: Sequence[Held], *, on: bool) -> None:
        answered = 0
        for number, (position, item) in enumerate(items):
            if item.item or number:
                problem = faults.ITEMS_BESIDE_ANSWER if item.item else faults.DOUBLED
                self._add(problem, node.link_id, (here, position))
            if item.answer:
                answered += self._answers(node, (here, position), item.answer, on=on)
        if on:
            self._question_count(node, here, items, answered)
        for occurrence in here.inner.get(node.link_id, ()):
            if not occurrence.is_absent:
                self.inside(occurrence, enabled=on)

    def _question_count(self, node: Node, here: Occurrence, items: Sequence[Held], answered: int) -> None:
        at = (here, items[0][0]) if items else (here,)
        least, most = self._index.occurs[node.number]
        if not answered:
            if node.required:
                self._missing(faults.REQUIRED, node, at)
        elif least is not None and answered < least:
            self._missing(faults.too_few(least, group=False), node, at)
        if answered > 1 and not node.repeats:
            self._add(faults.ONE_ANSWER, node.link_id, at)
        elif most is not None and answered > most:
            self._add(faults.too_many(most, group=False), node.link_id, at)

    def _answers(self, node: Node, at: _At, answers: Sequence[Answer], *, on: bool) -> int:
        """Checks the answers of one item and counts those with a value."""
        rules = self._index.rules[node.number]
        if rules is None:
            return 0
        if not on:
            self._disabled_answers(rules, node, at, answers)
            return 0
        count = 0
        for number, answer in enumerate(answers):
            count += has_value(answer)
            if answer.item and not node.children:
                self._add(faults.ITEMS_BESIDE_ANSWER, node.link_id, (*at, number))
            for problem in rules.problems(answer, self._today):
                self._add(problem, node.link_id, (*at, number))
        if rules.is_locked and rules.was_changed(answers):
            self._add(faults.LOCKED, node.link_id, at)
        broken = rules.broken_exclusion(answers)
        if broken is not None:
            self._add(broken, node.link_id, at)
        return count

    def _disabled_answers(self, rules: AnswerRules, node: Node, at: _At, answers: Sequence[Answer]) -> None:
        """Constraints of a disabled question are ignored (SDC); a value of the wrong type stays wrong."""
        for number, answer in enumerate(answers):
            if not rules.has_permitted_type(answer):
                self._add(faults.WRONG_TYPE, node.link_id, (*at, number))
        self._add(faults.DISABLED, node.link_id, at, self._strictness.disabled)


def _holds_answer(here: Occurrence) -> bool:
    """Whether an enabled question at this place, or anywhere below, has a value."""
    if here.is_absent:
        return False
    for node in here.owner.children:
        if node.link_id in here.off:
            continue
        if any(has_value(answer) for _, item in here.items(node.link_id) for answer in item.answer):
            return True
        if any(_holds_answer(inner) for inner in here.occurrences(node.link_id)):
            return True
    return False


def _asks(node: Node, inner: Sequence[Occurrence]) -> bool:
    """Whether a required group has anything to ask: one whose questions are all disabled cannot be missing."""
    return not inner or any(_has_open_question(occurrence, node) for occurrence in inner)


def _has_open_question(here: Occurrence, node: Node) -> bool:
    for child in node.children:
        if child.link_id in here.off:
            continue
        inner = here.occurrences(child.link_id)
        if child.is_question or (child.is_group and (not inner or any(_has_open_question(o, child) for o in inner))):
            return True
    return False
