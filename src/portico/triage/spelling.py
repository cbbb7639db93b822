"""Brings a misspelt word to the word of the lexicon that is meant; ordinary words stay as they are.

Two cheap ways, in this order: the same sound (`desmallo` = desmayo, `brething` = breathing) and one slip of the
finger (`ctach` = catch; two in words of nine letters or more). The first letter must be the same or sound the same.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

_SHORTEST_SOUND: Final = 4
_SHORTEST_SLIP: Final = 5
_TWO_SLIPS: Final = 9

_SOUNDS = (
    (re.compile("ph"), "f"),
    (re.compile("gh(?=t|$)"), ""),
    (re.compile("ch"), "x"),
    (re.compile("sc(?=[eiy])|c(?=[eiy])|ss|z"), "s"),
    (re.compile("qu|ck|c|k|q"), "k"),
    (re.compile("ll|y|j"), "i"),
    (re.compile("v"), "b"),
    (re.compile("h"), ""),
    (re.compile("[aeiou]+"), "a"),
    (re.compile(r"(.)\1+"), r"\1"),
)


def sound(word: str) -> str:
    """How a word sounds, roughly, in either language: vowels count only by their places."""
    first = word[0]
    for pattern, replacement in _SOUNDS:
        word = pattern.sub(replacement, word)
    return (first if first in "aeiou" else "") + word


_HEARD_ALIKE = (
    ("v", "b"), ("b", "v"), ("ll", "y"), ("y", "ll"), ("z", "s"), ("s", "c"), ("s", "z"), ("c", "s"), ("j", "g"),
    ("g", "j"), ("k", "c"), ("k", "qu"), ("q", "qu"), ("w", "gu"), ("ny", "n"), ("n", "ny"), ("x", "s"), ("ci", "si"),
)  # fmt: skip
"""Letters that Spanish ears take for each other, as written and as meant."""


def respelt(word: str) -> Iterator[str]:
    """How else a word may be written that sounds the same in Spanish: `devilitada` as `debilitada`, `inchado` with h."""
    yield word[1:] if word[0] == "h" else f"h{word}"
    for written, meant in _HEARD_ALIKE:
        if written in word:
            yield word.replace(written, meant)
            yield word.replace(written, meant, 1)


def slips(word: str, count: int) -> frozenset[str]:
    """The word and what is left of it when up to `count` letters are taken away."""
    found = {word}
    for _ in range(count):
        found |= {one[:at] + one[at + 1 :] for one in found for at in range(len(one))}
    return frozenset(found)


class Speller:
    """Tells what an unknown word was meant to be."""

    def __init__(self, vocabulary: Iterable[str], preferred: frozenset[str], leave_alone: frozenset[str]) -> None:
        self._leave_alone = leave_alone
        self._preferred = preferred
        self._by_sound: dict[str, list[str]] = defaultdict(list)
        self._by_slip: dict[str, list[str]] = defaultdict(list)
        for word in sorted(vocabulary):
            if word.isalpha() and len(word) >= _SHORTEST_SOUND:
                self._by_sound[sound(word)].append(word)
            if word.isalpha() and len(word) >= _SHORTEST_SLIP:
                for left in slips(word, 1):
                    self._by_slip[left].append(word)
        self.meant = lru_cache(maxsize=20_000)(self._meant)

    def _meant(self, word: str) -> str:
        if len(word) < _SHORTEST_SOUND or word in self._leave_alone or not word.isalpha():
            return word
        return min(self._ranked(word), default=(0, False, False, word))[-1]

    def _ranked(self, word: str) -> Iterator[tuple[int, bool, bool, str]]:
        """The nearest first; among equals a word that the lexicon names, then one with the same beginning."""
        for distance, other in self._close(word):
            yield distance, other not in self._preferred, other[:2] != word[:2], other

    def _close(self, word: str) -> Iterator[tuple[int, str]]:
        for other in self._by_sound.get(sound(word), ()):
            if abs(len(other) - len(word)) <= 2:
                distance = edits(word, other)
                if distance <= max(1, len(word) // 3):
                    yield distance, other
        if len(word) >= _SHORTEST_SLIP:
            for left in slips(word, 1):
                for other in self._by_slip.get(left, ()):
                    distance = edits(word, other)
                    if distance <= (2 if len(word) >= _TWO_SLIPS else 1) and other[0] == word[0]:
                        yield distance, other


def edits(one: str, other: str) -> int:
    """Letters added, dropped, changed or swapped with the next to make one word of the other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
