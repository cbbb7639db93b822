"""Plain statistics beside the rules: weighted sums over words and concepts. Pure; they may only raise a level.

They were fitted on the corpora that were read, by `python -m benchmarks.triage_fit`, which keeps them in
`lexicon/statistics.json`. A text scores the sum of the weights of its features, divided by the root of their number.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from math import sqrt
from typing import NamedTuple

import msgspec

from portico.triage.context import Context
from portico.triage.lexicon_file import language_words, statistics_file
from portico.triage.matching import Match, Row
from portico.triage.model import Level
from portico.triage.tokens import COMMA, QUOTE, SENTENCE_END

_MARKS = frozenset({SENTENCE_END, COMMA, QUOTE, "_"})
_PAUSES = frozenset({COMMA, QUOTE})
_FUNCTION = language_words()["function"]
"""Words that say nothing of their own: whether they stand in a denial tells nothing either."""
_MOST_PAIRED = 40
"""Concepts of one sentence that are paired; longer sentences are hostile or need no pairs."""

CALM = frozenset({"c:calm", "c:errand", "c:denied", "c:aside"})
"""Features of a text that speaks calmly, of an errand, denies one sign after the other, or names signs none of which counts."""
SURER = 0.6
"""How much higher a sum must come in such a text, chosen on the development corpora."""
AGAIN_SURER = 0.15
"""How much more for each further one of these features."""
NO_SIGN, SURER_WITHOUT = "s:0", 0.6
"""How much surer a sum must be in a text that names no concept of the lexicon: words that alarm without a sign are chance."""
_MOST_SIGNS = 5
_SURE: frozenset[Level] = frozenset({"emergency", "call_now"})
_LIST_OF_DENIALS = 2
_SIGNS, _ASIDE = ("k:", "n:"), ("k:no:", "n:no:")
_JUST_BEFORE = 2
_FEW = 40
_AGAINST_ROUTINE, _AGAINST_SAME_DAY, _NEARLY = 3, 2, 0.3


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """A weighted sum and the score from which it raises."""

    threshold: float
    weights: dict[str, float]


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """The three sums."""

    not_routine: Sum
    """Raises to same day."""
    emergency: Sum
    """Emergency against routine: raises to emergency."""
    over_same_day: Sum
    """Emergency against same day: together with `emergency` it raises what the rules hold for same day."""


@cache
def fitted() -> Statistics:
    """The sums that ship with the package."""
    return msgspec.json.decode(statistics_file(), type=Statistics)


def raised_to(found: frozenset[str], by_rules: Level, sums: Statistics) -> Level:
    """The level that the statistics give to a message for which the rules give `by_rules`."""
    emergency = score(found, sums.emergency)
    above = Above(
        not_routine=score(found, sums.not_routine) - sums.not_routine.threshold,
        emergency=emergency - sums.emergency.threshold,
        over_same_day=emergency + score(found, sums.over_same_day) - sums.over_same_day.threshold,
    )
    return raised(above, by_rules, margin(found))


class Above(NamedTuple):
    """How far each sum is above the score from which it raises."""

    not_routine: float
    emergency: float
    over_same_day: float


def raised(above: Above, by_rules: Level, surer: float) -> Level:
    """The level that sums give, the same-day one of which must be surer by so much.

    Against routine the sums tell emergencies well, so a third is enough there. Against same day `over_same_day` tells
    them; where the rules see a same-day sign, it may lack a little if `emergency` is reached too. What the rules hold for
    `call_now` stays that: the corpora have one word for both, so the sums cannot tell them apart.
    """
    if by_rules in _SURE:
        return by_rules
    if by_rules == "routine":
        urgent = above.emergency >= surer / _AGAINST_ROUTINE
    else:
        reached = above.emergency >= surer / _AGAINST_SAME_DAY
        urgent = above.over_same_day >= (-_NEARLY if reached else 0.0) or above.emergency >= SURER
    if urgent:
        return "emergency"
    return "same_day" if above.not_routine >= surer else "routine"


def margin(found: frozenset[str]) -> float:
    """How much surer than its threshold a sum must be where the writer is calm or no sign is named."""
    tones = len(CALM & found)
    calm = SURER + AGAIN_SURER * (tones - 1) if tones else 0.0
    return calm + (SURER_WITHOUT if NO_SIGN in found else 0.0)


def score(found: Iterable[str], one: Sum) -> float:
    """Features that the corpus did not hold count nothing, and a few of them say no more than forty would."""
    known = [one.weights[feature] for feature in found if feature in one.weights]
    return sum(sorted(known)) / sqrt(max(len(known), _FEW))


def features(
    words: Sequence[str], row: Row, context: Context, measured: Iterable[Match], days: int | None
) -> frozenset[str]:
    """Words and pairs of them, concepts and their pairs in one sentence, measures, how many, and whether the days are unknown."""
    found = frozenset(_features(words, row, context, measured))
    signs = sum(feature.startswith(_SIGNS) and not feature.startswith(_ASIDE) for feature in found)
    found |= {f"s:{min(signs, _MOST_SIGNS)}"}
    return found | {"d:unknown"} if days is None else found  # a day that is told alarms nobody by itself


def tone(marks: Iterable[Match], context: Context, measured: Iterable[Match]) -> frozenset[str]:
    """Whether the text speaks calmly, of an errand, or denies one sign after the other (`CALM`)."""
    found = {f"c:{mark.family}" for mark in marks if mark.family in {"calm", "errand"} and not _denied(mark, context)}
    if any(match.family == "pain.number" for match in measured):
        found.add("c:calm")
    if context.denials >= _LIST_OF_DENIALS:
        found.add("c:denied")
    return frozenset(found)


def _denied(mark: Match, context: Context) -> bool:
    """`not feeling good`; but `no pus, sleeping well` is calm."""
    by = context.negated_by.get(mark.start)
    return by is not None and mark.start - by <= _JUST_BEFORE


def _features(words: Sequence[str], row: Row, context: Context, measured: Iterable[Match]) -> Iterator[str]:
    yield from _wording(words, context)
    concepts: set[str] = set()
    for at, word in enumerate(words):
        aside = "no:" if context.touches(at) else ""
        if word not in _MARKS and word not in _FUNCTION:
            yield f"w:{aside}{word}"
        for term in row[at]:
            if term.startswith("<") and " " not in term:
                yield f"k:{aside}{term}"
                if not aside:
                    concepts.add(term)
        if word == SENTENCE_END:
            yield from _pairs(concepts)
            concepts.clear()
    yield from _pairs(concepts)
    for match in measured:
        yield f"n:{'no:' if context.sets_aside(match) else ''}{match.family}"


def _wording(words: Sequence[str], context: Context) -> Iterator[str]:
    """Every word as it stands, small ones too, and each with the one behind it: how a thing is said says much.

    Not of what is set aside: `in 2015 my face drooped` is no way to tell of a face that droops.
    """
    spoken = [(word, context.touches(at)) for at, word in enumerate(words) if word not in _PAUSES]
    for (word, is_aside), (follower, _) in zip(spoken, [*spoken[1:], (SENTENCE_END, False)], strict=True):
        if not is_aside:
            yield f"u:{word}"
            yield f"b:{word} {follower}"


def _pairs(concepts: Iterable[str]) -> Iterator[str]:
    ordered = sorted(concepts)[:_MOST_PAIRED]
    for at, one in enumerate(ordered):
        for other in ordered[at + 1 :]:
            yield f"p:{one}{other}"
