"""The gate's part of a step-up: a route that wants a fresh proof lets nobody through without one.

On pages the proof comes with the very form that was being sent, so nothing typed is lost and nothing is asked twice.
"""

from collections.abc import Sequence
from typing import cast

import msgspec
from litestar.types import Message, Scope

from portico.accounts.cookies import set_cookie
from portico.accounts.door import Door
from portico.accounts.model import Cookie, Visit, Visitor
from portico.accounts.own_rules import StepUpRequired
from portico.accounts.request_checks import CSRF_FIELD, SAFE_METHODS, AnyRequest, form_fields
from portico.accounts.step_up import Proof, freshness_of, step_up
from portico.errors import DomainError
from portico.platform.problems import wants_page
from portico.platform.scope_notes import note, noted

PASSWORD_FIELD = "step_up_password"  # noqa: S105 - the name of a field
CODE_FIELD = "step_up_code"

_OURS = frozenset({CSRF_FIELD, PASSWORD_FIELD, CODE_FIELD})


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody was about to do when the proof was missing: it goes on from here once it is there."""

    action: str
    is_form: bool
    fields: tuple[tuple[str, str], ...]
    needs_code: bool
    refusal: str | None = None


class StepUpAsked(StepUpRequired):
    """As the refusal it is; on pages it becomes the form that asks for the proof."""

    def __init__(self, asked: Asked) -> None:
        super().__init__()
        self.asked = asked


async def require_fresh(request: AnyRequest, visit: Visit, visitor: Visitor) -> Visit:
    """The session, fresh; under a new token when the proof came with this request. Raises StepUpAsked."""
    door = cast("Door", request.app.state["door"])
    freshness = await freshness_of(door.site.db, visit)
    if freshness.is_fresh:
        return visit
    pairs = tuple(await form_fields(request)) if wants_page(request) and request.method not in SAFE_METHODS else ()
    given = dict(pairs)
    if PASSWORD_FIELD not in given:
        raise StepUpAsked(_asked(request, pairs, needs_code=freshness.needs_code))
    proof = Proof(password=given[PASSWORD_FIELD], code=given.get(CODE_FIELD, ""))
    try:
        opened = await step_up(door, visit, visitor, proof)
    except DomainError as refusal:
        asked = _asked(request, pairs, needs_code=freshness.needs_code)
        raise StepUpAsked(msgspec.structs.replace(asked, refusal=refusal.message)) from refusal
    note(request.scope, "renewed", opened.cookie)
    return msgspec.structs.replace(visit, csrf_token=opened.csrf_token)


async def send_renewed_cookie(message: Message, scope: Scope) -> None:
    """Hook before sending: a token that this request renewed reaches the browser whatever the answer is."""
    cookie = noted(scope, "renewed")
    if message["type"] == "http.response.start" and isinstance(cookie, Cookie):
        settings = cast("Door", scope["litestar_app"].state["door"]).site.settings
        message["headers"] = [*message["headers"], set_cookie(settings, cookie).to_encoded_header()]


def _asked(request: AnyRequest, pairs: Sequence[tuple[str, str]], *, needs_code: bool) -> Asked:
    query = request.scope["query_string"].decode("latin-1")
    path = request.scope["path"]
    return Asked(
        action=f"{path}?{query}" if query else path,
        is_form=request.method not in SAFE_METHODS,
        fields=tuple(pair for pair in pairs if pair[0] not in _OURS),
        needs_code=needs_code,
    )
