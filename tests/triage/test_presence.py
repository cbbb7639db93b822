"""Under a question about the past only what says by its words that it is now is now."""

import pytest

from portico import triage

NOW = [
    "Penicillin. Right now my throat is swelling and I can't breathe",
    "I have chest pain",
    "warfarin; since last night my chest hurts and I am short of breath",
    "Lexapro. I want to kill myself",
    "camarones. Ahora se me cierra la garganta",
    "suddenly I can't see out of my left eye",
]
THEN = [
    "Penicillin. My throat closed and I could not breathe",
    "throat swelling when I eat shrimp",
    "I was told I had a stroke in 2015",
    "Zoloft since I tried to kill myself years ago",
    "camarones, se me cerró la garganta cuando era niña",
    "large print please, I can't see well",
]


def read(text: str) -> triage.Reading:
    return triage.read(triage.Message(subject="", body=text, days_since_procedure=None, region=None))


@pytest.mark.parametrize("text", NOW)
def test_what_is_so_while_it_is_written_is_present(text: str) -> None:
    reading = read(text)
    assert reading.level in ("emergency", "call_now")
    assert triage.is_told_as_present(text, reading)


@pytest.mark.parametrize("text", THEN)
def test_what_is_told_without_now_or_as_past_is_not(text: str) -> None:
    assert not triage.is_told_as_present(text, read(text))


def test_a_weaker_sign_needs_a_word_that_says_now() -> None:
    assert not triage.is_told_as_present("my foot is numb", read("my foot is numb"))
    assert triage.is_told_as_present("my foot is numb since this morning", read("my foot is numb since this morning"))


def test_now_in_another_sentence_says_nothing_of_then() -> None:
    text = "My throat closed and I could not breathe. I take fish oil now."
    assert not triage.is_told_as_present(text, read(text))
