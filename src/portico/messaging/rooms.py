"""A thread as a page shows it: to the patient's side with what to do now, to staff with the patient's context beside it.

Looking at the page is reading it: the reader's mark moves to the last message shown.
"""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from portico.access import Caller, Permission
from portico.accounts.people import phones_of
from portico.audit import Object, record
from portico.care.actions import next_consult
from portico.care.queries import ConsultRow
from portico.clinic.actions import settings_of
from portico.clinic.opening import require_open
from portico.errors import NotFound, OtherPatient
from portico.escalation.actions import has_open_red_flag, unresolved_of
from portico.escalation.ladder import acknowledge_by
from portico.escalation.model import Escalation
from portico.escalation.queries import CourseStep, course_of
from portico.ids import MessageId, PatientId, ThreadId
from portico.messaging import context_queries, handling_queries, queries
from portico.messaging.actions import seen_thread, thread_subject
from portico.messaging.context_queries import SentIntake
from portico.messaging.drafting import Draft, draft_in
from portico.messaging.guidance import Guidance, dangers, reply_by, texts_before_sending, texts_of
from portico.messaging.handling import assignment_place, level_place
from portico.messaging.handling_queries import AssignmentRow, LevelRow
from portico.messaging.marks import mark_read_in
from portico.messaging.model import Colleague
from portico.messaging.notes import Note, notes_in
from portico.messaging.reading import Letter, Reading, closure_place, letters_of, reading_of
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.platform.vault import Box

SHOWN = 1000
"""Messages on one page: more than any thread has."""


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """A thread for the patient's side. `guidance` says what to do now while a danger in it is unresolved."""

    reading: Reading
    letters: Sequence[Letter]
    draft: Draft | None
    guidance: Sequence[Guidance]
    is_overdue: bool
    """Nobody at the clinic has read it in time; somebody has been told to call."""


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier closing of the thread."""

    sentence: str
    by_name: str
    at: datetime


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """Who has had the thread, or changed a level, and why."""

    what: str
    to: str | None
    by_name: str
    reason: str | None
    at: datetime


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """A thread for staff, with everything beside it."""

    reading: Reading
    letters: Sequence[Letter]
    draft: Draft | None
    notes: Sequence[Note]
    steps: Sequence[Step]
    closings: Sequence[Closing]
    escalation: Escalation | None
    course: Sequence[CourseStep]
    colleagues: Sequence[Colleague]
    born_on: date
    phone: str | None
    consult: ConsultRow | None
    intake: SentIntake | None


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """What stands around a message that is being written: when to call instead, and when to expect an answer."""

    guidance: Sequence[Guidance]
    hours_text: str | None
    reply_text: str | None
    reply_by: datetime | None
    is_in_danger: bool
    patient_name: str
    draft: Draft | None


async def enter_room(site: Site, caller: Caller, patient_id: PatientId, thread_id: ThreadId) -> Room:
    """The thread as its patient's side reads it, now. Raises NotFound and OtherPatient."""
    async with site.db.transaction(caller.scope) as tx:
        reading, letters = await _entered(tx, site, caller, thread_id, patient_id)
        texts = await standing_texts(tx, site, caller, patient_id)
        standing = await unresolved_of(tx, thread_subject(thread_id))
        return Room(
            reading=reading,
            letters=letters,
            draft=await draft_in(tx, site, caller, thread_id),
            guidance=dangers(text for of, text in texts if of == thread_id),
            is_overdue=standing is not None and "ST27" in standing.rules,
        )


async def enter_desk(site: Site, caller: Caller, thread_id: ThreadId) -> Desk:
    """The thread as staff read it, now. Raises NotFound."""
    async with site.db.transaction(caller.scope) as tx:
        reading, letters = await _entered(tx, site, caller, thread_id, None)
        patient_id = reading.thread.patient_id
        box = await site.vault.patient(tx, patient_id)
        may_read = caller.actor.may(Permission.READ_SUMMARIES)
        subject = thread_subject(thread_id)
        return Desk(
            reading=reading,
            letters=letters,
            draft=await draft_in(tx, site, caller, thread_id),
            notes=await notes_in(tx, site, thread_id, patient_id),
            steps=await _steps(tx, box, thread_id),
            closings=await _closings(tx, box, thread_id),
            escalation=await unresolved_of(tx, subject),
            course=await course_of(tx, subject),
            colleagues=await handling_queries.colleagues(tx),
            born_on=await context_queries.born_on(tx, patient_id),
            phone=(await phones_of(tx, site.vault, [patient_id])).get(patient_id),
            consult=await next_consult(tx, patient_id),
            intake=await context_queries.last_intake(tx, patient_id) if may_read else None,
        )


async def take_paper(site: Site, caller: Caller, patient_id: PatientId, thread_id: ThreadId | None = None) -> Paper:
    """What stands around a new message about this patient. Raises NotFound and ClinicNotOpen."""
    if caller.actor.hat == "patient":
        caller.actor.link_for(patient_id, "messages")
    async with site.db.transaction(caller.scope) as tx:
        patient = await queries.patient(tx, patient_id)
        if patient is None:
            raise NotFound
        await require_open(tx, site.content)
        await record(tx, caller, "read", Object("patient", patient_id), patient=patient_id, fold_hourly=True)
        settings = await settings_of(tx, site.content)
        return Paper(
            guidance=texts_before_sending(site.content, settings, about=caller.acts_for(patient_id)),
            hours_text=settings.value("clinic.hours_text"),
            reply_text=settings.value("clinic.reply_text"),
            reply_by=reply_by(settings, tx.now),
            is_in_danger=await has_open_red_flag(tx, patient_id),
            patient_name=patient.name,
            draft=None if thread_id is None else await draft_in(tx, site, caller, thread_id),
        )


async def due_times(site: Site, caller: Caller, threads: Sequence[Reading]) -> dict[ThreadId, datetime]:
    """By when each thread needs somebody: its escalation's deadline, the answer that the clinic promises, or the ladder's."""
    async with site.db.transaction(caller.scope) as tx:
        settings = await settings_of(tx, site.content)
        deadlines = await context_queries.deadlines(tx, [each.thread.thread_id for each in threads])
        due = {row.thread_id: row.deadline for row in deadlines}
        for each in threads:
            waiting = each.thread.waiting_since
            if waiting is not None and each.thread.thread_id not in due:
                promised = reply_by(settings, waiting)
                due[each.thread.thread_id] = promised or acknowledge_by("routine", 0, waiting, settings)
        return due


async def what_was_answered(
    site: Site, caller: Caller, patient_id: PatientId, thread_id: ThreadId, message_id: MessageId
) -> tuple[Guidance, ...]:
    """The texts that one message was answered with. Raises NotFound and OtherPatient."""
    async with site.db.transaction(caller.scope) as tx:
        row = await seen_thread(tx, caller, thread_id)
        _check_patient(row.patient_id, patient_id)
        message = await queries.message(tx, message_id)
        if message is None or message.thread_id != thread_id:
            raise NotFound
        await record(tx, caller, "read", Object("message", message_id), patient=row.patient_id)
        settings = await settings_of(tx, site.content)
        return texts_of(site.content, settings, message, about=caller.acts_for(patient_id))


async def _entered(
    tx: Tx, site: Site, caller: Caller, thread_id: ThreadId, patient_id: PatientId | None
) -> tuple[Reading, list[Letter]]:
    row = await seen_thread(tx, caller, thread_id)
    if patient_id is not None:
        _check_patient(row.patient_id, patient_id)
    letters = await letters_of(tx, site, caller, row.patient_id, thread_id, 0, SHOWN)
    await record(tx, caller, "read", Object("thread", thread_id), patient=row.patient_id)
    await mark_read_in(tx, site, caller, thread_id, letters[-1].message.seq)
    return await reading_of(tx, site, caller, thread_id), letters


def _check_patient(of_thread: PatientId, asked: PatientId) -> None:
    if of_thread != asked:
        message = "This thread is about another patient."
        raise OtherPatient(message)


async def standing_texts(tx: Tx, site: Site, caller: Caller, patient_id: PatientId) -> list[tuple[ThreadId, Guidance]]:
    """Thread and text of every message about this patient that somebody must still act on, the newest first."""
    settings = await settings_of(tx, site.content)
    return [
        (message.thread_id, text)
        for message in await queries.standing_dangers(tx, patient_id)
        for text in texts_of(site.content, settings, message, about=caller.acts_for(patient_id))
    ]


async def _steps(tx: Tx, box: Box, thread_id: ThreadId) -> list[Step]:
    """Assignments and changes of level, in order."""
    taken = [_assigned(box, row) for row in await handling_queries.assignments(tx, thread_id)]
    levels = [_levelled(box, row) for row in await handling_queries.level_changes(tx, thread_id)]
    return sorted([*taken, *levels], key=lambda step: step.at)


def _assigned(box: Box, row: AssignmentRow) -> Step:
    sealed = row.reason_sealed
    return Step(
        what="assigned",
        to=row.assigned_to_name,
        by_name=row.assigned_by_name,
        reason=None if sealed is None else box.open_text(assignment_place(row.assignment_id), sealed),
        at=row.assigned_at,
    )


def _levelled(box: Box, row: LevelRow) -> Step:
    return Step(
        what="level",
        to=row.level_after,
        by_name=row.changed_by_name,
        reason=box.open_text(level_place(row.message_id, row.number), row.reason_sealed),
        at=row.changed_at,
    )


async def _closings(tx: Tx, box: Box, thread_id: ThreadId) -> list[Closing]:
    return [
        Closing(
            sentence=box.open_text(closure_place(row.closure_id), row.sentence_sealed),
            by_name=row.closed_by_name,
            at=row.closed_at,
        )
        for row in await handling_queries.closures(tx, thread_id)
    ]
