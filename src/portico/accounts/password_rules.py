"""Which passwords may be chosen: long ones that are not made of what anybody would try first. Pure, and never asks out."""

import unicodedata
from collections.abc import Iterable
from typing import Final

from portico.accounts.rules import normal_email
from portico.errors import Invalid

MIN_CHARACTERS: Final = 15
"""ASVS 5.0 6.2.1 asks for 8 and advises 15; no other rule about composition (6.2.5), paste is welcome.

The pages say it in `entry_fields.html`, once for all of them.
"""

_MIN_DIFFERENT: Final = 6
_MIN_OTHER: Final = 6
"""Characters that must be left when everything that is known about the person is taken away."""

_WELL_KNOWN = ("password", "passwort", "portico", "welcome", "qwertyuiop", "asdfghjkl", "letmein", "iloveyou", "portal")
_RUNS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
)


class PasswordRefused(Invalid):
    """The password is too short or too easy to guess; the message says what to do instead."""

    code = "password-refused"


def check_new_password(password: str, about: Iterable[str] = ()) -> None:
    """Raises PasswordRefused. `about` is what anybody knows of the person: name, e-mail address, clinic."""
    if len(password) < MIN_CHARACTERS:
        raise PasswordRefused(
            f"Please choose a password with at least {MIN_CHARACTERS} characters. Several words in a row are a good one."
        )
    plain = _plain(password)
    if len(set(plain)) < _MIN_DIFFERENT or _repeats(plain) or _is_run(plain):
        raise PasswordRefused("This password repeats itself and is easy to guess. Choose several words instead.")
    if len(_without(plain, [*_WELL_KNOWN, *_words(about)])) < _MIN_OTHER:
        raise PasswordRefused(
            "This password is made of words that others would try first, such as a name. Choose other words."
        )


def _plain(text: str) -> str:
    """Small letters without accents: a name is one's own in any spelling."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in apart if not unicodedata.combining(mark))


def _repeats(text: str) -> bool:
    """Whether the text is one part, written again and again."""
    return text in (text + text)[1:-1]


def _is_run(text: str) -> bool:
    """Whether most of it runs along the alphabet, the digits or the keyboard."""
    pairs = [text[i : i + 3] for i in range(len(text) - 2)]
    runs = [each for run in _RUNS for each in (run, run[::-1])]
    along = sum(any(pair in run for run in runs) for pair in pairs)
    return along * 3 >= len(pairs) * 2


def _words(about: Iterable[str]) -> list[str]:
    parts = (_plain(normal_email(text)).replace("@", " ").replace(".", " ").replace("-", " ").split() for text in about)
    return [word for found in parts for word in found if len(word) >= 3]


def _without(text: str, words: Iterable[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "")
    return "".join(mark for mark in text if mark.isalnum())
