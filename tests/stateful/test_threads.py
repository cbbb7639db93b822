"""Threads against a plain model: sending with retries, reading, taking, closing, in any order, by both sides."""

import asyncio
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid5

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from portico.access import SystemScope
from portico.platform.database import Query
from tests import walks
from tests.databases import Databases
from tests.messaging.practice import BREATH, CALM, WORRIED, practice_reader
from tests.portal import Portal, open_portal
from tests.stateful.threads_model import SIDES, Sent, ThreadModel

T = TypeVar("T")

BODIES = {CALM: "routine", WORRIED: "same_day", BREATH: "emergency"}
BODY = st.sampled_from([CALM, CALM, CALM, WORRIED, BREATH])
WRITERS = ("alice", "pat", "bob")
STAFF = ("nora", "dr.adams", "fred")
EVERYBODY = (*WRITERS, *STAFF)
ANYBODY = st.sampled_from(EVERYBODY)
PICK = st.integers(0, 30)
MOST_THREADS = 12


class ThreadSeen(msgspec.Struct, frozen=True):
    """A thread as the database holds it, with the ids of its messages in the order of their numbers."""

    id: str
    state: str
    pool: str
    last_seq: int
    assignee: str | None
    level: str
    messages: tuple[str, ...]
    numbers: tuple[str, ...]


SEEN = Query(
    ThreadSeen,
    """
    select t.thread_id::text as id, t.state, t.pool, t.last_seq, split_part(a.email, '@', 1) as assignee,
        case when e.escalation_id is null then 'routine' else t.level end as level,
        array(select m.message_id::text from message m
            where m.clinic_id = t.clinic_id and m.thread_id = t.thread_id order by m.seq) as messages,
        array(select m.seq::text from message m
            where m.clinic_id = t.clinic_id and m.thread_id = t.thread_id order by m.seq) as numbers
    from thread t
    left join account a on a.clinic_id = t.clinic_id and a.account_id = t.assignee_id
    left join escalation e on e.clinic_id = t.clinic_id and e.subject_id = t.thread_id and e.state <> 'resolved'
    where t.clinic_id = $1
    """,
)


class Conversations(RuleBasedStateMachine):
    """One clinic with two patients, a proxy and staff; on a loop and a database of its own."""

    databases: Databases
    portal: Portal

    def __init__(self) -> None:
        super().__init__()
        self.threads: list[ThreadModel] = []
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._made = 0
        self._turn = 0

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    @initialize()
    def open_the_clinic(self) -> None:
        self.do(self._open())

    def teardown(self) -> None:
        self.do(self._stack.aclose())
        self._runner.close()

    # Writing

    @precondition(lambda self: len(self.threads) < MOST_THREADS)
    @rule(name=st.sampled_from(WRITERS), topic=st.sampled_from(["soreness", "billing", "technical"]), body=BODY)
    def start(self, name: str, topic: str, body: str) -> None:
        thread = ThreadModel(id=self._new_id(), patient=SIDES[name], topic=topic)
        sent = Sent(id=self._new_id(), author=name, body=body)
        assert self._start(thread, sent).status_code == 201
        thread.add(sent, BODIES[body])
        self.threads.append(thread)
        assert self._start(thread, sent).status_code == 200

    @precondition(lambda self: self.threads)
    @rule(name=ANYBODY, pick=PICK, body=BODY)
    def write(self, name: str, pick: int, body: str) -> None:
        thread, sent = self._thread(pick), Sent(id=self._new_id(), author=name, body=body)
        expected = thread.send(sent, BODIES[body])
        answer = self._write(thread, sent)
        assert answer.status_code == expected, answer.text
        if expected == 201:
            assert answer.json()["seq"] == len(thread.messages)

    @precondition(lambda self: self.threads)
    @rule(pick=PICK, message=PICK, changed=st.sampled_from([False, False, True]))
    def write_again(self, pick: int, message: int, *, changed: bool) -> None:
        thread = self._thread(pick)
        number = message % len(thread.messages)
        sent = thread.messages[number]
        again = Sent(id=sent.id, author=sent.author, body=sent.body + ("?" if changed else ""))
        answer = self._write(thread, again)
        if not thread.is_seen_by(sent.author):
            assert answer.status_code == 404
            return
        assert answer.status_code == (409 if changed else 200)
        if not changed:
            assert (answer.json()["seq"], answer.json()["body"]) == (number + 1, sent.body)

    @precondition(lambda self: self.threads)
    @rule(pick=PICK, message=PICK, name=ANYBODY)
    def write_under_an_id_that_is_taken(self, pick: int, message: int, name: str) -> None:
        thread = self._thread(pick)
        sent = thread.messages[message % len(thread.messages)]
        if sent.author != name:
            answer = self._write(thread, Sent(id=sent.id, author=name, body=sent.body))
            assert answer.status_code == (409 if thread.is_seen_by(name) else 404)

    # Reading and acting

    @precondition(lambda self: self.threads)
    @rule(name=ANYBODY, pick=PICK, seq=st.integers(0, 6))
    def read(self, name: str, pick: int, seq: int) -> None:
        thread = self._thread(pick)
        answer = self._send(name, "PUT", f"/api/threads/{thread.id}/read-mark", json={"seq": seq})
        assert answer.status_code == thread.mark(name, seq)
        if answer.status_code == 200:
            assert answer.json()["seq"] == thread.marks[name]

    @precondition(lambda self: self.threads)
    @rule(name=st.sampled_from(STAFF), pick=PICK, takes=st.booleans())
    def take_or_release(self, name: str, pick: int, *, takes: bool) -> None:
        thread = self._thread(pick)
        to = str(walks.caller(self.portal, name).account_id) if takes else None
        answer = self._send(name, "PUT", f"/api/threads/{thread.id}/assignment", json={"to": to})
        assert answer.status_code == thread.give(name, name if takes else None), answer.text

    @precondition(lambda self: any(thread.is_seen_by("fred") for thread in self.threads))
    @rule(pick=PICK, body=BODY)
    def the_front_desk_takes_one_and_the_patient_writes(self, pick: int, body: str) -> None:
        """What may take a thread out of the hands that have it."""
        found = [thread for thread in self.threads if thread.is_seen_by("fred")]
        thread = found[pick % len(found)]
        to = str(walks.caller(self.portal, "fred").account_id)
        answer = self._send("fred", "PUT", f"/api/threads/{thread.id}/assignment", json={"to": to})
        assert answer.status_code == thread.give("fred", "fred")
        sent = Sent(id=self._new_id(), author=thread.patient, body=body)
        assert thread.send(sent, BODIES[body]) == self._write(thread, sent).status_code == 201

    @precondition(lambda self: self.threads)
    @rule(name=st.sampled_from(STAFF), pick=PICK)
    def close(self, name: str, pick: int) -> None:
        thread = self._thread(pick)
        answer = self._send(name, "PUT", f"/api/threads/{thread.id}/closure", json={"sentence": "Write again."})
        assert answer.status_code == thread.close(name)

    @precondition(lambda self: self.threads)
    @rule(name=st.sampled_from(STAFF), pick=PICK)
    def reopen(self, name: str, pick: int) -> None:
        thread = self._thread(pick)
        answer = self._send(name, "DELETE", f"/api/threads/{thread.id}/closure")
        assert answer.status_code == thread.reopen(name)

    @precondition(lambda self: any(thread.in_danger for thread in self.threads))
    @rule(name=st.sampled_from(["nora", "dr.adams"]), pick=PICK)
    def acknowledge(self, name: str, pick: int) -> None:
        """Being on it is not the end of it: the danger stands until it is resolved, whoever is on it."""
        found = [thread for thread in self.threads if thread.in_danger]
        thread = found[pick % len(found)]
        items = self._send(name, "GET", "/api/escalations").json()["items"]
        escalation = next(each for each in items if each["subject"]["id"] == thread.id)
        other = {"nora": "dr.adams", "dr.adams": "nora"}[name]
        is_taken = (escalation["acknowledged"] or {}).get("by") == self._account(other)
        answer = self._send(name, "PUT", f"/api/escalations/{escalation['id']}/acknowledgement")
        assert answer.status_code == (409 if is_taken else 200), answer.text

    @precondition(lambda self: any(thread.in_danger for thread in self.threads))
    @rule(name=st.sampled_from(["nora", "dr.adams"]), pick=PICK)
    def resolve(self, name: str, pick: int) -> None:
        found = [thread for thread in self.threads if thread.in_danger]
        thread = found[pick % len(found)]
        items = self._send(name, "GET", "/api/escalations").json()["items"]
        escalation = next(each for each in items if each["subject"]["id"] == thread.id)
        path = f"/api/escalations/{escalation['id']}/resolution"
        assert self._send(name, "PUT", path, json={"outcome": "spoke"}).status_code == 200
        thread.in_danger = False

    @rule(minutes=st.sampled_from([1, 5, 30, 600]))
    def let_time_pass(self, minutes: int) -> None:
        self.portal.pass_by(minutes=minutes)
        assert self.do(self.portal.do_due_work()).failed == 0

    # What must hold after every step

    @invariant()
    def the_database_is_as_the_model_says(self) -> None:
        seen = self.do(self._seen())
        assert seen == {thread.id: _as_seen(thread) for thread in self.threads}

    @invariant()
    def a_reader_is_shown_what_is_theirs_and_what_is_unread(self) -> None:
        self._turn += 1
        name = EVERYBODY[self._turn % len(EVERYBODY)]
        query = f"?patient={walks.patient_of(self.portal, SIDES[name])}" if name in SIDES else ""
        items = self._send(name, "GET", f"/api/threads{query}").json()["items"]
        mine = [thread for thread in self.threads if thread.is_seen_by(name)]
        assert {item["id"]: item["unread"] for item in items} == {each.id: each.unread_by(name) for each in mine}
        if mine:
            thread = mine[self._turn % len(mine)]
            shown = self._send(name, "GET", f"/api/threads/{thread.id}/messages").json()["items"]
            told = [(each["seq"], each["id"], each["body"]) for each in shown]
            assert told == [(n, sent.id, sent.body) for n, sent in enumerate(thread.messages, 1)]

    # How it is done

    async def _open(self) -> None:
        urls = await self._stack.enter_async_context(self.databases.fresh())
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self.portal = await self._stack.enter_async_context(open_portal(urls, folder, reader=practice_reader))

    async def _seen(self) -> dict[str, ThreadSeen]:
        async with self.portal.site.db.transaction(SystemScope(walks.clinic_of(self.portal, "alice"), "test")) as tx:
            return {row.id: row for row in await tx.all(SEEN, tx.clinic_id)}

    async def _ask(self, name: str, method: str, path: str, **sent: Any) -> httpx.Response:
        return await (await self.portal.as_(name)).send(method, path, **sent)

    def _send(self, name: str, method: str, path: str, **sent: Any) -> httpx.Response:
        return self.do(self._ask(name, method, path, **sent))

    def _account(self, name: str) -> str:
        return str(walks.caller(self.portal, name).account_id)

    def _new_id(self) -> str:
        self._made += 1
        return str(uuid5(walks.clinic_of(self.portal, "alice"), str(self._made)))

    def _thread(self, pick: int) -> ThreadModel:
        return self.threads[-1 - pick % len(self.threads)]

    def _start(self, thread: ThreadModel, sent: Sent) -> httpx.Response:
        patient = str(walks.patient_of(self.portal, thread.patient))
        message = {"id": sent.id, "body": sent.body}
        body = {"patient": patient, "topic": thread.topic, "subject": "Hello", "message": message}
        return self._send(sent.author, "PUT", f"/api/threads/{thread.id}", json=body)

    def _write(self, thread: ThreadModel, sent: Sent) -> httpx.Response:
        path = f"/api/threads/{thread.id}/messages/{sent.id}"
        return self._send(sent.author, "PUT", path, json={"body": sent.body})


def _as_seen(thread: ThreadModel) -> ThreadSeen:
    return ThreadSeen(
        id=thread.id,
        state=thread.state,
        pool=thread.pool,
        last_seq=len(thread.messages),
        assignee=thread.assignee,
        level=thread.level_shown,
        messages=tuple(sent.id for sent in thread.messages),
        numbers=tuple(str(n) for n in range(1, len(thread.messages) + 1)),
    )


@pytest.fixture
def conversations(databases: Databases) -> type[Conversations]:
    class OnThisServer(Conversations):
        pass

    OnThisServer.databases = databases
    return OnThisServer


def _play(conversations: type[Conversations], *, examples: int, steps: int, same_each_time: bool = False) -> None:
    profile = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=same_each_time,
        print_blob=not same_each_time,
        suppress_health_check=list(HealthCheck),
        # Each step of a shrink opens a whole clinic: a failure that repeats every time is told as it is.
        phases=[Phase.explicit, Phase.generate] if same_each_time else list(Phase),
    )
    run_state_machine_as_test(conversations, settings=profile)


def test_conversations_go_as_the_model_says(conversations: type[Conversations]) -> None:
    _play(conversations, examples=6, steps=50, same_each_time=True)


@pytest.mark.soak
def test_conversations_go_as_the_model_says_for_long(conversations: type[Conversations]) -> None:
    _play(conversations, examples=200, steps=80)
