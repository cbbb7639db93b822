"""Reading responses: by the people who fill them in, and by staff who read what was sent."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

import msgspec

from portico import forms
from portico.access import Caller, Permission
from portico.audit import Object, record, record_list
from portico.care.days_since import days_since, latest_for
from portico.care.procedure_queries import treated
from portico.care.queries import is_known
from portico.clinic.actions import settings_of
from portico.clinic.calendar import local_day
from portico.errors import NotFound
from portico.forms import QuestionnaireResponse
from portico.ids import LinkId, PatientId, ResponseId
from portico.intake import queries, rules
from portico.intake.answers import open_revision, open_working_copy
from portico.intake.check_in_facts import regions_of
from portico.intake.facts import facts_of
from portico.intake.guidance import Guidance, rendered
from portico.intake.model import ResponseKind, StoredResponse, StoredRevision
from portico.intake.queries import ListedResponse
from portico.platform.catalogue import Form
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.platform.web import cursor_decode, cursor_encode

PAGE_SIZE = 25
"""Responses on one page."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A response with the answers that its reader may see: the working copy, else the last submitted revision."""

    row: StoredResponse
    answers: QuestionnaireResponse
    newer_version: str | None
    """The version that is filled in now, while this one is open and is another."""
    is_withdrawn: bool
    """Whether it can no longer be sent on this version."""
    off: frozenset[LinkId]
    """Items that are switched off for now."""


class ProcedureDay(msgspec.Struct, frozen=True, kw_only=True):
    """The procedure that a check-in is about: its day, and how many days ago that is. None: not known."""

    on: date | None
    days: int | None


class ResponsePage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a patient's responses and where the next one starts."""

    responses: Sequence[ListedResponse]
    next: str | None


class RevisionReading(msgspec.Struct, frozen=True, kw_only=True):
    """One submitted revision with its answers."""

    row: StoredRevision
    answers: QuestionnaireResponse


async def read_active_form(site: Site, slug: str) -> Form:
    """The version of this form that is filled in now. Raises NotFound."""
    async with site.db.unscoped("published forms hold no people") as statements:
        return await site.catalogue.active_form(statements, slug)


async def read_response(site: Site, caller: Caller, response_id: ResponseId) -> Reading:
    """One response with its answers. Staff see what was submitted, and working copies in danger; else NotFound.

    Raises AnswersNotForRole for staff who do not read answers.
    """
    check_role(caller)
    async with site.db.transaction(caller.scope) as tx:
        row = await queries.response(tx, response_id)
        if row is None:
            raise NotFound
        check_may_read(caller, row)
        reading = Reading(
            row=row,
            answers=await _answers_for_reading(tx, site, caller, row),
            newer_version=await _newer_version(tx, site, row),
            is_withdrawn=await site.catalogue.is_withdrawn(tx, row.canonical),
            off=await _switched_off(tx, site, row),
        )
        await record(tx, caller, "read", Object("response", response_id), patient=row.patient_id)
        return reading


async def read_day(site: Site, caller: Caller, reading: Reading) -> ProcedureDay:
    """The day that the clinic noted for the procedure that these answers are about; the patient may doubt it."""
    async with site.db.transaction(caller.scope) as tx:
        settings = await settings_of(tx, site.content)
        form = await site.catalogue.form(tx, reading.row.canonical)
        facts = facts_of(forms.answer_tree(form.questionnaire, reading.answers))
        procedure = latest_for(await treated(tx, reading.row.patient_id), regions_of(facts))
        await record(tx, caller, "read", Object("procedure"), patient=reading.row.patient_id, fold_hourly=True)
    days = days_since(procedure, local_day(settings.zone, tx.now))
    return ProcedureDay(on=procedure.performed_on if procedure and days is not None else None, days=days)


async def read_texts(site: Site, caller: Caller, patient_id: PatientId, keys: Sequence[str]) -> Sequence[Guidance]:
    """Approved texts with this clinic's numbers in them, as this person reads them about this patient."""
    if not keys:
        return ()
    async with site.db.transaction(caller.scope) as tx:
        settings = await settings_of(tx, site.content)
        return rendered(site.content, settings, keys, about=caller.acts_for(patient_id))


async def kind_of(site: Site, caller: Caller, response_id: ResponseId) -> ResponseKind:
    """Which kind of response this is, for whoever may act on it. Raises NotFound."""
    async with site.db.transaction(caller.scope) as tx:
        row = await queries.response(tx, response_id)
    if row is None:
        raise NotFound
    return row.kind


async def list_responses(site: Site, caller: Caller, patient_id: PatientId, cursor: str | None) -> ResponsePage:
    """A patient's responses, newest first."""
    check_role(caller)
    kinds = _kinds_shown(caller, patient_id)
    start = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))
    before = cursor_decode(cursor, tuple[datetime, UUID]) or start
    async with site.db.transaction(caller.scope) as tx:
        if not await is_known(tx, patient_id):
            raise NotFound
        found = await queries.responses_of_patient(tx, patient_id, before, PAGE_SIZE + 1, kinds)
        await record_list(tx, caller, "response", [patient_id] if found else [])
    shown = found[:PAGE_SIZE]
    more = len(found) > PAGE_SIZE
    return ResponsePage(
        responses=shown, next=cursor_encode((shown[-1].created_at, shown[-1].response_id)) if more else None
    )


async def read_revisions(site: Site, caller: Caller, response_id: ResponseId) -> list[RevisionReading]:
    """Every submitted revision with its answers, oldest first. Raises NotFound, AnswersNotForRole."""
    check_role(caller)
    async with site.db.transaction(caller.scope) as tx:
        row = await queries.response(tx, response_id)
        if row is None:
            raise NotFound
        check_may_read(caller, row)
        found = await queries.revisions(tx, response_id)
        read = [RevisionReading(row=each, answers=await open_revision(tx, site, each)) for each in found]
        await record(tx, caller, "read", Object("response", response_id), patient=row.patient_id)
        return read


def check_may_read(caller: Caller, row: StoredResponse) -> None:
    """Raises NotFound unless this person may read the response."""
    if caller.actor.hat == "patient":
        caller.actor.link_for(row.patient_id, rules.SCOPE_OF[row.kind])
    elif row.submitted_revision is None and row.danger is None:
        raise NotFound


def check_role(caller: Caller) -> None:
    """Raises AnswersNotForRole, before anything is looked up, for staff who do not read answers."""
    if caller.actor.hat == "staff" and not caller.actor.may(Permission.READ_SUMMARIES):
        raise rules.AnswersNotForRole("Your role does not include reading answers. Ask a clinician or nurse.")


def _kinds_shown(caller: Caller, patient_id: PatientId) -> list[ResponseKind]:
    """What this person may see in the list. Raises NotFound for patients whose intake is not theirs to see."""
    if caller.actor.hat == "staff":
        return list(rules.SCOPE_OF)
    link = caller.actor.link_for(patient_id, "intake")
    return [kind for kind, scope in rules.SCOPE_OF.items() if scope in link.scope]


async def _answers_for_reading(tx: Tx, site: Site, caller: Caller, row: StoredResponse) -> QuestionnaireResponse:
    is_theirs = caller.actor.hat == "patient"
    if row.answers_sealed is not None and (is_theirs or row.danger is not None):
        return await open_working_copy(tx, site, row)
    if row.submitted_revision is not None:
        submitted = await queries.revision(tx, row.response_id, row.submitted_revision)
        assert submitted is not None
        return await open_revision(tx, site, submitted)
    return QuestionnaireResponse(questionnaire=row.canonical, status="stopped")


async def _newer_version(tx: Tx, site: Site, row: StoredResponse) -> str | None:
    if row.state not in ("draft", "amending"):
        return None
    return await site.catalogue.other_version(tx, row.canonical)


async def _switched_off(tx: Tx, site: Site, row: StoredResponse) -> frozenset[LinkId]:
    form = await site.catalogue.form(tx, row.canonical)
    settings = await settings_of(tx, site.content)
    asks_mood = rules.asks_mood(settings.confirmed_value(rules.MOOD_SETTING))
    return rules.switched_off(form.questionnaire, row.danger, asks_mood=asks_mood)
