"""Negation, supposition, history, quotation, other people, numbers: each takes back its own token only."""

import pytest

from portico.triage import RANK, Message, read


def level(text: str, days: int | None = 3, region: str | None = "knee") -> str:
    return read(Message(subject="", body=text, days_since_procedure=days, region=region)).level


def rows(text: str, days: int | None = 3, region: str | None = "knee") -> tuple[str, ...]:
    return read(Message(subject="", body=text, days_since_procedure=days, region=region)).rows


@pytest.mark.parametrize(
    "text",
    [
        "no fever but the knee is red and hot and swollen",
        "No fever. The knee is red and hot.",
        "no tengo fiebre pero la rodilla está roja y caliente",
        "no fever redness is spreading around the spot",
    ],
)
def test_a_negation_takes_back_only_its_own_sign(text: str) -> None:
    assert "T9" not in rows(text)
    assert "T10" in rows(text)


@pytest.mark.parametrize(
    "text",
    [
        "no fever, chills or redness, just sore, a 3",
        "no fever no chest pain no hives, a 3",
        "sin fiebre ni escalofríos, un 3 de 10",
        "I don't have a fever or any numbness, knee is a 2",
    ],
)
def test_a_list_is_negated_as_a_whole(text: str) -> None:
    assert level(text) == "routine"


@pytest.mark.parametrize(
    "text",
    [
        "I can't breathe",
        "no puedo respirar",
        "not only a fever but chills",
        "the fever won't go away",
        "no se me quita la calentura",
    ],
)
def test_a_no_that_is_part_of_the_sign_takes_nothing_back(text: str) -> None:
    assert RANK[level(text)] <= RANK["call_now"]  # type: ignore[index]


def test_a_fever_that_has_gone_still_counts() -> None:
    assert "T9" in rows("had a fever last night, gone now")


def test_supposing_is_not_having() -> None:
    assert level("If I get a fever on a Sunday, who do I call? Knee is a 2.") == "routine"


@pytest.mark.parametrize(
    ("text", "severe"),
    [
        ("pain 7/10", True),
        ("it's an 8", True),
        ("nine out of ten pain", True),
        ("ocho de diez de dolor", True),
        ("pain 6-7", True),
        ("pain is 4", False),
        ("3/10", False),
        ("8 before the shots, a 3 now", False),
        ("8 weeks out and a 2", False),
    ],
)
def test_pain_in_any_notation(text: str, severe: bool) -> None:
    assert ("T11" in rows(text)) is severe


@pytest.mark.parametrize(
    ("text", "fever"),
    [
        ("temp 100.4", True),
        ("temp 100.3", False),
        ("38 grados de temperatura", True),
        ("temperatura de 37,5", False),
        ("treinta y ocho y medio de temperatura", True),
        ("ciento dos de temperatura", True),
        ("a hundred and one on the thermometer", True),
        ("101.5F", True),
        ("39 °C", True),
        ("my dog weighs 101 pounds", False),
        ("temp 98.6", False),
    ],
)
def test_temperature_in_any_notation(text: str, fever: bool) -> None:
    assert ("T9" in rows(text)) is fever


def test_numbness_counts_once_the_numbing_medicine_is_over() -> None:
    assert level("my arm is numb like you said, two hours so far", days=0, region="shoulder") == "routine"
    assert "T13" not in rows("my leg is numb", days=0, region="low_back")
    assert "T13" in rows("my leg has been numb for 12 hours", days=0, region="low_back")
    assert "T13" in rows("my leg is numb", days=1, region="low_back")
    assert "T13" in rows("my leg is numb", days=None, region="low_back")


def test_writing_for_the_patient_is_not_somebody_else_s_illness() -> None:
    text = "My husband had his knee done Monday and has a fever. My appointment is Friday."
    assert "T9" in rows(text)
