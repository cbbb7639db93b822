"""Pages of signing in and out; they work without any script."""

from typing import Literal

import msgspec
from litestar import Response, get, post
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler

from portico.access import anyone, signing_in
from portico.accounts import second_factor
from portico.accounts.api import SignIn
from portico.accounts.cookies import CLEAR_PAGES, clear_cookie, left_cookie, set_cookie
from portico.accounts.door import Door
from portico.accounts.gate import provide_visit, provide_visitor
from portico.accounts.kept_page import FIELD, late_again, open_page
from portico.accounts.model import Attempt, Opened, Visit, Visitor
from portico.accounts.qr import qr_svg
from portico.accounts.registration import clinics_to_register_at
from portico.accounts.request_checks import AnyRequest, form_of
from portico.accounts.rules import ChooseClinic, ChooseHat, NoFactorOwed
from portico.accounts.sessions import end_visit, visit_of
from portico.accounts.sign_in import sign_in
from portico.accounts.totp import enrolment_uri
from portico.errors import DomainError, Malformed
from portico.platform.chrome import Chrome
from portico.platform.problems import status_of
from portico.platform.scope_notes import note, noted
from portico.platform.site import Site
from portico.platform.templates import page, see_other

_NEXT = {"signed-in": "/", "second-factor": "/sign-in/second-factor", "enrol-second-factor": "/sign-in/set-up"}
_VISIT = {"visit": Provide(provide_visit, sync_to_thread=False)}
_VISITOR = {"visitor": Provide(provide_visitor, sync_to_thread=False)}


@get("/sign-in", opt={"audience": anyone()}, dependencies=_VISITOR)
async def sign_in_page(
    request: AnyRequest,
    site: Site,
    visitor: Visitor,
    after: Literal["activated", "known", "reset", "closed"] | None = None,
) -> Response[bytes]:
    """The form; whoever is on the way in already is sent on to the next step. `after` says what led here."""
    visit = await visit_of(site.db, visitor.cookie, is_activity=False)
    if visit is not None:
        return see_other(_NEXT[visit.state])
    may_register = bool(await clinics_to_register_at(site))
    return page("sign_in.html", request, after=after, may_register=may_register)


@post("/sign-in", opt={"audience": anyone()}, status_code=303, dependencies=_VISITOR)
async def post_sign_in(request: AnyRequest, door: Door, visitor: Visitor) -> Response[bytes]:
    """Signs in, or shows the form again with what was wrong and what there is to choose."""
    fields = {name: value for name, value in (await form_of(request)).items() if value or name == "password"}
    kept = fields.pop(FIELD, "")
    try:
        form = msgspec.convert(fields, SignIn)
    except msgspec.ValidationError:
        message = "Please fill in your e-mail address and your password."
        return await _sign_in_again(request, door.site, Malformed(message), fields.get("email", ""), kept)
    attempt = Attempt(email=form.email, password=form.password, clinic=form.clinic, hat=form.hat)
    try:
        opened = await sign_in(door, attempt, visitor)
    except DomainError as refusal:
        return await _sign_in_again(request, door.site, refusal, form.email, kept)
    return await _on_to(request, door.site, opened, kept)


@get("/sign-in/second-factor", opt={"audience": signing_in()}, dependencies=_VISIT)
async def second_factor_page(request: AnyRequest, visit: Visit) -> Response[bytes]:
    """Asks for the one-time code."""
    if visit.state != "second-factor":
        return see_other(_NEXT[visit.state])
    return page("second_factor.html", request)


@post(
    "/sign-in/second-factor",
    opt={"audience": signing_in()},
    status_code=303,
    dependencies=_VISIT | _VISITOR,
)
async def post_second_factor(request: AnyRequest, door: Door, visit: Visit, visitor: Visitor) -> Response[bytes]:
    """Takes the code, or asks again."""
    sent = await form_of(request)
    code, kept = sent.get("code", ""), sent.get(FIELD, "")
    try:
        opened = await second_factor.give_code(door, visit, visitor, code)
    except NoFactorOwed:
        return see_other("/sign-in")
    except DomainError as refusal:
        late = await late_again(request, door.site, kept)
        return page("second_factor.html", request, status=status_of(refusal), refusal=refusal, late=late)
    return await _on_to(request, door.site, opened, kept)


@get("/sign-in/set-up", opt={"audience": signing_in()}, dependencies=_VISIT)
async def set_up_page(request: AnyRequest, door: Door, visit: Visit) -> Response[bytes]:
    """Shows the secret for the authenticator app and asks for its first code."""
    if visit.state != "enrol-second-factor":
        return see_other(_NEXT[visit.state])
    return await _set_up(request, door, visit, None)


@post("/sign-in/set-up", opt={"audience": signing_in()}, status_code=200, dependencies=_VISIT | _VISITOR)
async def post_set_up(request: AnyRequest, door: Door, visit: Visit, visitor: Visitor) -> Response[bytes]:
    """Takes the app's first code, or shows the secret again."""
    code = (await form_of(request)).get("code", "")
    try:
        opened = await second_factor.confirm_enrolment(door, visit, visitor, code)
    except NoFactorOwed:
        return see_other("/sign-in")
    except DomainError as refusal:
        return await _set_up(request, door, visit, refusal)
    # The only time that the recovery codes can be read.
    response = page("recovery_codes.html", request, codes=opened.recovery_codes)
    response.cookies.append(set_cookie(door.site.settings, opened.cookie))
    return response


@post("/sign-out", opt={"audience": signing_in()}, status_code=303, dependencies=_VISIT | _VISITOR)
async def post_sign_out(visit: Visit, visitor: Visitor, site: Site) -> Response[bytes]:
    """Ends the session and clears what the browser keeps."""
    await end_visit(site.db, visit, visitor)
    response = see_other("/sign-in")
    response.cookies.append(clear_cookie(site.settings))
    if visitor.cookie is not None:
        response.cookies.append(left_cookie(site.settings, visitor.cookie))
    response.headers["Clear-Site-Data"] = CLEAR_PAGES
    return response


async def _sign_in_again(
    request: AnyRequest, site: Site, refusal: DomainError, email: str, kept: str
) -> Response[bytes]:
    """The password is never sent back; the address and the choices are."""
    late = await late_again(request, site, kept)
    choices = refusal.data if isinstance(refusal, ChooseClinic | ChooseHat) else {}
    return page("sign_in.html", request, status=status_of(refusal), refusal=refusal, email=email, late=late, **choices)


async def _set_up(request: AnyRequest, door: Door, visit: Visit, refusal: DomainError | None) -> Response[bytes]:
    seed = await second_factor.enrolment_seed(door, visit)
    status = 200 if refusal is None else status_of(refusal)
    uri = enrolment_uri(seed, visit.name)
    context = {"seed": seed, "uri": uri, "qr": qr_svg(uri), "refusal": refusal}
    return page("second_factor_set_up.html", request, status=status, **context)


async def _on_to(request: AnyRequest, site: Site, opened: Opened, kept: str = "") -> Response[bytes]:
    """The next step. What was typed before the last session ended goes along; it is saved only by a press."""
    response = await _next(request, site, opened, kept) if kept else see_other(_NEXT[opened.state])
    response.cookies.append(set_cookie(site.settings, opened.cookie))
    return response


async def _next(request: AnyRequest, site: Site, opened: Opened, kept: str) -> Response[bytes]:
    chrome = noted(request.scope, "chrome")
    if isinstance(chrome, Chrome):
        note(request.scope, "chrome", msgspec.structs.replace(chrome, csrf_token=opened.csrf_token))
    if opened.state == "second-factor":
        return page("second_factor.html", request, late=await late_again(request, site, kept))
    if opened.state != "signed-in":
        return see_other(_NEXT[opened.state])
    found = await open_page(request, site, opened.cookie.clinic_id, opened.account_id, kept)
    return page("kept_page.html", request, page=found)


ROUTES: list[HTTPRouteHandler] = [
    sign_in_page,
    post_sign_in,
    second_factor_page,
    post_second_factor,
    set_up_page,
    post_set_up,
    post_sign_out,
]
