"""Reading forms with files: part by part into memory up to a limit, never whole first, and never onto a disk in the clear."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import msgspec
from litestar.exceptions import HTTPException
from multipart import MultipartSegment, ParserError, ParserLimitReached, PushMultipartParser, StrictParserError

from portico.errors import Malformed, TooLarge, Unavailable
from portico.platform.requests import AnyRequest
from portico.platform.scope_notes import note, noted

FILE_BYTES = 10 * 1024 * 1024
"""Largest file that a person may send."""
FIELDS_BYTES = 512 * 1024
"""Largest sum of all that is no file, names included."""
PARTS = 1000
AT_ONCE = 8
"""Forms with files that one process reads at the same time; each holds its files in memory."""
SECONDS = 180
"""For a whole form: a phone on a slow line sends 10 MiB in less."""

UNREADABLE = "The form could not be read."
_BUSY = "Many files are being sent just now. Nothing was lost; please try again in a moment."
TOO_LARGE = f"This file is too large. Files may have up to {FILE_BYTES // 1024**2} MB."


class SentFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as the browser sent it; name and type are its own words."""

    field: str
    name: str
    declared_type: str
    content: bytes


class SentForm(msgspec.Struct, frozen=True, kw_only=True):
    """The texts of a form, all of each name in their order, and its files."""

    texts: Mapping[str, Sequence[str]] = {}
    files: tuple[SentFile, ...] = ()
    too_large: tuple[str, ...] = ()
    """Fields with a file beyond the limit, whose bytes were thrown away as they came."""


class Reading:
    """How many forms with files this process reads now."""

    def __init__(self) -> None:
        self._open = 0

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Counts one more while the block runs. Raises Unavailable when there are too many already."""
        if self._open >= AT_ONCE:
            raise Unavailable(_BUSY)
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1


async def multipart_form(request: AnyRequest, reading: Reading) -> SentForm:
    """The form in this request, read once however often it is asked for.

    Raises Malformed for a body that is no form, TooLarge for one beyond the route's limit, Unavailable when busy.
    """
    known = noted(request.scope, "form")
    if isinstance(known, SentForm):
        return known
    async with reading.one():
        try:
            async with asyncio.timeout(SECONDS):
                form = await _read(request)
        except (ParserError, StrictParserError, UnicodeDecodeError, LookupError, TimeoutError) as error:
            raise Malformed(UNREADABLE) from error
        except ParserLimitReached as error:
            raise TooLarge("The form has too many parts.") from error
        except HTTPException as error:
            if error.status_code == 413:
                raise TooLarge(TOO_LARGE) from error
            raise
    note(request.scope, "form", form)
    return form


async def _read(request: AnyRequest) -> SentForm:
    boundary = request.content_type[1].get("boundary", "")
    parts = _Parts()
    with PushMultipartParser(boundary, max_segment_count=PARTS) as parser:
        async for chunk in request.stream():
            for event in parser.parse(chunk):
                parts.take(event)
    return parts.form()


class _Parts:
    """Collects parts as they come."""

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {}
        self._files: list[SentFile] = []
        self._too_large: list[str] = []
        self._small = 0
        self._segment: MultipartSegment | None = None
        self._held = bytearray()
        self._is_over = False

    def take(self, event: object) -> None:
        if isinstance(event, MultipartSegment):
            self._segment, self._held, self._is_over = event, bytearray(), False
        elif event:
            self._append(bytes(event) if isinstance(event, bytes | bytearray) else b"")
        elif self._segment is not None:
            self._close(self._segment)
            self._segment = None

    def form(self) -> SentForm:
        return SentForm(texts=self._texts, files=tuple(self._files), too_large=tuple(self._too_large))

    def _append(self, piece: bytes) -> None:
        assert self._segment is not None
        if self._segment.filename is None:
            self._small += len(piece)
            if self._small > FIELDS_BYTES:
                raise TooLarge("What was typed is larger than the portal accepts.")
        elif len(self._held) + len(piece) > FILE_BYTES:
            self._is_over, self._held = True, bytearray()
        if not self._is_over:
            self._held += piece

    def _close(self, segment: MultipartSegment) -> None:
        name = segment.name or ""
        if segment.filename is None:
            self._texts.setdefault(name, []).append(self._held.decode(segment.charset or "utf-8"))
        elif self._is_over:
            self._too_large.append(name)
        elif segment.filename or self._held:  # a file input that was left empty sends a part without either
            self._files.append(
                SentFile(
                    field=name,
                    name=segment.filename,
                    declared_type=(segment.content_type or "").partition(";")[0].strip().lower(),
                    content=bytes(self._held),
                )
            )
