"""Summaries of stored responses: what was submitted is screened again exactly as it was, a draft as it stands today."""

from dataclasses import dataclass
from datetime import datetime

from portico import forms
from portico.accounts.identity_queries import other_name_when
from portico.accounts.people import phones_of
from portico.care.actions import next_consult
from portico.errors import NotFound
from portico.forms import AnswerGroup, LaidOut
from portico.ids import LinkId, PatientId, ResponseId
from portico.intake import queries
from portico.intake.answers import Desk, desk_for, open_revision, open_working_copy
from portico.intake.facts import facts_of
from portico.intake.listening import judge
from portico.intake.model import FindingText, StoredRevision, StoredScreening
from portico.intake.own_words import Written, written_in
from portico.intake.rules import switched_off
from portico.intake.screening_inputs import ScreeningInputs
from portico.intake.summary import Change, Header, Summary
from portico.intake.summary_building import age_at, build_summary
from portico.intake.summary_changes import changes_between
from portico.intake.summary_flags import finding_texts, with_own_words
from portico.intake.summary_queries import person
from portico.intake.summary_reading import read_answers
from portico.intake.unasked import beside_rules
from portico.platform.catalogue import Form, setting_values
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.screening.evaluation import evaluate
from portico.screening.model import Finding


@dataclass(frozen=True, kw_only=True)
class Screened:
    """A submitted revision laid out, with its pre-screen on record and the same pre-screen run again."""

    row: StoredRevision
    form: Form
    tree: AnswerGroup
    stored: StoredScreening
    findings: tuple[Finding, ...]
    left_open: tuple[LinkId, ...]
    written: tuple[Written, ...]


async def summary_of(tx: Tx, site: Site, response_id: ResponseId, revision: int) -> Summary:
    """What a clinician reads of a submitted revision. Raises NotFound."""
    of = await _screened(tx, site, response_id, revision)
    stored, whom = of.stored, await person(tx, of.row.patient_id)
    if stored.disposition is None:
        raise NotFound
    header = Header(
        patient_id=of.row.patient_id,
        patient_name=whom.name,
        sent_as=await other_name_when(tx, of.row.patient_id, of.row.submitted_at, whom.name),
        patient_verified=whom.verified,
        same_person_as=whom.same_person_as,
        born_on=whom.born_on,
        stated_born_on=None,
        phone=await _phone(tx, site, of.row.patient_id),
        age=age_at(whom.born_on, stored.as_of),
        as_of=stored.as_of,
        consult_at=await _consult_at(tx, of.row.patient_id),
        response_id=response_id,
        revision=revision,
        submitted_at=of.row.submitted_at,
        saved_at=of.row.submitted_at,
        questionnaire=of.row.canonical,
        rule_set=stored.rule_set_slug,
        rule_set_version=stored.rule_set_version,
        signed=stored.signed,
        disposition=stored.disposition,
        urgency=stored.urgency,
    )
    summary = build_summary(
        header,
        of.form.questionnaire,
        of.tree,
        of.findings,
        unfinished=of.row.partial,
        left_open=of.left_open,
        dropped=of.row.dropped,
    )
    return with_own_words(summary, of.written)


async def findings_of(tx: Tx, site: Site, response_id: ResponseId, revision: int) -> list[FindingText]:
    """What every rule said about a submitted revision, with its sentence. Raises NotFound."""
    of = await _screened(tx, site, response_id, revision)
    return finding_texts(of.findings, read_answers(of.form.questionnaire, of.tree))


async def replayed(tx: Tx, site: Site, response_id: ResponseId, revision: int) -> tuple[Finding, ...]:
    """The findings as they come out today from the inputs of then; they equal what was stored. Raises NotFound."""
    return (await _screened(tx, site, response_id, revision)).findings


async def changes_since(tx: Tx, site: Site, response_id: ResponseId, revision: int) -> list[Change]:
    """What differs from the revision submitted before this one, in this one's form; nothing for the first."""
    earlier = [row for row in await queries.revisions(tx, response_id) if row.revision < revision]
    if not earlier:
        return []
    of = await _screened(tx, site, response_id, revision)
    before = await open_revision(tx, site, earlier[-1])
    return changes_between(of.form.questionnaire, forms.answer_tree(of.form.questionnaire, before), of.tree)


async def draft_summary_of(tx: Tx, site: Site, response_id: ResponseId) -> Summary:
    """What a clinician reads of answers that were saved and not submitted, screened as of today. Raises NotFound."""
    row = await queries.response(tx, response_id)
    if row is None or row.answers_sealed is None:
        raise NotFound
    desk = await desk_for(tx, site, row.canonical, row.patient_id)
    answers = await open_working_copy(tx, site, row)
    laid = desk.lay_out(answers, row.danger)
    left_open = _left_open(desk, laid)
    tree, told = forms.tree_in(laid), await judge(site, desk, answers, row.danger)
    screening = evaluate(
        desk.rules.rule_set,
        desk.facts(laid),
        as_of=desk.today,
        settings=setting_values(desk.rules.rule_set, desk.settings.values),
        open_items=left_open,
        also=beside_rules(desk.form.questionnaire, tree, told.heard, desk.rules.rule_set),
    )
    whom = await person(tx, row.patient_id)
    header = Header(
        patient_id=row.patient_id,
        patient_name=whom.name,
        patient_verified=whom.verified,
        same_person_as=whom.same_person_as,
        born_on=whom.born_on,
        stated_born_on=None,
        phone=await _phone(tx, site, row.patient_id),
        age=age_at(whom.born_on, desk.today),
        as_of=desk.today,
        consult_at=await _consult_at(tx, row.patient_id),
        response_id=response_id,
        revision=row.revision,
        submitted_at=None,
        saved_at=row.saved_at,
        questionnaire=row.canonical,
        rule_set=screening.rule_set,
        rule_set_version=screening.version,
        signed=None,
        disposition=screening.disposition,
        urgency=screening.urgency,
    )
    summary = build_summary(
        header,
        desk.form.questionnaire,
        tree,
        screening.findings,
        unfinished=True,
        left_open=left_open,
    )
    return with_own_words(summary, written_in(desk.form.questionnaire, answers))


async def _screened(tx: Tx, site: Site, response_id: ResponseId, revision: int) -> Screened:
    row = await queries.revision(tx, response_id, revision)
    stored = await queries.screening(tx, response_id, revision)
    if row is None or stored is None:
        raise NotFound
    form = await site.catalogue.form(tx, row.canonical)
    rules = await site.catalogue.rules(tx, stored.rule_set_slug, stored.rule_set_version)
    inputs = ScreeningInputs.from_json(stored.settings)
    off = switched_off(form.questionnaire, inputs.danger, asks_mood=inputs.asks_mood)
    answers = await open_revision(tx, site, row)
    tree = forms.answer_tree(form.questionnaire, answers, extra_disabled=off)
    screening = evaluate(
        rules.rule_set,
        facts_of(tree, days_until_consult=inputs.days_until_consult),
        as_of=stored.as_of,
        settings=inputs.settings,
        also=beside_rules(form.questionnaire, tree, inputs.heard, rules.rule_set),
    )
    return Screened(
        row=row,
        form=form,
        tree=tree,
        stored=stored,
        findings=screening.findings,
        left_open=tuple(map(LinkId, inputs.open_items)),
        written=written_in(form.questionnaire, answers),
    )


async def _phone(tx: Tx, site: Site, patient_id: PatientId) -> str | None:
    return (await phones_of(tx, site.vault, {patient_id})).get(patient_id)


async def _consult_at(tx: Tx, patient_id: PatientId) -> datetime | None:
    consult = await next_consult(tx, patient_id)
    return consult.starts_at if consult else None


def _left_open(desk: Desk, laid: LaidOut) -> tuple[LinkId, ...]:
    faults = desk.faults(laid, "complete")
    return tuple(dict.fromkeys(LinkId(fault.link_id) for fault in faults if fault.code == "required"))
