"""Which procedure a check-in is about, and how many days ago it was. Pure."""

from collections.abc import Collection, Sequence
from datetime import date

import msgspec


class Treated(msgspec.Struct, frozen=True, kw_only=True):
    """What triage needs of one procedure. None: nobody noted it, which is never read as "no"."""

    performed_on: date | None
    regions: tuple[str, ...]
    tissues: tuple[str, ...]
    hydrodissection: bool | None


def latest_for(procedures: Sequence[Treated], regions: Collection[str]) -> Treated | None:
    """The latest procedure at one of these regions, else the latest of all. One without a day may be the latest."""
    matching = [each for each in procedures if set(each.regions) & set(regions)]
    return max(matching or procedures, key=lambda each: each.performed_on or date.max, default=None)


def days_since(procedure: Treated | None, today: date) -> int | None:
    """Whole days of the clinic's zone; None when there is no procedure, or its day is unknown or lies ahead."""
    if procedure is None or procedure.performed_on is None or procedure.performed_on > today:
        return None
    return (today - procedure.performed_on).days
