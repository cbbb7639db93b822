"""Statements on what was not read in time. The worker's role knows who wrote when, never what."""

from datetime import datetime

import msgspec

from portico.ids import AccountId, PatientId, ThreadId
from portico.messaging.model import Level
from portico.platform.database import Command, Query, Tx
from portico.platform.due import DueClinic


class UnreadThread(msgspec.Struct, frozen=True, kw_only=True):
    """A thread whose messages were not read in time, without its words."""

    thread_id: ThreadId
    patient_id: PatientId
    last_seq: int
    level: Level
    danger_from_seq: int | None
    read_by_patient_seq: int
    read_by_staff_seq: int


class WaitingThread(msgspec.Struct, frozen=True, kw_only=True):
    """A thread with unread messages: since when each side has left one unread that nobody has looked after yet."""

    thread_id: ThreadId
    patient_id: PatientId
    unread_by_staff_due: datetime | None
    unread_by_patient_due: datetime | None
    staff_unread_since: datetime | None
    patient_unread_since: datetime | None


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who sent a message that was not read, under which number and when."""

    author_id: AccountId
    seq: int
    sent_at: datetime


CLINICS_UNREAD_BY_STAFF = Query(
    DueClinic,
    """
    select clinic_id, min(unread_by_staff_due) as due_at
    from thread
    where unread_by_staff_due <= $1
    group by clinic_id
    """,
)

CLINICS_UNREAD_BY_PATIENT = Query(
    DueClinic,
    """
    select clinic_id, min(unread_by_patient_due) as due_at
    from thread
    where unread_by_patient_due <= $1
    group by clinic_id
    """,
)

_UNREAD = """
    select thread_id, patient_id, last_seq, level, danger_from_seq, read_by_patient_seq, read_by_staff_seq
    from thread
"""

LOCK_UNREAD_BY_STAFF = Query(
    UnreadThread,
    _UNREAD
    + """
    where clinic_id = $1 and unread_by_staff_due <= $2
    order by unread_by_staff_due, thread_id
    limit $3
    for update skip locked
    """,
)

LOCK_UNREAD_BY_PATIENT = Query(
    UnreadThread,
    _UNREAD
    + """
    where clinic_id = $1 and unread_by_patient_due <= $2
    order by unread_by_patient_due, thread_id
    limit $3
    for update skip locked
    """,
)

MOVE_TO_NURSES = Command("""
    update thread
    set unread_by_staff_due = null, level = $3, danger_from_seq = $4,
        assignee_id = case when pool = 'nurses' then assignee_id end, pool = 'nurses'
    where clinic_id = $1 and thread_id = $2
""")

STOP_WAITING_FOR_PATIENT = Command(
    "update thread set unread_by_patient_due = null where clinic_id = $1 and thread_id = $2"
)

# Where nothing is due although something is unread, either the clinic had confirmed no time, or somebody was told.
WAITING_LOCKED = Query(
    WaitingThread,
    """
    select t.thread_id, t.patient_id, t.unread_by_staff_due, t.unread_by_patient_due,
        case when t.unread_by_staff_due is not null or (t.state = 'open' and not exists (
            select from escalation e
            where e.clinic_id = t.clinic_id and e.subject_kind = 'thread' and e.subject_id = t.thread_id
                and 'ST27' = any (e.rules) and (e.state <> 'resolved' or e.resolved_at >= (
                    select min(m.sent_at) from message m
                    where m.clinic_id = t.clinic_id and m.thread_id = t.thread_id and m.from_patient
                        and m.seq > t.read_by_staff_seq))))
        then (
            select min(m.sent_at) from message m
            where m.clinic_id = t.clinic_id and m.thread_id = t.thread_id and m.from_patient
                and m.seq > t.read_by_staff_seq
        ) end as staff_unread_since,
        case when t.unread_by_patient_due is not null or (t.state = 'open' and not exists (
            select from escalation e
            where e.clinic_id = t.clinic_id and e.subject_kind = 'thread' and e.subject_id = t.thread_id
                and e.cause = 'unread' and not 'ST27' = any (e.rules) and (e.state <> 'resolved' or e.resolved_at >= (
                    select min(m.sent_at) from message m
                    where m.clinic_id = t.clinic_id and m.thread_id = t.thread_id and not m.from_patient
                        and m.seq > t.read_by_patient_seq))))
        then (
            select min(m.sent_at) from message m
            where m.clinic_id = t.clinic_id and m.thread_id = t.thread_id and not m.from_patient
                and m.seq > t.read_by_patient_seq
        ) end as patient_unread_since
    from thread t
    where t.clinic_id = $1 and (t.unread_by_staff_due is not null or t.unread_by_patient_due is not null
        or (t.state = 'open' and t.last_seq > least(t.read_by_staff_seq, t.read_by_patient_seq)))
    order by t.thread_id
    for update of t
    """,
)

SET_DUE = Command("""
    update thread set unread_by_staff_due = $3, unread_by_patient_due = $4 where clinic_id = $1 and thread_id = $2
""")

FIRST_UNREAD_SENDER = Query(
    Sender,
    """
    select author_id, seq, sent_at from message
    where clinic_id = $1 and thread_id = $2 and from_patient = $3 and seq > $4
    order by seq
    limit 1
    """,
)


async def lock_unread_by_staff(tx: Tx, limit: int) -> list[UnreadThread]:
    """Threads that no member of staff has read in time, and that no other worker holds."""
    return await tx.all(LOCK_UNREAD_BY_STAFF, tx.clinic_id, tx.now, limit)


async def lock_unread_by_patient(tx: Tx, limit: int) -> list[UnreadThread]:
    """Threads that nobody of the patient's side has read in time, and that no other worker holds."""
    return await tx.all(LOCK_UNREAD_BY_PATIENT, tx.clinic_id, tx.now, limit)


async def waiting_locked(tx: Tx) -> list[WaitingThread]:
    """Threads of the clinic with something unread, held until the transaction ends."""
    return await tx.all(WAITING_LOCKED, tx.clinic_id)


async def set_due(tx: Tx, row: WaitingThread, by_staff: datetime | None, by_patient: datetime | None) -> None:
    """By when each side must have read the thread."""
    tx.wake_worker()
    await tx.run(SET_DUE, tx.clinic_id, row.thread_id, by_staff, by_patient)


async def move_to_nurses(tx: Tx, row: UnreadThread, level: Level, danger_from_seq: int) -> None:
    """The thread is the nurses' now, at this level, and is not found unread again."""
    await tx.run(MOVE_TO_NURSES, tx.clinic_id, row.thread_id, level, danger_from_seq)


async def stop_waiting_for_patient(tx: Tx, row: UnreadThread) -> None:
    await tx.run(STOP_WAITING_FOR_PATIENT, tx.clinic_id, row.thread_id)


async def first_unread_sender(tx: Tx, row: UnreadThread, after: int, *, from_patient: bool) -> Sender | None:
    """Who sent the oldest message of a side beyond this number."""
    return await tx.first(FIRST_UNREAD_SENDER, tx.clinic_id, row.thread_id, from_patient, after)
