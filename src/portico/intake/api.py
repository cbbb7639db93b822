"""JSON routes of questionnaires and of responses while they are written and read. Submitting is in `review`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from portico import forms
from portico.access import Caller, patients, signed_in
from portico.errors import Malformed
from portico.forms import Fault, QuestionnaireResponse, Reference
from portico.ids import LinkId, PatientId, ResponseId
from portico.intake import drafts, reading
from portico.intake.guidance import Guidance
from portico.intake.model import ResponseState
from portico.intake.reading import Reading
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.web import etag, if_match

FHIR_JSON = "application/fhir+json"


class ResponseIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which form to open, by its slug, and for whom."""

    questionnaire: str
    patient: PatientId


class VersionIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The version to move to, as `url|version`."""

    questionnaire: str


class ResponseOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A response with its answers; `newerVersion` is there while an open one could move to it."""

    id: ResponseId
    patient: PatientId
    questionnaire: str
    state: ResponseState
    revision: int
    newer_version: str | None = None
    response: msgspec.Raw


class MovedOut(ResponseOut, frozen=True, kw_only=True, rename="camel"):
    """A draft on its new version. Every answered question is in `carried` or in `dropped`."""

    carried: tuple[LinkId, ...]
    ask_again: tuple[LinkId, ...]
    dropped: tuple[LinkId, ...]


class ListedOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A response in a list, without its answers."""

    id: ResponseId
    patient: PatientId
    questionnaire: str
    state: ResponseState
    revision: int
    submitted_revision: int | None
    created_at: datetime
    saved_at: datetime


class ResponsesOut(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a patient's responses."""

    items: list[ListedOut]
    next: str | None


class RevisionOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One submitted revision; `dropped` are the questions whose answers did not apply and went."""

    revision: int
    questionnaire: str
    partial: bool
    dropped: tuple[LinkId, ...]
    submitted_at: datetime
    response: msgspec.Raw


class RevisionsOut(msgspec.Struct, frozen=True, kw_only=True):
    """Every submitted revision, oldest first."""

    items: list[RevisionOut]
    next: None = None


class WarningOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something in a saved draft that needs another look before it can be sent."""

    link_id: str
    path: str
    code: str
    message: str


class SavedOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a save answers. `guidance` is to be shown at once."""

    revision: int
    saved_at: datetime
    warnings: list[WarningOut]
    guidance: tuple[Guidance, ...]


@get("/api/questionnaires/{slug:str}", opt={"audience": signed_in()}, media_type=FHIR_JSON)
async def active_questionnaire(site: Site, slug: str) -> Response[bytes]:
    """The version of this form that is filled in now, as a FHIR R4 Questionnaire."""
    form = await reading.read_active_form(site, slug)
    return Response(forms.encode(form.questionnaire), media_type=FHIR_JSON)


@post("/api/responses", opt={"audience": patients(), "revision": "tells"})
async def open_response(site: Site, caller: Caller, data: ResponseIn) -> Response[ResponseOut]:
    """201 with a new draft, or 200 with the one that is open."""
    opened = await drafts.open_response(site, caller, data.questionnaire, data.patient)
    found = await reading.read_response(site, caller, opened.row.response_id)
    return _answer(response_out(found), 201 if opened.is_new else 200)


@get("/api/responses", opt={"audience": signed_in()})
async def list_responses(
    site: Site, caller: Caller, patient: UUID | None = None, cursor: str | None = None
) -> ResponsesOut:
    """A patient's responses, newest first; without `patient` one's own."""
    page = await reading.list_responses(site, caller, _whose(caller, patient), cursor)
    items = [
        ListedOut(
            id=row.response_id,
            patient=row.patient_id,
            questionnaire=f"{row.questionnaire_url}|{row.questionnaire_version}",
            state=row.state,
            revision=row.revision,
            submitted_revision=row.submitted_revision,
            created_at=row.created_at,
            saved_at=row.saved_at,
        )
        for row in page.responses
    ]
    return ResponsesOut(items=items, next=page.next)


@get("/api/responses/{response_id:uuid}", opt={"audience": signed_in(), "revision": "tells"})
async def read_response(site: Site, caller: Caller, response_id: UUID) -> Response[ResponseOut]:
    """The working copy, else what was submitted last."""
    return _answer(response_out(await reading.read_response(site, caller, ResponseId(response_id))), 200)


@get("/api/responses/{response_id:uuid}/revisions", opt={"audience": signed_in()})
async def read_revisions(site: Site, caller: Caller, response_id: UUID) -> RevisionsOut:
    """Everything that was submitted, oldest first."""
    found = await reading.read_revisions(site, caller, ResponseId(response_id))
    items = [
        RevisionOut(
            revision=each.row.revision,
            questionnaire=each.row.canonical,
            partial=each.row.partial,
            dropped=each.row.dropped,
            submitted_at=each.row.submitted_at,
            response=_resource(each.answers, each.row.response_id, each.row.patient_id, each.row.submitted_at),
        )
        for each in found
    ]
    return RevisionsOut(items=items)


@delete("/api/responses/{response_id:uuid}", opt={"audience": patients()}, status_code=204)
async def drop_response(site: Site, caller: Caller, response_id: UUID) -> None:
    """Throws a draft away, or the changes of an amendment."""
    await drafts.drop_response(site, caller, ResponseId(response_id))


@put("/api/responses/{response_id:uuid}/answers", opt={"audience": patients(), "revision": "needs"})
async def save_answers(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    response_id: UUID,
    body: Annotated[bytes, Parameter(description="A FHIR R4 QuestionnaireResponse.")],
) -> Response[SavedOut]:
    """Replaces the whole answer set; needs If-Match."""
    revision = if_match(request)
    saved = await drafts.save_answers(site, caller, ResponseId(response_id), revision, forms.decode_response(body))
    told = SavedOut(
        revision=saved.revision,
        saved_at=saved.saved_at,
        warnings=[_warning(fault) for fault in saved.warnings],
        guidance=saved.guidance,
    )
    return Response(told, headers={"ETag": etag(saved.revision)})


@post(
    "/api/responses/{response_id:uuid}/amendments", opt={"audience": patients(), "revision": "tells"}, status_code=201
)
async def open_amendment(site: Site, caller: Caller, response_id: UUID) -> Response[ResponseOut]:
    """Opens what was submitted for changes; it is saved and submitted as a draft is."""
    opened = await drafts.open_amendment(site, caller, ResponseId(response_id))
    return _answer(response_out(await reading.read_response(site, caller, opened.response_id)), 201)


@put("/api/responses/{response_id:uuid}/version", opt={"audience": patients(), "revision": "tells"})
async def move_version(site: Site, caller: Caller, response_id: UUID, data: VersionIn) -> Response[MovedOut]:
    """Moves the working copy to another version of its form."""
    moved = await drafts.move_version(site, caller, ResponseId(response_id), data.questionnaire)
    shown = response_out(await reading.read_response(site, caller, moved.row.response_id))
    fields = {name: getattr(shown, name) for name in ResponseOut.__struct_fields__}
    told = MovedOut(**fields, carried=moved.carried, ask_again=moved.ask_again, dropped=moved.dropped)
    return Response(told, headers={"ETag": etag(told.revision)})


def response_out(found: Reading) -> ResponseOut:
    """The response as it goes out."""
    row = found.row
    return ResponseOut(
        id=row.response_id,
        patient=row.patient_id,
        questionnaire=row.canonical,
        state=row.state,
        revision=row.revision,
        newer_version=found.newer_version,
        response=_resource(found.answers, row.response_id, row.patient_id, row.saved_at),
    )


def _resource(
    answers: QuestionnaireResponse, response_id: ResponseId, patient_id: PatientId, authored: datetime
) -> msgspec.Raw:
    """The stored answers as a FHIR resource of its own: whose they are and when they were given."""
    whole = msgspec.structs.replace(
        answers,
        id=str(response_id),
        subject=Reference(reference=f"Patient/{patient_id}"),
        authored=authored.isoformat(timespec="seconds"),
    )
    return msgspec.Raw(forms.encode(whole))


def _answer(told: ResponseOut, status: int) -> Response[ResponseOut]:
    return Response(told, status_code=status, headers={"ETag": etag(told.revision)})


def _warning(fault: Fault) -> WarningOut:
    return WarningOut(link_id=fault.link_id, path=fault.path, code=fault.code, message=fault.message)


def _whose(caller: Caller, patient: UUID | None) -> PatientId:
    if patient is not None:
        return PatientId(patient)
    own = caller.actor.own_patient
    if own is None or caller.actor.hat == "staff":
        raise Malformed("Say whose responses you want: add `patient` to the address.")
    return own.patient_id


ROUTES: list[HTTPRouteHandler] = [
    active_questionnaire,
    open_response,
    list_responses,
    read_response,
    read_revisions,
    drop_response,
    save_answers,
    open_amendment,
    move_version,
]
