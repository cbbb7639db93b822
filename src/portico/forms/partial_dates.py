"""FHIR date, dateTime and time as values: read, checked against the calendar, compared at the precision both have."""

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal

import msgspec

Precision = Literal["year", "month", "day", "instant"]

_DATE_TIME = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"(?P<clock>T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d))?)?)?"
)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(\.\d{1,9})?")
_MAX_OFFSET_HOURS = 14
_RELATIVE_DAY = re.compile(r"\s*today\(\)\s*(([+-])\s*(\d{1,4})\s+('?)(day|week|month|year)s?\4\s*)?")
_DAYS: Final = {"day": 1, "week": 7}
_MONTHS: Final = {"month": 1, "year": 12}
_MONTH_NAMES: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class PartialDate(msgspec.Struct, frozen=True, kw_only=True):
    """FHIR R4 date: a year, a month or a day of the Gregorian calendar."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def parts(self) -> tuple[int, ...]:
        """Year, month, day, as many as are known."""
        if self.month is None:
            return (self.year,)
        return (self.year, self.month) if self.day is None else (self.year, self.month, self.day)

    def __str__(self) -> str:
        month = "" if self.month is None else f"-{self.month:02}"
        return f"{self.year:04}{month}" + ("" if self.day is None else f"-{self.day:02}")


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """FHIR R4 dateTime: a partial date, or a day with a clock time and its offset."""

    date: PartialDate
    instant: datetime | None = None


def read_date(text: str) -> PartialDate | None:
    """None when the text is no FHIR date or no day of the calendar."""
    moment = read_moment(text)
    return moment.date if moment and moment.instant is None else None


def read_moment(text: str) -> Moment | None:
    """None when the text is no FHIR dateTime or no moment of the calendar."""
    found = _DATE_TIME.fullmatch(text)
    if found is None or not text.isascii():
        return None
    year, month, day = (int(found[name]) if found[name] else None for name in ("year", "month", "day"))
    if year is None or not _exists(year, 1 if month is None else month, 1 if day is None else day):
        return None
    partial = PartialDate(year=year, month=month, day=day)
    if not found["clock"]:
        return Moment(date=partial)
    instant = _instant(text)
    return Moment(date=partial, instant=instant) if instant else None


def read_time(text: str) -> time | None:
    """None when the text is no FHIR time; fractions beyond a microsecond are cut."""
    return time.fromisoformat(text[:15]) if text.isascii() and _TIME.fullmatch(text) else None


def compare(left: Moment, right: Moment) -> int | None:
    """-1, 0 or 1; None when equal as far as both are known but not equally precise (as FHIRPath compares)."""
    if left.instant and right.instant:
        return (left.instant > right.instant) - (left.instant < right.instant)
    order = common_order(left, right)
    same_precision = len(left.date.parts) == len(right.date.parts) and left.instant is right.instant
    return order if order or same_precision else None


def common_order(left: Moment, right: Moment) -> int:
    """-1, 0 or 1 at the precision that both have: 2022-06 and 2022-06-30 are equal."""
    if left.instant and right.instant:
        return (left.instant > right.instant) - (left.instant < right.instant)
    shared = min(len(left.date.parts), len(right.date.parts))
    a, b = left.date.parts[:shared], right.date.parts[:shared]
    return (a > b) - (a < b)


def on(day: date) -> Moment:
    """The whole day as a moment of day precision."""
    return Moment(date=PartialDate(year=day.year, month=day.month, day=day.day))


def relative_day(expression: str, today: date) -> date | None:
    """The only FHIRPath evaluated here: `today()`, or `today() + 1 day`; None for anything else or beyond the calendar."""
    found = _RELATIVE_DAY.fullmatch(expression)
    if found is None:
        return None
    if not found[1]:
        return today
    count = int(found[3]) * (1 if found[2] == "+" else -1)
    try:
        if found[5] in _DAYS:
            return today + timedelta(days=count * _DAYS[found[5]])
        return _months_later(today, count * _MONTHS[found[5]])
    except (ValueError, OverflowError):
        return None


def in_words(partial: PartialDate) -> str:
    """A date as a reader in the United States writes it: `March 5, 2024`, `March 2024`, `2024`."""
    if partial.month is None:
        return str(partial.year)
    month = _MONTH_NAMES[partial.month - 1]
    return f"{month} {partial.year}" if partial.day is None else f"{month} {partial.day}, {partial.year}"


def misfit(text: str) -> str | None:
    """Which part of a date is none of the calendar, in words; None when that is not what is wrong."""
    found = _DATE_TIME.fullmatch(text)
    if found is None or not text.isascii():
        return None
    year, month, day = (int(found[name]) if found[name] else None for name in ("year", "month", "day"))
    if not year:
        return "There is no year 0. Please check the year."
    if month is not None and not 1 <= month <= len(_MONTH_NAMES):
        return "Please check the month: it is a number from 1 to 12."
    last = 31 if month is None else calendar.monthrange(year, month)[1]
    if month is not None and day is not None and not 1 <= day <= last:
        return f"Please check the day: {_MONTH_NAMES[month - 1]} {year} has days 1 to {last}."
    return None


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _instant(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        offset = moment.utcoffset()
        if offset is None or abs(offset) > timedelta(hours=_MAX_OFFSET_HOURS):
            return None
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
