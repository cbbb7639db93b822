"""Pages after a procedure: what to do by day, how the check-ins stand, their course, and starting one."""

from uuid import UUID

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, patients
from portico.ids import PatientId
from portico.messaging import check_ins
from portico.messaging.after_care import read_after_care
from portico.messaging.course_reading import read_course
from portico.messaging.course_words import CHANGE_NAMES, REGION_NAMES, shown_series
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.templates import page, see_other


@get("/for/{patient_id:uuid}/after-care", opt={"audience": patients()})
async def after_care_page(request: AnyRequest, site: Site, caller: Caller, patient_id: UUID) -> Response[bytes]:
    """What to do today, and the course so far. While a danger is open, only what to do now."""
    after = await read_after_care(site, caller, PatientId(patient_id))
    course = await read_course(site, caller, PatientId(patient_id))
    return page(
        "after_care.html",
        request,
        after=after,
        guidance=after.guidance,
        course=shown_series(course),
        bands=course.bands,
        region_names=REGION_NAMES,
        change_names=CHANGE_NAMES,
    )


@post("/for/{patient_id:uuid}/check-in", opt={"audience": patients()})
async def start_check_in(site: Site, caller: Caller, patient_id: UUID) -> Response[bytes]:
    """Opens a check-in, or goes on with the one there is."""
    opened = await check_ins.open_check_in(site, caller, PatientId(patient_id), None)
    return see_other(f"/for/{patient_id}/responses/{opened.row.response_id}/screens/1")


ROUTES: list[HTTPRouteHandler] = [after_care_page, start_check_in]
