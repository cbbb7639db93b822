"""JSON routes of check-ins. They are saved and sent by the routes of every response."""

from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, patients, signed_in
from portico.errors import Malformed
from portico.ids import PatientId, ThreadId
from portico.intake.api import ResponseOut, response_out
from portico.intake.reading import read_response
from portico.messaging import check_ins
from portico.messaging.course import Course
from portico.messaging.course_reading import read_course
from portico.platform.site import Site
from portico.platform.web import etag


class CheckInIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom, and in which thread; without one it opens a thread when it is sent."""

    patient: PatientId
    thread: ThreadId | None = None


@post("/api/check-ins", opt={"audience": patients()})
async def open_check_in(site: Site, caller: Caller, data: CheckInIn) -> Response[ResponseOut]:
    """201 with a new check-in, or 200 with the one that is open."""
    opened = await check_ins.open_check_in(site, caller, data.patient, data.thread)
    told = response_out(await read_response(site, caller, opened.row.response_id))
    return Response(told, status_code=201 if opened.is_new else 200, headers={"ETag": etag(told.revision)})


@get("/api/check-ins/course", opt={"audience": signed_in()})
async def course(site: Site, caller: Caller, patient: UUID | None = None) -> Course:
    """Pain and change by region and day, with the bands that are expected; without `patient` one's own."""
    return await read_course(site, caller, _whose(caller, patient))


def _whose(caller: Caller, patient: UUID | None) -> PatientId:
    if patient is not None:
        return PatientId(patient)
    own = caller.actor.own_patient
    if own is None or caller.actor.hat == "staff":
        message = "Say whose course you want: add `patient` to the address."
        raise Malformed(message)
    return own.patient_id


ROUTES: list[HTTPRouteHandler] = [open_check_in, course]
