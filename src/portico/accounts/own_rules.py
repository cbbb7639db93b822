"""Decisions about what an account does with itself: how fresh a proof is, which words and addresses will do. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from portico.accounts.rules import is_mail_address, normal_email
from portico.errors import Conflict, Invalid, NotAllowed, NotFound, Unauthenticated

FRESH_FOR = timedelta(minutes=5)
"""After a step-up, what matters can be done for so long (OWASP Session Management: 2-5 min where much is at stake)."""

EMAIL_CHANGE_LASTS = timedelta(hours=24)
"""The link to a new address. Long enough for a mailbox read once a day."""

RECOVERY_LASTS = timedelta(hours=24)
"""How long the first confirmation of a colleague's identity waits for the second."""

EMAIL_CHANGE_MOVES: Mapping[str, Mapping[str, str]] = {
    "open": {"confirm": "confirmed", "replace": "withdrawn", "change_password": "withdrawn"},
    "confirmed": {},
    "withdrawn": {},
}
"""A new address on its way. Only while open, and for a day, does its link do anything."""

RECOVERY_MOVES: Mapping[str, Mapping[str, str]] = {
    "open": {"confirm_second": "done", "replace": "withdrawn", "remove_factor": "withdrawn"},
    "done": {},
    "withdrawn": {},
}
"""A lost factor. One that needs a single confirmation is done when it is made."""

_PHONE = re.compile(r"\+?[0-9(][0-9 ().\-]{5,28}[0-9](?: ?(?:x|ext\.?) ?[0-9]{1,6})?")
Language = Literal["en", "es"]


class StepUpRequired(NotAllowed):
    """This matters enough to show again who one is; `PUT /api/session/step-up`, then send the same request again."""

    code = "step-up-required"

    def __init__(self) -> None:
        super().__init__("This is important. Please give your password again first, and your code if you use one.")


class WrongPassword(Unauthenticated):
    """The present password is not right."""

    code = "wrong-password"

    def __init__(self) -> None:
        super().__init__("The password is not right. Please try again.")


class SessionOver(Unauthenticated):
    """The session ended while it was being used."""

    code = "sign-in-required"

    def __init__(self) -> None:
        super().__init__("This sign-in has ended meanwhile. Please sign in again.")


class EmailUnusable(Invalid):
    """No mail could reach this address."""

    code = "email-unusable"


class PhoneUnusable(Invalid):
    """Nobody could call this number."""

    code = "phone-unusable"


class ChangedMeanwhile(Conflict):
    """Somebody, perhaps the same person elsewhere, changed this at the same moment."""

    code = "changed-meanwhile"

    def __init__(self) -> None:
        super().__init__("This was changed in the meantime. Please look again, then try once more.")


class LinkGone(NotFound):
    """A link that was used, is too old, was replaced by a newer one, or never was: never told apart."""

    code = "link-gone"

    def __init__(self) -> None:
        super().__init__("This link was used already or is too old. Sign in and ask for a new one.")


class SecondFactorNeeded(Conflict):
    """Staff cannot be without a second factor."""

    code = "second-factor-needed"

    def __init__(self) -> None:
        super().__init__("Staff always sign in with a code. You can set up another app instead.")


class NoSecondFactor(Conflict):
    """There is no second factor to lose or to have codes for."""

    code = "no-second-factor"

    def __init__(self) -> None:
        super().__init__("No code app is set up for this account.")


class NothingSetUp(Conflict):
    """A code came before a secret was asked for."""

    code = "no-second-factor-owed"

    def __init__(self) -> None:
        super().__init__("Start setting up your code app first. Then type the code that it shows.")


def is_fresh(stepped_up_at: datetime | None, now: datetime) -> bool:
    """Whether the person has shown a moment ago who they are."""
    return stepped_up_at is not None and timedelta(0) <= now - stepped_up_at < FRESH_FOR


def checked_email(email: str) -> str:
    """The address in its one spelling. Raises EmailUnusable."""
    normal = normal_email(email)
    if not is_mail_address(normal):
        message = (
            "This does not look like an e-mail address. It should look like name@example.org. "
            "Letters with accents do not work in it."
        )
        raise EmailUnusable(message)
    return normal


def checked_phone(phone: str | None) -> str | None:
    """The number without space around it; None takes it away. Raises PhoneUnusable."""
    number = (phone or "").strip()
    if not number:
        return None
    if not number.isascii() or not _PHONE.fullmatch(number):
        message = "This does not look like a phone number. Use digits, such as (555) 010-0199."
        raise PhoneUnusable(message)
    return number


def _words(about: Iterable[str]) -> Sequence[str]:
    return [word for text in about for word in re.split(r"[^a-z0-9]+", _plain(text)) if len(word) >= 3]


def _plain(text: str) -> str:
    """Lower case without accents, so that disguised words are found."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in decomposed if not unicodedata.combining(character))
