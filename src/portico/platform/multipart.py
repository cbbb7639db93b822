"""Reading forms with files: part by part into memory up to a limit, never whole first, and never onto a disk in the clear."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
from litestar.exceptions import HTTPException
from multipart import MultipartSegment, ParserError, ParserLimitReached, PushMultipartParser, StrictParserError

from portico.errors import Malformed, TooLarge
from portico.platform.requests import AnyRequest
from portico.platform.scope_notes import note, noted
from portico.platform.upload_slots import Sender, Slot, UploadSlots

FILE_BYTES = 10 * 1024 * 1024
"""Largest file that a person may send."""
FIELDS_BYTES = 512 * 1024
"""Largest sum of all that is no file, names included."""
PARTS = 1000
SMALL_FILES_BYTES = 512 * 1024
"""Files that weigh no more than this together are read whoever else sends files; larger ones need a slot."""
SECONDS = 180
"""For a whole form: a phone on a slow line sends 10 MiB in less."""

UNREADABLE = "The form could not be read."
CROWDED = (
    "This file was not taken: many are being sent just now, or the line is slow. Please send it again in a moment."
)
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
    crowded: tuple[str, ...] = ()
    """Fields with a file for which there was no slot, thrown away likewise. Texts never need one."""


async def multipart_form(request: AnyRequest, slots: UploadSlots) -> SentForm:
    """The form in this request, read once however often it is asked for.

    Raises Malformed for a body that is no form, TooLarge for one beyond the route's limit. Never refuses what was typed
    because of others: a large file that finds no slot is `crowded`, the rest of the form is there.
    """
    known = noted(request.scope, "form")
    if isinstance(known, SentForm):
        return known
    sender = noted(request.scope, "sender")
    parts = _Parts(slots, sender if isinstance(sender, Sender) else Sender(account="-", peer="-"))
    try:
        form = await _read(request, parts)
    finally:
        parts.end()
    note(request.scope, "form", form)
    return form


async def multipart_texts(request: AnyRequest) -> SentForm:
    """Only the texts of the form in this request; the bytes of files are thrown away as they come, whatever their size.

    `crowded` names the fields that held files. Raises as `multipart_form` does.
    """
    known = noted(request.scope, "form")
    if isinstance(known, SentForm):
        return known
    return await _read(request, _Parts(None, Sender(account="-", peer="-")))


async def _read(request: AnyRequest, parts: "_Parts") -> SentForm:
    try:
        async with asyncio.timeout(SECONDS):
            await _take_all(request, parts)
    except (ParserError, StrictParserError, UnicodeError, LookupError, TimeoutError) as error:
        raise Malformed(UNREADABLE) from error
    except ParserLimitReached as error:
        raise TooLarge("The form has too many parts.") from error
    except HTTPException as error:
        if error.status_code == 413:
            raise TooLarge(TOO_LARGE) from error
        if error.status_code == 500:  # how the framework says that the sender went away in the middle
            raise Malformed(UNREADABLE) from error
        raise
    return parts.form()


async def _take_all(request: AnyRequest, parts: "_Parts") -> None:
    boundary = request.content_type[1].get("boundary", "")
    with PushMultipartParser(boundary, max_segment_count=PARTS) as parser:
        async for chunk in request.stream():
            for event in parser.parse(chunk):
                parts.take(event)


class _Parts:
    """Collects parts as they come. Without `slots` no file is kept."""

    def __init__(self, slots: UploadSlots | None, sender: Sender) -> None:
        self._slots, self._sender = slots, sender
        self._slot: Slot | None = None
        self._is_dropped = False
        self._texts: dict[str, list[str]] = {}
        self._files: list[SentFile] = []
        self._refused: dict[Literal["too-large", "crowded"], list[str]] = {"too-large": [], "crowded": []}
        self._text_bytes = 0
        self._file_bytes = 0
        self._segment: MultipartSegment | None = None
        self._held = bytearray()
        self._refusal: Literal["too-large", "crowded"] | None = None

    def take(self, event: object) -> None:
        if isinstance(event, MultipartSegment):
            self._segment, self._held, self._refusal = event, bytearray(), None
        elif event:
            self._append(bytes(event) if isinstance(event, bytes | bytearray) else b"")
        elif self._segment is not None:
            self._close(self._segment)
            self._segment = None

    def form(self) -> SentForm:
        return SentForm(
            texts=self._texts,
            files=tuple(self._files),
            too_large=tuple(self._refused["too-large"]),
            crowded=tuple(self._refused["crowded"]),
        )

    def end(self) -> None:
        """Gives the slot back."""
        if self._slot is not None:
            self._slot.end()

    def _append(self, piece: bytes) -> None:
        assert self._segment is not None
        if self._segment.filename is None:
            self._text_bytes += len(piece)
            if self._text_bytes > FIELDS_BYTES:
                raise TooLarge("What was typed is larger than the portal accepts.")
        elif self._refusal is None:
            self._admit(len(piece))
        if self._refusal is None:
            self._held += piece

    def _admit(self, size: int) -> None:
        """Sees that there is room for more of this file; else its bytes go."""
        self._file_bytes += size
        if len(self._held) + size > FILE_BYTES:
            self._refusal = "too-large"
        elif not self._has_slot(size):
            self._refusal = "crowded"
        if self._refusal is not None:
            self._held = bytearray()

    def _has_slot(self, size: int) -> bool:
        if self._slots is None or self._is_dropped:
            return False
        if self._slot is None and self._file_bytes > SMALL_FILES_BYTES:
            self._slot = self._slots.take(self._sender, self._drop_files)
            return self._slot is not None
        if self._slot is not None:
            self._slot.count(size)
        return True

    def _drop_files(self) -> None:
        """The slot was taken away, for the line is too slow: all files go, what was typed stays."""
        self._is_dropped = True
        self._refused["crowded"] += [file.field for file in self._files]
        self._files = []
        if self._segment is not None and self._segment.filename is not None:
            self._refusal, self._held = "crowded", bytearray()

    def _close(self, segment: MultipartSegment) -> None:
        name = segment.name or ""
        if segment.filename is None:
            self._texts.setdefault(name, []).append(_decoded(self._held, segment.charset))
        elif self._refusal is not None:
            self._refused[self._refusal].append(name)
        elif segment.filename or self._held:  # a file input that was left empty sends a part without either
            self._files.append(
                SentFile(
                    field=name,
                    name=segment.filename,
                    declared_type=(segment.content_type or "").partition(";")[0].strip().lower(),
                    content=bytes(self._held),
                )
            )


def _decoded(held: bytearray, charset: str | None) -> str:
    """Raises Malformed for any other encoding than UTF-8: some of Python's make what no database can store."""
    if (charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise Malformed(UNREADABLE)
    return held.decode("utf-8")
