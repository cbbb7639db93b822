"""A person of the staff about themselves: where pages to them go, and that a test page has arrived."""

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, staff
from portico.accounts.page_address import read_reachable, set_page_address
from portico.accounts.request_checks import AnyRequest, form_of
from portico.clinic.page_testing import answer_test
from portico.errors import DomainError
from portico.platform.problems import status_of
from portico.platform.site import Site
from portico.platform.templates import page, see_other


@get("/staff/me", opt={"audience": staff()})
async def own_page(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """Where pages to the caller go."""
    return await _show(request, site, caller)


@post("/staff/me/page-address", opt={"audience": staff()}, status_code=303)
async def post_page_address(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """Sets the address; nothing written forgets it."""
    given = (await form_of(request)).get("address", "")
    try:
        await set_page_address(site, caller, given.strip() or None)
    except DomainError as refusal:
        return await _show(request, site, caller, refusal, given)
    return see_other("/staff/me")


@post("/staff/me/page-test", opt={"audience": staff()}, status_code=303)
async def post_page_arrived(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """Says that the test page arrived, with the code that it carried: who has not seen it cannot say so by mistake."""
    code = (await form_of(request)).get("code", "")
    try:
        await answer_test(site, caller, caller.account_id, code)
    except DomainError as refusal:
        return await _show(request, site, caller, refusal, code=code)
    return see_other("/staff/me")


async def _show(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    refusal: DomainError | None = None,
    given: str | None = None,
    code: str | None = None,
) -> Response[bytes]:
    reachable = await read_reachable(site, caller)
    return page(
        "staff_me.html",
        request,
        status=200 if refusal is None else status_of(refusal),
        reachable=reachable,
        refusal=refusal,
        address=reachable.address or "" if given is None else given,
        is_address_wrong=given is not None,
        code=code or "",
        is_code_wrong=code is not None,
    )


ROUTES: list[HTTPRouteHandler] = [own_page, post_page_address, post_page_arrived]
