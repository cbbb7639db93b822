"""JSON routes of procedures: staff record and correct them, the patient reads their own."""

from datetime import date
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, Permission, signed_in, staff
from portico.care import procedures
from portico.care.procedure_rules import ImageGuidance, Performed, Procedure, ProcedureState, Region, Tissue
from portico.errors import Malformed, NotAllowed
from portico.ids import PatientId, ProcedureId
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.web import etag, if_match


class ProcedureIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What was done. A field that is left out was not noted."""

    patient: PatientId
    performed_on: date | None = None
    regions: tuple[Region, ...]
    tissues: tuple[Tissue, ...] = ()
    hydrodissection: bool | None = None
    guidance: ImageGuidance | None = None
    lot: str | None = None
    therapy_referral: bool = False


class ProcedureChangeIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The whole of a procedure as it should read. `patient`, when sent, must be the procedure's."""

    patient: PatientId | None = None
    performed_on: date | None = None
    regions: tuple[Region, ...]
    tissues: tuple[Tissue, ...] = ()
    hydrodissection: bool | None = None
    guidance: ImageGuidance | None = None
    lot: str | None = None
    therapy_referral: bool = False
    state: ProcedureState = "recorded"


class ProcedureOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A procedure. Null: nobody noted it."""

    id: ProcedureId
    patient: PatientId
    performed_on: date | None
    regions: tuple[Region, ...]
    tissues: tuple[Tissue, ...]
    hydrodissection: bool | None
    guidance: ImageGuidance | None
    lot: str | None
    therapy_referral: bool
    state: ProcedureState
    revision: int


class ProceduresOut(msgspec.Struct, frozen=True, kw_only=True):
    """A patient's procedures, the latest first."""

    items: list[ProcedureOut]
    next: None = None


@post("/api/procedures", opt={"audience": staff(Permission.MANAGE_PROCEDURES)})
async def record_procedure(site: Site, caller: Caller, data: ProcedureIn) -> Response[ProcedureOut]:
    """Staff record what was done; check-ins are asked for on the days that the clinic set."""
    fields = msgspec.structs.asdict(data)
    made = Performed(**{name: value for name, value in fields.items() if name != "patient"})
    return _answer(await procedures.record_procedure(site, caller, data.patient, made), 201)


@get("/api/procedures", opt={"audience": signed_in()})
async def list_procedures(site: Site, caller: Caller, patient: UUID | None = None) -> ProceduresOut:
    """A patient's procedures; without `patient` one's own."""
    if caller.actor.hat == "staff" and not caller.actor.may(Permission.MANAGE_PROCEDURES):
        message = "Your role does not see procedures."
        raise NotAllowed(message)
    found = await procedures.list_procedures(site, caller, _whose(caller, patient))
    return ProceduresOut(items=[_out(each) for each in found])


@put("/api/procedures/{procedure_id:uuid}", opt={"audience": staff(Permission.MANAGE_PROCEDURES), "revision": "needs"})
async def correct_procedure(
    request: AnyRequest, site: Site, caller: Caller, procedure_id: UUID, data: ProcedureChangeIn
) -> Response[ProcedureOut]:
    """Staff correct what was recorded; needs If-Match."""
    fields = msgspec.structs.asdict(data)
    made = Performed(**{name: value for name, value in fields.items() if name != "patient"})
    known = ProcedureId(procedure_id)
    told = await procedures.correct_procedure(site, caller, known, if_match(request), made, patient=data.patient)
    return _answer(told, 200)


def _whose(caller: Caller, patient: UUID | None) -> PatientId:
    if patient is not None:
        return PatientId(patient)
    own = caller.actor.own_patient
    if own is None or caller.actor.hat == "staff":
        message = "Say whose procedures you want: add `patient` to the address."
        raise Malformed(message)
    return own.patient_id


def _answer(made: Procedure, status: int) -> Response[ProcedureOut]:
    return Response(_out(made), status_code=status, headers={"ETag": etag(made.revision)})


def _out(made: Procedure) -> ProcedureOut:
    return ProcedureOut(
        id=made.procedure_id,
        patient=made.patient_id,
        performed_on=made.performed_on,
        regions=made.regions,
        tissues=made.tissues,
        hydrodissection=made.hydrodissection,
        guidance=made.guidance,
        lot=made.lot,
        therapy_referral=made.therapy_referral,
        state=made.state,
        revision=made.revision,
    )


ROUTES: list[HTTPRouteHandler] = [record_procedure, list_procedures, correct_procedure]
