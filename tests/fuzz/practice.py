"""A portal that senseless requests are sent to, on a loop of its own, with things of Alice's to find."""

import asyncio
import tempfile
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

from portico.commands.demo_content import SLUG
from tests import walks
from tests.databases import Databases
from tests.portal import Persona, Portal, open_portal

T = TypeVar("T")

ENDS_SESSION = ("POST /api/session", "DELETE /api/session")


class Practice:
    """A portal on a loop of its own, with things of Alice's to find."""

    def __init__(self, databases: Databases) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.portal: Portal = self.do(self._open(databases))
        self.hers: dict[str, list[str]] = {}
        self.do(self._furnish())

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def close(self) -> None:
        self.do(self._stack.aclose())
        self._runner.close()

    async def _open(self, databases: Databases) -> Portal:
        urls = await self._stack.enter_async_context(databases.fresh())
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        return await self._stack.enter_async_context(open_portal(urls, folder))

    async def _furnish(self) -> None:
        portal = self.portal
        portal.app.end_streams()
        queued = await walks.queued(portal, "alice", walks.NUMBING)
        claimed = await walks.claimed(portal, "alice")
        draft, _ = await walks.drafted(portal, "alice", walks.SADDLE)
        danger = await walks.escalation_of(portal, "alice", draft)
        assert danger is not None
        thread_id = str(await walks.thread_of(portal, "alice"))
        alice = await portal.as_("alice")
        read = await alice.send("GET", f"/api/threads/{thread_id}/messages")
        message_id = read.json()["items"][0]["id"]
        self.hers = {
            "response_id": [str(draft), str(queued.response_id), str(claimed.response_id)],
            "review_id": [str(queued.review_id), str(claimed.review_id)],
            "escalation_id": [str(danger.escalation_id)],
            "consult_id": [str(await walks.booked(portal, "alice", days=3))],
            "thread_id": [thread_id],
            "message_id": [message_id],
            "patient": [str(walks.patient_of(portal, "alice"))],
            "slug": [SLUG],
        }

    @property
    def her_ids(self) -> list[str]:
        return [found for name, ids in self.hers.items() if name != "slug" for found in ids]

    async def persona(self, name: str) -> Persona:
        if name == "nobody":
            return self.portal.stranger()
        return await self.portal.as_(name)

    def send(
        self, name: str, method: str, url: str, *, content: bytes = b"", headers: Mapping[str, object]
    ) -> httpx.Response:
        """One request of this persona, with the token of their session and whatever headers somebody thought up."""
        return self.do(self._send(name, method, url, content, headers))

    async def _send(
        self, name: str, method: str, url: str, content: bytes, headers: Mapping[str, object]
    ) -> httpx.Response:
        persona = await self.persona(name)
        sent = {"X-CSRF-Token": persona.token, **headers}
        raw = [(as_bytes(key), as_bytes(value)) for key, value in sent.items() if key.lower() != "cookie"]
        request = persona.http.build_request(method, url, content=content, headers=raw)
        answer = await persona.http.send(request)
        answer.elapsed = timedelta(0)
        if f"{method.upper()} {request.url.path}" in ENDS_SESSION:
            # Wrong passwords are counted; an hour later nobody remembers them.
            self.portal.clock.pass_by(hours=1)
            self.portal.personas.clear()
        return answer


def as_bytes(text: object) -> bytes:
    """What goes over the wire."""
    return text if isinstance(text, bytes) else str("" if text is None else text).encode()
