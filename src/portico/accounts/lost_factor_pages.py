"""Pages on which staff confirm who has lost a code app: a patient, somebody who acts for one, or a colleague."""

from uuid import UUID

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, Permission, staff
from portico.accounts import lost_factor, staff_queries
from portico.accounts.request_checks import AnyRequest, form_of
from portico.errors import DomainError, Malformed
from portico.ids import AccountId
from portico.platform.problems import status_of
from portico.platform.site import Site
from portico.platform.templates import page, see_other


@get("/factor-recoveries", opt={"audience": staff(Permission.RECOVER_STAFF)})
async def recoveries_page(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """Colleagues who may have lost their app, and whose loss one person has confirmed."""
    return await _show(request, site, caller)


@post("/factor-recoveries", opt={"audience": staff(Permission.RECOVER_STAFF, fresh=True)}, status_code=303)
async def post_recovery(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """The first confirmation about a colleague."""
    form = await form_of(request)
    try:
        await lost_factor.confirm_first(site, caller, account_in(form), form.get("reason", ""))
    except DomainError as refusal:
        return await _show(request, site, caller, refusal, form)
    return see_other("/factor-recoveries")


@post(
    "/factor-recoveries/{recovery_id:uuid}/confirmation",
    opt={"audience": staff(Permission.RECOVER_STAFF, fresh=True)},
    status_code=303,
)
async def post_confirmation(request: AnyRequest, site: Site, caller: Caller, recovery_id: UUID) -> Response[bytes]:
    """The second confirmation, by somebody else."""
    form = await form_of(request)
    try:
        await lost_factor.confirm_second(site, caller, recovery_id, form.get("reason", ""))
    except DomainError as refusal:
        return await _show(request, site, caller, refusal, {**form, "recovery": str(recovery_id)})
    return see_other("/factor-recoveries")


def account_in(form: dict[str, str]) -> AccountId:
    """The account that was chosen. Raises Malformed."""
    try:
        return AccountId(UUID(form.get("account", "")))
    except ValueError as error:
        message = "Choose whose code app is lost."
        raise Malformed(message) from error


async def _show(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    refusal: DomainError | None = None,
    typed: dict[str, str] | None = None,
) -> Response[bytes]:
    waiting = await lost_factor.list_open(site, caller)
    async with site.db.transaction(caller.scope) as tx:
        colleagues = await staff_queries.staff(tx)
    named = {row.account_id for row in waiting} | {caller.account_id}
    return page(
        "factor_recoveries.html",
        request,
        status=200 if refusal is None else status_of(refusal),
        waiting=waiting,
        colleagues=[
            row for row in colleagues if row.has_totp and row.state == "active" and row.account_id not in named
        ],
        me=caller.account_id,
        refusal=refusal,
        typed=typed or {},
    )


ROUTES: list[HTTPRouteHandler] = [recoveries_page, post_recovery, post_confirmation]
