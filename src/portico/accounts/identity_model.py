"""Who a record was said to be: the values that tell people apart, and what they were before each change."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

import msgspec

from portico.ids import AccountId, PatientId

ChangeSource = Literal["self", "staff", "import"]
Likeness = Literal["unchanged", "corrected", "corrected-by-you"]
"""On what the likeness of two records rests: on what was first given, on what staff corrected since, or on the caller's
own correction, with which they cannot link the two alone."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What says who somebody is. None is unknown, and is like nothing."""

    name: str | None
    born_on: date | None
    phone_hmac: bytes | None


class IdentityChange(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it was before a change. Without a name: staff made the record, and its first values are their word."""

    patient_id: PatientId
    name: str | None
    born_on: date | None
    phone_hmac: bytes | None
    source: ChangeSource
    account_id: AccountId | None
    """Who changed it; None for an import."""
    changed_by: str | None
    """That person's name."""
    changed_at: datetime


class History(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it is, and its changes, the newest first."""

    present: Identity
    verified: bool
    changes: Sequence[IdentityChange]


class FormerIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """What a patient was called, and when they were born as far as was known, until a change."""

    name: str
    born_on: date
    until: datetime
    source: ChangeSource
    changed_by: str | None
