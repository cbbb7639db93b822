"""On which device a session was opened, as a short code made from the User-Agent: enough to know one's own. Pure."""

from collections.abc import Mapping, Sequence

UNKNOWN = "other/other"

_BROWSERS: Sequence[tuple[str, str]] = (
    ("Edg", "edge"),
    ("OPR/", "opera"),
    ("SamsungBrowser/", "samsung"),
    ("FxiOS/", "firefox"),
    ("Firefox/", "firefox"),
    ("CriOS/", "chrome"),
    ("Chrome/", "chrome"),
    ("Safari/", "safari"),
)
"""Marks in the order in which they must be looked for: most browsers also claim to be an older one."""

_SYSTEMS: Sequence[tuple[str, str]] = (
    ("iPhone", "iphone"),
    ("iPad", "ipad"),
    ("Android", "android"),
    ("Windows", "windows"),
    ("CrOS", "chromebook"),
    ("Macintosh", "mac"),
    ("Linux", "linux"),
)

_NAMES: Mapping[str, str] = {
    "edge": "Edge",
    "opera": "Opera",
    "samsung": "Samsung Internet",
    "firefox": "Firefox",
    "chrome": "Chrome",
    "safari": "Safari",
    "iphone": "iPhone",
    "ipad": "iPad",
    "android": "Android",
    "windows": "Windows",
    "chromebook": "Chromebook",
    "mac": "Mac",
    "linux": "Linux",
}


def device_of(user_agent: str | None) -> str:
    """`browser/system`, each a word of our own lists; nothing of what was sent is kept."""
    text = user_agent or ""
    return f"{_first(_BROWSERS, text)}/{_first(_SYSTEMS, text)}"


def device_name(code: str) -> str:
    """The device as people call it, e.g. "Firefox on Android"."""
    browser, _, system = code.partition("/")
    known = [_NAMES[part] for part in (browser, system) if part in _NAMES]
    return " on ".join(known) or "An unknown device"


def _first(marks: Sequence[tuple[str, str]], text: str) -> str:
    return next((name for mark, name in marks if mark in text), "other")
