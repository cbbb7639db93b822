"""Completed periods, partial dates as intervals, and the calendar's uneven places."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.screening.elapsed_time import COMPARISONS, Comparison, Unit, completed, holds
from portico.screening.facts import PartialDate
from portico.screening.scope import Truth

from .building import HALF, day


@pytest.mark.parametrize(
    ("start", "end", "unit", "expected"),
    [
        ("2024-06-30", "2024-07-01", "days", 1),
        ("2024-07-02", "2024-07-01", "days", -1),
        ("2024-05-20", "2024-07-01", "weeks", 6),
        ("2024-05-21", "2024-07-01", "weeks", 5),
        ("2024-07-03", "2024-07-01", "weeks", -1),
        ("2024-01-31", "2024-02-29", "months", 0),
        ("2024-01-31", "2024-03-01", "months", 1),
        ("2024-01-31", "2024-03-31", "months", 2),
        ("2023-12-31", "2024-01-30", "months", 0),
        ("2024-08-15", "2024-07-20", "months", -1),
        ("2004-02-29", "2022-02-28", "years", 17),
        ("2004-02-29", "2022-03-01", "years", 18),
        ("2004-02-29", "2024-02-29", "years", 20),
        ("2006-07-02", "2024-07-01", "years", 17),
        ("2006-07-01", "2024-07-01", "years", 18),
        ("2025-01-01", "2024-07-01", "years", -1),
    ],
)
def test_periods_count_when_they_are_complete(start: str, end: str, unit: Unit, expected: int) -> None:
    assert completed(date.fromisoformat(start), date.fromisoformat(end), unit) == expected


@pytest.mark.parametrize(
    ("born", "truth"),
    [
        ("2005", False),
        ("2006", None),
        ("2007", True),
        ("2006-06", False),
        ("2006-07", None),
        ("2006-08", True),
        ("2006-07-01", False),
        ("2006-07-02", True),
    ],
)
def test_an_inexact_birth_date_is_a_minor_only_when_every_day_of_it_is(born: str, truth: Truth) -> None:
    assert holds(day(born), date(2024, 7, 1), "years", "<", 18) is truth


@pytest.mark.parametrize(
    ("cmp", "truth"), [("<", None), ("<=", True), ("=", None), ("!=", None), (">=", None), (">", False)]
)
def test_a_month_that_straddles_a_threshold_is_unknown(cmp: Comparison, truth: Truth) -> None:
    # May 2024 seen from 1 July is 4 to 8 completed weeks ago; 8 can be reached, more cannot.
    assert holds(day("2024-05"), date(2024, 7, 1), "weeks", cmp, 8) is truth


def test_equality_with_a_fraction_is_known_to_fail() -> None:
    assert holds(day("2024-05"), date(2024, 7, 1), "weeks", "=", 5 + HALF) is False
    assert holds(day("2024-05"), date(2024, 7, 1), "weeks", "!=", 5 + HALF) is True


@pytest.mark.parametrize("text", ["2024-02", "2023-02", "2024-12", "2024-04", "0001", "9999-12"])
def test_a_partial_date_covers_its_first_and_last_day(text: str) -> None:
    first, last = day(text).first_day(), day(text).last_day()
    assert first.day == 1
    assert last == date.max or (last + timedelta(days=1)).day == 1


def test_a_day_without_a_month_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a month"):
        PartialDate(year=2024, day=3).last_day()


@given(
    year=st.integers(1990, 2030),
    month=st.none() | st.integers(1, 12),
    as_of=st.dates(date(2000, 1, 1), date(2030, 1, 1)),
    unit=st.sampled_from(["days", "weeks", "months", "years"]),
    cmp=st.sampled_from(list(COMPARISONS)),
    threshold=st.integers(-20, 400),
)
def test_an_interval_says_what_all_its_days_say(
    *, year: int, month: int | None, as_of: date, unit: Unit, cmp: Comparison, threshold: int
) -> None:
    when = PartialDate(year=year, month=month)
    days = (when.last_day() - when.first_day()).days
    each = {
        COMPARISONS[cmp](completed(when.first_day() + timedelta(days=step), as_of, unit), threshold)
        for step in range(days + 1)
    }
    assert holds(when, as_of, unit, cmp, threshold) is (each.pop() if len(each) == 1 else None)
