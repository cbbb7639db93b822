"""JSON routes of a person of the staff about themselves: where pages to them go."""

from typing import Annotated

import msgspec
from litestar import get, put
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, staff
from portico.accounts.page_address import Reachable, read_reachable, set_page_address
from portico.clinic.opening_api import ReachOut, reach_out
from portico.platform.site import Site


class PageAddressIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A second e-mail address; null forgets it."""

    address: Annotated[str, msgspec.Meta(max_length=320)] | None


class ReachableOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The caller's own page address, and whether a page has been seen to arrive there."""

    page_address: str | None
    page_test: ReachOut


@get("/api/staff/me", opt={"audience": staff()})
async def get_own_reach(site: Site, caller: Caller) -> ReachableOut:
    """Where pages to the caller go."""
    return _out(await read_reachable(site, caller))


@put("/api/staff/me/page-address", opt={"audience": staff()})
async def put_page_address(site: Site, caller: Caller, data: PageAddressIn) -> ReachableOut:
    """Sets where pages to the caller go; another address must be tested anew."""
    return _out(await set_page_address(site, caller, data.address))


def _out(reachable: Reachable) -> ReachableOut:
    return ReachableOut(page_address=reachable.address, page_test=reach_out(reachable.test))


ROUTES: list[HTTPRouteHandler] = [get_own_reach, put_page_address]
