"""Finds an account by its e-mail address without a readable list of addresses outside row-level security."""

import hashlib
import hmac

from portico.accounts.rules import normal_email
from portico.platform.vault import Vault

_PURPOSE = "sign-in e-mail index 1"


class EmailIndex:
    """Keyed digests of normalised addresses."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    async def of(cls, vault: Vault) -> "EmailIndex":
        """The index under the key that stays the same through every rotation."""
        return cls(await vault.provider.derived(_PURPOSE))

    def digest(self, email: str) -> bytes:
        """The same for every spelling of one address; without the key it says nothing about the address."""
        return hmac.digest(self._key, normal_email(email).encode("utf-8", "surrogatepass"), hashlib.sha256)
