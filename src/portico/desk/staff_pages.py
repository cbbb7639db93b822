"""Pages of the clinic's staff, for admins."""

from typing import cast
from uuid import UUID

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, Permission, staff
from portico.accounts.renaming import former_names, rename
from portico.accounts.request_checks import form_fields, form_of
from portico.accounts.staff_accounts import STAFF_ROLES, StaffRole, State, Wanted, staff_of
from portico.desk import leaving
from portico.desk.leaving import Member
from portico.errors import DomainError, Malformed
from portico.ids import AccountId
from portico.platform.problems import status_of
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.templates import page, see_other

ROLE_NAMES = {"clinician": "Clinician", "nurse": "Nurse", "front_desk": "Front desk", "admin": "Admin"}
HELD_NAMES = {
    "claim": "A claimed review",
    "question": "A question that the patient has yet to answer",
    "escalation": "An urgent case",
    "consult": "A visit to come",
    "thread": "A thread of messages",
    "on-call": "Being on call",
}


@get("/staff", opt={"audience": staff(Permission.MANAGE_STAFF)})
async def staff_page(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """Everybody who works here."""
    async with site.db.transaction(caller.scope) as tx:
        rows = await staff_of(tx)
    return page("staff.html", request, rows=rows, role_names=ROLE_NAMES)


@get("/staff/{account_id:uuid}", opt={"audience": staff(Permission.MANAGE_STAFF)})
async def member_page(request: AnyRequest, site: Site, caller: Caller, account_id: UUID) -> Response[bytes]:
    """One of them: roles, state, and what they hold."""
    member = await leaving.read_member(site, caller, AccountId(account_id))
    return await _show(request, site, caller, member)


@post("/staff/{account_id:uuid}", opt={"audience": staff(Permission.MANAGE_STAFF, fresh=True)}, status_code=200)
async def post_member(request: AnyRequest, site: Site, caller: Caller, account_id: UUID) -> Response[bytes]:
    """Changes roles or state and shows what the person held."""
    form = await form_of(request)
    chosen = [value for name, value in await form_fields(request) if name == "role"]
    of = AccountId(account_id)
    try:
        wanted = Wanted(roles=_roles(chosen), state=_state(form.get("state", "")))
        member = await leaving.change_member(site, caller, of, wanted, _account(form.get("pass_to", "")))
    except DomainError as refusal:
        before = await leaving.read_member(site, caller, of)
        return await _show(request, site, caller, before, refusal, chosen)
    return await _show(request, site, caller, member, done=True)


@post(
    "/staff/{account_id:uuid}/handover", opt={"audience": staff(Permission.MANAGE_STAFF, fresh=True)}, status_code=303
)
async def post_handover(request: AnyRequest, site: Site, caller: Caller, account_id: UUID) -> Response[bytes]:
    """Passes on everything that the person holds."""
    of = AccountId(account_id)
    try:
        to = _account((await form_of(request)).get("to", ""))
        if to is None:
            message = "Choose who takes over."
            raise Malformed(message)
        await leaving.hand_over(site, caller, of, to)
    except DomainError as refusal:
        return await _show(request, site, caller, await leaving.read_member(site, caller, of), refusal)
    return see_other(f"/staff/{account_id}")


@post("/staff/{account_id:uuid}/name", opt={"audience": staff(Permission.MANAGE_STAFF, fresh=True)}, status_code=303)
async def post_name(request: AnyRequest, site: Site, caller: Caller, account_id: UUID) -> Response[bytes]:
    """Corrects the person's name."""
    of = AccountId(account_id)
    member = await leaving.read_member(site, caller, of)
    try:
        await rename(site, caller, of, (await form_of(request)).get("name", ""))
    except DomainError as refusal:
        return await _show(request, site, caller, member, refusal)
    return see_other(f"/staff/{account_id}")


async def _show(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    member: Member,
    refusal: DomainError | None = None,
    chosen: list[str] | None = None,
    *,
    done: bool = False,
) -> Response[bytes]:
    async with site.db.transaction(caller.scope) as tx:
        rows = await staff_of(tx)
        former = await former_names(tx, member.row.account_id)
    clinicians = [
        row
        for row in rows
        if row.state == "active" and "clinician" in row.roles and row.account_id != member.row.account_id
    ]
    return page(
        "staff_member.html",
        request,
        status=200 if refusal is None else status_of(refusal),
        member=member,
        former=former,
        clinicians=clinicians,
        refusal=refusal,
        chosen=member.row.roles if chosen is None else chosen,
        done=done,
        role_names=ROLE_NAMES,
        held_names=HELD_NAMES,
    )


def _roles(chosen: list[str]) -> list[StaffRole]:
    if not set(chosen) <= set(STAFF_ROLES):
        message = "Choose among the roles on the page."
        raise Malformed(message)
    return cast("list[StaffRole]", chosen)


def _state(text: str) -> State:
    if text not in ("active", "disabled"):
        message = "Choose whether this person may sign in."
        raise Malformed(message)
    return cast("State", text)


def _account(text: str) -> AccountId | None:
    if not text:
        return None
    try:
        return AccountId(UUID(text))
    except ValueError as error:
        message = "Choose one of the people on the page."
        raise Malformed(message) from error


ROUTES: list[HTTPRouteHandler] = [staff_page, member_page, post_member, post_handover, post_name]
