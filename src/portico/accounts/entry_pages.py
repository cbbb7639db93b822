"""Pages of coming in: setting up an account with a code, registering, and a forgotten password. No script needed."""

from datetime import date
from typing import Annotated

from litestar import Response, get, post
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from portico.access import anyone
from portico.accounts import activation, entry_rules, password_reset, registration
from portico.accounts.door import Door
from portico.accounts.entry_model import Activation, Registration
from portico.accounts.gate import provide_visitor
from portico.accounts.model import Visitor
from portico.accounts.request_checks import AnyRequest, form_of
from portico.errors import DomainError, Invalid
from portico.platform.problems import status_of
from portico.platform.site import Site
from portico.platform.templates import page, see_other

_VISITOR = {"visitor": Provide(provide_visitor, sync_to_thread=False)}
_SECRET = frozenset({"password", "again"})
"""Never sent back to the browser."""

Form = dict[str, str]
SentCode = Annotated[str, Parameter(query="code", max_length=200)]
SentFor = Annotated[str, Parameter(query="for", max_length=10)]


class TypedTwice(Invalid):
    """The two passwords differ."""

    code = "passwords-differ"

    def __init__(self) -> None:
        super().__init__("The two passwords are not the same. Please type the new password twice.")


@get("/activation", opt={"audience": anyone()})
async def activation_page(request: AnyRequest, code: SentCode = "", whose: SentFor = "") -> Response[bytes]:
    """Asks for birth date and password. Opening the page uses nothing up: mail programs open links too."""
    return _show("activation.html", request, {"code": code, "for": whose})


@post("/activation", opt={"audience": anyone()}, status_code=303, dependencies=_VISITOR)
async def post_activation(request: AnyRequest, door: Door, visitor: Visitor) -> Response[bytes]:
    """Makes the account and leads to signing in, or shows the form again."""
    form = await form_of(request)
    try:
        born_on = None if form.get("for") == "staff" else _born(form)
        given = Activation(code=form.get("code", ""), password=_twice(form), born_on=born_on)
        await activation.activate(door, visitor, given)
    except DomainError as refusal:
        return _show("activation.html", request, form, refusal)
    return see_other("/sign-in?after=activated")


@get("/registration", opt={"audience": anyone()})
async def registration_page(request: AnyRequest, site: Site) -> Response[bytes]:
    """Asks who wants an account, where a clinic lets people register themselves."""
    return _show("registration.html", request, {}, clinics=await registration.clinics_to_register_at(site))


@post("/registration", opt={"audience": anyone()}, status_code=303, dependencies=_VISITOR)
async def post_registration(request: AnyRequest, site: Site, door: Door, visitor: Visitor) -> Response[bytes]:
    """Leaves the letter; the answer is the same whoever has the address."""
    form = await form_of(request)
    try:
        asked = Registration(
            clinic=form.get("clinic", ""),
            email=form.get("email", ""),
            name=form.get("name", ""),
            born_on=_born(form),
        )
        await registration.register(door, visitor, asked)
    except DomainError as refusal:
        clinics = await registration.clinics_to_register_at(site)
        return _show("registration.html", request, form, refusal, clinics=clinics)
    return see_other("/look-at-your-mail")


@get("/look-at-your-mail", opt={"audience": anyone()})
async def look_at_mail_page(request: AnyRequest) -> Response[bytes]:
    """What to do after a letter was asked for."""
    return page("look_at_mail.html", request)


@get("/forgotten-password", opt={"audience": anyone()})
async def forgotten_password_page(request: AnyRequest) -> Response[bytes]:
    """Asks for the address."""
    return _show("forgotten_password.html", request, {})


@post("/forgotten-password", opt={"audience": anyone()}, status_code=303, dependencies=_VISITOR)
async def post_forgotten_password(request: AnyRequest, door: Door, visitor: Visitor) -> Response[bytes]:
    """Leaves the letter, if there is an account; the answer is the same for every address."""
    form = await form_of(request)
    try:
        await password_reset.request_reset(door, visitor, form.get("email", ""), None)
    except DomainError as refusal:
        return _show("forgotten_password.html", request, form, refusal)
    return see_other("/look-at-your-mail")


@get("/password-reset", opt={"audience": anyone()})
async def password_reset_page(request: AnyRequest, code: SentCode = "") -> Response[bytes]:
    """Asks for the new password. Opening the page uses nothing up."""
    return _show("password_reset.html", request, {"code": code})


@post("/password-reset", opt={"audience": anyone()}, status_code=303, dependencies=_VISITOR)
async def post_password_reset(request: AnyRequest, door: Door, visitor: Visitor) -> Response[bytes]:
    """Sets the new password and leads to signing in, or shows the form again."""
    form = await form_of(request)
    try:
        await password_reset.replace_password(door, visitor, form.get("code", ""), _twice(form))
    except DomainError as refusal:
        return _show("password_reset.html", request, form, refusal)
    return see_other("/sign-in?after=reset")


def _show(
    name: str, request: AnyRequest, typed: Form, refusal: DomainError | None = None, **more: object
) -> Response[bytes]:
    kept = {key: value for key, value in typed.items() if key not in _SECRET}
    status = 200 if refusal is None else status_of(refusal)
    return page(name, request, status=status, typed=kept, refusal=refusal, **more)


def _born(form: Form) -> date:
    return entry_rules.born(*(form.get(part, "").strip() for part in ("born_year", "born_month", "born_day")))


def _twice(form: Form) -> str:
    if form.get("password", "") != form.get("again", ""):
        raise TypedTwice
    return form.get("password", "")


ROUTES: list[HTTPRouteHandler] = [
    activation_page,
    post_activation,
    registration_page,
    post_registration,
    look_at_mail_page,
    forgotten_password_page,
    post_forgotten_password,
    password_reset_page,
    post_password_reset,
]
