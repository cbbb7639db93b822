"""The JSON route of the clinic's figures, and the shapes that it answers with."""

from datetime import date
from typing import Annotated

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from portico.access import Caller, Permission, staff
from portico.desk.figures import read_figures
from portico.desk.figures_model import Figures, Handling, Reading, RuleFigure
from portico.desk.figures_rules import is_lowered, percent
from portico.escalation.model import Level
from portico.platform.site import Site

FirstDay = Annotated[str | None, Parameter(query="from", description="The first day: year-month-day.")]
LastDay = Annotated[str | None, Parameter(query="to", description="The last day, included; today without it.")]


class WaitOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Waits in whole minutes, rounded up. `count` of them ended; `waiting` have not, and are in no other number here."""

    count: int
    median: int | None
    ninetieth_percentile: int | None
    longest: int | None
    waiting: int
    longest_waiting: int | None


class FirstLookOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How soon staff first looked at messages, and at dangers in forms, of one level."""

    level: Level
    messages: int
    dangers: int
    minutes: WaitOut
    promised: int
    late: int


class EscalationFigureOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of the escalations of one level. `rungs`: how many went as far as the first, second, last rung."""

    level: Level
    raised: int
    acknowledged: WaitOut
    resolved: WaitOut
    rungs: tuple[int, int, int]
    late_acknowledgement: int
    late_contact: int


class LevelMoveOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How often staff set a message from one level to another."""

    level_before: Level
    level_after: Level
    lowered: bool
    changes: int


class RuleFigureOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of what one rule set off. `percentForNothing` is of `ended`."""

    rule: str
    messages: int
    messages_lowered: int
    escalations: int
    ended: int
    lowered: int
    not_needed: int
    for_nothing: int
    percent_for_nothing: int | None


class FiguresOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The figures of a period. `rules` is absent for people who may not read what set an escalation off."""

    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    zone: str
    first_looks: list[FirstLookOut]
    escalations: list[EscalationFigureOut]
    level_changes: list[LevelMoveOut]
    rules: list[RuleFigureOut] | msgspec.UnsetType = msgspec.UNSET


@get("/api/figures", opt={"audience": staff(Permission.READ_FIGURES), "query": "checked"})
async def get_figures(site: Site, caller: Caller, first: FirstDay = None, last: LastDay = None) -> FiguresOut:
    """How long people waited, what passed its time and what was for nothing, in up to 366 days; the last 30 unless asked."""
    return figures_out(await read_figures(site, caller, first, last))


def figures_out(figures: Figures) -> FiguresOut:
    """The figures as JSON says them."""
    return FiguresOut(
        first=figures.period.first,
        last=figures.period.last,
        zone=figures.zone,
        first_looks=[_first_look(each) for each in figures.readings],
        escalations=[_escalation(each) for each in figures.handlings],
        level_changes=[
            LevelMoveOut(
                level_before=each.level_before,
                level_after=each.level_after,
                lowered=is_lowered(each),
                changes=each.changes,
            )
            for each in figures.moves
        ],
        rules=msgspec.UNSET if figures.rules is None else [_rule(each) for each in figures.rules],
    )


def _first_look(each: Reading) -> FirstLookOut:
    return FirstLookOut(
        level=each.level,
        messages=each.messages,
        dangers=each.dangers,
        minutes=WaitOut(
            count=each.seen,
            median=each.median,
            ninetieth_percentile=each.ninetieth,
            longest=each.longest,
            waiting=each.waiting,
            longest_waiting=each.longest_waiting,
        ),
        promised=each.promised,
        late=each.late,
    )


def _escalation(each: Handling) -> EscalationFigureOut:
    return EscalationFigureOut(
        level=each.level,
        raised=each.raised,
        acknowledged=WaitOut(
            count=each.acknowledged,
            median=each.acknowledged_median,
            ninetieth_percentile=each.acknowledged_ninetieth,
            longest=each.acknowledged_longest,
            waiting=each.unacknowledged,
            longest_waiting=each.unacknowledged_longest,
        ),
        resolved=WaitOut(
            count=each.resolved,
            median=each.resolved_median,
            ninetieth_percentile=each.resolved_ninetieth,
            longest=each.resolved_longest,
            waiting=each.unresolved,
            longest_waiting=each.unresolved_longest,
        ),
        rungs=(each.first_rung, each.second_rung, each.last_rung),
        late_acknowledgement=each.late_acknowledgement,
        late_contact=each.late_contact,
    )


def _rule(each: RuleFigure) -> RuleFigureOut:
    return RuleFigureOut(
        rule=each.rule,
        messages=each.messages,
        messages_lowered=each.messages_lowered,
        escalations=each.escalations,
        ended=each.ended,
        lowered=each.lowered,
        not_needed=each.not_needed,
        for_nothing=each.for_nothing,
        percent_for_nothing=percent(each.for_nothing, each.ended),
    )


ROUTES: list[HTTPRouteHandler] = [get_figures]
