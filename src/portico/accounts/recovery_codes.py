"""Recovery codes: ten keys for the day the phone is gone, each good once, kept only as keyed digests."""

import hashlib
import hmac
import secrets

from portico.accounts import factor_queries, queries
from portico.ids import AccountId
from portico.notify.actions import enqueue_letter
from portico.platform.database import Tx
from portico.platform.vault import Vault

HOW_MANY = 10

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no letter that looks like a digit, 5 bits each."""
_LENGTH = 16
"""80 bits; with a keyed digest nobody guesses one from a dump (ASVS 5.0 6.5.2 asks for a hash, 6.5.4 for 20 bits)."""
_LOOKALIKES = str.maketrans("OIL", "011")
_PURPOSE = "recovery codes 1"


async def renew(tx: Tx, vault: Vault, account_id: AccountId) -> tuple[str, ...]:
    """Ten fresh codes, the only time they can be read; those from before are worth nothing any more."""
    codes = tuple("".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)) for _ in range(HOW_MANY))
    key = await vault.provider.derived(_PURPOSE)
    await factor_queries.put_codes(tx, account_id, [_digest(key, account_id, code) for code in codes])
    return tuple(_readable(code) for code in codes)


def may_be_code(text: str) -> bool:
    """Whether this could be a recovery code rather than the app's six digits."""
    plain = _plain(text)
    return len(plain) == _LENGTH and set(plain) <= set(_ALPHABET)


async def use(tx: Tx, vault: Vault, account_id: AccountId, text: str) -> bool:
    """Uses a code up and tells its owner by letter; False when it is none, was used or was replaced."""
    key = await vault.provider.derived(_PURPOSE)
    if not await factor_queries.use_code(tx, account_id, _digest(key, account_id, _plain(text))):
        return False
    await tell_owner(tx, vault, account_id, "recovery-code-used")
    return True


async def tell_owner(tx: Tx, vault: Vault, account_id: AccountId, kind: str) -> None:
    """A letter to the account's address: something about the way you sign in was changed."""
    standing = await queries.standing_of(tx, account_id)
    if standing is not None:
        await enqueue_letter(tx, vault, kind=kind, address=standing.email, dedupe_key=f"{kind}:{tx.ids.new()}")


def _readable(code: str) -> str:
    return "-".join(code[start : start + 4] for start in range(0, _LENGTH, 4))


def _plain(text: str) -> str:
    kept = "".join(character for character in text.upper() if character.isalnum())
    return kept.translate(_LOOKALIKES)


def _digest(key: bytes, account_id: AccountId, plain: str) -> bytes:
    """Bound to its account: the same code of somebody else has another digest."""
    return hmac.digest(key, account_id.bytes + plain.encode("utf-8", "surrogatepass"), hashlib.sha256)
