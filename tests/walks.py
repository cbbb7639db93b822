"""How far somebody has come in the portal: short words that bring a made-up patient's intake to a stage."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

import msgspec

from portico.access import Caller, SystemScope
from portico.accounts import people
from portico.accounts.email_index import EmailIndex
from portico.accounts.invitation_queries import account_by_email
from portico.accounts.passwords import Passwords
from portico.commands.demo_content import CORTISONE, CORTISONE_ROWS, KNEE, KNEE_ROWS, SLUG
from portico.commands.demo_people import PASSWORD, Person
from portico.commands.made_up_answers import Told, answers
from portico.escalation import handling
from portico.escalation.actions import unresolved_of
from portico.escalation.model import Escalation, Subject
from portico.forms import QuestionnaireResponse
from portico.ids import ClinicId, ConsultId, MessageId, PatientId, ResponseId, ReviewId, ThreadId
from portico.intake import drafts
from portico.intake.outcome import Outcome
from portico.messaging import sending
from portico.messaging.model import NewThread, Parcel, Topic
from portico.platform.database import Query
from portico.review import actions, queries
from portico.review.consults import ConsultPlan, create_consult
from portico.review.model import Review, Verdict
from portico.review.submission import submit_intake
from tests.portal import Portal

CALM: Mapping[str, Told] = KNEE
"""Nothing but a knee: a possible candidate."""

FLAGGED: Mapping[str, Told] = {**KNEE, **CORTISONE}
"""Three cortisone shots: needs review."""

NUMBING: Mapping[str, Told] = {**KNEE, "alg.1": ["numbing"]}
"""An allergy to numbing medicine: call before booking."""

SADDLE: Mapping[str, Told] = {**KNEE, "reg.1": ["low_back"], "rf.low_back.saddle": "yes"}
"""A numb saddle: seek care now."""

BY_DISPOSITION: Mapping[str, Mapping[str, Told]] = {
    "possible_candidate": CALM,
    "needs_review": FLAGGED,
    "call_before_booking": NUMBING,
    "seek_care_now": SADDLE,
}


class Counted(msgspec.Struct, frozen=True):
    """How many rows there are."""

    count: int


def caller(portal: Portal, name: str) -> Caller:
    """The person at a request."""
    return portal.people.by_name[name].caller


def patient_of(portal: Portal, name: str) -> PatientId:
    """The person's own record."""
    found = portal.people.by_name[name].patient_id
    assert found is not None
    return found


async def registered(portal: Portal, name: str) -> None:
    """Somebody registered in Alice's clinic without staff and confirmed the address; once per portal."""
    index, password_hash = await EmailIndex.of(portal.site.vault), await Passwords().hash(PASSWORD)
    async with portal.site.db.transaction(SystemScope(clinic_of(portal, "alice"), "test")) as tx:
        if await account_by_email(tx, f"{name}@demo.test") is not None:
            return
        title = f"{name.title()} Demo"
        patient_id = await people.create_patient(
            tx, portal.site.vault, name=title, born_on=date(1962, 8, 3), verified=False
        )
        account_id = await people.create_account(
            tx, index, email=f"{name}@demo.test", name=title, patient_id=patient_id
        )
        await people.set_password(tx, account_id=account_id, password_hash=password_hash)
        person = Person(
            clinic_id=tx.clinic_id,
            account_id=account_id,
            name=title,
            roles=frozenset({"patient"}),
            patient_id=patient_id,
        )
    portal.people = replace(portal.people, by_name={**portal.people.by_name, name: person})


def clinic_of(portal: Portal, name: str) -> ClinicId:
    return portal.people.by_name[name].clinic_id


async def made_up(portal: Portal, told: Mapping[str, Told], *, only_told: bool = False) -> QuestionnaireResponse:
    """A finished form that says this, or with `only_told` this alone."""
    async with portal.site.db.unscoped("the form for a test") as statements:
        form = await portal.site.catalogue.active_form(statements, SLUG)
    rows = {**KNEE_ROWS, **(CORTISONE_ROWS if "cort.1" in told else {})}
    today = portal.clock.now().date()
    return answers(form.questionnaire, told, rows, today=today, only_told=only_told)


async def drafted(
    portal: Portal, name: str, told: Mapping[str, Told] = CALM, *, only_told: bool = False
) -> tuple[ResponseId, int]:
    """The person's open draft with these answers, and its revision."""
    site, me = portal.site, caller(portal, name)
    row = (await drafts.open_response(site, me, SLUG, patient_of(portal, name))).row
    made = await made_up(portal, told, only_told=only_told)
    saved = await drafts.save_answers(site, me, row.response_id, row.revision, made)
    return row.response_id, saved.revision


async def sent(portal: Portal, name: str, told: Mapping[str, Told] = CALM, *, partial: bool = False) -> Outcome:
    """The person fills in a form and sends it."""
    response_id, revision = await drafted(portal, name, told)
    return await submit_intake(portal.site, caller(portal, name), response_id, revision, partial=partial)


async def queued(portal: Portal, name: str, told: Mapping[str, Told] = CALM) -> Review:
    """The review of a form that the person has just sent."""
    outcome = await sent(portal, name, told)
    return await review_of(portal, name, outcome.response_id)


async def amended(portal: Portal, name: str, response_id: ResponseId, told: Mapping[str, Told] = CALM) -> Outcome:
    """The person changes what was sent, and sends it again."""
    site, me = portal.site, caller(portal, name)
    row = await drafts.open_amendment(site, me, response_id)
    saved = await drafts.save_answers(site, me, response_id, row.revision, await made_up(portal, told))
    return await submit_intake(site, me, response_id, saved.revision, partial=False)


async def claimed(portal: Portal, name: str, told: Mapping[str, Told] = CALM, *, by: str = "dr.adams") -> Review:
    """The review of a form that the person has just sent, in somebody's hands."""
    review = await queued(portal, name, told)
    await actions.claim_review(portal.site, caller(portal, by), review.review_id)
    return await review_of(portal, name, review.response_id)


async def decided(portal: Portal, name: str, verdict: Verdict, told: Mapping[str, Told] = CALM) -> Review:
    """The review of a form that the person has just sent, after Dr. Adams's verdict."""
    review = await claimed(portal, name, told)
    await actions.decide_review(portal.site, caller(portal, "dr.adams"), review.review_id, review.revision, verdict)
    return await review_of(portal, name, review.response_id)


async def review_of(portal: Portal, name: str, response_id: ResponseId) -> Review:
    """The review as the database holds it."""
    async with portal.site.db.transaction(SystemScope(clinic_of(portal, name), "test")) as tx:
        found = await queries.lock_review_of_response(tx, response_id)
    assert found is not None
    return found


async def review_by_id(portal: Portal, review_id: ReviewId) -> Review:
    """The review as the database holds it, in the first clinic."""
    async with portal.site.db.transaction(SystemScope(clinic_of(portal, "alice"), "test")) as tx:
        found = await queries.lock_review(tx, review_id)
    assert found is not None
    return found


async def escalation_of(portal: Portal, name: str, response_id: ResponseId) -> Escalation | None:
    """The response's unresolved escalation."""
    async with portal.site.db.transaction(SystemScope(clinic_of(portal, name), "test")) as tx:
        return await unresolved_of(tx, Subject(kind="response", id=response_id))


async def resolved(portal: Portal, name: str, response_id: ResponseId) -> None:
    """Dr. Adams speaks with the patient."""
    found = await escalation_of(portal, name, response_id)
    assert found is not None
    await handling.resolve(portal.site, caller(portal, "dr.adams"), found.escalation_id, "spoke", None)


async def booked(portal: Portal, name: str, *, starts_at: datetime | None = None, days: float = 3) -> ConsultId:
    """Dr. Adams books a consult."""
    clinician = caller(portal, "dr.adams")
    start = starts_at or portal.clock.now() + timedelta(days=days)
    plan = ConsultPlan(clinician_id=clinician.account_id, starts_at=start, state="booked")
    return (await create_consult(portal.site, clinician, patient_of(portal, name), plan)).consult_id


async def thread_of(portal: Portal, name: str, body: str = "It is sore.", topic: Topic = "soreness") -> ThreadId:
    """A new thread of this person's."""
    ids = portal.site.db.ids
    thread_id, patient_id = ThreadId(ids.new()), patient_of(portal, name)
    new = NewThread(thread_id=thread_id, patient_id=patient_id, topic=topic, subject="Made-up subject")
    parcel = Parcel(message_id=MessageId(ids.new()), body=body)
    await sending.start_thread(portal.site, caller(portal, name), new, parcel)
    return thread_id


async def count(portal: Portal, table: str, where: str = "true") -> int:
    """Rows of a table in the first clinic."""
    query = Query(Counted, f"select count(*) as count from {table} where clinic_id = $1 and {where}")
    clinic_id = clinic_of(portal, "alice")
    async with portal.site.db.transaction(SystemScope(clinic_id, "test")) as tx:
        return (await tx.one(query, clinic_id)).count
