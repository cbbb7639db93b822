"""Which days may be asked for, and how the figures are put in order. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

from portico.desk.figures_model import Handling, LevelMove, Reading
from portico.errors import Invalid
from portico.escalation.model import LEVEL_RANK, LEVELS

USUAL_DAYS: Final = 30
MOST_DAYS: Final = 366
FIRST_DAY: Final = date(2000, 1, 1)
"""No clinic has anything in the portal from before."""


class PeriodRefused(Invalid):
    """Days that no figures can be made for."""

    code = "period-refused"


def day_of(text: str | None) -> date | None:
    """A day as the page and the address name it; None for none. Raises PeriodRefused."""
    if text is None or not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        message = "Write each day as year-month-day, such as 2026-03-31."
        raise PeriodRefused(message) from None


def days_of(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """The days asked for. Without a last day it is today, without a first the 30 that end at the last.

    Raises PeriodRefused.
    """
    last = today if last is None else last
    if last < FIRST_DAY:
        message = f"The last day must be {FIRST_DAY.isoformat()} or later."
        raise PeriodRefused(message)
    first = max(FIRST_DAY, last - timedelta(days=USUAL_DAYS - 1)) if first is None else first
    _check(first, last, today)
    return first, last


def all_readings(found: Iterable[Reading]) -> Sequence[Reading]:
    """One for each level, the most urgent first."""
    known = {each.level: each for each in found}
    return [known.get(level) or Reading(level=level) for level in LEVELS]


def all_handlings(found: Iterable[Handling]) -> Sequence[Handling]:
    """One for each level, the most urgent first."""
    known = {each.level: each for each in found}
    return [known.get(level) or Handling(level=level) for level in LEVELS]


def is_lowered(move: LevelMove) -> bool:
    return LEVEL_RANK[move.level_after] > LEVEL_RANK[move.level_before]


def ordered_moves(found: Iterable[LevelMove]) -> Sequence[LevelMove]:
    """Lowered ones first, then by level."""
    return sorted(
        found,
        key=lambda move: (not is_lowered(move), LEVEL_RANK[move.level_before], LEVEL_RANK[move.level_after]),
    )


def percent(part: int, whole: int) -> int | None:
    """A share in whole per cent, halves rounded up; None of nothing."""
    return None if whole == 0 else (200 * part + whole) // (2 * whole)


def _check(first: date, last: date, today: date) -> None:
    if first < FIRST_DAY:
        message = f"The first day must be {FIRST_DAY.isoformat()} or later."
        raise PeriodRefused(message)
    if first > today:
        message = "The first day is still to come. Choose today or an earlier day."
        raise PeriodRefused(message)
    if last < first:
        message = "The last day is before the first. Change one of them."
        raise PeriodRefused(message)
    if (last - first).days >= MOST_DAYS:
        message = f"That is more than {MOST_DAYS} days. Choose days that are nearer to each other."
        raise PeriodRefused(message)
