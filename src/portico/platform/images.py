"""Having a stranger's image cleaned by a child process with limits on memory and time; at most a few at once."""

import asyncio
import sys
from collections.abc import AsyncIterator, Hashable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal
from weakref import WeakValueDictionary

import msgspec

from portico.errors import Unavailable

AT_ONCE = 2
"""Children of one process at the same time: each may use a core and 1.5 GiB of addresses."""
SECONDS = 60
SECONDS_TO_WAIT = 10
_COMMAND = (sys.executable, "-I", "-m", "portico.platform.image_worker")
_BUSY = "Many pictures are being looked at just now. Nothing was lost; please try again in a moment."

Reason = Literal["pixels", "unreadable", "too-large", "gave-up"]
"""`gave-up`: the child met one of its limits, or died."""


class ImageRefused(Exception):
    """The bytes are no image that can be shown; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class CleanImage(msgspec.Struct, frozen=True, kw_only=True):
    """The pixels of an image, written anew."""

    media_type: str
    content: bytes


class _Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    media_type: Literal["image/jpeg", "image/png", "image/webp"] | None = None
    refused: Reason | None = None


class Images:
    """The children of this process."""

    def __init__(
        self, *, command: Sequence[str] = _COMMAND, seconds: float = SECONDS, patience: float = SECONDS_TO_WAIT
    ) -> None:
        self._command = tuple(command)
        self._seconds = seconds
        self._patience = patience
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._turns: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    async def clean(self, raw: bytes, media_type: str, sender: Hashable = None) -> CleanImage:
        """The image without anything but its pixels. Raises ImageRefused; Unavailable while too many wait.

        Pictures of one sender are cleaned one after the other, so that nobody takes the places of everybody else.
        """
        async with self._place(sender):
            reply = await self._ask(raw, media_type)
        if reply is None:
            raise ImageRefused("gave-up")
        head, _, content = reply.partition(b"\n")
        try:
            answer = msgspec.json.decode(head, type=_Answer)
        except msgspec.MsgspecError as error:
            raise ImageRefused("unreadable") from error
        if answer.media_type is None:
            raise ImageRefused(answer.refused or "unreadable")
        return CleanImage(media_type=answer.media_type, content=content)

    @asynccontextmanager
    async def _place(self, sender: Hashable) -> AsyncIterator[None]:
        turn = asyncio.Lock() if sender is None else self._turns.setdefault(sender, asyncio.Lock())
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(self._patience):
                    await held.enter_async_context(turn)
                    await held.enter_async_context(self._gate)
            except TimeoutError as error:
                raise Unavailable(_BUSY) from error
            yield

    async def _ask(self, raw: bytes, media_type: str) -> bytes | None:
        """What the child said; None when it died or took too long. It inherits nothing of the environment."""
        child = await asyncio.create_subprocess_exec(
            *self._command,
            media_type,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
        )
        try:
            async with asyncio.timeout(self._seconds):
                reply, _ = await child.communicate(raw)
        except TimeoutError:
            return None
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        return reply if child.returncode == 0 else None
