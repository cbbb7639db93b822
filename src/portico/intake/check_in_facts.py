"""What triage reads beside the answers of a check-in: the day since the procedure, and what the chart already says. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

import msgspec

from portico.care.days_since import Treated, days_since, latest_for
from portico.ids import LinkId
from portico.screening.facts import META_PREFIX, Code, Facts, PartialDate, Value

Known = Literal["yes", "no", "unsure"]
"""What nobody knows is `unsure`, never "no"."""

SITE = LinkId("site")
REGION = LinkId("site.region")
PAIN_NOW = LinkId("site.now")
DAY_RIGHT = LinkId("day.right")
NO_DAY = "other"
"""The answer "no, or no day is shown"."""
DAY_TOLD = LinkId("day.date")
CONDITIONS = LinkId("hx.1")
INTAKE_ROWS = LinkId("reg.n")
INTAKE_REGION = LinkId("reg.n.region")
INTAKE_PAIN = LinkId("reg.n.nrs.now")


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """Pain now (0 to 10) by region, as the intake said on a day of the clinic's zone."""

    told_on: date
    pain: Mapping[str, int]


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What the latest submitted intake says."""

    immune: Known = "unsure"
    diabetes: Known = "unsure"
    baseline: Baseline | None = None


class CheckInContext(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about one patient before the check-in is answered."""

    procedures: tuple[Treated, ...] = ()
    history: History = History()


def with_context(facts: Facts, context: CheckInContext, today: date) -> Facts:
    """The answers together with what the program supplies under `meta.`."""
    rows = facts.rows.get(SITE, ())
    procedure = latest_for(context.procedures, regions_of(facts))
    days = _days(facts, procedure, today)
    supplied: dict[str, Value] = {
        "procedure_day": _code("unsure" if days is None else "known"),
        "joint": _code(_among("joint", procedure)),
        "hydrodissection": _code(_hydrodissection(procedure)),
        "immune": _code(context.history.immune),
        "diabetes": _code(context.history.diabetes),
    }
    rise = _rise(rows, context.history.baseline, procedure)
    supplied |= {} if days is None else {"days_since_procedure": days}
    supplied |= {} if rise is None else {"pain_rise": rise}
    values = {LinkId(f"{META_PREFIX}{name}"): (value,) for name, value in supplied.items()}
    return Facts(values={**facts.values, **values}, rows=facts.rows, not_asked=facts.not_asked)


def regions_of(facts: Facts) -> set[str]:
    """The regions that a check-in names."""
    return {code for row in facts.rows.get(SITE, ()) for code in _codes(row, REGION)}


def _days(facts: Facts, procedure: Treated | None, today: date) -> int | None:
    """The clinic's own record counts; a patient who doubts it makes the day unknown, and tells it only without one."""
    said = _codes(facts, DAY_RIGHT)
    if procedure is not None:
        return None if said & {NO_DAY, "unsure"} else days_since(procedure, today)
    told = next((day for day in facts.values.get(DAY_TOLD, ()) if isinstance(day, PartialDate)), None)
    if told is None or told.day is None or NO_DAY not in said:
        return None
    return days_since(Treated(performed_on=told.first_day(), regions=(), tissues=(), hydrodissection=None), today)


def _rise(rows: Sequence[Facts], baseline: Baseline | None, procedure: Treated | None) -> int | None:
    """How far pain now lies above the value told before the procedure, at the worst place."""
    if baseline is None or procedure is None or procedure.performed_on is None:
        return None
    if baseline.told_on > procedure.performed_on:
        return None
    rises = [
        pain - baseline.pain[region]
        for row in rows
        for region in _codes(row, REGION) & baseline.pain.keys()
        for pain in row.values.get(PAIN_NOW, ())
        if isinstance(pain, int)
    ]
    return max(rises, default=None)


def _codes(facts: Facts, link_id: LinkId) -> set[str]:
    return {value.code for value in facts.values.get(link_id, ()) if isinstance(value, Code)}


def _among(tissue: str, procedure: Treated | None) -> Known:
    if procedure is None or not procedure.tissues:
        return "unsure"
    return "yes" if tissue in procedure.tissues else "no"


def _hydrodissection(procedure: Treated | None) -> Known:
    if procedure is None or procedure.hydrodissection is None:
        return "unsure"
    return "yes" if procedure.hydrodissection else "no"


def _code(code: str) -> Code:
    return Code(system="urn:portico:known", code=code)


def history_of(facts: Facts, told_on: date) -> History:
    """What an intake says about the illnesses that make a check-in more urgent, and about pain before the procedure."""
    said = _codes(facts, CONDITIONS)
    pain = {
        region: value
        for row in facts.rows.get(INTAKE_ROWS, ())
        for region in _codes(row, INTAKE_REGION)
        for value in row.values.get(INTAKE_PAIN, ())
        if isinstance(value, int)
    }
    return History(
        immune=_ill("immune", said),
        diabetes=_ill("diabetes", said),
        baseline=Baseline(told_on=told_on, pain=pain) if pain else None,
    )


def _ill(code: str, said: set[str]) -> Known:
    if code in said:
        return "yes"
    return "no" if said and "unsure" not in said else "unsure"
