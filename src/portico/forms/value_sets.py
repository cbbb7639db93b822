"""Value sets that a Questionnaire carries itself (`contained`), expanded where that needs no terminology server."""

from collections.abc import Iterator

import msgspec
from msgspec import Raw

CodeKey = tuple[str | None, str | None]
"""System and code of a Coding: what makes two codings the same answer."""


class _Contains(msgspec.Struct, frozen=True):
    system: str | None = None
    code: str | None = None
    display: str | None = None
    abstract: bool = False
    inactive: bool = False
    contains: "tuple[_Contains, ...]" = ()


class _Expansion(msgspec.Struct, frozen=True):
    contains: tuple[_Contains, ...] = ()


class _Concept(msgspec.Struct, frozen=True):
    code: str
    display: str | None = None


class _Include(msgspec.Struct, frozen=True, rename="camel"):
    system: str | None = None
    concept: tuple[_Concept, ...] = ()
    filter: tuple[Raw, ...] = ()
    value_set: tuple[Raw, ...] = ()


class _Compose(msgspec.Struct, frozen=True):
    include: tuple[_Include, ...] = ()
    exclude: tuple[_Include, ...] = ()


class _ValueSet(msgspec.Struct, frozen=True, rename="camel"):
    resource_type: str
    id: str | None = None
    expansion: _Expansion | None = None
    compose: _Compose | None = None


Codes = dict[CodeKey, str | None]
"""The codes of a value set with their display text."""

_VALUE_SETS = msgspec.json.Decoder(_ValueSet)


def contained_value_sets(contained: tuple[Raw, ...]) -> dict[str, Codes]:
    """Value sets by reference (`#id`); one that cannot be expanded here is left out."""
    found: dict[str, Codes] = {}
    for raw in contained:
        try:
            value_set = _VALUE_SETS.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            continue
        codes = _codes(value_set) if value_set.resource_type == "ValueSet" else None
        if value_set.id and codes is not None:
            found[f"#{value_set.id}"] = codes
    return found


def _codes(value_set: _ValueSet) -> Codes | None:
    if value_set.expansion:
        return {
            (entry.system, entry.code): entry.display
            for entry in _entries(value_set.expansion.contains)
            if entry.code and not entry.abstract and not entry.inactive
        }
    if value_set.compose and all(map(_is_enumerated, value_set.compose.include + value_set.compose.exclude)):
        excluded = {key for part in value_set.compose.exclude for key in _listed(part)}
        included = {key: text for part in value_set.compose.include for key, text in _listed(part).items()}
        return {key: text for key, text in included.items() if key not in excluded}
    return None


def _entries(contains: tuple[_Contains, ...]) -> Iterator[_Contains]:
    for entry in contains:
        yield entry
        yield from _entries(entry.contains)


def _is_enumerated(part: _Include) -> bool:
    return bool(part.concept) and not part.filter and not part.value_set


def _listed(part: _Include) -> Codes:
    return {(part.system, concept.code): concept.display for concept in part.concept}
