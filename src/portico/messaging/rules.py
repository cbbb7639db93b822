"""Decisions about threads and messages: limits, lifecycles, pools, levels, and who may do what. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from portico.access import Actor, Caller, Permission, Role
from portico.errors import Conflict, Invalid, NotAllowed, TooManyRequests
from portico.ids import PatientId
from portico.messaging.model import LEVELS, POOLS, Assessment, Author, Level, Pool, StoredThread, ThreadState, Topic

BODY_LIMIT: Final = 20_000
"""Characters of one message: about ten pages."""
SUBJECT_LIMIT: Final = 200
"""Characters of a subject."""
SENTENCE_LIMIT: Final = 4_000
"""Characters of a note, a reason or a closing sentence."""
ATTACHMENTS_LIMIT: Final = 10
"""Attachments of one message."""

WITHOUT_WORDS: Final = "ST18"
"""The rule for what cannot be read: `clinical.md` section 11, which names a photo alone."""

FRONT_DESK_TOPICS: Final = "messages.front_desk_topics"
"""The setting that names the topics of the front desk's pool."""

ThreadEvent = Literal["patient_writes", "staff_write", "close", "reopen"]

MOVES: Mapping[ThreadState, Mapping[ThreadEvent, ThreadState]] = {
    "open": {"patient_writes": "open", "staff_write": "open", "close": "closed"},
    "closed": {"patient_writes": "open", "reopen": "open"},
}
"""State × event → state. Staff open a closed thread again before they write, so that its closing sentence never misleads."""

LEVEL_RANK: Mapping[Level, int] = {level: rank for rank, level in enumerate(LEVELS)}
"""Lower comes first."""

STAFF_ROLES: Sequence[Role] = ("clinician", "nurse", "front_desk", "admin")
"""Under which of several roles a member of staff writes: the first that they have."""


class ThreadCannotMove(Conflict):
    """The thread's state does not allow this."""

    code = "thread-cannot-move"


class DifferentBody(Conflict):
    """There is another message or thread under this id already: nothing was stored."""

    code = "different-body"

    def __init__(self) -> None:
        super().__init__("Something else was sent under this id. Nothing was stored; send it under a new id.")


class NothingWritten(Invalid):
    """A message, subject, note, reason or sentence without any words."""

    code = "nothing-written"


class TooLong(Invalid):
    """Longer than one message, subject, note, reason or sentence may be."""

    code = "too-long"


class TooManyAttachments(Invalid):
    """More attachments than one message may have."""

    code = "too-many-attachments"


class ReplyToUnknown(Invalid):
    """The message that this one answers is not in the thread."""

    code = "reply-to-unknown"

    def __init__(self) -> None:
        super().__init__("The message that this one answers is not in this thread.")


class TooManySends(TooManyRequests):
    """More messages in a minute than a person writes."""

    code = "too-many-messages"

    def __init__(self, retry_after: int) -> None:
        message = f"Too many messages at once. Wait {retry_after} s and send it again. In an emergency call 911."
        super().__init__(message, retry_after=retry_after)


class ReadsNoThreads(NotAllowed):
    """A role that reads no messages of patients."""

    code = "role-not-allowed"

    def __init__(self) -> None:
        super().__init__("Your role does not read messages. Ask a colleague whose role does.")


def moved(state: ThreadState, event: ThreadEvent) -> ThreadState:
    """The state after the event. Raises ThreadCannotMove."""
    after = MOVES[state].get(event)
    if after is None:
        told = "This thread is closed. Open it again first." if state == "closed" else "This thread is open already."
        raise ThreadCannotMove(told, state=state)
    return after


def author_of(caller: Caller, patient_id: PatientId) -> Author:
    """Who writes about this patient, in the role that they write in."""
    actor = caller.actor
    if actor.hat == "patient":
        on_behalf_of = caller.on_behalf_of(patient_id)
        role: Role = "patient" if on_behalf_of is None else "proxy"
    else:
        on_behalf_of = None
        role = next(role for role in STAFF_ROLES if role in actor.roles)
    return Author(account_id=actor.account_id, name=actor.name, role=role, on_behalf_of=on_behalf_of)


def pools_of(actor: Actor) -> tuple[Pool, ...]:
    """The pools whose threads this person reads; a patient's own threads are in any. Raises ReadsNoThreads."""
    if actor.hat == "patient" or actor.may(Permission.READ_THREADS):
        return POOLS
    if actor.may(Permission.READ_OWN_POOL_THREADS):
        return ("front_desk",)
    raise ReadsNoThreads


def pool_for(topic: Topic, level: Level, front_desk_topics: str | None) -> Pool:
    """Where a thread waits: danger goes to the nurses whatever its topic, and so does what no setting names."""
    words = set((front_desk_topics or "").replace(",", " ").split())
    return "front_desk" if level == "routine" and topic in words else "nurses"


def highest(levels: Iterable[Level]) -> Level:
    """The most urgent of these; routine when there are none."""
    return min(levels, key=LEVEL_RANK.__getitem__, default="routine")


def is_above_routine(level: Level) -> bool:
    return level != "routine"


def fail_upward(found: Assessment, *, signed: bool) -> Assessment:
    """Symptoms that nobody's signed content stands behind are for the same day at least."""
    if signed or not found.rules or is_above_routine(found.level):
        return found
    return Assessment(
        level="same_day",
        rules=(*found.rules, "ST30"),
        spans=found.spans,
        reader_version=found.reader_version,
        guidance_keys=("sd.call",),
    )


def with_files(found: Assessment, body: str, names: Sequence[str]) -> Assessment:
    """Nobody can read a file without words: a person looks at it the same day (T26)."""
    if not names or body.strip() or is_above_routine(found.level):
        return found
    fired = tuple(dict.fromkeys((*found.rules, WITHOUT_WORDS)))
    return msgspec.structs.replace(found, level="same_day", rules=fired, guidance_keys=("sd.call",))


def check_message(body: str | None, attachments: Sequence[object]) -> None:
    """Raises NothingWritten, TooLong and TooManyAttachments."""
    if not (body or "").strip() and not attachments:
        message = "Write something first."
        raise NothingWritten(message)
    if len(body or "") > BODY_LIMIT:
        message = f"A message may have {BODY_LIMIT:,} characters. Please shorten it, or send it in parts."
        raise TooLong(message)
    if len(attachments) > ATTACHMENTS_LIMIT:
        message = f"A message may have {ATTACHMENTS_LIMIT} attachments."
        raise TooManyAttachments(message)


def check_subject(subject: str) -> None:
    """Raises NothingWritten and TooLong."""
    if not subject.strip():
        message = "Say in a few words what it is about."
        raise NothingWritten(message)
    if len(subject) > SUBJECT_LIMIT:
        message = f"A subject may have {SUBJECT_LIMIT} characters. Please shorten it."
        raise TooLong(message)


WHY: Final = "Say why, in a few words."
"""Asked of who gives no reason."""


def check_sentence(text: str, missing: str = WHY) -> None:
    """A note, a reason or a closing sentence; `missing` asks for it. Raises NothingWritten and TooLong."""
    if not text.strip():
        raise NothingWritten(missing)
    if len(text) > SENTENCE_LIMIT:
        message = f"This may have {SENTENCE_LIMIT:,} characters. Please shorten it."
        raise TooLong(message)


def with_message(
    row: StoredThread, author: Author, level: Level, *, danger_stands: bool, now: datetime, unread_due: datetime | None
) -> StoredThread:
    """The thread with one more message: its number, level, pool and state, and who waits for whom.

    `danger_stands`: an escalation about it is unresolved, so what it is about still counts. Raises ThreadCannotMove.
    """
    from_patient = author.is_patient_side
    seq = row.last_seq + 1
    is_danger = is_above_routine(level)
    from_seq = row.danger_from_seq if danger_stands else None
    pool: Pool = "nurses" if is_danger else row.pool
    return msgspec.structs.replace(
        row,
        last_seq=seq,
        level=highest([level, row.level] if danger_stands else [level]),
        danger_from_seq=from_seq or (seq if is_danger else None),
        pool=pool,
        # Whoever has it may not read it any more when it leaves the front desk.
        assignee_id=row.assignee_id if pool == row.pool else None,
        state=moved(row.state, "patient_writes" if from_patient else "staff_write"),
        closure_id=None,
        last_at=now,
        waiting_since=(row.waiting_since or now) if from_patient else None,
        unread_by_staff_due=(row.unread_by_staff_due or unread_due) if from_patient else row.unread_by_staff_due,
        unread_by_patient_due=row.unread_by_patient_due if from_patient else (row.unread_by_patient_due or unread_due),
    )


def with_level_raised(row: StoredThread, seq: int, level: Level, *, danger_stands: bool) -> StoredThread:
    """The thread once a person has raised one of its messages: the nurses have it, at this level at least."""
    from_seq = min(row.danger_from_seq or seq, seq) if danger_stands else seq
    return msgspec.structs.replace(
        row,
        level=highest([level, row.level] if danger_stands else [level]),
        danger_from_seq=from_seq,
        pool="nurses",
        assignee_id=row.assignee_id if row.pool == "nurses" else None,
    )
