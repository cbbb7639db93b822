"""The calendar against a model that walks minute by minute with a clock on the wall, over nights on which clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portico.clinic.calendar import Calendar, Interval, Week, add_open_time, is_open_at, next_opening

CHANGES = {
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
    "Europe/London": (date(2026, 3, 29), date(2026, 10, 25)),
    # The clocks change at midnight itself.
    "America/Havana": (date(2026, 3, 8), date(2026, 11, 1)),
    "UTC": (date(2026, 6, 1), date(2026, 12, 24)),
}
MINUTE = timedelta(minutes=1)

days = st.sampled_from([(zone, day) for zone, changes in CHANGES.items() for day in changes])


@st.composite
def intervals(draw: st.DrawFn) -> tuple[Interval, ...]:
    """Up to three intervals of a day, one after the other, each long enough not to fall wholly into a missing hour."""
    marks = sorted(draw(st.sets(st.integers(0, 16), min_size=0, max_size=6)))
    pairs = zip(marks[::2], marks[1::2], strict=False)
    return tuple(Interval(start * 90, end * 90) for start, end in pairs)


weeks = st.dictionaries(st.integers(1, 7), intervals().filter(bool), min_size=1, max_size=7)


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Calendar, date]:
    zone, day = draw(days)
    near = st.sampled_from([day + timedelta(days=offset) for offset in (-1, 0, 1)])
    week: Week = draw(weeks)
    calendar = Calendar(
        zone=zone,
        week=week,
        holidays=frozenset(draw(st.sets(near, max_size=1))),
        closings=draw(st.dictionaries(near, intervals().filter(bool), max_size=2)),
        extra=draw(st.dictionaries(near, intervals().filter(bool), max_size=2)),
    )
    return calendar, day


def shows_open(calendar: Calendar, instant: datetime) -> bool:
    """What somebody at the door would say who reads the wall clock, the list of hours and the notes beside it."""
    wall = instant.astimezone(ZoneInfo(calendar.zone))
    day, minute = wall.date(), wall.hour * 60 + wall.minute
    assert calendar.week is not None

    def among(each: tuple[Interval, ...]) -> bool:
        return any(interval.opens <= minute < interval.closes for interval in each)

    is_regular = day not in calendar.holidays and among(calendar.week.get(day.isoweekday(), ()))
    is_extra = among(calendar.extra.get(day, ()))
    return (is_regular or is_extra) and not among(calendar.closings.get(day, ()))


def start_of(day: date, minute: int) -> datetime:
    return datetime.combine(day - timedelta(days=1), datetime.min.time(), UTC) + minute * MINUTE


@settings(max_examples=60, deadline=None)
@given(made=calendars(), start=st.integers(0, 1440))
def test_each_minute_is_open_exactly_when_the_wall_clock_says_so(made: tuple[Calendar, date], start: int) -> None:
    calendar, day = made
    for number in range(0, 3 * 1440, 15):
        instant = start_of(day, start + number)
        assert is_open_at(calendar, instant) is shows_open(calendar, instant), instant


@settings(max_examples=40, deadline=None)
@given(made=calendars(), start=st.integers(0, 2880), minutes=st.integers(1, 600))
def test_opening_time_is_counted_as_somebody_would_who_counts_each_minute(
    made: tuple[Calendar, date], start: int, minutes: int
) -> None:
    calendar, day = made
    begin = start_of(day, start)
    at, counted = begin, 0
    while counted < minutes and at < begin + timedelta(days=6):
        counted += shows_open(calendar, at)
        at += MINUTE
    reached = add_open_time(calendar, begin, minutes)
    if counted == minutes:
        assert reached == at
    else:
        assert reached > at


@settings(max_examples=60, deadline=None)
@given(made=calendars(), start=st.integers(0, 2880))
def test_the_next_opening_is_the_first_open_minute(made: tuple[Calendar, date], start: int) -> None:
    calendar, day = made
    begin = start_of(day, start)
    at = begin
    while not shows_open(calendar, at) and at < begin + timedelta(days=3):
        at += MINUTE
    found = next_opening(calendar, begin)
    assert (found == at) if shows_open(calendar, at) else found > at


@settings(max_examples=60, deadline=None)
@given(made=calendars(), start=st.integers(0, 2880), minutes=st.integers(1, 300), more=st.integers(0, 300))
def test_a_longer_wait_never_ends_earlier(made: tuple[Calendar, date], start: int, minutes: int, more: int) -> None:
    calendar, day = made
    begin = start_of(day, start)
    first = add_open_time(calendar, begin, minutes)
    assert begin < first <= add_open_time(calendar, begin, minutes + more)


@pytest.mark.parametrize(
    ("day", "minutes"),
    [pytest.param(date(2026, 4, 5), 1470, id="half an hour more"), pytest.param(date(2026, 10, 4), 1410, id="less")],
)
def test_a_zone_that_changes_by_half_an_hour_has_days_of_its_own_length(day: date, minutes: int) -> None:
    always = Calendar(zone="Australia/Lord_Howe", week={number: (Interval(0, 1440),) for number in range(1, 8)})
    midnight = datetime.combine(day, datetime.min.time(), ZoneInfo("Australia/Lord_Howe"))
    one_day = Calendar(zone=always.zone, week={day.isoweekday(): (Interval(0, 1440),)})
    last = midnight.astimezone(UTC) + timedelta(minutes=minutes) - MINUTE
    assert is_open_at(one_day, last)
    assert not is_open_at(one_day, last + MINUTE)
    assert add_open_time(always, midnight, minutes) == midnight.astimezone(UTC) + timedelta(minutes=minutes)
