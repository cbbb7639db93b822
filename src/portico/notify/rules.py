"""Whom a recipient stands for, and when a delivery is tried again. Pure decisions."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from portico.notify.model import LETTER, Delivery, Notification, Recipient

POOL_ROLES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "clinical": (("clinician", "nurse"), ("admin",)),
    "admins": (("admin",), ("clinician", "nurse")),
}
"""Roles of each pool, and whose they become while nobody has them: a pool is never told in vain."""

TRIES: Final = 40
"""With waits of at most an hour this is about a day and a half; then the row stays undelivered, with its code."""

_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=1)


def recipient_of(text: str) -> Recipient | None:
    """The recipient as parts; None for one that nobody can be."""
    if text == LETTER:
        return Recipient("letter", "")
    kind, _, name = text.partition(":")
    if kind == "pool" and name in POOL_ROLES:
        return Recipient("pool", name)
    if kind in ("account", "patient") and _is_uuid(name):
        return Recipient("account" if kind == "account" else "patient", name)
    return None


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def taken(row: Notification, now: datetime) -> Delivery:
    """The row while it is being sent: due again later, so that a crash on the way loses nothing."""
    attempts = row.attempts + 1
    wait = min(_FIRST_WAIT * 2 ** min(attempts - 1, 10), _LONGEST_WAIT)
    return Delivery(
        notification_id=row.notification_id,
        attempts=attempts,
        due_at=now + wait if attempts < TRIES else None,
        error_code="unfinished",
    )


def sent(row: Delivery, now: datetime) -> Delivery:
    """The row once it has been handed over."""
    return Delivery(notification_id=row.notification_id, attempts=row.attempts, due_at=None, sent_at=now)


def failed(row: Delivery, code: str, *, is_final: bool = False) -> Delivery:
    """The row after a try that failed: tried again when it is due, unless no try can help."""
    return Delivery(
        notification_id=row.notification_id,
        attempts=row.attempts,
        due_at=None if is_final else row.due_at,
        error_code=code,
    )
