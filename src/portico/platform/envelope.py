"""Authenticated encryption of one value (AES-256-GCM, NIST SP 800-38D); nothing about where keys come from.

Layout: one version byte, the 16 bytes of the key's id, a random 96-bit nonce, ciphertext, 128-bit tag.
"""

import hmac
from collections.abc import Callable
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
VERSION = 1
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HEADER_BYTES = 1 + 16
_SHORTEST = _HEADER_BYTES + _NONCE_BYTES + _TAG_BYTES

RandomBytes = Callable[[int], bytes]
"""A source of that many unpredictable bytes; `secrets.token_bytes` outside tests."""


class SealBroken(Exception):
    """Sealed content does not open here: altered, shortened, moved or swapped, or the key is another one.

    One error for all of them, without detail: which of them it was would help only somebody who tries.
    """

    def __init__(self) -> None:
        super().__init__("Sealed content cannot be opened.")


def seal(key: bytes, key_id: UUID, context: bytes, plain: bytes, nonce: bytes) -> bytes:
    """The sealed value. `context` is bound to it and must be given again, byte by byte, to open it.

    A nonce must never serve twice under one key; with random nonces that holds for 2^32 values per key.
    """
    header = bytes([VERSION]) + key_id.bytes
    return header + nonce + AESGCM(key).encrypt(nonce, plain, header + context)


def unseal(key: bytes, context: bytes, sealed: bytes) -> bytes:
    """The plain value again. Raises SealBroken for all but what `seal` made with this key and context."""
    if len(sealed) < _SHORTEST or sealed[0] != VERSION:
        raise SealBroken
    header, nonce = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES : _HEADER_BYTES + _NONCE_BYTES]
    try:
        return AESGCM(key).decrypt(nonce, sealed[_HEADER_BYTES + _NONCE_BYTES :], header + context)
    except InvalidTag:
        raise SealBroken from None


def key_id_of(sealed: bytes) -> UUID:
    """Which key sealed this, by its own word; unproven until it opens. Raises SealBroken when too short."""
    if len(sealed) < _SHORTEST:
        raise SealBroken
    return UUID(bytes=sealed[1:_HEADER_BYTES])


def keyed_digest(key: bytes, context: bytes, plain: bytes) -> bytes:
    """HMAC-SHA256 under a key of its own, derived from this one: sealing and digests never share a key."""
    derived = hmac.digest(key, b"portico digest", "sha256")
    return hmac.digest(derived, len(context).to_bytes(4, "big") + context + plain, "sha256")


def fresh_nonce(random: RandomBytes) -> bytes:
    """A nonce that nobody has used."""
    return random(_NONCE_BYTES)


def bound(purpose: str, *parts: bytes | str) -> bytes:
    """Associated data in which no two lists of parts look alike: each part is led by its length."""
    encoded = [purpose.encode(), *(part.encode() if isinstance(part, str) else part for part in parts)]
    return b"".join(len(part).to_bytes(4) + part for part in encoded)
