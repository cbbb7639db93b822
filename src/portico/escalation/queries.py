"""Statements on escalations and their ledger. A patient's own act may raise one; only staff read the ledger."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from portico.escalation.model import Escalation, Level, Listed, Missed, Outcome, State, Subject
from portico.ids import AccountId, EscalationId, PatientId
from portico.platform.database import Command, Query, Tx


class EscalationKey(msgspec.Struct, frozen=True, kw_only=True):
    """The id of one escalation."""

    escalation_id: EscalationId


class CourseStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the ledger as staff read it beside its subject."""

    kind: str
    level: Level
    outcome: Outcome | None
    actor_name: str | None
    at: datetime


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many there are."""

    count: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The level of one unresolved danger."""

    level: Level


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the ledger: what happened to an escalation, at which level and rung, by whom."""

    event_id: UUID
    kind: str
    actor_id: AccountId | None
    rules: tuple[str, ...] = ()
    rule_set_version: str | None = None
    outcome: str | None = None
    note_sealed: bytes | None = None
    missed: Missed | None = None
    """Which time had passed when it was taken."""


_SELECT = """
    select escalation_id, patient_id, subject_kind, subject_id, level, state, cause, rules, rule_set_version, rung,
        deadline, raised_at, waiting_since, acknowledged_by, acknowledged_at, resolved_by, resolved_at, outcome, link_ids
    from escalation
"""

INSERT = Query(
    EscalationKey,
    """
    insert into escalation (clinic_id, escalation_id, patient_id, subject_kind, subject_id, level, state, cause, rules,
        rule_set_version, rung, deadline, raised_at, waiting_since, link_ids)
    values ($1, $2, $3, $4, $5, $6, 'raised', $7, $8, $9, 0, $10, $11, $11, $12)
    on conflict (clinic_id, subject_kind, subject_id) where state <> 'resolved' do nothing
    returning escalation_id
    """,
)

UNRESOLVED = Query(
    Escalation,
    _SELECT + " where clinic_id = $1 and subject_kind = $2 and subject_id = $3 and state <> 'resolved'",
)

UNRESOLVED_LOCKED = Query(Escalation, UNRESOLVED.sql + " for update")

LATEST_DANGER = Query(
    Escalation,
    _SELECT
    + """
    where clinic_id = $1 and subject_kind = $2 and subject_id = $3 and level <> 'routine'
    order by state = 'resolved', raised_at desc, escalation_id
    limit 1
    """,
)

LOCKED = Query(Escalation, _SELECT + " where clinic_id = $1 and escalation_id = $2 for update")

UPDATE = Command("""
    update escalation
    set level = $3, state = $4, cause = $5, rules = $6, rule_set_version = $7, rung = $8, deadline = $9,
        acknowledged_by = $10, acknowledged_at = $11, resolved_by = $12, resolved_at = $13, outcome = $14,
        waiting_since = $15, link_ids = $16
    where clinic_id = $1 and escalation_id = $2
""")

CARRY = Command("""
    update escalation set subject_kind = $4, subject_id = $5
    where clinic_id = $1 and subject_kind = $2 and subject_id = $3 and state <> 'resolved'
        and not exists (
            select from escalation other
            where other.clinic_id = $1 and other.subject_kind = $4 and other.subject_id = $5
                and other.state <> 'resolved'
        )
""")

INSERT_EVENT = Command("""
    insert into escalation_event (clinic_id, event_id, escalation_id, patient_id, kind, level, rung, rules,
        rule_set_version, outcome, actor_id, at, note_sealed, missed)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
""")

OPEN_LEVEL = Query(
    Standing,
    """
    select level
    from escalation
    where clinic_id = $1 and patient_id = $2 and state <> 'resolved' and cause in ('red_flag', 'triage')
    order by level_rank
    limit 1
    """,
)

OPEN_RED_FLAG = Query(
    EscalationKey,
    """
    select escalation_id
    from escalation
    where clinic_id = $1 and patient_id = $2 and state <> 'resolved' and cause in ('red_flag', 'triage')
    limit 1
    """,
)

OPEN_DANGERS = Query(
    Escalation,
    _SELECT
    + """
    where clinic_id = $1 and patient_id = $2 and state <> 'resolved' and cause in ('red_flag', 'triage')
    order by level_rank, state <> 'raised', raised_at, escalation_id
    """,
)

DUE_LOCKED = Query(
    Escalation,
    _SELECT
    + """
    where clinic_id = $1 and state <> 'resolved' and deadline <= $2
    order by deadline, escalation_id
    limit $3
    for update skip locked
    """,
)

ALL_UNRESOLVED_LOCKED = Query(
    Escalation, _SELECT + " where clinic_id = $1 and state <> 'resolved' order by escalation_id for update"
)

COURSE = Query(
    CourseStep,
    """
    select v.kind, v.level, v.outcome, a.name as actor_name, v.at
    from escalation_event v
    join escalation e on e.clinic_id = v.clinic_id and e.escalation_id = v.escalation_id
    left join account a on a.clinic_id = v.clinic_id and a.account_id = v.actor_id
    where v.clinic_id = $1 and e.subject_kind = $2 and e.subject_id = $3
    order by v.at, v.event_id
    """,
)

_LISTED = """
    select e.escalation_id, e.patient_id, patient.name as patient_name,
        patient.verified as patient_verified, e.subject_kind, e.subject_id, e.level,
        e.level_rank, e.state, e.cause, e.rules, e.link_ids, e.rung, e.deadline, e.raised_at, e.acknowledged_by,
        acknowledger.name as acknowledged_by_name, e.acknowledged_at, e.resolved_by,
        resolver.name as resolved_by_name, e.resolved_at, e.outcome
    from escalation e
    join patient on patient.clinic_id = e.clinic_id and patient.patient_id = e.patient_id
    left join account acknowledger on acknowledger.clinic_id = e.clinic_id
        and acknowledger.account_id = e.acknowledged_by
    left join account resolver on resolver.clinic_id = e.clinic_id and resolver.account_id = e.resolved_by
"""

LISTED_ONE = Query(Listed, _LISTED + " where e.clinic_id = $1 and e.escalation_id = $2")

LISTED_OF_PATIENT = Query(
    Listed,
    _LISTED
    + """
    where e.clinic_id = $1 and e.patient_id = $2 and e.state <> 'resolved' and e.cause in ('red_flag', 'triage')
    order by e.level_rank, e.state <> 'raised', e.raised_at, e.escalation_id
    """,
)

LISTED_OPEN = Query(
    Listed,
    _LISTED
    + """
    where e.clinic_id = $1 and e.state <> 'resolved' and e.state = any ($2::text[])
        and (e.level_rank, e.state <> 'raised', e.raised_at, e.escalation_id)
            > ($3::integer, $4::boolean, $5::timestamptz, $6::uuid)
    order by e.level_rank, e.state <> 'raised', e.raised_at, e.escalation_id
    limit $7
    """,
)

LISTED_RESOLVED = Query(
    Listed,
    _LISTED
    + """
    where e.clinic_id = $1 and e.state = 'resolved'
        and (e.resolved_at, e.escalation_id) < ($2::timestamptz, $3::uuid)
    order by e.resolved_at desc, e.escalation_id desc
    limit $4
    """,
)

OPEN_COUNT = Query(
    Count,
    """
    select count(*) as count
    from escalation
    where clinic_id = $1 and state <> 'resolved'
    """,
)

OpenPosition = tuple[int, bool, datetime, UUID]
"""Where a page of unresolved escalations ends: level, whether somebody is on it, when it was raised, id."""
ResolvedPosition = tuple[datetime, UUID]
"""Where a page of resolved escalations ends, newest first."""
OPEN_START: OpenPosition = (-1, False, datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))
RESOLVED_START: ResolvedPosition = (datetime(9000, 1, 1, tzinfo=UTC), UUID(int=0))


async def insert(tx: Tx, new: Escalation) -> bool:
    """Raises a new escalation; False when its subject has an unresolved one, for whose transaction this waits."""
    tx.wake_worker()
    row = await tx.first(
        INSERT,
        tx.clinic_id,
        new.escalation_id,
        new.patient_id,
        new.subject_kind,
        new.subject_id,
        new.level,
        new.cause,
        list(new.rules),
        new.rule_set_version,
        new.deadline,
        new.raised_at,
        list(new.link_ids),
    )
    return row is not None


async def unresolved(tx: Tx, subject: Subject) -> Escalation | None:
    return await tx.first(UNRESOLVED, tx.clinic_id, subject.kind, subject.id)


async def unresolved_locked(tx: Tx, subject: Subject) -> Escalation | None:
    """The subject's unresolved escalation, held until the transaction ends."""
    return await tx.first(UNRESOLVED_LOCKED, tx.clinic_id, subject.kind, subject.id)


async def locked(tx: Tx, escalation_id: EscalationId) -> Escalation | None:
    """One escalation, held until the transaction ends."""
    return await tx.first(LOCKED, tx.clinic_id, escalation_id)


async def due_locked(tx: Tx, limit: int) -> Sequence[Escalation]:
    """Escalations whose deadline has come and which no other worker holds."""
    return await tx.all(DUE_LOCKED, tx.clinic_id, tx.now, limit)


async def all_unresolved_locked(tx: Tx) -> Sequence[Escalation]:
    """Every unresolved escalation of the clinic, held until the transaction ends."""
    return await tx.all(ALL_UNRESOLVED_LOCKED, tx.clinic_id)


async def update(tx: Tx, after: Escalation) -> None:
    """Stores everything about an escalation that can change."""
    tx.wake_worker()
    await tx.run(
        UPDATE,
        tx.clinic_id,
        after.escalation_id,
        after.level,
        after.state,
        after.cause,
        list(after.rules),
        after.rule_set_version,
        after.rung,
        after.deadline,
        after.acknowledged_by,
        after.acknowledged_at,
        after.resolved_by,
        after.resolved_at,
        after.outcome,
        after.waiting_since,
        list(after.link_ids),
    )


async def carry(tx: Tx, of: Subject, to: Subject) -> bool:
    """Lets the unresolved escalation of one subject be about another that has none; False when nothing changed."""
    return await tx.run(CARRY, tx.clinic_id, of.kind, of.id, to.kind, to.id) > 0


async def insert_step(tx: Tx, after: Escalation, step: Step) -> None:
    """Writes the ledger, with the level and rung that hold after the step."""
    await tx.run(
        INSERT_EVENT,
        tx.clinic_id,
        step.event_id,
        after.escalation_id,
        after.patient_id,
        step.kind,
        after.level,
        after.rung,
        list(step.rules),
        step.rule_set_version,
        step.outcome,
        step.actor_id,
        tx.now,
        step.note_sealed,
        step.missed,
    )


async def has_open_red_flag(tx: Tx, patient_id: PatientId) -> bool:
    return await tx.first(OPEN_RED_FLAG, tx.clinic_id, patient_id) is not None


async def open_level(tx: Tx, patient_id: PatientId) -> Level | None:
    """The highest level of the patient's unresolved dangers."""
    found = await tx.first(OPEN_LEVEL, tx.clinic_id, patient_id)
    return None if found is None else found.level


async def open_dangers(tx: Tx, patient_id: PatientId) -> list[Escalation]:
    """What is dangerous about the patient and unresolved, the highest level first."""
    return await tx.all(OPEN_DANGERS, tx.clinic_id, patient_id)


async def listed(tx: Tx, escalation_id: EscalationId) -> Listed | None:
    """One escalation with the names that go with it."""
    return await tx.first(LISTED_ONE, tx.clinic_id, escalation_id)


async def dangers_listed(tx: Tx, patient_id: PatientId) -> list[Listed]:
    """What is dangerous about the patient and unresolved, with names, in the order of the list."""
    return await tx.all(LISTED_OF_PATIENT, tx.clinic_id, patient_id)


async def open_page(tx: Tx, states: Sequence[State], after: OpenPosition, limit: int) -> list[Listed]:
    """Unresolved escalations in these states, by level; those that nobody is on first, and the longest open first.

    The deadline is not the order: it grows with each rung, and who has waited longest would sink.
    """
    return await tx.all(LISTED_OPEN, tx.clinic_id, list(states), *after, limit)


async def open_count(tx: Tx) -> int:
    """How many escalations of the clinic are unresolved."""
    row = await tx.first(OPEN_COUNT, tx.clinic_id)
    return 0 if row is None else row.count


async def resolved_page(tx: Tx, after: ResolvedPosition, limit: int) -> list[Listed]:
    """Resolved escalations, the newest first."""
    return await tx.all(LISTED_RESOLVED, tx.clinic_id, *after, limit)


async def latest_danger(tx: Tx, subject: Subject) -> Escalation | None:
    """What is unresolved about a subject, else what was resolved last; calls to make by and by are no danger."""
    return await tx.first(LATEST_DANGER, tx.clinic_id, subject.kind, subject.id)


async def course_of(tx: Tx, subject: Subject) -> list[CourseStep]:
    """What has happened about a subject, in order; only staff read it."""
    return await tx.all(COURSE, tx.clinic_id, subject.kind, subject.id)
