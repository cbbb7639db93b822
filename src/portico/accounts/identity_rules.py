"""Decisions about who a record was said to be, and by whom: on whose word two records are alike. Pure."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

from portico.accounts.entry_rules import normal_name
from portico.accounts.identity_model import FormerIdentity, History, Identity, IdentityChange, Likeness
from portico.errors import Conflict, Invalid
from portico.ids import AccountId

Whose = Callable[[IdentityChange], bool]
Value = TypeVar("Value")


class NotYetVerified(Conflict):
    """Whoever nobody knows yet cannot take another name: it could be that of a patient whom the clinic knows."""

    code = "not-verified"

    def __init__(self) -> None:
        super().__init__("The clinic has not checked yet who you are. Please tell the clinic what your name is.")


class NameUnchanged(Invalid):
    """The name that the person has already."""

    code = "name-unchanged"

    def __init__(self) -> None:
        super().__init__("This is your name already.")


class NameOfColleague(Conflict):
    """Somebody else of the staff is called so: patients and colleagues could not tell who did what."""

    code = "name-of-colleague"

    def __init__(self) -> None:
        super().__init__("A colleague has this name. Add something that tells you apart, such as a middle name.")


class OwnCorrection(Conflict):
    """The two records are alike only since the person who links them corrected one: somebody else must have looked."""

    code = "own-correction"

    def __init__(self) -> None:
        super().__init__(
            "These records are alike only because of what you wrote into one of them. "
            "Ask a colleague to check with the patient and to link them."
        )


def likeness(one: History, other: History, caller: AccountId) -> Likeness | None:
    """On what the likeness of the two rests; None when they are not alike."""
    if not are_alike(one.present, other.present):
        return None
    if not _alike_without(one, other, lambda change: change.account_id == caller):
        return "corrected-by-you"
    return "unchanged" if _alike_without(one, other, lambda change: change.source == "staff") else "corrected"


def are_alike(one: Identity, other: Identity) -> bool:
    """The same name and birth date, or the same telephone number; what is unknown is like nothing."""
    is_same_phone = one.phone_hmac is not None and one.phone_hmac == other.phone_hmac
    if one.name is None or other.name is None or one.born_on is None:
        return is_same_phone
    return is_same_phone or (one.born_on == other.born_on and normal_name(one.name) == normal_name(other.name))


def before(history: History, whose: Whose) -> Identity:
    """The record without the latest changes of these people, value by value; what somebody else changed since stands.

    Who made a record counts only while nobody has confirmed whose it is: a known one holds more than its first values.
    """
    changes = [change for change in history.changes if change.name is not None or not history.verified]
    by_them = [whose(change) for change in changes]
    present = history.present
    return Identity(
        name=_first(present.name, [change.name for change in changes], by_them),
        born_on=_first(present.born_on, [change.born_on for change in changes], by_them),
        phone_hmac=_first(present.phone_hmac, [change.phone_hmac for change in changes], by_them),
    )


def former_identities(name: str, born_on: date, changes: Sequence[IdentityChange]) -> Sequence[FormerIdentity]:
    """What the patient was called before, the newest first; a change of the telephone number alone is none."""
    found = []
    after = (name, born_on)
    for change in changes:
        if change.name is None or change.born_on is None or (change.name, change.born_on) == after:
            continue
        after = (change.name, change.born_on)
        found.append(
            FormerIdentity(
                name=change.name,
                born_on=change.born_on,
                until=change.changed_at,
                source=change.source,
                changed_by=change.changed_by,
            )
        )
    return found


def _first(value: Value, former: Sequence[Value], by_them: Sequence[bool]) -> Value:
    """The value before their latest changes of it. A change that left it as it was says nothing about it."""
    for was, is_theirs in zip(former, by_them, strict=True):
        if was != value and not is_theirs:
            break
        value = was
    return value


def _alike_without(one: History, other: History, whose: Whose) -> bool:
    return are_alike(before(one, whose), before(other, whose))
