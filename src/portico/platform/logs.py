"""One JSON line per event, from an allow-list of fields: ids and codes, never words or names."""

import sys
from datetime import UTC, datetime
from typing import TextIO

import msgspec

_ENCODER = msgspec.json.Encoder()


def log(event: str, *, stream: TextIO | None = None, **fields: str | float | None) -> None:
    """Writes one line to standard error. Values are codes, ids and numbers only."""
    line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **fields}
    target = stream or sys.stderr
    target.write(_ENCODER.encode(line).decode() + "\n")
    target.flush()
