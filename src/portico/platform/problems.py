"""Turns every failure into its answer, in one place: problem+json (RFC 9457) for the API, a page for people.

Kind to status is a total table; a failure that is not in it is a defect and answers 500 without any detail.
"""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

import asyncpg
import msgspec
from litestar import Response
from litestar.exceptions import HTTPException, InternalServerException
from litestar.exceptions import ValidationException as LitestarValidation

from portico import errors
from portico.platform.logs import log
from portico.platform.request_faults import what_is_wrong
from portico.platform.requests import AnyRequest
from portico.platform.scope_notes import noted
from portico.platform.templates import HTML, render

PROBLEM_JSON = "application/problem+json"

STATUS: Mapping[type[errors.DomainError], int] = {
    errors.Malformed: 400,
    errors.Unauthenticated: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Stale: 412,
    errors.TooLarge: 413,
    errors.UnsupportedMedia: 415,
    errors.Invalid: 422,
    errors.PreconditionRequired: 428,
    errors.TooManyRequests: 429,
    errors.Unavailable: 503,
}

_BY_CONSTRAINT: Mapping[str, tuple[str, str]] = {
    "account_email_is_unique_in_clinic": ("email-taken", "Somebody here already uses this e-mail address."),
    "patient_number_is_unique_in_clinic": ("number-taken", "Another patient already has this number."),
    "patient_match_links_to_one": (
        "match-cannot-move",
        "This record is linked to another one already. Undo that first.",
    ),
    "response_one_open_draft": ("draft-open", "There is already an open draft of this form."),
    "escalation_one_unresolved_per_subject": ("already-raised", "This has been raised already."),
    "consult_clinic_id_clinician_id_fkey": ("unknown-clinician", "There is no such clinician in this clinic."),
    "consult_clinic_id_patient_id_fkey": ("unknown-patient", "There is no such patient in this clinic."),
}
"""Names of database constraints that a request can run into, as the refusal that they mean."""

_HTTP_CODES: Mapping[int, tuple[str, str]] = {
    400: ("invalid-request", "The request could not be read."),
    401: ("sign-in-required", "Please sign in first."),
    403: ("not-allowed", "You cannot do this here."),
    404: ("not-found", "There is nothing here that you can see."),
    405: ("method-not-allowed", "This address does not take that kind of request."),
    413: ("too-large", "The request is larger than this address accepts."),
    415: ("unsupported-media-type", "This address does not read that type of content."),
    429: ("too-many-requests", "Too many requests. Please wait a moment."),
}


_WENT_AWAY = "client disconnected prematurely"
"""What the framework says, as an error of the server, when somebody goes away while sending: no defect, and no alarm."""


class Fault(msgspec.Struct, frozen=True, rename="camel"):
    """One fault in submitted content, where a machine and a person can find it."""

    link_id: str
    path: str
    code: str
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """RFC 9457 problem details, with the code that clients act on."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: tuple[Fault, ...] = ()
    data: Mapping[str, object] = {}


def status_of(error: errors.DomainError) -> int:
    """The HTTP status of a refusal: that of its kind."""
    for kind, status in STATUS.items():
        if isinstance(error, kind):
            return status
    return 500


def problem_of(error: errors.DomainError, request_id: str) -> Problem:
    """The refusal as problem details."""
    status = status_of(error)
    faults: tuple[Fault, ...] = ()
    if isinstance(error, errors.Invalid):
        faults = tuple(Fault(f.link_id, f.path, f.code, f.message) for f in error.faults)
    return Problem(
        type=f"urn:portico:problem:{error.code}",
        title=HTTPStatus(status).phrase,
        status=status,
        code=error.code,
        detail=error.message,
        request_id=request_id,
        errors=faults,
        data=error.data,
    )


def answer_domain_error(request: AnyRequest, error: errors.DomainError) -> Response[bytes]:
    """An expected refusal."""
    headers = {}
    if isinstance(error, errors.TooManyRequests | errors.Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    return _answer(request, problem_of(error, request_id_of(request)), headers)


def answer_http_exception(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    """A refusal by the framework; its own wording never reaches the client."""
    if isinstance(error, InternalServerException) and error.detail == _WENT_AWAY:
        return answer_domain_error(request, errors.Malformed("The request ended before all of it had come."))
    status = error.status_code if error.status_code in _HTTP_CODES else (400 if error.status_code < 500 else 500)
    if status == 500:
        return answer_defect(request, error)
    code, detail = _HTTP_CODES[status]
    if isinstance(error, LitestarValidation):
        detail = what_is_wrong(request, error)
    problem = Problem(
        type=f"urn:portico:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        code=code,
        detail=detail,
        request_id=request_id_of(request),
    )
    return _answer(request, problem, dict(error.headers or {}))


def answer_database_error(request: AnyRequest, error: asyncpg.PostgresError) -> Response[bytes]:
    """A constraint that a request ran into is a conflict; anything else is a defect."""
    name = getattr(error, "constraint_name", None)
    if isinstance(name, str) and name in _BY_CONSTRAINT:
        code, detail = _BY_CONSTRAINT[name]
        problem = Problem(
            type=f"urn:portico:problem:{code}",
            title="Conflict",
            status=409,
            code=code,
            detail=detail,
            request_id=request_id_of(request),
        )
        return _answer(request, problem, {})
    if (error.sqlstate or "").startswith("22"):  # data exceptions: NUL in a text, a date out of range
        message = "A part of the request holds a value that cannot be stored or looked for."
        return answer_domain_error(request, errors.Malformed(message))
    if isinstance(error, asyncpg.LockNotAvailableError | asyncpg.QueryCanceledError):
        return answer_domain_error(request, errors.Unavailable("The portal is very busy. Please try again."))
    return answer_defect(request, error)


def answer_too_deep(request: AnyRequest, error: RecursionError) -> Response[bytes]:
    """A body nested deeper than anybody writes."""
    del error
    return answer_domain_error(request, errors.Malformed("The request is nested too deeply to be read."))


def answer_out_of_range(request: AnyRequest, error: OverflowError) -> Response[bytes]:
    """A date or a number outside what calendars and computers hold."""
    del error
    return answer_domain_error(request, errors.Malformed("A date or a number in the request is out of range."))


def answer_defect(request: AnyRequest, error: Exception) -> Response[bytes]:
    """A defect: logged by type and place, answered without detail."""
    log("defect", request_id=request_id_of(request), error=type(error).__name__, place=_place(error))
    problem = Problem(
        type="urn:portico:problem:internal-error",
        title="Internal Server Error",
        status=500,
        code="internal-error",
        detail="Something went wrong on our side. Nothing you sent before was lost; please try again.",
        request_id=request_id_of(request),
    )
    return _answer(request, problem, {})


def request_id_of(request: AnyRequest) -> str:
    """The id that this request has in the log and in the audit record."""
    return str(noted(request.scope, "request_id") or "-")


def wants_page(request: AnyRequest) -> bool:
    """Whether a person's browser asks (everything outside the API)."""
    return not request.scope["path"].startswith(("/api/", "/fhir/"))


def _answer(request: AnyRequest, problem: Problem, headers: dict[str, str]) -> Response[bytes]:
    if wants_page(request):
        late, resend = noted(request.scope, "late"), noted(request.scope, "resend")
        if problem.status == 401 and late is not None:
            body = render("sign_in.html", request, late=late).encode()
            return Response(body, status_code=401, media_type=HTML, headers=headers)
        if problem.status == 403 and resend is not None:
            body = render("kept_page.html", request, page=resend).encode()
            return Response(body, status_code=403, media_type=HTML, headers=headers)
        if problem.status == 401:
            return Response(b"", status_code=303, headers={"Location": "/sign-in"})
        body = render("problem.html", request, problem=problem).encode()
        return Response(body, status_code=problem.status, media_type=HTML, headers=headers)
    return Response(msgspec.json.encode(problem), status_code=problem.status, media_type=PROBLEM_JSON, headers=headers)


def _place(error: Exception) -> str:
    """Where in our code or templates it happened; never the message, which may hold what a person typed."""
    trace = error.__traceback__
    place = "?"
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if "portico" in path.parts:
            place = f"{path.parent.name}/{path.name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
