"""The only source of session tokens, and what is derived from one: its stored hash and its CSRF token."""

import hashlib
import hmac
import secrets

_TOKEN_BYTES = 32
_CSRF_LABEL = b"portico csrf token 1"


def new_token() -> str:
    """256 random bits as text that fits a cookie."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def hash_of(token: str) -> str:
    """What the database keeps of a token: it cannot be turned back into a cookie."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_hash(text: str) -> bool:
    """Whether this can be what `hash_of` gives."""
    return len(text) == 64 and all(sign in "0123456789abcdef" for sign in text)


def csrf_token_of(token: str) -> str:
    """The token that unsafe requests of this session must carry; useless in any other session."""
    return hmac.new(token.encode(), _CSRF_LABEL, hashlib.sha256).hexdigest()


def is_same(given: str, expected: str) -> bool:
    """Compares without telling by its duration how much was right."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())
