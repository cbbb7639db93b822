"""The reading grade agrees with the published formula."""

import pytest

from portico.platform.reading_grade import read, syllables


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("pain", 1),
        ("shoulder", 2),
        ("emergency", 4),
        ("swollen", 2),
        ("911", 1),
        ("right-hand", 2),
        ("lidocaine", 1),
        ("subluxating", 4),
        ("doctor’s", 2),
    ],
)
def test_syllables_are_counted_as_spoken(word: str, count: int) -> None:
    assert syllables(word) == count


def test_the_grade_follows_flesch_and_kincaid() -> None:
    found = read("The cat sat on the mat. It was happy.")
    assert (found.words, found.sentences, found.syllables) == (9, 2, 10)
    assert found.grade == pytest.approx(0.39 * 4.5 + 11.8 * 10 / 9 - 15.59)


def test_a_setting_counts_as_one_short_word() -> None:
    assert read("Call {clinic.after_hours_phone}.") == read("Call it.")


def test_nothing_reads_at_grade_nought() -> None:
    assert read("").grade == 0.0
