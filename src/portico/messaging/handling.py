"""What is done about threads: a message taken back, its level set, a thread assigned, closed and opened again.

Each holds the thread first, so that of two at once one wins, and leaves its audit row.
"""

from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from portico.access import Caller
from portico.audit import Object, record
from portico.clinic.actions import settings_of
from portico.errors import NotFound
from portico.escalation.actions import note_lowered, raise_for, unresolved_of
from portico.escalation.model import Trigger
from portico.ids import AccountId, MessageId, ThreadId
from portico.messaging import handling_queries, handling_rules, queries, rules
from portico.messaging.actions import seen_thread, thread_subject
from portico.messaging.model import Level, StoredMessage, StoredThread
from portico.messaging.reading import (
    Letter,
    Reading,
    closure_place,
    letter_of,
    reading_of,
    retraction_place,
)
from portico.notify.actions import enqueue
from portico.notify.model import patient as patient_recipient
from portico.platform.database import Tx
from portico.platform.signals import announce
from portico.platform.site import Site
from portico.platform.vault import Place

_SINCE_EVER = 1_000_000


async def retract(site: Site, caller: Caller, thread_id: ThreadId, message_id: MessageId, reason: str) -> Letter:
    """Takes a message back; both it and why are kept. Raises NotFound, NotYourMessage, AlreadyRetracted."""
    async with site.db.transaction(caller.scope) as tx:
        await retract_in(tx, site, caller, thread_id, message_id, reason)
        return await _letter(tx, site, caller, message_id)


async def retract_in(
    tx: Tx, site: Site, caller: Caller, thread_id: ThreadId, message_id: MessageId, reason: str
) -> None:
    """As `retract`, inside an open transaction."""
    rules.check_sentence(reason)
    _, message = await _held(tx, caller, thread_id, message_id)
    handling_rules.check_may_retract(caller.actor, message)
    box = await site.vault.patient(tx, message.patient_id)
    if message.retraction_reason_sealed is not None:
        before = box.open_text(retraction_place(message_id), message.retraction_reason_sealed)
        if (before, message.retracted_by) != (reason, caller.account_id):
            raise handling_rules.AlreadyRetracted
        return
    await handling_queries.insert_retraction(tx, message, box.seal_text(retraction_place(message_id), reason), caller)
    announce(tx, "thread", thread_id)
    target = Object("message", message_id)
    await record(tx, caller, "change", target, patient=message.patient_id, outcome="retracted")


async def set_level(
    site: Site,
    caller: Caller,
    thread_id: ThreadId,
    message_id: MessageId,
    level: Level,
    reason: str,
    seen: Level | None = None,
) -> Letter:
    """Sets the level of a message as staff see it, with a reason that is kept. `seen` is the level that their page showed.

    What was raised stays raised until somebody resolves it; its ledger says who lowered the level. Raises NotFound,
    MayNotLower and ChangedSince.
    """
    rules.check_sentence(reason)
    async with site.db.transaction(caller.scope) as tx:
        row, message = await _held(tx, caller, thread_id, message_id)
        handling_rules.check_is_as_seen(message.level_now, seen or message.level_now, level)
        handling_rules.check_may_set_level(caller.actor, message.level_now, level)
        if level != message.level_now:
            await _store_level(tx, site, caller, message, level, reason)
            await _level_of_thread(tx, site, caller, row, message, level)
            announce(tx, "thread", thread_id)
            target = Object("message", message_id)
            await record(tx, caller, "change", target, patient=message.patient_id, outcome=level)
        return await _letter(tx, site, caller, message_id)


async def assign(
    site: Site,
    caller: Caller,
    thread_id: ThreadId,
    to: AccountId | None,
    reason: str | None,
    seen: AccountId | UnsetType | None = UNSET,
) -> Reading:
    """Gives the thread to somebody, or to nobody; of two who take it at once one wins. The same again changes nothing.

    `seen` is who had it on the page. Raises NotFound, ColleagueUnknown, AssignedToAnother and ChangedSince.
    """
    if reason is not None:
        rules.check_sentence(reason)
    async with site.db.transaction(caller.scope) as tx:
        row = await seen_thread(tx, caller, thread_id, held=True)
        if row.assignee_id != to:
            await _check_colleague(tx, row, to)
            handling_rules.check_is_as_seen(row.assignee_id, row.assignee_id if seen is UNSET else seen)
            has_reason = reason is not None
            handling_rules.check_may_assign(caller.actor, row.assignee_id, to, has_reason=has_reason)
            await _store_assignment(tx, site, caller, msgspec.structs.replace(row, assignee_id=to), reason)
        return await reading_of(tx, site, caller, thread_id)


async def hand_on(tx: Tx, site: Site, caller: Caller, row: StoredThread, to: AccountId | None) -> None:
    """Gives a held thread to somebody who reads it, or back to its pool, because who had it is gone."""
    await _store_assignment(tx, site, caller, msgspec.structs.replace(row, assignee_id=to), None)


async def close(site: Site, caller: Caller, thread_id: ThreadId, sentence: str, seen: int | None = None) -> Reading:
    """Closes the thread with a sentence that says what to do next, and tells the patient. `seen` is the last number read.

    The same sentence again changes nothing. Raises NotFound, EscalationOpen, ThreadCannotMove and ChangedSince.
    """
    rules.check_sentence(sentence, "Say what happens next, in a sentence to the patient.")
    async with site.db.transaction(caller.scope) as tx:
        row = await seen_thread(tx, caller, thread_id, held=True)
        before = await reading_of(tx, site, caller, thread_id)
        if before.closing == sentence:
            return before
        handling_rules.check_has_read(row.last_seq, row.last_seq if seen is None else seen)
        state = rules.moved(row.state, "close")
        if await unresolved_of(tx, thread_subject(thread_id)) is not None:
            raise handling_rules.EscalationOpen
        closure_id = tx.ids.new()
        closed = msgspec.structs.replace(
            row, state=state, closure_id=closure_id, waiting_since=None, unread_by_staff_due=None
        )
        box = await site.vault.patient(tx, row.patient_id)
        sealed = box.seal_text(closure_place(closure_id), sentence)
        await handling_queries.insert_closure(tx, closed, sealed, caller)
        recipient = patient_recipient(row.patient_id)
        await enqueue(tx, kind="thread-closed", recipient=recipient, dedupe_key=f"closure:{closure_id}")
        await _stored(tx, caller, closed, "closed")
        return await reading_of(tx, site, caller, thread_id)


async def reopen(site: Site, caller: Caller, thread_id: ThreadId, seen: UUID | None = None) -> Reading:
    """Opens a closed thread again; an open one stays as it is. `seen` is the closing on the page; another one stays.

    Raises NotFound.
    """
    async with site.db.transaction(caller.scope) as tx:
        row = await seen_thread(tx, caller, thread_id, held=True)
        if row.state == "closed" and seen in (None, row.closure_id):
            opened = msgspec.structs.replace(row, state=rules.moved(row.state, "reopen"), closure_id=None)
            await _stored(tx, caller, opened, "reopened")
        return await reading_of(tx, site, caller, thread_id)


def assignment_place(assignment_id: object) -> Place:
    return Place("assignment", "reason_sealed", str(assignment_id))


def level_place(message_id: MessageId, number: int) -> Place:
    return Place("level_change", "reason_sealed", f"{message_id}/{number}")


async def _held(
    tx: Tx, caller: Caller, thread_id: ThreadId, message_id: MessageId
) -> tuple[StoredThread, StoredMessage]:
    row = await seen_thread(tx, caller, thread_id, held=True)
    message = await queries.message(tx, message_id)
    if message is None or message.thread_id != thread_id:
        raise NotFound
    return row, message


async def _letter(tx: Tx, site: Site, caller: Caller, message_id: MessageId) -> Letter:
    message = await queries.message(tx, message_id)
    assert message is not None
    return await letter_of(tx, site, caller, message)


async def _store_level(tx: Tx, site: Site, caller: Caller, message: StoredMessage, level: Level, reason: str) -> None:
    number = await handling_queries.next_change(tx, message.message_id)
    box = await site.vault.patient(tx, message.patient_id)
    sealed = box.seal_text(level_place(message.message_id, number), reason)
    await handling_queries.insert_level_change(tx, message, number, level, sealed, caller)


async def _level_of_thread(
    tx: Tx, site: Site, caller: Caller, row: StoredThread, message: StoredMessage, level: Level
) -> None:
    """The thread follows its messages; what is more urgent than before is raised, what is less is only noted."""
    if rules.LEVEL_RANK[level] < rules.LEVEL_RANK[message.level_now]:
        stands = await unresolved_of(tx, thread_subject(row.thread_id)) is not None
        await queries.update_thread(tx, rules.with_level_raised(row, message.seq, level, danger_stands=stands))
        await _raise(tx, site, caller, row, level)
        return
    since = (row.danger_from_seq or message.seq) - 1
    levels = [each.level_now for each in await queries.messages_after(tx, row.thread_id, since, _SINCE_EVER)]
    await queries.update_thread(tx, msgspec.structs.replace(row, level=rules.highest(levels)))
    await note_lowered(tx, thread_subject(row.thread_id), caller.account_id)


async def _raise(tx: Tx, site: Site, caller: Caller, row: StoredThread, level: Level) -> None:
    trigger = Trigger(
        patient_id=row.patient_id,
        subject=thread_subject(row.thread_id),
        level=level,
        cause="triage",
        rules=(),
        rule_set_version="triage|by-hand",
        actor_id=caller.account_id,
    )
    await raise_for(tx, await settings_of(tx, site.content), trigger)


async def _check_colleague(tx: Tx, row: StoredThread, to: AccountId | None) -> None:
    if to is None:
        return
    found = next((each for each in await handling_queries.colleagues(tx) if each.account_id == to), None)
    if found is None:
        raise handling_rules.ColleagueUnknown
    handling_rules.check_reads(found.roles, row.pool)


async def _store_assignment(tx: Tx, site: Site, caller: Caller, row: StoredThread, reason: str | None) -> None:
    assignment_id = tx.ids.new()
    sealed = None
    if reason is not None:
        box = await site.vault.patient(tx, row.patient_id)
        sealed = box.seal_text(assignment_place(assignment_id), reason)
    await handling_queries.insert_assignment(tx, row, assignment_id, caller.account_id, sealed)
    await _stored(tx, caller, row, "released" if row.assignee_id is None else "assigned")


async def _stored(tx: Tx, caller: Caller, row: StoredThread, outcome: str) -> None:
    await queries.update_thread(tx, row)
    announce(tx, "thread", row.thread_id)
    await record(tx, caller, "change", Object("thread", row.thread_id), patient=row.patient_id, outcome=outcome)
