"""Regular expressions of forms, on RE2: time grows with the length of the text only, whatever the pattern.

RE2 knows no look-around and no back-references; a form that uses them is refused when it is published.
"""

import re2

_MAX_MEMORY_BYTES = 1 << 20
_MAX_PATTERN_LENGTH = 1000


class Pattern:
    """A compiled pattern that must match the whole text (FHIR `regex` extension)."""

    __slots__ = ("_compiled",)

    def __init__(self, compiled: "re2._Regexp[str]") -> None:
        self._compiled = compiled

    def matches(self, text: str) -> bool:
        """Whether the whole text fits."""
        try:
            return self._compiled.fullmatch(text) is not None
        except UnicodeEncodeError:
            return False


def compile_pattern(text: str) -> Pattern | None:
    """None when the pattern is not a sound one."""
    if len(text) > _MAX_PATTERN_LENGTH:
        return None
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY_BYTES
    try:
        return Pattern(re2.compile(text, options))
    except (re2.error, UnicodeEncodeError):
        return None
