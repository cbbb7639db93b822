"""JSON routes of proxies: who may act for whom, since when and until when."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body, Parameter

from portico.access import Caller, Permission, patients, signed_in, staff
from portico.accounts import proxies
from portico.accounts.proxies import Amendment, Wish
from portico.accounts.proxy_rules import Basis, EndReason, Grant, GrantState, state_of
from portico.errors import Malformed
from portico.ids import AccountId, PatientId
from portico.platform.site import Site

ScopePart = Literal["intake", "messages", "record"]
Scope = Annotated[list[ScopePart], msgspec.Meta(max_length=3)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
AskedPatient = Annotated[UUID | None, Parameter(query="patient")]


class ProxyIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Who shall act for whom, in what, on which basis. The proxy by account or by e-mail address."""

    patient: UUID
    account: UUID | None = None
    email: Annotated[str, msgspec.Meta(max_length=320)] | None = None
    scope: Scope
    basis: Basis
    starts_at: Instant | None = None
    ends_at: Instant | None = None


class ProxyChangeIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What may change of a grant. Another patient than the grant's answers 409 `other-patient`."""

    patient: UUID | None = None
    scope: Scope
    starts_at: Instant | None = None
    ends_at: Instant | None = None


class PersonOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Somebody by name."""

    id: UUID
    name: str


class EndedOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """When somebody ended it, and as whom."""

    at: datetime
    by: EndReason


class ProxyOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One grant. `endsAt` of a guardian is the 18th birthday at the latest."""

    id: UUID
    patient: PersonOut
    account: PersonOut
    scope: tuple[str, ...]
    basis: Basis
    starts_at: datetime
    ends_at: datetime | None
    state: GrantState
    confirmed_by: AccountId
    ended: EndedOut | None


class ProxiesOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All grants for one patient."""

    items: list[ProxyOut]
    next: str | None = None


class ActingOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A patient for whom one acts now."""

    id: UUID
    patient: PersonOut
    scope: tuple[str, ...]
    basis: Basis
    starts_at: datetime
    ends_at: datetime | None


class ActingForOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All of them."""

    items: list[ActingOut]
    next: str | None = None


@post("/api/proxies", opt={"audience": staff(Permission.MANAGE_PEOPLE, fresh=True)}, status_code=201)
async def create_proxy(data: Annotated[ProxyIn, Body()], site: Site, caller: Caller) -> ProxyOut:
    """Lets somebody act for a patient; both are told. 409 `own-grant` for oneself."""
    if (data.account is None) == (data.email is None):
        message = "Name the proxy by account or by e-mail address, one of the two."
        raise Malformed(message)
    wish = Wish(
        patient_id=PatientId(data.patient),
        account_id=None if data.account is None else AccountId(data.account),
        email=data.email,
        scope=data.scope,
        basis=data.basis,
        starts_at=data.starts_at,
        ends_at=data.ends_at,
    )
    made, of = await proxies.grant(site, caller, wish)
    return proxy_out(made, of.name, site.db.clock.now())


@get("/api/proxies", opt={"audience": signed_in()})
async def list_proxies(site: Site, caller: Caller, patient: AskedPatient = None) -> ProxiesOut:
    """Who may act for a patient, ended grants included: for staff, and for the patient (default: oneself)."""
    listing = await proxies.list_for(site, caller, None if patient is None else PatientId(patient))
    if listing is None:
        return ProxiesOut(items=[])
    return ProxiesOut(items=[proxy_out(each, listing.patient_name, listing.now) for each in listing.grants])


@put("/api/proxies/{grant_id:uuid}", opt={"audience": staff(Permission.MANAGE_PEOPLE, fresh=True)})
async def change_proxy(grant_id: UUID, data: Annotated[ProxyChangeIn, Body()], site: Site, caller: Caller) -> ProxyOut:
    """Changes scope, start or end; both are told. 409 `proxy-ended`, `own-grant`."""
    amendment = Amendment(
        patient_id=None if data.patient is None else PatientId(data.patient),
        scope=data.scope,
        starts_at=data.starts_at,
        ends_at=data.ends_at,
    )
    after, of = await proxies.amend(site, caller, grant_id, amendment)
    return proxy_out(after, of.name, site.db.clock.now())


@delete("/api/proxies/{grant_id:uuid}", opt={"audience": signed_in(fresh=True)})
async def end_proxy(grant_id: UUID, site: Site, caller: Caller) -> None:
    """Ends it now: staff any, a patient all but a guardian's, a proxy their own. 403 `not-yours-to-end`."""
    await proxies.end(site, caller, grant_id)


@get("/api/account/proxies", opt={"audience": patients()})
async def list_acting_for(site: Site, caller: Caller) -> ActingForOut:
    """For whom one acts now, by grants, and until when."""
    return ActingForOut(
        items=[
            ActingOut(
                id=row.grant_id,
                patient=PersonOut(id=row.patient_id, name=row.patient_name),
                scope=row.scope,
                basis=row.basis,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
            )
            for row in await proxies.acting_for(site, caller)
        ]
    )


def proxy_out(grant: Grant, patient_name: str, now: datetime) -> ProxyOut:
    """The grant as programs see it."""
    ended = None
    if grant.ended_at is not None and grant.end_reason is not None:
        ended = EndedOut(at=grant.ended_at, by=grant.end_reason)
    return ProxyOut(
        id=grant.grant_id,
        patient=PersonOut(id=grant.patient_id, name=patient_name),
        account=PersonOut(id=grant.account_id, name=grant.proxy_name),
        scope=grant.scope,
        basis=grant.basis,
        starts_at=grant.starts_at,
        ends_at=grant.ends_at,
        state=state_of(grant, now),
        confirmed_by=grant.confirmed_by,
        ended=ended,
    )


ROUTES: list[HTTPRouteHandler] = [create_proxy, list_proxies, change_proxy, end_proxy, list_acting_for]
