"""What an attachment is. Pure."""

from typing import Literal
from uuid import UUID

import msgspec

from portico.care.rules import AttachmentState
from portico.ids import AccountId, AttachmentId, PatientId

HolderKind = Literal["message", "response"]


class Holder(msgspec.Struct, frozen=True):
    """What a file belongs to; whoever may read that may read the file."""

    kind: HolderKind
    id: UUID


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file as people see it. `size` counts the bytes that are kept, after cleaning."""

    attachment_id: AttachmentId
    patient_id: PatientId
    name: str
    media_type: str
    size: int
    state: AttachmentState
    uploaded_by: AccountId


class OpenedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file with its bytes."""

    attachment: Attachment
    content: bytes
