"""Reading and sealing answers, and what a form and its rules say about them; within an open transaction."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from portico import forms
from portico.care.actions import next_consult
from portico.care.procedure_queries import treated
from portico.clinic.actions import settings_of
from portico.clinic.calendar import local_day
from portico.clinic.model import ClinicSettings
from portico.errors import OtherPatient
from portico.forms import Fault, LaidOut, Mode, QuestionnaireResponse
from portico.forms.model import ResponseStatus
from portico.ids import LinkId, PatientId, ResponseId
from portico.intake.check_in_facts import CheckInContext, history_of, with_context
from portico.intake.check_in_queries import latest_intake
from portico.intake.facts import facts_of
from portico.intake.model import DangerLevel, StoredResponse, StoredRevision
from portico.intake.rules import MOOD_SETTING, AnswersRefused, asks_mood, switched_off
from portico.platform.catalogue import Form, Rules, setting_values
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.platform.vault import Place
from portico.screening.evaluation import screen_draft
from portico.screening.facts import Facts
from portico.screening.model import ENGINE_RULE, DraftDanger

_OURS = re.compile(r"(?:Patient/|urn:uuid:)([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")
"""How FHIR names a patient of this portal."""
_SUBJECT = "QuestionnaireResponse.subject"
_WHOSE = "These answers must be about the person of this form: leave the subject out, or name that person."

_WORKING_COPY = ("response", "answers_sealed")
_REVISION = ("response_revision", "answers_sealed")


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What every look at answers needs: the form, its rules, the clinic's settings, its day, the next consult.

    `check_in` is what is known before a check-in is answered; None for an intake.
    """

    form: Form
    rules: Rules
    settings: ClinicSettings
    today: date
    days_until_consult: int | None
    check_in: CheckInContext | None = None

    @property
    def asks_mood(self) -> bool:
        """Whether this clinic asks about self-harm."""
        return asks_mood(self.settings.confirmed_value(MOOD_SETTING))

    def off(self, danger: DangerLevel | None) -> frozenset[LinkId]:
        """The items that are switched off for now."""
        return switched_off(self.form.questionnaire, danger, asks_mood=self.asks_mood)

    def lay_out(self, answers: QuestionnaireResponse, danger: DangerLevel | None) -> LaidOut:
        """The answers laid over the form once, with what is switched off for now."""
        return forms.lay_out(self.form.questionnaire, answers, extra_disabled=self.off(danger))

    def facts(self, laid: LaidOut) -> Facts:
        """The answers as rules read them."""
        tree = forms.tree_in(laid)
        if self.check_in is not None:
            return with_context(facts_of(tree), self.check_in, self.today)
        return facts_of(tree, days_until_consult=self.days_until_consult)

    def danger(self, answers: QuestionnaireResponse, danger: DangerLevel | None) -> DraftDanger:
        """What the answers so far already prove. Never raises: answers that cannot be looked at ask for a call."""
        try:
            facts = self.facts(self.lay_out(answers, danger))
        except Exception:  # noqa: BLE001 - a failure here is a call, and never loses what was typed
            return DraftDanger(level="U", urgency="same_day", rules=(ENGINE_RULE[self.rules.rule_set.result],))
        return self.danger_in(facts)

    def danger_in(self, facts: Facts) -> DraftDanger:
        """As `danger`, for answers that were read already."""
        values = setting_values(self.rules.rule_set, self.settings.values)
        return screen_draft(self.rules.rule_set, facts, as_of=self.today, settings=values)

    def faults(self, laid: LaidOut, mode: Mode) -> tuple[Fault, ...]:
        """Every fault of these answers."""
        return forms.faults_in(laid, mode=mode, today=self.today)


async def desk_for(tx: Tx, site: Site, canonical: str, patient_id: PatientId) -> Desk:
    """The desk on which this patient's answers to this form are looked at."""
    form = await site.catalogue.form(tx, canonical)
    rules = await site.catalogue.active_rules(tx, form)
    settings = await settings_of(tx, site.content)
    today = local_day(settings.zone, tx.now)
    if rules.rule_set.result == "level":
        context = await context_of(tx, site, settings, patient_id)
        return Desk(form=form, rules=rules, settings=settings, today=today, days_until_consult=None, check_in=context)
    consult = await next_consult(tx, patient_id)
    days = None
    if consult is not None and consult.starts_at is not None:
        days = (local_day(settings.zone, consult.starts_at) - today).days
    return Desk(
        form=form,
        rules=rules,
        settings=settings,
        today=today,
        days_until_consult=days,
    )


async def context_of(tx: Tx, site: Site, settings: ClinicSettings, patient_id: PatientId) -> CheckInContext:
    """The patient's procedures, and what the latest submitted intake says."""
    procedures = tuple(await treated(tx, patient_id))
    submitted = await latest_intake(tx, patient_id)
    if submitted is None:
        return CheckInContext(procedures=procedures)
    form = await site.catalogue.form(tx, submitted.canonical)
    told = facts_of(forms.answer_tree(form.questionnaire, await open_revision(tx, site, submitted)))
    history = history_of(told, local_day(settings.zone, submitted.submitted_at))
    return CheckInContext(procedures=procedures, history=history)


def check_form_named(answers: QuestionnaireResponse, form: Form) -> None:
    """Raises AnswersRefused when the answers name another form; naming none binds them to the pinned version."""
    if answers.questionnaire in (None, form.url, form.canonical):
        return
    message = "These answers belong to another form or to another version of it."
    fault = Fault(
        link_id=LinkId(""),
        path="QuestionnaireResponse.questionnaire",
        code="invalid",
        message=message,
        severity="error",
    )
    raise AnswersRefused(message, [fault])


def check_patient_named(answers: QuestionnaireResponse, patient_id: PatientId) -> None:
    """Raises OtherPatient when the answers name another patient of this portal, AnswersRefused when they name anybody
    in a way that cannot be known to be this patient; naming none is fine.
    """
    if answers.subject is None:
        return
    named = _OURS.fullmatch(answers.subject.reference or "")
    if named is None:
        raise AnswersRefused(_WHOSE, [Fault(link_id=LinkId(""), path=_SUBJECT, code="invalid", message=_WHOSE)])
    if UUID(named[1]) != patient_id:
        raise OtherPatient("These answers are about another person than this form. Open the form again.")


def bare(answers: QuestionnaireResponse, status: ResponseStatus) -> QuestionnaireResponse:
    """Only what a person answered: everything else that a client sends along is the server's to say."""
    return QuestionnaireResponse(questionnaire=answers.questionnaire, status=status, item=answers.item)


def errors_of(faults: Sequence[Fault]) -> list[Fault]:
    """The faults that refuse the answers; the others only warn."""
    return [fault for fault in faults if fault.severity == "error"]


async def seal_working_copy(
    tx: Tx, site: Site, patient_id: PatientId, response_id: ResponseId, answers: QuestionnaireResponse
) -> bytes:
    """The working copy as it is stored."""
    box = await site.vault.patient(tx, patient_id)
    return box.seal(Place(*_WORKING_COPY, response_id), forms.encode(answers))


async def open_working_copy(tx: Tx, site: Site, row: StoredResponse) -> QuestionnaireResponse:
    """The working copy of a draft or an amendment."""
    assert row.answers_sealed is not None
    box = await site.vault.patient(tx, row.patient_id)
    return forms.decode_response(box.open(Place(*_WORKING_COPY, row.response_id), row.answers_sealed))


async def seal_revision(
    tx: Tx, site: Site, patient_id: PatientId, name: tuple[ResponseId, int], answers: QuestionnaireResponse
) -> bytes:
    """A submitted revision as it is stored."""
    box = await site.vault.patient(tx, patient_id)
    return box.seal(Place(*_REVISION, f"{name[0]}/{name[1]}"), forms.encode(answers))


async def open_revision(tx: Tx, site: Site, row: StoredRevision) -> QuestionnaireResponse:
    """The answers of a submitted revision."""
    box = await site.vault.patient(tx, row.patient_id)
    place = Place(*_REVISION, f"{row.response_id}/{row.revision}")
    return forms.decode_response(box.open(place, row.answers_sealed))
