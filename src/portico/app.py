"""The composition root: one application made of explicit parts, and the flat list of every route."""

import asyncio
import contextlib
import re
from collections.abc import Callable, Sequence
from typing import cast

import asyncpg
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import OpenAPI
from litestar.types import Scope

from portico import triage
from portico.access import Caller
from portico.accounts import api as accounts_api
from portico.accounts import (
    closing_pages,
    entry_api,
    entry_pages,
    export_routes,
    invitation_api,
    lost_factor_api,
    lost_factor_pages,
    names_api,
    notices_api,
    notices_pages,
    own_api,
    own_pages,
    page_address_api,
    page_address_pages,
    patient_api,
    proxies_api,
    proxies_pages,
    step_up_pages,
)
from portico.accounts import pages as accounts_pages
from portico.accounts.door import Door
from portico.accounts.gate import provide_caller, require_audience, undeclared_routes
from portico.accounts.kept_page import READER as LATE_FORM_READER
from portico.accounts.ledger import note_refused_access
from portico.accounts.step_up_gate import StepUpAsked, send_renewed_cookie
from portico.accounts.step_up_pages import answer_step_up
from portico.care import attachments_api, procedure_api
from portico.clinic import api as clinic_api
from portico.clinic import opening_api
from portico.desk import (
    figures_api,
    figures_pages,
    go_live_pages,
    invitation_pages,
    people_pages,
    settings_api,
    settings_pages,
    signature_pages,
    staff_api,
    staff_pages,
)
from portico.desk import pages as desk_pages
from portico.errors import DomainError, NotAllowed, NotFound, StartupRefused, Unavailable
from portico.escalation import api as escalation_api
from portico.escalation import pages as escalation_pages
from portico.intake import api as intake_api
from portico.intake import pages as intake_pages
from portico.messaging import api as messaging_api
from portico.messaging import check_in_api, check_in_pages, events_api, handling_api, late_forms, procedure_pages
from portico.messaging import pages as messaging_pages
from portico.messaging import staff_pages as messaging_staff_pages
from portico.messaging.streams import Hub
from portico.platform import problems, public
from portico.platform.scope_notes import noted
from portico.platform.site import Site
from portico.platform.web import BODY_LIMIT_BYTES, Shell
from portico.review import api as review_api
from portico.review import change_routes, consult_api, consult_pages, submission_api, submission_pages
from portico.review import pages as review_pages

ROUTES: Sequence[HTTPRouteHandler] = (
    *public.ROUTES,
    *accounts_api.ROUTES,
    *accounts_pages.ROUTES,
    *page_address_api.ROUTES,
    *page_address_pages.ROUTES,
    *entry_api.ROUTES,
    *entry_pages.ROUTES,
    *invitation_api.ROUTES,
    *patient_api.ROUTES,
    *export_routes.ROUTES,
    *closing_pages.ROUTES,
    *notices_api.ROUTES,
    *notices_pages.ROUTES,
    *own_api.ROUTES,
    *own_pages.ROUTES,
    *step_up_pages.ROUTES,
    *lost_factor_api.ROUTES,
    *lost_factor_pages.ROUTES,
    *names_api.ROUTES,
    *proxies_api.ROUTES,
    *proxies_pages.ROUTES,
    *clinic_api.ROUTES,
    *opening_api.ROUTES,
    *attachments_api.ROUTES,
    *procedure_api.ROUTES,
    *escalation_api.ROUTES,
    *escalation_pages.ROUTES,
    *intake_api.ROUTES,
    *intake_pages.ROUTES,
    *messaging_api.ROUTES,
    *handling_api.ROUTES,
    *events_api.ROUTES,
    *messaging_pages.ROUTES,
    *messaging_staff_pages.ROUTES,
    *check_in_api.ROUTES,
    *check_in_pages.ROUTES,
    *procedure_pages.ROUTES,
    *submission_api.ROUTES,
    *submission_pages.ROUTES,
    *change_routes.ROUTES,
    *review_api.ROUTES,
    *review_pages.ROUTES,
    *consult_api.ROUTES,
    *consult_pages.ROUTES,
    *settings_api.ROUTES,
    *settings_pages.ROUTES,
    *signature_pages.ROUTES,
    *go_live_pages.ROUTES,
    *desk_pages.ROUTES,
    *people_pages.ROUTES,
    *invitation_pages.ROUTES,
    *staff_api.ROUTES,
    *staff_pages.ROUTES,
    *figures_api.ROUTES,
    *figures_pages.ROUTES,
)
"""Every address of the portal, lowest feature first."""


_SLACK_BYTES = 1024 * 1024


async def create_app(site: Site, routed: Litestar | None = None) -> Shell:
    """The application as a server runs it. Raises StartupRefused when a route declares no audience.

    `routed` is one that served another site before and is taken over: to read all routes costs half a second.
    """
    await asyncio.to_thread(triage.make_ready)
    door = await Door.of(site)
    hub = Hub(site)
    inner = routed or route_everything()
    inner.state.update({"site": site, "door": door, "hub": hub, LATE_FORM_READER: late_forms.guidance_in})
    return Shell(
        inner,
        https=site.settings.is_https,
        larger=larger_bodies(ROUTES),
        metrics=site.metrics,
        end_streams=hub.close,
    )


def larger_bodies(routes: Sequence[HTTPRouteHandler]) -> list[tuple[re.Pattern[str], int]]:
    """The addresses whose routes take files, by their `body_limit`, and how many bytes may come.

    A little more than the route itself reads, so that a body without a declared length meets the route's own 413.
    """
    return [
        (re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path)), route.opt["body_limit"] + _SLACK_BYTES)
        for route in routes
        if "body_limit" in route.opt
        for path in route.paths
    ]


def describe_routes(openapi: OpenAPIConfig) -> OpenAPI:
    """The OpenAPI description of every JSON route; needs no database."""
    described = Litestar(
        route_handlers=[route for route in ROUTES if any(path.startswith("/api/") for path in route.paths)],
        openapi_config=openapi,
        dependencies={name: Provide(_absent(), sync_to_thread=False) for name in ("site", "door", "caller", "hub")},
        logging_config=None,
    )
    return described.openapi_schema


def _site(state: State) -> Site:
    return cast("Site", state["site"])


def _door(state: State) -> Door:
    return cast("Door", state["door"])


def _hub(state: State) -> Hub:
    return cast("Hub", state["hub"])


def route_everything() -> Litestar:
    """Every route with what it depends on; the site comes later. Raises StartupRefused when one declares no audience."""
    app = Litestar(
        route_handlers=list(ROUTES),
        guards=[require_audience],
        dependencies={
            "site": Provide(_site, sync_to_thread=False),
            "door": Provide(_door, sync_to_thread=False),
            "hub": Provide(_hub, sync_to_thread=False),
            "caller": Provide(provide_caller, sync_to_thread=False),
        },
        exception_handlers={
            StepUpAsked: answer_step_up,
            DomainError: problems.answer_domain_error,
            HTTPException: problems.answer_http_exception,
            asyncpg.PostgresError: problems.answer_database_error,
            RecursionError: problems.answer_too_deep,
            OverflowError: problems.answer_out_of_range,
            Exception: problems.answer_defect,
        },
        openapi_config=None,
        after_exception=[_keep_refusal],
        before_send=[send_renewed_cookie],
        request_max_body_size=BODY_LIMIT_BYTES,
        logging_config=None,
    )
    undeclared = undeclared_routes(app)
    if undeclared:
        message = f"These routes declare no audience: {', '.join(undeclared)}."
        raise StartupRefused(message)
    return app


async def _keep_refusal(exception: Exception, scope: Scope) -> None:
    """A refusal that an action made stands in the audit record too, in a transaction of its own after the rollback."""
    caller = noted(scope, "caller")
    if isinstance(exception, NotFound | NotAllowed) and isinstance(caller, Caller):
        route = f"{scope.get('method', '?')} {scope.get('path_template', '?')}"
        with contextlib.suppress(Unavailable):
            await note_refused_access(scope["litestar_app"].state.site.db, caller, route, exception.code)


def _absent() -> Callable[[], None]:
    """Stands in for what a description does not need; the framework wants another one for each name."""
    return lambda: None
