"""What rules read: typed answers by linkId, free of any form library.

Built by the caller from a validated answer tree.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TypeAlias

import msgspec

from portico.ids import LinkId

META_PREFIX = "meta."
"""LinkIds that the program supplies (days until the consult ...).

Absent means "does not apply": false, never missing.
"""

_DECEMBER = 12


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """A coded answer.

    Rules match on `code`; a linkId has one value set, so the system need not be repeated in a rule.
    """

    system: str
    code: str
    display: str = ""


class PartialDate(msgspec.Struct, frozen=True, kw_only=True):
    """A FHIR `date`, which may lack the day or the month; it then stands for every day it can mean."""

    year: int
    month: int | None = None
    day: int | None = None

    def first_day(self) -> date:
        return date(self.year, self.month or 1, self.day or 1)

    def last_day(self) -> date:
        """Raise ValueError for a day without a month and for days that the calendar does not have."""
        if self.month is None:
            if self.day is not None:
                raise ValueError("a day needs a month")
            return date(self.year, _DECEMBER, 31)
        if self.day is not None:
            return date(self.year, self.month, self.day)
        return date(self.year, self.month, days_in_month(self.year, self.month))


def days_in_month(year: int, month: int) -> int:
    if month == _DECEMBER:
        return 31
    return (date(year, month + 1, 1) - date(year, month, 1)).days


Value: TypeAlias = bool | int | Decimal | str | Code | PartialDate


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The answers of one response, or of one row (occurrence) of a repeating group.

    An item that is absent or empty in `values` and not in `not_asked` was asked and left open: unknown.
    `not_asked` holds the items that are disabled or switched off, groups with all their descendants; every
    atom on them is false and never missing. Groups that do not repeat are flattened into their parent.
    """

    values: Mapping[LinkId, tuple[Value, ...]] = {}
    rows: Mapping[LinkId, tuple["Facts", ...]] = {}
    not_asked: frozenset[LinkId] = frozenset()
