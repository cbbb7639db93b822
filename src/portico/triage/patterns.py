"""The small language of the lexicon's patterns, compiled to tables. Pure.

A pattern is words with spaces between them. `word*` is a beginning, `a|b` a choice, `(a|b c|d)` a choice that has
phrases in it, `<name>` a concept of `concepts.json`, `word?` and `(a|b)?` may be missing, `..` allows up to four words in
between, `...` up to seven (never across the end of a sentence), and `a & b` means both in any order with up to seven words
in between.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

GAPS: Mapping[str, int] = {"..": 4, "...": 7}
_NEAR = 7
_WORDS = re.compile(r"\([^)]*\)\??|\S+")
_NESTED = re.compile(r"\([^)]*\(")


@dataclass(frozen=True, slots=True)
class Step:
    """One element: any of these terms, after at most `gap` other words."""

    terms: frozenset[str]
    gap: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """Steps in order, and the family that they stand for."""

    family: str
    steps: tuple[Step, ...]


class BadPattern(ValueError):
    """A line of the lexicon that cannot be read."""


def compiled(family: str, line: str) -> Iterator[Pattern]:
    """Every table that one line of the lexicon stands for."""
    if _NESTED.search(line):
        raise BadPattern(f"{line!r}: a choice inside a choice would be read as odd words.")
    parts = line.split(" & ")
    if len(parts) == 2:
        yield from _in_order(family, _WORDS.findall(f"{parts[0]} & {parts[1]}"))
        yield from _in_order(family, _WORDS.findall(f"{parts[1]} & {parts[0]}"))
    elif len(parts) == 1:
        yield from _in_order(family, _WORDS.findall(line))
    else:
        raise BadPattern(f"{line!r}: one & at most.")


def _in_order(family: str, words: list[str]) -> Iterator[Pattern]:
    optional = [(True, False) if word.endswith("?") else (True,) for word in words]
    for kept in product(*optional):
        steps = tuple(_steps(word.rstrip("?") for word, keep in zip(words, kept, strict=True) if keep))
        if not steps:
            raise BadPattern(f"{' '.join(words)!r}: nothing in it is required.")
        yield Pattern(family=family, steps=steps)


def _steps(words: Iterable[str]) -> Iterator[Step]:
    gap = 0
    for word in words:
        if word in GAPS:
            gap = GAPS[word]
        elif word == "&":
            gap = _NEAR
        else:
            yield Step(terms=frozenset(map(_term, word.strip("()").split("|"))), gap=gap)
            gap = 0


def _term(choice: str) -> str:
    """A phrase of a choice becomes a concept of its own, named by its words."""
    return f"<{choice}>" if " " in choice else choice


def phrases_of(terms: Iterable[str]) -> Iterator[str]:
    """The phrases among terms: concepts named by their own words."""
    return (term[1:-1] for term in terms if term.startswith("<") and " " in term)
