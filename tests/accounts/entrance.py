"""A small portal of two clinics with people who can sign in: the real routes and gate, and a probe for each audience."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import asyncpg
import httpx
import msgspec
from litestar import Litestar, Request, get, post
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp

from portico.access import Audience, Caller, Permission, Role, SystemScope, patients, signed_in, staff
from portico.accounts import (
    api,
    closing_pages,
    entry_api,
    entry_pages,
    export_routes,
    invitation_api,
    lost_factor_api,
    lost_factor_pages,
    names_api,
    own_api,
    own_pages,
    pages,
    patient_api,
    people,
    proxies_api,
    proxies_pages,
    step_up_pages,
)
from portico.accounts.door import DEMO_LIMITS, LIMITS, Door
from portico.accounts.email_index import EmailIndex
from portico.accounts.gate import provide_caller, require_audience
from portico.accounts.passwords import Passwords
from portico.accounts.step_up_gate import StepUpAsked, send_renewed_cookie
from portico.accounts.step_up_pages import answer_step_up
from portico.accounts.totp import code_at, new_seed
from portico.desk import invitation_pages, people_pages
from portico.errors import DomainError
from portico.ids import AccountId, ClinicId, PatientId
from portico.platform import problems
from portico.platform.catalogue import Catalogue
from portico.platform.clock import RandomIds
from portico.platform.content import Content
from portico.platform.database import Command, Database, Query
from portico.platform.key_provider import FileKeyProvider
from portico.platform.rate_limit import Limit
from portico.platform.site import Site
from portico.platform.vault import Vault
from portico.platform.web import Shell
from portico.settings import Settings
from tests.routed import lent

MORNING = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
DEMO_URL = "http://localhost:8000"

INSERT_CLINIC = Command("insert into clinic (clinic_id, slug, name, zone, created_at) values ($1, $2, $3, $4, $5)")


class Urls(Protocol):
    """Addresses of one migrated database."""

    @property
    def app(self) -> str: ...


class SetClock:
    """Shows the instant it was set to."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        return self.instant

    def pass_by(self, **duration: float) -> None:
        """Moves on, e.g. by `minutes=5`."""
        self.instant += timedelta(**duration)


@dataclass(frozen=True)
class Person:
    """Somebody with an account; staff carry the seed of their code app."""

    clinic_id: ClinicId
    account_id: AccountId
    email: str
    seed: str | None = None


@dataclass(frozen=True)
class Entrance:
    """The portal and everything a test may want to turn: its clock, its people, its hasher."""

    site: Site
    clock: SetClock
    inner: Litestar
    app: ASGIApp
    door: Door
    clinics: Mapping[str, ClinicId]
    usual_hash: str
    tag: str

    def email(self, name: str) -> str:
        """Addresses differ from test to test: the index of addresses knows no clinics."""
        return f"{name}.{self.tag}@people.test"

    @property
    def address(self) -> str:
        """An address that counts alone under the limits."""
        return ".".join(str(int(self.tag[i : i + 2], 16)) for i in (0, 2, 4, 6))

    def client(self, *, address: str | None = None) -> httpx.AsyncClient:
        """A browser without scripts, from this test's own address."""
        # Litestar and httpx each have types of their own for the same protocol.
        transport = httpx.ASGITransport(app=self.app, client=(address or self.address, 50000))  # type: ignore[arg-type]
        return httpx.AsyncClient(transport=transport, base_url=self.site.settings.base_url)

    def scope(self, clinic: str = "north") -> SystemScope:
        return SystemScope(self.clinics[clinic], "test")

    def code(self, person: Person) -> str:
        """What the person's app shows now."""
        assert person.seed is not None
        return code_at(person.seed, self.clock.now())

    async def patient(self, name: str, *, clinic: str = "north") -> PatientId:
        """A patient without an account."""
        async with self.site.db.transaction(self.scope(clinic)) as tx:
            return await people.create_patient(tx, self.site.vault, name=name, born_on=date(1980, 5, 17))

    async def account(
        self,
        name: str,
        *,
        clinic: str = "north",
        patient_id: PatientId | None = None,
        roles: frozenset[Role] = frozenset(),
        seed: str | None = None,
    ) -> Person:
        """An account with the usual password; with `roles` it is also staff, with `seed` it has a second factor."""
        email = self.email(name)
        async with self.site.db.transaction(self.scope(clinic)) as tx:
            account_id = await people.create_account(
                tx, self.door.index, email=email, name=name.title(), patient_id=patient_id
            )
            await people.set_password(tx, account_id=account_id, password_hash=self.usual_hash)
            if roles:
                await people.make_staff(tx, account_id=account_id, roles=roles)
            if seed is not None:
                await people.enrol_totp(tx, self.site.vault, account_id=account_id, seed=seed)
        return Person(self.clinics[clinic], account_id, email, seed)

    async def alice(self, *, clinic: str = "north", seed: str | None = None) -> Person:
        """A patient with an account of her own."""
        patient_id = await self.patient("Alice Test", clinic=clinic)
        return await self.account("alice", clinic=clinic, patient_id=patient_id, seed=seed)

    async def staff(self, *roles: Role, name: str = "adams", clinic: str = "north") -> Person:
        """Somebody of the staff, second factor included."""
        return await self.account(name, clinic=clinic, roles=frozenset(roles), seed=new_seed())

    async def signed_in(self, person: Person, **choices: str) -> "Browser":
        """The person, all the way in."""
        browser = Browser(self.client())
        answer = await browser.sign_in(person.email, **choices)
        assert answer.status_code == 200, answer.text
        if answer.json()["state"] == "second-factor":
            answer = await browser.put("/api/session/second-factor", {"code": self.code(person)})
        assert answer.json()["state"] == "signed-in", answer.text
        return browser


class Browser:
    """A client that keeps its cookie and sends the CSRF token it was given last."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.csrf = ""

    @property
    def cookie(self) -> str:
        """The session cookie's value."""
        return next(cookie.value or "" for cookie in self.client.cookies.jar)

    @cookie.setter
    def cookie(self, value: str) -> None:
        name = next((cookie.name for cookie in self.client.cookies.jar), "__Host-portico")
        self.client.cookies.clear()
        self.client.cookies.set(name, value)

    async def sign_in(self, email: str, password: str = PASSWORD, **choices: str) -> httpx.Response:
        answer = await self.client.post("/api/session", json={"email": email, "password": password, **choices})
        return self._learn(answer)

    async def put(self, path: str, body: Mapping[str, object]) -> httpx.Response:
        return self._learn(await self.client.put(path, json=dict(body), headers={"X-CSRF-Token": self.csrf}))

    async def post(self, path: str, body: Mapping[str, object] | None = None) -> httpx.Response:
        headers = {"X-CSRF-Token": self.csrf}
        return await self.client.post(path, json=None if body is None else dict(body), headers=headers)

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def delete(self, path: str) -> httpx.Response:
        return await self.client.delete(path, headers={"X-CSRF-Token": self.csrf})

    async def post_form(self, path: str, **fields: str) -> httpx.Response:
        return await self.client.post(path, data=fields)

    async def submit(self, path: str, **fields: str) -> httpx.Response:
        """Opens the page and sends its form as a person does, hidden fields included."""
        opened = await self.client.get(path)
        token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', opened.text)
        hidden = {} if token is None else {"csrf_token": token[1]}
        return await self.client.post(path, data=hidden | fields)

    def _learn(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code == 200 and "csrfToken" in answer.json():
            self.csrf = answer.json()["csrfToken"]
        return answer


POLLED = Audience(who="signed-in", counts_as_activity=False)


@get("/api/probe/patient", opt={"audience": patients()})
async def patient_probe(caller: Caller) -> dict[str, str]:
    return {"hat": caller.actor.hat}


@get("/api/probe/staff", opt={"audience": staff()})
async def staff_probe(caller: Caller) -> dict[str, str]:
    return {"hat": caller.actor.hat}


@get("/api/probe/decider", opt={"audience": staff(Permission.DECIDE_REVIEWS)})
async def decider_probe(caller: Caller) -> dict[str, str]:
    return {"hat": caller.actor.hat}


@get("/api/probe/polled", opt={"audience": POLLED})
async def polled_probe(caller: Caller) -> dict[str, str]:
    return {"hat": caller.actor.hat}


@post("/api/probe/write", opt={"audience": signed_in()}, status_code=200)
async def write_probe(data: dict[str, str], caller: Caller) -> dict[str, str]:
    return data | {"by": caller.actor.name}


@post("/api/probe/bare", opt={"audience": signed_in()}, status_code=200)
async def bare_probe(caller: Caller) -> dict[str, str]:
    return {"by": caller.actor.name}


@post("/api/probe/fhir", opt={"audience": signed_in()}, status_code=200)
async def fhir_probe(body: bytes, caller: Caller) -> dict[str, int]:
    del caller
    return {"bytes": len(body)}


@get("/", opt={"audience": signed_in()})
async def home_probe(request: Request[object, object, State], caller: Caller) -> str:
    del request
    return caller.actor.name


@post("/probe/form", opt={"audience": signed_in()}, status_code=200)
async def form_probe(caller: Caller) -> str:
    return caller.actor.name


@post("/probe/form-with-files", opt={"audience": signed_in(), "reads": "multipart/form-data"}, status_code=200)
async def form_with_files_probe(caller: Caller) -> str:
    return caller.actor.name


PROBES = [
    patient_probe,
    staff_probe,
    decider_probe,
    polled_probe,
    write_probe,
    bare_probe,
    fhir_probe,
    home_probe,
    form_probe,
    form_with_files_probe,
]


ENTRY = [
    *entry_api.ROUTES,
    *entry_pages.ROUTES,
    *invitation_api.ROUTES,
    *invitation_pages.ROUTES,
    *patient_api.ROUTES,
    *export_routes.ROUTES,
    *people_pages.ROUTES,
    *closing_pages.ROUTES,
]

OWN_ROUTES = [
    *api.ROUTES,
    *pages.ROUTES,
    *own_api.ROUTES,
    *own_pages.ROUTES,
    *step_up_pages.ROUTES,
    *lost_factor_api.ROUTES,
    *lost_factor_pages.ROUTES,
    *names_api.ROUTES,
    *proxies_api.ROUTES,
    *proxies_pages.ROUTES,
]


def small_app() -> Litestar:
    """The gate and the routes of signing in, with the probes; refusals are rendered as in the real program.

    Its `state.site` and `state.door` are set by whoever serves it.
    """
    return Litestar(
        route_handlers=[*OWN_ROUTES, *ENTRY, *PROBES],
        guards=[require_audience],
        dependencies={
            "site": Provide(_site, sync_to_thread=False),
            "door": Provide(_door, sync_to_thread=False),
            "caller": Provide(provide_caller, sync_to_thread=False),
        },
        exception_handlers={
            StepUpAsked: answer_step_up,
            DomainError: problems.answer_domain_error,
            HTTPException: problems.answer_http_exception,
            asyncpg.PostgresError: problems.answer_database_error,
            Exception: problems.answer_defect,
        },
        before_send=[send_renewed_cookie],
        openapi_config=None,
        logging_config=None,
    )


def _site(state: State) -> Site:
    site: Site = state.site
    return site


def _door(state: State) -> Door:
    door: Door = state.door
    return door


@dataclass(frozen=True)
class Kit:
    """What all tests share: the shipped content, one hasher, and the usual password's hash."""

    content: Content
    passwords: Passwords
    usual_hash: str


@asynccontextmanager
async def opened_entrance(urls: Urls, folder: Path, kit: Kit, *, demo: bool = False) -> AsyncIterator[Entrance]:
    """Two new clinics, `north` and `south`, and a clock that stands still."""
    clock = SetClock(MORNING)
    key_file = folder / "keys"
    FileKeyProvider.create(key_file)
    settings = Settings(
        database_url=urls.app,
        worker_database_url=urls.app,
        key_file=key_file,
        base_url=DEMO_URL if demo else "https://portal.test",
        demo=demo,
    )
    db = await Database.connect(urls.app, clock=clock, ids=RandomIds(), size=8)
    vault = Vault(FileKeyProvider(key_file), clock)
    site = Site(db=db, vault=vault, content=kit.content, catalogue=Catalogue(), settings=settings)
    limits = DEMO_LIMITS if demo else LIMITS
    door = Door(site, kit.passwords, await EmailIndex.of(vault), limits)
    tag = uuid4().hex[:12]
    clinics = {name: await _clinic(site, f"{name}-{tag}", name) for name in ("north", "south")}
    try:
        with lent(small_app) as inner:
            inner.state.update({"site": site, "door": door})
            shell = Shell(inner, https=settings.is_https)
            yield Entrance(site, clock, inner, shell, door, clinics, kit.usual_hash, tag)
    finally:
        await db.close()


async def _clinic(site: Site, slug: str, name: str) -> ClinicId:
    clinic_id = ClinicId(site.db.ids.new())
    async with site.db.transaction(SystemScope(clinic_id, "test")) as tx:
        await tx.run(INSERT_CLINIC, clinic_id, slug, f"{name.title()} Clinic", "America/New_York", tx.now)
        await site.vault.create_clinic_key(tx)
    return clinic_id


class AuditedRow(msgspec.Struct, frozen=True):
    """What tests read of the audit record."""

    action: str
    outcome: str
    object_id: str | None
    peer: str | None


AUDITED = Query(
    AuditedRow,
    """
    select action, outcome, object_id, peer from audit_event
    where clinic_id = $1 and actor_id = $2
    order by event_id
    """,
)


async def audited(entrance: Entrance, person: Person) -> list[AuditedRow]:
    """What the record says this person did, in order."""
    async with entrance.site.db.transaction(SystemScope(person.clinic_id, "test")) as tx:
        return await tx.all(AUDITED, person.clinic_id, str(person.account_id))


def with_limits(entrance: Entrance, **tries: int) -> Entrance:
    """The same portal with fewer tries for what is named."""
    changed = {name: Limit(number, getattr(entrance.door.limits, name).seconds) for name, number in tries.items()}
    inner = small_app()
    door = replace(entrance.door, limits=replace(entrance.door.limits, **changed))
    inner.state.update({"site": entrance.site, "door": door})
    return replace(entrance, inner=inner, app=Shell(inner, https=entrance.site.settings.is_https))


def with_settings(entrance: Entrance, settings: Settings) -> Entrance:
    """The same portal whose process runs with other settings."""
    site = replace(entrance.site, settings=settings)
    inner = small_app()
    inner.state.update({"site": site, "door": replace(entrance.door, site=site)})
    return replace(entrance, site=site, inner=inner, app=Shell(inner, https=settings.is_https))
