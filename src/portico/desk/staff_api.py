"""JSON routes of the clinic's staff, for admins. Here and not lower down: who leaves may hold things of every feature."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body

from portico.access import Caller, Permission, Role, staff
from portico.accounts.staff_accounts import StaffRole, State, Wanted, staff_of
from portico.accounts.staff_queries import StaffRow
from portico.desk import leaving
from portico.desk.leaving import Kind, Member
from portico.ids import AccountId
from portico.platform.site import Site


class StaffIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Roles and state as wanted. `passTo` takes over what only a clinician can take."""

    roles: Annotated[list[StaffRole], msgspec.Meta(max_length=8)]
    state: State
    pass_to: UUID | None = None


class HandoverIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The clinician who takes over."""

    to: UUID


class StaffAccountOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The account of a member of the staff."""

    id: AccountId
    name: str
    email: str


class StaffOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A member of the staff."""

    account: StaffAccountOut
    roles: tuple[Role, ...]
    state: State
    has_second_factor: bool
    last_seen: datetime | None


class StaffListOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Everybody."""

    items: list[StaffOut]
    next: str | None = None


class HeldPatientOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whom it is about."""

    id: UUID
    name: str


class HeldOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing that the person held; what is not passed on is still theirs."""

    kind: Kind
    id: UUID | None
    patient: HeldPatientOut | None
    passed_on: bool


class MemberOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A member of the staff with what they held."""

    account: StaffAccountOut
    roles: tuple[Role, ...]
    state: State
    has_second_factor: bool
    last_seen: datetime | None
    held: list[HeldOut]


@get("/api/staff", opt={"audience": staff(Permission.MANAGE_STAFF)})
async def list_staff(site: Site, caller: Caller) -> StaffListOut:
    """Everybody who has or had roles here, the active first."""
    async with site.db.transaction(caller.scope) as tx:
        return StaffListOut(items=[_staff_out(row) for row in await staff_of(tx)])


@get("/api/staff/{account_id:uuid}", opt={"audience": staff(Permission.MANAGE_STAFF)})
async def read_staff(account_id: UUID, site: Site, caller: Caller) -> MemberOut:
    """One member of the staff and what they hold."""
    return _member_out(await leaving.read_member(site, caller, AccountId(account_id)))


@put("/api/staff/{account_id:uuid}", opt={"audience": staff(Permission.MANAGE_STAFF, fresh=True)})
async def change_staff(account_id: UUID, data: Annotated[StaffIn, Body()], site: Site, caller: Caller) -> MemberOut:
    """Changes roles or state; their sessions end at once. Disabling lists what they held. 409 `last-admin`, `on-call-needed`."""
    wanted = Wanted(roles=data.roles, state=data.state)
    pass_to = None if data.pass_to is None else AccountId(data.pass_to)
    return _member_out(await leaving.change_member(site, caller, AccountId(account_id), wanted, pass_to))


@put("/api/staff/{account_id:uuid}/handover", opt={"audience": staff(Permission.MANAGE_STAFF, fresh=True)})
async def hand_over(account_id: UUID, data: Annotated[HandoverIn, Body()], site: Site, caller: Caller) -> MemberOut:
    """Passes on everything that somebody holds: what is urgent to everybody, the rest to a clinician."""
    return _member_out(await leaving.hand_over(site, caller, AccountId(account_id), AccountId(data.to)))


def _staff_out(row: StaffRow) -> StaffOut:
    return StaffOut(
        account=StaffAccountOut(id=row.account_id, name=row.name, email=row.email),
        roles=row.roles,
        state=row.state,
        has_second_factor=row.has_totp,
        last_seen=row.last_seen_at,
    )


def _member_out(member: Member) -> MemberOut:
    row = member.row
    return MemberOut(
        account=StaffAccountOut(id=row.account_id, name=row.name, email=row.email),
        roles=row.roles,
        state=row.state,
        has_second_factor=row.has_totp,
        last_seen=row.last_seen_at,
        held=[
            HeldOut(
                kind=each.kind,
                id=each.id,
                patient=None
                if each.patient_id is None
                else HeldPatientOut(id=each.patient_id, name=member.names.get(each.patient_id, "")),
                passed_on=each.passed_on,
            )
            for each in member.held
        ],
    )


ROUTES: list[HTTPRouteHandler] = [list_staff, read_staff, change_staff, hand_over]
