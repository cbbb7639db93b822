"""Pages on which staff record and correct procedures, and read the course of a patient's check-ins."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, Permission, staff
from portico.care.procedure_rules import IMAGE_GUIDANCE, REGIONS, TISSUES, Performed, Procedure
from portico.care.procedures import correct_procedure, list_procedures, record_procedure
from portico.errors import DomainError, Malformed
from portico.escalation.pages import read_urgent
from portico.ids import PatientId, ProcedureId
from portico.messaging.course_reading import read_course
from portico.messaging.course_words import CHANGE_NAMES, REGION_NAMES, TISSUE_NAMES, shown_series
from portico.messaging.patient_names import name_of
from portico.platform.problems import status_of
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.templates import page, see_other

Sent = Mapping[str, Sequence[str]]

GUIDANCE_NAMES = {"ultrasound": "Ultrasound", "other": "Another way", "none": "None"}
NEW = "new"
"""The form of a procedure that is not recorded yet."""


@get("/patients/{patient_id:uuid}/procedures", opt={"audience": staff(Permission.MANAGE_PROCEDURES)})
async def procedures_page(request: AnyRequest, site: Site, caller: Caller, patient_id: UUID) -> Response[bytes]:
    """A patient's procedures with the form for a new one, and the course since."""
    return await _show(request, site, caller, PatientId(patient_id))


@post("/patients/{patient_id:uuid}/procedures", opt={"audience": staff(Permission.MANAGE_PROCEDURES)})
async def record_page(request: AnyRequest, site: Site, caller: Caller, patient_id: UUID) -> Response[bytes]:
    """Records a procedure; what is refused is shown again as it was entered."""
    sent = await _sent(request)
    try:
        await record_procedure(site, caller, PatientId(patient_id), _performed(sent))
    except DomainError as refusal:
        return await _show(request, site, caller, PatientId(patient_id), _Refused(NEW, sent, refusal))
    return see_other(f"/patients/{patient_id}/procedures")


@post(
    "/patients/{patient_id:uuid}/procedures/{procedure_id:uuid}",
    opt={"audience": staff(Permission.MANAGE_PROCEDURES)},
)
async def correct_page(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, procedure_id: UUID
) -> Response[bytes]:
    """Corrects a procedure; what is refused is shown again as it was entered."""
    sent = await _sent(request)
    known, patient = ProcedureId(procedure_id), PatientId(patient_id)
    try:
        await correct_procedure(site, caller, known, _revision(sent), _performed(sent), patient=patient)
    except DomainError as refusal:
        return await _show(request, site, caller, patient, _Refused(str(procedure_id), sent, refusal))
    return see_other(f"/patients/{patient_id}/procedures")


class _Refused(msgspec.Struct, frozen=True):
    """A form that was refused, so that nothing of it is lost."""

    form: str
    sent: Sent
    problem: DomainError


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """One form of the page, as it is shown."""

    key: str
    title: str
    performed_on: str
    regions: frozenset[str]
    tissues: frozenset[str]
    hydrodissection: str
    guidance: str
    lot: str
    therapy_referral: bool
    state: str
    revision: int
    problem: str | None


async def _show(
    request: AnyRequest, site: Site, caller: Caller, patient_id: PatientId, refused: _Refused | None = None
) -> Response[bytes]:
    made = await list_procedures(site, caller, patient_id)
    course = await read_course(site, caller, patient_id)
    forms = [_entered(NEW, None, refused), *(_entered(str(each.procedure_id), each, refused) for each in made)]
    return page(
        "procedures.html",
        request,
        status=200 if refused is None else status_of(refused.problem),
        urgent=await read_urgent(site, caller),
        patient_id=patient_id,
        whose=await name_of(site, caller, patient_id),
        forms=forms,
        days={str(each.procedure_id): each.performed_on for each in made if each.performed_on is not None},
        problem=None if refused is None else refused.problem.message,
        course=shown_series(course),
        bands=course.bands,
        regions=[(code, REGION_NAMES[code]) for code in REGIONS],
        tissues=[(code, TISSUE_NAMES[code]) for code in TISSUES],
        ways=[(code, GUIDANCE_NAMES[code]) for code in IMAGE_GUIDANCE],
        region_names=REGION_NAMES,
        change_names=CHANGE_NAMES,
    )


def _entered(key: str, made: Procedure | None, refused: _Refused | None) -> Entered:
    """What the form shows: what was sent and refused, else what is recorded."""
    sent = refused.sent if refused is not None and refused.form == key else None
    said = _as_sent(made) if sent is None else sent
    return Entered(
        key=key,
        title="" if made is None else ", ".join(REGION_NAMES[region] for region in made.regions),
        performed_on=_one(said, "performed_on"),
        regions=frozenset(said.get("regions", ())),
        tissues=frozenset(said.get("tissues", ())),
        hydrodissection=_one(said, "hydrodissection"),
        guidance=_one(said, "guidance"),
        lot=_one(said, "lot"),
        therapy_referral=_one(said, "therapy_referral") == "yes",
        state=_one(said, "state") or "recorded",
        revision=0 if made is None else made.revision,
        problem=refused.problem.message if refused is not None and sent is not None else None,
    )


def _as_sent(made: Procedure | None) -> Sent:
    if made is None:
        return {}
    flags = {None: "", True: "yes", False: "no"}
    return {
        "performed_on": [made.performed_on.isoformat() if made.performed_on else ""],
        "regions": made.regions,
        "tissues": made.tissues,
        "hydrodissection": [flags[made.hydrodissection]],
        "guidance": [made.guidance or ""],
        "lot": [made.lot or ""],
        "therapy_referral": ["yes" if made.therapy_referral else ""],
        "state": [made.state],
    }


def _performed(sent: Sent) -> Performed:
    """Raises Malformed for what the form cannot have sent."""
    text = _one(sent, "performed_on")
    try:
        told = {
            "performed_on": date.fromisoformat(text) if text else None,
            "regions": tuple(sent.get("regions", ())),
            "tissues": tuple(sent.get("tissues", ())),
            "hydrodissection": {"yes": True, "no": False}.get(_one(sent, "hydrodissection")),
            "guidance": _one(sent, "guidance") or None,
            "lot": _one(sent, "lot") or None,
            "therapy_referral": _one(sent, "therapy_referral") == "yes",
            "state": _one(sent, "state") or "recorded",
        }
        return msgspec.convert(told, Performed)
    except ValueError as error:
        message = "Choose a day such as 2026-03-01, and regions and tissues from the lists."
        raise Malformed(message) from error


def _one(sent: Sent, name: str) -> str:
    return next(iter(sent.get(name, ())), "").strip()


def _revision(sent: Sent) -> int:
    text = _one(sent, "revision")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        message = "The page was incomplete. Open it again."
        raise Malformed(message)
    return int(text)


async def _sent(request: AnyRequest) -> Sent:
    form = await request.form()
    return {name: [str(value) for value in form.getall(name)] for name in form}


ROUTES: list[HTTPRouteHandler] = [procedures_page, record_page, correct_page]
