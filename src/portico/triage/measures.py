"""What the numbers of a message measure: temperature, pain, sugar, oxygen, pulse, hours. Pure.

A number alone means nothing: the words around it say what it counts. 38.0 C and 100.4 F are fever, 7 of 10 is
severe (clinical.md section 5, T8, T9, T11).
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence

from portico.triage.lexicon_file import measure_words
from portico.triage.matching import Match
from portico.triage.number_words import Number, numbers
from portico.triage.tokens import SENTENCE_END

SEVERE_PAIN = 7
FEVER_F, FEVER_C = 100.4, 38.0
HIGHEST_F, HIGHEST_C = 108.9, 42.5
_NO_FEVER_ABOVE = 106
LOW_SUGAR, HIGH_SUGAR = 69, 240
LOW_OXYGEN = 92
FAST_PULSE = 110

_WORDS = measure_words()
_UNITS = _WORDS["units"]
_TEMPERATURE = _WORDS["temperature"]
_REACHED = _WORDS["reached"]
_PAIN = _WORDS["pain"]
_BEFORE_SCORE = _WORDS["before_score"]
_SAID_BEFORE = _WORDS["said_before"]
_AFTER_SCORE = _WORDS["after_score"]
_EARLIER = _WORDS["earlier"]
_WEATHER = _WORDS["weather"]
"""What is that hot without being ill."""
_CLOCK = _WORDS["clock"]
"""What happens at an hour of the clock."""
_NAMES = _WORDS["names"]
"""What is named by a number: an order, a room, a ticket."""
_NAMED_BY = 2
_SAID_OF_FEVER = _WORDS["said_of_fever"]
_AFTER_FEVER = _WORDS["after_fever"]
_COMPLAINT = _WORDS["complaint"]
"""What is said beside scores that are noted one after the other."""
_STEP_APART = 8
_RANGE = frozenset({"to", "or", "a", "o"})


def measures(words: Sequence[str]) -> Iterator[Match]:
    """What the numbers say, as matches of families named in rows.py."""
    found = [number for number in numbers(words) if not _names_something(words, number)]
    for number in found:
        family = _family(words, number)
        if family:
            yield _match(family, number)
    yield from _climbing(words, found)


def _names_something(words: Sequence[str], number: Number) -> bool:
    """`order 38.6`, `suite 104`: no measure at all."""
    return not _NAMES.isdisjoint(words[max(0, number.start - _NAMED_BY) : number.start])


def hours(words: Sequence[str]) -> float | None:
    """The longest time in hours that the message names (`18 hours`, `twenty hrs`), None without any."""
    named = [n.value for n in numbers(words) if words[n.end : n.end + 1] and words[n.end] in _HOURS]
    return max(named, default=None)


_HOURS = _WORDS["hours"]


def _match(family: str, number: Number) -> Match:
    return Match(family=family, start=number.start, end=number.end, covered=frozenset(range(number.start, number.end)))


def _family(words: Sequence[str], number: Number) -> str | None:
    if number.outof is None and _is_fever(words, number):
        return "fever.number"
    if _near(
        words,
        number,
        {
            "sugar",
            "sugars",
            "glucose",
            "glucosa",
            "azucar",
            "bg",
            "cgm",
            "dexcom",
            "libre",
            "glucometer",
            "glucometro",
            "meter",
            "medidor",
        },
        8,
    ):
        return "sugar.number" if not LOW_SUGAR < number.value < HIGH_SUGAR and number.value > 20 else None
    if 60 < number.value <= LOW_OXYGEN and _near(
        words, number, {"oxygen", "spo2", "oximeter", "sat", "sats", "o2", "oxigeno"}, 6
    ):
        return "oxygen.number"
    alone = number.outof is None  # 118/76 is a pressure
    if (
        alone
        and FAST_PULSE <= number.value < 250
        and _near(words, number, {"pulse", "heart", "bpm", "pulso", "ritmo"}, 5)
    ):
        return "pulse.number"
    return _pain_family(words, number)


def _near(words: Sequence[str], number: Number, any_of: Iterable[str], reach: int) -> bool:
    return not set(any_of).isdisjoint(_around(words, number, reach))


def _around(words: Sequence[str], number: Number, reach: int) -> set[str]:
    """Words of the same sentence not farther than `reach`."""
    around: set[str] = set()
    for way in (range(number.start - 1, number.start - 1 - reach, -1), range(number.end, number.end + reach)):
        for at in way:
            if not 0 <= at < len(words) or words[at] == SENTENCE_END:
                break
            around.add(words[at])
    return around


def _is_fever(words: Sequence[str], number: Number) -> bool:
    value, following = number.value, _word(words, number.end)
    if following in _UNITS or _word(words, number.start - 1) in {"dollar", "room", "suite", "route", "highway", "page"}:
        return False
    if _near(words, number, _WEATHER, 7):
        return False
    if not (FEVER_F <= value <= HIGHEST_F or FEVER_C <= value <= HIGHEST_C):
        return (
            value == 100 and _word(words, number.start - 1) in {"over", "above"} and _about_temperature(words, number)
        )
    return number.decimal or _about_temperature(words, number) or _stands_for_fever(words, number)


def _stands_for_fever(words: Sequence[str], number: Number) -> bool:
    """`im 102`, `ran 102 all night`, `un día con 39`, or `102.` as a sentence: nobody says what else it counts."""
    before, after = _word(words, number.start - 1), _word(words, number.end)
    if number.value > _NO_FEVER_ABOVE or number.decimal or number.outof is not None:
        return False
    if before == SENTENCE_END and after == SENTENCE_END:
        return number.value > FEVER_F
    return before in _SAID_OF_FEVER and after in _AFTER_FEVER


def _about_temperature(words: Sequence[str], number: Number) -> bool:
    if _near(words, number, _TEMPERATURE, 8):
        return True
    return _word(words, number.start - 1) in _REACHED and not _TEMPERATURE.isdisjoint(words)


def _word(words: Sequence[str], at: int) -> str:
    return words[at] if 0 <= at < len(words) else SENTENCE_END


def _pain_family(words: Sequence[str], number: Number) -> str | None:
    if not _is_score(words, number):
        return None
    if not _EARLIER.isdisjoint(words[max(0, number.start - 2) : number.end + 4]) and "never" not in words:
        return "pain.earlier"
    top = _top_of_range(words, number)
    return "pain.seven" if top >= SEVERE_PAIN else "pain.number"


def _top_of_range(words: Sequence[str], number: Number) -> float:
    """7 of `6-7`, `6 to 7`, `6 or 7`."""
    rest = words[number.end : number.end + 2]
    skip = 1 if rest and rest[0] in _RANGE else 0
    following = numbers(rest[skip : skip + 1])
    if following and following[0].value <= 10 and following[0].value >= number.value:
        return following[0].value
    return number.value


def _is_score(words: Sequence[str], number: Number) -> bool:
    if number.outof is not None:
        return number.outof == 10 and number.value <= 100
    if _out_of_ten(words, number.end):
        return True
    before, after = _word(words, number.start - 1), _word(words, number.end)
    if number.value > 10 or after in _UNITS or _is_the_ten(words, number):
        return False
    if before in {"pain", "level", "nivel", "dolor"}:
        return True
    said = _word(words, number.start - 2) in _SAID_BEFORE and before in {"a", "an", "un"}
    rest = words[number.end + 1 : number.end + 2]
    in_range = after in _RANGE and bool(numbers(rest))  # `7 a 8`
    followed_well = said or in_range or after in _AFTER_SCORE or bool(numbers([after]))
    named = before in _BEFORE_SCORE and followed_well
    half = number.decimal and number.value >= SEVERE_PAIN  # `sitting at 7.5 all week`
    return named and (half or before in {"a", "an", "un", "solid"} or _near(words, number, _PAIN, 7))


def _is_the_ten(words: Sequence[str], number: Number) -> bool:
    """The 10 of `3 de 10`, which belongs to the 3."""
    scored = list(words[max(0, number.start - 2) : number.start])
    return number.value == 10 and scored[1:] in (["of"], ["de"], ["sobre"]) and bool(numbers(scored[:1]))


def _out_of_ten(words: Sequence[str], at: int) -> bool:
    following = [word for word in words[at : at + 5] if word != "a"]
    links = ({"out", "of"}, {"of"}, {"on"}, {"over"}, {"de"}, {"sobre"}, {"outta"}, {"en", "escala", "de"})
    for link in links:
        size = len(link)
        if set(following[:size]) == link and following[size : size + 1] in (["10"], ["ten"], ["diez"]):
            return True
    return False


def _counts_time(words: Sequence[str], number: Number) -> bool:
    return _word(words, number.end) in _UNITS or _word(words, number.start - 1) in {
        "day", "days", "hour", "hora", "week", "dia", "semana", "session", "sesion", "month", "mes", "page", "step", "number", "grade", "size", "january",
        "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december", "until", "till",
    }  # fmt: skip


def _climbing(words: Sequence[str], found: Sequence[Number]) -> Iterator[Match]:
    """`4 at breakfast, 6 at lunch, now 9`: scores of one sentence that rise by three or more to seven or more."""
    scores = [
        n
        for n in found
        if n.value <= 10
        and n.outof in {None, 10}
        and not _counts_time(words, n)
        and not _near(words, n, _CLOCK, 5)
        and _word(words, n.start - 1) != "by"  # `loosens by ten` is an hour
    ]
    yield from _steps_up(scores)
    yield from _log(words, found)
    for first, last in itertools.pairwise(scores):
        between = words[first.end : last.start]
        rises = last.value >= SEVERE_PAIN and last.value - first.value >= 2
        if (
            rises
            and SENTENCE_END not in between
            and 0 < len(between) <= 8
            and not {"out", "of", "de", "or", "scale", "before", "antes"} & set(between)
        ):
            yield Match(
                family="pain.climbing", start=first.start, end=last.end, covered=frozenset(range(last.start, last.end))
            )


def _log(words: Sequence[str], found: Sequence[Number]) -> Iterator[Match]:
    """`6 this morning. 7 after lunch. 8 at the game. its 9 now`: three scores, each higher, noted beside a complaint."""
    scores = [n for n in found if n.value <= 10 and n.outof in {None, 10} and not _counts_time(words, n)]
    for one, two, three in zip(scores, scores[1:], scores[2:], strict=False):
        near = three.start - two.end <= _STEP_APART and two.start - one.end <= _STEP_APART
        rises = one.value < two.value < three.value and three.value >= SEVERE_PAIN
        if near and rises and not _COMPLAINT.isdisjoint(words) and _CLOCK.isdisjoint(words[one.start : three.end]):
            yield _match("pain.climbing", three)


def _steps_up(scores: Sequence[Number]) -> Iterator[Match]:
    """`6→7→8→9`: three scores side by side, each higher than the one before, up to seven or more."""
    for one, two, three in zip(scores, scores[1:], scores[2:], strict=False):
        side_by_side = one.end == two.start and two.end == three.start
        if side_by_side and one.value < two.value < three.value and three.value >= SEVERE_PAIN:
            yield _match("pain.climbing", three)
