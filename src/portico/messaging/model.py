"""What threads and messages are: as stored, as written by somebody, and what reading them said. Pure."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from portico.access import Role
from portico.ids import AccountId, MessageId, PatientId, ResponseId, ThreadId

Topic = Literal["soreness", "before_visit", "medicine", "appointment", "billing", "technical", "other"]
TOPICS: tuple[Topic, ...] = (
    "soreness",
    "before_visit",
    "medicine",
    "appointment",
    "billing",
    "technical",
    "other",
)
Pool = Literal["front_desk", "nurses"]
POOLS: tuple[Pool, ...] = ("front_desk", "nurses")
ThreadState = Literal["open", "closed"]
MessageKind = Literal["text", "check_in"]
Level = Literal["emergency", "call_now", "same_day", "routine"]
LEVELS: tuple[Level, ...] = ("emergency", "call_now", "same_day", "routine")
"""Most urgent first."""
Hat = Literal["patient", "staff"]


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes, in which role, and for whom when not for themselves."""

    account_id: AccountId
    name: str
    role: Role
    on_behalf_of: PatientId | None

    @property
    def is_patient_side(self) -> bool:
        return self.role in ("patient", "proxy")


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What reading a message said: level, rules (`ST08`), where (JSON of field, start, end, row), which texts to show."""

    level: Level = "routine"
    rules: tuple[str, ...] = ()
    spans: str = "[]"
    reader_version: str | None = None
    guidance_keys: tuple[str, ...] = ()


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A message before it has a number. The sender makes its id and keeps it until there is a definite answer."""

    message_id: MessageId
    body: str | None
    kind: MessageKind = "text"
    attachments: tuple[UUID, ...] = ()
    reply_to: MessageId | None = None
    response_id: ResponseId | None = None
    """The check-in that it stands for."""


class NewThread(msgspec.Struct, frozen=True, kw_only=True):
    """A thread before it exists; its first message comes with it."""

    thread_id: ThreadId
    patient_id: PatientId
    topic: Topic
    subject: str


class StoredThread(msgspec.Struct, frozen=True, kw_only=True):
    """A thread as stored. `level` is the highest that its messages had since `danger_from_seq`, resolved or not."""

    thread_id: ThreadId
    patient_id: PatientId
    topic: Topic
    pool: Pool
    state: ThreadState
    subject_sealed: bytes
    content_digest: bytes
    first_message_id: MessageId
    last_seq: int
    level: Level
    danger_from_seq: int | None
    assignee_id: AccountId | None
    closure_id: UUID | None
    opened_by: AccountId
    opened_at: datetime
    last_at: datetime
    waiting_since: datetime | None
    """Since when the oldest message of the patient's side has had no answer."""
    read_by_patient_seq: int
    read_by_staff_seq: int
    unread_by_patient_due: datetime | None
    unread_by_staff_due: datetime | None


class StoredMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as stored, with what came after: its retraction, and its level as staff see it now."""

    message_id: MessageId
    thread_id: ThreadId
    patient_id: PatientId
    seq: int
    kind: MessageKind
    author_id: AccountId
    author_name: str
    author_role: Role
    on_behalf_of: PatientId | None
    from_patient: bool
    body_sealed: bytes | None
    content_digest: bytes
    reply_to: MessageId | None
    attachments: tuple[UUID, ...]
    response_id: ResponseId | None
    level: Level
    rules: tuple[str, ...]
    spans: str
    reader_version: str | None
    guidance_keys: tuple[str, ...]
    sent_at: datetime
    level_now: Level
    retracted_by: AccountId | None
    retracted_by_name: str | None
    retracted_at: datetime | None
    retraction_reason_sealed: bytes | None


class ListedThread(msgspec.Struct, frozen=True, kw_only=True):
    """A thread in a list, with names; `level` is routine unless something about it is unresolved."""

    thread_id: ThreadId
    patient_id: PatientId
    patient_name: str
    patient_verified: bool
    topic: Topic
    pool: Pool
    state: ThreadState
    subject_sealed: bytes
    last_seq: int
    level: Level
    level_rank: int
    assignee_id: AccountId | None
    assignee_name: str | None
    opened_at: datetime
    last_at: datetime
    waiting_since: datetime | None
    waiting_key: datetime
    read_by_patient_seq: int
    read_by_staff_seq: int
    unread: int
    closure_id: UUID | None
    closing_sealed: bytes | None
    closed_by_name: str | None
    closed_at: datetime | None


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """A member of staff who can sign in."""

    account_id: AccountId
    name: str
    roles: tuple[Role, ...]
