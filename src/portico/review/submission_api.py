"""JSON routes that submit a response and tell its outcome: an intake goes into review, a check-in into its thread."""

from uuid import UUID

import msgspec
from litestar import Response, get, put
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, patients
from portico.ids import ResponseId
from portico.intake.outcome import Outcome
from portico.messaging.check_ins import CheckInOutcome
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.web import etag, if_match
from portico.review.submission import read_any_outcome, submit_response


class SubmissionIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to submit. `partial` is allowed only while a red flag is open in the draft."""

    partial: bool = False


@put("/api/responses/{response_id:uuid}/submission", opt={"audience": patients(), "revision": "needs"})
async def submit(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    response_id: UUID,
    data: SubmissionIn | None = None,
) -> Response[Outcome | CheckInOutcome]:
    """Submits the draft or working copy of this revision; needs If-Match."""
    wanted, revision = data or SubmissionIn(), if_match(request)
    told = await submit_response(site, caller, ResponseId(response_id), revision, partial=wanted.partial)
    return Response(told, headers={"ETag": etag(told.revision)})


@get("/api/responses/{response_id:uuid}/outcome", opt={"audience": patients(), "revision": "tells"})
async def outcome(site: Site, caller: Caller, response_id: UUID) -> Response[Outcome | CheckInOutcome]:
    """What the patient may see of the last submitted revision. A check-in has no disposition, but a thread."""
    told = await read_any_outcome(site, caller, ResponseId(response_id))
    return Response(told, headers={"ETag": etag(told.revision)})


ROUTES: list[HTTPRouteHandler] = [submit, outcome]
