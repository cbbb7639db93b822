"""How settings are written in a form, and read back: forgiving where people write the same thing in different ways. Pure."""

import re
from collections.abc import Mapping

from portico.clinic.setting_types import parse_opening_hours

WEEKDAYS: Mapping[str, str] = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
"""As the value names them, and as people read them."""

_CLOCK = r"(\d{1,2})(?::(\d{2}))?\s*([ap]\.?m\.?)?"
_STRETCH = re.compile(rf"{_CLOCK}\s*(?:-|–|—|to)\s*{_CLOCK}", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,;]*(?:\band\b)?[\s,;]*", re.IGNORECASE)


def text_of(kind: str, form: Mapping[str, str]) -> str | None:
    """The value that a form of this type says; None when it says nothing."""
    if kind == "opening_hours":
        parts = [f"{day} {hours}" for day in WEEKDAYS if (hours := tidy_hours(form.get(day, "")))]
        return "; ".join(parts) or None
    text = form.get("value", "").replace("\r\n", "\n").strip()
    if kind in ("closings", "extra_openings"):
        return "; ".join(filter(None, (_tidy_day(line) for line in re.split(r"[;\n]", text)))) or None
    if kind == "days":
        return " ".join(text.replace(",", " ").split()) or None
    return text or None


def fields_of(kind: str, value: str | None) -> dict[str, str]:
    """What stands in the fields of the form for this value."""
    if kind != "opening_hours":
        apart = kind in ("closings", "extra_openings")
        return {"value": (value or "").replace("; ", "\n") if apart else value or ""}
    try:
        parse_opening_hours(value or "")
    except ValueError:
        return dict.fromkeys(WEEKDAYS, "")
    by_day = dict(part.strip().split(" ", 1) for part in (value or "").lower().split(";") if part.strip())
    return {day: by_day.get(day, "") for day in WEEKDAYS}


def tidy_hours(text: str) -> str:
    """`8-12 and 1pm-5pm` as `08:00-12:00 13:00-17:00`; what does not read stays as it was written, to be refused."""
    tidied, at = [], 0
    for found in _STRETCH.finditer(text):
        if not _BETWEEN.fullmatch(text[at : found.start()]):
            return " ".join(text.split())
        opens, closes = _clock(*found.group(1, 2, 3)), _clock(*found.group(4, 5, 6))
        tidied.append(f"{opens}-{'24:00' if closes == '00:00' else closes}")
        at = found.end()
    return " ".join(tidied) if tidied and not text[at:].strip(" ,;") else " ".join(text.split())


def _clock(hour: str, minute: str | None, half: str | None) -> str:
    number = int(hour)
    if half is not None and 1 <= number <= 12:
        number = number % 12 + (12 if half[0].lower() == "p" else 0)
    return f"{number:02}:{minute or '00'}"


def _tidy_day(line: str) -> str:
    day, _, hours = line.strip().partition(" ")
    return f"{day} {tidy_hours(hours)}".strip()
