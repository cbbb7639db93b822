"""Time-based one-time codes (RFC 6238): a code holds for its 30 seconds and one step before and after."""

from datetime import datetime

import pyotp

from portico.accounts.tokens import is_same

STEP_SECONDS = 30
_STEPS_AROUND = (1, 0, -1)
_ISSUER = "Portico"


def new_seed() -> str:
    """A fresh 160-bit seed in base32, as authenticator apps read it."""
    return pyotp.random_base32()


def code_at(seed: str, at: datetime) -> str:
    """The code that an authenticator shows at this instant."""
    return pyotp.TOTP(seed).generate_otp(step_at(at))


def step_at(at: datetime) -> int:
    """The number of the 30-second step this instant is in."""
    return int(at.timestamp()) // STEP_SECONDS


def accepted_step(seed: str, code: str, at: datetime) -> int | None:
    """The newest step that this code is right for, None when it is right for none."""
    given = "".join(code.split())
    totp = pyotp.TOTP(seed)
    right = [step for step in _STEPS_AROUND if is_same(given, totp.generate_otp(step_at(at) + step))]
    return step_at(at) + right[0] if right else None


def enrolment_uri(seed: str, account: str) -> str:
    """The otpauth link that an authenticator app opens. `account` is shown in the app."""
    return pyotp.TOTP(seed).provisioning_uri(name=account, issuer_name=_ISSUER)
