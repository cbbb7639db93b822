"""Forms with files as bytes: what was typed is always read, files only as far as there is room."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import cast

import pytest
from litestar.exceptions import InternalServerException

from portico.errors import Malformed
from portico.platform.multipart import SMALL_FILES_BYTES, SentForm, multipart_form, multipart_texts
from portico.platform.requests import AnyRequest
from portico.platform.scope_notes import note
from portico.platform.upload_slots import AT_ONCE_PER_ACCOUNT, Sender, UploadSlots

WORDS = "crushing chest pain"
LARGE = SMALL_FILES_BYTES + 1
Stops = tuple[asyncio.Event, asyncio.Event]
"""Told when the body stalls before its last piece, and what it waits for then."""


class Sent:
    """A request whose body comes in pieces; it waits before the last one when asked to."""

    def __init__(self, pieces: Sequence[bytes], stops: Stops | None) -> None:
        self.scope: dict[str, object] = {}
        self.content_type = ("multipart/form-data", {"boundary": "b"})
        self._pieces, self._stops = pieces, stops
        note(self.scope, "sender", Sender(account="alice", peer="1"))  # type: ignore[arg-type]

    async def stream(self) -> AsyncIterator[bytes]:
        for piece in self._pieces[:-1]:
            yield piece
        if self._stops is not None:
            self._stops[0].set()
            await self._stops[1].wait()
        yield self._pieces[-1]


def part(name: str, content: bytes, *, file: str | None = None, kind: str | None = None) -> bytes:
    named = f'; filename="{file}"' if file is not None else ""
    typed = f"Content-Type: {kind}\r\n" if kind else ""
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{named}\r\n{typed}\r\n'.encode() + content + b"\r\n"


END = b"--b--\r\n"


def request(*pieces: bytes, stops: Stops | None = None) -> AnyRequest:
    return cast("AnyRequest", Sent(pieces, stops))


async def full(account: str = "alice") -> UploadSlots:
    slots = UploadSlots()
    for _ in range(AT_ONCE_PER_ACCOUNT):
        assert slots.take(Sender(account=account, peer="9"), lambda: None) is not None
    return slots


async def read(body: bytes, slots: UploadSlots) -> SentForm:
    return await multipart_form(request(body), slots)


async def test_without_a_slot_the_words_are_there_and_the_large_file_is_named() -> None:
    body = part("files", bytes(LARGE), file="knee.jpg") + part("body", WORDS.encode()) + END
    form = await read(body, await full())
    assert form.texts == {"body": [WORDS]}
    assert (form.files, form.crowded) == ((), ("files",))


async def test_a_small_file_needs_no_slot() -> None:
    form = await read(part("files", bytes(1000), file="knee.jpg") + END, await full())
    assert [file.name for file in form.files] == ["knee.jpg"]
    assert form.crowded == ()


async def test_a_large_file_takes_a_slot_and_gives_it_back() -> None:
    slots = UploadSlots()
    form = await read(part("files", bytes(LARGE), file="knee.jpg") + END, slots)
    assert len(form.files[0].content) == LARGE
    assert slots.taken == 0


async def test_who_stalls_loses_the_files_and_not_the_words() -> None:
    slots, stalled, go_on = UploadSlots(window_seconds=0), asyncio.Event(), asyncio.Event()
    head = part("files", b"", file="knee.jpg")[:-2]
    last = b"\r\n" + part("body", WORDS.encode()) + END
    sent = request(part("files", b"first", file="a.txt"), head + bytes(LARGE), last, stops=(stalled, go_on))
    reading = asyncio.create_task(multipart_form(sent, slots))
    await stalled.wait()
    asyncio.get_running_loop().call_later(0, go_on.set)  # after the slot's own timer, which was set before
    form = await reading
    assert form.texts == {"body": [WORDS]}
    assert (form.files, form.crowded) == ((), ("files", "files"))


async def test_only_texts_are_read_where_nobody_is_signed_in() -> None:
    body = part("files", b"small", file="knee.jpg") + part("body", WORDS.encode()) + END
    form = await multipart_texts(request(body))
    assert (form.texts, form.files, form.crowded) == ({"body": [WORDS]}, (), ("files",))


@pytest.mark.parametrize(
    ("charset", "content"),
    [("undefined", b"x"), ("utf-7", b"+2AA-"), ("unicode_escape", b"\\ud800"), ("nonsense", b"x"), ("utf-8", b"\xff")],
)
async def test_any_other_encoding_than_utf_8_is_refused(charset: str, content: bytes) -> None:
    body = part("body", content, kind=f"text/plain; charset={charset}") + END
    with pytest.raises(Malformed):
        await read(body, UploadSlots())


async def test_a_sender_who_goes_away_in_the_middle_is_no_defect() -> None:
    class Gone(Sent):
        async def stream(self) -> AsyncIterator[bytes]:
            yield part("files", b"half", file="knee.jpg")
            raise InternalServerException("client disconnected prematurely")

    slots = UploadSlots()
    with pytest.raises(Malformed):
        await multipart_form(cast("AnyRequest", Gone([END], None)), slots)
    assert slots.taken == 0


async def test_utf_8_may_be_said() -> None:
    form = await read(part("body", "Knöchel".encode(), kind="text/plain; charset=UTF-8") + END, UploadSlots())
    assert form.texts == {"body": ["Knöchel"]}
