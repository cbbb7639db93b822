"""Time between two days in completed periods, compared over the interval that a partial date is."""

from collections.abc import Callable, Mapping
from datetime import date
from operator import eq, ge, gt, le, lt, ne
from typing import Literal, TypeAlias

from portico.screening.facts import PartialDate
from portico.screening.scope import Number, Truth

Unit: TypeAlias = Literal["days", "weeks", "months", "years"]
Comparison: TypeAlias = Literal["<", "<=", "=", "!=", ">=", ">"]

_DAYS_IN_WEEK = 7
_MONTHS_IN_YEAR = 12


COMPARISONS: Mapping[Comparison, Callable[[Number, Number], bool]] = {
    "<": lt,
    "<=": le,
    "=": eq,
    "!=": ne,
    ">=": ge,
    ">": gt,
}


def completed(start: date, end: date, unit: Unit) -> int:
    """Completed periods from start to end, as CQL's `years between`; negative when start lies ahead.

    An anniversary that the calendar lacks is reached on the next day it has: 29 February on 1 March, 31
    January plus one month on 1 March.
    """
    if unit == "days":
        return (end - start).days
    if unit == "weeks":
        return (end - start).days // _DAYS_IN_WEEK
    months = (end.year - start.year) * _MONTHS_IN_YEAR + end.month - start.month - (end.day < start.day)
    return months if unit == "months" else months // _MONTHS_IN_YEAR


def holds(when: PartialDate, as_of: date, unit: Unit, cmp: Comparison, threshold: Number) -> Truth:
    """Whether the periods compare so for every day the date can mean; None when for some only."""
    least = completed(when.last_day(), as_of, unit)
    most = completed(when.first_day(), as_of, unit)
    compare = COMPARISONS[cmp]
    if least == most:
        return compare(least, threshold)
    if cmp in {"=", "!="}:
        possible = least <= threshold <= most and threshold == int(threshold)
        return None if possible else cmp == "!="
    first, last = compare(least, threshold), compare(most, threshold)
    return first if first == last else None
