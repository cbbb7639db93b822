"""How a consult moves, as one table."""

from collections.abc import Mapping
from typing import Literal

from portico.errors import Conflict

ConsultState = Literal["requested", "booked", "held", "cancelled", "missed"]

MOVES: Mapping[ConsultState, frozenset[ConsultState]] = {
    "requested": frozenset({"requested", "booked", "cancelled"}),
    "booked": frozenset({"booked", "held", "cancelled", "missed"}),
    "held": frozenset({"held"}),
    "cancelled": frozenset({"cancelled", "booked"}),
    "missed": frozenset({"missed", "booked"}),
}
"""State to the states that staff may set next. A cancelled or missed consult may be booked anew."""


class ConsultCannotMove(Conflict):
    """The consult is in a state from which it cannot become that."""

    code = "consult-cannot-move"


def moved(now: ConsultState, wanted: ConsultState) -> ConsultState:
    """The new state. Raises ConsultCannotMove."""
    if wanted not in MOVES[now]:
        message = f"A consult that is {now} cannot become {wanted}."
        raise ConsultCannotMove(message, state=now)
    return wanted
