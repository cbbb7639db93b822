"""The page that asks for a fresh proof, in the place of what was asked, and on its own for pages that are only read."""

from litestar import Response, get, post
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler

from portico.access import signed_in
from portico.accounts.cookies import set_cookie
from portico.accounts.door import Door
from portico.accounts.gate import provide_visit, provide_visitor
from portico.accounts.model import Visit, Visitor
from portico.accounts.request_checks import AnyRequest, form_of
from portico.accounts.step_up import Proof, freshness_of, step_up
from portico.accounts.step_up_gate import CODE_FIELD, PASSWORD_FIELD, Asked, StepUpAsked
from portico.errors import DomainError
from portico.platform.problems import answer_domain_error, status_of, wants_page
from portico.platform.templates import page, see_other

_WHO = {
    "visit": Provide(provide_visit, sync_to_thread=False),
    "visitor": Provide(provide_visitor, sync_to_thread=False),
}


def answer_step_up(request: AnyRequest, error: StepUpAsked) -> Response[bytes]:
    """The refusal for programs; for people the form that asks, which then goes on to what they wanted."""
    if not wants_page(request):
        return answer_domain_error(request, error)
    return page("step_up.html", request, status=403, asked=error.asked)


@get("/step-up", opt={"audience": signed_in()}, dependencies=_WHO)
async def step_up_page(request: AnyRequest, door: Door, visit: Visit, to: str = "/account") -> Response[bytes]:
    """Asks for the proof, then leads to the page that `to` names."""
    return await _ask(request, door, visit, to, None)


@post("/step-up", opt={"audience": signed_in()}, status_code=303, dependencies=_WHO)
async def post_step_up(request: AnyRequest, door: Door, visit: Visit, visitor: Visitor) -> Response[bytes]:
    """Takes the proof and leads on, or asks again."""
    form = await form_of(request)
    proof = Proof(password=form.get(PASSWORD_FIELD, ""), code=form.get(CODE_FIELD, ""))
    try:
        opened = await step_up(door, visit, visitor, proof)
    except DomainError as refusal:
        return await _ask(request, door, visit, form.get("to", ""), refusal)
    response = see_other(_within(form.get("to", "")))
    response.cookies.append(set_cookie(door.site.settings, opened.cookie))
    return response


async def _ask(request: AnyRequest, door: Door, visit: Visit, to: str, refusal: DomainError | None) -> Response[bytes]:
    freshness = await freshness_of(door.site.db, visit)
    asked = Asked(
        action=_within(to),
        is_form=False,
        fields=(),
        needs_code=freshness.needs_code,
        refusal=None if refusal is None else refusal.message,
    )
    return page("step_up.html", request, status=200 if refusal is None else status_of(refusal), asked=asked)


def _within(path: str) -> str:
    """A page of this portal; any other address becomes one's own account (ASVS 5.0 3.7.2)."""
    is_ours = path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path
    return path if is_ours else "/account"


ROUTES: list[HTTPRouteHandler] = [step_up_page, post_step_up]
