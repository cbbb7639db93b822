"""minValue, maxValue, minQuantity and maxQuantity: inclusive, exact, dates at the precision that both sides have."""

from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal

from portico.forms import extensions as ext
from portico.forms.answer_values import RawValue, unit_key
from portico.forms.conditions import compare_quantities
from portico.forms.definition import Node
from portico.forms.extensions import Extension, QuantityValue
from portico.forms.faults import NOT_YET, OTHER_UNIT, Problem, too_early, too_large, too_late, too_small
from portico.forms.model import Quantity
from portico.forms.partial_dates import (
    Moment,
    common_order,
    in_words,
    on,
    read_moment,
    read_time,
    relative_day,
)

_DAY = timedelta(days=1)
"""How far the patient's own day may be ahead of the clinic's: `today() + 1 day` still means the past."""

Check = Callable[[RawValue, date], Problem | None]
Compare = Callable[[RawValue, date], int | None]
"""How the value stands to the bound: negative, 0, positive; None when it does not apply."""


def bound_checks(node: Node) -> list[Check]:
    """The bounds of one question; those that cannot be read are left to `check_questionnaire`."""
    checks: list[Check] = []
    for url, side in ((ext.MIN_VALUE, -1), (ext.MAX_VALUE, 1)):
        extension = ext.first(node.extensions, url)
        check = _value_check(extension, node.item.type, side) if extension and node.item else None
        if check:
            checks.append(check)
    for url, side in ((ext.MIN_QUANTITY, -1), (ext.MAX_QUANTITY, 1)):
        extension = ext.first(node.extensions, url)
        if extension and extension.value_quantity and extension.value_quantity.value is not None:
            checks.append(_quantity_check(extension.value_quantity, side))
    return checks


def is_readable_bound(extension: Extension, item_type: str) -> bool:
    """Whether a minValue or maxValue fits the type of its question."""
    return _value_check(extension, item_type, 1) is not None


def bound_value(extension: Extension, item_type: str, today: date) -> Decimal | Moment | time | None:
    """What the bound says on a given day."""
    if item_type in {"integer", "decimal"}:
        return extension.number
    if item_type in {"date", "dateTime"}:
        return _moment(extension, today)
    return read_time(extension.value_time or "") if item_type == "time" else None


def _value_check(extension: Extension, item_type: str, side: int) -> Check | None:
    if item_type in {"integer", "decimal"}:
        return _number_check(extension.number, side) if extension.number is not None else None
    if item_type in {"date", "dateTime"}:
        return _moment_check(extension, side) if _moment(extension, date(2000, 1, 1)) else None
    if item_type == "time":
        bound = read_time(extension.value_time or "")
        return _time_check(bound, side) if bound else None
    return None


def _number_check(bound: Decimal, side: int) -> Check:
    problem = (too_large if side > 0 else too_small)(f"{bound:f}")

    def check(value: RawValue, _today: date) -> Problem | None:
        if not isinstance(value, int | Decimal):
            return None
        return problem if (value > bound if side > 0 else value < bound) else None

    return check


def _moment(extension: Extension, today: date) -> Moment | None:
    expression = ext.calculated(extension)
    if expression is not None:
        day = relative_day(expression, today)
        return on(day) if day else None
    return read_moment(extension.value_date or extension.value_date_time or "")


def _moment_check(extension: Extension, side: int) -> Check:
    fixed = None if ext.calculated(extension) is not None else _moment(extension, date(2000, 1, 1))

    def check(value: RawValue, today: date) -> Problem | None:
        bound = fixed or _moment(extension, today)
        moment = read_moment(value) if isinstance(value, str) else None
        if bound is None or moment is None or common_order(moment, bound) != side:
            return None
        if side > 0 and fixed is None and common_order(bound, on(today + _DAY)) <= 0:
            return NOT_YET
        return (too_late if side > 0 else too_early)(in_words(bound.date))

    return check


def _time_check(bound: time, side: int) -> Check:
    problem = (too_late if side > 0 else too_early)(bound.strftime("%H:%M"))

    def check(value: RawValue, _today: date) -> Problem | None:
        moment = read_time(value) if isinstance(value, str) else None
        if moment is None:
            return None
        return problem if (moment > bound if side > 0 else moment < bound) else None

    return check


def _quantity_check(bound: QuantityValue, side: int) -> Check:
    unit = unit_key(bound.system, bound.code, bound.unit)
    shown = f"{bound.value:f} {bound.unit or bound.code or ''}".strip()
    problem = (too_large if side > 0 else too_small)(shown)

    def check(value: RawValue, _today: date) -> Problem | None:
        if not isinstance(value, Quantity):
            return None
        order = compare_quantities(value, bound.value, unit)
        if order is None:
            return OTHER_UNIT
        return problem if order == side else None

    return check
