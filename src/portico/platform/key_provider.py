"""Who wraps and unwraps the clinics' keys: a file by default; a key service can take its place."""

import secrets
from pathlib import Path
from typing import NamedTuple, Protocol, Self
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portico.platform.envelope import KEY_BYTES, RandomBytes, fresh_nonce, seal, unseal
from portico.platform.key_file import MasterKeys, create_key_file, read_keys

_MASTER = UUID(int=0)
"""Master keys are known by name; the envelope's id field stays zero."""


class Wrapped(NamedTuple):
    """A wrapped key and the name of the key that wrapped it."""

    wrapping_key: str
    wrapped: bytes


class WrappingKeyMissing(Exception):
    """The provider does not hold the wrapping key of this name."""

    def __init__(self, name: str, place: str) -> None:
        super().__init__(f"{place} lacks the key `{name}`")
        self.name = name


class KeyProvider(Protocol):
    """Holds master keys and never hands one out; asynchronous because a key service is another machine."""

    @property
    def place(self) -> str:
        """Where its keys come from, for people who must repair it."""
        ...

    async def active(self) -> str:
        """The name of the key that wraps from now on."""
        ...

    async def wrap(self, key: bytes, context: bytes) -> Wrapped:
        """Wraps a key under the active master key, bound to its context."""
        ...

    async def unwrap(self, name: str, wrapped: bytes, context: bytes) -> bytes:
        """The key again. Raises WrappingKeyMissing or SealBroken."""
        ...

    async def derived(self, purpose: str) -> bytes:
        """A key for one purpose that stays the same through every rotation, for digests that must be found again."""
        ...


class FileKeyProvider:
    """Master keys from a file. Read at start, and again when a name is asked for that was not there at start:
    so a rotation beside a running server needs no restart.
    """

    def __init__(self, path: Path, random: RandomBytes = secrets.token_bytes) -> None:
        self._path = path
        self._random = random
        self._keys: MasterKeys = read_keys(path)

    @classmethod
    def create(cls, path: Path, random: RandomBytes = secrets.token_bytes) -> Self:
        """Makes a key file, readable by its owner only. Raises StartupRefused when there is one already."""
        create_key_file(path, random)
        return cls(path, random)

    @property
    def place(self) -> str:
        return f"The key file {self._path}"

    @property
    def path(self) -> Path:
        """The file, for the command that adds a key to it."""
        return self._path

    def reload(self) -> None:
        """Reads the file again. Raises StartupRefused as at start, and keeps the keys it had."""
        self._keys = read_keys(self._path)

    async def active(self) -> str:
        return next(iter(self._keys))

    async def wrap(self, key: bytes, context: bytes) -> Wrapped:
        name, master = next(iter(self._keys.items()))
        return Wrapped(name, seal(master, _MASTER, context, key, fresh_nonce(self._random)))

    async def unwrap(self, name: str, wrapped: bytes, context: bytes) -> bytes:
        if name not in self._keys:
            self.reload()
        if name not in self._keys:
            raise WrappingKeyMissing(name, self.place)
        return unseal(self._keys[name], context, wrapped)

    async def derived(self, purpose: str) -> bytes:
        # From the oldest key: rotation puts new keys first and removes none.
        oldest = list(self._keys.values())[-1]
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"portico {purpose}".encode()).derive(oldest)
