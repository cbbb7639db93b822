"""The one cookie: how it is named and flagged over https and in the demo, read, set and cleared."""

from litestar.datastructures import Cookie as SetCookie

from portico.accounts.model import Cookie
from portico.accounts.request_checks import AnyRequest
from portico.accounts.rules import cookie_of
from portico.settings import Settings

CLEAR_SITE_DATA = '"cache", "cookies", "storage"'
"""Value of the Clear-Site-Data header at sign-out: nothing of the person stays in the browser."""


def cookie_name(settings: Settings) -> str:
    """`__Host-` makes browsers refuse the cookie without https, from a subdomain, or for another path."""
    return "__Host-portico" if settings.is_https else "portico-demo"


def sent_cookie(request: AnyRequest, settings: Settings) -> Cookie | None:
    """The cookie that came with the request, None for one that we cannot have made."""
    return cookie_of(request.cookies.get(cookie_name(settings)))


def set_cookie(settings: Settings, cookie: Cookie) -> SetCookie:
    """Keeps the cookie until the browser closes; the server ends the session earlier."""
    return _cookie(settings, cookie.value, None)


def clear_cookie(settings: Settings) -> SetCookie:
    """Takes the cookie away."""
    return _cookie(settings, "", 0)


def _cookie(settings: Settings, value: str, max_age: int | None) -> SetCookie:
    return SetCookie(
        key=cookie_name(settings),
        value=value,
        max_age=max_age,
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="lax",
    )
