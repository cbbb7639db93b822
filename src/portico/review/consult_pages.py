"""Pages of consults: staff see and set them, patients ask for a visit."""

from datetime import UTC, datetime
from typing import Annotated, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body

from portico.access import Caller, PatientLink, Permission, patients, staff
from portico.care.rules import MOVES, ConsultState
from portico.errors import DomainError, Malformed
from portico.escalation.pages import read_urgent
from portico.ids import AccountId, ConsultId, MessageId, PatientId
from portico.messaging.danger_box import DangerBox
from portico.platform.problems import status_of
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.templates import page, see_other
from portico.review import consults
from portico.review.consults import ConsultPlan, RedFlagOpen

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]

STATE_NAMES = {
    "requested": "Asked for",
    "booked": "Booked",
    "held": "Held",
    "cancelled": "Cancelled",
    "missed": "Missed",
}


class SentPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The form of one consult as it was sent, so that a refusal loses nothing of it."""

    consult_id: UUID
    clinician: str
    starts_at: str
    state: str
    problem: str


class SentWishes(msgspec.Struct, frozen=True, kw_only=True):
    """The form in which a visit is asked for. `is_message`: the nurses have its words as a message."""

    message_id: MessageId
    text: str
    is_open: bool = False
    is_message: bool = False


@get("/consults", opt={"audience": staff(Permission.MANAGE_CONSULTS)})
async def consults_page(request: AnyRequest, site: Site, caller: Caller, cursor: str | None = None) -> Response[bytes]:
    """Consults by start; those still to be booked come last."""
    return await _show(request, site, caller, cursor)


@get("/consults/new", opt={"audience": staff(Permission.MANAGE_CONSULTS)})
async def new_consult_page(request: AnyRequest, site: Site, caller: Caller, name: str = "") -> Response[bytes]:
    """Setting a consult: first for whom, found by a part of the name, then when and with whom."""
    return await _new(request, site, caller, {"name": name})


@post("/consults", opt={"audience": staff(Permission.MANAGE_CONSULTS)})
async def create_consult_page(request: AnyRequest, site: Site, caller: Caller, data: Form) -> Response[bytes]:
    """Sets a consult; a refusal shows everything again as it was entered."""
    try:
        zone = await consults.zone_of(site, caller)
        await consults.create_consult(site, caller, _chosen(data), _plan({"state": "booked", **data}, zone))
    except DomainError as refusal:
        return await _new(request, site, caller, data, refusal)
    return see_other("/consults")


@post("/consults/{consult_id:uuid}", opt={"audience": staff(Permission.MANAGE_CONSULTS)})
async def plan_consult_page(
    request: AnyRequest, site: Site, caller: Caller, consult_id: UUID, data: Form
) -> Response[bytes]:
    """Sets a consult's clinician, start and state; a refusal shows them again as they were entered."""
    cursor = data.get("cursor") or None
    try:
        zone = await consults.zone_of(site, caller)
        await consults.plan_consult(site, caller, ConsultId(consult_id), _plan(data, zone), None)
    except DomainError as refusal:
        sent = SentPlan(
            consult_id=consult_id,
            clinician=data.get("clinician", ""),
            starts_at=data.get("starts_at", ""),
            state=data.get("state", ""),
            problem=refusal.message,
        )
        return await _show(request, site, caller, cursor, refusal, sent)
    return see_other("/consults")


@get("/for/{patient_id:uuid}/consult-request", opt={"audience": patients()})
async def consult_request_page(request: AnyRequest, site: Site, caller: Caller, patient_id: UUID) -> Response[bytes]:
    """Asking for a visit, or what to do first while a red flag is open."""
    link = caller.actor.link_for(PatientId(patient_id), "intake")
    box = await consults.danger_of(site, caller, link)
    asked = None if box is not None else await consults.wishes_of(site, caller, link.patient_id)
    wishes = SentWishes(message_id=MessageId(site.db.ids.new()), text=asked or "", is_open=asked is not None)
    return _ask(request, link, box, wishes)


@post("/for/{patient_id:uuid}/consult-request", opt={"audience": patients()})
async def send_consult_request(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, data: Form
) -> Response[bytes]:
    """Asks for a visit. The same form once more is answered as it was the first time."""
    link = caller.actor.link_for(PatientId(patient_id), "intake")
    wishes = SentWishes(message_id=_message_id(site, data), text=data.get("wishes", "").strip())
    try:
        await consults.request_consult(site, caller, link.patient_id, wishes.text or None, wishes.message_id)
    except RedFlagOpen as refusal:
        wishes = msgspec.structs.replace(wishes, is_message=refusal.message == consults.WORDS_FIRST)
        return _ask(request, link, await consults.danger_of(site, caller, link), wishes, refusal)
    except DomainError as refusal:
        return _ask(request, link, None, wishes, refusal)
    return see_other("/")


def _message_id(site: Site, form: dict[str, str]) -> MessageId:
    """The id that the form carries; a form without one is a first try."""
    try:
        return MessageId(UUID(form.get("message_id", "")))
    except ValueError:
        return MessageId(site.db.ids.new())


def _ask(
    request: AnyRequest,
    link: PatientLink,
    box: DangerBox | None,
    wishes: SentWishes,
    refusal: DomainError | None = None,
) -> Response[bytes]:
    return page(
        "consult_request.html",
        request,
        status=200 if refusal is None else status_of(refusal),
        link=link,
        box=box,
        problem=None if refusal is None else refusal.message,
        wishes=wishes,
    )


async def _new(
    request: AnyRequest, site: Site, caller: Caller, sent: dict[str, str], problem: DomainError | None = None
) -> Response[bytes]:
    name = sent.get("name", "").strip()
    return page(
        "new_consult.html",
        request,
        status=200 if problem is None else status_of(problem),
        found=await consults.find_patients(site, caller, name),
        most=consults.FOUND_AT_MOST,
        clinicians=await consults.list_clinicians(site, caller) if name else [],
        sent={"patient": "", "starts_at": "", "clinician": "", **sent, "name": name},
        problem=None if problem is None else problem.message,
    )


def _chosen(form: dict[str, str]) -> PatientId:
    try:
        return PatientId(UUID(form.get("patient", "")))
    except ValueError as error:
        message = "Choose for whom the consult is."
        raise Malformed(message) from error


async def _show(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    cursor: str | None,
    problem: DomainError | None = None,
    sent: SentPlan | None = None,
) -> Response[bytes]:
    listed = await consults.list_consults(site, caller, None, cursor)
    is_listed = sent is not None and any(row.consult_id == sent.consult_id for row in listed.consults)
    return page(
        "consults.html",
        request,
        status=200 if problem is None else status_of(problem),
        urgent=await read_urgent(site, caller),
        consults=listed.consults,
        wishes=listed.wishes,
        next=listed.next,
        cursor=cursor or "",
        may_record=caller.actor.may(Permission.MANAGE_PROCEDURES),
        clinicians=await consults.list_clinicians(site, caller),
        zone=ZoneInfo(await consults.zone_of(site, caller)),
        problem=None if problem is None else problem.message,
        sent=sent if is_listed else None,
        state_names=STATE_NAMES,
        moves=MOVES,
    )


def _plan(form: dict[str, str], zone: str) -> ConsultPlan:
    try:
        start = datetime.fromisoformat(form["starts_at"]) if form.get("starts_at") else None
        local = None if start is None else start.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        clinician = AccountId(UUID(form["clinician"])) if form.get("clinician") else None
        state: ConsultState = msgspec.convert(form.get("state"), ConsultState)
    except (ValueError, OverflowError) as error:
        message = (
            f"Choose a clinician, a start and one of: {', '.join(STATE_NAMES[s] for s in get_args(ConsultState))}."
        )
        raise Malformed(message) from error
    return ConsultPlan(clinician_id=clinician, starts_at=local, state=state)


ROUTES: list[HTTPRouteHandler] = [
    consults_page,
    new_consult_page,
    create_consult_page,
    plan_consult_page,
    consult_request_page,
    send_consult_request,
]
