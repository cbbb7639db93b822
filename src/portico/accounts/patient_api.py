"""JSON routes of patients as staff manage them, and of closing one's own account."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body

from portico.access import Caller, Permission, patients, staff
from portico.accounts import closing, matching
from portico.accounts import patients as actions
from portico.accounts.cookies import CLEAR_SITE_DATA, clear_cookie
from portico.accounts.door import Door
from portico.accounts.entry_model import Candidate, MatchEvent, MatchState, PatientRow, PatientState
from portico.accounts.gate import provide_visitor
from portico.accounts.identity_model import ChangeSource, Likeness
from portico.accounts.model import Visitor
from portico.accounts.patients import Details, PatientView
from portico.ids import PatientId
from portico.platform.site import Site

_MANAGERS = {"audience": staff(Permission.MANAGE_PEOPLE)}
_MANAGERS_PROVEN = {"audience": staff(Permission.MANAGE_PEOPLE, fresh=True)}
_VISITOR = {"visitor": Provide(provide_visitor, sync_to_thread=False)}
_EVENTS: Mapping[str, MatchEvent] = {"linked": "link", "apart": "keep-apart"}

Words = Annotated[str, msgspec.Meta(max_length=1000)]


class PatientIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The whole of what staff write about who a patient is."""

    name: Words
    born_on: date
    number: Words | None = None
    phone: Words | None = None
    address: Words | None = None


class StateIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What became of the patient."""

    state: PatientState


class AccountStateIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Whether the patient may sign in."""

    state: Literal["active", "disabled"]


class VerificationIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Whether staff know who this is."""

    verified: bool


class DecisionIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What stands about two records: `linked` (one person) or `apart` (two)."""

    decision: Literal["linked", "apart"]


class ClosureIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The password, once more."""

    password: Annotated[str, msgspec.Meta(max_length=1024)]


class ListedPatientOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A patient in a list. `verified` is false while staff do not know who it is."""

    id: PatientId
    name: str
    born_on: date
    number: str | None
    state: PatientState
    verified: bool


class PatientsOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One page of patients, by name."""

    items: list[ListedPatientOut]
    next: str | None


class OwnAccountOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The patient's own account."""

    email: str
    state: str


class LinkOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Another record of the same person; `later` when that one registered itself later."""

    patient: PatientId
    name: str
    later: bool


class FormerOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who the patient was said to be until a change, by the patient, by staff, or by an imported file."""

    name: str
    born_on: date
    until: datetime
    source: ChangeSource
    changed_by: str | None


class PatientOut(ListedPatientOut, frozen=True, kw_only=True, rename="camel"):
    """A patient with contact data, own account, linked records, and former names, the newest first."""

    phone: str | None
    address: str | None
    account: OwnAccountOut | None
    links: list[LinkOut]
    former: list[FormerOut]


class CandidateOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Another record that may be of the same person, why, and what was decided.

    `likeness` says whether the two are alike by what was first given, or only since staff (or you) corrected one.
    """

    patient: ListedPatientOut
    same_name_and_birth_date: bool
    same_phone: bool
    likeness: Likeness
    decision: MatchState | None


class CandidatesOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All of them."""

    items: list[CandidateOut]
    next: None = None


@get("/api/patients", opt=_MANAGERS)
async def list_patients(site: Site, caller: Caller, q: str = "", cursor: str | None = None) -> PatientsOut:
    """Patients by name; with `q` those whose name holds it, or whose number or birth date (2001-12-31) it is."""
    page = await actions.find_patients(site, caller, q, cursor)
    return PatientsOut(items=[listed_out(row) for row in page.entries], next=page.next)


@post("/api/patients", opt=_MANAGERS)
async def create_patient(site: Site, caller: Caller, data: Annotated[PatientIn, Body()]) -> PatientOut:
    """A new record. Look for the person first: `GET …/matches` names who may be the same."""
    return patient_out(await actions.create_patient(site, caller, _details(data)))


@get("/api/patients/{patient_id:uuid}", opt=_MANAGERS)
async def read_patient(site: Site, caller: Caller, patient_id: UUID) -> PatientOut:
    """One patient with contact data."""
    return patient_out(await actions.read_patient(site, caller, PatientId(patient_id)))


@put("/api/patients/{patient_id:uuid}", opt=_MANAGERS)
async def change_patient(
    site: Site, caller: Caller, patient_id: UUID, data: Annotated[PatientIn, Body()]
) -> PatientOut:
    """Corrects name, birth date, number, phone and address; what is left out is erased."""
    return patient_out(await actions.change_patient(site, caller, PatientId(patient_id), _details(data)))


@put("/api/patients/{patient_id:uuid}/state", opt=_MANAGERS_PROVEN)
async def set_patient_state(
    site: Site, caller: Caller, patient_id: UUID, data: Annotated[StateIn, Body()]
) -> PatientOut:
    """Transferred or deceased: no reminders, and whoever acts for the patient must be confirmed anew."""
    return patient_out(await actions.set_state(site, caller, PatientId(patient_id), data.state))


@put("/api/patients/{patient_id:uuid}/account", opt=_MANAGERS)
async def set_account_state(
    site: Site, caller: Caller, patient_id: UUID, data: Annotated[AccountStateIn, Body()]
) -> PatientOut:
    """Closes the patient's own account or opens it again; the record stays."""
    is_open = data.state == "active"
    return patient_out(await actions.set_account_state(site, caller, PatientId(patient_id), is_open=is_open))


@put("/api/patients/{patient_id:uuid}/verification", opt=_MANAGERS)
async def set_verification(
    site: Site, caller: Caller, patient_id: UUID, data: Annotated[VerificationIn, Body()]
) -> PatientOut:
    """Says that staff know who somebody is who registered without them."""
    return patient_out(await actions.set_verified(site, caller, PatientId(patient_id), verified=data.verified))


@get("/api/patients/{patient_id:uuid}/matches", opt=_MANAGERS)
async def list_matches(site: Site, caller: Caller, patient_id: UUID) -> CandidatesOut:
    """Who may be the same person; only staff ever see this."""
    return _candidates_out(await matching.read_candidates(site, caller, PatientId(patient_id)))


@put("/api/patients/{patient_id:uuid}/matches/{other_id:uuid}", opt=_MANAGERS_PROVEN)
async def decide_match(
    site: Site, caller: Caller, patient_id: UUID, other_id: UUID, data: Annotated[DecisionIn, Body()]
) -> CandidatesOut:
    """Links an unverified record to the one that the clinic knows, or keeps the two apart. 422 `not-alike`, 409 `own-correction`."""
    event = _EVENTS[data.decision]
    return _candidates_out(await matching.decide(site, caller, PatientId(patient_id), PatientId(other_id), event))


@delete("/api/patients/{patient_id:uuid}/matches/{other_id:uuid}", opt=_MANAGERS, status_code=200)
async def undo_match(site: Site, caller: Caller, patient_id: UUID, other_id: UUID) -> CandidatesOut:
    """Takes back what was decided about the two."""
    return _candidates_out(await matching.decide(site, caller, PatientId(patient_id), PatientId(other_id), "undo"))


@put("/api/account/closure", opt={"audience": patients()}, dependencies=_VISITOR)
async def close_account(
    data: Annotated[ClosureIn, Body()], door: Door, caller: Caller, visitor: Visitor
) -> Response[None]:
    """Closes one's own account; the clinic keeps the record. 401 for a wrong password."""
    await closing.close_own_account(door, caller, visitor, data.password)
    return Response(
        None,
        status_code=204,
        cookies=[clear_cookie(door.site.settings)],
        headers={"Clear-Site-Data": CLEAR_SITE_DATA},
    )


def listed_out(row: PatientRow) -> ListedPatientOut:
    """A patient as lists show one."""
    return ListedPatientOut(
        id=row.patient_id,
        name=row.name,
        born_on=row.born_on,
        number=row.clinic_number,
        state=row.state,
        verified=row.verified,
    )


def patient_out(view: PatientView) -> PatientOut:
    """A patient as an answer."""
    row, account = view.row, view.account
    return PatientOut(
        id=row.patient_id,
        name=row.name,
        born_on=row.born_on,
        number=row.clinic_number,
        state=row.state,
        verified=row.verified,
        phone=view.contact.phone,
        address=view.contact.address,
        account=None if account is None else OwnAccountOut(email=account.email, state=account.state),
        links=[LinkOut(patient=link.patient_id, name=link.name, later=link.is_later) for link in view.links],
        former=[
            FormerOut(name=was.name, born_on=was.born_on, until=was.until, source=was.source, changed_by=was.changed_by)
            for was in view.former
        ],
    )


def _details(data: PatientIn) -> Details:
    return Details(name=data.name, born_on=data.born_on, number=data.number, phone=data.phone, address=data.address)


def _candidates_out(found: Sequence[Candidate]) -> CandidatesOut:
    return CandidatesOut(
        items=[
            CandidateOut(
                patient=listed_out(each.patient),
                same_name_and_birth_date=each.same_name_and_birth_date,
                same_phone=each.same_phone,
                likeness=each.likeness,
                decision=each.decision,
            )
            for each in found
        ]
    )


ROUTES: list[HTTPRouteHandler] = [
    list_patients,
    create_patient,
    read_patient,
    change_patient,
    set_patient_state,
    set_account_state,
    set_verification,
    list_matches,
    decide_match,
    undo_match,
    close_account,
]
