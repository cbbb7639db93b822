"""What the description of an operation says beyond the framework's own: If-Match and ETag, FHIR bodies, refusals."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar.handlers import HTTPRouteHandler

from portico.access import Audience
from portico.forms import QuestionnaireResponse
from portico.platform.problems import PROBLEM_JSON, Problem

FHIR_JSON: Final = "application/fhir+json"
REVISION: Final = {"type": "string", "pattern": '^"[0-9]{1,9}"$'}
_FHIR_PREFIX: Final = "fhir_"
_REF: Final = "#/components/schemas/{}"
_LIMITED: Final = ("/api/session", "/api/session/second-factor", "/api/session/second-factor-setup")
"""Where tries are counted."""
_ALSO: Final[dict[str, dict[str, str | None]]] = {
    "POST /api/check-ins": {"200": "201"},
    "POST /api/responses": {"200": "201"},
    "POST /api/reviews/claims": {"204": None},
}
"""Second ways in which an operation succeeds, with the one whose content they share."""


def completed(operation: dict[str, Any], handler: HTTPRouteHandler, path: str, method: str) -> None:
    """Adds to the operation, in place, what can be read from its handler."""
    responses: dict[str, Any] = operation["responses"]
    _answers(responses, handler, f"{method.upper()} {path}")
    if handler.opt.get("revision") is not None:
        _revision(operation, is_needed=handler.opt["revision"] == "needs")
    if "body" in handler.parsed_fn_signature.parameters:
        operation["requestBody"] = _fhir_body()
    for refused in _refusals(operation, handler, path, method):
        responses[str(int(refused))] = _refusal(refused)


def _answers(responses: dict[str, Any], handler: HTTPRouteHandler, name: str) -> None:
    """How the operation succeeds."""
    responses.pop("400", None)
    for status, like in _ALSO.get(name, {}).items():
        responses[status] = dict(responses[like]) if like else {"description": HTTPStatus(int(status)).description}
    if handler.status_code == HTTPStatus.NO_CONTENT:
        responses["204"].pop("content", None)
    for told in responses.values():
        for kind, content in told.get("content", {}).items():
            if kind == FHIR_JSON:
                content["schema"] = _FORM
            if "oneOf" in content.get("schema", {}):
                # An empty list is a page of either kind.
                content["schema"] = {"anyOf": content["schema"]["oneOf"]}


def _revision(operation: dict[str, Any], *, is_needed: bool) -> None:
    if is_needed:
        operation.setdefault("parameters", []).append(
            {"name": "If-Match", "in": "header", "required": True, "schema": REVISION, "description": _IF_MATCH}
        )
    header = {"required": True, "schema": REVISION, "description": "The revision of what is shown."}
    for status in operation["responses"].keys() & {"200", "201"}:
        operation["responses"][status]["headers"] = {"ETag": header}


_FORM: Final = {
    "type": "object",
    "description": "A FHIR R4 Questionnaire.",
    "properties": {"resourceType": {"const": "Questionnaire"}},
    "required": ["resourceType"],
}
_IF_MATCH: Final = "The revision that the request was made from: the ETag of an earlier answer."


def components() -> dict[str, Any]:
    """Schemas that no route's signature names: the problem, and the FHIR resource that a save sends."""
    problems = _schemas(Problem, "{name}")
    fhir = _schemas(QuestionnaireResponse, _FHIR_PREFIX + "{name}")
    problems["ProblemFault"] = problems.pop("Fault")
    named = msgspec.json.encode(problems).replace(b"schemas/Fault", b"schemas/ProblemFault")
    return {**msgspec.json.decode(named), **{f"{_FHIR_PREFIX}{name}": _as_fhir(each) for name, each in fhir.items()}}


def _schemas(kind: type, template: str) -> dict[str, Any]:
    return msgspec.json.schema_components((kind,), ref_template=_REF.format(template), schema_hook=_anything)[1]


def _anything(_: type) -> dict[str, Any]:
    """Of what is not said more closely."""
    return {"description": "Any value."}


def _as_fhir(schema: object) -> object:
    """FHIR JSON writes decimals as numbers, and leaves out what is empty instead of writing null."""
    if isinstance(schema, list):
        return [_as_fhir(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "decimal":
        return {"type": "number"}
    match schema.get("anyOf"):
        case [kind, {"type": "null"}]:
            return _as_fhir(kind)
    return {key: _as_fhir(value) for key, value in schema.items() if key != "default"}


def _fhir_body() -> dict[str, Any]:
    schema = {"$ref": _REF.format(f"{_FHIR_PREFIX}QuestionnaireResponse")}
    return {
        "required": True,
        "description": "A FHIR R4 QuestionnaireResponse: the whole answer set.",
        "content": {FHIR_JSON: {"schema": schema}, "application/json": {"schema": schema}},
    }


def _refusals(operation: dict[str, Any], handler: HTTPRouteHandler, path: str, method: str) -> Iterator[HTTPStatus]:
    """By what a route is: who may call it, whether it changes something, what it reads."""
    audience = handler.opt["audience"]
    assert isinstance(audience, Audience)
    is_unsafe, is_open = method != "get", audience.who == "anyone"
    yield from (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.SERVICE_UNAVAILABLE)
    if not is_open or is_unsafe:
        yield from (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    if not is_open or "{" in path:
        yield HTTPStatus.NOT_FOUND
    if is_unsafe or path in _LIMITED:
        yield HTTPStatus.CONFLICT
    if is_unsafe:
        yield HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    if "requestBody" in operation or handler.opt.get("revision") == "needs" or handler.opt.get("query") == "checked":
        yield HTTPStatus.UNPROCESSABLE_ENTITY
    if handler.opt.get("revision") == "needs":
        yield from (HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED)
    if is_unsafe and path in _LIMITED:
        yield HTTPStatus.TOO_MANY_REQUESTS


def _refusal(status: HTTPStatus) -> dict[str, Any]:
    told: dict[str, Any] = {
        "description": status.phrase,
        "content": {PROBLEM_JSON: {"schema": {"$ref": _REF.format("Problem")}}},
    }
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        told["headers"] = {"Retry-After": {"required": True, "schema": {"type": "string", "pattern": "^[0-9]+$"}}}
    return told
