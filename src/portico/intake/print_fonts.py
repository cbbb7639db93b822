"""Which characters the fonts in `fonts/` can print, and words for those they cannot, so that nothing vanishes on paper."""

import struct
import unicodedata
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).with_name("fonts")
LONG_WORD = 24
"""A word that runs on for longer than this may be broken after so many characters."""

_FORMAT_4, _FORMAT_12 = 4, 12
_BREAK_HERE = "\u200b"
_LAYOUT_ONLY = frozenset({"Cf", "Mn", "Me", "Cc"})


def printable(text: str) -> str:
    """The text with what cannot be printed put into words; long words may break."""
    known = _characters()
    if text.isascii() or all(ord(character) in known for character in text):
        return _breakable(text)
    runs = groupby(text, key=lambda character: ord(character) in known or character == "\n")
    return _breakable("".join("".join(run) if can else _in_words("".join(run)) for can, run in runs))


def _in_words(run: str) -> str:
    """Symbols by their Unicode name; letters of a script that is not at hand, by how many they are."""
    named: list[str] = []
    letters = 0
    for character in run:
        kind = unicodedata.category(character)
        if kind.startswith(("L", "N")):
            letters += 1
        elif kind not in _LAYOUT_ONLY and kind != "Sk":  # modifiers of the symbol before
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


@cache
def _characters() -> frozenset[int]:
    """All code points that one of the fonts has a glyph for."""
    found: set[int] = set()
    for path in sorted(FOLDER.glob("*.[ot]tf")):
        found |= _code_points(path.read_bytes())
    return frozenset(found)


def _code_points(font: bytes) -> set[int]:
    """From the `cmap` table (OpenType 1.9, formats 4 and 12)."""
    start = _table(font, b"cmap")
    (count,) = struct.unpack_from(">H", font, start + 2)
    found: set[int] = set()
    for number in range(count):
        (offset,) = struct.unpack_from(">I", font, start + 4 + 8 * number + 4)
        (kind,) = struct.unpack_from(">H", font, start + offset)
        if kind == _FORMAT_4:
            found |= _format_4(font, start + offset)
        elif kind == _FORMAT_12:
            found |= _format_12(font, start + offset)
    return found


def _table(font: bytes, tag: bytes) -> int:
    (count,) = struct.unpack_from(">H", font, 4)
    for number in range(count):
        name, _, offset, _ = struct.unpack_from(">4sIII", font, 12 + 16 * number)
        if name == tag:
            return int(offset)
    raise LookupError(tag.decode())


def _format_4(font: bytes, start: int) -> set[int]:
    segments = struct.unpack_from(">H", font, start + 6)[0] // 2
    ends = struct.unpack_from(f">{segments}H", font, start + 14)
    starts = struct.unpack_from(f">{segments}H", font, start + 16 + 2 * segments)
    return {code for first, last in zip(starts, ends, strict=True) for code in range(first, last + 1) if code < 0xFFFF}


def _format_12(font: bytes, start: int) -> set[int]:
    (count,) = struct.unpack_from(">I", font, start + 12)
    groups = [struct.unpack_from(">III", font, start + 16 + 12 * number) for number in range(count)]
    return {code for first, last, _ in groups for code in range(first, last + 1)}
