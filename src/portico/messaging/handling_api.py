"""JSON routes of what is done about threads and messages, by their readers and by staff."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, Permission, signed_in, staff
from portico.ids import AccountId, MessageId, PatientId, ThreadId
from portico.messaging import drafting, handling, marks, notes
from portico.messaging.drafting import Draft, Written
from portico.messaging.model import Level, Topic
from portico.messaging.notes import Note
from portico.messaging.shapes import MessageOut, Seq, ThreadOut, message_out, thread_out
from portico.platform.site import Site


class ReadMark(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The number of the last message that was read."""

    seq: Seq


class RetractionIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Why a message is taken back."""

    reason: str


class LevelIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A level, and why."""

    level: Level
    reason: str


class AssignmentIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Whose the thread is to be, null for nobody's; taking it from a colleague needs a reason."""

    to: AccountId | None
    reason: str | None = None


class ClosureIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What the patient is to do next."""

    sentence: str


class NoteIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A note for colleagues."""

    body: str


class NoteAuthorOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who wrote a note."""

    id: AccountId
    name: str


class NoteOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A note of the staff; patients never see one."""

    id: UUID
    author: NoteAuthorOut
    body: str
    written_at: datetime


class NotesOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Every note of a thread, in order."""

    items: list[NoteOut]
    next: None = None


class DraftIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is written so far. A thread that does not exist yet needs `patient`."""

    body: str
    patient: PatientId | None = None
    topic: Topic | None = None
    subject: str | None = None
    attachments: list[UUID] = []
    message_id: MessageId | None = None


class DraftOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What one writer has written and not sent."""

    thread: ThreadId
    patient: PatientId
    message_id: MessageId | None
    topic: Topic | None
    subject: str | None
    body: str
    attachments: tuple[UUID, ...]
    saved_at: datetime


_THREAD = "/api/threads/{thread_id:uuid}"
_MESSAGE = f"{_THREAD}/messages/{{message_id:uuid}}"


@put(f"{_THREAD}/read-mark", opt={"audience": signed_in()})
async def put_read_mark(site: Site, caller: Caller, thread_id: UUID, data: ReadMark) -> ReadMark:
    """Says how far the caller has read; a mark never moves back, and the answer says where it is."""
    return ReadMark(seq=await marks.mark_read(site, caller, ThreadId(thread_id), data.seq))


@put(f"{_MESSAGE}/retraction", opt={"audience": signed_in()})
async def retract_message(
    site: Site, caller: Caller, thread_id: UUID, message_id: UUID, data: RetractionIn
) -> MessageOut:
    """Takes a message back; both it and the reason are kept. Send the corrected copy as a message that answers it."""
    letter = await handling.retract(site, caller, ThreadId(thread_id), MessageId(message_id), data.reason)
    return message_out(caller, letter)


@put(f"{_MESSAGE}/level", opt={"audience": staff(Permission.ANSWER_THREADS)})
async def set_level(site: Site, caller: Caller, thread_id: UUID, message_id: UUID, data: LevelIn) -> MessageOut:
    """Sets a message's level with a reason; what was raised about it stays until somebody resolves it."""
    letter = await handling.set_level(site, caller, ThreadId(thread_id), MessageId(message_id), data.level, data.reason)
    return message_out(caller, letter)


@put(f"{_THREAD}/assignment", opt={"audience": staff(Permission.ANSWER_THREADS)})
async def assign_thread(site: Site, caller: Caller, thread_id: UUID, data: AssignmentIn) -> ThreadOut:
    """Takes the thread, gives it to a colleague, or releases it; 409 names who has it."""
    return thread_out(caller, await handling.assign(site, caller, ThreadId(thread_id), data.to, data.reason))


@put(f"{_THREAD}/closure", opt={"audience": staff(Permission.ANSWER_THREADS)})
async def close_thread(site: Site, caller: Caller, thread_id: UUID, data: ClosureIn) -> ThreadOut:
    """Closes the thread with a sentence that says what to do next; 409 while something urgent is unresolved."""
    return thread_out(caller, await handling.close(site, caller, ThreadId(thread_id), data.sentence))


@delete(f"{_THREAD}/closure", opt={"audience": staff(Permission.ANSWER_THREADS)}, status_code=200)
async def reopen_thread(site: Site, caller: Caller, thread_id: UUID) -> ThreadOut:
    """Opens a closed thread again."""
    return thread_out(caller, await handling.reopen(site, caller, ThreadId(thread_id)))


@post(f"{_THREAD}/notes", opt={"audience": staff(Permission.WRITE_NOTES)})
async def write_note(site: Site, caller: Caller, thread_id: UUID, data: NoteIn) -> NoteOut:
    """Keeps a note that only staff read."""
    return _note_out(await notes.write_note(site, caller, ThreadId(thread_id), data.body))


@get(f"{_THREAD}/notes", opt={"audience": staff(Permission.WRITE_NOTES)})
async def list_notes(site: Site, caller: Caller, thread_id: UUID) -> NotesOut:
    """The notes of the staff, in order."""
    found = await notes.read_notes(site, caller, ThreadId(thread_id))
    return NotesOut(items=[_note_out(note) for note in found])


@get(f"{_THREAD}/draft", opt={"audience": signed_in()})
async def get_draft(site: Site, caller: Caller, thread_id: UUID) -> DraftOut:
    """What the caller has written in this thread and not sent."""
    return _draft_out(await drafting.read_draft(site, caller, ThreadId(thread_id)))


@put(f"{_THREAD}/draft", opt={"audience": signed_in()})
async def save_draft(site: Site, caller: Caller, thread_id: UUID, data: DraftIn) -> DraftOut:
    """Keeps what the caller has written so far, also of a thread that does not exist yet; the latest stands."""
    written = Written(
        body=data.body,
        patient_id=data.patient,
        topic=data.topic,
        subject=data.subject,
        attachments=tuple(data.attachments),
        message_id=data.message_id,
    )
    return _draft_out(await drafting.save_draft(site, caller, ThreadId(thread_id), written))


@delete(f"{_THREAD}/draft", opt={"audience": signed_in()})
async def drop_draft(site: Site, caller: Caller, thread_id: UUID) -> None:
    """Throws the draft away."""
    await drafting.drop_draft(site, caller, ThreadId(thread_id))


def _note_out(note: Note) -> NoteOut:
    author = NoteAuthorOut(id=note.author_id, name=note.author_name)
    return NoteOut(id=note.note_id, author=author, body=note.body, written_at=note.written_at)


def _draft_out(draft: Draft) -> DraftOut:
    return DraftOut(
        thread=draft.thread_id,
        patient=draft.patient_id,
        message_id=draft.message_id,
        topic=draft.topic,
        subject=draft.subject,
        body=draft.body,
        attachments=draft.attachments,
        saved_at=draft.saved_at,
    )


ROUTES: list[HTTPRouteHandler] = [
    put_read_mark,
    retract_message,
    set_level,
    assign_thread,
    close_thread,
    reopen_thread,
    write_note,
    list_notes,
    get_draft,
    save_draft,
    drop_draft,
]
"""What is done about threads and messages."""
