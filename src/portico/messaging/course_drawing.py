"""Where the parts of a series stand in its drawing: pure geometry, drawn by a template; the same data stand in a table."""

from collections.abc import Sequence

import msgspec

from portico.messaging.course import Band, Point, Series

WIDTH, HEIGHT = 360, 220
LEFT, RIGHT, TOP, BOTTOM = 30, 10, 10, 38
HIGHEST_PAIN = 10
SHORTEST_DAYS = 21
_DAY_STEPS = (1, 3, 7, 14, 28, 91)
_MOST_DAY_MARKS = 8


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A labelled place on an axis, in the drawing's units."""

    at: float
    label: str


class Dot(msgspec.Struct, frozen=True, kw_only=True):
    """One value."""

    x: float
    y: float


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """The area of one band."""

    x: float
    y: float
    width: float
    height: float


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """One series to draw."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    days: tuple[Mark, ...]
    pains: tuple[Mark, ...]
    bands: tuple[Box, ...]
    now: tuple[Dot, ...]
    worst: tuple[Dot, ...]

    @property
    def now_line(self) -> str:
        """The line through pain now, as SVG points."""
        return _line(self.now)

    @property
    def worst_line(self) -> str:
        """The line through worst pain, as SVG points."""
        return _line(self.worst)


def drawing_of(series: Series, bands: Sequence[Band]) -> Drawing | None:
    """None when no check-in of the series has a day: then the table says it all."""
    days = [point.day for point in series.points if point.day is not None]
    if not days:
        return None
    last = max(SHORTEST_DAYS, *days)
    return Drawing(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        top=TOP,
        bottom=HEIGHT - BOTTOM,
        days=tuple(Mark(at=_x(day, last), label=str(day)) for day in range(0, last + 1, _step(last))),
        pains=tuple(Mark(at=_y(pain), label=str(pain)) for pain in range(0, HIGHEST_PAIN + 1, 2)),
        bands=tuple(_box(band, last) for band in bands),
        now=tuple(_dots(series.points, "now", last)),
        worst=tuple(_dots(series.points, "worst", last)),
    )


def _dots(points: Sequence[Point], which: str, last: int) -> list[Dot]:
    found = [(point.day, getattr(point, which)) for point in points]
    return [Dot(x=_x(day, last), y=_y(pain)) for day, pain in found if day is not None and pain is not None]


def _box(band: Band, last: int) -> Box:
    start, end = _x(band.from_day, last), _x(min(band.to_day + 1, last), last)
    top = _y(band.pain_below)
    return Box(x=start, y=top, width=round(end - start, 1), height=round(_y(0) - top, 1))


def _x(day: int, last: int) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * day / last, 1)


def _y(pain: int) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * pain / HIGHEST_PAIN, 1)


def _step(last: int) -> int:
    return next((step for step in _DAY_STEPS if last / step <= _MOST_DAY_MARKS), _DAY_STEPS[-1])


def _line(dots: Sequence[Dot]) -> str:
    return " ".join(f"{dot.x},{dot.y}" for dot in dots)
