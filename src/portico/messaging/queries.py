"""Statements on threads and messages: finding, holding, adding. A message is inserted and never changed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from portico.ids import MessageId, PatientId, ThreadId
from portico.messaging.model import Assessment, Author, NewThread, Parcel, Pool, StoredMessage, StoredThread
from portico.platform.database import Command, Query, Tx


class ThreadKey(msgspec.Struct, frozen=True, kw_only=True):
    """The id of a thread that was made just now."""

    thread_id: ThreadId


class PatientNamed(msgspec.Struct, frozen=True, kw_only=True):
    """A patient whom this transaction may see."""

    patient_id: PatientId
    name: str


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages with signs of something the patient's side has sent."""

    count: int


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """A message with everything that is stored about it, but its number."""

    parcel: Parcel
    author: Author
    found: Assessment
    body_sealed: bytes | None
    content_digest: bytes
    read_due_at: datetime | None
    """By when staff are to have read it; None for what staff wrote, and without a confirmed time."""


_THREAD = """
    select thread_id, patient_id, topic, pool, state, subject_sealed, content_digest, first_message_id, last_seq, level,
        danger_from_seq, assignee_id, closure_id, opened_by, opened_at, last_at, waiting_since, read_by_patient_seq,
        read_by_staff_seq, unread_by_patient_due, unread_by_staff_due
    from thread
"""

THREAD = Query(StoredThread, _THREAD + " where clinic_id = $1 and thread_id = $2 and pool = any ($3::text[])")

THREAD_LOCKED = Query(StoredThread, THREAD.sql + " for update")

INSERT_THREAD = Query(
    ThreadKey,
    """
    insert into thread (clinic_id, thread_id, patient_id, topic, pool, state, subject_sealed, content_digest,
        first_message_id, last_seq, level, danger_from_seq, opened_by, opened_at, last_at, waiting_since,
        unread_by_patient_due, unread_by_staff_due)
    values ($1, $2, $3, $4, $5, 'open', $6, $7, $8, $9, $10, $11, $12, $13, $13, $14, $15, $16)
    on conflict (clinic_id, thread_id) do nothing
    returning thread_id
    """,
)

UPDATE_THREAD = Command("""
    update thread
    set pool = $3, state = $4, last_seq = $5, level = $6, danger_from_seq = $7, assignee_id = $8, closure_id = $9,
        last_at = $10, waiting_since = $11, read_by_patient_seq = $12, read_by_staff_seq = $13,
        unread_by_patient_due = $14, unread_by_staff_due = $15
    where clinic_id = $1 and thread_id = $2
""")

_MESSAGE = """
    select m.message_id, m.thread_id, m.patient_id, m.seq, m.kind, m.author_id, m.author_name, m.author_role,
        m.on_behalf_of, m.from_patient, m.body_sealed, m.content_digest, m.reply_to, m.attachments, m.response_id,
        m.level, m.rules, m.spans, m.reader_version, m.guidance_keys, m.sent_at,
        coalesce((
            select c.level_after from level_change c
            where c.clinic_id = m.clinic_id and c.message_id = m.message_id
            order by c.number desc limit 1
        ), m.level) as level_now,
        r.retracted_by, r.retracted_by_name, r.retracted_at, r.reason_sealed as retraction_reason_sealed
    from message m
    left join retraction r on r.clinic_id = m.clinic_id and r.message_id = m.message_id
"""

MESSAGE = Query(StoredMessage, _MESSAGE + " where m.clinic_id = $1 and m.message_id = $2")

MESSAGES_AFTER = Query(
    StoredMessage, _MESSAGE + " where m.clinic_id = $1 and m.thread_id = $2 and m.seq > $3 order by m.seq limit $4"
)

STANDING_DANGERS = Query(
    StoredMessage,
    _MESSAGE
    + """
    join thread t on t.clinic_id = m.clinic_id and t.thread_id = m.thread_id
    join escalation e on e.clinic_id = t.clinic_id and e.subject_kind = 'thread' and e.subject_id = t.thread_id
        and e.state <> 'resolved' and e.cause in ('red_flag', 'triage')
    where m.clinic_id = $1 and m.patient_id = $2 and m.level <> 'routine' and m.seq >= t.danger_from_seq
    order by m.sent_at desc, m.seq desc
    """,
)

INSERT_MESSAGE = Query(
    StoredMessage,
    """
    insert into message (clinic_id, message_id, thread_id, patient_id, seq, kind, author_id, author_name, author_role,
        on_behalf_of, from_patient, body_sealed, content_digest, reply_to, attachments, response_id, level, rules, spans,
        reader_version, guidance_keys, sent_at, read_due_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
    on conflict (clinic_id, message_id) do nothing
    returning message_id, thread_id, patient_id, seq, kind, author_id, author_name, author_role, on_behalf_of,
        from_patient, body_sealed, content_digest, reply_to, attachments, response_id, level, rules, spans, reader_version,
        guidance_keys, sent_at, level as level_now, null::uuid as retracted_by, null::text as retracted_by_name,
        null::timestamptz as retracted_at, null::bytea as retraction_reason_sealed
    """,
)

PATIENT = Query(PatientNamed, "select patient_id, name from patient where clinic_id = $1 and patient_id = $2")

SYMPTOMS_SINCE = Query(
    Written,
    """
    select count(*) as count from message
    where clinic_id = $1 and patient_id = $2 and from_patient and cardinality(rules) > 0 and sent_at > $3
    """,
)


async def thread(tx: Tx, thread_id: ThreadId, pools: Sequence[Pool]) -> StoredThread | None:
    """The thread, when it is in one of these pools and in sight."""
    return await tx.first(THREAD, tx.clinic_id, thread_id, list(pools))


async def thread_locked(tx: Tx, thread_id: ThreadId, pools: Sequence[Pool]) -> StoredThread | None:
    """The thread, held until the transaction ends: while it is held nobody else adds to it."""
    return await tx.first(THREAD_LOCKED, tx.clinic_id, thread_id, list(pools))


async def insert_thread(tx: Tx, new: NewThread, row: StoredThread) -> bool:
    """Makes the thread; False when its id is taken, by whomever."""
    tx.wake_worker()
    made = await tx.first(
        INSERT_THREAD,
        tx.clinic_id,
        new.thread_id,
        new.patient_id,
        new.topic,
        row.pool,
        row.subject_sealed,
        row.content_digest,
        row.first_message_id,
        row.last_seq,
        row.level,
        row.danger_from_seq,
        row.opened_by,
        row.opened_at,
        row.waiting_since,
        row.unread_by_patient_due,
        row.unread_by_staff_due,
    )
    return made is not None


async def update_thread(tx: Tx, row: StoredThread) -> None:
    """Stores everything about a thread that can change."""
    tx.wake_worker()
    await tx.run(
        UPDATE_THREAD,
        tx.clinic_id,
        row.thread_id,
        row.pool,
        row.state,
        row.last_seq,
        row.level,
        row.danger_from_seq,
        row.assignee_id,
        row.closure_id,
        row.last_at,
        row.waiting_since,
        row.read_by_patient_seq,
        row.read_by_staff_seq,
        row.unread_by_patient_due,
        row.unread_by_staff_due,
    )


async def message(tx: Tx, message_id: MessageId) -> StoredMessage | None:
    return await tx.first(MESSAGE, tx.clinic_id, message_id)


async def messages_after(tx: Tx, thread_id: ThreadId, after: int, limit: int) -> list[StoredMessage]:
    """Messages in the order of their numbers. Number n+1 is never in sight before n."""
    return await tx.all(MESSAGES_AFTER, tx.clinic_id, thread_id, after, limit)


async def standing_dangers(tx: Tx, patient_id: PatientId) -> list[StoredMessage]:
    """Messages about this patient that somebody must still act on, the newest first."""
    return await tx.all(STANDING_DANGERS, tx.clinic_id, patient_id)


async def insert_message(tx: Tx, row: StoredThread, seq: int, ready: Ready) -> StoredMessage | None:
    """Stores a message; None when its id is taken, by whomever."""
    parcel, author, found = ready.parcel, ready.author, ready.found
    return await tx.first(
        INSERT_MESSAGE,
        tx.clinic_id,
        parcel.message_id,
        row.thread_id,
        row.patient_id,
        seq,
        parcel.kind,
        author.account_id,
        author.name,
        author.role,
        author.on_behalf_of,
        author.is_patient_side,
        ready.body_sealed,
        ready.content_digest,
        parcel.reply_to,
        list(parcel.attachments),
        parcel.response_id,
        found.level,
        list(found.rules),
        found.spans,
        found.reader_version,
        list(found.guidance_keys),
        tx.now,
        ready.read_due_at,
    )


async def patient(tx: Tx, patient_id: PatientId) -> PatientNamed | None:
    """The patient, as far as this transaction may see."""
    return await tx.first(PATIENT, tx.clinic_id, patient_id)


async def symptoms_within(tx: Tx, patient_id: PatientId, span: timedelta) -> int:
    """How many messages with signs of something the patient's side has sent lately."""
    return (await tx.one(SYMPTOMS_SINCE, tx.clinic_id, patient_id, tx.now - span)).count
