"""Decisions about coming in and leaving: what a code may still do, who may be the same person, how records move. Pure."""

import re
import unicodedata
from calendar import month_name
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from portico.accounts.entry_model import (
    Candidate,
    Code,
    InvitationEvent,
    InvitationState,
    Invited,
    MatchEvent,
    MatchState,
    PatientState,
)
from portico.accounts.rules import cookie_of, is_mail_address, normal_email
from portico.errors import Conflict, Invalid, Malformed, NotAllowed, NotFound

MAX_WRONG_BIRTH_DATES: Final = 5
"""The fifth wrong birth date burns the code."""

RESET_LIFETIME: Final = timedelta(minutes=30)
"""How long a forgotten password may be replaced."""

LONGEST_DAYS: Final = 90
LONGEST_HOURS: Final = 24 * 7
"""However the clinic sets it, a code that lies in a mailbox ends."""

OLDEST_BIRTH_YEAR: Final = 1900

INVITATION_MOVES: Mapping[InvitationState, Mapping[InvitationEvent, InvitationState]] = {
    "open": {"accept": "accepted", "withdraw": "withdrawn", "burn": "burnt", "resend": "open"},
    "accepted": {},
    "withdrawn": {"resend": "open"},
    "burnt": {"resend": "open", "withdraw": "withdrawn"},
}
"""An invitation's whole life. Sending it again makes a new code; the earlier one opens nothing any more."""

PATIENT_MOVES: Mapping[PatientState, frozenset[PatientState]] = {
    "active": frozenset({"transferred", "deceased"}),
    "transferred": frozenset({"active", "deceased"}),
    "deceased": frozenset({"active"}),
}
"""Where a patient's state may go; back to `active` because staff make mistakes."""

MATCH_MOVES: Mapping[MatchState, Mapping[MatchEvent, MatchState]] = {
    "undone": {"link": "linked", "keep-apart": "apart"},
    "linked": {"undo": "undone"},
    "apart": {"undo": "undone"},
}
"""What staff may decide about two records; no decision yet is the same as one that was undone."""

_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./-]{0,39}")
_NOT_A_LETTER = re.compile(r"[\W\d_]+")

REFUSED = (
    "This code does not work: it is too old, was used before, or the date of birth is not the one that the clinic has. "
    "Check the date of birth, or ask the clinic for a new link."
)


class CodeRefused(Invalid):
    """The one answer to every code that opens nothing, whatever the reason."""

    code = "code-refused"

    def __init__(self) -> None:
        super().__init__(REFUSED)


class ResetRefused(NotFound):
    """The one answer to every reset code that opens nothing, whatever the reason."""

    code = "code-refused"

    def __init__(self) -> None:
        super().__init__("This link does not work: it is too old or was used before. Ask for a new one.")


class RegistrationClosed(NotFound):
    """No such clinic, or one that invites its patients itself; the two are not told apart."""

    code = "registration-closed"

    def __init__(self) -> None:
        super().__init__("You cannot register here yourself. Please call the clinic and ask for an invitation.")


class EmailUnusable(Invalid):
    """What was typed is no e-mail address."""

    code = "email-unusable"

    def __init__(self) -> None:
        super().__init__(
            "Please write the e-mail address in full, for example name@example.org. Letters with accents do not work in it."
        )


class NameMissing(Invalid):
    """A name is missing or too long."""

    code = "name-missing"

    def __init__(self) -> None:
        super().__init__("Please write the whole name, at most 200 characters.")


class BirthDateImpossible(Invalid):
    """Nobody alive was born on that day."""

    code = "birth-date-impossible"

    def __init__(self) -> None:
        super().__init__("Please check the date of birth: it is in the future or too long ago.")


class HasAccount(Conflict):
    """The address or the patient has an account in this clinic already."""

    code = "has-account"

    def __init__(self) -> None:
        super().__init__(
            "There is an account for this address or this patient already. Who cannot sign in uses “forgotten password”."
        )


class PatientHasLeft(Conflict):
    """The patient is not active, so nobody is invited for them."""

    code = "patient-not-active"

    def __init__(self) -> None:
        super().__init__("This patient is marked as transferred or deceased. Set the state to active first.")


class InvitationCannotMove(Conflict):
    """The invitation is in a state in which this cannot be done."""

    code = "invitation-cannot-move"

    def __init__(self, state: InvitationState) -> None:
        super().__init__(f"This invitation is {state}; that cannot be done with it any more.", state=state)


class PatientCannotMove(Conflict):
    """The patient's state cannot become that one."""

    code = "patient-cannot-move"

    def __init__(self, state: PatientState) -> None:
        super().__init__(f"This patient is {state}; the state cannot become that one.", state=state)


class MatchCannotMove(Conflict):
    """What was decided about the two records must be undone first."""

    code = "match-cannot-move"

    def __init__(self) -> None:
        super().__init__("Something else was decided about these two records. Undo that first, then decide anew.")


class NotTheSamePerson(Invalid):
    """The two records cannot be linked: they are one record, or the other one is itself unverified."""

    code = "cannot-link"

    def __init__(self) -> None:
        super().__init__("Choose a record that is verified and is not the same record.")


class OwnLink(Conflict):
    """Nobody of the staff opens a record to their own account."""

    code = "own-link"

    def __init__(self) -> None:
        super().__init__("One of these records is your own. Ask a colleague to check it and to link them.")


class NotAlike(Invalid):
    """Nothing in the two records says that they are of one person."""

    code = "not-alike"

    def __init__(self) -> None:
        super().__init__(
            "These two records have neither the same name and birth date nor the same telephone number. "
            "Ask the patient, and correct what is wrong first."
        )


class NumberTaken(Conflict):
    """Each patient has a number of their own."""

    code = "number-taken"

    def __init__(self) -> None:
        super().__init__("Another patient already has this number.")


class PerhapsKnown(Conflict):
    """Somebody whom the clinic knows may be the same person: staff look before they make a second record."""

    code = "perhaps-known"

    def __init__(self, alike: Sequence[Candidate]) -> None:
        super().__init__("The clinic may know this person already. Look at the records below before you add another.")
        self.alike = alike


class NumberUnusable(Invalid):
    """The clinic's number for the patient is too long or holds signs that no number has."""

    code = "number-unusable"

    def __init__(self) -> None:
        super().__init__("Please write the clinic's number with at most 40 letters, digits and hyphens.")


class PhoneUnusable(Invalid):
    """Nobody could dial that."""

    code = "phone-unusable"

    def __init__(self) -> None:
        super().__init__("Please write the telephone number with at least 7 digits, for example 555-0100 111.")


class AddressTooLong(Invalid):
    """More than any address is long."""

    code = "address-too-long"

    def __init__(self) -> None:
        super().__init__("Please write the address with at most 500 letters.")


class AccountOfStaff(NotAllowed):
    """The account belongs to a member of the staff too; only an admin may close it."""

    code = "account-of-staff"

    def __init__(self) -> None:
        super().__init__("This account belongs to a member of the staff too. Only an admin may open or close it.")


def code_of(text: str) -> Code | None:
    """The code in this text; None for one that this program cannot have made."""
    read = cookie_of(text.strip())
    return None if read is None else Code(read.clinic_id, read.token)


def usable_email(text: str) -> str:
    """The address in its one spelling. Raises EmailUnusable."""
    email = normal_email(text)
    if not is_mail_address(email):
        raise EmailUnusable
    return email


def usable_name(text: str) -> str:
    """The name with single spaces. Raises NameMissing."""
    name = " ".join(text.split())
    if not name or len(name) > 200 or not name.isprintable():
        raise NameMissing
    return name


def usable_number(text: str | None) -> str | None:
    """The clinic's own number for a patient; None when nothing is written. Raises NumberUnusable."""
    number = (text or "").strip()
    if number and not _NUMBER.fullmatch(number):
        raise NumberUnusable
    return number or None


def usable_phone(text: str | None) -> str | None:
    """A telephone number as written; None when nothing is. Raises PhoneUnusable."""
    phone = " ".join((text or "").split())
    if phone and (len(phone) > 40 or not phone.isprintable() or not normal_phone(phone)):
        raise PhoneUnusable
    return phone or None


def usable_address(text: str | None) -> str | None:
    """An address as written, lines kept; None when nothing is. Raises AddressTooLong."""
    address = (text or "").strip()
    if len(address) > 500:
        raise AddressTooLong
    return address or None


def check_birth_date(born_on: date, today: date) -> None:
    """Raises BirthDateImpossible. The clinic's day may be one ahead of ours."""
    if born_on.year < OLDEST_BIRTH_YEAR or born_on > today + timedelta(days=1):
        raise BirthDateImpossible


def bounded(setting: str | None, longest: int) -> int:
    """A setting's whole number, at least 1 and at most `longest`; 1 while it is unset."""
    return max(1, min(int(setting or 1), longest))


def is_usable(invited: Invited, now: datetime) -> bool:
    """Whether its code still opens anything."""
    return invited.state == "open" and now < invited.expires_at and invited.tries < MAX_WRONG_BIRTH_DATES


def is_right_birth_date(invited: Invited, given: date | None) -> bool:
    """Staff are not asked; everybody else must name the day that the clinic knows."""
    return invited.kind == "staff" or (given is not None and given == invited.born_on)


def moved(state: InvitationState, event: InvitationEvent) -> InvitationState:
    """The invitation's next state. Raises InvitationCannotMove."""
    after = INVITATION_MOVES[state].get(event)
    if after is None:
        raise InvitationCannotMove(state)
    return after


def check_patient_move(state: PatientState, to: PatientState) -> None:
    """Raises PatientCannotMove; staying as one is, is no move."""
    if to != state and to not in PATIENT_MOVES[state]:
        raise PatientCannotMove(state)


def decided(state: MatchState | None, event: MatchEvent) -> MatchState:
    """What stands about the two records afterwards. Raises MatchCannotMove."""
    after = MATCH_MOVES[state or "undone"].get(event)
    if after is None:
        raise MatchCannotMove
    return after


def normal_name(name: str) -> tuple[str, ...]:
    """The words of a name without accents, case and order: `Müller, Ann-Marie` is `ann marie muller`."""
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", name) if not unicodedata.combining(mark))
    return tuple(sorted(word for word in _NOT_A_LETTER.split(plain.casefold()) if word))


def normal_phone(phone: str) -> str:
    """The last ten digits: how a number is dialled, whatever stands before or between. Empty without seven of them."""
    digits = "".join(mark for mark in phone if mark.isdecimal())[-10:]
    return digits if len(digits) >= 7 else ""


def born(year: str, month: str, day: str) -> date:
    """A birth date as three fields of a form. Raises Malformed, naming the part that is wrong and what to do."""
    if not (year or month or day):
        raise Malformed("Please give the date of birth: month, day, and the year with four digits.")
    if not (_is_number(month) and 1 <= int(month) <= 12):
        raise Malformed("Please choose the month of the date of birth.")
    if not (_is_number(day) and 1 <= int(day) <= 31):
        raise Malformed("Please type the day of the date of birth as a number from 1 to 31.")
    if not (_is_number(year) and len(year) == 4 and int(year)):
        raise Malformed("Please type the year of the date of birth with four digits, such as 1958.")
    try:
        return date(int(year), int(month), int(day))
    except ValueError as error:
        message = f"{month_name[int(month)]} {year} has no day {int(day)}. Please look at the day of the date of birth."
        raise Malformed(message) from error


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4
