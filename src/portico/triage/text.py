"""A message as one row of words, each with the field and the code points that it came from. Pure."""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from portico.triage.model import Message
from portico.triage.tokens import SENTENCE_END, Token, tokens


@dataclass(frozen=True)
class Text:
    """Subject, body and captions one after the other, a sentence's end between them."""

    places: tuple[tuple[str, Token], ...]
    words: tuple[str, ...]
    """As they were meant (see spelling.py)."""
    foreign_letters: int
    """Letters of other scripts than Latin."""

    @cached_property
    def real_words(self) -> int:
        """How many words there are, without marks."""
        return sum(word[0].isalnum() for word in self.words)

    @property
    def written(self) -> tuple[str, ...]:
        """The words as they were written, without pictures that only stand for some."""
        return tuple(token.text for _, token in self.places if not token.is_sign)

    def span(self, start: int, end: int) -> tuple[str, int, int]:
        """Field and code points of words `start` to `end`; up to the last word of the first one's field."""
        field, first = self.places[start]
        last = next(token for name, token in reversed(self.places[start:end]) if name == field)
        return field, first.start, last.end


def text_of(message: Message, meant: Callable[[str], str]) -> Text:
    """The words of every field of a message."""
    places = tuple(_places(message))
    return Text(
        places=places,
        words=tuple(meant(token.text) if token.text[:1].isalpha() else token.text for _, token in places),
        foreign_letters=sum(_foreign(text) for _, text in fields(message)),
    )


def fields(message: Message) -> Iterator[tuple[str, str]]:
    """The name and text of each field."""
    yield "subject", message.subject
    yield "body", message.body
    for number, caption in enumerate(message.captions):
        yield f"caption-{number}", caption


def _places(message: Message) -> Iterator[tuple[str, Token]]:
    for name, text in fields(message):
        for token in tokens(text):
            if token.text:
                yield name, token
        yield name, Token(SENTENCE_END, len(text), len(text))


def _foreign(text: str) -> int:
    if text.isascii():
        return 0
    return sum(1 for c in text if not c.isascii() and c.isalpha() and not unicodedata.name(c, "").startswith("LATIN"))
