"""JSON routes of one's own account: step-up, details, password, address, sessions, second factor."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body

from portico.access import Caller, Hat, anyone, signed_in
from portico.accounts import email_change, factor_setup, own_account, own_name
from portico.accounts.api import Code, SignedIn, signed_in_answer
from portico.accounts.devices import device_name
from portico.accounts.door import Door
from portico.accounts.gate import provide_visit, provide_visitor
from portico.accounts.model import Visit, Visitor
from portico.accounts.own_account import OwnAccount
from portico.accounts.own_rules import Language
from portico.accounts.step_up import Proof, step_up
from portico.accounts.totp import enrolment_uri
from portico.ids import AccountId, SessionId
from portico.platform.site import Site

_VISIT = {"visit": Provide(provide_visit, sync_to_thread=False)}
_VISITOR = {"visitor": Provide(provide_visitor, sync_to_thread=False)}

Secret = Annotated[str, msgspec.Meta(max_length=1024)]


class ProofIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The password again, and a code where there is a second factor."""

    password: Secret
    code: Annotated[str, msgspec.Meta(max_length=32)] = ""


class DetailsIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What one changes about oneself at once; null takes the number away."""

    phone: Annotated[str, msgspec.Meta(max_length=64)] | None
    language: Language


class PasswordIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The present password and the new one."""

    current_password: Secret
    new_password: Secret


class EmailIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The new address."""

    email: Annotated[str, msgspec.Meta(max_length=320)]


class OwnNameIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The new name."""

    name: Annotated[str, msgspec.Meta(max_length=1000)]


class OwnAccountOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One's own account."""

    id: AccountId
    name: str
    email: str
    phone: str | None
    language: Language
    has_second_factor: bool
    recovery_codes_left: int


class OwnSessionOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One of one's own sessions; `current` is the one that asks."""

    id: SessionId
    device: str
    hat: Hat
    since: datetime
    last_seen: datetime
    current: bool


class OwnSessionsOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All of them; there are never more than a page."""

    items: list[OwnSessionOut]
    next: str | None = None


class SecretOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What an authenticator app needs: the secret to type, or the link to open."""

    secret: str
    uri: str


class CodesOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Recovery codes, shown this once."""

    codes: tuple[str, ...]


@put("/api/session/step-up", opt={"audience": signed_in()}, dependencies=_VISIT | _VISITOR)
async def put_step_up(
    data: Annotated[ProofIn, Body()], door: Door, visit: Visit, visitor: Visitor
) -> Response[SignedIn]:
    """Shows again who one is, for 5 minutes; the session goes on under a new cookie. 401 `wrong-password`, `wrong-code`."""
    opened = await step_up(door, visit, visitor, Proof(password=data.password, code=data.code))
    return signed_in_answer(opened, door.site.settings)


@get("/api/account", opt={"audience": signed_in()})
async def read_account(site: Site, caller: Caller) -> OwnAccountOut:
    """One's own account."""
    return _account_out(caller, await own_account.read_own(site, caller))


@put("/api/account", opt={"audience": signed_in()})
async def change_account(data: Annotated[DetailsIn, Body()], site: Site, caller: Caller) -> OwnAccountOut:
    """Changes number and language."""
    return _account_out(
        caller, await own_account.change_details(site, caller, phone=data.phone, language=data.language)
    )


@put("/api/account/name", opt={"audience": signed_in(fresh=True)})
async def put_name(data: Annotated[OwnNameIn, Body()], door: Door, caller: Caller) -> OwnAccountOut:
    """Changes one's own name; staff go on seeing the one before. 409 `not-verified`, `name-of-colleague`."""
    await own_name.change_own_name(door, caller, data.name)
    return _account_out(caller, await own_account.read_own(door.site, caller))


@put("/api/account/password", opt={"audience": signed_in()}, dependencies=_VISIT | _VISITOR)
async def put_password(
    data: Annotated[PasswordIn, Body()], door: Door, visit: Visit, visitor: Visitor
) -> Response[SignedIn]:
    """Sets a new password; every other session ends and this one goes on under a new cookie. 422 `password-refused`."""
    opened = await own_account.change_password(door, visit, visitor, old=data.current_password, new=data.new_password)
    return signed_in_answer(opened, door.site.settings)


@post("/api/account/email-changes", opt={"audience": signed_in(fresh=True)}, status_code=202)
async def post_email_change(data: Annotated[EmailIn, Body()], door: Door, caller: Caller) -> None:
    """Sends a link to the new address, the same answer whether or not somebody else uses it."""
    await email_change.ask_for(door, caller, data.email)


@put(
    "/api/email-changes/{code:str}",
    opt={"audience": anyone()},
    status_code=204,
    dependencies=_VISITOR,
)
async def confirm_email_change(code: str, door: Door, visitor: Visitor) -> None:
    """Confirms the new address with the code of the link; works once. 404 `link-gone`."""
    await email_change.confirm(door, code, visitor)


@get("/api/account/sessions", opt={"audience": signed_in()})
async def list_own_sessions(site: Site, caller: Caller) -> OwnSessionsOut:
    """One's own sessions, the one used last first."""
    rows = await own_account.list_sessions(site.db, caller)
    return OwnSessionsOut(
        items=[
            OwnSessionOut(
                id=row.session_id,
                device=device_name(row.device),
                hat=row.hat,
                since=row.created_at,
                last_seen=row.last_seen_at,
                current=row.session_id == caller.actor.session_id,
            )
            for row in rows
        ]
    )


@delete("/api/account/sessions", opt={"audience": signed_in()}, dependencies=_VISIT | _VISITOR)
async def end_other_sessions(site: Site, visit: Visit, visitor: Visitor) -> None:
    """Ends every other session of one's own."""
    await own_account.end_others(site.db, visit, visitor)


@delete("/api/account/sessions/{session_id:uuid}", opt={"audience": signed_in()})
async def end_own_session(session_id: UUID, site: Site, caller: Caller) -> None:
    """Ends one session of one's own."""
    await own_account.end_one(site.db, caller, SessionId(session_id))


@post("/api/account/second-factor", opt={"audience": signed_in(fresh=True)}, status_code=201)
async def start_second_factor(site: Site, caller: Caller) -> SecretOut:
    """A secret for an authenticator app. The app in use so far counts until a code of the new one is given."""
    seed = await factor_setup.start(site, caller)
    return SecretOut(secret=seed, uri=enrolment_uri(seed, caller.actor.name))


@put(
    "/api/account/second-factor",
    opt={"audience": signed_in(fresh=True)},
    dependencies=_VISIT | _VISITOR,
)
async def confirm_second_factor(data: Annotated[Code, Body()], door: Door, visit: Visit, visitor: Visitor) -> CodesOut:
    """Shows that the app has the secret: from now on its codes count. Every other session ends. 401 `wrong-code`."""
    return CodesOut(codes=await factor_setup.confirm(door, visit, visitor, data.code))


@delete("/api/account/second-factor", opt={"audience": signed_in(fresh=True)})
async def switch_off_second_factor(site: Site, caller: Caller) -> None:
    """Takes the second factor away. 409 `second-factor-needed` for staff."""
    await factor_setup.switch_off(site, caller)


@post("/api/account/recovery-codes", opt={"audience": signed_in(fresh=True)}, status_code=201)
async def renew_recovery_codes(site: Site, caller: Caller) -> CodesOut:
    """Ten fresh recovery codes, shown this once; those from before are worth nothing any more."""
    return CodesOut(codes=await factor_setup.renew_codes(site, caller))


def _account_out(caller: Caller, own: OwnAccount) -> OwnAccountOut:
    return OwnAccountOut(
        id=caller.account_id,
        name=own.row.name,
        email=own.row.email,
        phone=own.phone,
        language=own.row.language,
        has_second_factor=own.row.has_totp,
        recovery_codes_left=own.row.codes_left,
    )


ROUTES: list[HTTPRouteHandler] = [
    put_step_up,
    read_account,
    change_account,
    put_name,
    put_password,
    post_email_change,
    confirm_email_change,
    list_own_sessions,
    end_other_sessions,
    end_own_session,
    start_second_factor,
    confirm_second_factor,
    switch_off_second_factor,
    renew_recovery_codes,
]
