"""Publication checks of enableWhen: does each condition ask something that can be answered, and settled?"""

from collections.abc import Iterator
from typing import Final

from portico.forms.answer_values import option_value
from portico.forms.conditions import EQUALITY_ONLY, expected_field
from portico.forms.definition import Node
from portico.forms.index import Index
from portico.forms.model import Coding, EnableWhen, Item
from portico.forms.partial_dates import read_date, read_moment, read_time
from portico.forms.publication_notes import Note

_FITTING: Final[dict[str, frozenset[str]]] = {
    "boolean": frozenset({"answer_boolean"}),
    "decimal": frozenset({"answer_decimal", "answer_integer"}),
    "integer": frozenset({"answer_integer", "answer_decimal"}),
    "date": frozenset({"answer_date"}),
    "dateTime": frozenset({"answer_date_time", "answer_date"}),
    "time": frozenset({"answer_time"}),
    "string": frozenset({"answer_string"}),
    "text": frozenset({"answer_string"}),
    "url": frozenset({"answer_string"}),
    "choice": frozenset({"answer_coding"}),
    "open-choice": frozenset({"answer_coding", "answer_string"}),
    "quantity": frozenset({"answer_quantity"}),
    "attachment": frozenset(),
    "reference": frozenset(),
}
"""Type of the question asked to the answer[x] that a condition on it may name; numbers compare exactly."""

_OPTION_FIELDS: Final = {
    "value_coding": "answer_coding",
    "value_string": "answer_string",
    "value_integer": "answer_integer",
    "value_date": "answer_date",
    "value_time": "answer_time",
}


def condition_notes(node: Node, item: Item, index: Index) -> Iterator[Note]:
    """All that is wrong with the conditions of one item."""
    if len(item.enable_when) > 1 and item.enable_behavior is None:
        yield Note("que-12", "With more than one condition, enableBehavior must say `all` or `any`.")
    if node in index.undecidable and item.enable_when:
        yield Note("cycle", "The conditions of this item lead back to the item itself, so they can never be settled.")
    for condition in item.enable_when:
        yield from _condition_notes(node, item, condition, index)


def _condition_notes(node: Node, item: Item, condition: EnableWhen, index: Index) -> Iterator[Note]:
    target = index.definition.by_link.get(condition.question)
    if target is None or target.item is None:
        yield Note("condition-target", "A condition asks a question that is not in the form.")
        return
    if target is node or node in target.lineage:
        yield Note("condition-self", "A condition asks the item itself or one inside it.")
        return
    if not target.is_question:
        yield Note("condition-target", "A condition asks an item that is no question.")
        return
    if target.number > node.number:
        yield Note("condition-later", "A condition asks a question that comes later in the form.", is_warning=True)
    if condition.modifier_extension:
        yield Note("modifier", "A modifierExtension may change the meaning of a condition; none is known.")
    yield from _value_notes(target, target.item, condition)
    if condition.operator == "!=":
        yield from _difference_notes(item, target, condition)


def _value_notes(target: Node, asked: Item, condition: EnableWhen) -> Iterator[Note]:
    field = expected_field(condition)
    if field is None:
        yield Note("condition-value", "A condition needs exactly one answer[x].")
    elif condition.operator == "exists":
        if field != "answer_boolean":
            yield Note("que-7", "The operator `exists` needs answerBoolean.")
    elif field not in _fitting(asked):
        yield Note("condition-type", f"This condition does not fit a question of type {asked.type}.")
    elif field in EQUALITY_ONLY and condition.operator not in {"=", "!="}:
        yield Note(
            "condition-operator",
            "Values of this type have no order; only `=`, `!=` and `exists` can be asked.",
        )
    elif not _is_readable(condition):
        yield Note("condition-value", "The value of a condition is no date, time or number with a unit.")
    elif _is_no_option(target, asked, condition):
        yield Note("condition-option", "A condition names a code that is not among the options of its question.")


def _fitting(asked: Item) -> frozenset[str]:
    """For a choice with listed options, the types of the options."""
    options = [found[0] for option in asked.answer_option if (found := option_value(option))]
    if asked.type not in {"choice", "open-choice"} or not options:
        return _FITTING.get(asked.type, frozenset())
    fields = {_OPTION_FIELDS[field] for field in options if field in _OPTION_FIELDS}
    return frozenset(fields | ({"answer_string"} if asked.type == "open-choice" else set()))


def _is_readable(condition: EnableWhen) -> bool:
    if condition.answer_date is not None:
        return read_date(condition.answer_date) is not None
    if condition.answer_date_time is not None:
        return read_moment(condition.answer_date_time) is not None
    if condition.answer_time is not None:
        return read_time(condition.answer_time) is not None
    if condition.answer_quantity is not None:
        return condition.answer_quantity.value is not None and condition.answer_quantity.comparator is None
    return condition.answer_coding is None or bool(condition.answer_coding.code)


def _is_no_option(target: Node, asked: Item, condition: EnableWhen) -> bool:
    expected = condition.answer_coding
    if expected is None or not asked.answer_option:
        return False
    codings = [option.value_coding for option in asked.answer_option if option.value_coding]
    return target.is_question and not any(_is_same(expected, coding) for coding in codings)


def _is_same(expected: Coding, coding: Coding) -> bool:
    return expected.code == coding.code and expected.system in {None, coding.system}


def _difference_notes(item: Item, target: Node, condition: EnableWhen) -> Iterator[Note]:
    """`!=` is where published engines disagree; here an unanswered question never satisfies it."""
    if target.repeats:
        message = (
            "`!=` on a question with several answers means different things to different programs; ask `=` instead."
        )
        yield Note("difference-repeats", message)
    asked_to_exist = any(
        other.operator == "exists" and other.question == condition.question and other.answer_boolean
        for other in item.enable_when
    )
    if not target.required and not asked_to_exist:
        message = (
            "`!=` is not met while its question is unanswered; add an `exists` condition, or require the question."
        )
        yield Note("difference-unanswered", message, is_warning=True)
