"""JSON routes of the session: signing in, the second factor, who is signed in, signing out."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, delete, get, post, put
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body

from portico.access import Hat, Relation, Role, anyone, signed_in, signing_in
from portico.accounts import second_factor
from portico.accounts.cookies import CLEAR_SITE_DATA, clear_cookie, set_cookie
from portico.accounts.door import Door
from portico.accounts.gate import provide_visit, provide_visitor
from portico.accounts.model import Attempt, Opened, SessionState, Visit, Visitor
from portico.accounts.sessions import end_visit
from portico.accounts.sign_in import sign_in
from portico.accounts.totp import enrolment_uri
from portico.ids import AccountId, PatientId
from portico.platform.site import Site
from portico.settings import Settings

_VISIT = {"visit": Provide(provide_visit, sync_to_thread=False)}
_VISITOR = {"visitor": Provide(provide_visitor, sync_to_thread=False)}


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Address and password; the clinic's short name and the hat only when there is a choice."""

    email: Annotated[str, msgspec.Meta(max_length=320)]
    password: Annotated[str, msgspec.Meta(max_length=1024)]
    clinic: Annotated[str, msgspec.Meta(max_length=63)] | None = None
    hat: Hat | None = None


class Code(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A one-time code as the app shows it, or a recovery code."""

    code: Annotated[str, msgspec.Meta(max_length=32)]


class AccountOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who signed in."""

    id: AccountId
    name: str
    roles: tuple[Role, ...]


class SignedIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How far the sign-in has come; the account once it is complete, recovery codes once a factor was set up."""

    state: SessionState
    csrf_token: str
    account: AccountOut | None = None
    recovery_codes: tuple[str, ...] = ()


class PatientOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A patient for whom this session may act."""

    id: PatientId
    name: str
    relation: Relation


class SessionOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who is signed in, wearing which hat, for whom they may act, and until when."""

    account: AccountOut
    hat: Hat
    patients: tuple[PatientOut, ...]
    csrf_token: str
    expires_at: datetime


class Setup(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What an authenticator app needs: the secret to type, or the link to open."""

    secret: str
    uri: str


@post(
    "/api/session",
    opt={"audience": anyone()},
    status_code=200,
    dependencies=_VISITOR,
)
async def create_session(
    data: Annotated[SignIn, Body()], door: Door, visitor: Visitor, site: Site
) -> Response[SignedIn]:
    """Signs in. 401 for a wrong address or password, 409 `choose-clinic` or `choose-hat`, 429 after too many tries."""
    attempt = Attempt(email=data.email, password=data.password, clinic=data.clinic, hat=data.hat)
    return signed_in_answer(await sign_in(door, attempt, visitor), site.settings)


@put(
    "/api/session/second-factor",
    opt={"audience": signing_in()},
    dependencies=_VISIT | _VISITOR,
)
async def give_second_factor(
    data: Annotated[Code, Body()], door: Door, visit: Visit, visitor: Visitor
) -> Response[SignedIn]:
    """Completes the session with a one-time code. 401 `wrong-code`."""
    return signed_in_answer(await second_factor.give_code(door, visit, visitor, data.code), door.site.settings)


@get(
    "/api/session/second-factor-setup",
    opt={"audience": signing_in()},
    dependencies=_VISIT,
)
async def read_second_factor_setup(door: Door, visit: Visit) -> Setup:
    """The secret to put into an authenticator app; only while it is being set up."""
    seed = await second_factor.enrolment_seed(door, visit)
    return Setup(secret=seed, uri=enrolment_uri(seed, visit.name))


@put(
    "/api/session/second-factor-setup",
    opt={"audience": signing_in()},
    dependencies=_VISIT | _VISITOR,
)
async def confirm_second_factor_setup(
    data: Annotated[Code, Body()], door: Door, visit: Visit, visitor: Visitor
) -> Response[SignedIn]:
    """Shows that the app has the secret, and completes the session. 401 `wrong-code`."""
    return signed_in_answer(await second_factor.confirm_enrolment(door, visit, visitor, data.code), door.site.settings)


@get(
    "/api/session",
    opt={"audience": signed_in()},
    dependencies=_VISIT,
)
async def read_session(visit: Visit) -> SessionOut:
    """Who is signed in."""
    return SessionOut(
        account=AccountOut(id=visit.account_id, name=visit.name, roles=tuple(sorted(visit.roles))),
        hat=visit.hat,
        patients=tuple(
            PatientOut(id=link.patient_id, name=link.name, relation=link.relation) for link in visit.patients
        ),
        csrf_token=visit.csrf_token,
        expires_at=visit.ends_at,
    )


@delete(
    "/api/session",
    opt={"audience": signing_in()},
    dependencies=_VISIT | _VISITOR,
)
async def delete_session(visit: Visit, visitor: Visitor, site: Site) -> Response[None]:
    """Signs out; the cookie opens nothing any more."""
    await end_visit(site.db, visit, visitor)
    return Response(
        None,
        status_code=204,
        cookies=[clear_cookie(site.settings)],
        headers={"Clear-Site-Data": CLEAR_SITE_DATA},
    )


def signed_in_answer(opened: Opened, settings: Settings) -> Response[SignedIn]:
    """The answer of every way in, with the session's cookie."""
    account = None
    if opened.state == "signed-in":
        account = AccountOut(id=opened.account_id, name=opened.name, roles=tuple(sorted(opened.roles)))
    body = SignedIn(
        state=opened.state, csrf_token=opened.csrf_token, account=account, recovery_codes=opened.recovery_codes
    )
    return Response(body, cookies=[set_cookie(settings, opened.cookie)])


ROUTES: list[HTTPRouteHandler] = [
    create_session,
    give_second_factor,
    read_second_factor_setup,
    confirm_second_factor_setup,
    read_session,
    delete_session,
]
