"""How the text of a setting reads, by its type."""

from datetime import date

import pytest

from portico.clinic.calendar import Interval
from portico.clinic.setting_types import PARSERS, parse_closings, parse_days, parse_extra_openings, parse_opening_hours


def test_several_intervals_a_day_and_midnight_are_read() -> None:
    week = parse_opening_hours("Mon 08:00-12:00 13:00-17:00; sat 20:00-24:00")
    assert week == {1: (Interval(480, 720), Interval(780, 1020)), 6: (Interval(1200, 1440),)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mon",
        "mon 8-17",
        "mon 08:00-25:00",
        "mon 22:00-02:00",
        "mon 08:00-12:00 11:00-17:00",
        "mon 13:00-17:00 08:00-12:00",
        "mon 08:00-12:00; mon 13:00-17:00",
        "someday 08:00-17:00",
    ],
)
def test_opening_hours_that_do_not_read_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_opening_hours(text)


def test_days_are_read_with_spaces_or_commas() -> None:
    assert parse_days("2026-12-25, 2026-12-26 2027-01-01") == {
        date(2026, 12, 25),
        date(2026, 12, 26),
        date(2027, 1, 1),
    }
    assert parse_days("") == frozenset()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "3.5"),
        ("integer", "many"),
        ("decimal", "1e3"),
        ("boolean", "yes"),
        ("phone", "CALL-ME"),
        ("zone", "Mars/Base"),
        ("account", "dr.adams"),
        ("days", "25.12.2026"),
        ("string", "   "),
    ],
)
def test_a_text_of_the_wrong_kind_is_refused_without_repeating_it(kind: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as refusal:
        PARSERS[kind](text)
    assert text.strip() == "" or text not in str(refusal.value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("integer", "30"), ("decimal", "100.4"), ("boolean", "false"), ("phone", "555-0100"), ("zone", "America/Denver")],
)
def test_a_text_of_the_right_kind_is_read(kind: str, text: str) -> None:
    assert str(PARSERS[kind](text)).lower() == text.lower()


def test_closings_are_read_with_hours_and_without() -> None:
    assert parse_closings("2026-07-03; 2026-06-05 12:00-14:00 16:00-24:00;") == {
        date(2026, 7, 3): (Interval(0, 1440),),
        date(2026, 6, 5): (Interval(720, 840), Interval(960, 1440)),
    }
    assert parse_closings("") == {}


def test_extra_openings_need_their_hours() -> None:
    assert parse_extra_openings("2026-06-06 09:00-12:00") == {date(2026, 6, 6): (Interval(540, 720),)}
    with pytest.raises(ValueError, match="hours"):
        parse_extra_openings("2026-06-06")


@pytest.mark.parametrize(
    "text",
    [
        "friday 12:00-17:00",
        "2026-06-31",
        "2026-06-05 22:00-02:00",
        "2026-06-05 12-17",
        "2026-06-05 12:00-17:00 16:00-18:00",
        "2026-06-05; 2026-06-05 12:00-17:00",
    ],
    ids=["no date", "no such day", "over midnight", "no times", "overlap", "twice"],
)
def test_closings_that_do_not_read_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_closings(text)
