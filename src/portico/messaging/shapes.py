"""Threads and messages as JSON. Patients never read what reading a message found, only what to do about it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from portico.access import Caller, Role
from portico.care.attachments_model import Attachment
from portico.care.rules import AttachmentState
from portico.ids import AccountId, MessageId, PatientId, ResponseId, ThreadId
from portico.messaging.escalation_course import EscalationCourse
from portico.messaging.guidance import Guidance
from portico.messaging.model import Level, MessageKind, Pool, ThreadState, Topic
from portico.messaging.reading import Letter, Reading

Seq = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class AuthorOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who wrote, in which role, and for which patient when not for themselves."""

    id: AccountId
    name: str
    role: Role
    on_behalf_of: PatientId | None


class RetractedOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who took a message back, when and why."""

    by: AccountId
    by_name: str
    at: datetime
    reason: str


class SpanOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where in the subject or body something stands that a row of the triage table speaks of."""

    field: str
    start: int
    end: int
    row: str


class FileOut(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a message; only a `clean` one can be read, at `/api/attachments/{id}`."""

    id: UUID
    name: str
    type: str
    size: int
    state: AttachmentState


class MessageOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One message. `rules` and `spans` are for staff only; a check-in has no body but a `response`."""

    id: MessageId
    seq: int
    kind: MessageKind
    sent_at: datetime
    author: AuthorOut
    body: str | None
    level: Level
    guidance: tuple[Guidance, ...]
    retracted: RetractedOut | None
    attachments: tuple[UUID, ...]
    files: list[FileOut]
    reply_to: MessageId | msgspec.UnsetType = msgspec.UNSET
    response: ResponseId | msgspec.UnsetType = msgspec.UNSET
    rules: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    spans: list[SpanOut] | msgspec.UnsetType = msgspec.UNSET


class MessagesOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Messages after a number; `next` is the `after` to go on with."""

    items: list[MessageOut]
    next: str | None


class PatientOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whom it is about."""

    id: PatientId
    name: str
    verified: bool | msgspec.UnsetType = msgspec.UNSET
    """For staff: whether somebody has confirmed who this is."""


class AssigneeOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who has it."""

    id: AccountId
    name: str


class ClosureOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What to do next, who said so and when."""

    sentence: str
    by_name: str
    at: datetime


class ThreadOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One thread. `pool` and `assignee` are for staff only; `message` and `guidance` stand in the answer to making it."""

    id: ThreadId
    patient: PatientOut
    topic: Topic
    subject: str
    state: ThreadState
    level: Level
    last_seq: int
    unread: int
    opened_at: datetime
    last_at: datetime
    waiting_since: datetime | None
    closure: ClosureOut | None
    read_by_other_side: int
    pool: Pool | msgspec.UnsetType = msgspec.UNSET
    assignee: AssigneeOut | msgspec.UnsetType | None = msgspec.UNSET
    escalation: EscalationCourse | msgspec.UnsetType = msgspec.UNSET
    """Of one thread, not in lists: how far what is urgent about it has come."""
    message: MessageOut | msgspec.UnsetType = msgspec.UNSET
    guidance: tuple[Guidance, ...] | msgspec.UnsetType = msgspec.UNSET


class ThreadsOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One page of threads."""

    items: list[ThreadOut]
    next: str | None


class FirstMessageIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The message that opens a thread, under an id that its sender made."""

    id: MessageId
    body: str
    attachments: list[UUID] = []


class ThreadIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A new thread with its first message."""

    patient: PatientId
    topic: Topic
    subject: str
    message: FirstMessageIn


class MessageIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A message. `patient`, when sent, must be the thread's."""

    body: str
    attachments: list[UUID] = []
    reply_to: MessageId | None = None
    patient: PatientId | None = None


_SPANS = msgspec.json.Decoder(list[tuple[str, int, int, str]])


def message_out(caller: Caller, letter: Letter) -> MessageOut:
    """The message as this person may see it."""
    message = letter.message
    is_staff = caller.actor.hat == "staff"
    return MessageOut(
        id=message.message_id,
        seq=message.seq,
        kind=message.kind,
        sent_at=message.sent_at,
        author=AuthorOut(
            id=message.author_id,
            name=message.author_name,
            role=message.author_role,
            on_behalf_of=message.on_behalf_of,
        ),
        body=letter.body,
        level=message.level_now,
        guidance=letter.guidance,
        retracted=_retracted(letter),
        attachments=message.attachments,
        files=[_file(each) for each in letter.files],
        reply_to=msgspec.UNSET if message.reply_to is None else message.reply_to,
        response=msgspec.UNSET if message.response_id is None else message.response_id,
        rules=message.rules if is_staff else msgspec.UNSET,
        spans=spans_of(letter) if is_staff else msgspec.UNSET,
    )


def spans_of(letter: Letter) -> list[SpanOut]:
    """Where what was found stands."""
    return [
        SpanOut(field=field, start=start, end=end, row=row)
        for field, start, end, row in _SPANS.decode(letter.message.spans)
    ]


def thread_out(caller: Caller, reading: Reading, first: Letter | None = None) -> ThreadOut:
    """The thread as this person may see it."""
    thread = reading.thread
    is_staff = caller.actor.hat == "staff"
    return ThreadOut(
        id=thread.thread_id,
        patient=PatientOut(
            id=thread.patient_id,
            name=thread.patient_name,
            verified=thread.patient_verified if is_staff else msgspec.UNSET,
        ),
        topic=thread.topic,
        subject=reading.subject,
        state=thread.state,
        level=thread.level,
        last_seq=thread.last_seq,
        unread=thread.unread,
        opened_at=thread.opened_at,
        last_at=thread.last_at,
        waiting_since=thread.waiting_since,
        closure=_closure(reading),
        read_by_other_side=thread.read_by_patient_seq if is_staff else thread.read_by_staff_seq,
        pool=thread.pool if is_staff else msgspec.UNSET,
        assignee=_assignee(reading) if is_staff else msgspec.UNSET,
        escalation=msgspec.UNSET if reading.course is None else reading.course,
        message=msgspec.UNSET if first is None else message_out(caller, first),
        guidance=msgspec.UNSET if first is None else first.guidance,
    )


def _file(file: Attachment) -> FileOut:
    return FileOut(id=file.attachment_id, name=file.name, type=file.media_type, size=file.size, state=file.state)


def _retracted(letter: Letter) -> RetractedOut | None:
    message = letter.message
    if message.retracted_by is None or message.retracted_at is None:
        return None
    return RetractedOut(
        by=message.retracted_by,
        by_name=message.retracted_by_name or "",
        at=message.retracted_at,
        reason=letter.reason or "",
    )


def _closure(reading: Reading) -> ClosureOut | None:
    thread = reading.thread
    if reading.closing is None or thread.closed_at is None:
        return None
    return ClosureOut(sentence=reading.closing, by_name=thread.closed_by_name or "", at=thread.closed_at)


def _assignee(reading: Reading) -> AssigneeOut | None:
    thread = reading.thread
    if thread.assignee_id is None:
        return None
    return AssigneeOut(id=thread.assignee_id, name=thread.assignee_name or "")
