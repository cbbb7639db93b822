"""Reading a patient's course: the answers of every check-in that was sent, opened, with the procedures beside them."""

from collections.abc import Iterable
from typing import cast, get_args

from portico import forms
from portico.access import Caller, Permission
from portico.audit import Object, record
from portico.care.days_since import Treated
from portico.care.procedure_queries import treated
from portico.care.procedures import link_for_care
from portico.care.queries import is_known
from portico.clinic.actions import settings_of
from portico.clinic.calendar import local_day
from portico.errors import NotAllowed, NotFound
from portico.escalation.actions import has_open_red_flag
from portico.ids import LinkId, PatientId
from portico.intake.answers import open_revision
from portico.intake.check_in_facts import PAIN_NOW, REGION, SITE
from portico.intake.check_in_queries import SentCheckIn, check_ins
from portico.intake.facts import facts_of
from portico.intake.model import StoredRevision
from portico.messaging.course import Change, Course, Series, Told, bands_of, series_of
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.screening.facts import Code, Facts

SHOWN = 200
"""Check-ins that one course holds, the newest."""
PAIN_WORST = LinkId("site.worst")
CHANGE = LinkId("site.change")


class CourseNotForRole(NotAllowed):
    """A role of the staff that does not read answers."""

    code = "role-not-allowed"


async def read_course(site: Site, caller: Caller, patient_id: PatientId) -> Course:
    """The patient's course. A patient in danger reads it without bands: nothing says then what is expected.

    Raises NotFound, CourseNotForRole.
    """
    if caller.actor.hat == "patient":
        link_for_care(caller, patient_id)
    elif not caller.actor.may(Permission.READ_SUMMARIES):
        message = "Your role does not include reading answers. Ask a clinician or nurse."
        raise CourseNotForRole(message)
    async with site.db.transaction(caller.scope) as tx:
        if not await is_known(tx, patient_id):
            raise NotFound
        settings = await settings_of(tx, site.content)
        hides = caller.actor.hat == "patient" and await has_open_red_flag(tx, patient_id)
        told = await _told(tx, site, settings.zone, patient_id)
        procedures: list[Treated] = await treated(tx, patient_id)
        await record(tx, caller, "read", Object("course", patient_id), patient=patient_id)
    bands = () if hides else bands_of(settings, dict(site.content.settings))
    return Course(series=series_of(told, procedures), bands=bands)


async def series_in(tx: Tx, site: Site, patient_id: PatientId) -> tuple[Series, ...]:
    """The patient's check-ins as series, for a decision inside an open transaction; nobody reads them by it."""
    zone = (await settings_of(tx, site.content)).zone
    return series_of(await _told(tx, site, zone, patient_id), await treated(tx, patient_id))


async def _told(tx: Tx, site: Site, zone: str, patient_id: PatientId) -> list[Told]:
    found: list[Told] = []
    for row in await check_ins(tx, patient_id, SHOWN):
        form = await site.catalogue.form(tx, f"{row.questionnaire_url}|{row.questionnaire_version}")
        answers = await open_revision(tx, site, _revision(row))
        facts = facts_of(forms.answer_tree(form.questionnaire, answers))
        found.extend(_places(row, zone, facts.rows.get(SITE, ())))
    return found


def _places(row: SentCheckIn, zone: str, rows: Iterable[Facts]) -> Iterable[Told]:
    for place in rows:
        change = _code(place, CHANGE)
        region = _code(place, REGION)
        if region is not None:
            yield Told(
                response_id=row.response_id,
                at=row.submitted_at,
                on=local_day(zone, row.submitted_at),
                region=region,
                now=_number(place, PAIN_NOW),
                worst=_number(place, PAIN_WORST),
                change=cast(Change, change) if change in get_args(Change) else None,
                level=row.urgency,
            )


def _revision(row: SentCheckIn) -> StoredRevision:
    return StoredRevision(
        response_id=row.response_id,
        revision=row.revision,
        patient_id=row.patient_id,
        questionnaire_url=row.questionnaire_url,
        questionnaire_version=row.questionnaire_version,
        answers_sealed=row.answers_sealed,
        partial=row.partial,
        dropped=(),
        submitted_at=row.submitted_at,
    )


def _code(facts: Facts, link_id: LinkId) -> str | None:
    return next((value.code for value in facts.values.get(link_id, ()) if isinstance(value, Code)), None)


def _number(facts: Facts, link_id: LinkId) -> int | None:
    return next((value for value in facts.values.get(link_id, ()) if isinstance(value, int)), None)
