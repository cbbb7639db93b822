"""Reading the clinic's figures of a period. They name nobody; reading them leaves an audit row all the same."""

from datetime import timedelta
from typing import Literal

from portico.access import Caller, Permission
from portico.audit import Object, record
from portico.clinic.actions import settings_of
from portico.clinic.calendar import day_start, local_day
from portico.desk import figures_queries, figures_rules
from portico.desk.figures_model import Figures, Period, Span
from portico.platform.database import Tx
from portico.platform.site import Site

Use = Literal["read", "export"]


async def read_figures(site: Site, caller: Caller, first: str | None, last: str | None, use: Use = "read") -> Figures:
    """The figures of these days of the clinic (year-month-day), by default the last 30. Raises PeriodRefused."""
    wanted = figures_rules.day_of(first), figures_rules.day_of(last)
    async with site.db.transaction(caller.scope) as tx:
        zone = (await settings_of(tx, site.content)).zone
        chosen = figures_rules.days_of(*wanted, local_day(zone, tx.now))
        period = Period(first=chosen[0], last=chosen[1])
        figures = await _figures(tx, caller, zone, period)
        await record(tx, caller, use, Object("figures", f"{period.first}/{period.last}"))
    return figures


async def _figures(tx: Tx, caller: Caller, zone: str, period: Period) -> Figures:
    span = Span(since=day_start(zone, period.first), until=day_start(zone, period.last + timedelta(days=1)), now=tx.now)
    # With few cases a rule would tell what a patient wrote to somebody who reads no messages.
    may_read_rules = caller.actor.may(Permission.READ_ESCALATION_RULES)
    return Figures(
        period=period,
        zone=zone,
        readings=figures_rules.all_readings(await figures_queries.readings(tx, span)),
        handlings=figures_rules.all_handlings(await figures_queries.handlings(tx, span)),
        moves=figures_rules.ordered_moves(await figures_queries.moves(tx, span)),
        rules=await figures_queries.rules(tx, span) if may_read_rules else None,
    )
