"""Pages of one's own account; they work without any script."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal
from uuid import UUID

from litestar import Response, get, post
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, Permission, anyone, signed_in
from portico.accounts import email_change, factor_setup, own_account, own_name
from portico.accounts.cookies import set_cookie
from portico.accounts.devices import device_name
from portico.accounts.door import Door
from portico.accounts.gate import provide_visit, provide_visitor
from portico.accounts.model import Visit, Visitor
from portico.accounts.own_rules import Language
from portico.accounts.qr import qr_svg
from portico.accounts.request_checks import AnyRequest, form_of
from portico.accounts.totp import enrolment_uri
from portico.errors import DomainError, Malformed
from portico.ids import SessionId
from portico.platform.problems import status_of
from portico.platform.site import Site
from portico.platform.templates import page, see_other

_WHO = {
    "visit": Provide(provide_visit, sync_to_thread=False),
    "visitor": Provide(provide_visitor, sync_to_thread=False),
}
_VISITOR = {"visitor": Provide(provide_visitor, sync_to_thread=False)}

Part = Literal["name", "password", "details", "email", "sessions", "second-factor"]

LANGUAGES: Mapping[Language, str] = {"en": "English", "es": "Español"}


@get("/account", opt={"audience": signed_in()})
async def account_page(request: AnyRequest, site: Site, caller: Caller, done: str = "") -> Response[bytes]:
    """Everything about one's own account, and the ways to change it. `done` says what just was."""
    return await _show(request, site, caller, done=done)


@post("/account/details", opt={"audience": signed_in()}, status_code=303)
async def post_details(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """Keeps number and language."""
    form = await form_of(request)

    async def act() -> str:
        await own_account.change_details(
            site, caller, phone=form.get("phone"), language=_language(form, _offered(site))
        )
        return "details"

    return await _after(act, lambda refusal: _show(request, site, caller, refusal=refusal, part="details", typed=form))


@post("/account/name", opt={"audience": signed_in(fresh=True)}, status_code=303)
async def post_name(request: AnyRequest, door: Door, caller: Caller) -> Response[bytes]:
    """Changes one's own name."""
    form = await form_of(request)

    async def act() -> str:
        await own_name.change_own_name(door, caller, form.get("name", ""))
        return "name"

    again = lambda refusal: _show(request, door.site, caller, refusal=refusal, part="name", typed=form)  # noqa: E731 - one line beside `act`
    return await _after(act, again)


@post("/account/password", opt={"audience": signed_in()}, status_code=303, dependencies=_WHO)
async def post_password(
    request: AnyRequest, door: Door, caller: Caller, visit: Visit, visitor: Visitor
) -> Response[bytes]:
    """Sets a new password. Passwords are never sent back."""
    form = await form_of(request)
    try:
        opened = await own_account.change_password(
            door, visit, visitor, old=form.get("current", ""), new=form.get("new", "")
        )
    except DomainError as refusal:
        return await _show(request, door.site, caller, refusal=refusal, part="password")
    response = see_other("/account?done=password")
    response.cookies.append(set_cookie(door.site.settings, opened.cookie))
    return response


@post("/account/email", opt={"audience": signed_in(fresh=True)}, status_code=303)
async def post_email(request: AnyRequest, door: Door, caller: Caller) -> Response[bytes]:
    """Sends a link to the new address."""
    form = await form_of(request)

    async def act() -> str:
        await email_change.ask_for(door, caller, form.get("email", ""))
        return "email"

    again = lambda refusal: _show(request, door.site, caller, refusal=refusal, part="email", typed=form)  # noqa: E731 - one line beside `act`
    return await _after(act, again)


@post("/account/sessions/{session_id:uuid}/end", opt={"audience": signed_in()}, status_code=303)
async def post_end_session(session_id: UUID, site: Site, caller: Caller) -> Response[bytes]:
    """Ends one session; the present one too, which leads to the sign-in."""
    await own_account.end_one(site.db, caller, SessionId(session_id))
    return see_other("/account?done=session#sessions")


@post("/account/sessions/end", opt={"audience": signed_in()}, status_code=303, dependencies=_WHO)
async def post_end_others(site: Site, visit: Visit, visitor: Visitor) -> Response[bytes]:
    """Ends every other session."""
    await own_account.end_others(site.db, visit, visitor)
    return see_other("/account?done=session#sessions")


@post("/account/second-factor", opt={"audience": signed_in(fresh=True)}, status_code=303)
async def post_second_factor_start(site: Site, caller: Caller) -> Response[bytes]:
    """Makes a fresh secret and leads to the page that shows it."""
    await factor_setup.start(site, caller)
    return see_other("/account/second-factor")


@get("/account/second-factor", opt={"audience": signed_in(fresh=True)})
async def second_factor_setup_page(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """Shows the secret as a picture and as text, and asks for the app's first code."""
    return await _show_secret(request, site, caller, None)


@post(
    "/account/second-factor/confirmation",
    opt={"audience": signed_in(fresh=True)},
    dependencies=_WHO,
    status_code=200,
)
async def post_second_factor_code(
    request: AnyRequest, door: Door, caller: Caller, visit: Visit, visitor: Visitor
) -> Response[bytes]:
    """Takes the app's first code and shows the recovery codes, this once."""
    code = (await form_of(request)).get("code", "")
    try:
        codes = await factor_setup.confirm(door, visit, visitor, code)
    except DomainError as refusal:
        return await _show_secret(request, door.site, caller, refusal)
    return page("recovery_codes.html", request, codes=codes)


@post("/account/second-factor/off", opt={"audience": signed_in(fresh=True)}, status_code=303)
async def post_second_factor_off(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """Takes the second factor away."""

    async def act() -> str:
        await factor_setup.switch_off(site, caller)
        return "second-factor-off"

    return await _after(act, lambda refusal: _show(request, site, caller, refusal=refusal, part="second-factor"))


@post("/account/recovery-codes", opt={"audience": signed_in(fresh=True)}, status_code=200)
async def post_recovery_codes(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """Shows ten fresh codes, this once."""
    try:
        codes = await factor_setup.renew_codes(site, caller)
    except DomainError as refusal:
        return await _show(request, site, caller, refusal=refusal, part="second-factor")
    return page("recovery_codes.html", request, codes=codes)


@get("/email-change", opt={"audience": anyone()})
async def email_change_page(request: AnyRequest, code: str = "") -> Response[bytes]:
    """Where the link of the mail leads. Nothing happens by looking: mail programs open links too."""
    return page("email_change.html", request, code=code, done=False, refusal=None)


@post("/email-change", opt={"audience": anyone()}, dependencies=_VISITOR, status_code=200)
async def post_email_change_page(request: AnyRequest, door: Door, visitor: Visitor) -> Response[bytes]:
    """Confirms the new address."""
    code = (await form_of(request)).get("code", "")
    try:
        await email_change.confirm(door, code, visitor)
    except DomainError as refusal:
        return page("email_change.html", request, status=status_of(refusal), code="", done=False, refusal=refusal)
    return page("email_change.html", request, code="", done=True, refusal=None)


async def _after(
    act: Callable[[], Awaitable[str]], again: Callable[[DomainError], Awaitable[Response[bytes]]]
) -> Response[bytes]:
    """Acts and leads back to the account, or shows the page again with what was wrong."""
    try:
        done = await act()
    except DomainError as refusal:
        return await again(refusal)
    return see_other(f"/account?done={done}")


async def _show(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    *,
    done: str = "",
    refusal: DomainError | None = None,
    part: Part | None = None,
    typed: dict[str, str] | None = None,
) -> Response[bytes]:
    return page(
        "account.html",
        request,
        status=200 if refusal is None else status_of(refusal),
        own=await own_account.read_own(site, caller),
        sessions=await own_account.list_sessions(site.db, caller),
        this=caller.actor.session_id,
        hat=caller.actor.hat,
        may_recover=caller.actor.may(Permission.RECOVER_STAFF),
        device_name=device_name,
        languages=_offered(site),
        done=done,
        refusal=refusal,
        part=part,
        typed=typed or {},
    )


async def _show_secret(request: AnyRequest, site: Site, caller: Caller, refusal: DomainError | None) -> Response[bytes]:
    seed = await factor_setup.seed_being_set_up(site, caller)
    uri = enrolment_uri(seed, caller.actor.name)
    status = 200 if refusal is None else status_of(refusal)
    return page(
        "account_second_factor.html", request, status=status, seed=seed, uri=uri, qr=qr_svg(uri), refusal=refusal
    )


def _offered(site: Site) -> Mapping[Language, str]:
    """Languages in which every text for patients is there: choosing another one would change nothing."""
    texts = site.content.guidance.values()
    return {code: name for code, name in LANGUAGES.items() if all(code in text.texts for text in texts)}


def _language(form: dict[str, str], offered: Mapping[Language, str]) -> Language | None:
    """What was chosen; None where there was nothing to choose. Raises Malformed."""
    if len(offered) < 2 and "language" not in form:
        return None
    chosen = next((code for code in offered if code == form.get("language")), None)
    if chosen is None:
        message = "Choose one of the languages."
        raise Malformed(message)
    return chosen


ROUTES: list[HTTPRouteHandler] = [
    account_page,
    post_details,
    post_name,
    post_password,
    post_email,
    post_end_session,
    post_end_others,
    post_second_factor_start,
    second_factor_setup_page,
    post_second_factor_code,
    post_second_factor_off,
    post_recovery_codes,
    email_change_page,
    post_email_change_page,
]
