"""Tells whether a text can be read at all: English, Spanish, or something for a person (T26). Pure."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from portico.triage.lexicon_file import language_words

_WORDS = language_words()
_EN_ES = _WORDS["own"]
_OTHERS = _WORDS["other"]
_SHARED = _EN_ES & _OTHERS
_ARTICLES, _NEVER_AFTER_ARTICLE = _WORDS["article"], _WORDS["bare_end"]
_LINKING, _JOINING = _WORDS["linking"], _WORDS["joining"]
_BROKEN, _WORDS_A_BREAK = 2, 15
"""So many broken pairs, and one in so many words, make a salad: a slip of the tongue or two in a long text do not."""


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
    if _is_salad(words):
        return True
    long = [word for word in latin if len(word) >= 3]
    return sum(map(knows, long)) < 0.5 * len(long) if len(long) >= 2 else not any(map(knows, latin))


def _is_salad(words: Sequence[str]) -> bool:
    """Known words that say nothing together, as dictation makes them: `so the when it the green of and`."""
    broken = sum(_is_broken(one, other) for one, other in pairwise(words))
    return broken >= _BROKEN and broken * _WORDS_A_BREAK >= len(words)


def _is_broken(one: str, other: str) -> bool:
    """An article without its noun, or `of and`."""
    return (one in _ARTICLES and other in _NEVER_AFTER_ARTICLE) or (one in _LINKING and other in _JOINING)
