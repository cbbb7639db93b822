"""The FHIR and SDC extensions of a Questionnaire that this engine reads, by URL, and those it must refuse."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

_CORE = "http://hl7.org/fhir/StructureDefinition/"
_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/"

HIDDEN: Final = _CORE + "questionnaire-hidden"
MIN_OCCURS: Final = _CORE + "questionnaire-minOccurs"
MAX_OCCURS: Final = _CORE + "questionnaire-maxOccurs"
MIN_VALUE: Final = _CORE + "minValue"
MAX_VALUE: Final = _CORE + "maxValue"
MIN_LENGTH: Final = _CORE + "minLength"
MAX_DECIMAL_PLACES: Final = _CORE + "maxDecimalPlaces"
REGEX: Final = _CORE + "regex"
ENTRY_FORMAT: Final = _CORE + "entryFormat"
MIME_TYPE: Final = _CORE + "mimeType"
MAX_SIZE: Final = _CORE + "maxSize"
UNIT: Final = _CORE + "questionnaire-unit"
UNIT_OPTION: Final = _CORE + "questionnaire-unitOption"
REFERENCE_RESOURCE: Final = _CORE + "questionnaire-referenceResource"
OPTION_EXCLUSIVE: Final = _CORE + "questionnaire-optionExclusive"
CALCULATED_VALUE: Final = _CORE + "cqf-calculatedValue"
MIN_QUANTITY: Final = _SDC + "sdc-questionnaire-minQuantity"
MAX_QUANTITY: Final = _SDC + "sdc-questionnaire-maxQuantity"

NOT_EVALUATED: Final[Mapping[str, str]] = {
    _SDC + "sdc-questionnaire-enableWhenExpression": "enableWhenExpression",
    _SDC + "sdc-questionnaire-calculatedExpression": "calculatedExpression",
    _SDC + "sdc-questionnaire-initialExpression": "initialExpression",
    _SDC + "sdc-questionnaire-candidateExpression": "candidateExpression",
    _SDC + "sdc-questionnaire-answerExpression": "answerExpression",
    _SDC + "sdc-questionnaire-answerOptionsToggleExpression": "answerOptionsToggleExpression",
    _SDC + "targetConstraint": "targetConstraint",
    _CORE + "targetConstraint": "targetConstraint",
    _CORE + "questionnaire-constraint": "constraint",
    _CORE + "cqf-expression": "cqf-expression",
    _CORE + "questionnaire-unitValueSet": "unitValueSet",
    _CORE + "questionnaire-referenceFilter": "referenceFilter",
    _CORE + "questionnaire-referenceProfile": "referenceProfile",
}
"""Extensions that change which answers are valid and that are not evaluated here: a form that uses one is refused."""

ENABLE_WHEN_EXPRESSION: Final = _SDC + "sdc-questionnaire-enableWhenExpression"


class CodingValue(msgspec.Struct, frozen=True):
    """The parts of a Coding that a constraint compares."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class QuantityValue(msgspec.Struct, frozen=True):
    """The parts of a Quantity that a constraint compares."""

    value: Decimal | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class ExpressionValue(msgspec.Struct, frozen=True, rename="camel"):
    """FHIR R4 Expression."""

    language: str | None = None
    expression: str | None = None


class Extension(msgspec.Struct, frozen=True, rename="camel"):
    """One extension as read; value types that no rule here needs are left out."""

    url: str
    extension: tuple[Raw, ...] = ()
    value_boolean: bool | None = None
    value_integer: int | None = None
    value_decimal: Decimal | None = None
    value_string: str | None = None
    value_code: str | None = None
    value_date: str | None = None
    value_date_time: str | None = None
    value_time: str | None = None
    value_coding: CodingValue | None = None
    value_quantity: QuantityValue | None = None
    value_expression: ExpressionValue | None = None
    date_element: Raw | UnsetType = msgspec.field(default=UNSET, name="_valueDate")
    date_time_element: Raw | UnsetType = msgspec.field(default=UNSET, name="_valueDateTime")

    @property
    def number(self) -> Decimal | None:
        """An integer or decimal value, exact."""
        return self.value_decimal if self.value_integer is None else Decimal(self.value_integer)


class _Extended(msgspec.Struct, frozen=True):
    extension: tuple[Raw, ...] = ()


_EXTENSIONS = msgspec.json.Decoder(Extension)
_EXTENDED = msgspec.json.Decoder(_Extended)

Extensions = Mapping[str, tuple[Extension, ...]]


def read_extensions(raws: Iterable[Raw]) -> tuple[Extensions, bool]:
    """Extensions by URL, and whether every one of them could be read."""
    found: dict[str, tuple[Extension, ...]] = {}
    readable = True
    for raw in raws:
        try:
            extension = _EXTENSIONS.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            readable = False
            continue
        found[extension.url] = (*found.get(extension.url, ()), extension)
    return found, readable


def first(extensions: Extensions, url: str) -> Extension | None:
    """The first extension with this URL."""
    found = extensions.get(url)
    return found[0] if found else None


def is_set(extensions: Extensions, url: str) -> bool:
    """Whether a boolean extension says true."""
    extension = first(extensions, url)
    return extension is not None and extension.value_boolean is True


def calculated(extension: Extension) -> str | None:
    """The FHIRPath of cqf-calculatedValue on the extension or on its date; None when there is none."""
    raws = list(extension.extension)
    for element in (extension.date_element, extension.date_time_element):
        if not isinstance(element, UnsetType):
            try:
                raws.extend(_EXTENDED.decode(element).extension)
            except (msgspec.DecodeError, RecursionError):
                return ""
    found, readable = read_extensions(raws)
    expression = first(found, CALCULATED_VALUE)
    if expression is None:
        return None if readable else ""
    return expression.value_expression.expression or "" if expression.value_expression else ""
