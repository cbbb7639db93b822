"""Settings are stored as text; here each type says how its text reads. Pure.

A text that does not read is refused with ValueError, whose message says what to write instead and never repeats it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portico.clinic.calendar import MINUTES_OF_A_DAY, DayHours, Interval, Week
from portico.notify.webhook_address import is_callable

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_STRETCH = re.compile(r"(\d{2}):([0-5]\d)-(\d{2}):([0-5]\d)")
_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,6})?")
_PHONE = re.compile(r"\+?[0-9][0-9 ().-]{1,20}")


def parse_integer(text: str) -> int:
    """A whole number."""
    if not re.fullmatch(r"-?\d{1,9}", text):
        message = "Write a whole number, for example 30."
        raise ValueError(message)
    return int(text)


def parse_decimal(text: str) -> Decimal:
    """A number with a point, as money and measures have."""
    if not _NUMBER.fullmatch(text):
        message = "Write a number, for example 100.4."
        raise ValueError(message)
    return Decimal(text)


def parse_boolean(text: str) -> bool:
    """`true` or `false`: a misspelt answer is not a no."""
    if text not in ("true", "false"):
        message = "Write true or false."
        raise ValueError(message)
    return text == "true"


def parse_text(text: str) -> str:
    """Some words."""
    if not text.strip() or len(text) > 2000:
        message = "Write between 1 and 2000 characters."
        raise ValueError(message)
    return text.strip()


def parse_phone(text: str) -> str:
    """A telephone number as people read it; letters are refused, since a link must be able to dial it."""
    if not _PHONE.fullmatch(text.strip()):
        message = "Write a telephone number in digits, for example 555-0100."
        raise ValueError(message)
    return text.strip()


def parse_zone(text: str) -> str:
    """A time zone of the IANA database."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = "Write a time zone such as America/New_York."
        raise ValueError(message) from None
    return text


def parse_account(text: str) -> UUID:
    """An account of this clinic, by its id."""
    try:
        return UUID(text)
    except ValueError:
        message = "Choose a member of staff."
        raise ValueError(message) from None


def parse_webhook(text: str) -> str:
    """An address that is called by https, or on this very machine."""
    if not is_callable(text.strip()):
        message = (
            "Write an address that starts with https://, for example https://pager.clinic.test/portico, without a name or "
            "password in it, without # and with a port from 1 to 65535 if any."
        )
        raise ValueError(message)
    return text.strip()


def parse_opening_hours(text: str) -> Week:
    """Opening by weekday, such as `mon 08:00-12:00 13:00-17:00; tue 08:00-24:00`. Days that are absent are closed.

    Refused when no day opens at all (that would stop every deadline), when stretches overlap or run over midnight.
    """
    week: dict[int, tuple[Interval, ...]] = {}
    for part in filter(None, (part.strip() for part in text.lower().split(";"))):
        name, *stretches = part.split()
        if name not in _DAYS or _DAYS.index(name) + 1 in week or not stretches:
            message = "Name each open day once, with its hours: mon 08:00-12:00 13:00-17:00; tue 08:00-17:00."
            raise ValueError(message)
        week[_DAYS.index(name) + 1] = _ordered(tuple(_stretch(each) for each in stretches))
    if not week:
        message = "At least one day must have opening hours, for example mon 08:00-17:00."
        raise ValueError(message)
    return MappingProxyType(week)


def _stretch(text: str) -> Interval:
    found = _STRETCH.fullmatch(text)
    if found is None:
        message = "Write hours as 08:00-17:00; midnight at the end is 24:00."
        raise ValueError(message)
    opens_hour, opens_minute, closes_hour, closes_minute = map(int, found.groups())
    return Interval(opens_hour * 60 + opens_minute, closes_hour * 60 + closes_minute)


def _ordered(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
    if any(later.opens < earlier.closes for earlier, later in pairwise(intervals)):
        message = "The hours of one day must follow one another without overlapping."
        raise ValueError(message)
    return intervals


def parse_days(text: str) -> frozenset[date]:
    """Days apart by spaces or commas, such as `2026-12-25 2026-12-26`; nothing written means no such day."""
    try:
        return frozenset(date.fromisoformat(each) for each in text.replace(",", " ").split())
    except ValueError:
        message = "Write days as 2026-12-25, with spaces between them."
        raise ValueError(message) from None


_WHOLE_DAY = (Interval(0, MINUTES_OF_A_DAY),)


def parse_closings(text: str) -> DayHours:
    """Single days, apart by semicolons, with the hours that are closed; without hours the whole day is.

    Such as `2026-07-03; 2026-06-05 12:00-24:00`. Nothing written means no such day.
    """
    return MappingProxyType({day: hours or _WHOLE_DAY for day, hours in _hours_by_day(text)})


def parse_extra_openings(text: str) -> DayHours:
    """Single days, apart by semicolons, with the hours that are open beside the week's: `2026-06-06 09:00-12:00`."""
    found = dict(_hours_by_day(text))
    if not all(found.values()):
        message = "Write the hours of each extra opening: 2026-06-06 09:00-12:00."
        raise ValueError(message)
    return MappingProxyType(found)


def _hours_by_day(text: str) -> Iterator[tuple[date, tuple[Interval, ...]]]:
    seen: set[date] = set()
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, *stretches = part.split()
        day = _day(name)
        if day in seen:
            message = "Name each day once, with all its hours: 2026-06-05 08:00-10:00 12:00-24:00."
            raise ValueError(message)
        seen.add(day)
        yield day, _ordered(tuple(_stretch(each) for each in stretches))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = "Write each day as 2026-06-05, its hours after it, and a semicolon between days."
        raise ValueError(message) from None


def parse_day_numbers(text: str) -> tuple[int, ...]:
    """Days counted from a first one, such as `1 3 7 21`, in their order; nothing written means no such day."""
    parts = text.replace(",", " ").split()
    if not all(part.isascii() and part.isdigit() and len(part) <= 3 for part in parts) or len(parts) > 20:
        message = "Write at most 20 whole numbers with spaces between them, for example 1 3 7 21."
        raise ValueError(message)
    return tuple(sorted({int(part) for part in parts}))


PARSERS: Mapping[str, Callable[[str], object]] = {
    "integer": parse_integer,
    "decimal": parse_decimal,
    "money": parse_decimal,
    "boolean": parse_boolean,
    "string": parse_text,
    "text": parse_text,
    "phone": parse_phone,
    "zone": parse_zone,
    "account": parse_account,
    "opening_hours": parse_opening_hours,
    "days": parse_days,
    "closings": parse_closings,
    "extra_openings": parse_extra_openings,
    "webhook": parse_webhook,
    "day_numbers": parse_day_numbers,
}
"""How the text of each declared type is read."""
