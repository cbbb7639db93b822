"""Pages: Jinja2 with autoescape, strict names and gettext, over the templates of every feature."""

import gettext
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Protocol, cast
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from litestar import Response

import portico
from portico.platform.chrome import Chrome
from portico.platform.requests import AnyRequest
from portico.platform.scope_notes import noted

HTML = "text/html"
"""The framework names the character set itself."""


@cache
def environment() -> Environment:
    """One environment for the whole program; template names are unique across features (a test checks)."""
    root = Path(portico.__file__).parent
    folders = sorted(root.glob("*/templates"))
    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.filters["local_time"] = local_time
    cast(_Translatable, made).install_gettext_translations(gettext.NullTranslations(), newstyle=True)
    return made


class _Translatable(Protocol):
    """What the i18n extension adds to an environment."""

    def install_gettext_translations(self, translations: gettext.NullTranslations, *, newstyle: bool) -> None: ...


@pass_context
def local_time(context: Context, instant: datetime) -> str:
    """An instant on the clinic's clock, as people read it."""
    chrome = context["chrome"]
    zone = chrome.zone if isinstance(chrome, Chrome) else "UTC"
    return instant.astimezone(ZoneInfo(zone)).strftime("%a %b %-d, %Y, %-I:%M %p")


def render(name: str, request: AnyRequest, **context: object) -> str:
    """The template's text. Every page knows who is signed in, the CSRF token and whether this is the demo."""
    return (
        environment()
        .get_template(name)
        .render(chrome=noted(request.scope, "chrome"), path=request.scope["path"], **context)
    )


def page(name: str, request: AnyRequest, *, status: int = 200, **context: object) -> Response[bytes]:
    """A rendered page as an answer."""
    return Response(render(name, request, **context).encode(), status_code=status, media_type=HTML)


def see_other(location: str) -> Response[bytes]:
    """Sends the browser on after a form was accepted, so that reloading does not send it again."""
    # A part of it may be what somebody typed; a header takes no line breaks and nothing outside Latin-1.
    return Response(b"", status_code=303, headers={"Location": quote(location, safe="/?#=&%")})
