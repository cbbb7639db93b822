"""Pages on which staff find, make, correct, invite and link patients."""

from datetime import date
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, Permission, staff
from portico.accounts import entry_rules, invitations, matching
from portico.accounts import patients as actions
from portico.accounts.entry_model import MatchEvent, PatientState
from portico.accounts.entry_rules import PATIENT_MOVES
from portico.accounts.notices_pages import why_not
from portico.accounts.patient_queries import missed_mail
from portico.accounts.patients import Details
from portico.accounts.request_checks import AnyRequest, form_of
from portico.errors import DomainError, Malformed, NotFound
from portico.escalation.actions import open_level
from portico.escalation.pages import read_urgent
from portico.ids import PatientId
from portico.platform.problems import status_of
from portico.platform.site import Site
from portico.platform.templates import page, see_other

Form = dict[str, str]

_MANAGERS = {"audience": staff(Permission.MANAGE_PEOPLE)}
_MANAGERS_PROVEN = {"audience": staff(Permission.MANAGE_PEOPLE, fresh=True)}
_FIELDS = {
    "number-taken": "number",
    "number-unusable": "number",
    "phone-unusable": "phone",
    "address-too-long": "address",
    "name-missing": "name",
    "birth-date-impossible": "born",
    "invalid-request": "born",
}
"""Which field of the record a refusal is about, by its code; what cannot be read at all is the birth date."""
STATE_NAMES = {"active": "Active", "transferred": "Transferred", "deceased": "Deceased"}


class Unconfirmed(Malformed):
    """A change with consequences was sent without its tick."""

    code = "confirmation-missing"

    def __init__(self) -> None:
        super().__init__("Please tick that you have checked this, then send it again.")


@get("/people", opt=_MANAGERS)
async def people_page(
    request: AnyRequest, site: Site, caller: Caller, q: str = "", cursor: str | None = None
) -> Response[bytes]:
    """Patients by name, and who registered without staff."""
    return await _list(request, site, caller, q, cursor)


@post("/people", opt=_MANAGERS, status_code=303)
async def create_person_page(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """Makes a record and opens it; asks first when the clinic may know the person already."""
    form = await form_of(request)
    try:
        details = _details(form)
        if form.get("another") != "yes":
            alike = await matching.read_alike(site, caller, details.name, details.born_on, details.phone)
            if alike:
                raise entry_rules.PerhapsKnown(alike)
        view = await actions.create_patient(site, caller, details)
    except DomainError as refusal:
        return await _list(request, site, caller, "", None, form, refusal)
    return see_other(f"/people/{view.row.patient_id}")


@get("/people/{patient_id:uuid}", opt=_MANAGERS)
async def person_page(request: AnyRequest, site: Site, caller: Caller, patient_id: UUID) -> Response[bytes]:
    """One patient, with who may be the same person."""
    return await _show(request, site, caller, PatientId(patient_id))


@post("/people/{patient_id:uuid}", opt=_MANAGERS, status_code=303)
async def change_person_page(request: AnyRequest, site: Site, caller: Caller, patient_id: UUID) -> Response[bytes]:
    """Corrects the record."""
    form = await form_of(request)
    try:
        await actions.change_patient(site, caller, PatientId(patient_id), _details(form))
    except NotFound:
        raise
    except DomainError as refusal:
        return await _show(request, site, caller, PatientId(patient_id), form, refusal, "record")
    return _back(patient_id)


@post("/people/{patient_id:uuid}/invitation", opt=_MANAGERS, status_code=303)
async def invite_person_page(request: AnyRequest, site: Site, caller: Caller, patient_id: UUID) -> Response[bytes]:
    """Invites the patient to this address."""
    form = await form_of(request)
    try:
        await invitations.invite_patient(site, caller, PatientId(patient_id), form.get("email", ""))
    except NotFound:
        raise
    except DomainError as refusal:
        return await _show(request, site, caller, PatientId(patient_id), form, refusal, "invitation")
    return see_other("/invitations")


@post("/people/{patient_id:uuid}/state", opt=_MANAGERS_PROVEN, status_code=303)
async def set_person_state_page(request: AnyRequest, site: Site, caller: Caller, patient_id: UUID) -> Response[bytes]:
    """Says what became of the patient; needs its tick."""
    form = await form_of(request)
    try:
        state = _state(form)
        _check_tick(form)
        await actions.set_state(site, caller, PatientId(patient_id), state)
    except NotFound:
        raise
    except DomainError as refusal:
        return await _show(request, site, caller, PatientId(patient_id), form, refusal, "state")
    return _back(patient_id)


@post("/people/{patient_id:uuid}/account", opt=_MANAGERS, status_code=303)
async def set_person_account_page(request: AnyRequest, site: Site, caller: Caller, patient_id: UUID) -> Response[bytes]:
    """Closes the patient's own account, or opens it again; needs its tick."""
    form = await form_of(request)
    try:
        _check_tick(form)
        is_open = form.get("account") == "active"
        await actions.set_account_state(site, caller, PatientId(patient_id), is_open=is_open)
    except NotFound:
        raise
    except DomainError as refusal:
        return await _show(request, site, caller, PatientId(patient_id), form, refusal, "account")
    return _back(patient_id)


@post("/people/{patient_id:uuid}/verification", opt=_MANAGERS, status_code=303)
async def verify_person_page(request: AnyRequest, site: Site, caller: Caller, patient_id: UUID) -> Response[bytes]:
    """Says that staff know who this is; needs its tick."""
    form = await form_of(request)
    try:
        _check_tick(form)
        await actions.set_verified(site, caller, PatientId(patient_id), verified=True)
    except NotFound:
        raise
    except DomainError as refusal:
        return await _show(request, site, caller, PatientId(patient_id), form, refusal, "verification")
    return _back(patient_id)


@post("/people/{patient_id:uuid}/matches/{other_id:uuid}", opt=_MANAGERS_PROVEN, status_code=303)
async def decide_match_page(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, other_id: UUID
) -> Response[bytes]:
    """Links, keeps apart, or takes that back; a link needs its tick."""
    form = await form_of(request)
    try:
        event = _event(form)
        if event == "link":
            _check_tick(form)
        await matching.decide(site, caller, PatientId(patient_id), PatientId(other_id), event)
    except NotFound:
        raise
    except DomainError as refusal:
        return await _show(request, site, caller, PatientId(patient_id), form, refusal, "match")
    return _back(patient_id)


async def _list(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    words: str,
    cursor: str | None,
    typed: Form | None = None,
    refusal: DomainError | None = None,
) -> Response[bytes]:
    listed = await actions.find_patients(site, caller, words, cursor)
    waiting = [] if words or cursor else await actions.read_unverified(site, caller)
    return page(
        "people.html",
        request,
        status=200 if refusal is None else status_of(refusal),
        urgent=await read_urgent(site, caller),
        may_export=caller.actor.may(Permission.EXPORT_PATIENTS),
        entries=listed.entries,
        waiting=waiting,
        next=listed.next,
        words=words,
        typed=typed or {},
        refusal=refusal,
        faulty=_faulty(refusal),
        alike=refusal.alike if isinstance(refusal, entry_rules.PerhapsKnown) else (),
        state_names=STATE_NAMES,
    )


async def _show(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    patient_id: PatientId,
    typed: Form | None = None,
    refusal: DomainError | None = None,
    part: str = "",
) -> Response[bytes]:
    """`part` is the form that was refused: it stands open again, with what was typed."""
    view = await actions.read_patient(site, caller, patient_id)
    async with site.db.transaction(caller.scope) as tx:
        danger, missed = await open_level(tx, patient_id), await missed_mail(tx, patient_id)
    return page(
        "person.html",
        request,
        status=200 if refusal is None else status_of(refusal),
        urgent=await read_urgent(site, caller),
        may_record=caller.actor.may(Permission.MANAGE_PROCEDURES),
        view=view,
        missed=missed,
        why_not=why_not,
        candidates=await matching.read_candidates(site, caller, patient_id),
        typed=typed if typed is not None and part == "record" else _as_stored(view),
        part=part,
        email=(typed or {}).get("email", ""),
        refusal=refusal,
        faulty=_faulty(refusal) if part == "record" else "",
        state_names=STATE_NAMES,
        is_in_danger=danger is not None,
        next_states=sorted(PATIENT_MOVES[view.row.state]),
    )


def _faulty(refusal: DomainError | None) -> str:
    """The field that the refusal is about."""
    return "" if refusal is None else _FIELDS.get(refusal.code, "")


def _as_stored(view: actions.PatientView) -> Form:
    row = view.row
    return {
        "name": row.name,
        "born_year": str(row.born_on.year),
        "born_month": str(row.born_on.month),
        "born_day": str(row.born_on.day),
        "number": row.clinic_number or "",
        "phone": view.contact.phone or "",
        "address": view.contact.address or "",
    }


def _details(form: Form) -> Details:
    born_on: date = entry_rules.born(*(form.get(part, "").strip() for part in ("born_year", "born_month", "born_day")))
    return Details(
        name=form.get("name", ""),
        born_on=born_on,
        number=form.get("number"),
        phone=form.get("phone"),
        address=form.get("address"),
    )


def _state(form: Form) -> PatientState:
    try:
        state: PatientState = msgspec.convert(form.get("state"), PatientState)
    except msgspec.ValidationError as error:
        message = "Choose what became of the patient."
        raise Malformed(message) from error
    return state


def _event(form: Form) -> MatchEvent:
    try:
        event: MatchEvent = msgspec.convert(form.get("event"), MatchEvent)
    except msgspec.ValidationError as error:
        message = "Choose whether the two records are of one person."
        raise Malformed(message) from error
    return event


def _check_tick(form: Form) -> None:
    if form.get("checked") != "yes":
        raise Unconfirmed


def _back(patient_id: UUID) -> Response[bytes]:
    return see_other(f"/people/{patient_id}")


ROUTES: list[HTTPRouteHandler] = [
    people_page,
    create_person_page,
    person_page,
    change_person_page,
    invite_person_page,
    set_person_state_page,
    set_person_account_page,
    verify_person_page,
    decide_match_page,
]
