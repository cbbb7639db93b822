"""What holds for every text: nothing raises, nothing lowers, spelling of letters does not matter."""

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portico.triage import RANK, Message, failed, guidance_keys, read, rules_of
from portico.triage.reading import by_rules_alone
from tests.triage.test_rows import EMERGENCIES, ROUTINES, SAME_DAYS

DANGERS = st.sampled_from([text for *_, text in EMERGENCIES])
ANY = st.sampled_from([text for *_, text in (*EMERGENCIES, *SAME_DAYS, *ROUTINES)])


def message(text: str, days: int | None = 2, region: str | None = "knee") -> Message:
    return Message(subject="", body=text, days_since_procedure=days, region=region)


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(), max_size=300), st.none() | st.integers(-9, 10**9), st.none() | st.text(max_size=9))
def test_no_text_makes_it_raise(text: str, days: int | None, region: str | None) -> None:
    reading = read(Message(subject=text, body=text[::-1], days_since_procedure=days, region=region, captions=(text,)))
    assert "failed" not in reading.rows
    for span in reading.spans:
        assert 0 <= span.start <= span.end <= len(text)


@settings(deadline=None, max_examples=60)
@given(ANY, DANGERS)
def test_a_danger_added_as_a_sentence_is_never_lost(text: str, danger: str) -> None:
    """By the rules; the statistics weigh a text as a whole, and more harmless text may outweigh what they saw."""
    alone, both = by_rules_alone(message(danger)), by_rules_alone(message(f"{text}. {danger}."))
    assert RANK[both] <= RANK[alone]


@settings(deadline=None, max_examples=60)
@given(ANY)
def test_capitals_and_accents_do_not_matter(text: str) -> None:
    without = "".join(c for c in unicodedata.normalize("NFD", text) if c == "\u0303" or not unicodedata.combining(c))
    levels = {read(message(one)).level for one in (text, text.upper(), unicodedata.normalize("NFD", text), without)}
    assert len(levels) == 1


@settings(deadline=None, max_examples=60)
@given(ANY)
def test_the_same_text_reads_the_same(text: str) -> None:
    assert read(message(text)) == read(message(text))


@settings(deadline=None, max_examples=60)
@given(ANY)
def test_an_escalation_can_always_be_made_of_a_reading(text: str) -> None:
    reading = read(message(text))
    if reading.level != "routine":
        assert rules_of(reading)
        assert guidance_keys(reading)
        assert guidance_keys(reading)[0].startswith("sd." if reading.level == "same_day" else "em.")


def test_a_failed_reading_is_same_day() -> None:
    assert failed().level == "same_day"
    assert rules_of(failed()) == ("ST30",)
    assert guidance_keys(failed()) == ("sd.call",)


HOSTILE = {
    "letters": "a" * 100_000,
    "one word": "no " * 33_000,
    "concepts": "cant breathe pain chest numb leg " * 3_000,
    "numbers": "101.5 8/10 one oh two " * 4_500,
    "quotes": '"the sheet says ' * 6_000,
    "controls": "\x00\x1b\u0007" * 33_000,
    "surrogates": "\ud800 \udfff" * 25_000,
    "emoji": "😭🩸" * 50_000,
    "right to left": "\u202eألم في الركبة " * 6_000,
    "zalgo": "c\u0336\u0321h\u0334e\u0335s\u0337t\u0338 p\u0336a\u0335i\u0334n\u0337 " * 3_500,
    "unknown": " ".join(f"qx{number:x}zv" for number in range(12_000)),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_is_read_in_bounded_time(kind: str) -> None:
    text = HOSTILE[kind]
    begin = time.perf_counter()
    reading = read(message(text))
    assert time.perf_counter() - begin < 20
    assert "failed" not in reading.rows
    assert reading.level != "routine" or kind in {"one word", "quotes"}


def test_decorated_letters_are_still_read() -> None:
    assert read(message("c\u0336h\u0334e\u0335s\u0337t\u0338 p\u0336a\u0335i\u0334n\u0337")).level == "emergency"
