"""How a response moves, which drafts are in danger, and what a danger switches off."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from portico.errors import Conflict, Invalid, NotAllowed, Stale
from portico.forms import Item, Questionnaire
from portico.ids import LinkId
from portico.intake.model import DangerLevel, ResponseKind, ResponseState

Event = Literal["save", "move", "submit", "amend", "drop", "expire"]

MOVES: Mapping[ResponseState, Mapping[Event, ResponseState]] = {
    "draft": {"save": "draft", "move": "draft", "submit": "submitted", "drop": "abandoned", "expire": "expired"},
    "submitted": {"amend": "amending"},
    "amending": {
        "save": "amending",
        "move": "amending",
        "submit": "submitted",
        "drop": "submitted",
        "amend": "amending",
    },
    "abandoned": {"expire": "abandoned"},
    "expired": {},
}
"""State × event → state. Dropping an amendment leaves what was submitted; what was abandoned may still hold answers that go."""

DRAFT_DAYS = 90
"""How long an untouched draft is kept when the clinic has not set `intake.draft_days`."""

REMIND_DAYS = 7
"""How long before it is erased a draft is asked for when the clinic has not set `intake.remind_days`."""

SWITCHED_OFF_IN_DANGER = ("cost", "pref")
"""A page that shows a danger asks about neither money nor visits: these items and all `cost.*`, `pref.*`."""

MOOD_ITEM = LinkId("rf.mood")
"""Thoughts of self-harm; a clinic may leave the question out, the 988 notice beside it stays."""

MOOD_SETTING = "intake.mood_question"

CHECK_IN_SLUG = "soreness-checkin"

SCOPE_OF: Mapping[ResponseKind, str] = {"intake": "intake", "check_in": "messages"}
"""What somebody must be allowed to do for a patient to fill this in: a check-in is part of the conversation."""

_LEVEL_RANK: Mapping[DangerLevel | None, int] = {None: 0, "U": 1, "E": 2}

_REFUSALS: Mapping[ResponseState, str] = {
    "draft": "This form has not been sent yet.",
    "submitted": "This form was sent already. Open it for changes first.",
    "amending": "This form is open for changes.",
    "abandoned": "This draft was thrown away. Start a new one.",
    "expired": "This draft is too old and was erased. Start a new one.",
}


class ResponseCannotMove(Conflict):
    """The response's state does not allow this."""

    code = "response-cannot-move"


class ResponseStale(Stale):
    """The response was saved elsewhere since; the answer carries that other revision, so nothing is lost."""

    code = "response-stale"


class VersionWithdrawn(Conflict):
    """The form's version was withdrawn; move the draft to the newer version first."""

    code = "version-withdrawn"


class PartialNotAllowed(Conflict):
    """A form is sent unfinished only while a danger is open in it."""

    code = "partial-not-allowed"


class CheckInIsSent(Conflict):
    """A check-in that was sent is a message: it is never changed, a new one is sent."""

    code = "check-in-sent"


class ChangesInDanger(Conflict):
    """Somebody must act on what stands in these changes and nowhere else; they are not erased before."""

    code = "changes-in-danger"

    def __init__(self) -> None:
        super().__init__(
            "You told us about something dangerous in these changes, and the clinic is looking at it. "
            "They cannot be thrown away until somebody has dealt with it. You can still change them or send them."
        )


class AnswersNotForRole(NotAllowed):
    """A role of the staff that does not read answers."""

    code = "role-not-allowed"


class AnswersRefused(Invalid):
    """The answers cannot be stored or sent; every fault is listed."""

    code = "answers-refused"


def moved(state: ResponseState, event: Event) -> ResponseState:
    """The next state. Raises ResponseCannotMove."""
    following = MOVES[state].get(event)
    if following is None:
        raise ResponseCannotMove(_REFUSALS[state], state=state)
    return following


def expires_at(saved_at: datetime, days: int) -> datetime:
    """When an untouched draft is erased."""
    return saved_at + timedelta(days=days)


def remind_at(saved_at: datetime, expires: datetime, days: int) -> datetime | None:
    """When to ask for a draft before it is erased; None where it is not kept for that long."""
    asked = expires - timedelta(days=days)
    return asked if saved_at < asked < expires else None


def higher(one: DangerLevel | None, other: DangerLevel | None) -> DangerLevel | None:
    """The more urgent of two levels."""
    return one if _LEVEL_RANK[one] >= _LEVEL_RANK[other] else other


def is_higher(one: DangerLevel | None, other: DangerLevel | None) -> bool:
    """Whether the first level is more urgent than the second."""
    return _LEVEL_RANK[one] > _LEVEL_RANK[other]


def switched_off(
    questionnaire: Questionnaire, danger: DangerLevel | None, *, asks_mood: bool = True
) -> frozenset[LinkId]:
    """The items that a danger switches off, and the question about self-harm where the clinic does not ask it."""
    unasked = frozenset() if asks_mood else frozenset({MOOD_ITEM})
    if danger is None:
        return unasked
    return unasked.union(link for item in questionnaire.item for link in _costs_and_wishes(item))


def asks_mood(setting: str | None) -> bool:
    """Whether the question about self-harm is asked: unless the clinic's confirmed `intake.mood_question` says no."""
    return setting != "false"


def _costs_and_wishes(item: Item) -> list[LinkId]:
    if item.link_id.split(".", 1)[0] in SWITCHED_OFF_IN_DANGER:
        return [LinkId(item.link_id)]
    return [link for child in item.item for link in _costs_and_wishes(child)]
