"""Pages of invitations: what became of each, sending again, taking back, and inviting staff."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, Permission, Role, staff
from portico.accounts import invitations
from portico.accounts.invitation_api import AskedState, StaffRole
from portico.accounts.request_checks import AnyRequest
from portico.errors import Conflict, DomainError, Malformed, Unavailable
from portico.escalation.pages import read_urgent
from portico.platform.problems import status_of
from portico.platform.site import Site
from portico.platform.templates import page, see_other

_MANAGERS = {"audience": staff(Permission.MANAGE_PEOPLE)}
STATE_NAMES = {
    "open": "Open",
    "expired": "Too old",
    "accepted": "Accepted",
    "withdrawn": "Taken back",
    "burnt": "Too many wrong birth dates",
}
KIND_NAMES = {"patient": "Patient", "staff": "Staff", "registration": "Registered without staff"}
ROLE_NAMES = {"clinician": "Clinician", "nurse": "Nurse", "front_desk": "Front desk", "admin": "Admin"}
DELIVERY_NAMES = {"waiting": "Mail on its way", "sent": "Mail sent", "undeliverable": "Mail could not be delivered"}


class SentInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """The form of a member of the staff as it was sent, so that a refusal loses nothing of it."""

    name: str
    email: str
    roles: tuple[str, ...]


@get("/invitations", opt=_MANAGERS)
async def invitations_page(
    request: AnyRequest, site: Site, caller: Caller, wanted: AskedState = None, cursor: str | None = None
) -> Response[bytes]:
    """Invitations, the newest first."""
    return await _show(request, site, caller, wanted, cursor)


@post("/invitations", opt={"audience": staff(Permission.INVITE_STAFF, fresh=True)}, status_code=303)
async def invite_staff_page(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """Invites a member of the staff with the roles that are ticked."""
    form = await request.form()
    sent = SentInvitation(
        name=str(form.get("name", "")),
        email=str(form.get("email", "")),
        roles=tuple(str(value) for name, value in form.multi_items() if name == "roles"),
    )
    try:
        roles = _roles(sent.roles)
        await invitations.invite_staff(site, caller, email=sent.email, name=sent.name, roles=roles)
    except DomainError as refusal:
        return await _show(request, site, caller, None, None, sent, refusal)
    return see_other("/invitations")


@post("/invitations/{invitation_id:uuid}/sending", opt=_MANAGERS, status_code=303)
async def resend_page(request: AnyRequest, site: Site, caller: Caller, invitation_id: UUID) -> Response[bytes]:
    """Sends a new code."""
    try:
        await invitations.resend(site, caller, invitation_id)
    except (Conflict, Unavailable) as refusal:
        return await _show(request, site, caller, None, None, None, refusal)
    return see_other(f"/invitations#i-{invitation_id}")


@post("/invitations/{invitation_id:uuid}/withdrawal", opt=_MANAGERS, status_code=303)
async def withdraw_page(request: AnyRequest, site: Site, caller: Caller, invitation_id: UUID) -> Response[bytes]:
    """Takes the invitation back."""
    try:
        await invitations.withdraw(site, caller, invitation_id)
    except (Conflict, Unavailable) as refusal:
        return await _show(request, site, caller, None, None, None, refusal)
    return see_other("/invitations")


async def _show(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    wanted: AskedState,
    cursor: str | None,
    sent: SentInvitation | None = None,
    refusal: DomainError | None = None,
) -> Response[bytes]:
    listed = await invitations.read_invitations(site, caller, wanted, cursor)
    return page(
        "invitations.html",
        request,
        status=200 if refusal is None else status_of(refusal),
        urgent=await read_urgent(site, caller),
        entries=listed.entries,
        next=listed.next,
        state=wanted,
        now=site.db.clock.now(),
        sent=sent,
        refusal=refusal,
        may_invite_staff=caller.actor.may(Permission.INVITE_STAFF),
        state_names=STATE_NAMES,
        kind_names=KIND_NAMES,
        role_names=ROLE_NAMES,
        delivery_names=DELIVERY_NAMES,
    )


def _roles(texts: Sequence[str]) -> tuple[Role, ...]:
    try:
        roles = msgspec.convert(texts, tuple[StaffRole, ...])
    except msgspec.ValidationError as error:
        message = "Choose at least one role."
        raise Malformed(message) from error
    if not roles:
        message = "Choose at least one role."
        raise Malformed(message)
    return roles


ROUTES: list[HTTPRouteHandler] = [invitations_page, invite_staff_page, resend_page, withdraw_page]
