"""`portico triage`: scores messages from standard input, or prints the reading of one text for a person."""

import sys
from collections.abc import Iterable
from typing import TextIO

import msgspec

from portico.triage import Message, Reading, read


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One message as JSON; unknown fields are ignored, missing ones are empty."""

    id: str | int | None = None
    subject: str | None = ""
    body: str | None = ""
    days_since_procedure: int | None = None
    region: str | None = None


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """What the text alone shows."""

    id: str | int | None
    level: str
    rows: tuple[str, ...]
    spans: tuple[object, ...]


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A line that is no message, and why."""

    id: str | int | None
    line: int
    error: str


def score(lines: Iterable[bytes], out: TextIO, errors: TextIO) -> int:
    """Writes one JSON line for each; a bad line is named on `errors`, the rest is still scored, the answer is 1."""
    code = 0
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        try:
            line = msgspec.json.decode(raw, type=Line)
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            _write(errors, Refused(id=_id_of(raw), line=number, error=str(fault)))
            code = 1
            continue
        reading = read(_message(line))
        _write(out, Scored(id=line.id, level=reading.level, rows=reading.rows, spans=reading.spans))
    return code


def score_standard_input() -> int:
    """`portico triage score`."""
    return score(sys.stdin.buffer, sys.stdout, sys.stderr)


def explain(text: str, *, subject: str, days: int | None, region: str | None) -> int:
    """`portico triage explain`: level, rows and what each was found in."""
    message = Message(subject=subject, body=text, days_since_procedure=days, region=region)
    for line in explanation(message, read(message)):
        print(line)
    return 0


def explanation(message: Message, reading: Reading) -> Iterable[str]:
    """The reading in lines that a person reads."""
    yield f"level  {reading.level}"
    yield f"rows   {', '.join(reading.rows) or 'none'}"
    for span in reading.spans:
        words = (message.subject if span.field == "subject" else message.body)[span.start : span.end]
        yield f"{span.row:<6} {span.why:<18} {span.field} {span.start}-{span.end}: {words.encode('utf-8', 'replace').decode()}"
    yield f"reader {reading.version}"


def _message(line: Line) -> Message:
    return Message(
        subject=line.subject or "",
        body=line.body or "",
        days_since_procedure=line.days_since_procedure,
        region=line.region,
    )


def _id_of(raw: bytes) -> str | int | None:
    """The id of a line that is JSON but no message."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, str | int) else None


def _write(stream: TextIO, value: msgspec.Struct) -> None:
    stream.write(msgspec.json.encode(value).decode() + "\n")
    stream.flush()
