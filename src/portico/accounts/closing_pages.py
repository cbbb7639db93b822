"""Page of closing one's own account."""

from litestar import Response, get, post
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, patients
from portico.accounts import closing
from portico.accounts.cookies import CLEAR_SITE_DATA, clear_cookie
from portico.accounts.door import Door
from portico.accounts.gate import provide_visitor
from portico.accounts.model import Visitor
from portico.accounts.request_checks import AnyRequest, form_of
from portico.errors import DomainError
from portico.platform.problems import status_of
from portico.platform.templates import page, see_other

_VISITOR = {"visitor": Provide(provide_visitor, sync_to_thread=False)}


@get("/account-closure", opt={"audience": patients()})
async def closure_page(request: AnyRequest, caller: Caller) -> Response[bytes]:
    """Says what closing means and asks for the password."""
    del caller
    return page("account_closure.html", request, refusal=None)


@post("/account-closure", opt={"audience": patients()}, status_code=303, dependencies=_VISITOR)
async def post_closure(request: AnyRequest, door: Door, caller: Caller, visitor: Visitor) -> Response[bytes]:
    """Closes the account, or asks again."""
    password = (await form_of(request)).get("password", "")
    try:
        await closing.close_own_account(door, caller, visitor, password)
    except DomainError as refusal:
        return page("account_closure.html", request, status=status_of(refusal), refusal=refusal)
    response = see_other("/sign-in?after=closed")
    response.cookies.append(clear_cookie(door.site.settings))
    response.headers["Clear-Site-Data"] = CLEAR_SITE_DATA
    return response


ROUTES: list[HTTPRouteHandler] = [closure_page, post_closure]
