"""Reading the queue, one review, and the ledger of overrides; each reading leaves its audit row."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from portico.access import Caller, Permission
from portico.audit import Object, record, record_list
from portico.clinic.actions import settings_of
from portico.errors import NotFound
from portico.escalation.actions import unresolved_of
from portico.escalation.handling import dangers_of, open_of
from portico.escalation.model import Listed, Subject
from portico.ids import PatientId, ResponseId, ReviewId
from portico.intake.model import FindingText
from portico.intake.queries import response
from portico.intake.summary import Change, Summary
from portico.intake.summary_actions import changes_since, draft_summary_of, findings_of, summary_of
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.platform.web import cursor_decode, cursor_encode
from portico.review.actions import valid_days
from portico.review.changes import REPORTED
from portico.review.ledger_queries import EventRow, OverrideRow, events_of, override_ledger
from portico.review.queue_queries import PAGE_SIZE as PAGE_SIZE
from portico.review.queue_queries import (
    QUEUE_START,
    MissingIntake,
    Position,
    QueueEntry,
    QueueFilter,
    consults_without_intake,
    entry_of,
    queue_page,
    unconfirmed,
)
from portico.review.rules import is_old


class QueuePage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the queue and where the next one starts."""

    entries: list[QueueEntry]
    next: str | None
    to_call: frozenset[ReviewId] = frozenset()
    """Whose patient somebody should phone; told to those who may not read why."""


class ReviewReading(msgspec.Struct, frozen=True, kw_only=True):
    """All that a clinician reads before deciding."""

    entry: QueueEntry
    summary: Summary
    findings: list[FindingText]
    changes: list[Change]
    events: list[EventRow]
    urgent: Listed | None
    """The unresolved escalation about these answers, for those who may know why it was raised."""
    dangers: Sequence[Listed]
    """The patient's open dangers, about whatever they are, for the same people."""
    is_old: bool
    valid_days: int
    """Whether the answers are older than the clinic relies on without asking again, and after how many days they are."""

    @property
    def reported(self) -> EventRow | None:
        """The patient's word that something has changed since these answers were sent."""
        since: EventRow | None = None
        for event in self.events:
            since = None if event.kind == "submitted" else event if event.kind.startswith(REPORTED) else since
        return since


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    """A summary about to be printed, and when, on the clinic's clock."""

    summary: Summary
    at: datetime


async def read_queue(site: Site, caller: Caller, wanted: QueueFilter, cursor: str | None) -> QueuePage:
    """One page of the queue in its order."""
    after = cursor_decode(cursor, tuple[int, str, datetime, UUID]) or QUEUE_START
    async with site.db.transaction(caller.scope) as tx:
        entries = await queue_page(tx, wanted, after)
        shown = entries[:PAGE_SIZE]
        await record_list(tx, caller, "review", [entry.patient_id for entry in shown])
        to_call = frozenset(entry.review_id for entry in shown if entry.urgency != "routine")
        if not caller.actor.may(Permission.READ_SUMMARIES):
            to_call |= await unconfirmed(tx, shown)
    more = len(entries) > PAGE_SIZE
    return QueuePage(entries=shown, next=cursor_encode(_position(shown[-1])) if more else None, to_call=to_call)


async def read_review(site: Site, caller: Caller, review_id: ReviewId) -> ReviewReading:
    """One review with its summary, findings, changes and life so far. Raises NotFound."""
    async with site.db.transaction(caller.scope) as tx:
        entry = await _entry(tx, review_id)
        summary = await summary_of(tx, site, entry.response_id, entry.response_revision)
        days = await valid_days(tx, site)
        reading = ReviewReading(
            entry=entry,
            summary=summary,
            findings=await findings_of(tx, site, entry.response_id, entry.response_revision),
            changes=await changes_since(tx, site, entry.response_id, entry.response_revision),
            events=await events_of(tx, review_id),
            urgent=await _urgent(tx, caller, entry.response_id),
            dangers=await _dangers(tx, caller, entry.patient_id),
            is_old=is_old(summary.header.saved_at, tx.now, days),
            valid_days=days,
        )
        await record(tx, caller, "read", Object("review", review_id), patient=entry.patient_id)
    return reading


class AnswersSoFar(msgspec.Struct, frozen=True, kw_only=True):
    """A summary outside its review, and the patient's open dangers."""

    summary: Summary
    dangers: Sequence[Listed]


async def read_answers_so_far(site: Site, caller: Caller, response_id: ResponseId) -> AnswersSoFar:
    """What a danger was raised about: the unfinished answers, which say so first, else what was submitted.

    Raises NotFound for a draft in which nothing dangerous was answered: it is the patient's own until it is sent.
    """
    async with site.db.transaction(caller.scope) as tx:
        row = await response(tx, response_id)
        if row is None or (row.submitted_revision is None and row.danger is None):
            raise NotFound
        await record(tx, caller, "read", Object("response", response_id), patient=row.patient_id)
        if row.submitted_revision is None or (row.answers_sealed is not None and row.danger is not None):
            summary = await draft_summary_of(tx, site, response_id)
        else:
            summary = await summary_of(tx, site, response_id, row.submitted_revision)
        return AnswersSoFar(summary=summary, dangers=await _dangers(tx, caller, row.patient_id))


async def read_for_print(site: Site, caller: Caller, review_id: ReviewId) -> Printed:
    """The summary as it goes to paper; leaves a `print` row. Raises NotFound."""
    async with site.db.transaction(caller.scope) as tx:
        entry = await _entry(tx, review_id)
        summary = await summary_of(tx, site, entry.response_id, entry.response_revision)
        await record(tx, caller, "print", Object("review", review_id), patient=entry.patient_id)
        settings = await settings_of(tx, site.content)
        return Printed(summary=summary, at=tx.now.astimezone(ZoneInfo(settings.zone)))


async def read_entry(site: Site, caller: Caller, review_id: ReviewId) -> QueueEntry:
    """The review's line in the queue, as an answer to claiming it."""
    async with site.db.transaction(caller.scope) as tx:
        entry = await _entry(tx, review_id)
        await record(tx, caller, "read", Object("review", review_id), patient=entry.patient_id)
        return entry


async def read_overrides(site: Site, caller: Caller) -> list[OverrideRow]:
    """Per rule of each rule set: decisions in which it had fired, and how many went against the pre-screen."""
    async with site.db.transaction(caller.scope) as tx:
        await record(tx, caller, "read", Object("overrides"))
        return await override_ledger(tx)


async def read_missing_intakes(site: Site, caller: Caller) -> list[MissingIntake]:
    """Booked consults whose patient has not submitted an intake."""
    async with site.db.transaction(caller.scope) as tx:
        missing = await consults_without_intake(tx)
        await record_list(tx, caller, "consult", [consult.patient_id for consult in missing])
        return missing


async def _urgent(tx: Tx, caller: Caller, response_id: ResponseId) -> Listed | None:
    found = await unresolved_of(tx, Subject(kind="response", id=response_id))
    if found is None or not caller.actor.may(Permission.READ_ESCALATION_RULES):
        return None
    return await open_of(tx, found.escalation_id)


async def _dangers(tx: Tx, caller: Caller, patient_id: PatientId) -> Sequence[Listed]:
    return await dangers_of(tx, patient_id) if caller.actor.may(Permission.READ_ESCALATION_RULES) else ()


async def _entry(tx: Tx, review_id: ReviewId) -> QueueEntry:
    entry = await entry_of(tx, review_id)
    if entry is None:
        raise NotFound
    return entry


def _position(entry: QueueEntry) -> Position:
    return (entry.urgency_rank, entry.consult_key, entry.queued_at, entry.review_id)
