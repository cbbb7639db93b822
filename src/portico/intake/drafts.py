"""Drafts and amendments while they are written: opening, saving with danger seen at once, dropping, moving versions."""

from datetime import datetime

import msgspec

from portico import forms
from portico.access import Caller
from portico.audit import Object, record
from portico.clinic.actions import settings_of
from portico.errors import NotFound
from portico.escalation.actions import raise_for, unresolved_of
from portico.escalation.model import Escalation, Subject, Trigger
from portico.forms import Fault, QuestionnaireResponse
from portico.ids import LinkId, PatientId, ResponseId, ThreadId
from portico.intake import queries, rules
from portico.intake.answers import (
    Desk,
    bare,
    check_form_named,
    check_patient_named,
    desk_for,
    errors_of,
    open_revision,
    open_working_copy,
    seal_working_copy,
)
from portico.intake.documents import checked_documents, keep_documents, release_documents
from portico.intake.doubts import doubts_in
from portico.intake.draft_times import times_of
from portico.intake.guidance import Guidance, guidance_for_danger, level_keys, rendered
from portico.intake.listening import judge, judge_all
from portico.intake.model import DangerLevel, ResponseKind, StoredResponse
from portico.intake.own_words import Judged
from portico.intake.unfinished import raise_unfinished
from portico.platform.catalogue import Form
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.screening.model import DraftDanger


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A draft and whether it was made just now."""

    row: StoredResponse
    is_new: bool


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What a save answers: the new revision, what to look at again, and what to do now."""

    revision: int
    saved_at: datetime
    warnings: tuple[Fault, ...]
    guidance: tuple[Guidance, ...]


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A draft on a newer version of its form: what came along, what must be asked again, what has no place there."""

    row: StoredResponse
    carried: tuple[LinkId, ...]
    ask_again: tuple[LinkId, ...]
    dropped: tuple[LinkId, ...]


async def open_response(site: Site, caller: Caller, slug: str, patient_id: PatientId) -> Opened:
    """The patient's open draft of this form, made now when there is none. Raises NotFound."""
    async with site.db.transaction(caller.scope) as tx:
        return await open_draft(tx, site, caller, slug, patient_id)


async def open_draft(
    tx: Tx, site: Site, caller: Caller, slug: str, patient_id: PatientId, thread_id: ThreadId | None = None
) -> Opened:
    """The same within a higher feature's transaction; a check-in may belong to a thread. Raises NotFound."""
    kind: ResponseKind = "check_in" if slug == rules.CHECK_IN_SLUG else "intake"
    caller.actor.link_for(patient_id, rules.SCOPE_OF[kind])
    form = await site.catalogue.active_form(tx, slug)
    response_id = ResponseId(tx.ids.new())
    blank = QuestionnaireResponse(questionnaire=form.canonical, status="in-progress")
    times = await times_of(tx, await settings_of(tx, site.content), kind, patient_id)
    draft = StoredResponse(
        response_id=response_id,
        patient_id=patient_id,
        kind=kind,
        thread_id=thread_id,
        questionnaire_url=form.url,
        questionnaire_version=form.version,
        state="draft",
        revision=1,
        submitted_revision=None,
        answers_sealed=await seal_working_copy(tx, site, patient_id, response_id, blank),
        danger=None,
        created_at=tx.now,
        saved_at=tx.now,
        expires_at=times.expires_at,
        finish_due_at=times.finish_due_at,
    )
    if await queries.insert_draft(tx, draft, caller.account_id):
        await record(tx, caller, "create", Object("response", response_id), patient=patient_id)
        return Opened(row=draft, is_new=True)
    existing = await queries.open_draft(tx, patient_id, form.url, thread_id)
    if existing is None:
        raise NotFound
    return Opened(row=existing, is_new=False)


async def save_answers(
    site: Site, caller: Caller, response_id: ResponseId, revision: int, answers: QuestionnaireResponse
) -> Saved:
    """Replaces the working copy and looks for danger in it; an escalation is raised in the same transaction.

    Raises NotFound, ResponseCannotMove, ResponseStale with the other revision, AnswersRefused with every fault. A
    refused save changes no answer, but a danger in it is raised all the same and the refusal says what to do now.
    """
    try:
        async with site.db.transaction(caller.scope) as tx:
            return await _save(tx, site, caller, (response_id, revision), answers)
    except (rules.ResponseStale, rules.AnswersRefused) as refusal:
        shown = await _raise_unsaved_danger(site, caller, response_id, answers)
        refusal.data = {**refusal.data, "guidance": shown}
        raise


async def _save(
    tx: Tx, site: Site, caller: Caller, name: tuple[ResponseId, int], answers: QuestionnaireResponse
) -> Saved:
    row = await locked_for_writing(tx, caller, name[0])
    state = rules.moved(row.state, "save")
    await refuse_stale(tx, site, row, name[1])
    desk = await desk_for(tx, site, row.canonical, row.patient_id)
    check_form_named(answers, desk.form)
    check_patient_named(answers, row.patient_id)
    stored = await open_working_copy(tx, site, row)
    answers, lost = await checked_documents(tx, site, row, answers)
    before, found = await judge_all(site, desk, (stored, answers), row.danger)
    faults = (*lost, *desk.faults(desk.lay_out(answers, rules.higher(row.danger, found.danger.level)), "draft"))
    if errors_of(faults):
        message = "Some answers cannot be saved like this."
        raise rules.AnswersRefused(message, errors_of(faults))
    danger = await _danger_now(tx, desk, caller, row, before, found)
    await keep_documents(tx, site, row, stored, answers)
    saved = await _store(tx, site, msgspec.structs.replace(row, state=state, danger=danger), desk, answers)
    await record(tx, caller, "change", Object("response", row.response_id), patient=row.patient_id, fold_hourly=True)
    return Saved(
        revision=saved.revision,
        saved_at=saved.saved_at,
        warnings=(*faults, *doubts_in(answers, desk.today)),
        guidance=_guidance(site, desk, found.danger, danger, caller.acts_for(row.patient_id)),
    )


async def _raise_unsaved_danger(
    site: Site, caller: Caller, response_id: ResponseId, answers: QuestionnaireResponse
) -> tuple[Guidance, ...]:
    """A danger typed into a save that was refused: somebody must hear of it although the answers are not stored."""
    async with site.db.transaction(caller.scope) as tx:
        row = await locked_for_writing(tx, caller, response_id)
        if row.answers_sealed is None:
            return ()
        desk = await desk_for(tx, site, row.canonical, row.patient_id)
        if answers.questionnaire not in (None, desk.form.url, desk.form.canonical):
            return ()
        stored = await open_working_copy(tx, site, row)
        before, found = await judge_all(site, desk, (stored, answers), row.danger)
        danger = await _danger_now(tx, desk, caller, row, before, found)
        if rules.is_higher(danger, row.danger):
            await queries.update_response(tx, msgspec.structs.replace(row, danger=danger))
        standing = rules.higher(danger, row.danger)
        return _guidance(site, desk, found.danger, standing, caller.acts_for(row.patient_id))


async def read_danger(site: Site, caller: Caller, response_id: ResponseId) -> tuple[Form, tuple[Guidance, ...]]:
    """The form of a response, and what its answers ask the patient to do now; nothing once somebody resolved it."""
    async with site.db.transaction(caller.scope) as tx:
        row = await queries.response(tx, response_id)
        if row is None:
            raise NotFound
        caller.actor.link_for(row.patient_id, rules.SCOPE_OF[row.kind])
        desk = await desk_for(tx, site, row.canonical, row.patient_id)
        found = DraftDanger()
        if row.answers_sealed is not None and row.danger is not None:
            found = (await judge(site, desk, await open_working_copy(tx, site, row), row.danger)).danger
        await record(tx, caller, "read", Object("response", response_id), patient=row.patient_id, fold_hourly=True)
        return desk.form, _guidance(site, desk, found, row.danger, caller.acts_for(row.patient_id))


async def open_amendment(site: Site, caller: Caller, response_id: ResponseId) -> StoredResponse:
    """Opens what was submitted for changes; opening it again gives the same working copy."""
    async with site.db.transaction(caller.scope) as tx:
        return await amendment_in(tx, site, caller, response_id)


async def amendment_in(tx: Tx, site: Site, caller: Caller, response_id: ResponseId) -> StoredResponse:
    """As `open_amendment`, within an open transaction."""
    row = await locked_for_writing(tx, caller, response_id)
    if row.kind == "check_in":
        message = "A check-in that was sent stays as it is. Start a new one, or write a message."
        raise rules.CheckInIsSent(message)
    state = rules.moved(row.state, "amend")
    if row.state == state:
        return row
    assert row.submitted_revision is not None
    submitted = await queries.revision(tx, response_id, row.submitted_revision)
    assert submitted is not None
    answers = await open_revision(tx, site, submitted)
    amending = msgspec.structs.replace(
        row,
        state=state,
        revision=row.revision + 1,
        answers_sealed=await seal_working_copy(tx, site, row.patient_id, response_id, answers),
        saved_at=tx.now,
    )
    await queries.update_response(tx, amending)
    await record(tx, caller, "change", Object("response", response_id), patient=row.patient_id, outcome="amending")
    return amending


async def drop_response(site: Site, caller: Caller, response_id: ResponseId) -> None:
    """Throws a draft away, or the working copy of an amendment; what was submitted stays.

    Nobody has to go on, but what somebody must act on stays readable to them: a draft's answers are erased once its
    escalation is resolved. Raises NotFound, ResponseCannotMove, ChangesInDanger.
    """
    async with site.db.transaction(caller.scope) as tx:
        row = await locked_for_writing(tx, caller, response_id)
        state = rules.moved(row.state, "drop")
        if row.state == "amending" and await _is_danger_only_here(tx, site, row):
            raise rules.ChangesInDanger
        if row.kind == "check_in" and row.revision > 1:
            await raise_unfinished(tx, site, row, actor_id=caller.account_id)
        is_kept = state == "abandoned" and await unresolved_of(tx, _subject(row)) is not None
        dropped = msgspec.structs.replace(
            row,
            state=state,
            revision=row.revision + 1,
            answers_sealed=row.answers_sealed if is_kept else None,
            saved_at=tx.now,
            expires_at=tx.now if is_kept else None,
            finish_due_at=None,
        )
        await queries.update_response(tx, dropped)
        if not is_kept:
            await release_documents(tx, site, row)
        await record(tx, caller, "change", Object("response", response_id), patient=row.patient_id, outcome=state)


async def move_version(site: Site, caller: Caller, response_id: ResponseId, canonical: str) -> Moved:
    """Moves a working copy to another published version; every answer is accounted for.

    Raises NotFound for an unknown version, VersionWithdrawn for a withdrawn one.
    """
    async with site.db.transaction(caller.scope) as tx:
        row = await locked_for_writing(tx, caller, response_id)
        state = rules.moved(row.state, "move")
        old, new = await site.catalogue.form(tx, row.canonical), await site.catalogue.form(tx, canonical)
        if new.url != row.questionnaire_url:
            raise NotFound
        await refuse_withdrawn(tx, site, canonical)
        answers = await open_working_copy(tx, site, row)
        carried = forms.carry_over(old.questionnaire, new.questionnaire, answers)
        before = await judge(site, await desk_for(tx, site, row.canonical, row.patient_id), answers, row.danger)
        desk = await desk_for(tx, site, canonical, row.patient_id)
        found = await judge(site, desk, carried.response, row.danger)
        danger = await _danger_now(tx, desk, caller, row, before, found)
        renewed = msgspec.structs.replace(row, state=state, questionnaire_version=new.version, danger=danger)
        stored = await _store(tx, site, renewed, desk, carried.response)
        await record(tx, caller, "change", Object("response", response_id), patient=row.patient_id, outcome="moved")
        return Moved(row=stored, carried=carried.carried, ask_again=carried.ask_again, dropped=carried.dropped)


async def locked_for_writing(tx: Tx, caller: Caller, response_id: ResponseId) -> StoredResponse:
    """The response, held, when this person may write it. Raises NotFound."""
    row = await queries.lock_response(tx, response_id)
    if row is None:
        raise NotFound
    caller.actor.link_for(row.patient_id, rules.SCOPE_OF[row.kind])
    return row


async def refuse_stale(tx: Tx, site: Site, row: StoredResponse, revision: int) -> None:
    """Raises ResponseStale, with the other revision in it, unless the request was made from the present one."""
    if revision == row.revision:
        return
    message = "This form was saved on another device since. Look at both versions before you go on."
    other = None if row.answers_sealed is None else await open_working_copy(tx, site, row)
    raise rules.ResponseStale(
        message, revision=row.revision, response=None if other is None else msgspec.Raw(forms.encode(other))
    )


async def refuse_withdrawn(tx: Tx, site: Site, canonical: str) -> None:
    """Raises VersionWithdrawn, naming the version to move to, when this one may no longer be used."""
    if not await site.catalogue.is_withdrawn(tx, canonical):
        return
    other = await site.catalogue.other_version(tx, canonical)
    message = "This version of the form was withdrawn. Move your answers to the version that is in use first."
    if other is None:
        message = "This form is not in use just now. Your answers are kept. Please call the office."
    raise rules.VersionWithdrawn(message, newerVersion=other)


async def _danger_now(
    tx: Tx, desk: Desk, caller: Caller, row: StoredResponse, before: Judged, found: Judged
) -> DangerLevel | None:
    """Raises the escalation that this save asks for and tells which danger stands.

    A danger that somebody resolved is not raised again by every further save, only by a new item, other words or a higher
    level. Taking the answer back withdraws nothing while nobody has resolved it.
    """
    unresolved = await open_danger(tx, row.response_id)
    danger = found.danger
    if danger.level is not None and (unresolved is not None or _is_new(before, found)):
        await raise_danger(tx, desk, caller, row, danger)
        return rules.higher(row.danger, danger.level)
    return danger.level if unresolved is None else row.danger


def _is_new(before: Judged, found: Judged) -> bool:
    old, new = before.danger, found.danger
    is_said = bool(found.said - before.said or set(new.link_ids) - set(old.link_ids))
    return is_said or bool(set(new.rules) - set(old.rules)) or rules.is_higher(new.level, old.level)


async def open_danger(tx: Tx, response_id: ResponseId) -> Escalation | None:
    """The escalation by a red flag of this response that nobody has resolved; a review that is late is none."""
    unresolved = await unresolved_of(tx, Subject(kind="response", id=response_id))
    return unresolved if unresolved is not None and unresolved.cause == "red_flag" else None


async def _is_danger_only_here(tx: Tx, site: Site, row: StoredResponse) -> bool:
    """Whether the changes hold a danger that nobody has resolved and that what was sent does not tell of."""
    if await open_danger(tx, row.response_id) is None or row.submitted_revision is None:
        return False
    submitted = await queries.revision(tx, row.response_id, row.submitted_revision)
    assert submitted is not None
    desk = await desk_for(tx, site, row.canonical, row.patient_id)
    changed = desk.danger(await open_working_copy(tx, site, row), row.danger)
    sent = desk.danger(await open_revision(tx, site, submitted), row.danger)
    return bool(set(changed.link_ids) - set(sent.link_ids)) or bool(set(changed.rules) - set(sent.rules))


def _subject(row: StoredResponse) -> Subject:
    return Subject(kind="response", id=row.response_id)


async def raise_danger(tx: Tx, desk: Desk, caller: Caller, row: StoredResponse, found: DraftDanger) -> None:
    """Raises or raises further the one unresolved escalation of this response."""
    trigger = Trigger(
        patient_id=row.patient_id,
        subject=Subject(kind="response", id=row.response_id),
        level=found.urgency or "same_day",
        cause="red_flag",
        rules=tuple(found.rules),
        link_ids=tuple(found.link_ids),
        rule_set_version=f"{desk.rules.rule_set.slug}|{desk.rules.rule_set.version}",
        actor_id=caller.account_id,
    )
    await raise_for(tx, desk.settings, trigger)


async def _store(tx: Tx, site: Site, row: StoredResponse, desk: Desk, answers: QuestionnaireResponse) -> StoredResponse:
    tidy = bare(forms.normalise(desk.form.questionnaire, answers), "in-progress")
    times = await times_of(tx, desk.settings, row.kind, row.patient_id)
    stored = msgspec.structs.replace(
        row,
        revision=row.revision + 1,
        answers_sealed=await seal_working_copy(tx, site, row.patient_id, row.response_id, tidy),
        saved_at=tx.now,
        expires_at=times.expires_at if row.state == "draft" else None,
        finish_due_at=times.finish_due_at,
    )
    await queries.update_response(tx, stored)
    return stored


def _guidance(
    site: Site, desk: Desk, found: DraftDanger, standing: DangerLevel | None, about: str | None
) -> tuple[Guidance, ...]:
    """What to do now: the texts of the rules themselves in a check-in, those of the level in an intake."""
    if desk.check_in is not None:
        keys = level_keys(found.urgency, found.guidance, standing)
        return rendered(site.content, desk.settings, keys, about=about)
    return guidance_for_danger(site.content, desk.settings, found, standing=standing, about=about)
