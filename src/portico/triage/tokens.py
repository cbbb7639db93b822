"""Cuts free text into plain tokens that remember where they stood. Linear in the length of the text."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

SENTENCE_END = "."
COMMA = ","
QUOTE = '"'

_UNSEEN = "\u0300-\u036f\u0489\u200b-\u200f\u00ad\ufe0f"
"""Accents written apart, decoration ("zalgo") and characters without a shape: they never end a word."""

_LETTERS = rf"(?:[^\W\d_][{_UNSEEN}]*)+"

_PIECE = re.compile(
    rf"(?P<word>{_LETTERS}(?:['’‘`´]{_LETTERS})*)"
    r"|(?P<number>\d+(?:[.,:/]\d+)*½?)"
    r"|(?P<end>[.!?;\n\r…¿¡]+)"
    r"|(?P<comma>[,()\[\]–—:]|\s-+\s)"
    r"|(?P<quote>[\"“”«»„])"
    r"|(?P<sign>[%$°º€+🆘🤒🤧🤕🤮🤢🩸🚑😷🥵🥶])",
)
_RUN = re.compile(r"[a-z\d]+(?:-[a-z\d]+)*", re.IGNORECASE | re.ASCII)
_GROUP = re.compile(r"[a-z]+|\d+", re.IGNORECASE | re.ASCII)
_CODE_GROUPS, _CODE_LETTERS, _NO_RANGE = 4, 2, 4
_HEX = frozenset("abcdef")
REFERENCE = "reference"
"""What stands for a code (`9f3a7c1`, `3a7-b9`): its digits count nothing."""

_SIGNS: Mapping[str, str] = {
    "%": "percent",
    "$": "dollar",
    "€": "dollar",
    "°": "degrees",
    "º": "degrees",
    "+": "plus",
    "🆘": "sos",
    "🚑": "sos",
    "🤒": "fever",
    "🥵": "feverish",
    "🥶": "shivering",
    "🤕": "hurt",
    "🤮": "vomiting",
    "🤢": "nauseous",
    "🩸": "blood",
    "🤧": "sneezing",
    "😷": "sick",
}
_APOSTROPHES = re.compile(r"['’‘`´]")
_DROPPED = re.compile("[\u0300-\u0302\u0304-\u036f\u0489\u200b-\u200f\u00ad\ufe0f]")
_LONG_RUN = re.compile(r"(.)\1{2,}")
_LONGEST_WORD = 40
"""Longer runs of letters are no words; they are cut so that spelling stays cheap."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or mark in its plain form, and the code points that it came from."""

    text: str
    start: int
    end: int
    is_sign: bool = False
    """A sign or picture that is read as a word (`%`, a drop of blood)."""


def tokens(text: str) -> tuple[Token, ...]:
    """Words in lower case without accents (ñ becomes ny), numbers, `.`, `,` and quotation marks."""
    return tuple(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    codes = {found.start(): found.end() for found in _RUN.finditer(text) if _is_code(found.group())}
    behind = 0
    for piece in _PIECE.finditer(text):
        if piece.start() in codes:
            behind = codes[piece.start()]
            yield Token(REFERENCE, piece.start(), behind)
        if piece.start() >= behind:
            yield _token_of(piece)


def _is_code(text: str) -> bool:
    """Whether letters and digits alternate as in no measure: `9f3a7c1`, but not `8outof10` or `pain-8-temp-102`."""
    if text.isalpha() or text.isdigit():
        return False
    groups = _GROUP.findall(text.replace("-", ""))
    words = (one for one in groups if one.isalpha() and not _HEX.issuperset(one.lower()))
    if len(groups) == 3 and len(text) == 3:
        return groups[0].isdigit() and int(groups[2]) - int(groups[0]) >= _NO_RANGE  # `3a7`; but `7a8` is a range
    return len(groups) >= _CODE_GROUPS and all(len(one) <= _CODE_LETTERS for one in words)


def _token_of(piece: re.Match[str]) -> Token:
    kind = piece.lastgroup
    start, end = piece.span()
    if kind == "word":
        return Token(plain(piece.group()), start, end)
    if kind == "number":
        return Token(ascii_digits(piece.group()), start, end)
    if kind == "sign":
        return Token(_SIGNS[piece.group()], start, end, is_sign=True)
    return Token({"end": SENTENCE_END, "comma": COMMA, "quote": QUOTE}[kind or "end"], start, end)


def plain(word: str) -> str:
    """`Fièvre’s` as `fievres`, `niño` as `ninyo`, `soooo` as `soo`."""
    folded = _DROPPED.sub("", word).lower().replace("n\u0303", "ny").replace("ñ", "ny")
    if not folded.isascii():
        decomposed = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", folded))
        folded = "".join(character for character in decomposed if not unicodedata.combining(character))
    elif "'" in folded or "`" in folded:
        folded = _APOSTROPHES.sub("", folded)
    return _LONG_RUN.sub(r"\1\1", folded)[:_LONGEST_WORD]


def ascii_digits(number: str) -> str:
    """Digits of any script as 0 to 9; `9½` as `9.5`."""
    number = number.replace("½", ".5")
    return number if number.isascii() else "".join(str(unicodedata.digit(c, c)) for c in number)
