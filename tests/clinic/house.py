"""A clinic with people of its own in a migrated database, for tests of what happens inside one clinic."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

import msgspec

from portico import triage
from portico.access import Actor, Caller, PatientLink, PatientScope, Role, SystemScope
from portico.clinic.actions import create_clinic
from portico.ids import AccountId, ClinicId, PatientId, SessionId
from portico.platform.catalogue import Catalogue
from portico.platform.clock import RandomIds
from portico.platform.content import Content, load_content
from portico.platform.database import Command, Database, Tx
from portico.platform.key_provider import FileKeyProvider
from portico.platform.site import Site
from portico.platform.vault import Vault
from portico.settings import Settings
from tests.databases import DatabaseUrls

MONDAY = datetime(2026, 6, 1, 13, 0, tzinfo=UTC)
"""09:00 in New York."""

STAFF: dict[str, frozenset[Role]] = {
    "adams": frozenset({"clinician"}),
    "nora": frozenset({"nurse"}),
    "fred": frozenset({"front_desk"}),
    "anna": frozenset({"admin"}),
}

INSERT_PATIENT = Command(
    "insert into patient (clinic_id, patient_id, name, born_on, state, created_at) values ($1, $2, $3, $4, 'active', $5)"
)
INSERT_ACCOUNT = Command(
    "insert into account (clinic_id, account_id, email, name, patient_id, state, created_at)"
    " values ($1, $2, $3, $4, $5, 'active', $6)"
)
INSERT_STAFF = Command("insert into staff (clinic_id, account_id, roles) values ($1, $2, $3)")


@cache
def shipped() -> Content:
    """The content as it ships, read once."""
    return load_content()


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
class House:
    """One clinic: the web's and the worker's site, its clock, a patient and the staff."""

    site: Site
    worker: Site
    clock: SetClock
    clinic_id: ClinicId
    patient_id: PatientId
    people: dict[str, AccountId] = field(default_factory=dict)

    def caller(self, name: str) -> Caller:
        """The person at a request: staff with the staff hat, `alice` with the patient hat."""
        is_patient = name == "alice"
        link = PatientLink(
            patient_id=self.patient_id, name="Alice Test", relation="self", scope=frozenset({"intake", "messages"})
        )
        actor = Actor(
            clinic_id=self.clinic_id,
            account_id=self.people[name],
            session_id=SessionId(UUID(int=7)),
            name=name,
            hat="patient" if is_patient else "staff",
            roles=frozenset({"patient"}) if is_patient else STAFF[name],
            patients=(link,) if is_patient else (),
        )
        return Caller(actor=actor, request_id="test", peer=None)

    @property
    def patient_scope(self) -> PatientScope:
        """What the patient's own requests see."""
        return PatientScope(
            clinic_id=self.clinic_id, account_id=self.people["alice"], patients=frozenset({self.patient_id})
        )

    @property
    def system_scope(self) -> SystemScope:
        return SystemScope(self.clinic_id, "test")

    def with_settings(self, **changes: object) -> "House":
        """The same house whose processes run with other settings."""
        settings = msgspec.structs.replace(self.site.settings, **changes)
        return replace(self, site=replace(self.site, settings=settings), worker=replace(self.worker, settings=settings))


@asynccontextmanager
async def opened_house(urls: DatabaseUrls, folder: Path) -> AsyncIterator[House]:
    """A new clinic with a patient, one account per role, and a clock that stands still."""
    triage.make_ready()
    clock = SetClock(MONDAY)
    key_file = folder / "keys"
    FileKeyProvider.create(key_file)
    settings = Settings(
        database_url=urls.app, worker_database_url=urls.worker, key_file=key_file, base_url="https://portal.test"
    )
    app = await Database.connect(urls.app, clock=clock, ids=RandomIds(), size=6)
    worker = await Database.connect(urls.worker, clock=clock, ids=RandomIds(), size=4)
    try:
        vault = Vault(FileKeyProvider(key_file), clock)
        site = Site(db=app, vault=vault, content=shipped(), catalogue=Catalogue(), settings=settings)
        yield await _furnished(site, replace(site, db=worker), clock)
    finally:
        await app.close()
        await worker.close()


async def _furnished(site: Site, worker: Site, clock: SetClock) -> House:
    slug = f"test-{site.db.ids.new().hex[:12]}"
    clinic_id = await create_clinic(site, slug=slug, name="Test Clinic", zone="America/New_York")
    house = House(site=site, worker=worker, clock=clock, clinic_id=clinic_id, patient_id=PatientId(site.db.ids.new()))
    async with site.db.transaction(house.system_scope) as tx:
        await tx.run(INSERT_PATIENT, clinic_id, house.patient_id, "Alice Test", date(1980, 1, 1), tx.now)
        await site.vault.create_patient_key(tx, house.patient_id)
        house.people["alice"] = await add_account(tx, "alice", patient_id=house.patient_id)
        for name, roles in STAFF.items():
            house.people[name] = await add_account(tx, name)
            await tx.run(INSERT_STAFF, clinic_id, house.people[name], sorted(roles))
    return house


async def add_account(tx: Tx, name: str, *, patient_id: PatientId | None = None) -> AccountId:
    """An account that can read mail but has no password."""
    account_id = AccountId(tx.ids.new())
    await tx.run(INSERT_ACCOUNT, tx.clinic_id, account_id, f"{name}@clinic.test", name.title(), patient_id, tx.now)
    return account_id
