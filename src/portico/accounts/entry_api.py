"""JSON routes of coming in: activating with a code, registering, and a forgotten password. None of them signs in."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from litestar import post, put
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body

from portico.access import anyone
from portico.accounts import activation, password_reset, registration
from portico.accounts.door import Door
from portico.accounts.entry_model import Activation, Registration
from portico.accounts.gate import provide_visitor
from portico.accounts.model import Visitor

_VISITOR = {"visitor": Provide(provide_visitor, sync_to_thread=False)}

Email = Annotated[str, msgspec.Meta(max_length=320)]
Password = Annotated[str, msgspec.Meta(max_length=1024)]
Slug = Annotated[str, msgspec.Meta(max_length=63)]


class ActivationIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A code from a letter, the birth date (staff need none), and the password to sign in with from now on."""

    code: Annotated[str, msgspec.Meta(max_length=200)]
    born_on: date | None = None
    password: Password


class RegistrationIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Who asks for an account. The password is only checked: the one given with the code stands."""

    clinic: Slug
    email: Email
    name: Annotated[str, msgspec.Meta(max_length=500)]
    born_on: date
    password: Password


class ResetRequestIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """An address whose password was forgotten; the clinic only to ask in that one alone."""

    email: Email
    clinic: Slug | None = None


class ResetIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The new password."""

    password: Password


class AskedOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A letter is on its way, if there is anybody to write to; the answer is the same for every address."""

    state: Literal["look-at-your-mail"] = "look-at-your-mail"


class ActivatedOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The account is there; sign in at `POST /api/session`."""

    state: Literal["activated"] = "activated"


@post("/api/activations", opt={"audience": anyone()}, status_code=201, dependencies=_VISITOR)
async def create_activation(data: Annotated[ActivationIn, Body()], door: Door, visitor: Visitor) -> ActivatedOut:
    """Uses a code up and makes its account. 422 `code-refused` for every code that opens nothing, whatever the reason."""
    given = Activation(code=data.code, password=data.password, born_on=data.born_on)
    await activation.activate(door, visitor, given)
    return ActivatedOut()


@post("/api/registrations", opt={"audience": anyone()}, status_code=202, dependencies=_VISITOR)
async def create_registration(data: Annotated[RegistrationIn, Body()], door: Door, visitor: Visitor) -> AskedOut:
    """Asks for an account. 404 `registration-closed` where staff invite; the same answer whoever has the address."""
    asked = Registration(
        clinic=data.clinic, email=data.email, name=data.name, born_on=data.born_on, password=data.password
    )
    await registration.register(door, visitor, asked)
    return AskedOut()


@post("/api/password-resets", opt={"audience": anyone()}, status_code=202, dependencies=_VISITOR)
async def create_password_reset(data: Annotated[ResetRequestIn, Body()], door: Door, visitor: Visitor) -> AskedOut:
    """Asks for a code by mail. The same answer for every address."""
    await password_reset.request_reset(door, visitor, data.email, data.clinic)
    return AskedOut()


@put("/api/password-resets/{code:str}", opt={"audience": anyone()}, status_code=204, dependencies=_VISITOR)
async def use_password_reset(code: str, data: Annotated[ResetIn, Body()], door: Door, visitor: Visitor) -> None:
    """Puts the new password in place and ends every session. 404 `code-refused` for a code that opens nothing."""
    await password_reset.replace_password(door, visitor, code, data.password)


ROUTES: list[HTTPRouteHandler] = [
    create_activation,
    create_registration,
    create_password_reset,
    use_password_reset,
]
