"""Creating a clinic, its settings, and opening it: in a real database."""

from uuid import UUID

import msgspec
import pytest

from portico.access import Anonymous
from portico.clinic.actions import create_clinic, set_setting, settings_of
from portico.clinic.model import ClinicSettings
from portico.clinic.queries import all_clinics
from portico.clinic.rules import SettingUnknown, SettingUnreadable, SlugTaken, ZoneUnknown, version_of_value
from portico.clinic.signing import Reference
from portico.desk.clinic_settings import sign
from portico.platform.database import Command, Query
from tests.clinic.house import House

HOURS = "mon 08:00-12:00 13:00-17:00; tue 08:00-17:00"
REQUIRED = {"clinic.phone": "555-0100", "clinic.opening_hours": HOURS}


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """How many keys a clinic has."""

    number: int


KEYS = Query(Keys, "select count(*) as number from clinic_key where clinic_id = $1")
ODD_ROW = Command(
    "insert into clinic_setting (clinic_id, key, value, confirmed_by, confirmed_at, changed_at)"
    " values ($1, 'clinic.opening_hours', 'whenever', $2, $3, $3)"
)


async def settings_in(house: House) -> ClinicSettings:
    async with house.site.db.transaction(house.patient_scope) as tx:
        return await settings_of(tx, house.site.content)


async def put(house: House, key: str, value: str | None) -> bool:
    async with house.site.db.transaction(house.system_scope) as tx:
        return await set_setting(tx, house.site.content, key, value)


async def confirm(house: House, name: str, key: str, value: str) -> UUID:
    wanted = Reference(kind="setting", key=key, version=version_of_value(value))
    return (await sign(house.site, house.caller(name), wanted)).signed_by


async def test_a_new_clinic_has_one_key_of_its_own(house: House) -> None:
    async with house.site.db.transaction(house.system_scope) as tx:
        assert (await tx.one(KEYS, house.clinic_id)).number == 1
        await house.site.vault.verify(tx)
    async with house.site.db.unscoped("which clinics there are") as statements:
        assert house.clinic_id in {each.clinic_id for each in await all_clinics(statements)}


async def test_a_short_name_is_taken_once(house: House) -> None:
    await create_clinic(house.site, slug=f"s-{house.clinic_id.hex}", name="One", zone="America/Denver")
    with pytest.raises(SlugTaken):
        await create_clinic(house.site, slug=f"s-{house.clinic_id.hex}", name="Two", zone="America/Denver")


async def test_a_clinic_in_an_unknown_zone_is_refused(house: House) -> None:
    with pytest.raises(ZoneUnknown):
        await create_clinic(house.site, slug="nowhere", name="Nowhere", zone="Atlantis/Centre")


async def test_a_setting_falls_back_to_its_declared_default(house: House) -> None:
    settings = await settings_in(house)
    declared = house.site.content.settings
    assert settings.zone == "America/New_York"
    assert settings.value("cortisone.max") == declared["cortisone.max"].default == "2"
    assert settings.confirmed_value("cortisone.max") is None
    assert settings.value("clinic.phone") is None
    assert settings.calendar.week is None


async def test_a_value_counts_at_once_but_hours_only_when_confirmed(house: House) -> None:
    assert await put(house, "clinic.opening_hours", HOURS)
    settings = await settings_in(house)
    assert settings.value("clinic.opening_hours") == HOURS
    assert settings.calendar.week is None
    await confirm(house, "anna", "clinic.opening_hours", HOURS)
    assert set((await settings_in(house)).calendar.week or {}) == {1, 2}


async def test_another_value_must_be_confirmed_again(house: House) -> None:
    await put(house, "clinic.phone", "555-0100")
    await confirm(house, "anna", "clinic.phone", "555-0100")
    assert not await put(house, "clinic.phone", "555-0100")
    assert "clinic.phone" in (await settings_in(house)).confirmed
    assert await put(house, "clinic.phone", "555-0101")
    assert "clinic.phone" not in (await settings_in(house)).confirmed


async def test_an_unset_value_falls_back_and_is_no_longer_confirmed(house: House) -> None:
    await put(house, "cortisone.max", "3")
    await confirm(house, "adams", "cortisone.max", "3")
    await put(house, "cortisone.max", None)
    settings = await settings_in(house)
    assert settings.value("cortisone.max") == "2"
    assert "cortisone.max" not in settings.confirmed


@pytest.mark.parametrize(
    ("key", "value"),
    [("clinic.phone", "CALL US"), ("clinic.opening_hours", "mon 22:00-02:00"), ("cortisone.max", "two")],
)
async def test_a_value_that_does_not_read_is_refused(house: House, key: str, value: str) -> None:
    with pytest.raises(SettingUnreadable):
        await put(house, key, value)
    assert (await settings_in(house)).value(key) != value


async def test_an_unknown_setting_is_refused(house: House) -> None:
    with pytest.raises(SettingUnknown):
        await put(house, "clinic.colour", "green")


async def test_every_declared_default_reads_as_its_type(house: House) -> None:
    for key, declared in house.site.content.settings.items():
        if declared.default is not None:
            async with house.site.db.transaction(house.system_scope) as tx:
                await set_setting(tx, house.site.content, key, declared.default)


async def test_stored_hours_that_do_not_read_count_as_unset(house: House) -> None:
    async with house.site.db.transaction(house.system_scope) as tx:
        await tx.run(ODD_ROW, house.clinic_id, house.people["anna"], tx.now)
    assert (await settings_in(house)).calendar.week is None


async def test_a_stranger_reads_the_settings_of_the_clinic_they_stand_before(house: House) -> None:
    async with house.site.db.transaction(Anonymous(clinic_id=house.clinic_id, subject="")) as tx:
        assert (await settings_of(tx, house.site.content)).zone == "America/New_York"
