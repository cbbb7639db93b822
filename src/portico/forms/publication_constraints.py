"""Publication checks of constraints: can each one be read, kept by anybody, and checked without help from outside?"""

from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal

from portico.forms import extensions as ext
from portico.forms.answer_values import FIELDS_BY_TYPE, option_value, value_key, value_of
from portico.forms.bounds import bound_value, is_readable_bound
from portico.forms.definition import Node
from portico.forms.extensions import first
from portico.forms.index import Index
from portico.forms.model import Item
from portico.forms.partial_dates import Moment, common_order
from portico.forms.patterns import compile_pattern
from portico.forms.publication_notes import Note

_COUNTS = {
    ext.MIN_LENGTH: "minLength",
    ext.MAX_DECIMAL_PLACES: "maxDecimalPlaces",
    ext.MIN_OCCURS: "minOccurs",
    ext.MAX_OCCURS: "maxOccurs",
}
_ANY_DAY = date(2000, 1, 1)


def constraint_notes(node: Node, item: Item, index: Index) -> Iterator[Note]:
    """All that is wrong with the constraints of one item."""
    yield from _count_notes(node, item)
    yield from _occurs_notes(node, item, index)
    yield from _pattern_notes(node)
    yield from _bound_notes(node, item)
    yield from _quantity_notes(node, item)
    yield from _option_notes(item, index)
    yield from _initial_notes(node, item, index)
    if node.required and (node.is_hidden or node.is_read_only) and node.is_question and not _has_initial(node, index):
        yield Note(
            "hidden-required",
            "Nobody can answer a hidden or read-only question; one that is required needs `initial`.",
        )


def _has_initial(node: Node, index: Index) -> bool:
    rules = index.rules[node.number]
    return rules is not None and bool(rules.initial)


def _count_notes(node: Node, item: Item) -> Iterator[Note]:
    for url, name in _COUNTS.items():
        extension = first(node.extensions, url)
        if extension and (extension.value_integer is None or extension.value_integer < 0):
            yield Note("count", f"{name} needs a whole number, 0 or more.")
    if item.max_length is not None and item.max_length < 1:
        yield Note("count", "maxLength needs a whole number, 1 or more.")
    shortest = first(node.extensions, ext.MIN_LENGTH)
    if shortest and shortest.value_integer and item.max_length is not None and shortest.value_integer > item.max_length:
        yield Note("impossible", "minLength is larger than maxLength.")


def _occurs_notes(node: Node, item: Item, index: Index) -> Iterator[Note]:
    least, most = index.occurs[node.number]
    if most == 0 or (least is not None and most is not None and least > most):
        yield Note("impossible", "minOccurs is larger than maxOccurs, or maxOccurs is 0.")
    if ((least or 0) > 1 or (most or 0) > 1) and not item.repeats:
        yield Note("occurs", "minOccurs and maxOccurs above 1 need an item that repeats.")
    if least and not item.required:
        message = "minOccurs counts only once the item is answered; make it required if it must be."
        yield Note("occurs-optional", message, is_warning=True)


def _pattern_notes(node: Node) -> Iterator[Note]:
    extension = first(node.extensions, ext.REGEX)
    if extension and (not extension.value_string or compile_pattern(extension.value_string) is None):
        message = (
            "This regex cannot be used: it is not sound, or needs look-around or back-references, which RE2 has not."
        )
        yield Note("regex", message)


def _bound_notes(node: Node, item: Item) -> Iterator[Note]:
    low, high = first(node.extensions, ext.MIN_VALUE), first(node.extensions, ext.MAX_VALUE)
    readable = True
    for bound, name in ((low, "minValue"), (high, "maxValue")):
        if bound and not is_readable_bound(bound, item.type):
            readable = False
            yield Note(
                "bound",
                f"{name} does not fit a question of type {item.type}, or is calculated by more than `today()`.",
            )
    if not (readable and low and high):
        return
    least, most = (bound_value(bound, item.type, _ANY_DAY) for bound in (low, high))
    fixed = ext.calculated(low) is None and ext.calculated(high) is None
    if least is not None and most is not None and fixed and _is_above(least, most):
        yield Note("impossible", "minValue is larger than maxValue.")


def _is_above(least: Decimal | Moment | time, most: Decimal | Moment | time) -> bool:
    if isinstance(least, Moment) and isinstance(most, Moment):
        return common_order(least, most) > 0
    if isinstance(least, Decimal) and isinstance(most, Decimal):
        return least > most
    return isinstance(least, time) and isinstance(most, time) and least > most


def _quantity_notes(node: Node, item: Item) -> Iterator[Note]:
    bounds = [first(node.extensions, url) for url in (ext.MIN_QUANTITY, ext.MAX_QUANTITY)]
    quantities = [bound.value_quantity for bound in bounds if bound]
    if quantities and item.type != "quantity":
        yield Note("bound", f"minQuantity and maxQuantity do not fit a question of type {item.type}.")
    if any(quantity is None or quantity.value is None or not quantity.code for quantity in quantities):
        yield Note("bound", "minQuantity and maxQuantity need a value and a unit code.")
    known = [quantity for quantity in quantities if quantity]
    if len({(quantity.system, quantity.code) for quantity in known}) > 1:
        yield Note("bound", "minQuantity and maxQuantity need the same unit.")
    if any(extension.value_coding is None for extension in node.extensions.get(ext.UNIT_OPTION, ())):
        yield Note("unit", "unitOption needs a Coding.")


def _option_notes(item: Item, index: Index) -> Iterator[Note]:
    if item.answer_value_set and not index.value_sets.get(item.answer_value_set):
        message = (
            "This value set cannot be expanded here; put its codes into a contained ValueSet or into answerOption."
        )
        yield Note("value-set", message)
    values = [option_value(option) for option in item.answer_option]
    if any(value is None for value in values):
        yield Note("option", "An option needs a value.")
    keys = [value_key(*value) for value in values if value]
    if len(set(keys)) < len(keys):
        yield Note("option", "The same option is listed twice.")
    if any(option.value_coding and not option.value_coding.code for option in item.answer_option):
        yield Note("option", "An option needs a code.")
    if sum(bool(option.initial_selected) for option in item.answer_option) > 1 and not item.repeats:
        yield Note("que-13", "Several initial values need a question that repeats.")


def _initial_notes(node: Node, item: Item, index: Index) -> Iterator[Note]:
    values = [found for initial in item.initial if (found := value_of(initial))]
    if len(values) < len(item.initial):
        yield Note("initial", "An initial value is missing.")
    if any(field not in FIELDS_BY_TYPE.get(item.type, ()) for field, _ in values) and node.is_question:
        yield Note("initial", f"An initial value does not fit a question of type {item.type}.")
        return
    rules = index.rules[node.number]
    if rules and any(rules.value_problems(field, value, _ANY_DAY) for field, value in values if not item.answer_option):
        yield Note("initial-constraint", "An initial value breaks a constraint of its question.", is_warning=True)
