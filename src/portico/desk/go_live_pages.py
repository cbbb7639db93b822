"""The go-live page: what stands and what is missing before patients may begin, testing pages, and opening the clinic."""

from uuid import UUID

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, Permission, staff
from portico.accounts.notices import read_undelivered
from portico.accounts.notices_pages import POOL_WORDS, why_not
from portico.accounts.request_checks import form_of
from portico.clinic.actions import settings_of
from portico.clinic.opening import open_clinic, opening_items, opening_of
from portico.clinic.page_testing import answer_test, read_reach, send_test
from portico.desk.reach import HAZARD, RUNG_NAMES, WHY_NAMES, unreached
from portico.errors import DomainError
from portico.escalation.pages import read_urgent
from portico.ids import AccountId
from portico.platform.problems import status_of
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.templates import page, see_other

PART_NAMES = {
    "numbers": "Numbers that patients call",
    "hours": "Opening hours",
    "zone": "Time zone",
    "ladder": "Who is told, and when",
    "page_channel": "Pages that arrive",
    "content": "Rules and questions",
    "settings": "Other settings",
}
WHO_NAMES = {"admin": "an administrator", "clinician": "a clinician"}


@get("/go-live", opt={"audience": staff(Permission.READ_SETTINGS)})
async def go_live_page(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """Each thing that must stand before patients may begin: what is missing, who may do it, what could happen."""
    return await _show(request, site, caller)


@post("/go-live", opt={"audience": staff(Permission.CONFIRM_SETTINGS)}, status_code=303)
async def post_go_live(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """Opens the clinic to patients."""
    try:
        async with site.db.transaction(caller.scope) as tx:
            await open_clinic(tx, site.content, caller)
    except DomainError as refusal:
        return await _show(request, site, caller, refusal)
    return see_other("/go-live")


@post("/go-live/pages/{account_id:uuid}", opt={"audience": staff(Permission.CONFIRM_SETTINGS)}, status_code=303)
async def post_test_page(request: AnyRequest, site: Site, caller: Caller, account_id: UUID) -> Response[bytes]:
    """Sends a test page to this person, or takes the code that they read from it."""
    code = (await form_of(request)).get("code")
    try:
        if code is None:
            await send_test(site, caller, AccountId(account_id))
        else:
            await answer_test(site, caller, AccountId(account_id), code.strip())
    except DomainError as refusal:
        return await _show(request, site, caller, refusal, account_id)
    return see_other("/go-live#pages")


async def _show(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    refusal: DomainError | None = None,
    about: UUID | None = None,
) -> Response[bytes]:
    async with site.db.transaction(caller.scope) as tx:
        opened, items = await opening_of(tx), await opening_items(tx, site.content)
        settings = await settings_of(tx, site.content)
    reach = await read_reach(site, caller)
    undelivered = await read_undelivered(site, caller, None)
    if about is not None and refusal is not None and about not in {row.account_id for row in reach}:
        raise refusal
    return page(
        "go_live.html",
        request,
        status=200 if refusal is None else status_of(refusal),
        urgent=await read_urgent(site, caller),
        opened=opened,
        parts={part: found for part in PART_NAMES if (found := [item for item in items if item.part == part])},
        missing=[item for item in items if item.missing is not None],
        hazards=site.content.hazards,
        reach=reach,
        unreached=unreached(reach, settings),
        reach_hazard=HAZARD,
        rung_names=RUNG_NAMES,
        why_names=WHY_NAMES,
        unheard=[row for row in undelivered.rows if row.kind.startswith("escalation")],
        pool_words=POOL_WORDS,
        why_not=why_not,
        refusal=refusal,
        about=about,
        may_open=caller.actor.may(Permission.CONFIRM_SETTINGS),
        part_names=PART_NAMES,
        who_names=WHO_NAMES,
    )


ROUTES: list[HTTPRouteHandler] = [go_live_page, post_go_live, post_test_page]
