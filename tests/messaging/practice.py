"""A reader of a few words, so that tests say by their words which level a message has; and short words for sending."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx

from portico import triage
from portico.triage.text import fields
from tests.pages.markup import Form
from tests.pages.tab import Tab
from tests.portal import Persona

LEVELS: Mapping[str, tuple[triage.Level, str]] = {
    "breathe": ("emergency", "T1"),
    "fever": ("call_now", "T9"),
    "worried": ("same_day", "T18"),
    "sore": ("routine", "T21"),
}
"""A word, the level that it means here, and its row."""

CALM = "When do you open?"
SORE = "It is a bit sore."
WORRIED = "I am worried."
FEVER = "I have a fever."
BREATH = "I cannot breathe."


def practice_reader(message: triage.Message) -> triage.Reading:
    """Finds the words of LEVELS. A message with "crash" makes it fail."""
    if "crash" in message.body:
        raise RuntimeError
    found = [
        (level, triage.Span(field=field, start=text.index(word), end=text.index(word) + len(word), row=row, why=""))
        for field, text in fields(message)
        for word, (level, row) in LEVELS.items()
        if word in text
    ]
    order = ("emergency", "call_now", "same_day", "routine")
    level: triage.Level = min((level for level, _ in found), key=order.index, default="routine")
    return triage.Reading(
        level=level,
        rows=tuple(dict.fromkeys(span.row for _, span in found)),
        spans=tuple(span for _, span in found),
        version="practice",
    )


def new_id() -> str:
    return str(uuid4())


async def start(
    who: Persona,
    patient: str,
    body: str = CALM,
    *,
    topic: str = "soreness",
    subject: str = "Hello",
    thread: str | None = None,
    message: str | None = None,
) -> httpx.Response:
    """Sends the first message of a new thread."""
    sent = {"id": message or new_id(), "body": body, "attachments": []}
    made: dict[str, Any] = {"patient": patient, "topic": topic, "subject": subject, "message": sent}
    return await who.send("PUT", f"/api/threads/{thread or new_id()}", json=made)


async def started(who: Persona, patient: str, body: str = CALM, **more: str) -> str:
    """The id of a new thread."""
    answer = await start(who, patient, body, **more)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


async def write(
    who: Persona, thread: str, body: str = CALM, *, message: str | None = None, **more: object
) -> httpx.Response:
    """Sends a message into a thread."""
    path = f"/api/threads/{thread}/messages/{message or new_id()}"
    return await who.send("PUT", path, json={"body": body, "attachments": [], **more})


def act(tab: Tab, what: str) -> Form:
    """The one form of a page about a thread, of either side, sent by the button that does this."""
    form = next(form for form in tab.page.forms if form.id in ("desk", "write"))
    return replace(form, action=f"{form.action.rpartition('/')[0]}/{what}")


def correction(of: object, *, reason: str, copy: str = "") -> dict[str, str]:
    """What the boxes beside a message send that is taken back."""
    return {f"new_id-{of}": new_id(), f"reason-{of}": reason, f"copy-{of}": copy}


async def messages(who: Persona, thread: str, after: int = 0) -> list[dict[str, Any]]:
    """The messages after a number, as this person reads them."""
    answer = await who.send("GET", f"/api/threads/{thread}/messages?after={after}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def threads(who: Persona, query: str = "") -> list[dict[str, Any]]:
    """The first page of a list of threads."""
    answer = await who.send("GET", f"/api/threads{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found
