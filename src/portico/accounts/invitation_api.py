"""JSON routes of invitations, for staff."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body, Parameter

from portico.access import Caller, Permission, Role, staff
from portico.accounts import invitations
from portico.accounts.entry_model import Delivery, InvitationKind, InvitationState, ListedInvitation
from portico.accounts.gate import demand_fresh
from portico.accounts.request_checks import AnyRequest
from portico.errors import Malformed
from portico.ids import PatientId
from portico.platform.site import Site

_MANAGERS = {"audience": staff(Permission.MANAGE_PEOPLE)}
StaffRole = Literal["clinician", "nurse", "front_desk", "admin"]
AskedState = Annotated[InvitationState | None, Parameter(query="state")]


class InvitationIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Either a patient to be invited to their own record, or a name and roles for a member of the staff."""

    email: Annotated[str, msgspec.Meta(max_length=320)]
    patient: PatientId | None = None
    name: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    roles: tuple[StaffRole, ...] = ()


class DeliveryOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of the latest letter, and why it could not be handed over so far."""

    state: Delivery
    code: str | None


class InvitationOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An invitation; never its code."""

    id: UUID
    kind: InvitationKind
    state: InvitationState
    email: str
    name: str
    patient: PatientId | None
    roles: Sequence[Role]
    invited_by_name: str | None
    created_at: datetime
    expires_at: datetime
    delivery: DeliveryOut


class InvitationsOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One page of invitations, the newest first."""

    items: list[InvitationOut]
    next: str | None


@get("/api/invitations", opt=_MANAGERS)
async def list_invitations(
    site: Site, caller: Caller, wanted: AskedState = None, cursor: str | None = None
) -> InvitationsOut:
    """Invitations and registrations; those of staff only for admins."""
    page = await invitations.read_invitations(site, caller, wanted, cursor)
    return InvitationsOut(items=[invitation_out(entry) for entry in page.entries], next=page.next)


@post("/api/invitations", opt=_MANAGERS)
async def create_invitation(
    request: AnyRequest, site: Site, caller: Caller, data: Annotated[InvitationIn, Body()]
) -> InvitationOut:
    """Invites a patient (the clinic must be open to patients) or, by an admin with a fresh proof, a member of the staff."""
    if data.patient is not None and data.name is None and not data.roles:
        return invitation_out(await invitations.invite_patient(site, caller, data.patient, data.email))
    if data.patient is None and data.name is not None and data.roles:
        if caller.actor.may(Permission.INVITE_STAFF):
            await demand_fresh(request)
        invited = await invitations.invite_staff(site, caller, email=data.email, name=data.name, roles=data.roles)
        return invitation_out(invited)
    message = "Send either `patient`, or `name` and `roles`."
    raise Malformed(message)


@put("/api/invitations/{invitation_id:uuid}/sending", opt=_MANAGERS)
async def resend_invitation(site: Site, caller: Caller, invitation_id: UUID) -> InvitationOut:
    """Sends a new code; the earlier one opens nothing any more."""
    return invitation_out(await invitations.resend(site, caller, invitation_id))


@put("/api/invitations/{invitation_id:uuid}/withdrawal", opt=_MANAGERS)
async def withdraw_invitation(site: Site, caller: Caller, invitation_id: UUID) -> InvitationOut:
    """Takes the invitation back."""
    return invitation_out(await invitations.withdraw(site, caller, invitation_id))


def invitation_out(entry: ListedInvitation) -> InvitationOut:
    """The invitation as an answer."""
    return InvitationOut(
        id=entry.invitation_id,
        kind=entry.kind,
        state=entry.state,
        email=entry.email,
        name=entry.name,
        patient=entry.patient_id,
        roles=entry.roles,
        invited_by_name=entry.invited_by_name,
        created_at=entry.created_at,
        expires_at=entry.expires_at,
        delivery=DeliveryOut(state=entry.delivery, code=entry.delivery_code),
    )


ROUTES: list[HTTPRouteHandler] = [list_invitations, create_invitation, resend_invitation, withdraw_invitation]
