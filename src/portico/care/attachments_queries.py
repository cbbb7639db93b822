"""Statements on attachments. The worker sees neither names nor patients' keys."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from portico.care.attachments_model import Holder, HolderKind
from portico.care.rules import AttachmentState
from portico.ids import AccountId, AttachmentId, PatientId
from portico.platform.database import Command, Query, Tx
from portico.platform.due import DueClinic


class AttachmentRow(msgspec.Struct, frozen=True, kw_only=True):
    """An attachment as stored."""

    attachment_id: AttachmentId
    patient_id: PatientId
    state: AttachmentState
    media_type: str
    size: int
    name_sealed: bytes | None
    digest: bytes
    blob_key: str
    key_sealed: bytes | None
    uploaded_by: AccountId
    holder_kind: HolderKind | None
    holder_id: UUID | None
    erase_at: datetime | None


class DueAttachment(msgspec.Struct, frozen=True, kw_only=True):
    """An attachment about which something is due, as the worker sees it."""

    attachment_id: AttachmentId
    patient_id: PatientId
    state: AttachmentState
    blob_key: str
    scan_key_sealed: bytes | None
    holder_id: UUID | None
    orphan_at: datetime | None
    scan_at: datetime | None
    scan_tries: int
    erase_at: datetime | None


class Shown(msgspec.Struct, frozen=True):
    """A response that staff may read."""

    response_id: UUID


class Stored(msgspec.Struct, frozen=True):
    """A message that has been sent, and the pool in which its thread waits."""

    pool: str


INSERT_ATTACHMENT = Command("""
    insert into attachment (clinic_id, attachment_id, patient_id, state, media_type, size, name_sealed, digest,
        blob_key, key_sealed, uploaded_by, created_at, orphan_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
""")

FINISH_ATTACHMENT = Command("""
    update attachment set state = $3, scan_key_sealed = $4, scan_at = $5
    where clinic_id = $1 and attachment_id = $2 and state = 'received' and erase_at is null
""")

ATTACHMENT = Query(
    AttachmentRow,
    """
    select attachment_id, patient_id, state, media_type, size, name_sealed, digest, blob_key, key_sealed, uploaded_by,
        holder_kind, holder_id, erase_at
    from attachment
    where clinic_id = $1 and attachment_id = $2
    """,
)

LOCK_ATTACHMENTS = Query(
    AttachmentRow,
    """
    select attachment_id, patient_id, state, media_type, size, name_sealed, digest, blob_key, key_sealed, uploaded_by,
        holder_kind, holder_id, erase_at
    from attachment
    where clinic_id = $1 and attachment_id = any ($2::uuid[])
    order by attachment_id
    for update
    """,
)

ATTACHMENTS_OF_HOLDER = Query(
    AttachmentRow,
    """
    select attachment_id, patient_id, state, media_type, size, name_sealed, digest, blob_key, key_sealed, uploaded_by,
        holder_kind, holder_id, erase_at
    from attachment
    where clinic_id = $1 and holder_kind = $2 and holder_id = any ($3::uuid[])
    order by created_at, attachment_id
    """,
)

# A draft is the patient's own until it is sent or a danger was seen in it.
SHOWN_RESPONSE = Query(
    Shown,
    """
    select response_id from response
    where clinic_id = $1 and response_id = $2 and (submitted_revision is not null or danger is not null)
    """,
)

MESSAGE_OF = Query(
    Stored,
    """
    select t.pool from message m
    join thread t on t.clinic_id = m.clinic_id and t.thread_id = m.thread_id
    where m.clinic_id = $1 and m.message_id = $2
    """,
)

POSTPONE = Command("""
    update attachment set orphan_at = greatest(orphan_at, $3)
    where clinic_id = $1 and attachment_id = any ($2::uuid[]) and holder_id is null and erase_at is null
""")

BIND = Command("""
    update attachment set holder_kind = $3, holder_id = $4, orphan_at = null
    where clinic_id = $1 and attachment_id = any ($2::uuid[])
""")

RELEASE = Command("""
    update attachment set holder_kind = null, holder_id = null, orphan_at = $5
    where clinic_id = $1 and holder_kind = $2 and holder_id = $3 and not attachment_id = any ($4::uuid[])
""")

CLINICS_WITH_DUE = Query(
    DueClinic,
    "select clinic_id, min(due_at) as due_at from attachment where due_at <= $1 group by clinic_id order by 2",
)

LOCK_DUE = Query(
    DueAttachment,
    """
    select attachment_id, patient_id, state, blob_key, scan_key_sealed, holder_id, orphan_at, scan_at, scan_tries,
        erase_at
    from attachment
    where clinic_id = $1 and due_at <= $2
    order by due_at, attachment_id
    limit $3
    for update skip locked
    """,
)

TAKE_DUE = Command("""
    update attachment set scan_at = $3, scan_tries = $4, erase_at = $5
    where clinic_id = $1 and attachment_id = $2
""")

# The keys go with the state, in one statement: from here on nobody can bind or read the file.
COLLECT = Command("""
    update attachment
    set state = $3, key_sealed = null, name_sealed = null, scan_key_sealed = null, scan_at = null, orphan_at = null,
        erase_at = $4
    where clinic_id = $1 and attachment_id = $2 and holder_id is null
""")

REJECT = Command("""
    update attachment set state = $3, key_sealed = null, scan_key_sealed = null, scan_at = null, erase_at = $4
    where clinic_id = $1 and attachment_id = $2 and state = 'quarantined'
""")

PASS = Command("""
    update attachment set state = $3, scan_key_sealed = null, scan_at = null
    where clinic_id = $1 and attachment_id = $2 and state = 'quarantined'
""")

MARK_ERASED = Command("update attachment set erase_at = null where clinic_id = $1 and attachment_id = $2")


async def insert_attachment(tx: Tx, row: AttachmentRow, orphan_at: datetime) -> None:
    """Stores the row of a file whose bytes are on their way."""
    await tx.run(
        INSERT_ATTACHMENT,
        tx.clinic_id,
        row.attachment_id,
        row.patient_id,
        row.state,
        row.media_type,
        row.size,
        row.name_sealed,
        row.digest,
        row.blob_key,
        row.key_sealed,
        row.uploaded_by,
        tx.now,
        orphan_at,
    )


async def finish_attachment(
    tx: Tx, attachment_id: AttachmentId, state: AttachmentState, scan_key_sealed: bytes | None, scan_at: datetime | None
) -> bool:
    """The bytes are there; tells whether the row still is (one that took too long may have been collected)."""
    return await tx.run(FINISH_ATTACHMENT, tx.clinic_id, attachment_id, state, scan_key_sealed, scan_at) == 1


async def attachment(tx: Tx, attachment_id: AttachmentId) -> AttachmentRow | None:
    """The attachment, as far as this transaction may see."""
    return await tx.first(ATTACHMENT, tx.clinic_id, attachment_id)


async def lock_attachments(tx: Tx, ids: Sequence[AttachmentId]) -> Sequence[AttachmentRow]:
    """Those of the ids that there are, held until the transaction ends."""
    return await tx.all(LOCK_ATTACHMENTS, tx.clinic_id, list(ids))


async def attachments_of(tx: Tx, kind: HolderKind, ids: Sequence[UUID]) -> Sequence[AttachmentRow]:
    """What belongs to these messages or responses, oldest first."""
    return await tx.all(ATTACHMENTS_OF_HOLDER, tx.clinic_id, kind, list(ids))


async def is_shown_to_staff(tx: Tx, response_id: UUID | None) -> bool:
    """Whether staff may read the answers of this response."""
    return await tx.first(SHOWN_RESPONSE, tx.clinic_id, response_id) is not None


async def pool_of_message(tx: Tx, message_id: UUID | None) -> str | None:
    """Where the thread of this message waits; None for a message that is not there."""
    found = await tx.first(MESSAGE_OF, tx.clinic_id, message_id)
    return None if found is None else found.pool


async def postpone(tx: Tx, ids: Sequence[AttachmentId], until: datetime) -> None:
    """Files that belong to nothing yet are kept until then."""
    await tx.run(POSTPONE, tx.clinic_id, list(ids), until)


async def bind(tx: Tx, ids: Sequence[AttachmentId], holder: Holder) -> None:
    """From now on the files belong to this."""
    await tx.run(BIND, tx.clinic_id, list(ids), holder.kind, holder.id)


async def release(tx: Tx, holder: Holder, keep: Sequence[AttachmentId], orphan_at: datetime) -> None:
    """All files of this holder but these belong to nothing from now on."""
    await tx.run(RELEASE, tx.clinic_id, holder.kind, holder.id, list(keep), orphan_at)


async def lock_due(tx: Tx, limit: int) -> Sequence[DueAttachment]:
    """Attachments about which something is due and that no other worker holds."""
    return await tx.all(LOCK_DUE, tx.clinic_id, tx.now, limit)


async def take_due(tx: Tx, rows: Sequence[DueAttachment]) -> None:
    """Stores when to look at these again."""
    await tx.run_many(
        TAKE_DUE,
        [(tx.clinic_id, row.attachment_id, row.scan_at, row.scan_tries, row.erase_at) for row in rows],
    )


async def collect(tx: Tx, rows: Sequence[DueAttachment]) -> None:
    """Files that belong to nothing: keys and names are destroyed, the bytes are to be deleted."""
    await tx.run_many(COLLECT, [(tx.clinic_id, row.attachment_id, row.state, row.erase_at) for row in rows])


async def reject(tx: Tx, attachment_id: AttachmentId, state: AttachmentState) -> None:
    """The scanner refused it: its keys are destroyed, the bytes are to be deleted now, the name stays."""
    await tx.run(REJECT, tx.clinic_id, attachment_id, state, tx.now)


async def let_pass(tx: Tx, attachment_id: AttachmentId, state: AttachmentState) -> None:
    """The scanner found nothing: the clinic's key to it is destroyed, the patient's opens it."""
    await tx.run(PASS, tx.clinic_id, attachment_id, state)


async def mark_erased(tx: Tx, attachment_id: AttachmentId) -> None:
    """The bytes are gone; the row stays, so that it is known that there was a file, and that it was refused."""
    await tx.run(MARK_ERASED, tx.clinic_id, attachment_id)
