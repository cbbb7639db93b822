"""What is wrong with a request that its route could not read: the parts at fault by the names that clients use.

Values are never repeated: they may be what a person typed.
"""

import re
from collections.abc import Iterator

from litestar.exceptions import ValidationException
from litestar.params import ParameterKwarg

from portico.platform.requests import AnyRequest

_NAMED = (
    (re.compile(r"Object contains unknown field `([\w.-]{1,60})`"), "is not known here"),
    (re.compile(r"Object missing required field `([\w.-]{1,60})`"), "is missing"),
    (re.compile(r"Missing required (?:query |header |cookie )?parameter '?([\w.-]{1,60})'?"), "is missing"),
)
_KEY = re.compile(r"[\w.\[\]-]{1,120}")
_BODY = "data"
"""What the framework calls the body as a whole."""


def what_is_wrong(request: AnyRequest, error: ValidationException) -> str:
    """Every part that could not be read, in one sentence."""
    extra = error.extra if isinstance(error.extra, list) else []
    found = sorted({told for item in extra if isinstance(item, dict) for told in _told(request, item)})
    if not found:
        return "The request could not be read: a field is missing, unknown or of the wrong kind."
    return f"The request could not be read: {'; '.join(found)}."


def _told(request: AnyRequest, item: dict[str, object]) -> Iterator[str]:
    key, message = str(item.get("key", "")), str(item.get("message", ""))
    inside = "" if key in ("", _BODY) else f"{key}."
    for pattern, fault in _NAMED:
        named = pattern.search(message)
        if named is not None:
            yield f"`{inside}{named[1]}` {fault}"
            return
    if "unknown field" in message:
        yield "a field is not known here"
    elif key == _BODY:
        yield "the body is of the wrong kind"
    elif _KEY.fullmatch(key):
        yield f"`{_as_clients_say(request, key)}` is not of the kind that this takes"


def _as_clients_say(request: AnyRequest, key: str) -> str:
    """A parameter's name in the address, where the program calls it otherwise."""
    known = request.route_handler.parsed_fn_signature.parameters.get(key)
    given = None if known is None else known.kwarg_definition
    alias = (given.query or given.header or given.cookie) if isinstance(given, ParameterKwarg) else None
    return alias or key
