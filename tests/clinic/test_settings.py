"""Setting and confirming values: who may, what a value can be, and that nothing of it is forgotten."""

import asyncio

import pytest

from portico.access import Role
from portico.clinic.actions import settings_of
from portico.clinic.rules import (
    ClinicNameUnreadable,
    MayNotSign,
    SettingChanged,
    SettingUnknown,
    SettingUnreadable,
    version_of_value,
)
from portico.clinic.setting_views import SettingView
from portico.desk.clinic_settings import Wish, change_clinic, change_setting, read_all, read_steps
from portico.errors import DomainError
from tests.accounts.entrance import Browser, Entrance
from tests.clinic.house import STAFF, House


async def put(
    house: House, name: str, key: str, value: str | None, *, confirm: bool = False, seen: str | None = None
) -> SettingView:
    wish = Wish(key=key, value=value, confirm=confirm, seen=seen)
    return await change_setting(house.site, house.caller(name), wish)


@pytest.mark.parametrize("name", STAFF)
@pytest.mark.parametrize(
    ("key", "value", "setter"),
    [("clinic.phone", "555-0100", "anna"), ("cortisone.max", "3", "adams"), ("clinic.zone", "America/Denver", "anna")],
)
async def test_each_setting_has_its_role(house: House, name: str, key: str, value: str, setter: str) -> None:
    if name == setter:
        view = await put(house, name, key, value, confirm=True)
        assert (view.value, view.state) == (value, "signed")
        assert view.set_by is not None
        assert view.confirmed is not None
        assert (view.set_by.by, view.confirmed.by) == (house.people[name],) * 2
        assert view.confirmed.at == house.clock.now()
    else:
        with pytest.raises(MayNotSign):
            await put(house, name, key, value)


async def test_a_value_that_was_set_waits_for_its_confirmation(house: House) -> None:
    view = await put(house, "anna", "clinic.phone", "555-0100")
    assert (view.state, view.confirmed, view.is_default) == ("unsigned", None, False)
    assert (await put(house, "anna", "clinic.phone", "555-0100", confirm=True)).state == "signed"
    assert (await put(house, "anna", "clinic.phone", "555-0101")).state == "unsigned"
    assert (await put(house, "anna", "clinic.phone", None, confirm=True)).state == "unset"


async def test_a_threshold_is_in_force_only_once_a_clinician_confirmed_it(house: House) -> None:
    async def in_force() -> tuple[str | None, str | None, bool]:
        async with house.site.db.transaction(house.patient_scope) as tx:
            settings = await settings_of(tx, house.site.content)
        view = await view_of(house, "pain.severe_from")
        assert view.in_force == settings.value("pain.severe_from")
        return view.value, view.in_force, "pain.severe_from" in settings.confirmed

    await put(house, "adams", "pain.severe_from", "10")
    assert await in_force() == ("10", "7", False)
    await put(house, "adams", "pain.severe_from", "6", confirm=True)
    assert await in_force() == ("6", "6", True)
    await put(house, "adams", "pain.severe_from", "10")
    assert await in_force() == ("10", "6", False)
    await put(house, "adams", "pain.severe_from", "10", confirm=True)
    assert await in_force() == ("10", "10", True)
    await put(house, "adams", "pain.severe_from", None)
    assert await in_force() == ("7", "7", False)


async def test_every_value_stays_in_the_history(house: House) -> None:
    await put(house, "anna", "clinic.phone", "555-0100", confirm=True)
    house.clock.pass_by(days=1)
    await put(house, "anna", "clinic.phone", "555-0100", confirm=True)
    await put(house, "anna", "clinic.phone", "555-0101")
    house.clock.pass_by(days=1)
    await put(house, "anna", "clinic.phone", None)
    steps = await read_steps(house.site, house.caller("adams"), "clinic.phone")
    assert [(step.kind, step.value, step.actor_name) for step in steps] == [
        ("set", None, "Anna"),
        ("set", "555-0101", "Anna"),
        ("confirm", "555-0100", "Anna"),
        ("set", "555-0100", "Anna"),
    ]
    with pytest.raises(SettingUnknown):
        await read_steps(house.site, house.caller("adams"), "clinic.colour")


async def test_a_newer_value_is_never_overwritten_unseen(house: House) -> None:
    await put(house, "anna", "clinic.phone", "555-0100")
    await put(house, "anna", "clinic.phone", "555-0101", seen=version_of_value("555-0100"))
    with pytest.raises(SettingChanged):
        await put(house, "anna", "clinic.phone", "555-0102", seen=version_of_value("555-0100"))


async def test_of_two_who_saw_the_same_value_one_sets_another(house: House) -> None:
    seen = (await put(house, "anna", "clinic.phone", "555-0100")).version
    tries = [put(house, "anna", "clinic.phone", f"555-010{number}", seen=seen) for number in (1, 2, 3, 4)]
    ended = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(each).__name__ for each in ended) == ["SettingChanged"] * 3 + ["SettingView"]


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("anna", "clinic.phone", "CALL US"),
        ("anna", "clinic.opening_hours", "mon 22:00-02:00"),
        ("anna", "clinic.closings", "2026-06-05 22:00-02:00"),
        ("anna", "clinic.extra_openings", "2026-06-05"),
        ("anna", "clinic.zone", "Atlantis/Centre"),
        ("anna", "clinic.zone", None),
        ("anna", "intake.draft_days", "999999999"),
        ("anna", "review.claim_minutes", "0"),
        ("anna", "fee.amount", "-5"),
        ("adams", "pain.severe_from", "11"),
        ("adams", "ladder.emergency.acknowledge_minutes", "-5"),
        ("adams", "cortisone.max", "two"),
        ("anna", "ladder.on_call", "00000000-0000-4000-8000-000000000000"),
        ("anna", "ladder.on_call", "dr.adams"),
    ],
)
async def test_a_value_that_cannot_be_meant_is_refused_kindly(
    house: House, name: str, key: str, value: str | None
) -> None:
    with pytest.raises(SettingUnreadable, match=r"^(Write|Choose|An opening|A clinic|Name|The hours)"):
        await put(house, name, key, value)
    assert (await view_of(house, key)).set_by is None


async def test_only_an_active_clinician_of_this_clinic_can_be_on_call(house: House) -> None:
    with pytest.raises(SettingUnreadable):
        await put(house, "anna", "ladder.on_call", str(house.people["nora"]))
    assert (await put(house, "anna", "ladder.on_call", str(house.people["adams"]), confirm=True)).state == "signed"


@pytest.mark.parametrize(
    ("name", "zone", "refusal"),
    [
        ("", "America/Denver", ClinicNameUnreadable),
        ("Two\nlines", "America/Denver", ClinicNameUnreadable),
        ("x" * 121, "America/Denver", ClinicNameUnreadable),
        ("Test Clinic", "Moon/Base", SettingUnreadable),
    ],
)
async def test_a_clinic_needs_a_name_and_a_zone(house: House, name: str, zone: str, refusal: type[DomainError]) -> None:
    with pytest.raises(refusal):
        await change_clinic(house.site, house.caller("anna"), name=name, zone=zone)
    clinic, _ = await read_all(house.site, house.caller("anna"))
    assert (clinic.name, clinic.zone) == ("Test Clinic", "America/New_York")


async def view_of(house: House, key: str) -> SettingView:
    _, settings = await read_all(house.site, house.caller("anna"))
    return next(each for each in settings if each.key == key)


async def browser_of(portal: Entrance, *roles: Role) -> Browser:
    return await portal.signed_in(await portal.staff(*roles, name="-".join(roles)))


async def test_a_setting_is_changed_confirmed_and_read_over_http(portal: Entrance) -> None:
    admin = await browser_of(portal, "admin")
    made = await admin.put("/api/settings/clinic.phone", {"value": "555-0100", "confirm": True})
    assert made.status_code == 200, made.text
    assert (made.json()["state"], made.json()["hazards"]) == ("signed", ["H1", "H5", "H14"])
    assert made.json()["confirmed"]["name"] == "Admin"
    listed = {each["key"]: each for each in (await admin.get("/api/settings")).json()["items"]}
    assert listed["clinic.phone"] == made.json()
    assert listed["clinic.opening_hours"]["state"] == "unset"
    steps = (await admin.get("/api/settings/clinic.phone/history")).json()["items"]
    assert [step["kind"] for step in steps] == ["confirm", "set"]
    stale = await admin.put("/api/settings/clinic.phone", {"value": "555-0101", "seen": "old"})
    assert (stale.status_code, stale.json()["code"]) == (412, "setting-changed")


@pytest.mark.parametrize(
    ("key", "body", "status"),
    [
        ("clinic.colour", {"value": "green"}, 404),
        ("clinic.phone", {"value": "CALL US"}, 422),
        ("clinic.phone", {}, 400),
        ("clinic.phone", {"value": 5550100}, 400),
        ("clinic.phone", {"value": "555-0100\x00"}, 422),
        ("clinic.hours_text", {"value": "Monday\x00"}, 400),
        ("clinic.phone", {"value": "555-0100", "force": True}, 400),
        ("cortisone.max", {"value": "3"}, 403),
    ],
)
async def test_a_body_that_does_not_fit_changes_nothing(
    portal: Entrance, key: str, body: dict[str, object], status: int
) -> None:
    admin = await browser_of(portal, "admin")
    assert (await admin.put(f"/api/settings/{key}", body)).status_code == status


async def test_a_clinic_is_renamed_over_http(portal: Entrance) -> None:
    admin = await browser_of(portal, "admin")
    answer = await admin.put("/api/clinic", {"name": " North Clinic ", "zone": "America/Denver"})
    assert answer.json() == (await admin.get("/api/clinic")).json()
    assert (answer.json()["name"], answer.json()["zone"]) == ("North Clinic", "America/Denver")
