"""The ladder: how long each level waits on each rung, and who hears of it there. Pure decisions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from portico.clinic.calendar import Wait, deadline
from portico.clinic.model import ClinicSettings
from portico.clinic.setting_types import parse_account, parse_integer
from portico.escalation.model import Cause, Level
from portico.ids import AccountId
from portico.notify.model import ADMIN_POOL, CLINICAL_POOL, account

LAST_RUNG: Final = 2
"""Everyone is told there; from then on the escalation repeats."""


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """How long one level waits for a person on each rung, on the last one, and for the outcome once acknowledged."""

    acknowledge: Wait
    repeat: Wait
    contact: Wait


_NEXT_DAY = Wait(counting="next_opening_day")

LADDER: Mapping[Level, Steps] = {
    "emergency": Steps(
        acknowledge=Wait(counting="always", minutes=5),
        repeat=Wait(counting="always", minutes=15),
        contact=Wait(counting="always", minutes=15),
    ),
    "call_now": Steps(
        acknowledge=Wait(counting="always", minutes=15),
        repeat=Wait(counting="always", minutes=15),
        contact=Wait(counting="always", minutes=60),
    ),
    "same_day": Steps(
        acknowledge=Wait(counting="opening_hours", minutes=60),
        repeat=Wait(counting="opening_hours", minutes=60),
        contact=Wait(counting="opening_hours", minutes=240),
    ),
    "routine": Steps(acknowledge=_NEXT_DAY, repeat=_NEXT_DAY, contact=_NEXT_DAY),
}
"""What holds until a clinic confirms other times."""


def steps(level: Level, settings: ClinicSettings) -> Steps:
    """The level's times: those of the clinic where a named person confirmed them, else the defaults.

    `routine` waits for days, which no number of minutes replaces.
    """
    defaults = LADDER[level]
    if level == "routine":
        return defaults
    return Steps(
        acknowledge=_confirmed_wait(settings, f"ladder.{level}.acknowledge_minutes", defaults.acknowledge),
        repeat=defaults.repeat,
        contact=_confirmed_wait(settings, f"ladder.{level}.contact_minutes", defaults.contact),
    )


def _confirmed_wait(settings: ClinicSettings, key: str, default: Wait) -> Wait:
    text = settings.confirmed_value(key)
    try:
        minutes = default.minutes if text is None else parse_integer(text)
    except ValueError:
        return default
    return default if minutes <= 0 else Wait(counting=default.counting, minutes=minutes)


def acknowledge_by(level: Level, rung: int, now: datetime, settings: ClinicSettings) -> datetime:
    """When an escalation that is raised on this rung now moves on."""
    times = steps(level, settings)
    wait = times.repeat if rung >= LAST_RUNG else times.acknowledge
    return deadline(settings.calendar, now, wait)


def contact_by(level: Level, now: datetime, settings: ClinicSettings) -> datetime:
    """When an escalation that is acknowledged now is raised again, unless it is resolved."""
    return deadline(settings.calendar, now, steps(level, settings).contact)


def next_rung(rung: int) -> int:
    return min(rung + 1, LAST_RUNG)


def told_on(rung: int, cause: Cause, settings: ClinicSettings, tell_first: AccountId | None = None) -> tuple[str, ...]:
    """Who hears of it on this rung: the pool, then the clinician on call, then all clinicians, nurses and admins.

    While the clinic has confirmed nobody on call, or no opening hours, everyone hears of it from the start. A late
    review goes to its own clinician first and to the pool next.
    """
    everyone = (CLINICAL_POOL, ADMIN_POOL)
    if tell_first is not None and rung == 0:
        return (account(tell_first),)
    on_call = on_call_clinician(settings)
    if on_call is None or settings.calendar.week is None or rung >= LAST_RUNG:
        return everyone
    if rung == 0 or cause == "late_review":
        return (CLINICAL_POOL,)
    return (account(on_call),)


def on_call_clinician(settings: ClinicSettings) -> AccountId | None:
    """The clinician on call, if the clinic has confirmed one."""
    text = settings.confirmed_value("ladder.on_call")
    try:
        return None if text is None else AccountId(parse_account(text))
    except ValueError:
        return None
