"""Adding to threads inside an open transaction: a message is stored once, numbered, read for danger and moved on.

The thread's row is held before anything else, so that numbers have no gap and a message sent twice at once is one.
"""

from typing import NoReturn

import msgspec

from portico.access import Caller
from portico.audit import Object, record
from portico.clinic.actions import settings_of
from portico.clinic.model import ClinicSettings
from portico.clinic.opening import require_open
from portico.errors import NotFound, OtherPatient
from portico.escalation.actions import raise_for, unresolved_of
from portico.escalation.model import Subject, Trigger
from portico.ids import MessageId, PatientId, ThreadId
from portico.messaging import files, queries, rules
from portico.messaging.assessing import assess
from portico.messaging.draft_queries import empty_draft
from portico.messaging.guidance import read_by
from portico.messaging.model import Assessment, Author, NewThread, Parcel, StoredMessage, StoredThread
from portico.messaging.queries import Ready
from portico.notify.actions import enqueue
from portico.notify.model import patient as patient_recipient
from portico.platform.database import Tx
from portico.platform.signals import announce
from portico.platform.site import Site
from portico.platform.vault import Box, Place

__all__ = ["Sent", "append", "open_thread", "seen_thread", "thread_subject"]


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A stored message with its thread, and whether it was stored just now or had been before."""

    thread: StoredThread
    message: StoredMessage
    is_new: bool


async def open_thread(
    tx: Tx,
    site: Site,
    caller: Caller,
    new: NewThread,
    parcel: Parcel,
    found: Assessment | None = None,
    *,
    scope: str = "messages",
) -> Sent:
    """Makes a thread with its first message; the same again gives the same answer.

    `found` is what a check-in's own rules said; without it the text is read. `scope` is what lets the patient's side
    write it. Raises NotFound (also for an id that is taken where the caller cannot see it), DifferentBody, OtherPatient,
    ClinicNotOpen, and what `rules` refuses.
    """
    rules.check_subject(new.subject)
    _check(parcel)
    existing = await queries.thread(tx, new.thread_id, rules.pools_of(caller.actor))
    if existing is not None:
        return await _thread_again(tx, site, caller, new, parcel, existing)
    author = await _author(tx, caller, new.patient_id, scope)
    await require_open(tx, site.content)
    box = await site.vault.patient(tx, new.patient_id)
    taken = await queries.message(tx, parcel.message_id)
    if taken is not None:
        if taken.thread_id == new.thread_id:  # Whoever sent the same at the same time is done by now.
            return await _existing(tx, site, caller, new, parcel)
        await _refuse_taken(tx, caller, taken)
    settings = await settings_of(tx, site.content)
    ready = await _ready(tx, site, box, author, new.patient_id, parcel, found, subject=new.subject)
    row = _first(tx, box, settings, author, new, ready)
    if not await queries.insert_thread(tx, new, row):
        # Somebody was faster, or it is taken out of sight.
        return await _existing(tx, site, caller, new, parcel)
    return await _store(tx, settings, caller, row, ready)


async def append(
    tx: Tx, site: Site, caller: Caller, thread_id: ThreadId, parcel: Parcel, found: Assessment | None = None
) -> Sent:
    """Adds the next message to a thread; the same again gives the same answer.

    `found` is what a check-in's own rules said; without it the text is read. Raises NotFound (also for an id that is
    taken where the caller cannot see it), DifferentBody, ThreadCannotMove, and what `rules` refuses.
    """
    _check(parcel)
    row = await seen_thread(tx, caller, thread_id)
    box = await site.vault.patient(tx, row.patient_id)
    author = rules.author_of(caller, row.patient_id)
    earlier = await _earlier(tx, caller, box, author, thread_id, parcel)
    if earlier is not None:
        return await _again(tx, caller, row, earlier)
    await _check_reply(tx, row, parcel)
    settings = await settings_of(tx, site.content)
    ready = await _ready(tx, site, box, author, row.patient_id, parcel, found)
    held = await seen_thread(tx, caller, thread_id, held=True)
    if held.last_seq != row.last_seq:
        # Whoever sent the same at the same time is done by now.
        earlier = await _earlier(tx, caller, box, author, thread_id, parcel)
        if earlier is not None:
            return await _again(tx, caller, held, earlier)
    stands = await unresolved_of(tx, thread_subject(thread_id)) is not None
    due = read_by(settings, tx.now)
    after = rules.with_message(held, author, ready.found.level, danger_stands=stands, now=tx.now, unread_due=due)
    sent = await _store(tx, settings, caller, after, ready)
    await queries.update_thread(tx, after)
    return sent


async def seen_thread(tx: Tx, caller: Caller, thread_id: ThreadId, *, held: bool = False) -> StoredThread:
    """The thread as far as this person may see it; with `held` nobody else adds to it meanwhile. Raises NotFound."""
    find = queries.thread_locked if held else queries.thread
    row = await find(tx, thread_id, rules.pools_of(caller.actor))
    if row is None:
        raise NotFound
    if caller.actor.hat == "patient":
        caller.actor.link_for(row.patient_id, "messages")
    return row


def thread_subject(thread_id: ThreadId) -> Subject:
    """The thread as what an escalation is about."""
    return Subject(kind="thread", id=thread_id)


def body_place(message_id: MessageId) -> Place:
    return Place("message", "body_sealed", message_id)


def subject_place(thread_id: ThreadId) -> Place:
    return Place("thread", "subject_sealed", thread_id)


def _check(parcel: Parcel) -> None:
    if parcel.kind == "text":
        rules.check_message(parcel.body, parcel.attachments)


async def _author(tx: Tx, caller: Caller, patient_id: PatientId, scope: str) -> Author:
    """Who writes about this patient. Raises NotFound for one whom the caller may not act for, or who is not there."""
    rules.pools_of(caller.actor)
    if caller.actor.hat == "patient":
        caller.actor.link_for(patient_id, scope)
    if await queries.patient(tx, patient_id) is None:
        raise NotFound
    return rules.author_of(caller, patient_id)


async def _existing(tx: Tx, site: Site, caller: Caller, new: NewThread, parcel: Parcel) -> Sent:
    """The thread that is there by now. Raises NotFound when it is out of sight, and what `_thread_again` raises."""
    existing = await queries.thread(tx, new.thread_id, rules.pools_of(caller.actor))
    if existing is None:
        raise NotFound
    return await _thread_again(tx, site, caller, new, parcel, existing)


async def _thread_again(
    tx: Tx, site: Site, caller: Caller, new: NewThread, parcel: Parcel, existing: StoredThread
) -> Sent:
    if caller.actor.hat == "patient":
        caller.actor.link_for(existing.patient_id, "messages")
    if existing.patient_id != new.patient_id:
        message = "This thread is about another patient."
        raise OtherPatient(message)
    box = await site.vault.patient(tx, existing.patient_id)
    content = _thread_content(rules.author_of(caller, existing.patient_id), new, parcel)
    place = Place("thread", "content_digest", new.thread_id)
    first = await queries.message(tx, existing.first_message_id)
    if first is None or not box.is_digest_of(place, existing.content_digest, content):
        raise rules.DifferentBody
    return await _again(tx, caller, existing, first)


async def _again(tx: Tx, caller: Caller, row: StoredThread, message: StoredMessage) -> Sent:
    await record(
        tx, caller, "read", Object("message", message.message_id), patient=row.patient_id, outcome="sent-before"
    )
    return Sent(thread=row, message=message, is_new=False)


async def _earlier(
    tx: Tx, caller: Caller, box: Box, author: Author, thread_id: ThreadId, parcel: Parcel
) -> StoredMessage | None:
    """The message as it was stored before. Raises DifferentBody when it is another one."""
    stored = await queries.message(tx, parcel.message_id)
    if stored is None:
        return None
    place = Place("message", "content_digest", parcel.message_id)
    if stored.thread_id != thread_id:
        await _refuse_taken(tx, caller, stored)
    if not box.is_digest_of(place, stored.content_digest, _message_content(author, parcel)):
        raise rules.DifferentBody
    return stored


async def _refuse_taken(tx: Tx, caller: Caller, taken: StoredMessage | None) -> NoReturn:
    """The id is of a message elsewhere: who cannot see that one hears the same as of one that is not there."""
    if taken is None:
        raise NotFound
    await seen_thread(tx, caller, taken.thread_id)
    raise rules.DifferentBody


async def _check_reply(tx: Tx, row: StoredThread, parcel: Parcel) -> None:
    if parcel.reply_to is None:
        return
    answered = await queries.message(tx, parcel.reply_to)
    if answered is None or answered.thread_id != row.thread_id:
        raise rules.ReplyToUnknown


async def _ready(
    tx: Tx,
    site: Site,
    box: Box,
    author: Author,
    patient_id: PatientId,
    parcel: Parcel,
    found: Assessment | None,
    *,
    subject: str = "",
) -> Ready:
    names = await files.names_of(tx, site, patient_id, parcel)
    if found is None and author.is_patient_side:
        found = await assess(tx, site, patient_id, subject=subject, body=parcel.body or "", captions=names)
    due = read_by(await settings_of(tx, site.content), tx.now) if author.is_patient_side else None
    body = parcel.body
    place = Place("message", "content_digest", parcel.message_id)
    return Ready(
        parcel=parcel,
        author=author,
        found=found or Assessment(),
        body_sealed=None if body is None else box.seal_text(body_place(parcel.message_id), body),
        content_digest=box.digest(place, _message_content(author, parcel)),
        read_due_at=due,
    )


def _first(tx: Tx, box: Box, settings: ClinicSettings, author: Author, new: NewThread, ready: Ready) -> StoredThread:
    """The thread as its first message makes it."""
    level = ready.found.level
    due = read_by(settings, tx.now)
    content = _thread_content(author, new, ready.parcel)
    return StoredThread(
        thread_id=new.thread_id,
        patient_id=new.patient_id,
        topic=new.topic,
        pool=rules.pool_for(new.topic, level, settings.value(rules.FRONT_DESK_TOPICS)),
        state="open",
        subject_sealed=box.seal_text(subject_place(new.thread_id), new.subject),
        content_digest=box.digest(Place("thread", "content_digest", new.thread_id), content),
        first_message_id=ready.parcel.message_id,
        last_seq=1,
        level=level,
        danger_from_seq=1 if rules.is_above_routine(level) else None,
        assignee_id=None,
        closure_id=None,
        opened_by=author.account_id,
        opened_at=tx.now,
        last_at=tx.now,
        waiting_since=tx.now if author.is_patient_side else None,
        read_by_patient_seq=0,
        read_by_staff_seq=0,
        unread_by_patient_due=None if author.is_patient_side else due,
        unread_by_staff_due=due if author.is_patient_side else None,
    )


async def _store(tx: Tx, settings: ClinicSettings, caller: Caller, row: StoredThread, ready: Ready) -> Sent:
    """Stores the message under the number that the held thread counts, and whatever follows from it."""
    message_id = ready.parcel.message_id
    stored = await queries.insert_message(tx, row, row.last_seq, ready)
    if stored is None:
        # Taken in another thread meanwhile, or out of sight.
        await _refuse_taken(tx, caller, await queries.message(tx, message_id))
    await files.bind(tx, row.patient_id, ready.parcel)
    await _raise(tx, settings, row, ready)
    if not ready.author.is_patient_side:
        recipient = patient_recipient(row.patient_id)
        await enqueue(tx, kind="message", recipient=recipient, dedupe_key=f"message:{message_id}")
    await empty_draft(tx, caller, row.thread_id)
    announce(tx, "thread", row.thread_id)
    await record(tx, caller, "create", Object("message", message_id), patient=row.patient_id)
    return Sent(thread=row, message=stored, is_new=True)


async def _raise(tx: Tx, settings: ClinicSettings, row: StoredThread, ready: Ready) -> None:
    if not rules.is_above_routine(ready.found.level):
        return
    trigger = Trigger(
        patient_id=row.patient_id,
        subject=thread_subject(row.thread_id),
        level=ready.found.level,
        cause="triage",
        rules=ready.found.rules,
        rule_set_version=f"triage|{ready.found.reader_version}",
        actor_id=ready.author.account_id,
    )
    await raise_for(tx, settings, trigger)


def _message_content(author: Author, parcel: Parcel) -> bytes:
    """What must be the same for a message to be the same."""
    return _encoded(
        author.account_id, parcel.kind, parcel.body, parcel.attachments, parcel.reply_to, parcel.response_id
    )


def _thread_content(author: Author, new: NewThread, parcel: Parcel) -> bytes:
    """What must be the same for a new thread to be the same."""
    content = _message_content(author, parcel)
    return _encoded(new.patient_id, new.topic, new.subject, parcel.message_id) + content


def _encoded(*parts: object) -> bytes:
    return msgspec.json.encode(parts)
