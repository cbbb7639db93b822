"""Days and opening hours of one clinic. The only place that turns instants into days or adds opening time.

Pure: no clock, no database. Instants are aware datetimes; what is returned is in UTC. Durations are elapsed time,
so a night on which the clocks change is as long as it really is.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

MINUTES_OF_A_DAY = 24 * 60
_HORIZON_DAYS = 400
"""A calendar that opens on none of so many days is treated as unset."""

Counting = Literal["always", "opening_hours", "next_opening_day"]


class Interval(msgspec.Struct, frozen=True):
    """One stretch of opening on one day, in minutes since local midnight; `closes` may be 1440, midnight itself."""

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= MINUTES_OF_A_DAY:
            message = "An opening interval ends after it starts, on the same day. Split one that runs over midnight."
            raise ValueError(message)


Week = Mapping[int, tuple[Interval, ...]]
"""Opening intervals by ISO weekday (1 is Monday); an absent day is closed."""


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """When a clinic is open. Without a week its hours are unknown and every moment counts: delay is never assumed."""

    zone: str
    week: Week | None = None
    holidays: frozenset[date] = frozenset()


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """How long something may wait, and which time counts. `next_opening_day` has no minutes of its own."""

    counting: Counting
    minutes: int = 0


def local_day(zone: str, instant: datetime) -> date:
    """The day that it is in the clinic at this instant."""
    return instant.astimezone(ZoneInfo(zone)).date()


def is_open_at(calendar: Calendar, instant: datetime) -> bool:
    """Whether the clinic is open. Unset hours count as open at any time."""
    if calendar.week is None:
        return True
    spans = _spans_of_day(calendar, local_day(calendar.zone, instant))
    return any(start <= instant < end for start, end in spans)


def next_opening(calendar: Calendar, instant: datetime) -> datetime:
    """The first instant from this one on at which the clinic is open; this one itself while it is open."""
    for start, _ in _open_spans(calendar, instant):
        return start
    return instant.astimezone(UTC)


def add_open_time(calendar: Calendar, instant: datetime, minutes: int) -> datetime:
    """The instant at which so many minutes of opening time have passed."""
    left = timedelta(minutes=minutes)
    for start, end in _open_spans(calendar, instant):
        if left <= end - start:
            return start + left
        left -= end - start
    return instant.astimezone(UTC) + timedelta(minutes=minutes)


def next_opening_day_end(calendar: Calendar, instant: datetime) -> datetime:
    """When the next day after this one on which the clinic opens ends for the clinic; a day later for unset hours."""
    today = local_day(calendar.zone, instant)
    for day in _days_from(today + timedelta(days=1)):
        spans = _spans_of_day(calendar, day)
        if spans:
            return spans[-1][1]
    return instant.astimezone(UTC) + timedelta(days=1)


def deadline(calendar: Calendar, instant: datetime, wait: Wait) -> datetime:
    """The instant by which something that starts now must have happened."""
    match wait.counting:
        case "always":
            return instant.astimezone(UTC) + timedelta(minutes=wait.minutes)
        case "opening_hours":
            return add_open_time(calendar, instant, wait.minutes)
        case "next_opening_day":
            return next_opening_day_end(calendar, instant)


Span = tuple[datetime, datetime]


def _open_spans(calendar: Calendar, instant: datetime) -> Iterator[Span]:
    """Stretches of opening from the instant on, the first one cut at it."""
    for day in _days_from(local_day(calendar.zone, instant)):
        for start, end in _spans_of_day(calendar, day):
            if end > instant:
                yield max(start, instant.astimezone(UTC)), end


def _days_from(day: date) -> Iterator[date]:
    return (day + timedelta(days=offset) for offset in range(_HORIZON_DAYS))


def _spans_of_day(calendar: Calendar, day: date) -> list[Span]:
    """The day's opening as instants, earliest first, without the overlap that intervals may have."""
    if calendar.week is None or day in calendar.holidays:
        return []
    spans: list[Span] = []
    for interval in sorted(calendar.week.get(day.isoweekday(), ()), key=lambda each: each.opens):
        start = _opening(calendar.zone, day, interval.opens)
        end = _closing(calendar.zone, day, interval.closes)
        if spans:
            start = max(start, spans[-1][1])
        if start < end:
            spans.append((start, end))
    return spans


def _opening(zone: str, day: date, minute: int) -> datetime:
    """A local time as an instant: the first of two when the clocks go back."""
    return _local(zone, day, minute).astimezone(UTC)


def _closing(zone: str, day: date, minute: int) -> datetime:
    """A local time as an instant: the second of two when the clocks go back.

    When they go forward, the hour that is missing counts from before the change, here as for opening.
    """
    local = _local(zone, day, minute)
    return max(local.astimezone(UTC), local.replace(fold=1).astimezone(UTC))


def _local(zone: str, day: date, minute: int) -> datetime:
    extra_days, rest = divmod(minute, MINUTES_OF_A_DAY)
    return datetime.combine(day + timedelta(days=extra_days), time(rest // 60, rest % 60), ZoneInfo(zone))
