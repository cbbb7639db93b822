"""Decisions about signing in: how an address is read, which hat fits, how long a session lives, what it may become."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from portico.access import Hat, PatientLink, Role
from portico.accounts.model import Candidate, Cookie, LinkRow, SessionState, Standing
from portico.errors import Conflict, Invalid, TooManyRequests, Unauthenticated
from portico.ids import ClinicId, PatientId

IDLE: Mapping[Hat, timedelta] = {"staff": timedelta(minutes=15), "patient": timedelta(minutes=20)}
"""Without a request for so long, a session has ended. Staff sit at shared desks, so theirs is shorter."""

ABSOLUTE = timedelta(hours=12)
"""However busy, a session ends after a working day."""

HALF_SESSION = timedelta(minutes=10)
"""Time to find the phone and type the code."""

SEEN_EVERY = timedelta(minutes=1)
"""How exactly the last activity is kept: one write a minute, not one per request."""

SessionEvent = Literal["give-second-factor", "confirm-enrolment", "end"]

SESSION_MOVES: Mapping[tuple[str, SessionEvent], str] = {
    ("second-factor", "give-second-factor"): "signed-in",
    ("enrol-second-factor", "confirm-enrolment"): "signed-in",
    ("second-factor", "end"): "ended",
    ("enrol-second-factor", "end"): "ended",
    ("signed-in", "end"): "ended",
}
"""A session's whole life; what is not here cannot happen. Sign-in makes it in one of the first three states."""

ACCOUNT_MOVES: Mapping[tuple[str, Literal["disable", "enable"]], str] = {
    ("active", "disable"): "disabled",
    ("disabled", "enable"): "active",
}

PATIENT_STATES: frozenset[str] = frozenset({"active", "transferred", "deceased"})

ALL_SCOPES: frozenset[str] = frozenset({"intake", "messages", "record"})
"""What one may do in one's own record; a grant names some of these."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_ATOM = r"[A-Za-z0-9#$&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_MAIL_ADDRESS = re.compile(
    rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?![0-9]+$){_LABEL}(?<=[A-Za-z0-9]{{2}})"
)
"""RFC 5321's dot-string at a domain name, without the signs that old mail servers read as a route (% and !). Narrow on
purpose: what is accepted goes into the header of a mail, and a mail server without SMTPUTF8 takes plain letters only."""
MAX_ADDRESS = 254
"""RFC 5321, in the angle brackets of a path."""


class PageAddressUnreadable(Invalid):
    """This is no address to which a page can go."""

    code = "page-address-unreadable"


class WrongEmailOrPassword(Unauthenticated):
    """One answer for every reason, so that nobody learns which addresses exist."""

    code = "wrong-email-or-password"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is not right. Please try again.")


class WrongCode(Unauthenticated):
    """The one-time code is wrong, too old, or was used already."""

    code = "wrong-code"

    def __init__(self) -> None:
        super().__init__("The code is not right or was used already. Wait for the next code in your app and try again.")


class SecondFactorRequired(Unauthenticated):
    """The password was right, but the session still owes its second factor."""

    code = "second-factor-required"

    def __init__(self) -> None:
        super().__init__("Please finish signing in with the code from your app first.")


class NoFactorOwed(Conflict):
    """A code was sent for a session that does not wait for one."""

    code = "no-second-factor-owed"

    def __init__(self) -> None:
        super().__init__("This session does not wait for that code. Sign in again if you meant another account.")


class ChooseClinic(Conflict):
    """The address and password are right in several clinics."""

    code = "choose-clinic"

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        clinics = [{"slug": one.slug, "name": one.name} for one in candidates]
        super().__init__("You have an account in several clinics. Choose one, then sign in again.", clinics=clinics)


class ChooseHat(Conflict):
    """The account belongs to a patient and to a member of the staff; a session is one of them."""

    code = "choose-hat"

    def __init__(self, hats: Sequence[Hat]) -> None:
        super().__init__("Choose whether you sign in as a patient or as staff.", hats=list(hats))


class TooManyTries(TooManyRequests):
    """Too many wrong passwords or codes; nothing is locked for good."""

    code = "too-many-tries"

    def __init__(self, retry_after: int) -> None:
        minutes = max(1, round(retry_after / 60))
        super().__init__(f"Too many wrong tries. Please wait {minutes} min and try again.", retry_after=retry_after)


class TooOftenToday(TooManyRequests):
    """As often as one account may do this in a day; nothing is wrong with it."""

    code = "too-often-today"

    def __init__(self, retry_after: int) -> None:
        hours = max(1, round(retry_after / 3600))
        super().__init__(f"You have done this often today. Please try again in {hours} h.", retry_after=retry_after)


def normal_email(email: str) -> str:
    """One spelling for all spellings of an address: NFKC, no space around, no difference of case."""
    return unicodedata.normalize("NFKC", email).strip().casefold()


def page_address(given: str, email: str) -> str:
    """The second address as it is kept. Raises PageAddressUnreadable, also for the one that mail goes to anyway."""
    address = given.strip()
    if not is_mail_address(address):
        message = "Write one e-mail address, for example of your phone's text service: 5550100@pages.example."
        raise PageAddressUnreadable(message)
    if normal_email(address) == email:
        message = "This is the address that mail goes to anyway. Give another one, which reaches you at once."
        raise PageAddressUnreadable(message)
    return address


def is_mail_address(text: str) -> bool:
    """Whether mail can be sent there: the one rule for every address that the portal keeps."""
    return len(text) <= MAX_ADDRESS and _MAIL_ADDRESS.fullmatch(text) is not None


def may_be_slug(text: str) -> bool:
    """Whether a clinic could have this short name at all."""
    return _SLUG.fullmatch(text) is not None


def cookie_of(value: str | None) -> Cookie | None:
    """The cookie in this value; None for one that this program cannot have made."""
    clinic, _, token = (value or "").partition(".")
    if not _TOKEN.fullmatch(token):
        return None
    try:
        return Cookie(ClinicId(UUID(clinic)), token)
    except ValueError:
        return None


def hats_of(standing: Standing) -> tuple[Hat, ...]:
    """The hats this account has. One with none left is shown an empty patient's home rather than a riddle."""
    hats: list[Hat] = []
    if standing.is_patient or standing.is_proxy:
        hats.append("patient")
    if standing.staff_roles:
        hats.append("staff")
    return tuple(hats) or ("patient",)


def chosen_hat(standing: Standing, wished: Hat | None) -> Hat:
    """The hat to wear. Raises ChooseHat when there are two and none, or one that is not there, was named."""
    hats = hats_of(standing)
    if wished in hats:
        return wished
    if wished is None and len(hats) == 1:
        return hats[0]
    raise ChooseHat(hats)


def first_state(standing: Standing, hat: Hat) -> SessionState:
    """What a right password leads to: staff always owe a second factor, patients when they have one."""
    if standing.has_totp:
        return "second-factor"
    return "enrol-second-factor" if hat == "staff" else "signed-in"


def lifetime(state: SessionState) -> timedelta:
    """How long a session of this state lives at most."""
    return ABSOLUTE if state == "signed-in" else HALF_SESSION


def roles_of(staff_roles: Iterable[Role], *, is_patient: bool, is_proxy: bool) -> frozenset[Role]:
    """Every role that the account has now, whatever its hat."""
    roles: set[Role] = set(staff_roles)
    if is_patient:
        roles.add("patient")
    if is_proxy:
        roles.add("proxy")
    return frozenset(roles)


def ends_at(hat: Hat, last_seen_at: datetime, expires_at: datetime) -> datetime:
    """When the session ends if nothing more is heard from it."""
    return min(last_seen_at + IDLE[hat], expires_at)


def is_worth_noting(last_seen_at: datetime, now: datetime) -> bool:
    """Whether this activity is far enough from the last one kept to write it down."""
    return now - last_seen_at >= SEEN_EVERY


def links_of(rows: Iterable[LinkRow]) -> tuple[PatientLink, ...]:
    """One link per patient, oneself first, then by name: own record before grants, several grants together.

    Of two records of oneself the one that the clinic knew before comes first: what is new belongs there.
    """
    links: dict[str, PatientLink] = {}
    for row in sorted(rows, key=lambda row: (row.relation != "self", not row.is_linked, row.name, row.patient_id)):
        earlier = links.get(row.patient_id)
        links[row.patient_id] = PatientLink(
            patient_id=PatientId(UUID(row.patient_id)),
            name=row.name,
            relation=row.relation if earlier is None else earlier.relation,
            scope=frozenset(row.scope) if earlier is None else earlier.scope | frozenset(row.scope),
        )
    return tuple(links.values())
