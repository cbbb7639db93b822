"""Reporting that something has changed since the form was sent: a page for patients and the same over JSON."""

from typing import Annotated, get_args
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body

from portico.access import Caller, patients
from portico.errors import DomainError, Invalid
from portico.ids import ResponseId
from portico.intake import reading, rules
from portico.intake.api import ResponseOut, response_out
from portico.intake.pages import FillIn, load
from portico.platform.problems import status_of
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.templates import page, see_other
from portico.platform.web import etag
from portico.review.changes import Change, report_change

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


class ChangeMissing(Invalid):
    """The report does not say what has changed."""

    code = "change-missing"


class ChangeIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What has changed since the form was sent."""

    change: Change


@put("/api/responses/{response_id:uuid}/change-report", opt={"audience": patients(), "revision": "tells"})
async def report(site: Site, caller: Caller, response_id: UUID, data: ChangeIn) -> Response[ResponseOut]:
    """Tells the clinic that something has changed, and opens what was sent for changes."""
    row = await report_change(site, caller, ResponseId(response_id), data.change)
    told = response_out(await reading.read_response(site, caller, row.response_id))
    return Response(told, headers={"ETag": etag(told.revision)})


@get("/for/{patient_id:uuid}/responses/{response_id:uuid}/change", opt={"audience": patients()})
async def change_page(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, response_id: UUID
) -> Response[bytes]:
    """What has changed?"""
    fill_in = await load(site, caller, patient_id, response_id)
    rules.moved(fill_in.reading.row.state, "amend")
    return _ask(request, fill_in)


@post("/for/{patient_id:uuid}/responses/{response_id:uuid}/change", opt={"audience": patients()})
async def report_page(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, response_id: UUID, data: Form
) -> Response[bytes]:
    """Reports it, and leads to the answers: for a new symptom to the questions about danger first."""
    fill_in = await load(site, caller, patient_id, response_id)
    rules.moved(fill_in.reading.row.state, "amend")
    try:
        change: Change = msgspec.convert(data.get("change"), Change)
    except msgspec.ValidationError:
        return _ask(request, fill_in, ChangeMissing("Please choose what has changed."))
    await report_change(site, caller, ResponseId(response_id), change)
    return see_other(fill_in.place(1 if change == "symptom" else 0))


def _ask(request: AnyRequest, fill_in: FillIn, problem: DomainError | None = None) -> Response[bytes]:
    return page(
        "change.html",
        request,
        status=200 if problem is None else status_of(problem),
        fill_in=fill_in,
        guidance=fill_in.guidance,
        problem=None if problem is None else problem.message,
        changes=get_args(Change),
    )


ROUTES: list[HTTPRouteHandler] = [report, change_page, report_page]
