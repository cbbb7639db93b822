"""What a measurement says, and whether it is what was promised."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the table. Without a goal it is there to explain another."""

    what: str
    measured: str
    goal: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        """Never blank where something was promised."""
        return "" if self.met is None else "met" if self.met else "**NOT met**"


@dataclass(frozen=True, kw_only=True)
class Section:
    """One measurement: how it was made, its lines, and what to know about them."""

    title: str
    method: str
    lines: Sequence[Line]
    notes: Sequence[str] = ()


def at_most(what: str, value: float, limit: float, unit: str, *, digits: int = 2) -> Line:
    """A line with a goal that must not be exceeded; compared before it is rounded."""
    return Line(what=what, measured=f"{value:.{digits}f} {unit}", goal=f"≤ {limit:g} {unit}", met=value <= limit)


def holds(what: str, measured: str, goal: str, *, met: bool) -> Line:
    """A line whose goal is no number."""
    return Line(what=what, measured=measured, goal=goal, met=met)
