"""The demo's clinics and people: all made up, all with one published password."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import msgspec

from portico.access import Actor, Caller, PatientLink, Role, SystemScope
from portico.accounts import people
from portico.accounts.email_index import EmailIndex
from portico.accounts.page_address import keep_page_address
from portico.accounts.passwords import Passwords
from portico.accounts.totp import new_seed
from portico.clinic.actions import create_clinic, set_setting
from portico.clinic.opening import open_clinic
from portico.clinic.page_testing import confirm_test, request_test
from portico.clinic.queries import all_clinics
from portico.clinic.signing import sign_everything
from portico.ids import AccountId, ClinicId, PatientId, SessionId
from portico.platform.database import Tx
from portico.platform.site import Site

PASSWORD = "portico-demo-only"  # noqa: S105 - published on purpose; the demo listens on loopback only

SETTINGS: Mapping[str, str] = {
    "clinic.phone": "555-0100",
    "clinic.after_hours_phone": "555-0101",
    "clinic.opening_hours": "mon 08:00-17:00; tue 08:00-17:00; wed 08:00-17:00; thu 08:00-17:00; fri 08:00-16:00",
    "registration.open": "true",
}
"""Values that the demo's made-up admins confirm; every other setting keeps its declared default."""


class DemoAccount(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One sign-in of the demo; `totpSeed` in base32, null without a second factor."""

    email: str
    roles: list[str]
    clinic: str
    totp_seed: str | None


class DemoFile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`demo.json`: where the demo is, and who can sign in."""

    base_url: str
    mail_folder: str
    accounts: list[DemoAccount]


@dataclass(frozen=True, kw_only=True)
class Person:
    """One made-up person: who signs in, and whose record it is, if any."""

    clinic_id: ClinicId
    account_id: AccountId
    name: str
    roles: frozenset[Role]
    patient_id: PatientId | None = None
    born_on: date | None = None

    @property
    def caller(self) -> Caller:
        """This person at work on their own record, or with the staff hat."""
        is_staff = bool(self.roles & {"clinician", "nurse", "front_desk", "admin"})
        links: tuple[PatientLink, ...] = ()
        if self.patient_id is not None:
            scope = frozenset({"intake", "messages", "record"})
            links = (PatientLink(patient_id=self.patient_id, name=self.name, relation="self", scope=scope),)
        actor = Actor(
            clinic_id=self.clinic_id,
            account_id=self.account_id,
            session_id=SessionId(UUID(int=0)),
            name=self.name,
            hat="staff" if is_staff else "patient",
            roles=self.roles,
            patients=links,
        )
        return Caller(actor=actor, request_id="demo", peer=None)


@dataclass(frozen=True, kw_only=True)
class DemoPeople:
    """Everybody by the first part of their address, and the file that describes them."""

    by_name: Mapping[str, Person]
    described: DemoFile


@dataclass(kw_only=True)
class _Maker:
    """Makes people one after the other, with one password hash for all."""

    site: Site
    index: EmailIndex
    password_hash: str
    made: dict[str, Person] = field(default_factory=dict)
    accounts: list[DemoAccount] = field(default_factory=list)

    async def patient(self, tx: Tx, clinic: str, name: str, born_on: date, key: str) -> None:
        number = f"D-{len(self.made) + 1:04}"
        patient_id = await people.create_patient(
            tx, self.site.vault, name=name, born_on=born_on, clinic_number=number, phone=f"555-01{50 + len(self.made)}"
        )
        account_id = await self._account(tx, name, key, patient_id)
        person = Person(
            clinic_id=tx.clinic_id,
            account_id=account_id,
            name=name,
            roles=frozenset({"patient"}),
            patient_id=patient_id,
            born_on=born_on,
        )
        self._note(clinic, key, person, None)

    async def staff(self, tx: Tx, clinic: str, name: str, key: str, roles: Collection[Role]) -> None:
        account_id = await self._account(tx, name, key, None)
        await people.make_staff(tx, account_id=account_id, roles=roles)
        seed = new_seed()
        await people.enrol_totp(tx, self.site.vault, account_id=account_id, seed=seed)
        person = Person(clinic_id=tx.clinic_id, account_id=account_id, name=name, roles=frozenset(roles))
        self._note(clinic, key, person, seed)

    async def proxy(self, tx: Tx, clinic: str, name: str, key: str, of: str, confirmed_by: str) -> None:
        account_id = await self._account(tx, name, key, None)
        patient_id = self.made[of].patient_id
        assert patient_id is not None
        await people.grant_proxy(
            tx,
            account_id=account_id,
            patient_id=patient_id,
            basis="agreed",
            confirmed_by=self.made[confirmed_by].account_id,
        )
        person = Person(clinic_id=tx.clinic_id, account_id=account_id, name=name, roles=frozenset({"proxy"}))
        self._note(clinic, key, person, None)

    async def _account(self, tx: Tx, name: str, key: str, patient_id: PatientId | None) -> AccountId:
        account_id = await people.create_account(
            tx, self.index, email=f"{key}@demo.test", name=name, patient_id=patient_id
        )
        await people.set_password(tx, account_id=account_id, password_hash=self.password_hash)
        return account_id

    def _note(self, clinic: str, key: str, person: Person, seed: str | None) -> None:
        self.made[key] = person
        roles: list[str] = [*sorted(person.roles)]
        self.accounts.append(DemoAccount(email=f"{key}@demo.test", roles=roles, clinic=clinic, totp_seed=seed))


async def is_seeded(site: Site) -> bool:
    """Whether the demo's people are there from an earlier run."""
    async with site.db.unscoped("is the demo seeded") as statements:
        return bool(await all_clinics(statements))


async def seed_people(site: Site, password_hash: str | None = None) -> DemoPeople:
    """Makes both clinics with their people, confirms their settings and signs their content.

    `password_hash` is that of PASSWORD, for whoever has it already.
    """
    maker = _Maker(
        site=site,
        index=await EmailIndex.of(site.vault),
        password_hash=password_hash or await Passwords().hash(PASSWORD),
    )
    first = await create_clinic(site, slug="demo", name="Demo Clinic", zone="America/Chicago")
    second = await create_clinic(site, slug="second", name="Second Demo Clinic", zone="America/New_York")
    async with site.db.transaction(SystemScope(first, "demo people")) as tx:
        await _first_clinic(maker, tx)
        await _open_clinic(tx, site, maker.made, clinician="dr.adams", admin="anna", paged=("dr.adams", "nora", "anna"))
    async with site.db.transaction(SystemScope(second, "demo people")) as tx:
        await maker.patient(tx, "second", "Carol Demo", date(1970, 3, 9), "carol")
        await maker.staff(tx, "second", "Dr. Baker Demo", "dr.baker", ["clinician", "admin"])
        await _open_clinic(tx, site, maker.made, clinician="dr.baker", admin="dr.baker", paged=("dr.baker",))
    described = DemoFile(base_url="", mail_folder="", accounts=maker.accounts)
    return DemoPeople(by_name=maker.made, described=described)


async def _first_clinic(maker: _Maker, tx: Tx) -> None:
    await maker.patient(tx, "demo", "Alice Demo", date(1958, 5, 14), "alice")
    await maker.patient(tx, "demo", "Bob Demo", date(1971, 11, 2), "bob")
    await maker.staff(tx, "demo", "Dr. Adams Demo", "dr.adams", ["clinician"])
    await maker.staff(tx, "demo", "Nora Demo", "nora", ["nurse"])
    await maker.staff(tx, "demo", "Fred Demo", "fred", ["front_desk"])
    await maker.staff(tx, "demo", "Anna Demo", "anna", ["admin"])
    await maker.proxy(tx, "demo", "Pat Demo", "pat", "alice", "nora")
    for number, name in enumerate(("Dana", "Eli", "Finn", "Grace", "Hugo", "Iris", "Jon", "Kim", "Lee", "Mia")):
        await maker.patient(tx, "demo", f"{name} Demo", date(1950 + 3 * number, 1 + number, 10), name.lower())


async def _open_clinic(
    tx: Tx, site: Site, people_of: Mapping[str, Person], *, clinician: str, admin: str, paged: Sequence[str]
) -> None:
    """Made-up people confirm the settings, sign the content, try pages and open the clinic to patients.

    Each pool of the ladder has somebody who can be paged.
    """
    signer, keeper = people_of[clinician], people_of[admin]
    for key, value in {**SETTINGS, "ladder.on_call": str(signer.account_id)}.items():
        await set_setting(tx, site.content, key, value, keeper.account_id)
    await sign_everything(tx, site.content, clinician=signer.account_id, admin=keeper.account_id)
    for name in paged:
        person = people_of[name]
        await keep_page_address(tx, site, person.caller, f"pages.{name}@demo.test")
        await request_test(tx, keeper.caller, person.account_id)
        await confirm_test(tx, person.caller, person.account_id, None)
    await open_clinic(tx, site.content, keeper.caller)
