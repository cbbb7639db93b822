"""Reading danger in what a patient writes. Pure: a message in, a reading out; no words leave, only where they stand."""

from portico.triage.reading import Level, Message, Reading, Span, guidance_keys, read, rules_of

__all__ = ["Level", "Message", "Reading", "Span", "guidance_keys", "read", "rules_of"]
