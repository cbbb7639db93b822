"""FHIR R4 Questionnaire and QuestionnaireResponse as frozen structs. Shapes only: what they mean is decided elsewhere.

What the engine never reads (meta, narrative, extensions, `_element` parts) is kept as the bytes that came in.
"""

from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import UNSET, Raw, UnsetType

from portico.ids import LinkId

ItemType = Literal[
    "group", "display", "boolean", "decimal", "integer", "date", "dateTime", "time", "string", "text", "url",
    "choice", "open-choice", "attachment", "reference", "quantity",
]  # fmt: skip
Operator = Literal["exists", "=", "!=", ">", "<", ">=", "<="]
ResponseStatus = Literal["in-progress", "completed", "amended", "entered-in-error", "stopped"]
Opaque = Raw | UnsetType
"""Bytes of JSON that are kept and not read; UNSET when absent."""
PublicationStatus = Literal["draft", "active", "retired", "unknown"]


def _fhir_name(name: str) -> str:
    """`max_length` is `maxLength`, `max_length_element` is `_maxLength` (FHIR R4 JSON, 2.6.2)."""
    stem, _, suffix = name.rpartition("_")
    underscore, words = ("_", stem) if suffix == "element" else ("", name)
    head, *tail = words.split("_")
    return underscore + head + "".join(word.capitalize() for word in tail)


class Element(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    rename=_fhir_name,
):
    """FHIR R4 Element: an id for internal references, and extensions."""

    id: str | None = None
    extension: tuple[Raw, ...] = ()


class BackboneElement(Element, frozen=True, kw_only=True):
    """FHIR R4 BackboneElement: extensions here may change the meaning of what stands beside them."""

    modifier_extension: tuple[Raw, ...] = ()


class Coding(Element, frozen=True, kw_only=True):
    """FHIR R4 Coding. Two are the same answer when system and code are."""

    system: str | None = None
    version: str | None = None
    code: str | None = None
    display: str | None = None
    user_selected: bool | None = None
    system_element: Opaque = UNSET
    version_element: Opaque = UNSET
    code_element: Opaque = UNSET
    display_element: Opaque = UNSET
    user_selected_element: Opaque = UNSET


class Quantity(Element, frozen=True, kw_only=True):
    """FHIR R4 Quantity; `value` keeps its decimal places."""

    value: Decimal | None = None
    comparator: Literal["<", "<=", ">=", ">"] | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None
    value_element: Opaque = UNSET
    comparator_element: Opaque = UNSET
    unit_element: Opaque = UNSET
    system_element: Opaque = UNSET
    code_element: Opaque = UNSET


class Attachment(Element, frozen=True, kw_only=True):
    """FHIR R4 Attachment; `data` is base64, `size` in bytes before encoding."""

    content_type: str | None = None
    language: str | None = None
    data: str | None = None
    url: str | None = None
    size: int | None = None
    hash: str | None = None
    title: str | None = None
    creation: str | None = None
    content_type_element: Opaque = UNSET
    language_element: Opaque = UNSET
    data_element: Opaque = UNSET
    url_element: Opaque = UNSET
    size_element: Opaque = UNSET
    hash_element: Opaque = UNSET
    title_element: Opaque = UNSET
    creation_element: Opaque = UNSET


class Reference(Element, frozen=True, kw_only=True):
    """FHIR R4 Reference."""

    reference: str | None = None
    type: str | None = None
    identifier: Opaque = UNSET
    display: str | None = None
    reference_element: Opaque = UNSET
    type_element: Opaque = UNSET
    display_element: Opaque = UNSET


class EnableWhen(BackboneElement, frozen=True, kw_only=True):
    """FHIR R4 Questionnaire.item.enableWhen: one condition on the answer to another question."""

    question: LinkId
    operator: Operator
    answer_boolean: bool | None = None
    answer_decimal: Decimal | None = None
    answer_integer: int | None = None
    answer_date: str | None = None
    answer_date_time: str | None = None
    answer_time: str | None = None
    answer_string: str | None = None
    answer_coding: Coding | None = None
    answer_quantity: Quantity | None = None
    answer_reference: Reference | None = None
    question_element: Opaque = UNSET
    operator_element: Opaque = UNSET
    answer_boolean_element: Opaque = UNSET
    answer_decimal_element: Opaque = UNSET
    answer_integer_element: Opaque = UNSET
    answer_date_element: Opaque = UNSET
    answer_date_time_element: Opaque = UNSET
    answer_time_element: Opaque = UNSET
    answer_string_element: Opaque = UNSET


class AnswerOption(BackboneElement, frozen=True, kw_only=True):
    """FHIR R4 Questionnaire.item.answerOption: one permitted answer."""

    value_integer: int | None = None
    value_date: str | None = None
    value_time: str | None = None
    value_string: str | None = None
    value_coding: Coding | None = None
    value_reference: Reference | None = None
    initial_selected: bool | None = None
    value_integer_element: Opaque = UNSET
    value_date_element: Opaque = UNSET
    value_time_element: Opaque = UNSET
    value_string_element: Opaque = UNSET
    initial_selected_element: Opaque = UNSET


class Valued(BackboneElement, frozen=True, kw_only=True):
    """The value[x] that an answer and an initial value share; at most one of them is set."""

    value_boolean: bool | None = None
    value_decimal: Decimal | None = None
    value_integer: int | None = None
    value_date: str | None = None
    value_date_time: str | None = None
    value_time: str | None = None
    value_string: str | None = None
    value_uri: str | None = None
    value_attachment: Attachment | None = None
    value_coding: Coding | None = None
    value_quantity: Quantity | None = None
    value_reference: Reference | None = None
    value_boolean_element: Opaque = UNSET
    value_decimal_element: Opaque = UNSET
    value_integer_element: Opaque = UNSET
    value_date_element: Opaque = UNSET
    value_date_time_element: Opaque = UNSET
    value_time_element: Opaque = UNSET
    value_string_element: Opaque = UNSET
    value_uri_element: Opaque = UNSET


class Initial(Valued, frozen=True, kw_only=True):
    """FHIR R4 Questionnaire.item.initial: applied when a response is created, never at validation."""


class Item(BackboneElement, frozen=True, kw_only=True):
    """FHIR R4 Questionnaire.item: a group, a text to show, or a question."""

    link_id: LinkId
    definition: str | None = None
    code: tuple[Coding, ...] = ()
    prefix: str | None = None
    text: str | None = None
    type: ItemType
    enable_when: tuple[EnableWhen, ...] = ()
    enable_behavior: Literal["all", "any"] | None = None
    required: bool | None = None
    repeats: bool | None = None
    read_only: bool | None = None
    max_length: int | None = None
    answer_value_set: str | None = None
    answer_option: tuple[AnswerOption, ...] = ()
    initial: tuple[Initial, ...] = ()
    item: "tuple[Item, ...]" = ()
    link_id_element: Opaque = UNSET
    definition_element: Opaque = UNSET
    prefix_element: Opaque = UNSET
    text_element: Opaque = UNSET
    type_element: Opaque = UNSET
    enable_behavior_element: Opaque = UNSET
    required_element: Opaque = UNSET
    repeats_element: Opaque = UNSET
    read_only_element: Opaque = UNSET
    max_length_element: Opaque = UNSET
    answer_value_set_element: Opaque = UNSET


class DomainResource(Element, frozen=True, kw_only=True):
    """FHIR R4 Resource and DomainResource."""

    meta: Opaque = UNSET
    implicit_rules: str | None = None
    language: str | None = None
    text: Opaque = UNSET
    contained: tuple[Raw, ...] = ()
    modifier_extension: tuple[Raw, ...] = ()
    id_element: Opaque = UNSET
    implicit_rules_element: Opaque = UNSET
    language_element: Opaque = UNSET


class Questionnaire(
    DomainResource, frozen=True, kw_only=True, weakref=True, tag_field="resourceType", tag="Questionnaire"
):
    """FHIR R4 Questionnaire. A published one is immutable and named by `url|version`."""

    url: str | None = None
    identifier: tuple[Raw, ...] = ()
    version: str | None = None
    name: str | None = None
    title: str | None = None
    derived_from: tuple[str | None, ...] = ()
    status: PublicationStatus
    experimental: bool | None = None
    subject_type: tuple[str | None, ...] = ()
    date: str | None = None
    publisher: str | None = None
    contact: tuple[Raw, ...] = ()
    description: str | None = None
    use_context: tuple[Raw, ...] = ()
    jurisdiction: tuple[Raw, ...] = ()
    purpose: str | None = None
    copyright: str | None = None
    approval_date: str | None = None
    last_review_date: str | None = None
    effective_period: Opaque = UNSET
    code: tuple[Coding, ...] = ()
    item: tuple[Item, ...] = ()
    url_element: Opaque = UNSET
    version_element: Opaque = UNSET
    name_element: Opaque = UNSET
    title_element: Opaque = UNSET
    derived_from_element: Opaque = UNSET
    status_element: Opaque = UNSET
    experimental_element: Opaque = UNSET
    subject_type_element: Opaque = UNSET
    date_element: Opaque = UNSET
    publisher_element: Opaque = UNSET
    description_element: Opaque = UNSET
    purpose_element: Opaque = UNSET
    copyright_element: Opaque = UNSET
    approval_date_element: Opaque = UNSET
    last_review_date_element: Opaque = UNSET

    @property
    def canonical(self) -> str:
        """FHIR canonical: `url|version`, or the URL alone while there is no version."""
        return f"{self.url or ''}|{self.version}" if self.version else self.url or ""


class Answer(Valued, frozen=True, kw_only=True):
    """FHIR R4 QuestionnaireResponse.item.answer; one without a value may still hold nested items."""

    item: "tuple[ResponseItem, ...]" = ()


class ResponseItem(BackboneElement, frozen=True, kw_only=True):
    """FHIR R4 QuestionnaireResponse.item. Its `text` is the client's and is never trusted."""

    link_id: LinkId
    definition: str | None = None
    text: str | None = None
    answer: tuple[Answer, ...] = ()
    item: "tuple[ResponseItem, ...]" = ()
    link_id_element: Opaque = UNSET
    definition_element: Opaque = UNSET
    text_element: Opaque = UNSET


class QuestionnaireResponse(
    DomainResource,
    frozen=True,
    kw_only=True,
    weakref=True,
    tag_field="resourceType",
    tag="QuestionnaireResponse",
):
    """FHIR R4 QuestionnaireResponse."""

    identifier: Opaque = UNSET
    based_on: tuple[Reference, ...] = ()
    part_of: tuple[Reference, ...] = ()
    questionnaire: str | None = None
    status: ResponseStatus
    subject: Reference | None = None
    encounter: Reference | None = None
    authored: str | None = None
    author: Reference | None = None
    source: Reference | None = None
    item: tuple[ResponseItem, ...] = ()
    questionnaire_element: Opaque = UNSET
    status_element: Opaque = UNSET
    authored_element: Opaque = UNSET


Resource = Questionnaire | QuestionnaireResponse
