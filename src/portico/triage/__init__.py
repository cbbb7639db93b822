"""Reads danger in the free text of messages. Pure: values in, values out; it may only raise a level."""

from portico.triage.engine import make_ready, version
from portico.triage.model import LEVELS, RANK, Level, Message, Reading, Span, higher
from portico.triage.outcome import FAILED, guidance_keys, rules_of
from portico.triage.presence import is_told_as_present
from portico.triage.reading import failed, read
from portico.triage.row_names import NAMES, name_of
from portico.triage.rows import name_of_row

__all__ = [
    "FAILED",
    "LEVELS",
    "NAMES",
    "RANK",
    "Level",
    "Message",
    "Reading",
    "Span",
    "failed",
    "guidance_keys",
    "higher",
    "is_told_as_present",
    "make_ready",
    "name_of",
    "name_of_row",
    "read",
    "rules_of",
    "version",
]
