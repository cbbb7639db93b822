"""Days and opening hours of one clinic. The only place that turns instants into days or adds opening time.

Pure: no clock, no database. Instants are aware datetimes; what is returned is in UTC. Durations are elapsed time,
so a night on which the clocks change is as long as it really is.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

MINUTES_OF_A_DAY = 24 * 60
_SECOND = timedelta(seconds=1)
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


DayHours = Mapping[date, tuple[Interval, ...]]
"""Intervals of single days, beside or against the week."""


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """When a clinic is open. Without a week its hours are unknown and every moment counts: delay is never assumed.

    A holiday takes the week's hours of its day away, an extra opening adds hours to any day, and a closing takes
    whatever is open: it is said last.
    """

    zone: str
    week: Week | None = None
    holidays: frozenset[date] = frozenset()
    closings: DayHours = {}
    extra: DayHours = {}


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """How long something may wait, and which time counts. `next_opening_day` has no minutes of its own."""

    counting: Counting
    minutes: int = 0


def local_day(zone: str, instant: datetime) -> date:
    """The day that it is in the clinic at this instant."""
    return instant.astimezone(ZoneInfo(zone)).date()


def day_start(zone: str, day: date) -> datetime:
    """The instant at which this day begins in the clinic."""
    return _local(zone, day, 0).astimezone(UTC)


def hour_of_day(zone: str, day: date, hour: int) -> datetime:
    """An hour of a day of the clinic as an instant; the first of two when the clocks go back."""
    return _local(zone, day, hour * 60).astimezone(UTC)


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
    """The day's opening as instants, earliest first, without overlap."""
    if calendar.week is None:
        return []
    regular = () if day in calendar.holidays else calendar.week.get(day.isoweekday(), ())
    opened = _spans_of(calendar.zone, day, (*regular, *calendar.extra.get(day, ())))
    return _without(opened, _spans_of(calendar.zone, day, calendar.closings.get(day, ())))


def _spans_of(zone: str, day: date, intervals: Sequence[Interval]) -> list[Span]:
    """The intervals of this day as instants, overlaps joined."""
    if not intervals:
        return []
    stretches = _stretches(zone, day)
    found = sorted(span for each in intervals for span in _spans_of_interval(zone, day, each, stretches))
    joined: list[Span] = []
    for start, end in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _spans_of_interval(zone: str, day: date, interval: Interval, stretches: Sequence["_Stretch"]) -> list[Span]:
    """Every instant at which the clocks of that day show a time within the interval.

    An hour that comes twice is open twice. An interval that lies wholly in an hour that is missing keeps its length
    and starts when it would have without the change: nobody announced that it falls away.
    """
    found = []
    for each in stretches:
        start = max(each.start, each.midnight + timedelta(minutes=interval.opens))
        end = min(each.end, each.midnight + timedelta(minutes=interval.closes))
        if start < end:
            found.append((start, end))
    if found or not stretches:
        return found
    start = _local(zone, day, interval.opens).astimezone(UTC)
    return [(start, start + timedelta(minutes=interval.closes - interval.opens))]


def _without(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """What is left of the spans."""
    left = list(spans)
    for away_from, away_until in taken:
        left = [
            part
            for start, end in left
            for part in ((start, min(end, away_from)), (max(start, away_until), end))
            if part[0] < part[1]
        ]
    return left


class _Stretch(NamedTuple):
    """A part of a day on which the clocks run evenly; `midnight` is when they would have shown the day's 00:00."""

    start: datetime
    end: datetime
    midnight: datetime


def _stretches(zone: str, day: date) -> list[_Stretch]:
    """The day in one stretch, or in two when the clocks change; none for a day that the zone left out."""
    start, end = _local(zone, day, 0).astimezone(UTC), _local(zone, day, MINUTES_OF_A_DAY).astimezone(UTC)
    if start >= end:
        return []
    last = end - _SECOND
    if _offset(zone, start) == _offset(zone, last):
        return [_Stretch(start, end, _midnight(zone, day, start))]
    change = _change_between(zone, start, last)
    return [
        _Stretch(start, change, _midnight(zone, day, start)),
        _Stretch(change, end, _midnight(zone, day, last)),
    ]


def _change_between(zone: str, before: datetime, after: datetime) -> datetime:
    """The first second at which the clocks run as they do at `after`."""
    old = _offset(zone, before)
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if _offset(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after


def _midnight(zone: str, day: date, instant: datetime) -> datetime:
    return datetime.combine(day, time(0), UTC) - _offset(zone, instant)


def _offset(zone: str, instant: datetime) -> timedelta:
    offset = instant.astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return offset


def _local(zone: str, day: date, minute: int) -> datetime:
    extra_days, rest = divmod(minute, MINUTES_OF_A_DAY)
    return datetime.combine(day + timedelta(days=extra_days), time(rest // 60, rest % 60), ZoneInfo(zone))
