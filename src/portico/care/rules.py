"""How a consult moves, and an attachment: each as one table."""

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


AttachmentState = Literal["received", "quarantined", "clean", "rejected"]
AttachmentEvent = Literal["pass", "wait", "refuse", "collect"]

ATTACHMENT_MOVES: Mapping[AttachmentState, Mapping[AttachmentEvent, AttachmentState]] = {
    "received": {"pass": "clean", "wait": "quarantined", "collect": "rejected"},
    "quarantined": {"pass": "clean", "wait": "quarantined", "refuse": "rejected", "collect": "rejected"},
    "clean": {"collect": "rejected"},
    "rejected": {"collect": "rejected"},
}
"""State and what the virus scanner said (`wait`: nothing yet) to the next state; `collect`: it belonged to nothing.

Only a clean file can be read. A file that is refused when it is sent never becomes a row.
"""


class AttachmentCannotMove(Conflict):
    """The file is in a state from which this cannot happen."""

    code = "attachment-cannot-move"


def attachment_moved(state: AttachmentState, event: AttachmentEvent) -> AttachmentState:
    """The new state. Raises AttachmentCannotMove."""
    moves = ATTACHMENT_MOVES[state]
    if event not in moves:
        message = f"A file that is {state} stays as it is."
        raise AttachmentCannotMove(message, state=state)
    return moves[event]
