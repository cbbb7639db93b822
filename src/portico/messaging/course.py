"""The course after procedures: pain and change by region and by day, and the bands that the clinic expects. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Literal

import msgspec

from portico.care.days_since import Treated, days_since, latest_for
from portico.clinic.model import ClinicSettings
from portico.ids import ResponseId
from portico.intake.model import Urgency
from portico.platform.content_files import SettingDeclaration

Change = Literal["better", "same", "worse"]
BAND_SETTINGS = ("aftercare.first_band_days", "aftercare.second_band_days", "aftercare.third_band_days")
SEVERE_SETTING = "pain.severe_from"
MILD_TO_MODERATE = "S22"
"""The statement that soreness in the bands is mild to moderate."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What one check-in says of one place. None: not answered."""

    response_id: ResponseId
    at: datetime
    on: date
    region: str
    now: int | None
    worst: int | None
    change: Change | None
    level: Urgency


class Point(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One check-in in a series; `day` counts from the procedure."""

    response: ResponseId
    at: datetime
    day: int | None
    now: int | None
    worst: int | None
    change: Change | None
    level: Urgency


class Series(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One region after one procedure, the first check-in first. Without a day the procedure is not known."""

    region: str
    procedure_on: date | None
    points: tuple[Point, ...]


class Band(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Days in which soreness up to mild or moderate is expected, and who says so. `painBelow` is what counts as severe."""

    from_day: int
    to_day: int
    pain_below: int
    source: tuple[str, ...]


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """Every series of a patient with the bands to read it by; no bands while a danger is open."""

    series: tuple[Series, ...]
    bands: tuple[Band, ...]


def series_of(told: Iterable[Told], procedures: Sequence[Treated]) -> tuple[Series, ...]:
    """By region and procedure, in the order of the procedures. A check-in belongs to the latest one before it."""
    found: dict[tuple[date | None, str], list[Point]] = {}
    for each in sorted(told, key=lambda one: one.at):
        done = [known for known in procedures if known.performed_on is not None and known.performed_on <= each.on]
        procedure = latest_for(done, {each.region})
        on = None if procedure is None else procedure.performed_on
        found.setdefault((on, each.region), []).append(_point(each, days_since(procedure, each.on)))
    keys = sorted(found, key=lambda key: (key[0] or date.min, key[1]))
    return tuple(Series(region=region, procedure_on=on, points=tuple(found[on, region])) for on, region in keys)


def worsens(series: Iterable[Series], response_id: ResponseId) -> bool:
    """Whether this check-in goes on a way that gets worse (ST28): two steps in one direction make a trend.

    Pain that rose from the last but one check-in to the last, and rises again; or "worse" said twice running. What was
    not answered is no step.
    """
    return any(
        _rises(each.points[-3:]) or _worse_again(each.points[-2:]) for each in series if _ends(each, response_id)
    )


def _ends(series: Series, response_id: ResponseId) -> bool:
    return bool(series.points) and series.points[-1].response == response_id


def _rises(points: Sequence[Point]) -> bool:
    pains = [point.now for point in points if point.now is not None]
    return len(pains) == 3 and pains[0] < pains[1] < pains[2]


def _worse_again(points: Sequence[Point]) -> bool:
    return [point.change for point in points] == ["worse", "worse"]


def bands_of(settings: ClinicSettings, declared: dict[str, SettingDeclaration]) -> tuple[Band, ...]:
    """The bands that named people confirmed; none while one of the numbers behind them is not."""
    severe = settings.confirmed_value(SEVERE_SETTING)
    ends = [settings.confirmed_value(key) for key in BAND_SETTINGS]
    if severe is None or not severe.isdigit():
        return ()
    bands: list[Band] = []
    start = 0
    for key, end in zip(BAND_SETTINGS, ends, strict=True):
        if end is None or not end.isdigit():
            return ()
        sources = (*declared[key].source, MILD_TO_MODERATE)
        bands.append(Band(from_day=start, to_day=int(end), pain_below=int(severe), source=sources))
        start = int(end) + 1
    return tuple(bands)


def _point(told: Told, day: int | None) -> Point:
    return Point(
        response=told.response_id,
        at=told.at,
        day=day,
        now=told.now,
        worst=told.worst,
        change=told.change,
        level=told.level,
    )
