"""Numbers in digits and in words, English and Spanish, with the place where they stand. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_EN = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_ES = "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve"
_SMALL: Mapping[str, int] = {
    **{word: value for value, word in enumerate(_EN.split())},
    **{word: value for value, word in enumerate(_ES.split())},
}
_TENS: Mapping[str, int] = {
    **{
        w: v * 10
        for v, w in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2)
    },
    **{
        w: v * 10
        for v, w in enumerate(
            ["veinte", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"], start=2
        )
    },
}
_POINTS = frozenset({"point", "punto", "coma", "con"})
_BODY_HEAT = range(35, 43)
"""Degrees Celsius that `con` adds tenths to: `38 con 4`; `2 con 3` are two things."""
_OH = frozenset({"oh", "o", "zero"})


@dataclass(frozen=True, slots=True)
class Number:
    """A number, the words it covers, and how it was written."""

    value: float
    start: int
    end: int
    decimal: bool = False
    outof: float | None = None
    """The second number of `8/10`."""


def numbers(words: Sequence[str]) -> tuple[Number, ...]:
    """Every number in order; words that make one number are taken together."""
    return tuple(_numbers(words))


def _numbers(words: Sequence[str]) -> Iterator[Number]:
    at = 0
    while at < len(words):
        number = _digits(words, at) or _spelled(words, at)
        if number:
            yield number
        at = number.end if number else at + 1


def _digits(words: Sequence[str], at: int) -> Number | None:
    word = words[at]
    if not word[0].isdigit() or len(word) > 12:
        return None
    if "/" in word:
        top, _, bottom = word.partition("/")
        value, outof = _number_of(top), _number_of(bottom)
        return None if value is None or outof is None else Number(value, at, at + 1, decimal="." in top, outof=outof)
    value = _number_of(word)
    if value is None:
        return None
    half = _half(words, at + 1)
    if half:
        return Number(value + 0.5, at, at + 1 + half, decimal=True)
    decimal = "." in word or "," in word
    following = words[at + 1 : at + 3]
    points = _POINTS if value in _BODY_HEAT else _POINTS - {"con"}
    if not decimal and len(following) == 2 and following[0] in points and following[1].isdigit():
        return Number(value + float(f"0.{following[1][:3]}"), at, at + 3, decimal=True)
    return Number(value, at, at + 1, decimal=decimal)


def _number_of(text: str) -> float | None:
    if ":" in text or text.count(".") + text.count(",") > 1:
        return None
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def _half(words: Sequence[str], at: int) -> int:
    """How many words say "and a half"; 0 = none."""
    if tuple(words[at : at + 2]) in {("y", "medio"), ("y", "media")}:
        return 2
    return 3 if tuple(words[at : at + 3]) == ("and", "a", "half") else 0


def _spelled(words: Sequence[str], at: int) -> Number | None:
    whole, end = _whole(words, at)
    if whole is None:
        return None
    if end + 1 < len(words) and words[end] in _POINTS:
        tenth = _digit(words[end + 1])
        if tenth is not None:
            return Number(whole + tenth / 10, at, end + 2, decimal=True)
    half = _half(words, end)
    if half:
        return Number(whole + 0.5, at, end + half, decimal=True)
    return Number(float(whole), at, end)


def _digit(word: str) -> int | None:
    value = _SMALL.get(word)
    if value is None and word.isdigit() and len(word) == 1:
        value = int(word)
    return value if value is not None and value < 10 else None


def _whole(words: Sequence[str], at: int) -> tuple[int | None, int]:
    """A whole number in words and the place behind it."""
    following = [*words[at : at + 4], "", "", ""]
    hundred = _hundred(following)
    if hundred:
        rest, used = _below_hundred([*words[at + hundred : at + hundred + 3], "", "", ""])
        return 100 + (rest or 0), at + hundred + used
    if following[0] == "one" and following[1] in _OH and following[2] in _SMALL:
        return 100 + _SMALL[following[2]], at + 3
    value, used = _below_hundred(following)
    return value, at + used


def _hundred(following: Sequence[str]) -> int:
    """How many words say "hundred (and)"; 0 = none."""
    if following[0] in {"ciento", "cien"}:
        return 1
    if following[0] in {"a", "one", "un"} and following[1] == "hundred":
        return 3 if following[2] == "and" and (following[3] in _SMALL or following[3] in _TENS) else 2
    return 0


def _below_hundred(following: Sequence[str]) -> tuple[int | None, int]:
    if following[0] in _TENS:
        tens = _TENS[following[0]]
        if 0 < _SMALL.get(following[1], 0) < 10:
            return tens + _SMALL[following[1]], 2
        if following[1] == "y" and 0 < _SMALL.get(following[2], 0) < 10:
            return tens + _SMALL[following[2]], 3
        return tens, 1
    if following[0] in _SMALL:
        return _SMALL[following[0]], 1
    return None, 0
