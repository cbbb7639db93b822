"""One person in two clinics of one deployment: the same name, birth date, e-mail, own number and password, never met."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg
import msgspec
import pytest

from portico.access import PatientScope, Scope, StaffScope
from portico.accounts import people
from portico.accounts.totp import new_seed
from portico.ids import AccountId, ClinicId, PatientId
from portico.platform.database import Query
from tests.accounts.entrance import PASSWORD, Browser, Entrance, Person

NUMBER = "A-1001"
CLINICS = ("north", "south")
SLUG = "prolotherapy-intake"


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows are in sight."""

    number: int


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """The one patient of this number that is in sight."""

    patient_id: PatientId
    clinic_id: ClinicId


BY_NUMBER = Query(Own, "select patient_id, clinic_id from patient where clinic_number = $1")
BY_EMAIL = Query(Count, "select count(*) as number from account where email = $1")
IN_CLINIC = {
    table: Query(Count, f"select count(*) as number from {table} where clinic_id = $1")
    for table in (
        "patient",
        "account",
        "response",
        "escalation",
        "audit_event",
        "clinic_setting",
        "credential",
        "staff",
    )
}


@dataclass(frozen=True)
class Twins:
    """Alice and Dr. Adams, each with an account in both clinics, and what Alice told each clinic."""

    portal: Entrance
    alice: Mapping[str, Person]
    adams: Mapping[str, Person]
    patient: Mapping[str, PatientId]
    response: Mapping[str, str]

    async def browser(self, who: Mapping[str, Person], clinic: str) -> Browser:
        """The person, signed in to this clinic."""
        return await self.portal.signed_in(who[clinic], clinic=f"{clinic}-{self.portal.tag}")


async def number_patient(portal: Entrance, clinic: str) -> PatientId:
    async with portal.site.db.transaction(portal.scope(clinic)) as tx:
        return await people.create_patient(
            tx, portal.site.vault, name="Alice Test", born_on=date(1980, 5, 17), clinic_number=NUMBER, phone="555-0150"
        )


@pytest.fixture
async def twins(portal: Entrance) -> Twins:
    patient = {clinic: await number_patient(portal, clinic) for clinic in CLINICS}
    alice = {clinic: await portal.account("alice", clinic=clinic, patient_id=patient[clinic]) for clinic in CLINICS}
    seed = new_seed()
    adams = {
        clinic: await portal.account("adams", clinic=clinic, roles=frozenset({"clinician", "admin"}), seed=seed)
        for clinic in CLINICS
    }
    both = Twins(portal, alice, adams, patient, {})
    return Twins(portal, alice, adams, patient, {clinic: await told(both, clinic) for clinic in CLINICS})


async def told(twins: Twins, clinic: str) -> str:
    """Alice begins a form and saves it once."""
    browser = await twins.browser(twins.alice, clinic)
    opened = await browser.post("/api/responses", {"questionnaire": SLUG, "patient": str(twins.patient[clinic])})
    assert opened.status_code == 201, opened.text
    answers = {
        "resourceType": "QuestionnaireResponse",
        "status": "in-progress",
        "item": opened.json()["response"].get("item", []),
    }
    path = f"/api/responses/{opened.json()['id']}"
    saved = await browser.client.put(
        f"{path}/answers", json=answers, headers={"X-CSRF-Token": browser.csrf, "If-Match": '"1"'}
    )
    assert saved.status_code == 200, saved.text
    return str(opened.json()["id"])


def other(clinic: str) -> str:
    return "south" if clinic == "north" else "north"


@pytest.mark.parametrize("clinic", CLINICS)
async def test_the_patient_sees_one_clinic_at_a_time(twins: Twins, clinic: str) -> None:
    browser = await twins.browser(twins.alice, clinic)
    session = (await browser.get("/api/session")).json()
    assert [each["id"] for each in session["patients"]] == [str(twins.patient[clinic])]
    listed = (await browser.get("/api/responses")).json()
    assert [each["id"] for each in listed["items"]] == [twins.response[clinic]]
    home = (await browser.get("/")).text
    assert twins.response[clinic] in home
    assert twins.response[other(clinic)] not in home


@pytest.mark.parametrize("clinic", CLINICS)
async def test_the_patient_reaches_nothing_of_the_other_clinic(twins: Twins, clinic: str) -> None:
    browser = await twins.browser(twins.alice, clinic)
    patient, response = twins.patient[other(clinic)], twins.response[other(clinic)]
    for path in (
        f"/api/responses/{response}",
        f"/api/responses/{response}/outcome",
        f"/api/responses?patient={patient}",
        f"/api/consults?patient={patient}",
        f"/for/{patient}/responses/{response}/screens/1",
        f"/for/{twins.patient[clinic]}/responses/{response}/screens/1",
    ):
        assert (await browser.get(path)).status_code == 404, path
    assert (await browser.post("/api/responses", {"questionnaire": SLUG, "patient": str(patient)})).status_code == 404
    assert (await browser.delete(f"/api/responses/{response}")).status_code == 404


@pytest.mark.parametrize("clinic", CLINICS)
async def test_staff_reach_nothing_of_the_other_clinic(twins: Twins, clinic: str) -> None:
    browser = await twins.browser(twins.adams, clinic)
    foreign = {
        str(twins.patient[other(clinic)]),
        twins.response[other(clinic)],
        str(twins.adams[other(clinic)].account_id),
    }
    for path in (
        "/api/escalations",
        "/escalations",
        "/api/reviews",
        "/reviews",
        "/api/consults",
        "/consults",
        "/api/settings",
        "/settings",
        "/api/signatures",
        "/api/page-tests",
        "/go-live",
    ):
        answer = await browser.get(path)
        assert answer.status_code == 200, path
        assert [each for each in foreign if each in answer.text] == [], path
    assert (await browser.get(f"/api/responses/{twins.response[other(clinic)]}")).status_code == 404
    consult: dict[str, Any] = {"patient": str(twins.patient[other(clinic)]), "clinician": None}
    body = {**consult, "startsAt": "2026-12-01T15:00:00Z", "state": "booked"}
    assert (await browser.post("/api/consults", body)).status_code == 409


async def test_what_one_clinic_sets_and_signs_holds_in_it_alone(twins: Twins) -> None:
    north, south = await twins.browser(twins.adams, "north"), await twins.browser(twins.adams, "south")
    await north.put("/api/settings/clinic.phone", {"value": "555-0100", "confirm": True})
    await north.put("/api/clinic", {"name": "North Clinic", "zone": "America/Denver"})
    rules = next(each for each in (await north.get("/api/signatures")).json()["items"] if each["kind"] == "rule_set")
    await north.put(f"/api/signatures/rule_set/{rules['key']}/{rules['version']}", {})
    await north.put("/api/staff/me/page-address", {"address": "5550143@pages.test"})
    await north.post("/api/page-tests", {"account": str(twins.adams["north"].account_id)})
    settings = {each["key"]: each for each in (await south.get("/api/settings")).json()["items"]}
    assert (settings["clinic.phone"]["value"], settings["clinic.zone"]["value"]) == (None, "America/New_York")
    assert (await south.get("/api/settings/clinic.phone/history")).json()["items"] == []
    assert (await south.get("/api/clinic")).json()["name"] == "South Clinic"
    listed = (await south.get("/api/signatures")).json()["items"]
    [same] = [each for each in listed if (each["kind"], each["key"]) == ("rule_set", rules["key"])]
    assert same["state"] == "unsigned"
    assert (await south.get("/api/staff/me")).json()["pageAddress"] is None
    foreign = {"account": str(twins.adams["north"].account_id)}
    assert (await south.post("/api/page-tests", foreign)).status_code == 404
    items = {each["key"]: each for each in (await south.get("/api/opening")).json()["items"]}
    assert items["setting:clinic.phone"]["missing"] is not None


async def test_a_session_opens_no_other_clinic(twins: Twins) -> None:
    browser = await twins.browser(twins.alice, "north")
    _, _, token = browser.cookie.partition(".")
    browser.cookie = f"{twins.portal.clinics['south']}.{token}"
    assert (await browser.get("/api/session")).status_code == 401


def scopes(twins: Twins, clinic: str) -> list[Scope]:
    """Everybody of this clinic, with the ids of both clinics in their hands."""
    clinic_id = twins.portal.clinics[clinic]
    accounts: list[AccountId] = [person.account_id for person in (*twins.alice.values(), *twins.adams.values())]
    return [
        twins.portal.scope(clinic),
        *(StaffScope(clinic_id=clinic_id, account_id=account) for account in accounts),
        *(
            PatientScope(clinic_id=clinic_id, account_id=account, patients=frozenset(twins.patient.values()))
            for account in accounts
        ),
    ]


@pytest.mark.parametrize("clinic", CLINICS)
async def test_the_database_shows_no_row_of_the_other_clinic(twins: Twins, clinic: str) -> None:
    for scope in scopes(twins, clinic):
        async with twins.portal.site.db.transaction(scope) as tx:
            for table, count in IN_CLINIC.items():
                assert (await tx.one(count, twins.portal.clinics[other(clinic)])).number == 0, table
            for own in await tx.all(BY_NUMBER, NUMBER):
                assert own == Own(patient_id=twins.patient[clinic], clinic_id=twins.portal.clinics[clinic])
            assert (await tx.one(BY_EMAIL, twins.alice["north"].email)).number <= 1


async def test_a_number_is_taken_once_in_each_clinic(twins: Twins) -> None:
    with pytest.raises(asyncpg.UniqueViolationError, match="patient_number_is_unique_in_clinic"):
        await number_patient(twins.portal, "north")


async def test_which_clinics_there_are_is_told_only_after_the_right_password(twins: Twins) -> None:
    email = twins.alice["north"].email
    browser = Browser(twins.portal.client())
    wrong, nobody = await browser.sign_in(email, "wrong"), await browser.sign_in(f"x{email}", "wrong")
    for answer in (wrong, nobody):
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong-email-or-password")
        assert not [name for name in CLINICS if name in answer.text.lower()]
    assert wrong.json() | {"requestId": ""} == nobody.json() | {"requestId": ""}
    asked = await browser.sign_in(email)
    assert (asked.status_code, asked.json()["code"]) == (409, "choose-clinic")
    assert [each["name"] for each in asked.json()["data"]["clinics"]] == ["North Clinic", "South Clinic"]
    assert "set-cookie" not in asked.headers
    assert (await browser.sign_in(email, clinic="elsewhere")).status_code == 401
    assert (await browser.sign_in(email, "wrong", clinic=f"north-{twins.portal.tag}")).status_code == 401


@pytest.mark.parametrize("clinic", CLINICS)
async def test_the_page_lets_a_person_choose(twins: Twins, clinic: str) -> None:
    browser = Browser(twins.portal.client())
    email = twins.alice["north"].email
    assert "Clinic" not in (await browser.submit("/sign-in", email=email, password="wrong")).text.split("<main")[1]
    asked = await browser.submit("/sign-in", email=email, password=PASSWORD)
    assert asked.status_code == 409
    assert "North Clinic" in asked.text
    slug = f"{clinic}-{twins.portal.tag}"
    assert (await browser.submit("/sign-in", email=email, password=PASSWORD, clinic=slug)).status_code == 303
    session = (await browser.get("/api/session")).json()
    assert session["account"]["id"] == str(twins.alice[clinic].account_id)


async def test_an_account_closed_in_one_clinic_leaves_the_other_alone(twins: Twins) -> None:
    async with twins.portal.site.db.transaction(twins.portal.scope("north")) as tx:
        await people.disable_account(tx, account_id=twins.alice["north"].account_id)
    answer = await Browser(twins.portal.client()).sign_in(twins.alice["south"].email)
    assert answer.json()["account"]["id"] == str(twins.alice["south"].account_id)
