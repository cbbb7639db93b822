"""Drafts: what somebody has written and not sent, kept on the server until it is sent or thrown away."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from portico.access import Caller
from portico.audit import Object, record
from portico.care import attachments
from portico.care.attachments_model import Attachment
from portico.errors import NotFound, OtherPatient
from portico.ids import MessageId, PatientId, ThreadId
from portico.messaging import draft_queries, files, handling_rules, queries, rules
from portico.messaging.draft_queries import StoredDraft
from portico.messaging.limits import count_keep
from portico.messaging.model import Topic
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.platform.vault import Box, Place


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be kept. For a thread that does not exist yet: about whom, with topic and subject."""

    body: str
    patient_id: PatientId | None = None
    topic: Topic | None = None
    subject: str | None = None
    attachments: tuple[UUID, ...] = ()
    message_id: MessageId | None = None
    """Under which it will be sent."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A draft as its writer reads it."""

    thread_id: ThreadId
    patient_id: PatientId
    message_id: MessageId | None
    topic: Topic | None
    subject: str | None
    body: str
    attachments: tuple[UUID, ...]
    saved_at: datetime
    files: tuple[Attachment, ...] = ()
    """Those of the files that can still be sent; not read for lists."""
    is_of_new_thread: bool = False
    """Set in lists: its thread does not exist yet."""


def words_of(draft: Draft) -> tuple[str, str]:
    """Subject and body."""
    return draft.subject or "", draft.body


async def save_draft(site: Site, caller: Caller, thread_id: ThreadId, written: Written) -> Draft:
    """Keeps the draft instead of the one before. Raises NotFound, OtherPatient, AlreadySent and what `rules` refuses."""
    _check(written)
    await count_keep(site, caller)
    async with site.db.transaction(caller.scope) as tx:
        patient_id = await _about(tx, caller, thread_id, written)
        if written.message_id is not None and await queries.message(tx, written.message_id) is not None:
            raise handling_rules.AlreadySent
        if written.attachments:
            await _keep_files(tx, thread_id, patient_id, written)
        box = await site.vault.patient(tx, patient_id)
        row = StoredDraft(
            thread_id=thread_id,
            account_id=caller.account_id,
            hat=caller.actor.hat,
            patient_id=patient_id,
            message_id=written.message_id,
            topic=written.topic,
            subject_sealed=_sealed(box, caller, thread_id, "subject_sealed", written.subject),
            body_sealed=_sealed(box, caller, thread_id, "body_sealed", written.body),
            attachments=written.attachments,
            saved_at=tx.now,
        )
        if not await draft_queries.save_draft(tx, row):
            raise _other_patient()
        await record(tx, caller, "change", Object("draft", thread_id), patient=patient_id, fold_hourly=True)
        return _opened(box, caller, row)


async def read_draft(site: Site, caller: Caller, thread_id: ThreadId) -> Draft:
    """The caller's draft of this thread. Raises NotFound when there is none."""
    async with site.db.transaction(caller.scope) as tx:
        found = await draft_in(tx, site, caller, thread_id)
        if found is None:
            raise NotFound
        await record(tx, caller, "read", Object("draft", thread_id), patient=found.patient_id, fold_hourly=True)
        return found


async def drop_draft(site: Site, caller: Caller, thread_id: ThreadId) -> None:
    """Throws the draft away. Raises NotFound when there is none."""
    async with site.db.transaction(caller.scope) as tx:
        found = await draft_in(tx, site, caller, thread_id)
        if found is None:
            raise NotFound
        await draft_queries.empty_draft(tx, caller, thread_id)
        await record(tx, caller, "change", Object("draft", thread_id), patient=found.patient_id, outcome="dropped")


async def list_drafts(site: Site, caller: Caller, patient_id: PatientId) -> Sequence[Draft]:
    """What the caller has written about this patient and not sent, the newest first. Raises NotFound."""
    async with site.db.transaction(caller.scope) as tx:
        box = await site.vault.patient(tx, patient_id)
        rows = await draft_queries.drafts_of(tx, caller, [patient_id])
        await record(tx, caller, "read", Object("draft"), patient=patient_id, fold_hourly=True)
        return [await _listed(tx, box, caller, row) for row in rows]


async def _listed(tx: Tx, box: Box, caller: Caller, row: StoredDraft) -> Draft:
    is_new = await queries.thread(tx, row.thread_id, rules.pools_of(caller.actor)) is None
    return msgspec.structs.replace(_opened(box, caller, row), is_of_new_thread=is_new)


async def draft_in(tx: Tx, site: Site, caller: Caller, thread_id: ThreadId) -> Draft | None:
    """The caller's draft of this thread, if they may still write about its patient."""
    row = await draft_queries.draft_of(tx, caller, thread_id)
    if row is None:
        return None
    if caller.actor.hat == "patient":
        caller.actor.link_for(row.patient_id, "messages")
    draft = _opened(await site.vault.patient(tx, row.patient_id), caller, row)
    return msgspec.structs.replace(draft, files=await _files(tx, site, draft)) if draft.attachments else draft


async def _files(tx: Tx, site: Site, draft: Draft) -> tuple[Attachment, ...]:
    holder = files.holder_of(draft.message_id or MessageId(draft.thread_id))
    ids = files.ids_of(draft.attachments)
    found = await attachments.usable(tx, site, patient_id=draft.patient_id, attachment_ids=ids, holder=holder)
    return tuple(found[each] for each in ids if each in found)


def _check(written: Written) -> None:
    if len(written.body) > rules.BODY_LIMIT or len(written.subject or "") > rules.SUBJECT_LIMIT:
        message = f"A message may have {rules.BODY_LIMIT:,} characters, a subject {rules.SUBJECT_LIMIT}."
        raise rules.TooLong(message)
    if len(written.attachments) > rules.ATTACHMENTS_LIMIT:
        message = f"A message may have {rules.ATTACHMENTS_LIMIT} attachments."
        raise rules.TooManyAttachments(message)


async def _keep_files(tx: Tx, thread_id: ThreadId, patient_id: PatientId, written: Written) -> None:
    """The files stay as long as the draft does. Raises AttachmentUnknown."""
    holder = files.holder_of(written.message_id or MessageId(thread_id))
    ids = files.ids_of(written.attachments)
    await attachments.keep_for_draft(tx, patient_id=patient_id, attachment_ids=ids, holder=holder)


async def _about(tx: Tx, caller: Caller, thread_id: ThreadId, written: Written) -> PatientId:
    """Whom the draft is about: the thread's patient, else whom the writer names."""
    pools = rules.pools_of(caller.actor)
    row = await queries.thread(tx, thread_id, pools)
    patient_id = written.patient_id if row is None else row.patient_id
    if patient_id is None:
        raise NotFound
    if caller.actor.hat == "patient":
        caller.actor.link_for(patient_id, "messages")
    if written.patient_id not in (None, patient_id):
        raise _other_patient()
    if await queries.patient(tx, patient_id) is None:
        raise NotFound
    return patient_id


def _other_patient() -> OtherPatient:
    return OtherPatient("This draft is about another patient.")


def _sealed(box: Box, caller: Caller, thread_id: ThreadId, column: str, text: str | None) -> bytes | None:
    return None if text is None else box.seal_text(_place(caller, thread_id, column), text)


def _opened(box: Box, caller: Caller, row: StoredDraft) -> Draft:
    assert row.body_sealed is not None
    subject = row.subject_sealed
    return Draft(
        thread_id=row.thread_id,
        patient_id=row.patient_id,
        message_id=row.message_id,
        topic=row.topic,
        subject=None if subject is None else box.open_text(_place(caller, row.thread_id, "subject_sealed"), subject),
        body=box.open_text(_place(caller, row.thread_id, "body_sealed"), row.body_sealed),
        attachments=row.attachments,
        saved_at=row.saved_at,
    )


def _place(caller: Caller, thread_id: ThreadId, column: str) -> Place:
    return Place("draft", column, f"{thread_id}/{caller.account_id}/{caller.actor.hat}")
