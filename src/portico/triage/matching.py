"""Finds the lexicon's patterns in a row of words. Bounded work at each word, so linear in the text."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from portico.triage.patterns import BadPattern, Pattern, Step, compiled, phrases_of
from portico.triage.tokens import SENTENCE_END

_SHORTEST_BEGINNING = 2
_SURE_BEGINNING = 5

Ends = dict[str, list[int]]
"""Which terms begin at a word, and behind which words they may end."""

Row = Sequence[Ends]


@dataclass(frozen=True, slots=True)
class Match:
    """A family's pattern: from its first to behind its last word, and the words that its steps cover."""

    family: str
    start: int
    end: int
    covered: frozenset[int]


class Matcher:
    """Patterns as tables, by the term that they may begin with."""

    def __init__(self, concepts: Mapping[str, Iterable[str]], families: Mapping[str, Iterable[str]]) -> None:
        self._families = _Table(_all_compiled(families.items()))
        named = self._families.terms
        phrases = {phrase: (phrase,) for phrase in phrases_of(named)}
        every_concept = {**concepts, **phrases}
        self._concepts = _Table(_all_compiled((f"<{name}>", lines) for name, lines in every_concept.items()))
        terms = named | self._concepts.terms
        unknown = {term for term in terms if term.startswith("<") and term[1:-1] not in every_concept}
        if unknown:
            raise BadPattern(f"The lexicon names concepts that it does not define: {sorted(unknown)}.")
        self.vocabulary = frozenset(t for t in terms if not t.endswith("*") and not t.startswith("<"))
        self._beginnings = frozenset(term[:-1] for term in terms if term.endswith("*"))
        self._terms_of = lru_cache(maxsize=20_000)(self._found_terms)

    def knows(self, word: str) -> bool:
        """Whether the lexicon has this word or its beginning."""
        return word in self.vocabulary or any(True for _ in self._beginnings_of(word))

    def surely_knows(self, word: str) -> bool:
        """Whether it has this word, or a beginning long enough that no other word has it by chance."""
        return word in self.vocabulary or any(len(one) >= _SURE_BEGINNING for one in self._beginnings_of(word))

    def row(self, words: Sequence[str]) -> Row:
        """Which terms begin where."""
        by_word = {word: self._terms_of(word) for word in set(words)}
        row: list[Ends] = [{term: [at + 1] for term in by_word[word]} for at, word in enumerate(words)]
        possible = self._concepts.possible(row)
        found: set[tuple[int, str, int]] = set()
        for at in range(len(words)):
            for pattern in _beginning(possible, row[at]):
                found.update((at, pattern.family, end) for end, _ in _endings(pattern.steps, row, words, at))
        for at, concept, end in sorted(found):
            row[at].setdefault(concept, []).append(end)
        return row

    def matches(self, words: Sequence[str], row: Row) -> Iterator[Match]:
        """Every family that occurs; per pattern and beginning the shortest."""
        possible = self._families.possible(row)
        for at in range(len(words)):
            for pattern in _beginning(possible, row[at]):
                for end, covered in _endings(pattern.steps, row, words, at):
                    yield Match(family=pattern.family, start=at, end=end, covered=frozenset(covered))
                    break

    def _found_terms(self, word: str) -> tuple[str, ...]:
        whole = (word,) if word in self.vocabulary else ()
        return (*whole, *(f"{beginning}*" for beginning in self._beginnings_of(word)))

    def _beginnings_of(self, word: str) -> Iterator[str]:
        for length in range(_SHORTEST_BEGINNING, len(word) + 1):
            if word[:length] in self._beginnings:
                yield word[:length]


def _all_compiled(lists: Iterable[tuple[str, Iterable[str]]]) -> Iterator[Pattern]:
    for name, lines in lists:
        for line in lines:
            yield from compiled(name, line)


class _Table:
    """Patterns by the term that they may begin with.

    Choices of terms are numbered, since many steps share them: whether all steps of a pattern occur in a text is then
    one comparison of small sets.
    """

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self._by_first: dict[str, list[tuple[frozenset[int], Pattern]]] = defaultdict(list)
        numbers: dict[frozenset[str], int] = {}
        same: dict[frozenset[int], frozenset[int]] = {}
        for pattern in patterns:
            numbered = frozenset(numbers.setdefault(step.terms, len(numbers)) for step in pattern.steps[1:])
            rest = same.setdefault(numbered, numbered)
            for term in pattern.steps[0].terms:
                self._by_first[term].append((rest, pattern))
        self._choices_with: dict[str, list[int]] = defaultdict(list)
        for choice, number in numbers.items():
            for term in choice:
                self._choices_with[term].append(number)

    @property
    def terms(self) -> frozenset[str]:
        """Every term that a step names."""
        return frozenset(self._by_first) | frozenset(self._choices_with)

    def possible(self, row: Row) -> dict[str, list[Pattern]]:
        """Those that may begin with a term of the text and whose other steps occur somewhere in it."""
        present = {term for ends in row for term in ends}
        occur = {number for term in present if term in self._choices_with for number in self._choices_with[term]}
        return {
            term: [pattern for rest, pattern in self._by_first[term] if rest <= occur]
            for term in present
            if term in self._by_first
        }


def _beginning(possible: Mapping[str, list[Pattern]], ends: Ends) -> Iterator[Pattern]:
    """In the order of the lexicon."""
    for term in ends:
        yield from possible.get(term, ())


def _endings(
    steps: tuple[Step, ...], row: Row, words: Sequence[str], at: int, covered: tuple[int, ...] = ()
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Where the steps may end when the first may begin from `at` on, and which words they cover."""
    step, rest = steps[0], steps[1:]
    for begin in _within(words, at, step.gap):
        for term, ends in row[begin].items():
            if term in step.terms:
                for end in ends:
                    now = (*covered, *range(begin, end))
                    if rest:
                        yield from _endings(rest, row, words, end, now)
                    else:
                        yield end, now


def _within(words: Sequence[str], at: int, gap: int) -> Iterator[int]:
    """Places from `at` on that skip at most `gap` words and no end of a sentence; commas count nothing."""
    left = gap
    for place in range(at, len(words)):
        yield place
        if words[place] == SENTENCE_END or left == 0:
            return
        left -= words[place] != ","
