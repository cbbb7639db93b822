"""A server that is told to stop while people write answers everybody who reached it, within three seconds."""

import asyncio
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import msgspec
import pytest

from portico.accounts.totp import code_at
from portico.commands.demo_people import PASSWORD, DemoFile
from portico.platform.clock import SystemClock
from portico.platform.key_provider import FileKeyProvider
from tests.databases import Databases
from tests.notify.mail_server import running_mail_server
from tests.operations.test_installation import STOPS_WITHIN_SECONDS, Installation, installation, people_of

pytestmark = pytest.mark.alone

WRITERS = 12
BEFORE_THE_SIGNAL = 60
"""Notes that were acknowledged before the server is told to stop, so that it is told under load."""


@dataclass(kw_only=True)
class Seen:
    """What the writers saw."""

    is_busy: asyncio.Event = field(default_factory=asyncio.Event)
    kept: list[str] = field(default_factory=list)
    """Notes that were acknowledged."""
    refused: int = 0
    """Connections that the server no longer took: nothing had been asked."""
    lost: list[str] = field(default_factory=list)
    """Requests that were sent and got no answer, or one that tells of a failure."""


@dataclass(frozen=True, kw_only=True)
class Writer:
    """Nora at one of her browsers, which keeps its connection open."""

    base: str
    headers: dict[str, str]
    thread: str

    async def go_on(self, seen: Seen) -> None:
        """Writes note after note until the server takes no more connections."""
        async with httpx.AsyncClient(base_url=self.base, headers=self.headers, timeout=10) as http:
            while not seen.refused:
                try:
                    answer = await http.post(f"/api/threads/{self.thread}/notes", json={"body": "Called back."})
                except httpx.ConnectError:
                    seen.refused += 1
                except httpx.TransportError as error:
                    seen.lost.append(type(error).__name__)
                else:
                    self._note(answer, seen)

    def _note(self, answer: httpx.Response, seen: Seen) -> None:
        if answer.status_code != 201:
            seen.lost.append(answer.text)
            return
        seen.kept.append(answer.json()["id"])
        if len(seen.kept) == BEFORE_THE_SIGNAL:
            seen.is_busy.set()


async def signed_in(place: Installation, name: str) -> tuple[dict[str, str], list[dict[str, str]]]:
    """The headers of a whole session, as the proxy passes them on, and the patients of the account."""
    people = msgspec.json.decode(place.demo_json.read_bytes(), type=DemoFile)
    [seed] = [each.totp_seed for each in people.accounts if each.email == f"{name}@demo.test"]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{place.http}", timeout=20) as http:
        answer = await http.post("/api/session", json={"email": f"{name}@demo.test", "password": PASSWORD})
        headers = await _headers(answer)
        if seed is not None:
            code = {"code": code_at(seed, SystemClock().now())}
            answer = await http.put("/api/session/second-factor", json=code, headers=headers)
            headers = await _headers(answer)
        patients = (await http.get("/api/session", headers=headers)).json()["patients"]
    return headers, patients


async def _headers(answer: httpx.Response) -> dict[str, str]:
    """The production cookie is for https alone; the proxy passes it on as it came."""
    assert answer.status_code == 200, answer.text
    cookie = answer.headers["set-cookie"].partition(";")[0]
    return {"cookie": cookie, "x-csrf-token": answer.json()["csrfToken"]}


async def begun_thread(place: Installation) -> str:
    """Alice has written; the id of her thread."""
    headers, patients = await signed_in(place, "alice")
    thread, message = str(uuid4()), {"id": str(uuid4()), "body": "When is my visit?", "attachments": []}
    body = {"patient": patients[0]["id"], "topic": "appointment", "subject": "Visit", "message": message}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{place.http}", headers=headers, timeout=20) as http:
        answer = await http.put(f"/api/threads/{thread}", json=body)
        assert answer.status_code == 201, answer.text
    return thread


async def test_a_mailbox_that_hangs_keeps_no_worker_from_stopping(databases: Databases, tmp_path: Path) -> None:
    """The worker waits in a thread for a mail server that takes the connection and says nothing."""
    async with databases.fresh() as urls:
        FileKeyProvider.create(tmp_path / "keys")
        with socket.create_server(("127.0.0.1", 0)) as silent:
            worker = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "portico",
                "worker",
                env={
                    "PATH": os.environ["PATH"],
                    "DATABASE_URL": urls.app,
                    "WORKER_DATABASE_URL": urls.worker,
                    "PORTICO_KEY_FILE": str(tmp_path / "keys"),
                    "PORTICO_BASE_URL": "https://portal.test",
                    "PORTICO_BOUNCE_MAILBOX": f"imap://a:b@127.0.0.1:{silent.getsockname()[1]}/INBOX",
                },
            )
            silent.settimeout(60)
            connection, _ = await asyncio.to_thread(silent.accept)
            with connection:
                told = time.monotonic()
                worker.send_signal(signal.SIGTERM)
                await asyncio.wait_for(worker.wait(), timeout=STOPS_WITHIN_SECONDS + 5)
                seconds = time.monotonic() - told
    assert seconds <= STOPS_WITHIN_SECONDS
    assert worker.returncode == 0


async def test_a_stop_under_load_answers_everybody_in_time(databases: Databases, tmp_path: Path) -> None:
    seen = Seen()
    async with databases.empty() as urls, running_mail_server() as mail:
        place = await installation(urls, tmp_path, mail)
        for command in (("keys", "create"), ("migrate",)):
            code, said = await place.portico(*command)
            assert code == 0, said
        await people_of(place)
        log = tmp_path / "serve.log"
        server = await place.started("serve", log=log)
        await place.is_ready(server, log)
        thread = await begun_thread(place)
        headers, _ = await signed_in(place, "nora")
        writer = Writer(base=f"http://127.0.0.1:{place.http}", headers=headers, thread=thread)
        async with asyncio.TaskGroup() as group:
            for _ in range(WRITERS):
                group.create_task(writer.go_on(seen))
            await asyncio.wait_for(seen.is_busy.wait(), timeout=60)
            told = time.monotonic()
            server.send_signal(signal.SIGTERM)
            await asyncio.wait_for(server.wait(), timeout=STOPS_WITHIN_SECONDS + 5)
            seconds = time.monotonic() - told
        connection = await asyncpg.connect(urls.superuser)
        try:
            stored = {str(row["note_id"]) for row in await connection.fetch("select note_id from note")}
        finally:
            await connection.close()
    print(f"{len(seen.kept)} kept, {seen.refused} refused, stopped in {seconds:.2f} s")
    assert seen.lost == []
    assert set(seen.kept) <= stored
    assert seconds <= STOPS_WITHIN_SECONDS
    assert server.returncode == 0
