"""What patients and staff do with messages at random, and what they remember of it."""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import httpx

from tests.torture.clients import Client, Ledger

TEXTS = (
    "When do you open?",
    "It is a bit sore since yesterday.",
    "I have a fever of 103 and chills.",
    "I cannot breathe and my chest hurts.",
    "My calf is swollen and hot.",
)
_PAUSE = (0.05, 0.6)


@dataclass(frozen=True, kw_only=True)
class Told:
    """An acknowledged message."""

    thread: str
    seq: int
    body: str
    author: str
    level: str


@dataclass(kw_only=True)
class Mailbag:
    """What all people together know of the threads."""

    ledger: Ledger
    phrase: str
    threads: dict[str, str] = field(default_factory=dict)
    """Thread → patient; as soon as somebody tried to start it."""
    started: set[str] = field(default_factory=set)
    tried: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """Message → thread, body, author; whether or not an answer came."""
    told: dict[str, Told] = field(default_factory=dict)
    seen: dict[tuple[str, int], tuple[str, str | None]] = field(default_factory=dict)
    """Thread and number → message and body, as the first reader saw it."""
    marks: dict[tuple[str, str], int] = field(default_factory=dict)

    def remember(self, message: Mapping[str, Any], thread: str) -> None:
        """What stands at a number never changes, whoever reads it, and whenever."""
        here = (message["id"], message["body"])
        first = self.seen.setdefault((thread, message["seq"]), here)
        if first != here:
            self.ledger.wrong.append(f"thread {thread} changed at {message['seq']}")


@dataclass(kw_only=True)
class Correspondent:
    """One person who goes on until told to stop; `last` is how far they have read each thread."""

    client: Client
    bag: Mailbag
    last: dict[str, int] = field(default_factory=dict)

    async def go_on(self, until: asyncio.Event) -> None:
        """Does one thing after the other."""
        acts = self._acts()
        while not until.is_set():
            [act] = self.chance.choices([act for act, _ in acts], [weight for _, weight in acts])
            await act()
            await asyncio.sleep(self.chance.uniform(*_PAUSE))

    @property
    def chance(self) -> random.Random:
        return self.client.chance

    def _acts(self) -> list[tuple[Callable[[], Awaitable[None]], int]]:
        both = [(self.send, 8), (self.read, 6), (self.mark_read, 2)]
        if self.client.patient is not None:
            return [*both, (self.start, 2)]
        return [*both, (self.acknowledge, 3), (self.resolve, 3), (self.close, 2), (self.reopen, 1)]

    async def start(self) -> None:
        """A new thread; now and then twice, and now and then with other words under the same ids."""
        thread, message, body = self._id(), self._id(), self._words()
        assert self.client.patient is not None
        self.bag.threads[thread] = self.client.patient
        self.bag.tried[message] = (thread, body, self.client.account)
        sent = {"patient": self.client.patient, "topic": "soreness", "subject": f"About {self.bag.phrase}"}
        path = f"/api/threads/{thread}"
        answer = await self.client.ask("PUT", path, {**sent, "message": {"id": message, "body": body}}, kind="send")
        if self._is_done(answer, "start"):
            self._told(answer.json()["message"], thread, body)
            self.bag.started.add(thread)
            await self._again(path, {**sent, "message": {"id": message, "body": body}})
            await self._differently(path, {**sent, "message": {"id": message, "body": f"{body} No."}})

    async def send(self) -> None:
        """A message into a thread in sight."""
        thread = self._thread()
        if thread is None:
            return
        message, body = self._id(), self._words()
        self.bag.tried[message] = (thread, body, self.client.account)
        path = f"/api/threads/{thread}/messages/{message}"
        answer = await self.client.ask("PUT", path, {"body": body}, kind="send")
        if self._is_done(answer, "send", refused={409}):
            self._told(answer.json(), thread, body)
            await self._again(path, {"body": body})
            await self._differently(path, {"body": f"{body} No."})

    async def read(self) -> None:
        """The tail of a thread in sight."""
        thread = self._thread()
        if thread is not None:
            await self.read_thread(thread)

    async def read_thread(self, thread: str) -> None:
        """What came after the last number that this person has seen: without a gap."""
        after = self.last.get(thread, 0)
        answer = await self.client.ask("GET", f"/api/threads/{thread}/messages?after={after}")
        if self._is_done(answer, "read"):
            found = answer.json()["items"]
            if [each["seq"] for each in found] != list(range(after + 1, after + 1 + len(found))):
                self.bag.ledger.wrong.append(f"a tail of {thread} after {after} has a hole")
            for each in found:
                self.bag.remember(each, thread)
            self.last[thread] = after + len(found)

    async def mark_read(self) -> None:
        """As far as this person has read."""
        thread = self._thread()
        if thread is None or not self.last.get(thread):
            return
        seq = self.last[thread]
        answer = await self.client.ask("PUT", f"/api/threads/{thread}/read-mark", {"seq": seq}, kind="mark")
        if self._is_done(answer, "mark"):
            if answer.json()["seq"] < seq:
                self.bag.ledger.wrong.append(f"a mark in {thread} moved back")
            self.bag.marks[self.client.account, thread] = seq

    async def acknowledge(self) -> None:
        """I am on it."""
        found = await self._escalation("raised")
        if found is not None:
            path = f"/api/escalations/{found}/acknowledgement"
            answer = await self.client.ask("PUT", path, kind="acknowledge")
            if self._is_done(answer, "acknowledge", refused={409}):
                self.bag.ledger.acts[self.client.account, "acknowledge", path] += 1

    async def resolve(self) -> None:
        """What was done."""
        found = await self._escalation("acknowledged")
        if found is not None:
            path = f"/api/escalations/{found}/resolution"
            done = {"outcome": self.chance.choice(("spoke", "left_message")), "note": f"Said {self.bag.phrase}."}
            answer = await self.client.ask("PUT", path, done, kind="resolve")
            if self._is_done(answer, "resolve", refused={409}):
                self.bag.ledger.acts[self.client.account, "resolve", path] += 1

    async def close(self) -> None:
        """With a sentence of its own each time, so that each closing can be told apart."""
        thread = self._thread()
        if thread is None:
            return
        path = f"/api/threads/{thread}/closure"
        sentence = {"sentence": f"Rest it. {self.bag.phrase} {self._id()}"}
        answer = await self.client.ask("PUT", path, sentence, kind="close")
        if self._is_done(answer, "close", refused={409}):
            self.bag.ledger.acts[self.client.account, "close", path] += 1

    async def reopen(self) -> None:
        """Also when it is open: that changes nothing."""
        thread = self._thread()
        if thread is not None:
            path = f"/api/threads/{thread}/closure"
            answer = await self.client.ask("DELETE", path, kind="reopen")
            if self._is_done(answer, "reopen", refused={409}):
                self.bag.ledger.acts[self.client.account, "reopen", path] += 1

    async def _escalation(self, state: str) -> str | None:
        answer = await self.client.ask("GET", f"/api/escalations?state={state}")
        if not self._is_done(answer, "list"):
            return None
        found = answer.json()["items"]
        return str(self.chance.choice(found)["id"]) if found else None

    async def _again(self, path: str, sent: object) -> None:
        """The same once more, as after a lost answer: the same message, and no second one."""
        if self.chance.random() < 0.2:
            answer = await self.client.ask("PUT", path, sent)
            if answer is not None and answer.status_code != 200:
                self.bag.ledger.wrong.append(f"a repeat was answered with {answer.status_code}")

    async def _differently(self, path: str, sent: object) -> None:
        if self.chance.random() < 0.1:
            answer = await self.client.ask("PUT", path, sent)
            if answer is not None and answer.status_code != 409:
                self.bag.ledger.wrong.append(
                    f"another content under the same id was answered with {answer.status_code}"
                )

    def _is_done(
        self, answer: httpx.Response | None, what: str, refused: Collection[int] = ()
    ) -> TypeGuard[httpx.Response]:
        if answer is None or answer.status_code in refused:
            return False
        if not answer.is_success:
            self.bag.ledger.wrong.append(f"{self.client.name} {what}: {answer.status_code} {answer.text[:200]}")
            return False
        return True

    def _told(self, message: Mapping[str, Any], thread: str, body: str) -> None:
        told = Told(thread=thread, seq=message["seq"], body=body, author=self.client.account, level=message["level"])
        self.bag.told[message["id"]] = told
        self.bag.remember(message, thread)

    def _thread(self) -> str | None:
        mine = [
            thread for thread in sorted(self.bag.started) if self.client.patient in (None, self.bag.threads[thread])
        ]
        return self.chance.choice(mine[-40:]) if mine else None

    def _words(self) -> str:
        return f"{self.chance.choice(TEXTS)} {self.bag.phrase} {self.chance.randrange(10**9)}"

    def _id(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
