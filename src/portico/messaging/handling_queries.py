"""Statements on what is done about threads: taken back, lowered, assigned, closed, noted, read."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from portico.access import Caller
from portico.ids import AccountId, MessageId, PatientId, ThreadId
from portico.messaging.model import Colleague, Level, StoredMessage, StoredThread
from portico.platform.database import Command, Query, Tx


class Numbered(msgspec.Struct, frozen=True, kw_only=True):
    """A number, or none when there is nothing."""

    number: int | None


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """How far somebody has read."""

    seq: int


class Instant(msgspec.Struct, frozen=True, kw_only=True):
    """When something was sent."""

    at: datetime


class NewNote(msgspec.Struct, frozen=True):
    """A note that was stored just now."""

    note_id: UUID


class StoredNote(msgspec.Struct, frozen=True, kw_only=True):
    """A note of the staff."""

    note_id: UUID
    author_id: AccountId
    author_name: str
    body_sealed: bytes
    written_at: datetime


class AssignmentRow(msgspec.Struct, frozen=True, kw_only=True):
    """One step in who has a thread."""

    assignment_id: UUID
    assigned_to_name: str | None
    assigned_by_name: str
    reason_sealed: bytes | None
    assigned_at: datetime


class LevelRow(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a message's level by a person."""

    message_id: MessageId
    number: int
    level_before: Level
    level_after: Level
    reason_sealed: bytes
    changed_by_name: str
    changed_at: datetime


class ClosureRow(msgspec.Struct, frozen=True, kw_only=True):
    """One closing of a thread; it may have been opened again since."""

    closure_id: UUID
    sentence_sealed: bytes
    closed_by_name: str
    closed_at: datetime


INSERT_RETRACTION = Command("""
    insert into retraction (clinic_id, message_id, thread_id, patient_id, reason_sealed, retracted_by, retracted_by_name,
        retracted_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
""")

LAST_CHANGE = Query(
    Numbered, "select max(number)::int as number from level_change where clinic_id = $1 and message_id = $2"
)

INSERT_LEVEL_CHANGE = Command("""
    insert into level_change (clinic_id, message_id, number, thread_id, patient_id, level_before, level_after,
        reason_sealed, changed_by, changed_by_name, changed_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
""")

LEVEL_CHANGES = Query(
    LevelRow,
    """
    select message_id, number, level_before, level_after, reason_sealed, changed_by_name, changed_at
    from level_change
    where clinic_id = $1 and thread_id = $2
    order by changed_at, message_id, number
    """,
)

INSERT_ASSIGNMENT = Command("""
    insert into assignment (clinic_id, assignment_id, thread_id, patient_id, assigned_to, assigned_by, reason_sealed,
        assigned_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
""")

ASSIGNMENTS = Query(
    AssignmentRow,
    """
    select s.assignment_id, holder.name as assigned_to_name, giver.name as assigned_by_name, s.reason_sealed,
        s.assigned_at
    from assignment s
    join account giver on giver.clinic_id = s.clinic_id and giver.account_id = s.assigned_by
    left join account holder on holder.clinic_id = s.clinic_id and holder.account_id = s.assigned_to
    where s.clinic_id = $1 and s.thread_id = $2
    order by s.assigned_at, s.assignment_id
    """,
)

COLLEAGUES = Query(
    Colleague,
    """
    select s.account_id, a.name, s.roles
    from staff s
    join account a on a.clinic_id = s.clinic_id and a.account_id = s.account_id and a.state = 'active'
    where s.clinic_id = $1
    order by a.name, s.account_id
    """,
)

INSERT_CLOSURE = Command("""
    insert into closure (clinic_id, closure_id, thread_id, patient_id, sentence_sealed, closed_by, closed_by_name,
        closed_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
""")

CLOSURES = Query(
    ClosureRow,
    """
    select closure_id, sentence_sealed, closed_by_name, closed_at
    from closure
    where clinic_id = $1 and thread_id = $2
    order by closed_at, closure_id
    """,
)

INSERT_NOTE = Query(
    NewNote,
    """
    insert into note (clinic_id, note_id, thread_id, patient_id, author_id, author_name, body_sealed, written_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict on constraint note_pkey do nothing
    returning note_id
    """,
)

NOTE = Query(
    StoredNote,
    """
    select note_id, author_id, author_name, body_sealed, written_at
    from note
    where clinic_id = $1 and note_id = $2 and thread_id = $3
    """,
)

NOTES = Query(
    StoredNote,
    """
    select note_id, author_id, author_name, body_sealed, written_at
    from note
    where clinic_id = $1 and thread_id = $2
    order by written_at, note_id
    """,
)

MARK = Query(
    Marked,
    "select seq from read_mark where clinic_id = $1 and thread_id = $2 and account_id = $3 and hat = $4",
)

PUT_MARK = Query(
    Marked,
    """
    insert into read_mark (clinic_id, thread_id, account_id, hat, patient_id, seq, read_at)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (clinic_id, thread_id, account_id, hat) do update
        set seq = greatest(read_mark.seq, excluded.seq), read_at = excluded.read_at
    returning seq
    """,
)

INSERT_READINGS = Command("""
    insert into message_reading (clinic_id, message_id, thread_id, patient_id, sent_at, read_at)
    select clinic_id, message_id, thread_id, patient_id, sent_at, $5
    from message
    where clinic_id = $1 and thread_id = $2 and from_patient and seq > $3 and seq <= $4
    on conflict (clinic_id, message_id) do nothing
""")

FIRST_UNREAD = Query(
    Instant,
    """
    select sent_at as at from message
    where clinic_id = $1 and thread_id = $2 and from_patient = $3 and seq > $4
    order by seq
    limit 1
    """,
)


async def insert_retraction(tx: Tx, message: StoredMessage, reason_sealed: bytes, caller: Caller) -> None:
    await tx.run(
        INSERT_RETRACTION,
        tx.clinic_id,
        message.message_id,
        message.thread_id,
        message.patient_id,
        reason_sealed,
        caller.account_id,
        caller.actor.name,
        tx.now,
    )


async def next_change(tx: Tx, message_id: MessageId) -> int:
    """The number of the message's next change of level. The thread must be held."""
    return ((await tx.one(LAST_CHANGE, tx.clinic_id, message_id)).number or 0) + 1


async def insert_level_change(
    tx: Tx, message: StoredMessage, number: int, level: Level, reason_sealed: bytes, caller: Caller
) -> None:
    await tx.run(
        INSERT_LEVEL_CHANGE,
        tx.clinic_id,
        message.message_id,
        number,
        message.thread_id,
        message.patient_id,
        message.level_now,
        level,
        reason_sealed,
        caller.account_id,
        caller.actor.name,
        tx.now,
    )


async def level_changes(tx: Tx, thread_id: ThreadId) -> list[LevelRow]:
    """Who changed the level of which message, in order."""
    return await tx.all(LEVEL_CHANGES, tx.clinic_id, thread_id)


async def insert_assignment(
    tx: Tx, row: StoredThread, assignment_id: UUID, by: AccountId, reason_sealed: bytes | None
) -> None:
    """Keeps who has the thread now."""
    await tx.run(
        INSERT_ASSIGNMENT,
        tx.clinic_id,
        assignment_id,
        row.thread_id,
        row.patient_id,
        row.assignee_id,
        by,
        reason_sealed,
        tx.now,
    )


async def assignments(tx: Tx, thread_id: ThreadId) -> list[AssignmentRow]:
    """Who had the thread, in order."""
    return await tx.all(ASSIGNMENTS, tx.clinic_id, thread_id)


async def colleagues(tx: Tx) -> Sequence[Colleague]:
    """Staff of the clinic who can sign in, by name."""
    return await tx.all(COLLEAGUES, tx.clinic_id)


async def insert_closure(tx: Tx, row: StoredThread, sentence_sealed: bytes, caller: Caller) -> None:
    await tx.run(
        INSERT_CLOSURE,
        tx.clinic_id,
        row.closure_id,
        row.thread_id,
        row.patient_id,
        sentence_sealed,
        caller.account_id,
        caller.actor.name,
        tx.now,
    )


async def closures(tx: Tx, thread_id: ThreadId) -> list[ClosureRow]:
    """Every closing of the thread, in order."""
    return await tx.all(CLOSURES, tx.clinic_id, thread_id)


async def insert_note(tx: Tx, row: StoredThread, note_id: UUID, body_sealed: bytes, caller: Caller) -> bool:
    """Whether it is there now by this; not when its id is taken."""
    made = await tx.first(
        INSERT_NOTE,
        tx.clinic_id,
        note_id,
        row.thread_id,
        row.patient_id,
        caller.account_id,
        caller.actor.name,
        body_sealed,
        tx.now,
    )
    return made is not None


async def note(tx: Tx, note_id: UUID, thread_id: ThreadId) -> StoredNote | None:
    """One note of this thread."""
    return await tx.first(NOTE, tx.clinic_id, note_id, thread_id)


async def notes(tx: Tx, thread_id: ThreadId) -> list[StoredNote]:
    """The notes of the staff, in order."""
    return await tx.all(NOTES, tx.clinic_id, thread_id)


async def mark_of(tx: Tx, caller: Caller, thread_id: ThreadId) -> int:
    """How far this person has read."""
    found = await tx.first(MARK, tx.clinic_id, thread_id, caller.account_id, caller.actor.hat)
    return 0 if found is None else found.seq


async def put_mark(tx: Tx, caller: Caller, thread_id: ThreadId, patient_id: PatientId, seq: int) -> int:
    """Moves the person's mark on, never back, and tells where it is."""
    hat = caller.actor.hat
    return (await tx.one(PUT_MARK, tx.clinic_id, thread_id, caller.account_id, hat, patient_id, seq, tx.now)).seq


async def insert_readings(tx: Tx, thread_id: ThreadId, after: int, until: int) -> None:
    """Keeps that staff have now read the patient's messages of these numbers; what was read before stays as it is."""
    await tx.run(INSERT_READINGS, tx.clinic_id, thread_id, after, until, tx.now)


async def first_unread(tx: Tx, thread_id: ThreadId, after: int, *, from_patient: bool) -> datetime | None:
    """When the oldest message of a side beyond this number was sent."""
    found = await tx.first(FIRST_UNREAD, tx.clinic_id, thread_id, from_patient, after)
    return None if found is None else found.at
