"""What Portico notes on a request as it passes through: its id, and what the page shell shows."""

from collections.abc import MutableMapping
from typing import Literal, cast

from litestar.types import Scope

Key = Literal["request_id", "chrome", "caller", "visit", "late", "resend", "form", "sender", "renewed"]


def note(scope: Scope, key: Key, value: object) -> None:
    """Notes a value on the request."""
    cast("MutableMapping[str, object]", scope)[f"portico.{key}"] = value


def noted(scope: Scope, key: Key) -> object:
    """The noted value, or None."""
    return cast("MutableMapping[str, object]", scope).get(f"portico.{key}")
