"""JSON routes of opening a clinic to patients, and of testing its page channel."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, Permission, staff
from portico.clinic import page_testing
from portico.clinic.model import Opening, OpeningItem, OpeningPart
from portico.clinic.opening import open_clinic, opening_items, opening_of
from portico.clinic.opening_queries import ReachRow
from portico.ids import AccountId
from portico.platform.site import Site


class DoneOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who stands behind it since when."""

    by: UUID | None
    name: str | None
    at: datetime


class OpeningItemOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing that must stand first; `missing` is null once it does. `who` may do it, at `link`."""

    key: str
    part: OpeningPart
    title: str
    missing: str | None
    who: Literal["admin", "clinician"]
    link: str
    hazards: tuple[str, ...]
    done: DoneOut | None


class OpeningOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether patients may begin, and everything that was asked for first. An open clinic may have gaps again."""

    is_open: bool
    opened: DoneOut | None
    items: list[OpeningItemOut]


class PageTestIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Whom to send a test page."""

    account: AccountId


class ConfirmationIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The code that the page carried; its recipient needs none."""

    code: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class ReachOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A person of the staff and their newest test page; `state` is null while none counts."""

    account: AccountId
    name: str
    has_address: bool
    state: Literal["sent", "confirmed", "void"] | None
    requested_at: datetime | None
    confirmed: DoneOut | None


class ReachesOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Everybody at once."""

    items: list[ReachOut]
    next: None = None


@get("/api/opening", opt={"audience": staff(Permission.READ_SETTINGS)})
async def get_opening(site: Site, caller: Caller) -> OpeningOut:
    """Whether the clinic is open to patients, and what that needs: each thing with its hazards."""
    async with site.db.transaction(caller.scope) as tx:
        return _opening_out(await opening_of(tx), await opening_items(tx, site.content))


@put("/api/opening", opt={"audience": staff(Permission.CONFIRM_SETTINGS)})
async def put_opening(site: Site, caller: Caller) -> OpeningOut:
    """Opens the clinic to patients; 409 lists what is missing."""
    async with site.db.transaction(caller.scope) as tx:
        opened = await open_clinic(tx, site.content, caller)
        return _opening_out(opened, await opening_items(tx, site.content))


@get("/api/page-tests", opt={"audience": staff(Permission.READ_SETTINGS)})
async def list_page_tests(site: Site, caller: Caller) -> ReachesOut:
    """Whom of the staff a page can reach, and whether one has been seen to arrive."""
    return ReachesOut(items=[reach_out(each) for each in await page_testing.read_reach(site, caller)])


@post("/api/page-tests", opt={"audience": staff(Permission.CONFIRM_SETTINGS)})
async def create_page_test(site: Site, caller: Caller, data: PageTestIn) -> ReachOut:
    """Sends a test page to this person; an earlier one no longer counts."""
    return reach_out(await page_testing.send_test(site, caller, data.account))


@put("/api/page-tests/{account_id:uuid}/confirmation", opt={"audience": staff()})
async def confirm_page_test(
    site: Site, caller: Caller, account_id: UUID, data: ConfirmationIn | None = None
) -> ReachOut:
    """Says that the page arrived: its recipient, or an admin to whom they read its code."""
    code = None if data is None else data.code
    return reach_out(await page_testing.answer_test(site, caller, AccountId(account_id), code))


def reach_out(row: ReachRow) -> ReachOut:
    """How a person of the staff can be reached."""
    confirmed = None
    if row.confirmed_at is not None:
        confirmed = DoneOut(by=row.confirmed_by, name=row.confirmed_by_name, at=row.confirmed_at)
    return ReachOut(
        account=row.account_id,
        name=row.name,
        has_address=row.has_address,
        state=row.state,
        requested_at=row.requested_at,
        confirmed=confirmed,
    )


def _opening_out(opened: Opening | None, items: tuple[OpeningItem, ...]) -> OpeningOut:
    by = None
    if opened is not None:
        by = DoneOut(by=opened.opened_by, name=opened.opened_by_name, at=opened.opened_at)
    return OpeningOut(is_open=opened is not None, opened=by, items=[_item_out(each) for each in items])


def _item_out(item: OpeningItem) -> OpeningItemOut:
    done = None if item.done is None else DoneOut(by=item.done.by, name=item.done.name, at=item.done.at)
    return OpeningItemOut(
        key=item.key,
        part=item.part,
        title=item.title,
        missing=item.missing,
        who=item.who,
        link=item.link,
        hazards=item.hazards,
        done=done,
    )


ROUTES: list[HTTPRouteHandler] = [get_opening, put_opening, list_page_tests, create_page_test, confirm_page_test]
