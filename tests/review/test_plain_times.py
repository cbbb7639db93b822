"""Days and times alone need no reader of danger; one word more, and it is read."""

import pytest

from portico.review.plain_times import are_plain_times


@pytest.mark.parametrize(
    "wishes",
    [
        "Mondays",
        "Mornings",
        "Tuesday or Thursday, after 3 pm.",
        "any weekday 9:30-11:00 please!",
        "Mondays, Wednesdays & Fridays before noon",
        "December 3rd or 10th",
        "I would prefer mornings.",
        "Lunes por la mañana",
    ],
)
def test_days_and_times_are_plain(wishes: str) -> None:
    assert are_plain_times(wishes)


@pytest.mark.parametrize(
    "wishes",
    [
        "",
        " . ",
        "Monday, my knee is hot",
        "Mondays. I cannot breathe",
        "today, fever",
        "911",
        "988 please",
        "Monday 38.5",
        "not this week, I want to die",
        "mornings 101.5",
        "10/10",
        "jueves, fiebre",
        "now",
    ],
)
def test_whatever_else_is_said_is_read(wishes: str) -> None:
    assert not are_plain_times(wishes)
