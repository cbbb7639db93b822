"""What a letter carries sealed until it is sent: an address of this portal, and perhaps until when it works. Pure."""

from datetime import datetime


def sealed_link(path: str, until: datetime | None) -> str:
    """Both in one text. A path holds no space."""
    return path if until is None else f"{path} {until.isoformat()}"


def opened_link(text: str) -> tuple[str, datetime | None]:
    """The path and the end; letters of before this had only a path."""
    path, _, until = text.partition(" ")
    return path, datetime.fromisoformat(until) if until else None
