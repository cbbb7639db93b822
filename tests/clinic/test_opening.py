"""Opening a clinic to patients: refused until named persons stand behind what patients depend on, and said plainly."""

from typing import Any

import pytest
from httpx import Response
from litestar import get
from litestar.handlers import HTTPRouteHandler

from portico import app
from portico.access import Anonymous, Caller, Role, Scope, patients
from portico.accounts.page_address import keep_page_address
from portico.clinic.actions import set_setting
from portico.clinic.model import OpeningItem
from portico.clinic.opening import open_clinic, opening_gaps, opening_items, opening_of, require_open
from portico.clinic.page_testing import confirm_test, request_test
from portico.clinic.rules import ClinicNotOpen, MayNotSign, OpeningIncomplete
from portico.clinic.signing import sign_everything
from portico.desk.clinic_settings import Wish, change_setting
from portico.notify.model import ADMIN_POOL
from portico.platform.database import Command
from tests.accounts.entrance import Browser, Entrance
from tests.clinic.house import House
from tests.escalation.test_raising import told

OTHER_RULES = Command("update signature set digest = '\\x00' where clinic_id = $1 and kind = 'rule_set'")
PARTS = {"numbers", "hours", "zone", "ladder", "page_channel", "content"}


@pytest.fixture
async def stocked(house: House) -> House:
    """The house with the shipped content published; nobody stands behind anything."""
    await house.site.catalogue.publish(house.site.db, house.site.content)
    return house


@pytest.fixture
async def ready(stocked: House) -> House:
    """Everything is confirmed, and a page was seen to arrive; nobody has opened the clinic."""
    site, anna, adams = stocked.site, stocked.caller("anna"), stocked.caller("adams")
    values = {
        "clinic.phone": "555-0100",
        "clinic.opening_hours": "mon 08:00-17:00",
        "ladder.on_call": str(adams.account_id),
    }
    async with site.db.transaction(stocked.system_scope) as tx:
        for key, value in values.items():
            await set_setting(tx, site.content, key, value, anna.account_id)
        await sign_everything(tx, site.content, clinician=adams.account_id, admin=anna.account_id)
        await keep_page_address(tx, site, adams, "5550188@pages.test")
        await request_test(tx, anna, adams.account_id)
        await confirm_test(tx, adams, adams.account_id, None)
    return stocked


async def gaps(house: House) -> tuple[OpeningItem, ...]:
    async with house.site.db.transaction(house.system_scope) as tx:
        return await opening_gaps(tx, house.site.content)


async def opened(house: House, name: str = "anna") -> None:
    async with house.site.db.transaction(house.caller(name).scope) as tx:
        await open_clinic(tx, house.site.content, house.caller(name))


async def required(house: House, scope: Scope) -> None:
    async with house.site.db.transaction(scope) as tx:
        await require_open(tx, house.site.content)


async def test_a_new_clinic_lacks_everything_that_patients_depend_on(stocked: House) -> None:
    missing = await gaps(stocked)
    assert {item.part for item in missing} == PARTS
    assert all(item.missing and item.title and item.link and item.done is None for item in missing)
    assert {item.who for item in missing} == {"admin", "clinician"}
    keys = {item.key for item in missing}
    assert {"setting:clinic.phone", "setting:clinic.zone", "setting:ladder.on_call", "page_channel"} <= keys
    assert {"rule_set:prolotherapy-intake", "setting:ladder.emergency.acknowledge_minutes"} <= keys


async def test_each_thing_names_a_hazard_of_the_log(stocked: House) -> None:
    for item in await gaps(stocked):
        assert item.hazards, item.key
        assert set(item.hazards) <= set(stocked.site.content.hazards)


async def test_a_clinic_with_everything_is_open_only_once_an_admin_opens_it(ready: House) -> None:
    assert await gaps(ready) == ()
    with pytest.raises(ClinicNotOpen):
        await required(ready, ready.patient_scope)
    with pytest.raises(MayNotSign):
        await opened(ready, "adams")
    await opened(ready)
    await required(ready, ready.patient_scope)
    async with ready.site.db.transaction(ready.system_scope) as tx:
        found = await opening_of(tx)
        items = await opening_items(tx, ready.site.content)
    assert found is not None
    assert (found.opened_by, found.opened_by_name, found.opened_at) == (ready.people["anna"], "Anna", ready.clock.now())
    assert all(item.done is not None and item.done.by is not None and item.done.name for item in items)


async def test_opening_twice_keeps_who_opened_first(ready: House) -> None:
    await opened(ready)
    ready.clock.pass_by(days=1)
    await opened(ready)
    async with ready.site.db.transaction(ready.system_scope) as tx:
        found = await opening_of(tx)
    assert found is not None
    assert found.opened_at < ready.clock.now()


UNDONE: dict[str, Any] = {
    "numbers": Wish(key="clinic.phone", value="555-0199"),
    "hours": Wish(key="clinic.opening_hours", value=None, sure=True),
    "zone": Wish(key="clinic.zone", value="America/Denver"),
    "ladder": Wish(key="ladder.on_call", value=None, sure=True),
}


@pytest.mark.parametrize("part", UNDONE)
async def test_each_missing_value_keeps_the_clinic_shut(ready: House, part: str) -> None:
    await change_setting(ready.site, ready.caller("anna"), UNDONE[part])
    assert [item.part for item in await gaps(ready)] == [part]
    with pytest.raises(OpeningIncomplete) as refusal:
        await opened(ready)
    assert len(refusal.value.data["missing"]) == 1  # type: ignore[arg-type]
    with pytest.raises(ClinicNotOpen):
        await required(ready, ready.patient_scope)


async def test_rules_that_changed_since_they_were_signed_keep_it_shut(ready: House) -> None:
    async with ready.site.db.transaction(ready.system_scope) as tx:
        await tx.run(OTHER_RULES, ready.clinic_id)
    [gap] = [each for each in await gaps(ready) if each.key == "rule_set:prolotherapy-intake"]
    assert (gap.key, gap.missing) == ("rule_set:prolotherapy-intake", "It has changed since it was signed.")
    with pytest.raises(OpeningIncomplete):
        await opened(ready)


async def test_another_page_address_keeps_it_shut(ready: House) -> None:
    async with ready.site.db.transaction(ready.system_scope) as tx:
        await keep_page_address(tx, ready.site, ready.caller("adams"), "5550199@pages.test")
    assert [item.key for item in await gaps(ready)] == ["page_channel"]


async def test_an_open_clinic_that_loses_a_value_stays_open_and_tells_its_admins(ready: House) -> None:
    await opened(ready)
    before = await told(ready)
    await change_setting(ready.site, ready.caller("anna"), UNDONE["numbers"])
    await required(ready, ready.patient_scope)
    assert [item.part for item in await gaps(ready)] == ["numbers"]
    assert [each for each in await told(ready) if each not in before] == [ADMIN_POOL]


async def test_a_change_that_loses_nothing_tells_nobody(ready: House) -> None:
    await opened(ready)
    before = await told(ready)
    await change_setting(ready.site, ready.caller("anna"), Wish(key="clinic.phone", value="555-0199", confirm=True))
    await change_setting(ready.site, ready.caller("anna"), Wish(key="clinic.hours_text", value="Weekdays"))
    assert await told(ready) == before


async def test_nobody_is_told_of_gaps_before_the_clinic_is_open(ready: House) -> None:
    before = await told(ready)
    await change_setting(ready.site, ready.caller("anna"), UNDONE["numbers"])
    assert await told(ready) == before


@pytest.mark.parametrize("who", ["stranger", "patient", "staff"])
async def test_the_refusal_says_first_where_help_is(ready: House, who: str) -> None:
    scopes: dict[str, Scope] = {
        "stranger": Anonymous(clinic_id=ready.clinic_id, subject=""),
        "patient": ready.patient_scope,
        "staff": ready.caller("nora").scope,
    }
    with pytest.raises(ClinicNotOpen) as refusal:
        await required(ready, scopes[who])
    message = refusal.value.message
    assert message.index("911") < message.index("988") < message.index("555-0100") < message.index("not opened")


async def test_without_a_confirmed_number_the_refusal_names_none(stocked: House) -> None:
    async with stocked.site.db.transaction(stocked.system_scope) as tx:
        await set_setting(tx, stocked.site.content, "clinic.phone", "555-0100")
    with pytest.raises(ClinicNotOpen) as refusal:
        await required(stocked, stocked.patient_scope)
    assert "555" not in refusal.value.message
    assert "911" in refusal.value.message


@get("/begin", opt={"audience": patients()})
async def begin_page(site: Any, caller: Caller) -> str:
    async with site.db.transaction(caller.scope) as tx:
        await require_open(tx, site.content)
    return "begun"


@get("/api/begin", opt={"audience": patients()})
async def begin_api(site: Any, caller: Caller) -> str:
    async with site.db.transaction(caller.scope) as tx:
        await require_open(tx, site.content)
    return "begun"


async def browser_of(portal: Entrance, *roles: Role) -> Browser:
    return await portal.signed_in(await portal.staff(*roles, name="-".join(roles)))


async def test_the_refusal_reads_as_json_and_as_a_page(portal: Entrance, monkeypatch: pytest.MonkeyPatch) -> None:
    routes: list[HTTPRouteHandler] = [*app.ROUTES, begin_page, begin_api]
    monkeypatch.setattr(app, "ROUTES", routes)
    shell = await app.create_app(portal.site)
    alice = await portal.signed_in(await portal.alice())
    alice.client._transport.app = shell  # type: ignore[attr-defined]
    machine = await alice.get("/api/begin")
    assert (machine.status_code, machine.json()["code"]) == (503, "clinic-not-open")
    assert machine.headers["retry-after"] == "3600"
    assert all(number in machine.json()["detail"] for number in ("911", "988"))
    shown = await alice.get("/begin")
    assert shown.status_code == 503
    main = shown.text[shown.text.index("<main") : shown.text.index("</main>")]
    assert main.index("call 911") < main.index('href="tel:911"') < main.index("not open here yet")
    assert 'href="tel:988"' in main


async def opening(browser: Browser) -> Response:
    return await browser.get("/api/opening")


async def test_an_admin_opens_over_http_once_nothing_is_missing(portal: Entrance) -> None:
    admin = await browser_of(portal, "admin")
    listed = (await opening(admin)).json()
    assert (listed["isOpen"], listed["opened"]) == (False, None)
    refused = await admin.put("/api/opening", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "opening-incomplete")
    assert len(refused.json()["data"]["missing"]) == sum(item["missing"] is not None for item in listed["items"])
    clinician = await browser_of(portal, "clinician")
    assert (await opening(clinician)).json() == listed
    assert (await clinician.put("/api/opening", {})).status_code == 403
