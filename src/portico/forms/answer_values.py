"""Reading the value[x] of an answer, an initial value or an option: is there one, which, and what is it in words of FHIR."""

from decimal import Decimal
from typing import Final

from portico.forms.model import (
    AnswerOption,
    Attachment,
    Coding,
    Quantity,
    Reference,
    Valued,
)

RawValue = bool | int | Decimal | str | Attachment | Coding | Quantity | Reference

VALUE_FIELDS: Final = (
    "value_boolean",
    "value_decimal",
    "value_integer",
    "value_date",
    "value_date_time",
    "value_time",
    "value_string",
    "value_uri",
    "value_attachment",
    "value_coding",
    "value_quantity",
    "value_reference",
)
OPTION_FIELDS: Final = (
    "value_integer",
    "value_date",
    "value_time",
    "value_string",
    "value_coding",
    "value_reference",
)

FIELDS_BY_TYPE: Final[dict[str, tuple[str, ...]]] = {
    "boolean": ("value_boolean",),
    "decimal": ("value_decimal",),
    "integer": ("value_integer",),
    "date": ("value_date",),
    "dateTime": ("value_date_time",),
    "time": ("value_time",),
    "string": ("value_string",),
    "text": ("value_string",),
    "url": ("value_uri",),
    "choice": ("value_coding",),
    "open-choice": ("value_coding", "value_string"),
    "attachment": ("value_attachment",),
    "reference": ("value_reference",),
    "quantity": ("value_quantity",),
}
"""FHIR R4 Questionnaire.item.type to the value[x] of its answers."""

ValueKey = tuple[str, object]
"""What two answers have in common when they are the same one: the field and the value, display texts left out."""


def has_value(answer: Valued) -> bool:
    """Whether the answer says something; one that only holds nested items does not."""
    return (
        answer.value_coding is not None
        or answer.value_boolean is not None
        or answer.value_string is not None
        or answer.value_integer is not None
        or any(getattr(answer, field) is not None for field in VALUE_FIELDS)
    )


def value_of(answer: Valued) -> tuple[str, RawValue] | None:
    """The field that is set and its value."""
    for field in VALUE_FIELDS:
        value: RawValue | None = getattr(answer, field)
        if value is not None:
            return field, value
    return None


def option_value(option: AnswerOption) -> tuple[str, RawValue] | None:
    """The field that is set and its value."""
    for field in OPTION_FIELDS:
        value: RawValue | None = getattr(option, field)
        if value is not None:
            return field, value
    return None


def value_key(field: str, value: RawValue) -> ValueKey:
    """Codings by system and code, references by address, quantities by number and unit, the rest by value."""
    if isinstance(value, Coding):
        return field, (value.system, value.code)
    if isinstance(value, Reference):
        return field, value.reference
    if isinstance(value, Quantity):
        return field, (value.value, value.comparator, *unit_key(value.system, value.code, value.unit))
    if isinstance(value, Attachment):
        return field, (value.content_type, value.data, value.url)
    return field, value


def unit_key(system: str | None, code: str | None, unit: str | None) -> tuple[str | None, str | None]:
    """Two quantities can be compared when their coded units agree; without codes, when the printed units do."""
    return (system, code) if code is not None else (None, unit)


def lexical(value: RawValue) -> str | None:
    """A primitive as FHIR JSON writes it; None for a complex type."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return f"{value:f}" if isinstance(value, Decimal) else None
