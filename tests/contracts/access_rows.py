"""How a row of the access matrix is written: who gets what, and what is sent with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx

PERSONAS = ("nobody", "alice", "bob", "pat", "carol", "dr.adams", "nora", "fred", "anna", "dr.baker")
UNVERIFIED = "una"
"""Somebody who registered in Alice's clinic without staff. Gets what Bob gets, unless a row says otherwise."""
EVERYBODY = (*PERSONAS, UNVERIFIED)
FOREIGN = ("bob", "carol", "dr.baker", UNVERIFIED)
"""Nothing of Alice's may ever reach them."""

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ELSEWHERE = "00000000-0000-4000-8000-000000000000"
"""An id that nothing has."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Alice's things at one stage, by the names that routes and bodies use."""

    ids: Mapping[str, str] = field(default_factory=dict)
    revision: int = 0


Send = Callable[[Stage], dict[str, Any]]
"""What is sent beside method and path."""


def nothing(stage: Stage) -> dict[str, Any]:
    return {}


def page(**fields: str) -> Send:
    """A form of a page, with the revision that it was made from."""
    return lambda stage: {
        "body": urlencode({"revision": str(stage.revision), **fields}).encode(),
        "headers": FORM,
    }


def body(make: Callable[[Stage], object]) -> Send:
    return lambda stage: {"json": make(stage)}


def page_code(stage: Stage) -> dict[str, Any]:
    """The code of the test page that went to Dr. Adams."""
    return page(code=stage.ids["page_code"])(stage)


def chosen(stage: Stage) -> dict[str, Any]:
    """A new consult of Alice's, as the page of it sends one."""
    fields = {"patient": stage.ids["patient_id"], "name": "Alice", "starts_at": "2026-07-02T10:00"}
    return {"body": urlencode(fields).encode(), "headers": FORM}


def a_file(stage: Stage) -> dict[str, Any]:
    made = httpx.Request(
        "POST", "/", data={"patient": stage.ids["patient_id"]}, files={"file": ("a.txt", b"words", "text/plain")}
    )
    return {"body": made.read(), "headers": {"Content-Type": made.headers["Content-Type"]}}


def revised(make: Callable[[Stage], object]) -> Send:
    return lambda stage: {"json": make(stage), "revision": stage.revision}


@dataclass(frozen=True, kw_only=True)
class Row:
    """Who gets what from a route. `of` makes what is asked for; statuses stand in the order of PERSONAS."""

    statuses: tuple[int, ...]
    unverified: int | None = None
    of: str = "calm"
    send: Send = nothing
    query: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)
    """Names in the path that are not Alice's."""
    ends_session: bool = False


def everybody(status: int, **more: Any) -> Row:
    """The same answer for everybody, signed in or not."""
    return Row(statuses=(status,) * len(PERSONAS), **more)


def whoever_is_in(status: int, **more: Any) -> Row:
    """The same answer for everybody who has signed in."""
    return Row(statuses=(401, *(status,) * 9), **more)


def patients(status: int, *, others: int = 404, **more: Any) -> Row:
    """For Alice and for Pat, who acts for her. `others` is for patients who have nothing to do with her."""
    return Row(statuses=(401, status, others, status, others, 404, 404, 404, 404, 404), **more)


def staff(status: int, *, lacking: str = "", elsewhere: int = 404, **more: Any) -> Row:
    """For staff of her clinic except the roles that lack it; `elsewhere` is for the clinician of the other clinic."""
    own = tuple(403 if name in lacking.split() else status for name in PERSONAS[5:9])
    return Row(statuses=(401, 404, 404, 404, 404, *own, elsewhere), **more)


def readers(status: int, **more: Any) -> Row:
    """For Alice, Pat, and staff who may read answers."""
    return Row(statuses=(401, status, 404, status, 404, status, status, 403, 403, 404), **more)


def in_thread(status: int, **more: Any) -> Row:
    """For Alice, Pat, and staff who read threads of the nurses."""
    statuses = (401, status, 404, status, 404, status, status, 404, 403, 404)
    return Row(statuses=statuses, **{"of": "thread", **more})


def about_thread(status: int, but: Mapping[str, int] | None = None, **more: Any) -> Row:
    """For staff who read threads of the nurses; `but` names those who see it and may not do this."""
    found = dict(zip(PERSONAS, (401, 404, 404, 404, 404, status, status, 404, 403, 404), strict=True))
    return Row(statuses=tuple({**found, **(but or {})}.values()), **{"of": "thread", **more})


def new_page(**fields: str) -> Send:
    """A page on which a message was written, with the ids that it was made with."""
    written = {"topic": "other", "subject": "Hours", "body": "When do you open?", **fields}

    def send(stage: Stage) -> dict[str, Any]:
        ids = {"thread_id": stage.ids["thread_id"], "message_id": str(uuid4()), "new_id": str(uuid4())}
        return page(**ids, **written)(stage)

    return send


def correction(**fields: str) -> Send:
    """The form beside a message, by which it is taken back and corrected."""

    def send(stage: Stage) -> dict[str, Any]:
        of = stage.ids["message_id"]
        written = {"copy": "When do you open?", "new_id": str(uuid4()), **fields}
        return page(**{f"{name}-{of}": text for name, text in written.items()})(stage)

    return send


def a_thread(stage: Stage) -> object:
    """A new thread about Alice."""
    message = {"id": stage.ids["message_id"], "body": "When do you open?"}
    return {"patient": stage.ids["patient_id"], "topic": "other", "subject": "Hours", "message": message}
