"""Whether a request may come from where it says: its peer, its content type, its origin and its CSRF token."""

import re
from collections.abc import Collection
from typing import cast
from urllib.parse import urlsplit

from litestar import Request
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler

from portico.accounts.tokens import is_same
from portico.errors import Malformed, NotAllowed, UnsupportedMedia
from portico.platform.multipart import multipart_form
from portico.platform.site import Site
from portico.platform.upload_slots import UploadSlots
from portico.settings import Settings

AnyRequest = Request[object, object, State]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_FIELD = "csrf_token"
CSRF_HEADER = "x-csrf-token"

MULTIPART = "multipart/form-data"
_JSON = frozenset({"application/json"})
_FHIR = frozenset({"application/json", "application/fhir+json"})
_FORMS = frozenset({"application/x-www-form-urlencoded"})
_IN_PATH = re.compile(r"{(\w+):")
_GIVEN_BY_THE_FRAMEWORK = frozenset(
    {"request", "data", "body", "headers", "cookies", "query", "scope", "socket", "state"}
)
_OUR_SITE = frozenset({"same-origin", "none"})
"""Fetch Metadata: from our own pages, or typed and reloaded by the person."""


class CrossSite(NotAllowed):
    """Another site made this request with our person's browser."""

    code = "cross-site"

    def __init__(self) -> None:
        super().__init__("This request came from another website. Open the portal itself and try again.")


class CsrfTokenWrong(NotAllowed):
    """The request lacks the token that only pages of this session know."""

    code = "csrf-token"

    def __init__(self) -> None:
        super().__init__("This page is too old or belongs to another sign-in. Reload it and try again.")


def peer_of(request: AnyRequest, settings: Settings) -> str | None:
    """The address that the request came from; a proxy's word counts only when it is the one that was configured."""
    peer = None if request.client is None else request.client.host
    if settings.trusted_proxy is None or peer != settings.trusted_proxy:
        return peer
    forwarded = request.headers.get("x-forwarded-for", "")
    # The last entry is the one our own proxy added; those before it are whatever the client claims.
    return forwarded.rpartition(",")[2].strip() or peer


def own_origins(settings: Settings) -> frozenset[str]:
    """The origins of our own pages. The demo listens on both loopback addresses and is reached by either name."""
    if not settings.demo:
        return frozenset({settings.base_url})
    port = urlsplit(settings.base_url).port or 80
    hosts = ("localhost", "127.0.0.1", "[::1]")
    return frozenset({settings.base_url, *(f"http://{host}:{port}" for host in hosts)})


def check_origin(request: AnyRequest, settings: Settings) -> None:
    """Raises CrossSite when the browser says that another site asks. Programs that say nothing pass here."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None and site not in _OUR_SITE:
        raise CrossSite
    if origin is not None and origin not in own_origins(settings):
        raise CrossSite


def is_from_our_pages(request: AnyRequest, settings: Settings) -> bool:
    """Whether the browser itself says so; a program, or a browser that says nothing, is not believed."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    return site == "same-origin" or (site is None and origin in own_origins(settings))


def body_kind(request: AnyRequest) -> str:
    """The declared type of the body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def check_content_type(request: AnyRequest, handler: BaseRouteHandler, *, is_required: bool) -> None:
    """Raises UnsupportedMedia unless the body is of a type that this route reads.

    A form of another site can send a body as text without asking first; no route of ours reads such a body.
    """
    declared = request.headers.get("content-type")
    if declared is None and not is_required and not _has_body(request):
        return
    media_type, _, parameters = (declared or "").partition(";")
    if media_type.strip().lower() not in (readable := _readable(request, handler)) or not _is_utf8(parameters):
        message = f"Send this as {' or '.join(sorted(readable))}."
        raise UnsupportedMedia(message)


def check_query(request: AnyRequest, handler: BaseRouteHandler) -> None:
    """Raises Malformed when the API is asked with a parameter that it does not know: a misspelt filter must not be ignored.

    Pages bear them: a mail program or a search engine may have added a mark of its own to a link.
    """
    if not _is_api(request) or not request.query_params:
        return
    known = _query_parameters(handler)
    if set(request.query_params) - known:
        told = ", ".join(sorted(known)) or "none"
        message = f"There is a parameter in the address that is not known here. Known are: {told}."
        raise Malformed(message)


def _query_parameters(handler: BaseRouteHandler) -> frozenset[str]:
    """The names that the handler reads from the query, by alias where it gives one; all else is given to it otherwise."""
    in_path = {name for path in handler.paths for name in _IN_PATH.findall(path)}
    given = {*_GIVEN_BY_THE_FRAMEWORK, *in_path, *handler.resolve_dependencies()}
    return frozenset(
        getattr(field.kwarg_definition, "query", None) or name
        for name, field in handler.parsed_fn_signature.parameters.items()
        if name not in given
    )


async def check_csrf_token(request: AnyRequest, expected: str) -> None:
    """Raises CsrfTokenWrong unless the header or the form carries this session's token."""
    given = request.headers.get(CSRF_HEADER)
    if given is None and not _is_api(request):
        given = (await form_of(request)).get(CSRF_FIELD)
    if given is None or not is_same(given, expected):
        raise CsrfTokenWrong


async def form_of(request: AnyRequest) -> dict[str, str]:
    """The text fields of a submitted form, the last of each name. Raises Malformed for a body that is no form."""
    return dict(await form_fields(request))


async def form_fields(request: AnyRequest) -> list[tuple[str, str]]:
    """The text fields of a submitted form, each as often as it was sent. Raises Malformed for a body that is no form."""
    if request.content_type[0] == MULTIPART:
        sent = await multipart_form(request, _slots_of(request))
        return [(name, value) for name, values in sent.texts.items() for value in values]
    try:
        form = await request.form()
    except (ValueError, LookupError) as error:
        message = "The form could not be read."
        raise Malformed(message) from error
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


def _slots_of(request: AnyRequest) -> UploadSlots:
    return cast("Site", request.app.state["site"]).files.slots


def _readable(request: AnyRequest, handler: BaseRouteHandler) -> Collection[str]:
    """Forms with files only where a route declares it, for that is read in another way."""
    takes_files = frozenset({MULTIPART}) if handler.opt.get("reads") == MULTIPART else frozenset()
    if not _is_api(request):
        return _FORMS | takes_files
    if takes_files:
        return takes_files
    return _FHIR if "body" in handler.parsed_fn_signature.parameters else _JSON


def _is_api(request: AnyRequest) -> bool:
    return request.scope["path"].startswith(("/api/", "/fhir/"))


def _has_body(request: AnyRequest) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _is_utf8(parameters: str) -> bool:
    charsets = [
        value.strip().strip('"').lower()
        for name, _, value in (parameter.partition("=") for parameter in parameters.split(";"))
        if name.strip().lower() == "charset"
    ]
    return all(charset in ("utf-8", "utf8") for charset in charsets)
