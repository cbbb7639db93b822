"""Reading mail that says what became of a mail of ours (RFC 3464): which one, and whether it came back. Pure.

Anybody can write such a mail, so nothing of it is trusted but what can do no harm: the id of one of our own mails, which
only its recipient and the machines on its way know, an action and a status code (RFC 3463). Its words are never kept.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from typing import Final, Literal
from uuid import UUID

import msgspec

MOST_BYTES: Final = 256 * 1024
"""A report with the mail it is about: ours have a few lines, and servers add up to about 100 KiB of words and pictures."""
# The standard library's reader compares each line with the ends of all parts that are open, and goes over long fields again
# and again: mail that was made so would hold the worker up for minutes.
_MOST_LINE_ENDS = 20_000
_MOST_FRAMES = 32
_LINE_END = re.compile(rb"[\r\n]")
_LONG_LINE = re.compile(rb"[^\r\n]{16384}")
_FRAME = re.compile(rb"boundary|delivery-status", re.IGNORECASE)

Result = Literal["failed", "delayed", "delivered", "no-report", "not-ours", "ambiguous", "too-large", "malformed"]
"""`failed`: it came back. `delayed`: it is still tried. `ambiguous`: it names several of our mails, so that none is meant."""

STATUS_UNKNOWN: Final = "5.0.0"
"""The status of what failed without a readable one (RFC 3463: other or undefined, permanent)."""

_MESSAGE_ID = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@([a-z0-9.-]{1,253})>", re.IGNORECASE)
_ACTION = re.compile(r"\s*([a-z]+)", re.IGNORECASE)
_STATUS = re.compile(r"\s*([45]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_DIAGNOSTIC = re.compile(r"\s*smtp\s*;\s*([45])[0-9]{2}(?![0-9])", re.IGNORECASE)
_REPLY_IN_WORDS = re.compile(r"\b[45][0-9]{2}[ -]#?([45]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_COPIED_ID = re.compile(r"^[ \t>]{0,8}Message-ID:[ \t]*(<[^<>\s]{1,320}>)", re.IGNORECASE | re.MULTILINE)
_DONE = frozenset({"delivered", "relayed", "expanded"})
# What the standard library's reader raises on mail that was made to confuse it.
_CONFUSED = (RecursionError, ValueError, LookupError, TypeError, AttributeError)

Part = Message


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail says: only `failed`, `delayed` and `delivered` name one of our mails, the first two with a status."""

    result: Result
    notification_id: UUID | None = None
    code: str | None = None


def read_report(content: bytes, host: str) -> Report:
    """What this mail says of a mail of ours, whose ids end in `host`. Whatever it holds, there is an answer.

    The headers are taken as they stand: the structured reader of the standard library fails on more of what is hostile.
    """
    if len(content) > MOST_BYTES or len(_LINE_END.findall(content)) > _MOST_LINE_ENDS:
        return Report(result="too-large")
    if len(_FRAME.findall(content)) > _MOST_FRAMES or _LONG_LINE.search(content):
        return Report(result="malformed")
    try:
        return _read(message_from_bytes(content, policy=compat32), host)
    except _CONFUSED:
        return Report(result="malformed")


def _read(mail: Part, host: str) -> Report:
    if mail.get_content_type() == "multipart/report":
        return _of_parts(mail, host)
    # Older Exim and its kin: words, and a copy of the mail below them.
    if mail.get("X-Failed-Recipients") is not None and mail.get_content_type() == "text/plain":
        return _of_words(mail, host)
    return Report(result="no-report")


def _of_parts(mail: Part, host: str) -> Report:
    parts = _parts(mail)
    status = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
    if status is None:
        is_said = "delivery-status" in str(mail.get("Content-Type", "")).lower()
        return Report(result="malformed" if is_said else "no-report")
    blocks = _parts(status)
    result, code = _outcome(blocks)
    if result == "malformed":
        return Report(result=result)
    returned = [text for part in parts for text in _ids_of_returned(part)]
    envelope = [f"<{text.strip()}>" for block in blocks for text in _values(block, "Original-Envelope-Id")]
    return _about(result, code, _ours((*returned, *envelope) if returned else (*envelope, *_answered(mail)), host))


def _of_words(mail: Part, host: str) -> Report:
    words = _text(mail)
    copied = _COPIED_ID.findall(words)
    status = _REPLY_IN_WORDS.search(words)
    code = STATUS_UNKNOWN if status is None else status[1]
    return _about("failed", code, _ours(copied or _answered(mail), host))


def _about(result: Result, code: str | None, ids: Sequence[UUID]) -> Report:
    if len(ids) != 1:
        return Report(result="ambiguous" if ids else "not-ours")
    return Report(result=result, notification_id=ids[0], code=code)


def _outcome(blocks: Sequence[Part]) -> tuple[Result, str | None]:
    """The worst that is said of any recipient: each of our mails has one, whose address may stand for several."""
    said: dict[str, Part] = {}
    for block in blocks:
        action = _ACTION.match(" ".join(_values(block, "Action")))
        if action is not None:
            said.setdefault(action[1].lower(), block)
    for result in ("failed", "delayed"):
        if result in said:
            return result, _status(said[result])
    return ("delivered", None) if _DONE & set(said) else ("malformed", None)


def _status(block: Part) -> str:
    """The status; where there is none that can be, the class of the mail server's own reply."""
    status = _STATUS.match(" ".join(_values(block, "Status")))
    if status is not None:
        return status[1]
    reply = _DIAGNOSTIC.match(" ".join(_values(block, "Diagnostic-Code")))
    return STATUS_UNKNOWN if reply is None else f"{reply[1]}.0.0"


def _ids_of_returned(part: Part) -> Iterator[str]:
    """The ids in the headers that came back with the report; deeper ones are of other mails."""
    match part.get_content_type():
        case "message/rfc822":
            for mail in _parts(part):
                yield from _values(mail, "Message-ID")
        case "text/rfc822-headers":
            yield from _values(message_from_bytes(_bytes(part), policy=compat32), "Message-ID")


def _answered(mail: Part) -> list[str]:
    """What the report itself says it answers: some send no headers back."""
    return [text for name in ("In-Reply-To", "References") for text in _values(mail, name)]


def _ours(texts: Iterable[str], host: str) -> list[UUID]:
    """The ids of ours in these texts, each once."""
    found = (match for text in texts for match in _MESSAGE_ID.finditer(text))
    return list(dict.fromkeys(UUID(match[1]) for match in found if match[2].lower() == host.lower()))


def _values(part: Part, name: str) -> list[str]:
    return [str(value) for value in part.get_all(name, [])]


def _parts(part: Part) -> list[Part]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def _text(part: Part) -> str:
    return _bytes(part).decode("utf-8", "replace")


def _bytes(part: Part) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
