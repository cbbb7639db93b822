"""Days and opening hours of a clinic, with both nights on which the clocks change (America/New_York, 2026)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portico.clinic.calendar import (
    Calendar,
    Interval,
    Wait,
    add_open_time,
    deadline,
    is_open_at,
    local_day,
    next_opening,
)
from portico.clinic.setting_types import parse_opening_hours

ZONE = "America/New_York"
HERE = ZoneInfo(ZONE)
WEEKDAYS = parse_opening_hours(
    "mon 08:00-12:00 13:00-17:00; tue 08:00-17:00; wed 08:00-17:00; thu 08:00-17:00; fri 08:00-12:00"
)
CHRISTMAS = date(2026, 12, 25)
CLINIC = Calendar(zone=ZONE, week=WEEKDAYS, holidays=frozenset({CHRISTMAS}))
UNSET = Calendar(zone=ZONE)
NIGHTS = Calendar(zone=ZONE, week=parse_opening_hours("sat 20:00-24:00; sun 00:00-04:00"))
"""Open over both changes of the clocks: 2026-03-08 (02:00 to 03:00) and 2026-11-01 (02:00 back to 01:00)."""


def here(text: str, *, fold: int = 0) -> datetime:
    """A local time of the clinic."""
    return datetime.fromisoformat(text).replace(tzinfo=HERE, fold=fold)


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        pytest.param(ZONE, datetime(2026, 6, 2, 3, 59, tzinfo=UTC), date(2026, 6, 1), id="summer, before midnight"),
        pytest.param(ZONE, datetime(2026, 6, 2, 4, 0, tzinfo=UTC), date(2026, 6, 2), id="summer, midnight"),
        pytest.param(ZONE, datetime(2026, 12, 2, 4, 59, tzinfo=UTC), date(2026, 12, 1), id="winter, before midnight"),
        pytest.param("Pacific/Auckland", datetime(2026, 6, 1, 12, tzinfo=UTC), date(2026, 6, 2), id="ahead of UTC"),
    ],
)
def test_a_day_is_a_day_of_the_clinics_zone(zone: str, instant: datetime, day: date) -> None:
    assert local_day(zone, instant) == day


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        pytest.param("2026-06-01T07:59", False, id="before opening"),
        pytest.param("2026-06-01T08:00", True, id="at opening"),
        pytest.param("2026-06-01T12:00", False, id="at noon, closed for lunch"),
        pytest.param("2026-06-01T13:00", True, id="after lunch"),
        pytest.param("2026-06-01T17:00", False, id="at closing"),
        pytest.param("2026-06-06T10:00", False, id="Saturday"),
        pytest.param("2026-12-25T10:00", False, id="holiday"),
        pytest.param("2026-12-24T10:00", True, id="a holiday's eve"),
    ],
)
def test_the_clinic_is_open_in_its_intervals_only(moment: str, is_open: bool) -> None:
    assert is_open_at(CLINIC, here(moment)) is is_open


def test_unset_hours_count_at_any_time() -> None:
    night = here("2026-06-07T03:00")
    assert is_open_at(UNSET, night)
    assert next_opening(UNSET, night) == night
    assert add_open_time(UNSET, night, 60) == night + timedelta(hours=1)


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        pytest.param("2026-06-01T09:30", "2026-06-01T09:30", id="open now"),
        pytest.param("2026-06-01T12:15", "2026-06-01T13:00", id="over lunch"),
        pytest.param("2026-06-05T12:00", "2026-06-08T08:00", id="over the weekend"),
        pytest.param("2026-12-24T17:00", "2026-12-28T08:00", id="over a holiday and a weekend"),
    ],
)
def test_the_next_opening_is_found(moment: str, opening: str) -> None:
    assert next_opening(CLINIC, here(moment)) == here(opening)


@pytest.mark.parametrize(
    ("moment", "minutes", "reached"),
    [
        pytest.param("2026-06-01T09:00", 60, "2026-06-01T10:00", id="within an interval"),
        pytest.param("2026-06-01T11:30", 30, "2026-06-01T12:00", id="to the very end of an interval"),
        pytest.param("2026-06-01T11:30", 60, "2026-06-01T13:30", id="over lunch"),
        pytest.param("2026-06-01T03:00", 60, "2026-06-01T09:00", id="from before opening"),
        pytest.param("2026-06-01T16:30", 60, "2026-06-02T08:30", id="over night"),
        pytest.param("2026-06-05T11:30", 240, "2026-06-08T11:30", id="over the weekend"),
        pytest.param("2026-12-24T16:30", 60, "2026-12-28T08:30", id="from a holiday's eve"),
    ],
)
def test_only_opening_time_is_counted(moment: str, minutes: int, reached: str) -> None:
    assert add_open_time(CLINIC, here(moment), minutes) == here(reached)


@pytest.mark.parametrize(
    ("moment", "minutes", "reached"),
    [
        pytest.param(here("2026-03-08T00:00"), 180, here("2026-03-08T04:00"), id="the short night loses an hour"),
        pytest.param(here("2026-03-08T01:30"), 60, here("2026-03-08T03:30"), id="over the missing hour"),
        pytest.param(here("2026-11-01T00:00"), 180, here("2026-11-01T02:00"), id="the long night gains an hour"),
        pytest.param(here("2026-11-01T01:30"), 60, here("2026-11-01T01:30", fold=1), id="the hour that comes twice"),
    ],
)
def test_opening_time_is_elapsed_time_when_the_clocks_change(moment: datetime, minutes: int, reached: datetime) -> None:
    assert add_open_time(NIGHTS, moment, minutes) == reached.astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "hours"),
    [pytest.param("2026-03-08", 3, id="spring"), pytest.param("2026-11-01", 5, id="autumn")],
)
def test_a_night_with_a_change_of_clocks_is_as_long_as_it_is(day: str, hours: int) -> None:
    opens, rest = here(f"{day}T00:00"), timedelta(minutes=1)
    closes = add_open_time(NIGHTS, opens, hours * 60)
    assert closes == here(f"{day}T04:00").astimezone(UTC)
    assert is_open_at(NIGHTS, closes - rest)
    assert not is_open_at(NIGHTS, closes)


def test_an_interval_in_the_hour_that_comes_twice_covers_both() -> None:
    calendar = Calendar(zone=ZONE, week=parse_opening_hours("sun 01:00-01:30"))
    assert is_open_at(calendar, here("2026-11-01T01:15"))
    assert is_open_at(calendar, here("2026-11-01T01:15", fold=1))


def test_an_interval_in_the_hour_that_is_missing_keeps_its_length() -> None:
    calendar = Calendar(zone=ZONE, week=parse_opening_hours("sun 02:15-02:45"))
    start = next_opening(calendar, here("2026-03-08T00:00"))
    assert start == here("2026-03-08T03:15").astimezone(UTC)
    assert add_open_time(calendar, start, 30) == here("2026-03-08T03:45").astimezone(UTC)


@pytest.mark.parametrize(
    ("calendar", "moment", "reached"),
    [
        pytest.param(CLINIC, "2026-06-01T09:00", "2026-06-02T17:00", id="the next day's closing"),
        pytest.param(CLINIC, "2026-06-05T09:00", "2026-06-08T17:00", id="Friday to Monday"),
        pytest.param(CLINIC, "2026-12-24T09:00", "2026-12-28T17:00", id="a holiday's eve"),
        pytest.param(UNSET, "2026-06-05T09:00", "2026-06-06T09:00", id="unset hours: one day"),
    ],
)
def test_a_routine_wait_ends_with_the_next_opening_day(calendar: Calendar, moment: str, reached: str) -> None:
    assert deadline(calendar, here(moment), Wait(counting="next_opening_day")) == here(reached)


def test_a_wait_at_any_hour_ignores_the_calendar() -> None:
    night = here("2026-12-25T03:00")
    assert deadline(CLINIC, night, Wait(counting="always", minutes=5)) == night + timedelta(minutes=5)


def test_a_calendar_that_never_opens_counts_every_hour() -> None:
    closed = Calendar(zone=ZONE, week={})
    moment = here("2026-06-01T09:00")
    assert add_open_time(closed, moment, 60) == moment + timedelta(hours=1)
    assert deadline(closed, moment, Wait(counting="next_opening_day")) == moment + timedelta(days=1)


@pytest.mark.parametrize(
    ("opens", "closes"),
    [(22 * 60, 2 * 60), (600, 600), (-1, 60), (600, 1441)],
    ids=["over midnight", "empty", "before the day", "after the day"],
)
def test_an_interval_outside_one_day_is_refused(opens: int, closes: int) -> None:
    with pytest.raises(ValueError, match="same day"):
        Interval(opens, closes)


def test_instants_come_back_in_utc() -> None:
    moment = here("2026-06-01T09:00")
    for result in (next_opening(CLINIC, moment), add_open_time(CLINIC, moment, 5), next_opening(UNSET, moment)):
        assert result.tzinfo is UTC


FRIDAY = date(2026, 6, 5)
SATURDAY = date(2026, 6, 6)
NOTED = Calendar(
    zone=ZONE,
    week=WEEKDAYS,
    holidays=frozenset({CHRISTMAS}),
    closings={FRIDAY: (Interval(10 * 60, 24 * 60),), date(2026, 6, 8): (Interval(0, 24 * 60),)},
    extra={SATURDAY: (Interval(9 * 60, 12 * 60),), CHRISTMAS: (Interval(10 * 60, 11 * 60),)},
)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        pytest.param("2026-06-05T09:59", True, id="before the closing of a single day"),
        pytest.param("2026-06-05T10:00", False, id="closed from then on"),
        pytest.param("2026-06-06T09:00", True, id="an extra Saturday"),
        pytest.param("2026-06-08T09:00", False, id="a whole day closed"),
        pytest.param("2026-06-09T09:00", True, id="the day after"),
        pytest.param("2026-12-25T10:30", True, id="an extra hour on a holiday"),
        pytest.param("2026-12-25T11:00", False, id="the rest of the holiday"),
    ],
)
def test_single_days_stand_beside_the_week(moment: str, is_open: bool) -> None:
    assert is_open_at(NOTED, here(moment)) is is_open


def test_a_wait_runs_over_a_closing_and_into_an_extra_opening() -> None:
    assert add_open_time(NOTED, here("2026-06-05T09:30"), 60) == here("2026-06-06T09:30")
    assert add_open_time(NOTED, here("2026-06-06T11:30"), 60) == here("2026-06-09T08:30")


def test_a_closing_beats_an_extra_opening() -> None:
    both = Calendar(zone=ZONE, week=WEEKDAYS, closings={SATURDAY: (Interval(600, 660),)}, extra=NOTED.extra)
    assert [is_open_at(both, here(f"2026-06-06T{hour}:30")) for hour in ("09", "10", "11")] == [True, False, True]
