"""A check-in as staff read it: its level and why, every answer, and whether it was sent."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

import msgspec

from portico import forms
from portico.access import Caller
from portico.accounts.people import phones_of
from portico.audit import Object, record
from portico.errors import NotFound
from portico.escalation.actions import unresolved_of
from portico.escalation.model import Subject
from portico.forms import Line, QuestionnaireResponse
from portico.ids import PatientId, ResponseId
from portico.intake import queries as intake_queries
from portico.intake.answers import Desk, desk_for, open_revision, open_working_copy
from portico.intake.listening import judge
from portico.intake.model import StoredResponse
from portico.intake.screening_inputs import ScreeningInputs
from portico.intake.summary_queries import person
from portico.messaging.model import Level
from portico.platform.catalogue import setting_values
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.screening.evaluation import fill_in, resolve
from portico.screening.model import ASKS_NOW, RuleSet
from portico.screening.scope import SettingValue


class FiredRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that fired, with the sentence for the clinician."""

    rule: str
    text: str
    asks_now: bool


class CheckInAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one check-in. Without `sent_at` it was begun and not sent."""

    patient_id: PatientId
    patient_name: str
    born_on: date
    phone: str | None
    level: Level | None
    signed: bool
    sent_at: datetime | None
    saved_at: datetime
    is_partial: bool
    rules: Sequence[FiredRule]
    lines: Sequence[Line]


async def read_check_in_answers(site: Site, caller: Caller, response_id: ResponseId) -> CheckInAnswers:
    """What was sent, or a draft on which somebody must act. Raises NotFound for any other draft."""
    async with site.db.transaction(caller.scope) as tx:
        row = await intake_queries.response(tx, response_id)
        if row is None or not await _may_be_read(tx, row):
            raise NotFound
        await record(tx, caller, "read", Object("response", response_id), patient=row.patient_id)
        desk = await desk_for(tx, site, row.canonical, row.patient_id)
        if row.submitted_revision is None:
            return await _unsent(tx, site, desk, row)
        return await _sent(tx, site, desk, row, row.submitted_revision)


async def _may_be_read(tx: Tx, row: StoredResponse) -> bool:
    if row.submitted_revision is not None:
        return True
    waits = await unresolved_of(tx, Subject(kind="response", id=row.response_id))
    return row.answers_sealed is not None and (row.danger is not None or waits is not None)


async def _sent(tx: Tx, site: Site, desk: Desk, row: StoredResponse, revision: int) -> CheckInAnswers:
    stored = await intake_queries.revision(tx, row.response_id, revision)
    screening = await intake_queries.screening(tx, row.response_id, revision)
    if stored is None or screening is None:
        raise NotFound
    found = {
        each.rule for each in await intake_queries.findings(tx, row.response_id, revision) if each.state == "fired"
    }
    rule_set = (await site.catalogue.rules(tx, screening.rule_set_slug, screening.rule_set_version)).rule_set
    inputs = ScreeningInputs.from_json(screening.settings)
    shown = await _shown(tx, site, desk, row, await open_revision(tx, site, stored))
    return msgspec.structs.replace(
        shown,
        level=screening.urgency,
        signed=screening.signed,
        sent_at=stored.submitted_at,
        is_partial=stored.partial,
        rules=_rules(rule_set, found, resolve(rule_set, inputs.settings)),
    )


async def _unsent(tx: Tx, site: Site, desk: Desk, row: StoredResponse) -> CheckInAnswers:
    answers = await open_working_copy(tx, site, row)
    danger = (await judge(site, desk, answers, row.danger)).danger
    shown = await _shown(tx, site, desk, row, answers)
    rule_set = desk.rules.rule_set
    values = resolve(rule_set, setting_values(rule_set, desk.settings.values))
    return msgspec.structs.replace(shown, level=danger.urgency, rules=_rules(rule_set, danger.rules, values))


def _rules(rule_set: RuleSet, fired: Collection[str], values: Mapping[str, SettingValue | None]) -> list[FiredRule]:
    return [
        FiredRule(rule=rule.id, text=fill_in(rule.text, values), asks_now=rule.effect in ASKS_NOW)
        for rule in rule_set.rules
        if rule.id in fired
    ]


async def _shown(tx: Tx, site: Site, desk: Desk, row: StoredResponse, answers: QuestionnaireResponse) -> CheckInAnswers:
    whom = await person(tx, row.patient_id)
    off = desk.off(row.danger)
    lines = forms.answer_lines(desk.form.questionnaire, answers, extra_disabled=off)
    return CheckInAnswers(
        patient_id=row.patient_id,
        patient_name=whom.name,
        born_on=whom.born_on,
        phone=(await phones_of(tx, site.vault, [row.patient_id])).get(row.patient_id),
        level=None,
        signed=True,
        sent_at=None,
        saved_at=row.saved_at,
        is_partial=False,
        rules=(),
        lines=[line for line in lines if line.kind != "display"],
    )
