"""How an escalation moves: by people, by time, and by more danger. Pure decisions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec

from portico.clinic.model import ClinicSettings
from portico.errors import Conflict, Invalid
from portico.escalation.ladder import acknowledge_by, contact_by, next_rung
from portico.escalation.model import LEVEL_RANK, Cause, Escalation, Level, Missed, Outcome, Resolution, State, Trigger
from portico.ids import AccountId

Event = Literal["acknowledge", "resolve", "left_message", "deadline_passed", "contact_time_passed", "raise_level"]

MOVES: Mapping[State, Mapping[Event, State]] = {
    "raised": {
        "acknowledge": "acknowledged",
        "resolve": "resolved",
        "left_message": "acknowledged",
        "deadline_passed": "raised",
        "raise_level": "raised",
    },
    "acknowledged": {
        "acknowledge": "acknowledged",
        "resolve": "resolved",
        "left_message": "acknowledged",
        "contact_time_passed": "raised",
        "raise_level": "raised",
    },
    "resolved": {},
}
"""State × event → state. `resolve` of a raised one acknowledges it too: who resolves it was on it."""

DANGEROUS: frozenset[Cause] = frozenset({"red_flag", "triage"})
"""Causes that are a red flag while they are unresolved."""

AT_ANY_HOUR: frozenset[Level] = frozenset({"emergency", "call_now"})
"""Levels whose time runs day and night."""

NOTE_LIMIT: Final = 4000
"""Characters of a note about what was done."""


class EscalationCannotMove(Conflict):
    """The escalation's state does not allow this."""

    code = "escalation-cannot-move"


class AcknowledgedByAnother(Conflict):
    """Somebody else is on it already; the answer names them."""

    code = "acknowledged-by-another"


class NothingToResolve(Conflict):
    """Somebody resolved it in the meantime, or there never was anything urgent."""

    code = "nothing-to-resolve"

    def __init__(self) -> None:
        super().__init__("Nothing urgent is open about this any more. Leave out what was done about it.")


class NoteTooLong(Invalid):
    """The note does not fit."""

    code = "note-too-long"


class NoteNeeded(Invalid):
    """An urgent case ends as "not needed", or is raised again, only with a sentence that says why."""

    code = "note-needed"


class RecordedBefore(Conflict):
    """Something else was recorded from this page before: pressing again on the new page records this too."""

    code = "recorded-before"

    def __init__(self) -> None:
        super().__init__(
            "This page was used before, with other words. Look at the case as it is now, then press again."
        )


class NotSure(Conflict):
    """The page asks once more before a case ends with nothing done for the patient."""

    code = "confirm-first"


def moved(state: State, event: Event) -> State:
    """The state after the event. Raises EscalationCannotMove."""
    after = MOVES[state].get(event)
    if after is None:
        message = "This has been resolved already. If there is danger again, it is raised anew."
        raise EscalationCannotMove(message, state=state)
    return after


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """What an unresolved escalation becomes when more is found about its subject."""

    level: Level
    state: State
    cause: Cause
    rules: tuple[str, ...]
    is_higher: bool
    added: tuple[str, ...]
    link_ids: tuple[str, ...]


def merge(current: Escalation, trigger: Trigger) -> Merged:
    """Adds what was found. A higher level raises it again; an equal or lower one leaves an acknowledgement alone."""
    is_higher = LEVEL_RANK[trigger.level] < LEVEL_RANK[current.level]
    added = tuple(rule for rule in dict.fromkeys(trigger.rules) if rule not in current.rules)
    return Merged(
        level=trigger.level if is_higher else current.level,
        state=moved(current.state, "raise_level") if is_higher else current.state,
        cause=current.cause if current.cause in DANGEROUS else trigger.cause,
        rules=(*current.rules, *added),
        is_higher=is_higher,
        added=added,
        link_ids=tuple(dict.fromkeys((*current.link_ids, *trigger.link_ids))),
    )


def raised_again(current: Escalation, now: datetime, new_deadline: datetime) -> Escalation:
    """The escalation without its acknowledgement, waiting from now."""
    return msgspec.structs.replace(
        current,
        state="raised",
        deadline=new_deadline,
        waiting_since=now,
        acknowledged_by=None,
        acknowledged_at=None,
    )


def raised_higher(current: Escalation, merged: Merged, now: datetime, settings: ClinicSettings) -> Escalation:
    """At its new level on the same rung; its deadline is never later than the one that it had."""
    fresh = acknowledge_by(merged.level, current.rung, now, settings)
    earlier = fresh if current.deadline is None else min(current.deadline, fresh)
    return msgspec.structs.replace(raised_again(current, now, earlier), state=merged.state, level=merged.level)


def overdue(current: Escalation, now: datetime, settings: ClinicSettings) -> tuple[Event, Escalation]:
    """What happens when the deadline has come: the next rung, or after an acknowledgement the same rung again."""
    event: Event = "deadline_passed" if current.state == "raised" else "contact_time_passed"
    state = moved(current.state, event)
    rung = next_rung(current.rung) if event == "deadline_passed" else current.rung
    after = raised_again(current, now, acknowledge_by(current.level, rung, now, settings))
    return event, msgspec.structs.replace(after, state=state, rung=rung)


def acknowledged(current: Escalation, by: AccountId, now: datetime, settings: ClinicSettings) -> Escalation:
    """Somebody says "I am on it": the contact time starts. Once more by the same person changes nothing.

    Raises AcknowledgedByAnother and EscalationCannotMove.
    """
    state = moved(current.state, "acknowledge")
    if current.acknowledged_by == by:
        return current
    if current.acknowledged_by is not None:
        message = "Somebody else is on it already. You can still record what was done."
        raise AcknowledgedByAnother(message, by=str(current.acknowledged_by))
    return msgspec.structs.replace(
        current,
        state=state,
        acknowledged_by=by,
        acknowledged_at=now,
        waiting_since=now,
        deadline=contact_by(current.level, now, settings),
    )


def missed(current: Escalation, now: datetime) -> Missed | None:
    """Which time its present wait has let pass; None while none has."""
    if current.deadline is None or current.deadline > now:
        return None
    return "acknowledgement" if current.state == "raised" else "contact"


def ended(
    current: Escalation, outcome: Outcome, by: AccountId, now: datetime, settings: ClinicSettings
) -> tuple[Event, Escalation]:
    """Records what was done. A message left ends nothing: it stays acknowledged and the contact time starts again.

    Raises EscalationCannotMove.
    """
    event: Event = "left_message" if outcome == "left_message" else "resolve"
    state = moved(current.state, event)
    on_it = msgspec.structs.replace(
        current,
        state=state,
        acknowledged_by=current.acknowledged_by or by,
        acknowledged_at=current.acknowledged_at or now,
        waiting_since=now,
        deadline=contact_by(current.level, now, settings),
    )
    if event == "left_message":
        return event, on_it
    return event, msgspec.structs.replace(on_it, deadline=None, resolved_by=by, resolved_at=now, outcome=outcome)


def retimed(current: Escalation, settings: ClinicSettings) -> Escalation:
    """The unresolved escalation with the deadline that these settings give its present wait.

    What counts at any hour is never postponed: a patient in danger keeps the time that was promised. The other levels
    follow the calendar both ways, since their promise is one of opening hours.
    """
    if current.deadline is None:
        return current
    if current.state == "acknowledged":
        fresh = contact_by(current.level, current.waiting_since, settings)
    else:
        fresh = acknowledge_by(current.level, current.rung, current.waiting_since, settings)
    if current.level in AT_ANY_HOUR:
        fresh = min(fresh, current.deadline)
    return msgspec.structs.replace(current, deadline=fresh)


def is_replay(current: Escalation, outcome: Outcome, by: AccountId) -> bool:
    """Whether this very outcome by this person has been recorded before."""
    return current.state == "resolved" and (current.resolved_by, current.outcome) == (by, outcome)


def again(before: Escalation, by: AccountId) -> Trigger:
    """What raises a resolved one anew, about the same subject and for the same rules. Raises EscalationCannotMove."""
    if before.state != "resolved":
        message = "This is still open. It need not be raised again."
        raise EscalationCannotMove(message, state=before.state)
    return Trigger(
        patient_id=before.patient_id,
        subject=before.subject,
        level=before.level,
        cause=before.cause,
        rules=before.rules,
        link_ids=before.link_ids,
        rule_set_version=before.rule_set_version,
        actor_id=by,
    )


def check_reason(reason: str | None) -> None:
    """Raises NoteNeeded and NoteTooLong."""
    if not reason:
        message = "Say in a sentence why it is raised again."
        raise NoteNeeded(message)
    check_note(reason)


def check_resolution(done: Resolution) -> None:
    """Raises NoteNeeded for "not needed" without a sentence, and NoteTooLong."""
    if done.outcome == "not_needed" and not done.note:
        message = "Say in a sentence why nothing was needed."
        raise NoteNeeded(message)
    check_note(done.note)


def check_note(note: str | None) -> None:
    """Raises NoteTooLong."""
    if note is not None and len(note) > NOTE_LIMIT:
        message = f"The note is longer than {NOTE_LIMIT} characters. Please shorten it."
        raise NoteTooLong(message)


def told_as(level: Level, step: str) -> str:
    """The kind of the notification about a step: `escalation-…` also pages people, which `routine` never does."""
    return f"routine-escalation-{step}" if level == "routine" else f"escalation-{step}"
