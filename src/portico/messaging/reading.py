"""Reading threads: lists, one thread, its messages after a number. Each reading leaves its audit row."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from portico.access import Caller
from portico.audit import Object, record, record_list
from portico.care.attachments_model import Attachment
from portico.clinic.actions import settings_of
from portico.clinic.calendar import day_start
from portico.errors import NotFound
from portico.ids import PatientId, ThreadId
from portico.messaging import list_queries, queries, rules
from portico.messaging.actions import body_place, seen_thread, subject_place
from portico.messaging.escalation_course import EscalationCourse, course_in
from portico.messaging.files import files_of
from portico.messaging.guidance import Guidance, texts_of
from portico.messaging.list_queries import INBOX_START, RECENT_START, Wanted
from portico.messaging.model import ListedThread, StoredMessage, Topic
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.platform.vault import Box, Place
from portico.platform.web import cursor_decode, cursor_encode

PAGE_SIZE: Final = 25
"""Threads on one page."""
TAIL_SIZE: Final = 200
"""Messages in one answer."""
SEARCHED: Final = 1000
"""Threads of one patient that a search opens at most, the newest first."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message as somebody reads it."""

    message: StoredMessage
    body: str | None
    reason: str | None
    """Why it was taken back."""
    guidance: tuple[Guidance, ...]
    files: tuple[Attachment, ...] = ()


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A thread as somebody reads it in a list."""

    thread: ListedThread
    subject: str
    closing: str | None
    course: EscalationCourse | None = None
    """Read with one thread, not with lists."""


class ThreadPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of threads and where the next one starts."""

    threads: Sequence[Reading]
    next: str | None


class Tail(msgspec.Struct, frozen=True, kw_only=True):
    """Messages after a number, and the number to go on from when there are more."""

    letters: Sequence[Letter]
    next: int | None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a list was asked for."""

    q: str | None = None
    patient: PatientId | None = None
    topic: Topic | None = None
    state: str | None = None
    mine: bool = False
    since: date | None = None
    until: date | None = None
    cursor: str | None = None


async def read_threads(site: Site, caller: Caller, asked: Asked) -> ThreadPage:
    """Staff: the most urgent first, then who has waited longest. Patients: where something was sent last.

    `q` looks into subjects and messages of one patient; without a patient staff find patients by name with it.
    Raises NotFound, ReadsNoThreads and Malformed for a bad cursor.
    """
    async with site.db.transaction(caller.scope) as tx:
        wanted = _wanted(caller, asked, (await settings_of(tx, site.content)).zone)
        if asked.patient is not None and await queries.patient(tx, asked.patient) is None:
            raise NotFound
        if asked.q and wanted.patients is not None:
            page = await _searched(tx, site, caller, wanted, asked)
        elif caller.actor.hat == "staff":
            page = await _inbox(tx, site, caller, wanted, asked.cursor)
        else:
            page = await _recent(tx, site, caller, wanted, asked.cursor)
        await record_list(tx, caller, "thread", [each.thread.patient_id for each in page.threads])
    return page


async def read_thread(site: Site, caller: Caller, thread_id: ThreadId) -> Reading:
    """One thread without its messages. Raises NotFound."""
    async with site.db.transaction(caller.scope) as tx:
        row = await seen_thread(tx, caller, thread_id)
        await record(tx, caller, "read", Object("thread", thread_id), patient=row.patient_id)
        return await reading_of(tx, site, caller, thread_id)


async def read_messages(site: Site, caller: Caller, thread_id: ThreadId, after: int = 0) -> Tail:
    """The messages after this number, in order and without a gap. Polls of an hour leave one audit row."""
    async with site.db.transaction(caller.scope) as tx:
        row = await seen_thread(tx, caller, thread_id)
        letters = await letters_of(tx, site, caller, row.patient_id, thread_id, after)
        await record(tx, caller, "read", Object("thread", thread_id), patient=row.patient_id, fold_hourly=True)
    shown = letters[:TAIL_SIZE]
    return Tail(letters=shown, next=shown[-1].message.seq if len(letters) > TAIL_SIZE else None)


async def letters_of(
    tx: Tx,
    site: Site,
    caller: Caller,
    patient_id: PatientId,
    thread_id: ThreadId,
    after: int,
    limit: int = TAIL_SIZE + 1,
) -> list[Letter]:
    """The messages of a thread that the caller may see, opened."""
    settings = await settings_of(tx, site.content)
    box = await site.vault.patient(tx, patient_id)
    messages = await queries.messages_after(tx, thread_id, after, limit)
    found = await files_of(tx, site, patient_id, messages)
    about = caller.acts_for(patient_id)
    texts = {each.message_id: texts_of(site.content, settings, each, about=about) for each in messages}
    return [_letter(box, each, texts[each.message_id], found.get(each.message_id, ())) for each in messages]


async def letter_of(tx: Tx, site: Site, caller: Caller, message: StoredMessage) -> Letter:
    """One message that the caller may see, opened."""
    settings = await settings_of(tx, site.content)
    box = await site.vault.patient(tx, message.patient_id)
    found = await files_of(tx, site, message.patient_id, [message])
    texts = texts_of(site.content, settings, message, about=caller.acts_for(message.patient_id))
    return _letter(box, message, texts, found.get(message.message_id, ()))


def _letter(box: Box, message: StoredMessage, texts: tuple[Guidance, ...], files: tuple[Attachment, ...]) -> Letter:
    """The message, opened, with its texts and files."""
    sealed, reason = message.body_sealed, message.retraction_reason_sealed
    return Letter(
        message=message,
        body=None if sealed is None else box.open_text(body_place(message.message_id), sealed),
        reason=None if reason is None else box.open_text(retraction_place(message.message_id), reason),
        guidance=texts,
        files=files,
    )


async def reading_of(tx: Tx, site: Site, caller: Caller, thread_id: ThreadId) -> Reading:
    """A thread that the caller may see, as lists show it."""
    found = await list_queries.listed(tx, caller, thread_id)
    if found is None:
        raise NotFound
    opened = _opened(await site.vault.patient(tx, found.patient_id), found)
    return msgspec.structs.replace(opened, course=await course_in(tx, site, caller, found))


def retraction_place(message_id: UUID) -> Place:
    return Place("retraction", "reason_sealed", message_id)


def closure_place(closure_id: UUID) -> Place:
    return Place("closure", "sentence_sealed", closure_id)


def _wanted(caller: Caller, asked: Asked, zone: str) -> Wanted:
    patients = _patients(caller, asked.patient)
    return Wanted(
        pools=rules.pools_of(caller.actor),
        patients=patients,
        topic=asked.topic,
        state="open" if asked.state == "open" else "closed" if asked.state == "closed" else None,
        name=asked.q if patients is None else None,
        assignee=caller.account_id if asked.mine else None,
        since=None if asked.since is None else day_start(zone, asked.since),
        until=None if asked.until is None else day_start(zone, asked.until + timedelta(days=1)),
    )


def _patients(caller: Caller, patient: PatientId | None) -> tuple[PatientId, ...] | None:
    """One patient for the patient hat, oneself when none is named; for staff whomever they name, else all."""
    actor = caller.actor
    if actor.hat == "staff":
        return None if patient is None else (patient,)
    if patient is not None:
        return (actor.link_for(patient, "messages").patient_id,)
    if actor.own_patient is not None:
        return (actor.own_patient.patient_id,)
    return tuple(link.patient_id for link in actor.patients if "messages" in link.scope)[:1]


async def _inbox(tx: Tx, site: Site, caller: Caller, wanted: Wanted, cursor: str | None) -> ThreadPage:
    after = cursor_decode(cursor, tuple[int, datetime, UUID]) or INBOX_START
    found = await list_queries.inbox(tx, caller, wanted, after, PAGE_SIZE + 1)
    last = found[PAGE_SIZE - 1] if len(found) > PAGE_SIZE else None
    more = None if last is None else cursor_encode((last.level_rank, last.waiting_key, last.thread_id))
    return ThreadPage(threads=await _all_opened(tx, site, found[:PAGE_SIZE]), next=more)


async def _recent(tx: Tx, site: Site, caller: Caller, wanted: Wanted, cursor: str | None) -> ThreadPage:
    after = cursor_decode(cursor, tuple[datetime, UUID]) or RECENT_START
    found = await list_queries.recent(tx, caller, wanted, after, PAGE_SIZE + 1)
    last = found[PAGE_SIZE - 1] if len(found) > PAGE_SIZE else None
    more = None if last is None else cursor_encode((last.last_at, last.thread_id))
    return ThreadPage(threads=await _all_opened(tx, site, found[:PAGE_SIZE]), next=more)


async def _searched(tx: Tx, site: Site, caller: Caller, wanted: Wanted, asked: Asked) -> ThreadPage:
    """Opens what the patient's threads say, one after the other, until a page is full."""
    words = (asked.q or "").casefold().split()
    after = cursor_decode(asked.cursor, tuple[datetime, UUID]) or RECENT_START
    found: list[Reading] = []
    for each in await list_queries.recent(tx, caller, wanted, after, SEARCHED):
        reading = _opened(await site.vault.patient(tx, each.patient_id), each)
        if await _says(tx, site, reading, words):
            found.append(reading)
        if len(found) > PAGE_SIZE:
            break
    last = found[PAGE_SIZE - 1].thread if len(found) > PAGE_SIZE else None
    more = None if last is None else cursor_encode((last.last_at, last.thread_id))
    return ThreadPage(threads=found[:PAGE_SIZE], next=more)


async def _says(tx: Tx, site: Site, reading: Reading, words: Sequence[str]) -> bool:
    """Whether the subject and the messages together hold every word."""
    box = await site.vault.patient(tx, reading.thread.patient_id)
    told = [reading.subject]
    messages = await queries.messages_after(tx, reading.thread.thread_id, 0, SEARCHED)
    told += [box.open_text(body_place(each.message_id), each.body_sealed) for each in messages if each.body_sealed]
    text = "\n".join(told).casefold()
    return all(word in text for word in words)


async def _all_opened(tx: Tx, site: Site, rows: Sequence[ListedThread]) -> list[Reading]:
    """A page of threads, with the keys of all its patients in one look. Raises NotFound when one has none."""
    boxes = await site.vault.patients(tx, list({row.patient_id for row in rows}))
    if any(row.patient_id not in boxes for row in rows):
        raise NotFound
    return [_opened(boxes[row.patient_id], row) for row in rows]


def _opened(box: Box, row: ListedThread) -> Reading:
    closing = None
    if row.closing_sealed is not None and row.closure_id is not None:
        closing = box.open_text(closure_place(row.closure_id), row.closing_sealed)
    subject = box.open_text(subject_place(row.thread_id), row.subject_sealed)
    return Reading(thread=row, subject=subject, closing=closing)
