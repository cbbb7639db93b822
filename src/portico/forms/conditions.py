"""FHIR R4 enableWhen, compiled: where to look for the other question's answers and what must hold for one of them."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from portico.forms.answer_values import unit_key
from portico.forms.definition import Definition, Node
from portico.forms.model import Answer, Coding, EnableWhen, Quantity
from portico.forms.partial_dates import compare, read_moment, read_time
from portico.ids import LinkId

Order = Callable[[Answer], int | None]
"""How an answer stands to the expected value: negative, 0, positive; None when the two cannot be compared."""
Test = Callable[[Answer], bool]

_HOLDS: Final[dict[str, Callable[[int], bool]]] = {
    "=": lambda order: order == 0,
    "!=": lambda order: order != 0,
    ">": lambda order: order > 0,
    "<": lambda order: order < 0,
    ">=": lambda order: order >= 0,
    "<=": lambda order: order <= 0,
}

EQUALITY_ONLY: Final = frozenset({"answer_boolean", "answer_string", "answer_coding", "answer_reference"})
"""Values without an order: only `=` and `!=` make sense."""

CONDITION_FIELDS: Final = (
    "answer_boolean",
    "answer_decimal",
    "answer_integer",
    "answer_date",
    "answer_date_time",
    "answer_time",
    "answer_string",
    "answer_coding",
    "answer_quantity",
    "answer_reference",
)


@dataclass(slots=True, frozen=True, eq=False)
class Condition:
    """`scope` is the closest ancestor that both questions share, `route` leads from there down to the target's parent."""

    scope: Node
    route: tuple[LinkId, ...]
    target: LinkId
    expects_answer: bool | None
    test: Test


def compile_condition(condition: EnableWhen, node: Node, definition: Definition) -> Condition | None:
    """None when it can never hold: no such target, or nothing that could be compared."""
    target = definition.by_link.get(condition.question)
    test = _test(condition)
    if target is None or target.above is None or node.above is None or test is None:
        return None
    above_target, above_node = target.above.lineage, node.above.lineage
    shared = sum(1 for one, other in zip(above_target, above_node, strict=False) if one is other)
    expects = condition.answer_boolean if condition.operator == "exists" else None
    route = tuple(step.link_id for step in above_target[shared:])
    return Condition(above_target[shared - 1], route, target.link_id, expects, test)


def expected_field(condition: EnableWhen) -> str | None:
    """The answer[x] that is set, if exactly one is."""
    fields = [field for field in CONDITION_FIELDS if getattr(condition, field) is not None]
    return fields[0] if len(fields) == 1 else None


def _test(condition: EnableWhen) -> Test | None:
    field = expected_field(condition)
    if condition.operator == "exists":
        return _never if field == "answer_boolean" else None
    if field is None or (field in EQUALITY_ONLY and condition.operator not in {"=", "!="}):
        return None
    order = _ORDERS[field](condition)
    holds = _HOLDS[condition.operator]

    def test(answer: Answer) -> bool:
        found = order(answer)
        return found is not None and holds(found)

    return test


def _never(_answer: Answer) -> bool:
    return False


def _boolean(condition: EnableWhen) -> Order:
    expected = condition.answer_boolean
    return lambda answer: None if answer.value_boolean is None else int(answer.value_boolean is not expected)


def _number(condition: EnableWhen) -> Order:
    expected = condition.answer_integer if condition.answer_decimal is None else condition.answer_decimal

    def order(answer: Answer) -> int | None:
        value = answer.value_decimal if answer.value_integer is None else answer.value_integer
        return None if value is None or expected is None else (value > expected) - (value < expected)

    return order


def _moment(condition: EnableWhen) -> Order:
    expected = read_moment(condition.answer_date or condition.answer_date_time or "")

    def order(answer: Answer) -> int | None:
        moment = read_moment(answer.value_date or answer.value_date_time or "")
        return compare(moment, expected) if moment and expected else None

    return order


def _time(condition: EnableWhen) -> Order:
    expected = read_time(condition.answer_time or "")

    def order(answer: Answer) -> int | None:
        moment = read_time(answer.value_time or "")
        return None if moment is None or expected is None else (moment > expected) - (moment < expected)

    return order


def _string(condition: EnableWhen) -> Order:
    expected = condition.answer_string

    def order(answer: Answer) -> int | None:
        value = answer.value_uri if answer.value_string is None else answer.value_string
        return None if value is None else int(value != expected)

    return order


def _coding(condition: EnableWhen) -> Order:
    expected = condition.answer_coding or Coding()

    def order(answer: Answer) -> int | None:
        value = answer.value_coding
        if value is None:
            return None
        other_system = expected.system is not None and value.system != expected.system
        return int(other_system or value.code != expected.code)

    return order


def _quantity(condition: EnableWhen) -> Order:
    expected = condition.answer_quantity or Quantity()

    def order(answer: Answer) -> int | None:
        value = answer.value_quantity
        return None if value is None else compare_quantities(value, expected.value, _unit(expected))

    return order


def _unit(quantity: Quantity) -> tuple[str | None, str | None]:
    return unit_key(quantity.system, quantity.code, quantity.unit)


def compare_quantities(value: Quantity, expected: Decimal | None, unit: tuple[str | None, str | None]) -> int | None:
    """None unless both are exact numbers in the same unit; units are never converted."""
    if value.value is None or expected is None or value.comparator or _unit(value) != unit:
        return None
    return (value.value > expected) - (value.value < expected)


def _reference(condition: EnableWhen) -> Order:
    expected = condition.answer_reference

    def order(answer: Answer) -> int | None:
        if answer.value_reference is None or expected is None:
            return None
        return int(answer.value_reference.reference != expected.reference)

    return order


_ORDERS: Final[dict[str, Callable[[EnableWhen], Order]]] = {
    "answer_boolean": _boolean,
    "answer_decimal": _number,
    "answer_integer": _number,
    "answer_date": _moment,
    "answer_date_time": _moment,
    "answer_time": _time,
    "answer_string": _string,
    "answer_coding": _coding,
    "answer_quantity": _quantity,
    "answer_reference": _reference,
}
