"""The rule language: a closed set of nodes, each with its truth in a scope and the evidence for it.

Every node is total: no loops but over answers and rows, no calls. To add one, write its struct here and add
it to `Expr`; `checking` and `explanation` then fail to type-check until they know it.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeAlias

import msgspec

from portico.ids import LinkId
from portico.screening.elapsed_time import COMPARISONS, Comparison, Unit, holds
from portico.screening.facts import Code, PartialDate, Value
from portico.screening.scope import CannotEvaluate, Evidence, Number, RowRef, Scope, Truth, exact


class SettingRef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value that the clinic sets, by key."""

    setting: str


Threshold: TypeAlias = int | float | SettingRef
Operand: TypeAlias = int | float | str | SettingRef


class Node(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", forbid_unknown_fields=True):
    """What all nodes are: JSON objects told apart by `op`."""


class AllOf(Node, frozen=True, tag="all"):
    """True when every part is; false as soon as one part is false."""

    of: tuple["Expr", ...]

    def truth(self, scope: Scope) -> Truth:
        result: Truth = True
        for part in self.of:
            truth = attempt(part, scope)
            if truth is False:
                return False
            if truth is None:
                result = None
        return result

    def evidence(self, scope: Scope, into: Evidence, truth: Truth) -> None:
        _evidence_of_parts(self.of, scope, into, truth)


class AnyOf(Node, frozen=True, tag="any"):
    """True when one part is; every part is looked at, so that the evidence names all that fired."""

    of: tuple["Expr", ...]

    def truth(self, scope: Scope) -> Truth:
        result: Truth = False
        for part in self.of:
            truth = attempt(part, scope)
            if truth is True:
                return True
            if truth is None:
                result = None
        return result

    def evidence(self, scope: Scope, into: Evidence, truth: Truth) -> None:
        _evidence_of_parts(self.of, scope, into, truth)


class Not(Node, frozen=True, tag="not"):
    """The opposite; the opposite of unknown is unknown."""

    of: "Expr"

    def truth(self, scope: Scope) -> Truth:
        return _opposite(attempt(self.of, scope))

    def evidence(self, scope: Scope, into: Evidence, truth: Truth) -> None:
        self.of.evidence(scope, into, _opposite(truth))


class HasCode(Node, frozen=True, tag="has_code"):
    """One of the coded answers is among `codes`. A text answer of an open choice is none of them."""

    link_id: LinkId
    codes: tuple[str, ...]

    def truth(self, scope: Scope) -> Truth:
        answers = scope.answers(self.link_id)
        if not answers:
            return False if answers is None else None
        found = False
        for answer in answers:
            if isinstance(answer, Code):
                found = found or answer.code in self.codes
            elif not isinstance(answer, str):
                raise _unreadable("has_code", self.link_id, answer)
        return found

    def evidence(self, scope: Scope, into: Evidence, truth: Truth) -> None:
        _evidence_of_item(self.link_id, scope, into, truth)


class IsTrue(Node, frozen=True, tag="is_true"):
    """A boolean item was answered with yes."""

    link_id: LinkId

    def truth(self, scope: Scope) -> Truth:
        answers = scope.answers(self.link_id)
        if not answers:
            return False if answers is None else None
        found = False
        for answer in answers:
            if not isinstance(answer, bool):
                raise _unreadable("is_true", self.link_id, answer)
            found = found or answer
        return found

    def evidence(self, scope: Scope, into: Evidence, truth: Truth) -> None:
        _evidence_of_item(self.link_id, scope, into, truth)


class Compare(Node, frozen=True, tag="compare"):
    """One of the answers compares so with `value`; texts compare with `=` and `!=` only."""

    link_id: LinkId
    cmp: Comparison
    value: Operand

    def truth(self, scope: Scope) -> Truth:
        answers = scope.answers(self.link_id)
        if answers is None:
            return False
        value = scope.setting(self.value.setting) if isinstance(self.value, SettingRef) else self.value
        if value is None or not answers:
            return None
        if isinstance(value, str):
            return self._text_truth(answers, value)
        number, compare = exact(value), COMPARISONS[self.cmp]
        results = [compare(_number(answer, self.link_id), number) for answer in answers]
        return True in results

    def _text_truth(self, answers: tuple[Value, ...], value: str) -> bool:
        if self.cmp not in {"=", "!="} or not all(isinstance(answer, str) for answer in answers):
            raise _unreadable("compare with a text", self.link_id, answers[0])
        return any((answer == value) is (self.cmp == "=") for answer in answers)

    def evidence(self, scope: Scope, into: Evidence, truth: Truth) -> None:
        _evidence_with_threshold(self.link_id, self.value, scope, into, truth)


class Answered(Node, frozen=True, tag="answered"):
    """The item holds an answer. Never unknown: an open item is simply not answered."""

    link_id: LinkId

    def truth(self, scope: Scope) -> Truth:
        return bool(scope.answers(self.link_id))

    def evidence(self, scope: Scope, into: Evidence, truth: Truth) -> None:
        _evidence_of_item(self.link_id, scope, into, truth)


class Count(Node, frozen=True, tag="count"):
    """The number of answers of an item, or of rows of a repeating group; none at all is unknown, not zero."""

    link_id: LinkId
    cmp: Comparison
    value: Threshold

    def truth(self, scope: Scope) -> Truth:
        answers = scope.answers(self.link_id)
        rows = scope.rows(self.link_id)
        if answers is None or rows is None:
            return False
        value = scope.setting(self.value.setting) if isinstance(self.value, SettingRef) else self.value
        number = len(rows) or len(answers)
        if value is None or not number:
            return None
        return COMPARISONS[self.cmp](number, exact(value))

    def evidence(self, scope: Scope, into: Evidence, truth: Truth) -> None:
        _evidence_with_threshold(self.link_id, self.value, scope, into, truth)


class AnyRow(Node, frozen=True, tag="any_row"):
    """`when` holds for one row of a repeating group; a group that was asked and has no row is unknown."""

    group: LinkId
    when: "Expr"

    def truth(self, scope: Scope) -> Truth:
        rows = scope.row_scopes(self.group)
        if not rows:
            return False if rows is None else None
        truths = [attempt(self.when, row) for row in rows]
        return _one_of(truths)

    def evidence(self, scope: Scope, into: Evidence, truth: Truth) -> None:
        rows = scope.row_scopes(self.group)
        if rows is not None and not rows:
            into.missing[self.group] = None
        for index, row in enumerate(rows or ()):
            if attempt(self.when, row) is truth:
                if truth is not None:
                    into.rows[RowRef(group=self.group, index=index)] = None
                self.when.evidence(row, into, truth)


class Exceeds(Node, frozen=True, tag="exceeds"):
    """A number answered here is greater than one answered at `other`: two answers that do not fit together."""

    link_id: LinkId
    other: LinkId

    def truth(self, scope: Scope) -> Truth:
        here, there = scope.answers(self.link_id), scope.answers(self.other)
        if here is None or there is None:
            return False
        if not here or not there:
            return None
        least = min(_number(answer, self.other) for answer in there)
        return any(_number(answer, self.link_id) > least for answer in here)

    def evidence(self, scope: Scope, into: Evidence, truth: Truth) -> None:
        for link_id in (self.link_id, self.other):
            if truth is not None or not scope.answers(link_id):
                _evidence_of_item(link_id, scope, into, truth)


class Elapsed(Node, frozen=True, tag="elapsed"):
    """Completed periods from a date answer to the clinic's day of submission; negative if ahead."""

    link_id: LinkId
    unit: Unit
    cmp: Comparison
    value: Threshold

    def truth(self, scope: Scope) -> Truth:
        answers = scope.answers(self.link_id)
        if answers is None:
            return False
        value = scope.setting(self.value.setting) if isinstance(self.value, SettingRef) else self.value
        if value is None or not answers:
            return None
        return self._over_interval(answers, scope, exact(value))

    def _over_interval(self, answers: tuple[Value, ...], scope: Scope, threshold: Number) -> Truth:
        truths: list[Truth] = []
        for answer in answers:
            if not isinstance(answer, PartialDate):
                raise _unreadable("elapsed", self.link_id, answer)
            truths.append(holds(answer, scope.as_of, self.unit, self.cmp, threshold))
        return _one_of(truths)

    def evidence(self, scope: Scope, into: Evidence, truth: Truth) -> None:
        _evidence_with_threshold(self.link_id, self.value, scope, into, truth)


class EngineError(Node, frozen=True, tag="engine_error"):
    """Another rule of this run could not be evaluated because of an internal error.

    Only as a rule's whole condition.
    """

    def truth(self, scope: Scope) -> Truth:
        return scope.failed

    def evidence(self, scope: Scope, into: Evidence, truth: Truth) -> None:
        """None: the rule that failed carries its own."""


Expr: TypeAlias = (
    AllOf | AnyOf | Not | HasCode | IsTrue | Compare | Answered | Count | AnyRow | Exceeds | Elapsed | EngineError
)


def attempt(expr: Expr, scope: Scope) -> Truth:
    """The truth of a part. One that fails is unknown and recorded: it hides no danger a sibling sees."""
    try:
        return expr.truth(scope)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in a part must raise the disposition, not end the run
        scope.errors.append(type(error).__name__)
        return None


def _opposite(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _one_of(truths: Sequence[Truth]) -> Truth:
    if True in truths:
        return True
    return None if None in truths else False


def _evidence_of_parts(parts: tuple[Expr, ...], scope: Scope, into: Evidence, truth: Truth) -> None:
    for part in parts:
        if attempt(part, scope) is truth:
            part.evidence(scope, into, truth)


def _evidence_of_item(link_id: LinkId, scope: Scope, into: Evidence, truth: Truth) -> None:
    if truth is None:
        into.missing[link_id] = None
    elif scope.answers(link_id) is not None:
        into.link_ids[link_id] = None


def _evidence_with_threshold(link_id: LinkId, value: Operand, scope: Scope, into: Evidence, truth: Truth) -> None:
    if truth is None and isinstance(value, SettingRef) and scope.setting(value.setting) is None:
        into.missing_settings[value.setting] = None  # while it is unset no answer could change this part
    else:
        _evidence_of_item(link_id, scope, into, truth)


def _number(answer: Value, link_id: LinkId) -> Number:
    if isinstance(answer, bool) or not isinstance(answer, int | Decimal):
        raise _unreadable("compare", link_id, answer)
    return answer


def _unreadable(node: str, link_id: LinkId, answer: Value) -> CannotEvaluate:
    return CannotEvaluate(f"{node} cannot read a {type(answer).__name__} at {link_id}")
