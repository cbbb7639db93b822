"""Whom a recipient stands for, by which channels a kind is told, and when a delivery is tried again. Pure decisions."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from portico.errors import Invalid, Malformed
from portico.notify.model import LETTER, PAGE_TEST, Channel, Choice, Delivery, Notification, Recipient

POOL_ROLES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "clinical": (("clinician", "nurse"), ("admin",)),
    "admins": (("admin",), ("clinician", "nurse")),
}
"""Roles of each pool, and whose they become while nobody has them: a pool is never told in vain."""

TRIES: Final = 40
"""With waits of at most an hour this is about a day and a half; then the row stays undelivered, with its code."""

_FIRST_WAIT: Mapping[Channel, timedelta] = {
    "mail": timedelta(minutes=1),
    "page": timedelta(seconds=15),
    "webhook": timedelta(seconds=15),
}
_LONGEST_WAIT: Mapping[Channel, timedelta] = {
    "mail": timedelta(hours=1),
    "page": timedelta(minutes=5),
    "webhook": timedelta(minutes=5),
}

CHOICES: tuple[Choice, ...] = ("message", "reminder", "decision")
"""What people may do without. Every other kind always comes: danger, pages, and letters about signing in."""

NEEDED: Mapping[str, str] = {
    "escalation": "Dangers that somebody must act on",
    "page-test": "Tests of the page channel",
    "sign-in": "Changes of the way you sign in",
}
"""What nobody can switch off, in words."""

QUIET_CODES: Final = ("switched-off", "not-set-up", "withdrawn")
"""Codes of rows that ended unsent on purpose: nobody has to look into them."""


class ChoiceNotOffered(Invalid):
    """A kind that safety needs cannot be switched off."""

    code = "notification-required"


class ChoiceUnknown(Malformed):
    """There is no such kind."""

    code = "notification-unknown"


class PageAddressInvalid(Invalid):
    """The second address is no e-mail address."""

    code = "page-address-invalid"


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


def channels_of(kind: str) -> tuple[Channel, ...]:
    """By which channels this kind is told: dangers by all, at once; the test of the pages by those that page."""
    if kind.startswith("escalation-"):
        return ("mail", "page", "webhook")
    return ("page", "webhook") if kind == PAGE_TEST else ("mail",)


def choice_of(kind: str) -> Choice | None:
    """The choice that this kind falls under: its first word; None for what cannot be switched off."""
    return next((choice for choice in CHOICES if kind.partition("-")[0] == choice), None)


def switched_off(wanted: Mapping[str, bool]) -> list[Choice]:
    """The kinds that somebody does without. Raises ChoiceNotOffered for what safety needs, ChoiceUnknown."""
    for kind, is_on in wanted.items():
        if any(kind.startswith(needed) for needed in NEEDED) and not is_on:
            message = "This cannot be switched off: somebody's safety depends on it."
            raise ChoiceNotOffered(message)
        if kind not in (*CHOICES, *NEEDED):
            message = f"Choose among {', '.join(CHOICES)}."
            raise ChoiceUnknown(message)
    return [choice for choice in CHOICES if not wanted.get(choice, True)]


def page_address(text: str) -> str | None:
    """A second address as it is kept; None for an empty one. Raises PageAddressInvalid."""
    address = text.strip()
    if not address:
        return None
    name, at, domain = address.rpartition("@")
    is_plain = address.isascii() and address.isprintable() and not set(address) & set(' ,;:<>()[]"\\')
    if not (at and name and "@" not in name and "." in domain.strip(".") and is_plain and len(address) <= 254):
        message = "Write one e-mail address, such as name@clinic.test."
        raise PageAddressInvalid(message)
    return address


def taken(row: Notification, now: datetime, channel: Channel = "mail") -> Delivery:
    """The row while it is being sent: due again later, so that a crash on the way loses nothing."""
    attempts = row.attempts + 1
    wait = min(_FIRST_WAIT[channel] * 2 ** min(attempts - 1, 10), _LONGEST_WAIT[channel])
    return Delivery(
        notification_id=row.notification_id,
        channel=channel,
        attempts=attempts,
        due_at=now + wait if attempts < TRIES else None,
        error_code="unfinished",
    )


def put_back(row: Notification, now: datetime, channel: Channel) -> Delivery:
    """The row whose channel does not exist yet in this process: it waits and does not count as tried."""
    return Delivery(notification_id=row.notification_id, channel=channel, attempts=row.attempts, due_at=now)


def sent(row: Delivery, now: datetime) -> Delivery:
    """The row once it has been handed over."""
    return Delivery(
        notification_id=row.notification_id, channel=row.channel, attempts=row.attempts, due_at=None, sent_at=now
    )


def failed(row: Delivery, code: str, *, is_final: bool = False) -> Delivery:
    """The row after a try that failed: tried again when it is due, unless no try can help."""
    return Delivery(
        notification_id=row.notification_id,
        channel=row.channel,
        attempts=row.attempts,
        due_at=None if is_final else row.due_at,
        error_code=code,
    )
