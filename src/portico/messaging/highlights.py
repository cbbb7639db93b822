"""A body cut at what was found in it, so that a page can mark those places. Pure."""

from itertools import pairwise

import msgspec

from portico import triage
from portico.messaging.reading import Letter
from portico.messaging.shapes import spans_of


class Piece(msgspec.Struct, frozen=True):
    """A stretch of text, and which rows of the triage table speak of it."""

    text: str
    rows: tuple[str, ...]

    @property
    def title(self) -> str:
        """What these rows speak of, each with its code."""
        return "; ".join(f"{triage.name_of_row(row)} ({row})" for row in self.rows)


def highlighted(letter: Letter) -> list[Piece]:
    """The body in pieces, in order; together they are the body."""
    body = letter.body or ""
    spans = [span for span in spans_of(letter) if span.field == "body" and 0 <= span.start < span.end <= len(body)]
    edges = sorted({0, len(body), *(span.start for span in spans), *(span.end for span in spans)})
    return [
        Piece(body[start:end], tuple(dict.fromkeys(s.row for s in spans if s.start <= start and end <= s.end)))
        for start, end in pairwise(edges)
    ]
