"""The outermost layer of the server: request ids, security headers, methods, body limits, preconditions, cursors."""

import base64
import binascii
import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar, cast
from uuid import uuid4

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, HTTPScope, Message, Receive, Scope, Send

from portico.errors import Malformed, PreconditionRequired
from portico.platform.logs import log
from portico.platform.metrics import Metrics
from portico.platform.requests import AnyRequest
from portico.platform.scope_notes import note

T = TypeVar("T")

BODY_LIMIT_BYTES = 512 * 1024
"""Largest body that any route reads: the fullest intake is under 100 kB."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
_UNUSED_METHOD = (405, "method-not-allowed", "Method Not Allowed", "This server does not take that kind of request.")
_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", _CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),  # with no-referrer, browsers send `Origin: null` beside our own forms
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
)
_HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_NO_STORE = (b"cache-control", b"no-store")
_LAST = (b"connection", b"close")


class Shell:
    """Wraps the application: every answer, also a refusal or a failure, leaves with an id and the security headers."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        https: bool,
        larger: Sequence[tuple[re.Pattern[str], int]] = (),
        metrics: Metrics | None = None,
        end_streams: Callable[[], None] = lambda: None,
    ) -> None:
        """`larger` names the paths that read more than BODY_LIMIT_BYTES, and how much.

        `end_streams` ends answers that would go on for ever.
        """
        self._app = app
        self._larger = tuple(larger)
        self._metrics = metrics or Metrics()
        self.end_streams = end_streams
        self._headers = (*_HEADERS, _HSTS) if https else _HEADERS

    def leave(self) -> None:
        """The process is told to stop: streams end, and each answer from now on is the last of its connection."""
        self._headers = (*self._headers, _LAST)
        self.end_streams()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind: str = scope["type"]
        if kind == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] == ScopeType.WEBSOCKET:
            await send({"type": "websocket.close", "code": 1000, "reason": ""})
            return
        request_id = uuid4().hex
        note(scope, "request_id", request_id)
        started = time.perf_counter()
        answer = _Answer(send, self._headers, request_id)
        most = self._most(scope["path"])
        if scope["method"] not in _METHODS:
            await _refuse(answer, scope, request_id, _UNUSED_METHOD)
        elif _declared_length(scope) > most:
            await _refuse(answer, scope, request_id, _too_large(most))
        else:
            await self._app(scope, _Limited(receive, most), answer)
        self._note(scope, request_id, answer.status, time.perf_counter() - started)

    def _note(self, scope: HTTPScope, request_id: str, status: int, seconds: float) -> None:
        # Only methods and routes that exist: what a client invents must not become a label or a line.
        method = scope["method"] if scope["method"] in _METHODS else "-"
        route = str(scope.get("path_template", "-"))
        self._metrics.answered(method, route, status, seconds)
        log(
            "request",
            request_id=request_id,
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
        )

    def _most(self, path: str) -> int:
        return next((most for pattern, most in self._larger if pattern.fullmatch(path)), BODY_LIMIT_BYTES)


class _Answer:
    """Adds the headers to whatever answer is sent."""

    def __init__(self, send: Send, headers: Sequence[tuple[bytes, bytes]], request_id: str) -> None:
        self._send = send
        self._headers = headers
        self._request_id = request_id
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = {name.lower() for name, _ in message["headers"]}
            wanted = (*self._headers, _NO_STORE, (b"x-request-id", self._request_id.encode()))
            extra = [header for header in wanted if header[0] not in present]
            message["headers"] = [*message["headers"], *extra]
        await self._send(message)


class _Limited:
    """Stops reading a body that grows past the limit although it declared no length."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._seen = 0

    async def __call__(self) -> HTTPReceiveMessage:
        message = cast("HTTPReceiveMessage", await self._receive())
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            if self._seen > self._most:
                # The rest is thrown away and the route sees an unreadable body, which it refuses.
                return {"type": "http.request", "body": b"\x00", "more_body": False}
        return message


def _declared_length(scope: HTTPScope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _plain(send: Send, status: int, body: bytes, content_type: bytes = b"text/plain; charset=utf-8") -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _too_large(most: int) -> tuple[int, str, str, str]:
    size = f"{most // 1024**2} MB" if most >= 1024**2 else f"{most // 1024} kB"
    return (413, "too-large", "Content Too Large", f"This is larger than the portal accepts ({size}).")


async def _refuse(send: Send, scope: HTTPScope, request_id: str, refusal: tuple[int, str, str, str]) -> None:
    """A refusal before the application is asked: a problem for the API, a plain sentence elsewhere."""
    status, code, title, sentence = refusal
    if not scope["path"].startswith(("/api/", "/fhir/")):
        await _plain(send, status, sentence.encode())
        return
    problem = {
        "type": f"urn:portico:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": sentence,
        "requestId": request_id,
    }
    await _plain(send, status, msgspec.json.encode(problem), b"application/problem+json")


def if_match(request: AnyRequest) -> int:
    """The revision that the request was made from. Raises PreconditionRequired without one, Malformed for nonsense."""
    header = request.headers.get("if-match")
    if header is None:
        message = 'Send the revision you have seen as If-Match, for example If-Match: "3".'
        raise PreconditionRequired(message)
    text = header.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        message = 'If-Match must be the ETag you were given, for example "3".'
        raise Malformed(message)
    return int(text)


def instant_in(text: str, name: str) -> datetime:
    """A moment in a query, with its offset. Raises Malformed: a number is none, though the framework would take it."""
    try:
        # A plus sign that was not escaped arrives as a space.
        found = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or text.strip().isdigit():
        message = (
            f"`{name}` is not of the kind that this takes: a moment with its offset, for example 2026-06-01T09:00:00Z."
        )
        raise Malformed(message)
    return found


def etag(revision: int) -> str:
    """The revision as an ETag."""
    return f'"{revision}"'


def cursor_encode(key: Sequence[object]) -> str:
    """A sort key as an opaque cursor."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def cursor_decode(text: str | None, kind: type[T]) -> T | None:
    """The sort key in a cursor, None without one. Raises Malformed for a cursor that this server did not make."""
    if text is None:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=kind)
    except (binascii.Error, ValueError) as error:
        message = "The cursor is not one that this server gave out. Start again without it."
        raise Malformed(message) from error
