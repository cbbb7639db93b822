"""What the figures of a period are: waits by level, levels changed by hand, and what became of each rule. Pure.

Minutes are whole and rounded up, so that no wait looks shorter than it was.
"""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from portico.escalation.model import Level


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """Days of the clinic's zone, the first and the last included."""

    first: date
    last: date


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """The period as instants, `until` not included, and the instant up to which what still waits has waited."""

    since: datetime
    until: datetime
    now: datetime


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How soon staff first looked at what came in at one level: a patient's message, or a danger in a form's answers."""

    level: Level
    messages: int = 0
    dangers: int = 0
    """Dangers in a form that no message stands for; acknowledging one is looking at it."""
    seen: int = 0
    """Those whose first look has a time."""
    median: int | None = None
    ninetieth: int | None = None
    longest: int | None = None
    waiting: int = 0
    """Those that nobody has looked at yet."""
    longest_waiting: int | None = None
    promised: int = 0
    """Messages that were to be read by a time, as the clinic had confirmed it when they were sent."""
    late: int = 0
    """Of these, how many were not."""


class Handling(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the escalations of one level. Times run from when each came to that level."""

    level: Level
    raised: int = 0
    acknowledged: int = 0
    acknowledged_median: int | None = None
    acknowledged_ninetieth: int | None = None
    acknowledged_longest: int | None = None
    unacknowledged: int = 0
    unacknowledged_longest: int | None = None
    resolved: int = 0
    resolved_median: int | None = None
    resolved_ninetieth: int | None = None
    resolved_longest: int | None = None
    unresolved: int = 0
    unresolved_longest: int | None = None
    first_rung: int = 0
    second_rung: int = 0
    last_rung: int = 0
    """How many went so far and no further."""
    late_acknowledgement: int = 0
    """How many let the time to acknowledge pass at least once."""
    late_contact: int = 0
    """How many let the time to resolve pass at least once."""


class LevelMove(msgspec.Struct, frozen=True, kw_only=True):
    """How often staff set a message from one level to another."""

    level_before: Level
    level_after: Level
    changes: int


class RuleFigure(msgspec.Struct, frozen=True, kw_only=True):
    """What became of what one rule set off. What several rules set off together counts for each of them."""

    rule: str
    messages: int
    messages_lowered: int
    """Of these, how many stand at a lower level now, by hand."""
    escalations: int
    ended: int
    """Of these, how many were resolved or lowered: what can be judged."""
    lowered: int
    not_needed: int
    for_nothing: int
    """Lowered, or resolved as not needed, or both."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one period. `rules` is None for who may not read what set an escalation off."""

    period: Period
    zone: str
    readings: Sequence[Reading]
    handlings: Sequence[Handling]
    moves: Sequence[LevelMove]
    rules: Sequence[RuleFigure] | None
