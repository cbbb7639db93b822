"""What an escalation is: its level, its subject, and how far it has come. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from portico.ids import AccountId, EscalationId, PatientId

Level = Literal["emergency", "call_now", "same_day", "routine"]
State = Literal["raised", "acknowledged", "resolved"]
Cause = Literal["red_flag", "triage", "late_review", "unread"]
SubjectKind = Literal["thread", "response"]
Outcome = Literal["spoke", "left_message", "sent_to_emergency", "visit_arranged", "advised_by_message", "not_needed"]
Missed = Literal["acknowledgement", "contact"]
"""Which time passed: the one to say "I am on it", or the one to have done something."""

LEVELS: tuple[Level, ...] = ("emergency", "call_now", "same_day", "routine")
"""Most urgent first."""

LEVEL_RANK: Mapping[Level, int] = {level: rank for rank, level in enumerate(LEVELS)}
"""As the database orders them: lower comes first."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What is dangerous: a thread or a response."""

    kind: SubjectKind
    id: UUID


class Trigger(msgspec.Struct, frozen=True, kw_only=True):
    """Why somebody must act: which rules fired about which subject, at which level, by whose act."""

    patient_id: PatientId
    subject: Subject
    level: Level
    cause: Cause
    rules: tuple[str, ...]
    rule_set_version: str
    """`slug|version` of the rules that fired."""
    actor_id: AccountId | None
    """Who did what set it off; None for the program itself."""
    link_ids: tuple[str, ...] = ()
    """LinkIds of the answers behind it."""
    tell_first: AccountId | None = None
    """Whom to tell before the pool, e.g. the review's own clinician."""


class Escalation(msgspec.Struct, frozen=True, kw_only=True):
    """One escalation as it stands."""

    escalation_id: EscalationId
    patient_id: PatientId
    subject_kind: SubjectKind
    subject_id: UUID
    level: Level
    state: State
    cause: Cause
    rules: tuple[str, ...]
    rule_set_version: str
    rung: int
    deadline: datetime | None
    """When it moves on unless somebody acts; None once resolved."""
    raised_at: datetime
    waiting_since: datetime
    """When the present wait began; the deadline is computed from here, again when the calendar changes."""
    acknowledged_by: AccountId | None
    acknowledged_at: datetime | None
    resolved_by: AccountId | None
    resolved_at: datetime | None
    outcome: Outcome | None
    link_ids: tuple[str, ...]
    """LinkIds of the answers behind it."""

    @property
    def subject(self) -> Subject:
        return Subject(kind=self.subject_kind, id=self.subject_id)


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says was done, with a note for staff."""

    outcome: Outcome
    note: str | None = None


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One escalation as staff see it, with names."""

    escalation_id: EscalationId
    patient_id: PatientId
    patient_name: str
    patient_verified: bool
    subject_kind: SubjectKind
    subject_id: UUID
    level: Level
    level_rank: int
    state: State
    cause: Cause
    rules: tuple[str, ...]
    link_ids: tuple[str, ...]
    rung: int
    deadline: datetime | None
    raised_at: datetime
    acknowledged_by: AccountId | None
    acknowledged_by_name: str | None
    acknowledged_at: datetime | None
    resolved_by: AccountId | None
    resolved_by_name: str | None
    resolved_at: datetime | None
    outcome: Outcome | None
