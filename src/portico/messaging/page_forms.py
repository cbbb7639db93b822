"""Words and form fields that the pages of both sides share."""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated
from uuid import UUID

import msgspec
from litestar.enums import RequestEncodingType
from litestar.params import Body

from portico.errors import DomainError, Malformed
from portico.ids import MessageId, PatientId, ThreadId
from portico.messaging import rules
from portico.messaging.correcting import Correction
from portico.messaging.drafting import Draft, Written
from portico.messaging.model import Level, NewThread, Parcel, Topic
from portico.messaging.page_files import ChosenFile, Received, files_of_draft, ids_of
from portico.platform.clock import Ids

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]

TOPIC_NAMES: Mapping[Topic, str] = {
    "soreness": "Soreness or pain",
    "before_visit": "A question before my visit",
    "medicine": "Medicine",
    "appointment": "Appointment",
    "billing": "Billing or a receipt",
    "technical": "Trouble with this portal",
    "other": "Something else",
}
LEVEL_NAMES: Mapping[Level, str] = {
    "emergency": "Emergency",
    "call_now": "Call now",
    "same_day": "Same day",
    "routine": "Routine",
}


class Composed(msgspec.Struct, frozen=True, kw_only=True):
    """A message on its page. Its ids are made with the page, so that sending it twice stores it once."""

    thread_id: UUID
    message_id: UUID
    topic: str = ""
    subject: str = ""
    body: str = ""
    files: tuple[ChosenFile, ...] = ()


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a field of a page."""

    field: str
    message: str


_CHECKS: Mapping[str, Callable[[Composed], object]] = {
    "topic": lambda sent: topic_in(sent.topic),
    "subject": lambda sent: rules.check_subject(sent.subject),
    "body": lambda sent: rules.check_message(sent.body, sent.files),
}


def faults_shown(sent: Composed, refusal: DomainError | None) -> tuple[Fault, ...]:
    """Why a new message was refused: every fault in its fields at once, else the refusal itself."""
    if refusal is None:
        return ()
    found = tuple(_faults(sent))
    if refusal.message in [fault.message for fault in found]:
        return found
    return (Fault(field="body", message=refusal.message),)


def _faults(sent: Composed) -> Iterator[Fault]:
    for field, check in _CHECKS.items():
        try:
            check(sent)
        except DomainError as refusal:
            yield Fault(field=field, message=refusal.message)


class Corrected(msgspec.Struct, frozen=True, kw_only=True):
    """A correction on its page: of which message, and what stands in its place. The copy's id is made with the page."""

    of: UUID
    new_id: UUID
    reason: str = ""
    body: str = ""
    files: tuple[ChosenFile, ...] = ()


def blank(ids: Ids, thread_id: UUID | None = None, draft: Draft | None = None) -> Composed:
    """A new page to write on, or the one that was kept."""
    if draft is None:
        return Composed(thread_id=thread_id or ids.new(), message_id=ids.new())
    return Composed(
        thread_id=draft.thread_id,
        message_id=draft.message_id or ids.new(),
        topic=draft.topic or "",
        subject=draft.subject or "",
        body=draft.body,
        files=files_of_draft(draft),
    )


def composed(sent: Received, thread_id: UUID | None = None) -> Composed:
    """What was written, as it was sent. Raises Malformed without its ids."""
    data = sent.data
    return Composed(
        thread_id=thread_id or uuid_in(data, "thread_id"),
        message_id=uuid_in(data, "message_id"),
        topic=data.get("topic", ""),
        subject=data.get("subject", "").strip(),
        body=text_in(data, "body"),
        files=sent.files,
    )


def correction_of(sent: Corrected, files: tuple[UUID, ...]) -> Correction:
    """The correction with these files."""
    return Correction(reason=sent.reason, body=sent.body or None, new_id=MessageId(sent.new_id), attachments=files)


def new_thread(patient_id: PatientId, sent: Composed) -> NewThread:
    """Raises Malformed unless a topic was chosen."""
    topic = topic_in(sent.topic)
    return NewThread(thread_id=ThreadId(sent.thread_id), patient_id=patient_id, topic=topic, subject=sent.subject)


def parcel_of(sent: Composed, files: tuple[UUID, ...]) -> Parcel:
    """The message with these files."""
    return Parcel(message_id=MessageId(sent.message_id), body=sent.body, attachments=files)


def written(sent: Composed, patient_id: PatientId | None = None) -> Written:
    """What was written, to be kept."""
    return Written(
        body=sent.body,
        patient_id=patient_id,
        topic=topic_in(sent.topic) if sent.topic else None,
        subject=sent.subject or None,
        attachments=ids_of(sent.files),
        message_id=MessageId(sent.message_id),
    )


def text_in(data: Mapping[str, str], name: str) -> str:
    """A text with line breaks as everywhere else; browsers send two characters for one."""
    return data.get(name, "").replace("\r\n", "\n").strip()


def uuid_in(data: Mapping[str, str], name: str) -> UUID:
    """An id that the page made. Raises Malformed."""
    try:
        return UUID(data.get(name, ""))
    except ValueError as error:
        message = "A part of the page is missing. Open the page again."
        raise Malformed(message) from error


def topic_in(text: str) -> Topic:
    """Raises Malformed unless it is a topic."""
    try:
        topic: Topic = msgspec.convert(text, Topic)
    except msgspec.ValidationError as error:
        message = "Choose what it is about."
        raise Malformed(message) from error
    return topic


def level_in(text: str) -> Level:
    """Raises Malformed unless it is a level."""
    try:
        level: Level = msgspec.convert(text, Level)
    except msgspec.ValidationError as error:
        message = "Choose a level."
        raise Malformed(message) from error
    return level
