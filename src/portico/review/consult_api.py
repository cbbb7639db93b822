"""JSON routes of consults: staff set them, patients ask for them."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, Permission, patients, signed_in, staff
from portico.care.queries import ConsultRow, UpcomingConsult
from portico.care.rules import ConsultState
from portico.errors import NotAllowed
from portico.ids import AccountId, ConsultId, PatientId
from portico.platform.site import Site
from portico.review import consults
from portico.review.consults import ConsultPlan


class ConsultOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A consult. `intakeMissing` stands in staff lists only."""

    id: ConsultId
    patient: PatientId
    clinician: AccountId | None
    starts_at: datetime | None
    state: ConsultState
    intake_missing: bool | msgspec.UnsetType = msgspec.UNSET
    patient_name: str | msgspec.UnsetType = msgspec.UNSET
    patient_verified: bool | msgspec.UnsetType = msgspec.UNSET


class ConsultsOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One page of consults."""

    items: list[ConsultOut]
    next: str | None


class ConsultIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A consult as staff set it."""

    patient: PatientId
    clinician: AccountId | None = None
    starts_at: datetime | None = None
    state: ConsultState = "booked"


class ConsultChangeIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The whole of what staff may change of a consult. `patient`, when sent, must be the consult's."""

    clinician: AccountId | None = None
    starts_at: datetime | None = None
    state: ConsultState
    patient: PatientId | None = None


class ConsultRequestIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A patient asks for a visit."""

    patient: PatientId
    wishes: str | None = None


@get("/api/consults", opt={"audience": signed_in()})
async def list_consults(
    site: Site, caller: Caller, patient: UUID | None = None, cursor: str | None = None
) -> ConsultsOut:
    """Consults by start: the clinic's for staff, one patient's for the patient."""
    wanted = None if patient is None else PatientId(patient)
    if caller.actor.hat == "patient":
        own = caller.actor.own_patient
        wanted = caller.actor.link_for(wanted or (own or caller.actor.patients[0]).patient_id, "intake").patient_id
    elif not caller.actor.may(Permission.MANAGE_CONSULTS):
        message = "Your role does not see consults."
        raise NotAllowed(message)
    page = await consults.list_consults(site, caller, wanted, cursor)
    show = _own_consult if caller.actor.hat == "patient" else _listed_consult
    return ConsultsOut(items=[show(row) for row in page.consults], next=page.next)


@post("/api/consults", opt={"audience": staff(Permission.MANAGE_CONSULTS)})
async def create_consult(site: Site, caller: Caller, data: ConsultIn) -> ConsultOut:
    """Staff set a consult."""
    plan = ConsultPlan(clinician_id=data.clinician, starts_at=data.starts_at, state=data.state)
    return consult_out(await consults.create_consult(site, caller, data.patient, plan))


@put("/api/consults/{consult_id:uuid}", opt={"audience": staff(Permission.MANAGE_CONSULTS)})
async def change_consult(site: Site, caller: Caller, consult_id: UUID, data: ConsultChangeIn) -> ConsultOut:
    """Staff change a consult's clinician, start or state."""
    plan = ConsultPlan(clinician_id=data.clinician, starts_at=data.starts_at, state=data.state)
    return consult_out(await consults.plan_consult(site, caller, ConsultId(consult_id), plan, data.patient))


@post("/api/consult-requests", opt={"audience": patients()})
async def request_consult(site: Site, caller: Caller, data: ConsultRequestIn) -> Response[ConsultOut]:
    """A patient asks for a visit; 409 with what to do now while a red flag is open."""
    row = await consults.request_consult(site, caller, data.patient, data.wishes)
    return Response(consult_out(row), status_code=201)


def consult_out(row: ConsultRow) -> ConsultOut:
    """A consult as an answer."""
    return ConsultOut(
        id=row.consult_id,
        patient=row.patient_id,
        clinician=row.clinician_id,
        starts_at=row.starts_at,
        state=row.state,
    )


def _own_consult(row: UpcomingConsult) -> ConsultOut:
    return ConsultOut(
        id=row.consult_id,
        patient=row.patient_id,
        clinician=row.clinician_id,
        starts_at=row.starts_at,
        state=row.state,
    )


def _listed_consult(row: UpcomingConsult) -> ConsultOut:
    return ConsultOut(
        id=row.consult_id,
        patient=row.patient_id,
        clinician=row.clinician_id,
        starts_at=row.starts_at,
        state=row.state,
        intake_missing=row.intake_missing,
        patient_name=row.patient_name,
        patient_verified=msgspec.UNSET if row.patient_verified else False,
    )


ROUTES: list[HTTPRouteHandler] = [list_consults, create_consult, change_consult, request_consult]
