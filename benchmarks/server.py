"""A portal as in production on this machine: a durable PostgreSQL, people, and `portico serve` as a process of its own."""

import asyncio
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import psutil

from portico import forms
from portico.commands.demo_content import CORTISONE, CORTISONE_ROWS, KNEE, KNEE_ROWS, SLUG
from portico.commands.demo_people import PASSWORD, DemoPeople, seed_people
from portico.commands.made_up_answers import answers
from portico.commands.opening import opened_site
from portico.platform import migrate
from portico.platform.embedded import ADMIN, EmbeddedPostgres
from portico.platform.key_provider import FileKeyProvider
from portico.platform.roles import APP, OWNER, ROLES, WORKER, apply_roles
from portico.platform.site import Site
from portico.settings import Settings
from tests.databases import open_folder

DATABASE = "portico"
COOKIE = "__Host-portico"
_LOGS = {"logging_collector": "on", "log_destination": "jsonlog", "log_rotation_size": "0"}
"""Readable by a program; what is logged beyond errors is switched on for one role and a few requests."""


@dataclass(frozen=True, kw_only=True)
class House:
    """The database, its people, and how a server on it is told where everything is."""

    postgres: EmbeddedPostgres
    site: Site
    people: DemoPeople
    environment: Mapping[str, str]

    @property
    def admin(self) -> str:
        """The address of the database as its administrator."""
        return self.postgres.dsn(role=ADMIN, database=DATABASE)

    @property
    def app(self) -> str:
        """The address of the database as the portal's own role."""
        return self.postgres.dsn(role=APP, database=DATABASE)


@asynccontextmanager
async def opened_house() -> AsyncIterator[House]:
    """A new portal in a new folder, gone at the end. fsync and synchronous_commit are on, as in the demo."""
    folder = open_folder()
    try:
        async with EmbeddedPostgres(folder / "postgres", settings=_LOGS) as postgres:
            passwords = {role: postgres.password_for(role) for role in ROLES}
            await apply_roles(postgres.dsn(), database=DATABASE, passwords=passwords)
            urls = {role: postgres.dsn(role=role, database=DATABASE) for role in ROLES}
            await migrate.upgrade(urls[OWNER])
            FileKeyProvider.create(folder / "keys")
            environment = _environment(folder, urls)
            async with opened_site(Settings.from_env(environment)) as site:
                await site.catalogue.publish(site.db, site.content)
                people = await seed_people(site)
                yield House(postgres=postgres, site=site, people=people, environment=environment)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _environment(folder: Path, urls: Mapping[str, str]) -> dict[str, str]:
    return {
        "DATABASE_URL": urls[APP],
        "WORKER_DATABASE_URL": urls[WORKER],
        "PORTICO_KEY_FILE": str(folder / "keys"),
        "PORTICO_BASE_URL": "https://portal.portico.test",
        "PORTICO_RUN_WORKER": "false",
    }


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@asynccontextmanager
async def serving(house: House) -> AsyncIterator[tuple[str, psutil.Process]]:
    """`portico serve` on loopback, as the reverse proxy in front of it would reach it: its address and its process."""
    command = [str(Path(sys.executable).parent / "portico"), "serve"]
    port = str(free_port())
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **house.environment, "PORTICO_PORT": port},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        said = await process.stdout.readline()
        assert said.startswith(b"ready"), "portico serve did not start"
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        await process.wait()


def cpu_ms_of(process: psutil.Process) -> float:
    """Milliseconds of CPU that a process has used so far, in steps of the system's clock."""
    times = process.cpu_times()
    return float(times.user + times.system) * 1000


@dataclass(frozen=True, kw_only=True)
class Patient:
    """A patient who is signed in, with the answers of a finished intake at hand."""

    http: httpx.AsyncClient
    patient_id: str
    filled: bytes

    async def finished_draft(self) -> tuple[str, int]:
        """A new draft with every answer saved: its id and revision."""
        body = {"questionnaire": SLUG, "patient": self.patient_id}
        opened = told(await self.http.post("/api/responses", json=body))
        response_id, revision = str(opened["id"]), opened["revision"]
        path = f"/api/responses/{response_id}/answers"
        headers = {"Content-Type": "application/json", "If-Match": f'"{revision}"'}
        saved = told(await self.http.put(path, content=self.filled, headers=headers))
        assert isinstance(saved["revision"], int)
        return response_id, saved["revision"]

    async def submit(self, response_id: str, revision: int) -> None:
        """Sends the draft."""
        path = f"/api/responses/{response_id}/submission"
        outcome = told(await self.http.put(path, json={}, headers={"If-Match": f'"{revision}"'}))
        assert outcome["disposition"] == "needs_review"


@asynccontextmanager
async def signed_in(house: House, url: str, name: str) -> AsyncIterator[Patient]:
    """This patient at a browser behind the proxy: the cookie is for https, so it is handed on by hand."""
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        answer = await http.post("/api/session", json={"email": f"{name}@demo.test", "password": PASSWORD})
        token = told(answer)["csrfToken"]
        cookie = answer.headers["set-cookie"].split(";")[0]
        assert cookie.startswith(COOKIE)
        http.headers.update({"Cookie": cookie, "X-CSRF-Token": str(token)})
        http.cookies.clear()
        patient_id = house.people.by_name[name].patient_id
        yield Patient(http=http, patient_id=str(patient_id), filled=await _filled(house))


def told(answer: httpx.Response) -> dict[str, object]:
    """The body of an answer that is as it should be."""
    assert answer.is_success, answer.text
    return msgspec.json.decode(answer.content, type=dict[str, object])


async def _filled(house: House) -> bytes:
    """A finished intake with cortisone: it needs review."""
    site = house.site
    async with site.db.unscoped("the form") as statements:
        form = await site.catalogue.active_form(statements, SLUG)
    rows = {**KNEE_ROWS, **CORTISONE_ROWS}
    today = datetime.now(UTC).date()
    return forms.encode(answers(form.questionnaire, {**KNEE, **CORTISONE}, rows, today=today))
