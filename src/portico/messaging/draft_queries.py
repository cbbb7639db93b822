"""Statements on drafts: one for each reader and thread, also for a thread that does not exist yet."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from portico.access import Caller
from portico.ids import AccountId, MessageId, PatientId, ThreadId
from portico.messaging.model import Hat, Topic
from portico.platform.database import Command, Query, Tx


class StoredDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody has written and not sent. Without a body there is nothing of it left."""

    thread_id: ThreadId
    account_id: AccountId
    hat: Hat
    patient_id: PatientId
    message_id: MessageId | None
    topic: Topic | None
    subject_sealed: bytes | None
    body_sealed: bytes | None
    attachments: tuple[UUID, ...]
    saved_at: datetime


_DRAFT = """
    select thread_id, account_id, hat, patient_id, message_id, topic, subject_sealed, body_sealed, attachments, saved_at
    from draft
"""

DRAFT = Query(
    StoredDraft,
    _DRAFT + " where clinic_id = $1 and thread_id = $2 and account_id = $3 and hat = $4 and body_sealed is not null",
)

DRAFTS_OF = Query(
    StoredDraft,
    _DRAFT
    + """
    where clinic_id = $1 and account_id = $2 and hat = $3 and patient_id = any ($4::uuid[]) and body_sealed is not null
    order by saved_at desc, thread_id
    limit 50
    """,
)

SAVE_DRAFT = Command("""
    insert into draft (clinic_id, thread_id, account_id, hat, patient_id, message_id, topic, subject_sealed, body_sealed,
        attachments, saved_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    on conflict (clinic_id, thread_id, account_id, hat) do update
        set message_id = excluded.message_id, topic = excluded.topic, subject_sealed = excluded.subject_sealed,
            body_sealed = excluded.body_sealed, attachments = excluded.attachments, saved_at = excluded.saved_at
        where draft.patient_id = excluded.patient_id
""")

EMPTY_DRAFT = Command("""
    update draft
    set message_id = null, topic = null, subject_sealed = null, body_sealed = null, attachments = '{}', saved_at = $5
    where clinic_id = $1 and thread_id = $2 and account_id = $3 and hat = $4 and body_sealed is not null
""")


async def draft_of(tx: Tx, caller: Caller, thread_id: ThreadId) -> StoredDraft | None:
    """What this person has written and not sent in this thread."""
    return await tx.first(DRAFT, tx.clinic_id, thread_id, caller.account_id, caller.actor.hat)


async def drafts_of(tx: Tx, caller: Caller, patients: Sequence[PatientId]) -> list[StoredDraft]:
    """What this person has written about these patients and not sent, the newest first."""
    return await tx.all(DRAFTS_OF, tx.clinic_id, caller.account_id, caller.actor.hat, list(patients))


async def save_draft(tx: Tx, row: StoredDraft) -> bool:
    """Keeps the draft instead of the one before; False when this person's draft there is about another patient."""
    return (
        await tx.run(
            SAVE_DRAFT,
            tx.clinic_id,
            row.thread_id,
            row.account_id,
            row.hat,
            row.patient_id,
            row.message_id,
            row.topic,
            row.subject_sealed,
            row.body_sealed,
            list(row.attachments),
            row.saved_at,
        )
        == 1
    )


async def empty_draft(tx: Tx, caller: Caller, thread_id: ThreadId) -> None:
    """Throws the draft's content away."""
    await tx.run(EMPTY_DRAFT, tx.clinic_id, thread_id, caller.account_id, caller.actor.hat, tx.now)
