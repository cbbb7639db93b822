"""Whether a value can be read at all: the lexical rules of the FHIR R4 data types. What cannot is not checked further."""

from collections.abc import Callable
from datetime import date
from typing import Final

from portico.forms.answer_values import RawValue
from portico.forms.faults import (
    EMPTY,
    LINE_BREAK,
    NO_CODE,
    NO_NUMBER,
    NOT_A_DATE,
    NOT_A_LINK,
    NOT_A_TIME,
    NUMBER_TOO_LARGE,
    Problem,
)
from portico.forms.model import Coding, Quantity
from portico.forms.partial_dates import misfit, read_date, read_moment, read_time

_LARGEST_INTEGER = 2**31 - 1

Format = Callable[[RawValue, date], Problem | None]


def _integer(value: RawValue, _today: date) -> Problem | None:
    return (
        NUMBER_TOO_LARGE if isinstance(value, int) and not -_LARGEST_INTEGER - 1 <= value <= _LARGEST_INTEGER else None
    )


def _date(value: RawValue, _today: date) -> Problem | None:
    return _not_a_date(value) if isinstance(value, str) and read_date(value) is None else None


def _moment(value: RawValue, _today: date) -> Problem | None:
    return _not_a_date(value) if isinstance(value, str) and read_moment(value) is None else None


def _not_a_date(text: str) -> Problem:
    """Names the part that is wrong, where one is."""
    named = misfit(text)
    return NOT_A_DATE if named is None else Problem(NOT_A_DATE.code, named)


def _time(value: RawValue, _today: date) -> Problem | None:
    return NOT_A_TIME if isinstance(value, str) and read_time(value) is None else None


def _line(value: RawValue, _today: date) -> Problem | None:
    if not isinstance(value, str):
        return None
    if not value or value.isspace():
        return EMPTY
    return LINE_BREAK if "\n" in value or "\r" in value else None


def _text(value: RawValue, _today: date) -> Problem | None:
    return EMPTY if isinstance(value, str) and (not value or value.isspace()) else None


def _link(value: RawValue, _today: date) -> Problem | None:
    if not isinstance(value, str):
        return None
    return NOT_A_LINK if not value or any(character.isspace() for character in value) else None


def _coding(value: RawValue, _today: date) -> Problem | None:
    return NO_CODE if isinstance(value, Coding) and not value.code else None


def _quantity(value: RawValue, _today: date) -> Problem | None:
    return NO_NUMBER if isinstance(value, Quantity) and value.value is None else None


FORMAT_CHECKS: Final[dict[tuple[str, str], Format]] = {
    ("integer", "value_integer"): _integer,
    ("date", "value_date"): _date,
    ("dateTime", "value_date_time"): _moment,
    ("time", "value_time"): _time,
    ("string", "value_string"): _line,
    ("text", "value_string"): _text,
    ("url", "value_uri"): _link,
    ("open-choice", "value_string"): _line,
    ("choice", "value_coding"): _coding,
    ("open-choice", "value_coding"): _coding,
    ("quantity", "value_quantity"): _quantity,
}
"""By type of the question and value[x]."""
