"""What the outbox holds and to whom it may be addressed. Pure."""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from portico.ids import AccountId, PatientId

CLINICAL_POOL: Final = "pool:clinical"
"""Every clinician and nurse of the clinic."""
ADMIN_POOL: Final = "pool:admins"
PAGE_TEST: Final = "page-test"
"""The kind of a notification that only tries the channels which page: a second address, and the webhook."""
INVITATION: Final = "invitation"
"""The kind of the one mail that says whose portal it is: whoever is invited has no account yet and has to trust it."""
Channel = Literal["mail", "page", "webhook"]
Choice = Literal["message", "reminder", "decision"]

LETTER: Final = "letter"
"""The recipient of a row that carries its own address."""


def account(account_id: AccountId) -> str:
    """The recipient that is one account."""
    return f"account:{account_id}"


def patient(patient_id: PatientId) -> str:
    """The recipient that is whoever acts for this patient now: the patient's own account and proxies."""
    return f"patient:{patient_id}"


class Recipient(msgspec.Struct, frozen=True):
    """A recipient as written in the outbox, taken apart."""

    kind: Literal["account", "patient", "pool", "letter"]
    name: str


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One row that is due; `attempts` counts the tries before. Only a letter has an address, and perhaps a link."""

    notification_id: UUID
    kind: str
    recipient: str
    dedupe_key: str
    attempts: int
    channel: Literal["each", "mail", "page", "webhook"] = "each"
    address: str | None = None
    link_sealed: bytes | None = None


class NewNotification(msgspec.Struct, frozen=True, kw_only=True):
    """One row as its cause leaves it."""

    notification_id: UUID
    kind: str
    recipient: str
    dedupe_key: str
    due_at: datetime
    channel: Literal["each", "mail", "page", "webhook"] = "each"
    address: str | None = None
    link_sealed: bytes | None = None


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """How far one row has come. Without a due time nothing more happens to it."""

    notification_id: UUID
    channel: Channel
    attempts: int
    due_at: datetime | None
    sent_at: datetime | None = None
    error_code: str | None = None


class Clinic(msgspec.Struct, frozen=True, kw_only=True):
    """The name and the clock that an invitation needs."""

    name: str
    zone: str


class Addressee(msgspec.Struct, frozen=True, kw_only=True):
    """An account that a pool or a patient stands for."""

    account_id: AccountId


class MailAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where an account reads its mail, and the kinds it does without."""

    email: str
    off: tuple[str, ...]


class PageAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A member of staff, and where they are paged, sealed."""

    account_id: AccountId
    page_address_sealed: bytes | None


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """Where the clinic wants to be paged by another program."""

    value: str


class Undelivered(msgspec.Struct, frozen=True, kw_only=True):
    """A notification that reached nobody after its last try, or came back; never what it was about.

    `error_code` is what the last try met, or `bounced-` and the status that came back, such as `bounced-5.1.1`.
    """

    notification_id: UUID
    kind: str
    channel: str
    recipient: str
    address: str | None
    account_name: str | None
    email: str | None
    patient_id: PatientId | None
    attempts: int
    error_code: str | None
    created_at: datetime
