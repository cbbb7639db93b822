"""FHIR R4 JSON to structs and back. Everything a hostile body can do to a parser is refused here, before anything reads it."""

import json
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import TypeGuard, TypeVar

import msgspec

from portico.errors import Malformed
from portico.forms.model import (
    Answer,
    Item,
    Questionnaire,
    QuestionnaireResponse,
    Resource,
    ResponseItem,
)

MAX_ITEM_DEPTH = 40
"""Items inside items; no published form read goes beyond 8."""
MAX_DEPTH = 4 * MAX_ITEM_DEPTH + 20
"""JSON containers inside one another: an item below an answer costs four."""
MAX_CONTAINERS = 50_000
"""Objects and arrays in one body."""
MAX_NUMBER_LENGTH = 40
MAX_EXPONENT = 30

_QUESTIONNAIRES = msgspec.json.Decoder(Questionnaire)
_RESPONSES = msgspec.json.Decoder(QuestionnaireResponse)
_ENCODER = msgspec.json.Encoder(decimal_format="number")

_VALUES = tuple(
    name for name in Answer.__struct_fields__ if name.startswith("value_") and not name.endswith("_element")
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_SAFE_NAME = re.compile(r"_?[A-Za-z][A-Za-z0-9]{0,39}")
_WHERE = re.compile(r" - at `(key in )?\$(?P<path>[^`]*)`$")
_SENTENCES = (
    (re.compile(r"Object missing required field `(\w+)`"), "`{0}` is missing"),
    (re.compile(r"Expected `([\w |-]+)`, got `([\w |-]+)`"), "this should be {0}, not {1}"),
)
_QUOTED_NUMBER = re.compile(rb'(Decimal|"value)"\s*:\s*"')
"""A body without this and without escapes cannot hold a decimal in quotes."""
_UNKNOWN_FIELD = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)

_Object = dict[str, object]
Decoded = TypeVar("Decoded", Questionnaire, QuestionnaireResponse)


class MalformedResource(Malformed):
    """The body is not the FHIR R4 resource that it should be; the message says where."""


def decode_questionnaire(data: bytes) -> Questionnaire:
    """Raises MalformedResource. Whether the form is a sound one is for `check_questionnaire`."""
    _scan(data, "Questionnaire")
    questionnaire = _decode(_QUESTIONNAIRES, data, "Questionnaire")
    _check_item_depth(questionnaire.item, "Questionnaire", 1)
    return questionnaire


def decode_response(data: bytes) -> QuestionnaireResponse:
    """Raises MalformedResource. Whether the answers fit their form is for `validate`."""
    _scan(data, "QuestionnaireResponse")
    response = _decode(_RESPONSES, data, "QuestionnaireResponse")
    _check_response_items(response.item, "QuestionnaireResponse", 1)
    return response


def encode(resource: Resource) -> bytes:
    """FHIR R4 JSON; decimals keep their places."""
    return _ENCODER.encode(resource)


def _decode(decoder: "msgspec.json.Decoder[Decoded]", data: bytes, kind: str) -> Decoded:
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as refusal:
        raise MalformedResource(_sentence(str(refusal), kind)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedResource(f"The {kind} is not valid JSON.") from None


def _sentence(reason: str, kind: str) -> str:
    """Rewrites the decoder's reason without any value that was sent."""
    found = _WHERE.search(reason)
    path = kind + (found["path"] if found else "")
    reason = reason[: found.start()] if found else reason
    for pattern, sentence in _SENTENCES:
        if match := pattern.fullmatch(reason):
            return f"{path}: {sentence.format(*match.groups())}."
    if unknown := _UNKNOWN_FIELD.fullmatch(reason):
        name = f"`{unknown[1]}`" if _SAFE_NAME.fullmatch(unknown[1]) else "one of the fields"
        return f"{path}: {name} is not a field of FHIR R4 here."
    return f"{path}: this value is not allowed here."


def _scan(data: bytes, kind: str) -> None:
    """What the typed decoder would let pass: doubled keys, nulls, control characters, depth, size, huge numbers."""
    try:
        tree: object = json.loads(
            data.decode(),
            object_pairs_hook=_members,
            parse_float=_number,
            parse_int=_number,
            parse_constant=_no_constant,
        )
    except MalformedResource as refusal:
        raise MalformedResource(f"The {kind} cannot be read: {refusal.message}") from None
    except (ValueError, RecursionError):
        raise MalformedResource(f"The {kind} is not valid JSON.") from None
    if not _is_object(tree) or tree.get("resourceType") != kind:
        raise MalformedResource(f"This should be a JSON object with `resourceType` {kind}.")
    _check_tree(tree, kind, escapes=b"\\" in data, quoted=bool(_QUOTED_NUMBER.search(data)))


def _members(pairs: list[tuple[str, object]]) -> _Object:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedResource("an object has the same field twice.")
    if None in members.values():
        raise MalformedResource("a field is null; leave it out instead.")
    return members


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text) if len(text) <= MAX_NUMBER_LENGTH else None
    except InvalidOperation:
        number = None
    if number is None or abs(number.adjusted()) > MAX_EXPONENT:
        raise MalformedResource("a number is too long.")
    return number


def _no_constant(_name: str) -> object:
    raise MalformedResource("a number is not a number.")


def _is_object(value: object) -> TypeGuard[_Object]:
    return isinstance(value, dict)


def _children(node: object) -> Iterable[object]:
    if _is_object(node):
        return node.values()
    return node if isinstance(node, list) else ()


def _check_tree(tree: object, kind: str, *, escapes: bool, quoted: bool) -> None:
    level, seen = [tree], 1
    for _ in range(MAX_DEPTH):
        if escapes or quoted:
            _refuse_quoted_decimals(level, kind)
        values = [value for node in level for value in _children(node)]
        if escapes:
            _refuse_control_characters(values, kind)
        level = [value for value in values if isinstance(value, dict | list)]
        seen += len(level)
        if seen > MAX_CONTAINERS:
            raise MalformedResource(f"The {kind} is too large.")
        if not level:
            return
    raise MalformedResource(f"The {kind} is nested too deeply.")


def _refuse_control_characters(values: Iterable[object], kind: str) -> None:
    for value in values:
        if isinstance(value, str) and _CONTROL.search(value):
            raise MalformedResource(f"The {kind} has a character that FHIR does not allow in text.")


def _refuse_quoted_decimals(level: Iterable[object], kind: str) -> None:
    for node in level:
        if not _is_object(node):
            continue
        quantities = (node.get("valueQuantity"), node.get("answerQuantity"))
        numbers = [quantity.get("value") for quantity in quantities if _is_object(quantity)]
        if any(isinstance(n, str) for n in (*numbers, node.get("valueDecimal"), node.get("answerDecimal"))):
            raise MalformedResource(f"The {kind} has a decimal in quotes; FHIR writes it as a number.")


def _check_item_depth(items: tuple[Item, ...], path: str, depth: int) -> None:
    if items and depth > MAX_ITEM_DEPTH:
        raise MalformedResource(f"{path}: items are nested too deeply.")
    for position, item in enumerate(items):
        if item.item:
            _check_item_depth(item.item, f"{path}.item[{position}]", depth + 1)


def _check_response_items(items: tuple[ResponseItem, ...], path: str, depth: int) -> None:
    if items and depth > MAX_ITEM_DEPTH:
        raise MalformedResource(f"{path}: items are nested too deeply.")
    for position, item in enumerate(items):
        if item.item:
            _check_response_items(item.item, f"{path}.item[{position}]", depth + 1)
        for number, answer in enumerate(item.answer):
            if sum(getattr(answer, name) is not None for name in _VALUES) > 1:
                at = f"{path}.item[{position}].answer[{number}]"
                raise MalformedResource(f"{at}: an answer has one value, not several.")
            if answer.item:
                at = f"{path}.item[{position}].answer[{number}]"
                _check_response_items(answer.item, at, depth + 1)
