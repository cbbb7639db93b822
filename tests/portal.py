"""The whole portal with the demo's people, in this process: sign in as anybody, over the same surface as a browser."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec

from portico.accounts.passwords import Passwords
from portico.accounts.totp import code_at
from portico.app import create_app, route_everything
from portico.commands.demo_content import seed_content
from portico.commands.demo_people import PASSWORD, DemoPeople, seed_people
from portico.commands.due_work import DUE
from portico.platform.catalogue import Catalogue
from portico.platform.clock import RandomIds
from portico.platform.database import Database
from portico.platform.due import Pass, run_once
from portico.platform.key_provider import FileKeyProvider
from portico.platform.site import Reader, Site
from portico.platform.vault import Vault
from portico.platform.web import Shell
from portico.settings import Settings
from portico.triage import read
from tests.clinic.house import SetClock, shipped
from tests.databases import DatabaseUrls
from tests.routed import lent

NOON = datetime(2026, 6, 1, 17, 0, tzinfo=UTC)
BASE = "http://localhost:8000"
STAFF_PERSONAS = ("dr.adams", "nora", "fred", "anna", "dr.baker")


@dataclass(kw_only=True)
class Persona:
    """Somebody at a browser: cookies, CSRF token, and the patients they may act for."""

    http: httpx.AsyncClient
    token: str = ""
    patients: list[dict[str, str]] = field(default_factory=list)
    proof: Callable[[], dict[str, str]] = dict
    """Password, and the code of this moment where there is a second factor."""

    async def send(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        body: bytes | None = None,
        revision: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """One request, as the portal's own clients make it."""
        all_headers = {"X-CSRF-Token": self.token, **(headers or {})}
        content = body if body is not None else (None if json is None else msgspec.json.encode(json))
        if content is not None:
            all_headers.setdefault("Content-Type", "application/json")
        if revision is not None:
            all_headers["If-Match"] = f'"{revision}"'
        return await self.http.request(method, path, content=content, headers=all_headers)

    async def step_up(self) -> None:
        """Shows again who this is; the session goes on under a new cookie."""
        answer = await self.send("PUT", "/api/session/step-up", json=self.proof())
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["csrfToken"]

    @property
    def own(self) -> str:
        """The id of this person's own record."""
        return next(patient["id"] for patient in self.patients if patient["relation"] == "self")


@dataclass(kw_only=True)
class Portal:
    """The running portal."""

    app: Shell
    site: Site
    due: Site
    clock: SetClock
    people: DemoPeople
    mail: Path
    personas: dict[str, Persona] = field(default_factory=dict)
    passed: int = 0
    """Minutes since everybody signed in, as far as `pass_by` knows."""

    def pass_by(self, *, minutes: int) -> None:
        """Time passes. Staff are signed out after 15 minutes without a word, also when these pass in small steps."""
        self.clock.pass_by(minutes=minutes)
        self.passed += minutes
        if self.passed > 10:
            self.personas.clear()
            self.passed = 0

    def stranger(self) -> Persona:
        """Somebody who has not signed in."""
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)  # type: ignore[arg-type]
        return Persona(http=httpx.AsyncClient(transport=transport, base_url=BASE))

    async def as_(self, name: str) -> Persona:
        """This person, signed in once per portal."""
        if name not in self.personas:
            self.personas[name] = await self.sign_in(name)
        return self.personas[name]

    async def sign_in(self, name: str) -> Persona:
        """A new session of this person."""
        persona = self.stranger()
        persona.proof = lambda: self._proof(name)
        answer = await persona.send("POST", "/api/session", json={"email": f"{name}@demo.test", "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        persona.token = answer.json()["csrfToken"]
        if answer.json()["state"] == "second-factor":
            code = persona.proof()["code"]
            answer = await persona.send("PUT", "/api/session/second-factor", json={"code": code})
        assert answer.json()["state"] == "signed-in", answer.text
        session = (await persona.send("GET", "/api/session")).json()
        persona.token = session["csrfToken"]
        persona.patients = session["patients"]
        return persona

    def _proof(self, name: str) -> dict[str, str]:
        seeds = {each.email: each.totp_seed for each in self.people.described.accounts}
        seed = seeds.get(f"{name}@demo.test")
        code = None if seed is None else code_at(seed, self.clock.now())
        return {"password": PASSWORD} | ({} if code is None else {"code": code})

    async def do_due_work(self) -> Pass:
        """Everything that is due at the present moment of the clock."""
        return await run_once(self.due, DUE)


_HASHED: list[str] = []


async def _usual_hash() -> str:
    """Of everybody's password; made once for all portals of a run, as it takes longer than a small test."""
    if not _HASHED:
        _HASHED.append(await Passwords().hash(PASSWORD))
    return _HASHED[0]


@asynccontextmanager
async def open_portal(
    urls: DatabaseUrls,
    folder: Path,
    *,
    with_content: bool = False,
    people: DemoPeople | None = None,
    reader: Reader = read,
) -> AsyncIterator[Portal]:
    """The portal over this database, with the demo's people and, when asked, their content.

    `people` are those who are in the database already; their key file lies in the folder then.
    """
    clock = SetClock(NOON)
    (folder / "mail").mkdir()
    key_file = folder / "keys"
    if people is None:
        FileKeyProvider.create(key_file)
    settings = Settings(
        database_url=urls.app,
        worker_database_url=urls.worker,
        key_file=key_file,
        base_url=BASE,
        demo=True,
        mail_folder=folder / "mail",
        mail_from="portal@portico.test",
        attachments=str(folder / "attachments"),
    )
    db = await Database.connect(urls.app, clock=clock, ids=RandomIds(), size=8)
    worker_db = await Database.connect(urls.worker, clock=clock, ids=RandomIds(), size=2)
    vault, catalogue = Vault(FileKeyProvider(key_file), clock), Catalogue()
    site = Site(db=db, vault=vault, content=shipped(), catalogue=catalogue, settings=settings, reader=reader)
    due = Site(db=worker_db, vault=vault, content=shipped(), catalogue=catalogue, settings=settings)
    try:
        await catalogue.publish(db, site.content)
        if people is None:
            people = await seed_people(site, await _usual_hash())
        if with_content:
            await seed_content(site, people)
        with lent(route_everything) as routed:
            app = await create_app(site, routed)
            yield Portal(app=app, site=site, due=due, clock=clock, people=people, mail=folder / "mail")
    finally:
        await db.close()
        await worker_db.close()
