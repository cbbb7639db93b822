"""The code that a test page carries: who reads it back shows that the page arrived. Pure.

It comes from the test's own id, which no page or answer shows: only what is delivered carries the code.
"""

import hashlib
from uuid import UUID

_LENGTH = 8
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without what people mistake for one another."""


def page_test_key(test_id: UUID) -> str:
    """The cause under which the outbox holds this test (its `dedupe_key`)."""
    return f"page-test:{test_id}"


def key_by_channel(dedupe_key: str, channel: str) -> str:
    """The key of the row that tells the same cause by another channel; it still names the test."""
    return f"{dedupe_key}#{channel}"


def page_test_of(dedupe_key: str) -> UUID | None:
    """The test that an entry of the outbox is about; None for any other cause."""
    kind, _, rest = dedupe_key.partition(":")
    text = rest.partition("#")[0]
    try:
        return UUID(text) if kind == "page-test" else None
    except ValueError:
        return None


def page_code(test_id: UUID) -> str:
    """Eight letters and digits, in two groups, as the page shows them."""
    digest = hashlib.sha256(b"page test " + test_id.bytes).digest()
    letters = "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:_LENGTH])
    return f"{letters[:4]}-{letters[4:]}"


def is_page_code(test_id: UUID, given: str) -> bool:
    """Whether somebody read this test's code, however they wrote it."""
    return "".join(given.upper().split()).replace("-", "") == page_code(test_id).replace("-", "")
