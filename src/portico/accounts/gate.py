"""The gate before every route: who is there, whether the route is for them, and whether they really asked.

A route that declares no audience answers nobody, and `undeclared_routes` keeps the program from starting with one.
"""

from typing import cast

from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from portico.access import Audience, Caller, Permission
from portico.accounts.cookies import sent_cookie
from portico.accounts.devices import device_of
from portico.accounts.kept_page import late_page, resend
from portico.accounts.ledger import note_refused_access
from portico.accounts.model import Visit, Visitor
from portico.accounts.request_checks import (
    SAFE_METHODS,
    AnyRequest,
    CsrfTokenWrong,
    check_content_type,
    check_csrf_token,
    check_origin,
    check_query,
    peer_of,
)
from portico.accounts.rules import SecondFactorRequired
from portico.accounts.sessions import visit_of
from portico.accounts.step_up_gate import require_fresh
from portico.errors import NotAllowed, NotFound, Unauthenticated
from portico.platform.chrome import Chrome, MenuItem
from portico.platform.content import render_guidance
from portico.platform.scope_notes import note, noted
from portico.platform.site import Site
from portico.platform.upload_slots import Sender

_PATIENT_MENU = (MenuItem("/", "Home"), MenuItem("/account", "My account"))
_STAFF_MENU = (
    (Permission.LIST_REVIEWS, MenuItem("/reviews", "Queue")),
    (Permission.ANSWER_THREADS, MenuItem("/threads", "Messages")),
    (Permission.LIST_ESCALATIONS, MenuItem("/escalations", "Urgent")),
    (Permission.MANAGE_CONSULTS, MenuItem("/consults", "Consults")),
    (Permission.MANAGE_PEOPLE, MenuItem("/people", "People")),
    (Permission.READ_FIGURES, MenuItem("/figures", "Figures")),
    (Permission.READ_SETTINGS, MenuItem("/settings", "Settings")),
    (Permission.ACKNOWLEDGE_ESCALATIONS, MenuItem("/staff/me", "My pages")),
    (Permission.MANAGE_STAFF, MenuItem("/staff", "Staff")),
    (None, MenuItem("/account", "My account")),
)

ALWAYS_TEXT = "foot.always"


class SignInRequired(Unauthenticated):
    """Nobody is signed in, or the session has ended; the two are not told apart."""

    def __init__(self) -> None:
        super().__init__("Please sign in first. For your safety a sign-in ends after some minutes without use.")


class MissingPermission(NotAllowed):
    """A role of the staff that does not include this."""

    code = "role-not-allowed"

    def __init__(self) -> None:
        super().__init__("Your role does not include this. Ask a colleague whose role does.")


async def require_audience(
    connection: ASGIConnection[BaseRouteHandler, object, object, State], handler: BaseRouteHandler
) -> None:
    """Litestar guard: lets the request through to the route, or raises the refusal that it has earned."""
    if not isinstance(connection, Request):
        raise NotFound
    request: AnyRequest = connection
    if request.method == "OPTIONS":
        return
    site = _site_of(request)
    audience = handler.opt.get("audience")
    if not isinstance(audience, Audience):
        raise NotFound
    visit = None
    if audience.who != "anyone":
        cookie = sent_cookie(request, site.settings)
        visit = await visit_of(site.db, cookie, is_activity=audience.counts_as_activity)
    note(request.scope, "chrome", _chrome(site, visit))
    if visit is None:
        await _admit_stranger(request, handler, audience, site)
    else:
        await _admit(request, handler, audience, site, visit)
    check_query(request, handler)


def provide_caller(request: AnyRequest) -> Caller:
    """The person behind the request. Raises SignInRequired when the gate let it through without one."""
    caller = noted(request.scope, "caller")
    if not isinstance(caller, Caller):
        raise SignInRequired
    return caller


def provide_visit(request: AnyRequest) -> Visit:
    """The session behind the request, also one that owes its second factor."""
    visit = noted(request.scope, "visit")
    if not isinstance(visit, Visit):
        raise SignInRequired
    return visit


def provide_visitor(request: AnyRequest) -> Visitor:
    """The request before anyone is known."""
    site = _site_of(request)
    return _visitor(request, site)


async def demand_fresh(request: AnyRequest) -> None:
    """For a route that wants a fresh proof of some requests only. Raises StepUpRequired."""
    visit = await require_fresh(request, provide_visit(request), provide_visitor(request))
    note(request.scope, "visit", visit)


def undeclared_routes(app: Litestar) -> list[str]:
    """Routes without an audience, as `METHOD /path`; the answers to OPTIONS that the framework adds are no routes."""
    return sorted(
        f"{method} {route.path}"
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if not isinstance(handler.opt.get("audience"), Audience)
        for method in (handler.http_methods if isinstance(handler, HTTPRouteHandler) else {"?"})
        if method != "OPTIONS"
    )


async def _admit_stranger(request: AnyRequest, handler: BaseRouteHandler, audience: Audience, site: Site) -> None:
    if audience.who != "anyone":
        if request.method not in SAFE_METHODS:
            check_origin(request, site.settings)
            note(request.scope, "late", await late_page(request, site))
        raise SignInRequired
    if request.method not in SAFE_METHODS:
        check_content_type(request, handler, is_required=True)
        check_origin(request, site.settings)


async def _admit(request: AnyRequest, handler: BaseRouteHandler, audience: Audience, site: Site, visit: Visit) -> None:
    note(request.scope, "visit", visit)
    note(request.scope, "sender", Sender(account=str(visit.account_id), peer=peer_of(request, site.settings) or "-"))
    if visit.state != "signed-in":
        if audience.who != "signing-in":
            raise SecondFactorRequired
        await _check_unsafe(request, handler, audience, site, visit)
        return
    visitor = _visitor(request, site)
    caller = Caller(actor=visit.actor, request_id=visitor.request_id, peer=visitor.peer)
    try:
        _check_hat(audience, caller)
        await _check_unsafe(request, handler, audience, site, visit)
    except (NotFound, NotAllowed) as refusal:
        route = f"{request.scope['method']} {request.scope.get('path_template', '?')}"
        await note_refused_access(site.db, caller, route, refusal.code)
        if isinstance(refusal, CsrfTokenWrong):
            own = [link.patient_id for link in visit.patients]
            note(request.scope, "resend", await resend(request, site, visit.clinic_id, own))
        raise
    if audience.fresh:
        # Only now, so that nobody gives a password for what is not theirs to do.
        visit = await require_fresh(request, visit, visitor)
        note(request.scope, "visit", visit)
        note(request.scope, "chrome", _chrome(site, visit))
    note(request.scope, "caller", caller)


def _check_hat(audience: Audience, caller: Caller) -> None:
    """The other hat's routes do not exist for this session; a missing role is said plainly, before any lookup."""
    if audience.who in ("patient", "staff") and audience.who != caller.actor.hat:
        raise NotFound
    if audience.permission is not None and not caller.actor.may(audience.permission):
        raise MissingPermission


async def _check_unsafe(
    request: AnyRequest, handler: BaseRouteHandler, audience: Audience, site: Site, visit: Visit
) -> None:
    if request.method in SAFE_METHODS:
        return
    check_origin(request, site.settings)
    check_content_type(request, handler, is_required=not audience.needs_token)
    if audience.needs_token:
        await check_csrf_token(request, visit.csrf_token)


def _site_of(request: AnyRequest) -> Site:
    return cast("Site", request.app.state["site"])


def _visitor(request: AnyRequest, site: Site) -> Visitor:
    return Visitor(
        request_id=str(noted(request.scope, "request_id") or "-"),
        peer=peer_of(request, site.settings),
        cookie=sent_cookie(request, site.settings),
        device=device_of(request.headers.get("user-agent")),
    )


def _chrome(site: Site, visit: Visit | None) -> Chrome:
    if visit is None:
        return Chrome(demo=site.settings.demo, always=_always(site, None))
    is_in = visit.state == "signed-in"
    return Chrome(
        demo=site.settings.demo,
        clinic_name=visit.clinic_name,
        clinic_phone=visit.clinic_phone,
        always=_always(site, visit.clinic_phone),
        zone=visit.zone,
        account_name=visit.name if is_in else None,
        csrf_token=visit.csrf_token,
        menu=_menu(visit) if is_in else (),
    )


def _always(site: Site, phone: str | None) -> tuple[str, ...]:
    """The clinic's approved text; without a number of the office its sentence is dropped."""
    return render_guidance(site.content.guidance[ALWAYS_TEXT], {"clinic.phone": phone}).paragraphs


def _menu(visit: Visit) -> tuple[MenuItem, ...]:
    if visit.hat == "patient":
        return _PATIENT_MENU
    return tuple(item for permission, item in _STAFF_MENU if permission is None or visit.actor.may(permission))
