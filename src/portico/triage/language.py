"""Tells whether a text can be read at all: English, Spanish, or something for a person (T26). Pure."""

from collections.abc import Callable, Sequence

from portico.triage.lexicon_file import language_words

_WORDS = language_words()
_EN_ES = _WORDS["own"]
_OTHERS = _WORDS["other"]
_SHARED = _EN_ES & _OTHERS


def unreadable(words: Sequence[str], knows: Callable[[str], bool], *, foreign_letters: int) -> bool:
    """Whether a person must read it: nothing to read, mostly another script or tongue, or mostly no words at all."""
    real = [word for word in words if word[0].isalpha()]
    if not real:
        return True
    latin = [word for word in real if word.isascii()]
    if foreign_letters > sum(len(word) for word in latin):
        return True
    own = sum(word in _EN_ES and word not in _SHARED for word in latin)
    other = sum(word in _OTHERS and word not in _SHARED for word in latin)
    if other >= 2 and other > own:
        return True
    long = [word for word in latin if len(word) >= 3]
    return sum(map(knows, long)) < 0.5 * len(long) if len(long) >= 2 else not any(map(knows, latin))
