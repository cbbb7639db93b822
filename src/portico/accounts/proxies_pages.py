"""Pages of proxies: for patients and those who act for them, and for staff on a patient's own page."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, Permission, patients, staff
from portico.accounts import lost_factor, proxies
from portico.accounts.lost_factor_pages import account_in
from portico.accounts.proxies import Amendment, Listing, Wish
from portico.accounts.proxy_queries import factor_holders
from portico.accounts.proxy_rules import Basis, PeriodWrong, state_of
from portico.accounts.request_checks import AnyRequest, form_fields, form_of
from portico.clinic.calendar import day_start
from portico.clinic.queries import clinic
from portico.errors import DomainError, Malformed, NotFound
from portico.ids import PatientId
from portico.platform.problems import status_of
from portico.platform.site import Site
from portico.platform.templates import page, see_other

SCOPE_NAMES = {
    "intake": "Fill in forms and ask for visits",
    "messages": "Read and write messages",
    "record": "Read the record",
}
BASIS_NAMES = {
    "agreed": "The patient agreed",
    "guardian": "Parent or guardian, until the 18th birthday",
    "poa": "Power of attorney",
}

STAFF = staff(Permission.MANAGE_PEOPLE)
STAFF_FRESH = staff(Permission.MANAGE_PEOPLE, fresh=True)


@get("/account/proxies", opt={"audience": patients()})
async def own_proxies_page(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """Who acts for oneself, and for whom one acts."""
    return await _show_own(request, site, caller, None)


@post("/account/proxies/{grant_id:uuid}/end", opt={"audience": patients(fresh=True)}, status_code=303)
async def post_end_own(request: AnyRequest, site: Site, caller: Caller, grant_id: UUID) -> Response[bytes]:
    """Ends it now."""
    try:
        await proxies.end(site, caller, grant_id)
    except NotFound:
        raise
    except DomainError as refusal:
        return await _show_own(request, site, caller, refusal)
    return see_other("/account/proxies")


@get("/people/{patient_id:uuid}/proxies", opt={"audience": STAFF})
async def proxies_page(request: AnyRequest, site: Site, caller: Caller, patient_id: UUID) -> Response[bytes]:
    """Who may act for this patient, and a form for one more."""
    return await _show(request, site, caller, PatientId(patient_id))


@post("/people/{patient_id:uuid}/proxies", opt={"audience": STAFF_FRESH}, status_code=303)
async def post_proxy(request: AnyRequest, site: Site, caller: Caller, patient_id: UUID) -> Response[bytes]:
    """Lets somebody act for the patient."""
    of, form = PatientId(patient_id), await form_of(request)
    scope = await _scope(request)
    try:
        zone = await _zone(site, caller)
        wish = Wish(
            patient_id=of,
            account_id=None,
            email=form.get("email", ""),
            scope=scope,
            basis=_basis(form.get("basis", "")),
            starts_at=_start(form.get("starts_on", ""), zone),
            ends_at=_end(form.get("ends_on", ""), zone),
        )
        await proxies.grant(site, caller, wish)
    except NotFound:
        raise
    except DomainError as refusal:
        return await _show(request, site, caller, of, refusal, {**form, "scope": scope})
    return see_other(f"/people/{patient_id}/proxies")


@post("/people/{patient_id:uuid}/proxies/{grant_id:uuid}", opt={"audience": STAFF_FRESH}, status_code=303)
async def post_change(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, grant_id: UUID
) -> Response[bytes]:
    """Changes what the person may do, and until when."""
    of, form = PatientId(patient_id), await form_of(request)
    try:
        ends_at = _end(form.get("ends_on", ""), await _zone(site, caller))
        amendment = Amendment(patient_id=of, scope=await _scope(request), starts_at=None, ends_at=ends_at)
        await proxies.amend(site, caller, grant_id, amendment)
    except NotFound:
        raise
    except DomainError as refusal:
        return await _show(request, site, caller, of, refusal)
    return see_other(f"/people/{patient_id}/proxies")


@post("/people/{patient_id:uuid}/proxies/{grant_id:uuid}/end", opt={"audience": STAFF_FRESH}, status_code=303)
async def post_end(site: Site, caller: Caller, patient_id: UUID, grant_id: UUID) -> Response[bytes]:
    """Ends it now."""
    await proxies.end(site, caller, grant_id, PatientId(patient_id))
    return see_other(f"/people/{patient_id}/proxies")


@post("/people/{patient_id:uuid}/second-factor", opt={"audience": STAFF_FRESH}, status_code=303)
async def post_lost_factor(request: AnyRequest, site: Site, caller: Caller, patient_id: UUID) -> Response[bytes]:
    """Confirms that the patient, or somebody who acts for them, has lost the code app."""
    of, form = PatientId(patient_id), await form_of(request)
    try:
        account_id = account_in(form)
        async with site.db.transaction(caller.scope) as tx:
            holders = await factor_holders(tx, of)
        if account_id not in {row.account_id for row in holders}:
            raise NotFound
        await lost_factor.confirm_first(site, caller, account_id, form.get("reason", ""))
    except NotFound:
        raise
    except DomainError as refusal:
        return await _show(request, site, caller, of, refusal, dict(form))
    return see_other(f"/people/{patient_id}/proxies")


async def _show_own(request: AnyRequest, site: Site, caller: Caller, refusal: DomainError | None) -> Response[bytes]:
    return page(
        "account_proxies.html",
        request,
        status=200 if refusal is None else status_of(refusal),
        listing=await proxies.list_for(site, caller, None),
        acting=await proxies.acting_for(site, caller),
        state_of=state_of,
        scope_names=SCOPE_NAMES,
        basis_names=BASIS_NAMES,
        refusal=refusal,
    )


async def _show(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    of: PatientId,
    refusal: DomainError | None = None,
    typed: dict[str, object] | None = None,
) -> Response[bytes]:
    listing = cast("Listing", await proxies.list_for(site, caller, of))
    async with site.db.transaction(caller.scope) as tx:
        holders = await factor_holders(tx, of)
        zone = (await clinic(tx)).zone
    return page(
        "patient_proxies.html",
        request,
        status=200 if refusal is None else status_of(refusal),
        listing=listing,
        last_days={each.grant_id: _last_day(each.ends_at, zone) for each in listing.grants},
        holders=holders,
        state_of=state_of,
        scope_names=SCOPE_NAMES,
        basis_names=BASIS_NAMES,
        refusal=refusal,
        typed=typed or {},
    )


async def _scope(request: AnyRequest) -> Sequence[str]:
    return [value for name, value in await form_fields(request) if name == "scope"]


async def _zone(site: Site, caller: Caller) -> str:
    async with site.db.transaction(caller.scope) as tx:
        return (await clinic(tx)).zone


def _basis(text: str) -> Basis:
    if text not in BASIS_NAMES:
        message = "Choose why this person may act for the patient."
        raise Malformed(message)
    return cast("Basis", text)


def _start(text: str, zone: str) -> datetime | None:
    return None if not text.strip() else _first_moment(text, zone, 0)


def _end(text: str, zone: str) -> datetime | None:
    """The chosen day is the last one: it ends when the next begins."""
    return None if not text.strip() else _first_moment(text, zone, 1)


def _first_moment(text: str, zone: str, days_later: int) -> datetime:
    try:
        day = datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=ZoneInfo(zone)).date()
        return day_start(zone, day + timedelta(days=days_later))
    except (ValueError, OverflowError) as error:
        raise PeriodWrong from error


def _last_day(ends_at: datetime | None, zone: str) -> str:
    """The last day, as a date field shows it."""
    if ends_at is None:
        return ""
    return (ends_at.astimezone(ZoneInfo(zone)) - timedelta(microseconds=1)).date().isoformat()


ROUTES: list[HTTPRouteHandler] = [
    own_proxies_page,
    post_end_own,
    proxies_page,
    post_proxy,
    post_change,
    post_end,
    post_lost_factor,
]
