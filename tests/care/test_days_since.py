"""Which procedure counts, and how many days ago it was."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portico.care.days_since import Treated, days_since, latest_for

TODAY = date(2026, 6, 1)


def at(day: date | None, *regions: str) -> Treated:
    return Treated(performed_on=day, regions=regions, tissues=(), hydrodissection=None)


def test_the_latest_at_a_named_region_counts_else_the_latest_of_all() -> None:
    knee, hip = at(date(2026, 5, 1), "knee"), at(date(2026, 5, 20), "hip")
    assert latest_for([knee, hip], {"knee"}) == knee
    assert latest_for([knee, hip], {"knee", "hip"}) == hip
    assert latest_for([knee, hip], {"elbow"}) == hip
    assert latest_for([], {"knee"}) is None


def test_one_without_a_day_may_be_the_latest() -> None:
    assert latest_for([at(date(2026, 5, 1), "knee"), at(None, "knee")], {"knee"}) == at(None, "knee")


def test_no_day_and_a_day_ahead_are_unknown() -> None:
    assert days_since(None, TODAY) is None
    assert days_since(at(None, "knee"), TODAY) is None
    assert days_since(at(TODAY + timedelta(days=1), "knee"), TODAY) is None
    assert days_since(at(TODAY, "knee"), TODAY) == 0


@given(st.lists(st.none() | st.dates(date(2020, 1, 1), TODAY), max_size=5))
def test_an_unknown_day_among_them_never_lets_the_days_be_known(days: list[date | None]) -> None:
    found = days_since(latest_for([at(day, "knee") for day in days], {"knee"}), TODAY)
    known = [day for day in days if day is not None]
    assert found == (None if None in days or not known else (TODAY - max(known)).days)
