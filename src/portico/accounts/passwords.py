"""Hashing passwords with argon2id, away from the event loop and never more at once than the machine can bear."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Lock

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from portico.errors import Malformed, Unavailable

MAX_BYTES = 1024
"""Longer input is refused before it is hashed: hashing megabytes would be a way to keep the server busy."""

_TIME_COST, _MEMORY_KIB, _PARALLELISM = 2, 19 * 1024, 1
"""OWASP Password Storage Cheat Sheet: t=2, m=19 MiB, p=1."""

_AT_ONCE = 2
_WAIT_SECONDS = 5.0


_HASHER = PasswordHasher(
    time_cost=_TIME_COST,
    memory_cost=_MEMORY_KIB,
    parallelism=_PARALLELISM,
    hash_len=RFC_9106_LOW_MEMORY.hash_len,
    salt_len=RFC_9106_LOW_MEMORY.salt_len,
)


class PasswordTooLong(Malformed):
    """More bytes than any person types; refused before hashing, whoever it is for."""

    code = "password-too-long"


class Verdict(msgspec.Struct, frozen=True):
    """Whether the password was right, and whether its hash was made with weaker parameters than today's."""

    is_right: bool
    needs_rehash: bool = False


class Passwords:
    """Bounded hashing. `hashes` counts the work done, so that a test can see that two paths do the same."""

    def __init__(self, *, at_once: int = _AT_ONCE, wait_seconds: float = _WAIT_SECONDS) -> None:
        self._dummy = _of_nobody()
        self._threads = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="argon2")
        self._places = asyncio.Semaphore(at_once)
        self._wait_seconds = wait_seconds
        self._lock = Lock()
        self._running = 0
        self.hashes = 0
        self.most_at_once = 0

    async def hash(self, password: str) -> str:
        """A PHC string to store. Raises PasswordTooLong, or Unavailable when too many wait."""
        return await self._in_turn(_capped(password), None)

    async def verify(self, stored: str | None, password: str) -> Verdict:
        """Without a stored hash the same work is done on a dummy, and the answer is no.

        Raises PasswordTooLong, or Unavailable when too many wait.
        """
        wanted = self._dummy if stored is None else stored
        matched = await self._in_turn(_capped(password), wanted)
        if stored is None or not matched:
            return Verdict(is_right=False)
        return Verdict(is_right=True, needs_rehash=_HASHER.check_needs_rehash(stored))

    async def _in_turn(self, secret: bytes, stored: str | None) -> str:
        await self._take_place()
        # The place is given back when the thread is done, not when a caller who hung up is.
        work = asyncio.get_running_loop().run_in_executor(self._threads, self._work, secret, stored)
        work.add_done_callback(lambda _: self._places.release())
        return await asyncio.shield(work)

    async def _take_place(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            await asyncio.wait_for(self._places.acquire(), self._wait_seconds)
        except TimeoutError as error:
            message = "Many people are signing in just now. Please try again in a moment."
            raise Unavailable(message) from error

    def _work(self, secret: bytes, stored: str | None) -> str:
        with self._lock:
            self.hashes += 1
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
        try:
            return _HASHER.hash(secret) if stored is None else self._matched(stored, secret)
        finally:
            with self._lock:
                self._running -= 1

    def _matched(self, stored: str, secret: bytes) -> str:
        try:
            _HASHER.verify(stored, secret)
        except (VerificationError, InvalidHashError):
            return ""
        return stored


@cache
def _of_nobody() -> str:
    """What is compared when there is no account: a hash as every other, made once in a process."""
    return _HASHER.hash("nobody's password")


def _capped(password: str) -> bytes:
    secret = password.encode("utf-8", "surrogatepass")
    if len(secret) > MAX_BYTES:
        message = f"The password is longer than {MAX_BYTES} bytes."
        raise PasswordTooLong(message)
    return secret
