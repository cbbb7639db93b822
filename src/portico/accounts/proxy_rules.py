"""Decisions about acting for somebody else: how long a grant lasts, who may end it, who may see it. Pure."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from portico.access import Actor
from portico.accounts.rules import ALL_SCOPES
from portico.errors import Conflict, Invalid, NotAllowed, NotFound
from portico.ids import AccountId, PatientId

Basis = Literal["guardian", "agreed", "poa"]
EndReason = Literal["patient", "proxy", "staff"]
GrantState = Literal["planned", "active", "ended"]

FULL_AGE = 18
"""Years. In the United States a parent's right to act ends with the 18th birthday in nearly every state; design §2."""


_YEARS = 1900, 2200
"""Instants outside lie beyond any life; the ends of the calendar cannot be compared with others."""


class GuardianOfAdult(Invalid):
    """Nobody is the guardian of somebody of full age; that takes another basis."""

    code = "guardian-of-adult"

    def __init__(self) -> None:
        super().__init__("This patient is 18 or older. Choose “agreed” or “power of attorney” instead.")


class PeriodWrong(Invalid):
    """A grant that would end before it starts, or is over already."""

    code = "period-wrong"

    def __init__(self) -> None:
        super().__init__("The end must come after the start, and after now.")


class ScopeMissing(Invalid):
    """A grant for nothing."""

    code = "scope-missing"

    def __init__(self) -> None:
        super().__init__("Choose at least one thing that this person may do.")


class NoSuchAccount(Invalid):
    """The proxy has no account here yet."""

    code = "no-such-account"

    def __init__(self) -> None:
        super().__init__("Nobody here has an account with this e-mail address. Invite the person first.")


class OwnRecord(Invalid):
    """Nobody is their own proxy."""

    code = "own-record"

    def __init__(self) -> None:
        super().__init__("This account is the patient's own. It needs no one's leave.")


class OwnGrant(Conflict):
    """Nobody of the staff opens a record to themselves, nor widens what was opened to them."""

    code = "own-grant"

    def __init__(self) -> None:
        super().__init__("You cannot let yourself act for a patient. Ask a colleague to check it and to confirm it.")


class ActsAlready(Conflict):
    """There is a grant for these two that has not ended."""

    code = "already-acts-for"

    def __init__(self) -> None:
        super().__init__("This person may act for this patient already. Change that entry, or end it first.")


class GrantEnded(Conflict):
    """A grant that is over stays over."""

    code = "proxy-ended"

    def __init__(self) -> None:
        super().__init__("This has ended. Make a new entry if the person shall act again.")


class PatientGone(Conflict):
    """Nobody acts for a patient who has left or died."""

    code = "patient-not-active"

    def __init__(self) -> None:
        super().__init__("This patient is not with the clinic any more.")


class NotYoursToEnd(NotAllowed):
    """A guardian acts for a minor by law, so the minor alone cannot end it."""

    code = "not-yours-to-end"

    def __init__(self) -> None:
        super().__init__("You cannot end this yourself. Please call the clinic.")


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """One person's right to act for one patient."""

    grant_id: UUID
    account_id: AccountId
    proxy_name: str
    patient_id: PatientId
    scope: tuple[str, ...]
    basis: Basis
    confirmed_by: AccountId
    starts_at: datetime
    ends_at: datetime | None
    ended_at: datetime | None
    end_reason: EndReason | None


def full_age_on(born_on: date) -> date:
    """The 18th birthday; of somebody born on February 29th, March 1st."""
    try:
        return born_on.replace(year=born_on.year + FULL_AGE)
    except ValueError:
        return date(born_on.year + FULL_AGE, 3, 1)


def check_confirmed_by_another(proxy: AccountId, confirmed_by: AccountId) -> None:
    """Staff may act for their own family, with the patient's hat, once somebody else has confirmed it. Raises OwnGrant."""
    if proxy == confirmed_by:
        raise OwnGrant


def checked_scope(scope: Collection[str]) -> tuple[str, ...]:
    """The scope in order, each part once. Raises ScopeMissing."""
    chosen = tuple(sorted(set(scope) & ALL_SCOPES))
    if not chosen:
        raise ScopeMissing
    return chosen


def end_of(basis: Basis, wished: datetime | None, full_age_at: datetime) -> datetime | None:
    """When the grant ends by itself: a guardian's never after the patient comes of age."""
    if basis != "guardian":
        return wished
    return full_age_at if wished is None else min(wished, full_age_at)


def check_period(
    basis: Basis, starts_at: datetime, ends_at: datetime | None, full_age_at: datetime, now: datetime
) -> None:
    """Raises GuardianOfAdult, PeriodWrong."""
    if not all(_YEARS[0] <= each.year <= _YEARS[1] for each in (starts_at, ends_at) if each is not None):
        raise PeriodWrong
    if basis == "guardian" and full_age_at <= max(starts_at, now):
        raise GuardianOfAdult
    if ends_at is not None and ends_at <= max(starts_at, now):
        raise PeriodWrong


def moved_end(ends_at: datetime | None, old_full_age_at: datetime, new_full_age_at: datetime) -> datetime:
    """A guardian's end after the birth date was corrected; an earlier end that somebody chose stays."""
    if ends_at is None or ends_at == old_full_age_at:
        return new_full_age_at
    return min(ends_at, new_full_age_at)


def state_of(grant: Grant, now: datetime) -> GrantState:
    """Whether it counts at this instant."""
    if grant.ended_at is not None or (grant.ends_at is not None and grant.ends_at <= now):
        return "ended"
    return "planned" if grant.starts_at > now else "active"


def reason_to_end(grant: Grant, actor: Actor) -> EndReason:
    """As whom this person ends the grant. Raises NotFound for a grant that is none of theirs, NotYoursToEnd."""
    if actor.hat == "staff":
        return "staff"
    link = next((link for link in actor.patients if link.patient_id == grant.patient_id), None)
    if link is None:
        raise NotFound
    if grant.account_id == actor.account_id:
        return "proxy"
    if link.relation != "self":
        raise NotFound
    if grant.basis == "guardian":
        raise NotYoursToEnd
    return "patient"
