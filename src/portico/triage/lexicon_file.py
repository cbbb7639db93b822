"""The lexicon: word families and context words, read from the JSON files beside this module.

The files hold what patients write, in English and Spanish, and nothing else: `todo` in them is the Spanish word for all or
everything ("me pica todo", it itches all over), never a mark of work that is left.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

import msgspec

from portico.triage.model import Level


class Family(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ways to say one thing, in English and in Spanish."""

    row: str
    level: Level
    """What the family alone means; `routine` = nothing by itself, it only combines (see rows.py)."""
    en: tuple[str, ...] = ()
    es: tuple[str, ...] = ()
    always: bool = False
    """True: neither a hypothesis, a quotation nor the past takes it back (self-harm)."""
    lasting: bool = False
    """True: what began long ago still counts (diabetes, a transplant)."""
    passing: bool = False
    """True: what has passed by itself no longer counts (lightheaded at the needle)."""


class FamilyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file `T??.json`: a row of `clinical.md` section 5."""

    source: str
    families: dict[str, Family]


@cache
def families() -> Mapping[str, Family]:
    """Every family by its name."""
    found: dict[str, Family] = {}
    for name in _names():
        if name.startswith("T"):
            found.update(msgspec.json.decode(_text(name), type=FamilyFile).families)
    return found


@cache
def concepts() -> Mapping[str, tuple[str, ...]]:
    """Groups of words that patterns name in angle brackets."""
    return _lists("concepts.json")


@cache
def context_words() -> Mapping[str, tuple[str, ...]]:
    """Words of negation, supposition, history, quotation, other people and idioms."""
    return _lists("context.json")


@cache
def spellings() -> Mapping[str, str]:
    """Abbreviations and misspellings that are words of their own, with the word that is meant."""
    return msgspec.json.decode(_text("spellings.json"), type=dict[str, str])


@cache
def plain_words() -> frozenset[str]:
    """Ordinary words that spelling tolerance must leave alone."""
    return frozenset(word for words in _lists("plain_words.json").values() for line in words for word in line.split())


@cache
def measure_words() -> Mapping[str, frozenset[str]]:
    """The words around numbers that say what they measure."""
    return _word_sets("measure_words.json")


@cache
def language_words() -> Mapping[str, frozenset[str]]:
    """The commonest words of English and Spanish (`own`) and of other languages (`other`)."""
    return _word_sets("language_words.json")


def statistics_file() -> bytes:
    """What `benchmarks.triage_fit` fitted on the development corpus."""
    return _text("statistics.json")


def _word_sets(name: str) -> Mapping[str, frozenset[str]]:
    return {kind: frozenset(" ".join(lines).split()) for kind, lines in _lists(name).items()}


def _lists(name: str) -> Mapping[str, tuple[str, ...]]:
    read = msgspec.json.decode(_text(name), type=dict[str, list[str]])
    return {key: tuple(words) for key, words in read.items()}


def _names() -> Iterator[str]:
    yield from sorted(entry.name for entry in files("portico.triage").joinpath("lexicon").iterdir())


def _text(name: str) -> bytes:
    return files("portico.triage").joinpath("lexicon", name).read_bytes()
