"""Which characters the fonts inside typst can print, and words for those they cannot: nothing vanishes on paper."""

import unicodedata
from functools import cache
from itertools import groupby
from typing import Final

FONTS: Final = ("Libertinus Serif", "DejaVu Sans Mono")
"""What the template prints with; both come with typst, none from the machine."""

LONG_WORD: Final = 24
"""A word that runs on for longer than this may be broken after so many characters."""

_RANGES: Final = (
    *("0020-007E", "00A0-0241", "0250-02E9", "0300-033F", "038E-03A1", "03A3-03CE", "0400-045F", "0490-04C4"),
    *("0531-0556", "0561-0587", "05B0-05C3", "05D0-05EA", "0621-063A", "0640-0655", "0660-066D", "10D0-10FC"),
    *(
        "1E00-1E9B",
        "1E9E-1EF9",
        "2000-2027",
        "2030-2037",
        "2039-203A",
        "2074-208E",
        "20A0-20B5",
        "2122-2122",
        "2153-2184",
    ),
    *("2190-2220", "2241-226B", "24EA-262F", "2638-268B", "2690-269C", "270C-2727", "2729-274B", "2761-277F"),
)
"""A part of what both weights have (a test prints every one): Latin, Greek, Cyrillic, Armenian, Hebrew, Arabic, signs."""

_BREAK_HERE = "\u200b"
_LAYOUT_ONLY = frozenset({"Cf", "Mn", "Me", "Cc", "Sk"})


def printable(text: str) -> str:
    """The text with what cannot be printed put into words; long words may break."""
    if not text.isascii():
        known = characters()
        runs = groupby(text, key=lambda character: character in known)
        text = "".join("".join(run) if can else _in_words("".join(run)) for can, run in runs)
    return _breakable(text)


@cache
def characters() -> frozenset[str]:
    """Everything that is printed as it is."""
    bounds = [(int(first, 16), int(last, 16)) for first, last in (part.split("-") for part in _RANGES)]
    return frozenset("\n").union(chr(code) for first, last in bounds for code in range(first, last + 1))


def _in_words(run: str) -> str:
    """Symbols by their Unicode name; letters of a script that is not at hand, by how many they are."""
    named: list[str] = []
    letters = 0
    for character in run:
        kind = unicodedata.category(character)
        if kind.startswith(("L", "N")):
            letters += 1
        elif kind not in _LAYOUT_ONLY:
            named.append(unicodedata.name(character, "unknown sign").lower())
    if letters:
        named.append(f"{letters} letters that cannot be printed, see the screen")
    return "".join(f"[{name}]" for name in named)


def _breakable(text: str) -> str:
    if all(len(word) <= LONG_WORD for word in text.split()):
        return text
    return " ".join(
        _BREAK_HERE.join(word[start : start + LONG_WORD] for start in range(0, len(word), LONG_WORD)) or word
        for word in text.split(" ")
    )
