"""Finds a patient by telephone number although the number is sealed: keyed digests, different in each clinic."""

import hashlib
import hmac

from portico.accounts.entry_rules import normal_phone
from portico.ids import ClinicId
from portico.platform.vault import Vault

_PURPOSE = "patient phone index 1"


async def phone_digest(vault: Vault, clinic_id: ClinicId, phone: str | None) -> bytes | None:
    """The same for every way to write one number; None without a number that could be dialled."""
    digits = normal_phone(phone or "")
    if not digits:
        return None
    key = await vault.provider.derived(_PURPOSE)
    return hmac.digest(key, clinic_id.bytes + digits.encode(), hashlib.sha256)
