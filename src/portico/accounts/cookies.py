"""The one cookie: how it is named and flagged over https and in the demo, read, set and cleared."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from litestar.datastructures import Cookie as SetCookie

from portico.accounts.model import Cookie
from portico.accounts.request_checks import AnyRequest
from portico.accounts.rules import cookie_of
from portico.accounts.tokens import hash_of, is_hash
from portico.ids import ClinicId
from portico.settings import Settings

CLEAR_SITE_DATA = '"cache", "cookies", "storage"'
"""Value of the Clear-Site-Data header at sign-out: nothing of the person stays in the browser."""
CLEAR_PAGES = '"cache", "storage"'
"""The same for a sign-out by page, which takes the session's cookie away by name and leaves `left_cookie`."""
LEFT_FOR: Final = timedelta(hours=12)
"""How long a browser remembers which session it signed out of."""


def cookie_name(settings: Settings) -> str:
    """`__Host-` makes browsers refuse the cookie without https, from a subdomain, or for another path."""
    return "__Host-portico" if settings.is_https else "portico-demo"


def sent_cookie(request: AnyRequest, settings: Settings) -> Cookie | None:
    """The cookie that came with the request, None for one that we cannot have made."""
    return cookie_of(request.cookies.get(cookie_name(settings)))


def set_cookie(settings: Settings, cookie: Cookie) -> SetCookie:
    """Keeps the cookie until the browser closes; the server ends the session earlier."""
    return _cookie(settings, cookie.value, None)


def left_cookie(settings: Settings, cookie: Cookie) -> SetCookie:
    """Tells later which session this browser signed out of, so that a form left open in another tab is not lost.

    It opens nothing: it names the ended session as the database does, from which nobody gets back to its token.
    """
    value = f"{cookie.clinic_id}.{hash_of(cookie.token)}"
    return _cookie(settings, value, int(LEFT_FOR.total_seconds()), name=_left_name(settings))


def session_left(request: AnyRequest, settings: Settings) -> tuple[ClinicId, str] | None:
    """The session that this browser signed out of, as clinic and hash; None when it did not, or says what we cannot have said."""
    clinic, _, token_hash = request.cookies.get(_left_name(settings), "").partition(".")
    try:
        clinic_id = ClinicId(UUID(clinic))
    except ValueError:
        return None
    return (clinic_id, token_hash) if is_hash(token_hash) else None


def clear_cookie(settings: Settings) -> SetCookie:
    """Takes the cookie away."""
    return _cookie(settings, "", 0)


def _left_name(settings: Settings) -> str:
    return f"{cookie_name(settings)}-left"


def _cookie(settings: Settings, value: str, max_age: int | None, *, name: str | None = None) -> SetCookie:
    return SetCookie(
        key=name or cookie_name(settings),
        value=value,
        max_age=max_age,
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="lax",
    )
