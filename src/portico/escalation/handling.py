"""What staff do about escalations: read the list, say "I am on it", and record what was done.

Every reading and every act leaves its audit row in the same transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from portico.access import Caller
from portico.accounts.people import phones_of
from portico.audit import Object, record, record_list
from portico.clinic.actions import settings_of
from portico.errors import NotFound
from portico.escalation import ledger_queries, queries, rules
from portico.escalation.actions import enter, raise_for
from portico.escalation.model import Escalation, Listed, Outcome, Resolution, State, Subject
from portico.escalation.queries import OPEN_START, RESOLVED_START, Step
from portico.ids import EscalationId, PatientId
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.platform.vault import Place
from portico.platform.web import cursor_decode, cursor_encode

PAGE_SIZE = 25
"""Escalations on one page."""

Wanted = Literal["unresolved", "raised", "acknowledged", "resolved"]

_STATES: Mapping[Wanted, tuple[State, ...]] = {
    "unresolved": ("raised", "acknowledged"),
    "raised": ("raised",),
    "acknowledged": ("acknowledged",),
}


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page of escalations and where the next one starts."""

    entries: Sequence[Listed]
    phones: Mapping[PatientId, str]
    """How to call the patients on this page, as far as they gave a number."""
    next: str | None


async def read_list(site: Site, caller: Caller, wanted: Wanted, cursor: str | None) -> Page:
    """Unresolved ones by level, those that nobody is on and the longest open first; resolved ones from the newest on. Raises Malformed for a bad cursor."""
    async with site.db.transaction(caller.scope) as tx:
        found = await _page(tx, wanted, cursor)
        shown = found[:PAGE_SIZE]
        phones = await phones_of(tx, site.vault, {entry.patient_id for entry in shown})
        await record_list(tx, caller, "escalation", list(dict.fromkeys(entry.patient_id for entry in shown)))
    return Page(entries=shown, phones=phones, next=_position(shown[-1]) if len(found) > PAGE_SIZE else None)


async def read_first(site: Site, caller: Caller, limit: int) -> tuple[int, list[Listed]]:
    """How many escalations are unresolved, and the first of them in the order of the list."""
    async with site.db.transaction(caller.scope) as tx:
        first = await queries.open_page(tx, _STATES["unresolved"], OPEN_START, limit)
        await record_list(tx, caller, "escalation", list(dict.fromkeys(entry.patient_id for entry in first)))
        return await queries.open_count(tx), first


async def acknowledge(site: Site, caller: Caller, escalation_id: EscalationId) -> Listed:
    """Says that this person is on it; the contact time starts. The same person again changes nothing.

    Raises NotFound, AcknowledgedByAnother and EscalationCannotMove.
    """
    async with site.db.transaction(caller.scope) as tx:
        current = await _locked(tx, escalation_id)
        settings = await settings_of(tx, site.content)
        after = rules.acknowledged(current, caller.account_id, tx.now, settings)
        if after is not current:
            await queries.update(tx, after)
            missed = rules.missed(current, tx.now)
            step = Step(event_id=tx.ids.new(), kind="acknowledge", actor_id=caller.account_id, missed=missed)
            await enter(tx, after, step)
        return await _answer(tx, caller, after)


async def resolve(
    site: Site,
    caller: Caller,
    escalation_id: EscalationId,
    outcome: Outcome,
    note: str | None,
    event_id: UUID | None = None,
) -> Listed:
    """Records what was done, with a sealed note. After `left_message` it stays acknowledged and the time runs anew.

    The same outcome by the same person again changes nothing, nor does a page sent twice under its `event_id`. Raises
    NotFound, NoteNeeded, NoteTooLong, EscalationCannotMove and RecordedBefore.
    """
    done = Resolution(outcome=outcome, note=note)
    rules.check_resolution(done)
    async with site.db.transaction(caller.scope) as tx:
        current = await _locked(tx, escalation_id)
        taken = await _taken(tx, site, caller, current.patient_id, event_id, note)
        if taken is not None or rules.is_replay(current, outcome, caller.account_id):
            return await _answer(tx, caller, current)
        after = await _ended(tx, site, caller, current, done, event_id)
        return await _answer(tx, caller, after)


async def raise_again(
    site: Site, caller: Caller, escalation_id: EscalationId, reason: str | None, event_id: UUID | None = None
) -> Listed:
    """A case that was ended too soon is open anew, about the same subject, with a sealed reason in its ledger.

    What is open about the subject by then takes it up. A page sent twice under its `event_id` raises it once. Raises
    NotFound, NoteNeeded, NoteTooLong, EscalationCannotMove and RecordedBefore.
    """
    rules.check_reason(reason)
    async with site.db.transaction(caller.scope) as tx:
        before = await _locked(tx, escalation_id)
        taken = await _taken(tx, site, caller, before.patient_id, event_id, reason)
        if taken is not None:
            return await _answer(tx, caller, await _locked(tx, taken))
        trigger = rules.again(before, caller.account_id)
        new_id = await raise_for(tx, await settings_of(tx, site.content), trigger)
        after = await _locked(tx, new_id)
        step = Step(event_id=event_id or tx.ids.new(), kind="raise_again", actor_id=caller.account_id)
        await enter(tx, after, await _with_note(tx, site, after, step, reason))
        return await _answer(tx, caller, after)


async def resolve_with(
    tx: Tx, site: Site, caller: Caller, subject: Subject, done: Resolution | None, *, is_answer: bool
) -> None:
    """What a decision about the subject, in this transaction, means for its escalation.

    `done` is what this person says was done about it. Without that a danger stays as it is: nothing resolves one
    silently. A review that was late is resolved by the decision that it waited for (`is_answer`). Raises
    NothingToResolve, NoteNeeded and NoteTooLong.
    """
    if done is not None:
        rules.check_resolution(done)
    current = await queries.unresolved_locked(tx, subject)
    if current is None:
        if done is not None:
            raise rules.NothingToResolve
        return
    if done is None and is_answer and current.cause == "late_review":
        done = Resolution(outcome="not_needed")
    if done is None:
        return
    after = await _ended(tx, site, caller, current, done)
    await record(tx, caller, "change", Object("escalation", after.escalation_id), patient=after.patient_id)


async def dangers_of(tx: Tx, patient_id: PatientId) -> list[Listed]:
    """What is dangerous about the patient and unresolved, for a page about something else of theirs."""
    return await queries.dangers_listed(tx, patient_id)


async def open_of(tx: Tx, escalation_id: EscalationId) -> Listed | None:
    """One escalation with the names that go with it, for the page of what it is about."""
    return await queries.listed(tx, escalation_id)


async def _taken(
    tx: Tx, site: Site, caller: Caller, patient_id: PatientId, event_id: UUID | None, note: str | None
) -> EscalationId | None:
    """Which escalation this very step was taken about before; None for a new step.

    Raises RecordedBefore when another step stands under its id.
    """
    step = None if event_id is None else await ledger_queries.step_of(tx, event_id)
    if step is None:
        return None
    box, sealed = await site.vault.patient(tx, step.patient_id), step.note_sealed
    said = None if sealed is None else box.open_text(_note_place(event_id), sealed)
    if (step.patient_id, step.actor_id, said) != (patient_id, caller.account_id, note):
        raise rules.RecordedBefore
    return step.escalation_id


async def _ended(
    tx: Tx, site: Site, caller: Caller, current: Escalation, done: Resolution, event_id: UUID | None = None
) -> Escalation:
    settings = await settings_of(tx, site.content)
    event, after = rules.ended(current, done.outcome, caller.account_id, tx.now, settings)
    await queries.update(tx, after)
    step = Step(
        event_id=event_id or tx.ids.new(),
        kind=event,
        actor_id=caller.account_id,
        outcome=done.outcome,
        missed=rules.missed(current, tx.now),
    )
    await enter(tx, after, await _with_note(tx, site, after, step, done.note))
    return after


async def _with_note(tx: Tx, site: Site, after: Escalation, step: Step, note: str | None) -> Step:
    if note is None:
        return step
    box = await site.vault.patient(tx, after.patient_id)
    return msgspec.structs.replace(step, note_sealed=box.seal_text(_note_place(step.event_id), note))


def _note_place(event_id: object) -> Place:
    return Place("escalation_event", "note_sealed", str(event_id))


async def _locked(tx: Tx, escalation_id: EscalationId) -> Escalation:
    found = await queries.locked(tx, escalation_id)
    if found is None:
        raise NotFound
    return found


async def _answer(tx: Tx, caller: Caller, after: Escalation) -> Listed:
    listed = await queries.listed(tx, after.escalation_id)
    if listed is None:
        raise NotFound
    await record(tx, caller, "change", Object("escalation", after.escalation_id), patient=after.patient_id)
    return listed


async def _page(tx: Tx, wanted: Wanted, cursor: str | None) -> Sequence[Listed]:
    if wanted == "resolved":
        after_resolved = cursor_decode(cursor, tuple[datetime, UUID]) or RESOLVED_START
        return await queries.resolved_page(tx, after_resolved, PAGE_SIZE + 1)
    after_open = cursor_decode(cursor, tuple[int, bool, datetime, UUID]) or OPEN_START
    return await queries.open_page(tx, _STATES[wanted], after_open, PAGE_SIZE + 1)


def _position(last: Listed) -> str:
    if last.state == "resolved":
        return cursor_encode((last.resolved_at, last.escalation_id))
    return cursor_encode((last.level_rank, last.state != "raised", last.raised_at, last.escalation_id))
