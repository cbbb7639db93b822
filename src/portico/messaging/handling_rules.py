"""Decisions about what is done with threads: taking back, levels, assignment, closing. Pure."""

from collections.abc import Iterable

from portico.access import Actor, Permission, permissions_of
from portico.errors import Conflict, Invalid, NotAllowed
from portico.ids import AccountId
from portico.messaging.model import POOLS, Colleague, Level, Pool, StoredMessage
from portico.messaging.rules import LEVEL_RANK


class NotYourMessage(NotAllowed):
    """Who sent a message takes it back; clinicians also take back what colleagues sent."""

    code = "not-your-message"

    def __init__(self) -> None:
        super().__init__("Only who sent this message can take it back.")


class AlreadyRetracted(Conflict):
    """The message was taken back before, for another reason or by somebody else."""

    code = "already-retracted"

    def __init__(self) -> None:
        super().__init__("This message has been taken back already.")


class MayNotLower(NotAllowed):
    """Clinicians lower any level, nurses down to the same day."""

    code = "may-not-lower"

    def __init__(self) -> None:
        super().__init__("Your role cannot lower this level so far. Ask a clinician.")


class AssignedToAnother(Conflict):
    """Somebody else has the thread; the answer names them."""

    code = "assigned-to-another"


class ColleagueUnknown(Invalid):
    """Nobody of this clinic who reads this thread."""

    code = "colleague-unknown"

    def __init__(self) -> None:
        super().__init__("Choose a colleague of this clinic who reads these messages.")


class EscalationOpen(Conflict):
    """Something dangerous about this thread has not been resolved."""

    code = "escalation-open"

    def __init__(self) -> None:
        super().__init__("Something urgent in this thread is not resolved. Record what was done first, then close it.")


class ChangedSince(Conflict):
    """What the page was made from is not so any more: pressing again on the new page does it."""

    code = "changed-since"


class NumberUnknown(Invalid):
    """No message of the thread has this number."""

    code = "number-unknown"

    def __init__(self) -> None:
        super().__init__("The thread has no message of this number yet.")


class AlreadySent(Conflict):
    """The draft's message has been sent: there is nothing left to keep."""

    code = "already-sent"

    def __init__(self) -> None:
        super().__init__("This message has been sent already, so there is no draft of it to keep.")


def check_may_retract(actor: Actor, message: StoredMessage) -> None:
    """Raises NotYourMessage."""
    is_own = message.author_id == actor.account_id and message.from_patient == (actor.hat == "patient")
    if not (is_own or (actor.may(Permission.LOWER_LEVELS) and not message.from_patient)):
        raise NotYourMessage


def check_may_set_level(actor: Actor, before: Level, after: Level) -> None:
    """Everybody who answers may raise a level. Raises MayNotLower."""
    if LEVEL_RANK[after] <= LEVEL_RANK[before] or actor.may(Permission.LOWER_LEVELS):
        return
    if not (actor.may(Permission.LOWER_LEVELS_TO_SAME_DAY) and after != "routine"):
        raise MayNotLower


def check_may_assign(actor: Actor, holder: AccountId | None, to: AccountId | None, *, has_reason: bool) -> None:
    """Who has no thread takes it, who has it gives it away; taking it from somebody needs a reason.

    Raises AssignedToAnother, which names who has it.
    """
    if holder in (None, to, actor.account_id) or has_reason:
        return
    message = "A colleague has this thread. Say why it should be somebody else's."
    raise AssignedToAnother(message, by=str(holder))


def check_is_as_seen(now: object, seen: object, wanted: object = None) -> None:
    """What a person acts on is what their page showed, or already what they want. Raises ChangedSince."""
    if now not in (seen, wanted):
        message = "Somebody changed this meanwhile. Look at it as it is now, then press again."
        raise ChangedSince(message)


def check_has_read(last_seq: int, seen: int) -> None:
    """Nobody closes over a message that their page did not show. Raises ChangedSince."""
    if last_seq > seen:
        message = "A new message came meanwhile. Read it first. What you wrote stands below."
        raise ChangedSince(message)


def check_reads(roles: Iterable[str], pool: Pool) -> None:
    """Raises ColleagueUnknown for somebody who could not even open the thread."""
    if not reads(roles, pool):
        raise ColleagueUnknown


def reads(roles: Iterable[str], pool: Pool) -> bool:
    """Whether somebody with these roles reads and answers the threads of this pool."""
    held = permissions_of(roles)
    pools = POOLS if Permission.READ_THREADS in held else ("front_desk",)
    return Permission.ANSWER_THREADS in held and pool in pools


def colleagues_for(everybody: Iterable[Colleague], pool: Pool) -> list[Colleague]:
    """Whom a thread of this pool can be given to."""
    return [each for each in everybody if reads(each.roles, pool)]
