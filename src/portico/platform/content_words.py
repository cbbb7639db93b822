"""What no words for a patient may be, whether they stand in a text or in a question: hard to read, or forbidden."""

import re
from collections.abc import Iterator

from portico.platform.reading_grade import Reading

HIGHEST_GRADE = 6.0
LONGEST_MEAN_SENTENCE = 12.0

BANNED = re.compile(
    r"no complications|100 ?% safe|good sign|do not be alarmed|permanent|85-90 ?%|not experimental|you are eligible|"
    r"you do not need|stop taking",
    re.IGNORECASE,
)
_DIALLED = re.compile(r"\d{3}[-. ]\d{4}|\(\d{3}\)")

Found = tuple[str, str]
"""Code and message of a fault."""


def reading_faults(reading: Reading) -> Iterator[Found]:
    """Whether a sixth-grader can read it."""
    if reading.grade > HIGHEST_GRADE:
        yield "reading-grade", f"Reads at grade {reading.grade:.1f}; at most {HIGHEST_GRADE:.0f} is allowed."
    if reading.words_per_sentence > LONGEST_MEAN_SENTENCE:
        message = f"Its sentences have {reading.words_per_sentence:.1f} words; {LONGEST_MEAN_SENTENCE:.0f} is the most."
        yield "long-sentences", message


def phrase_faults(words: str) -> Iterator[Found]:
    """Phrases that no patient may read, and telephone numbers, which belong into settings."""
    for found in BANNED.finditer(words):
        yield "banned-phrase", f"“{found[0].lower()}” must not be said to a patient."
    if _DIALLED.search(words):
        yield "literal-number", "A telephone number stands in the text; name a setting instead."
