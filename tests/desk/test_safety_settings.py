"""An open clinic does not lose a number that patients call by one press."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.databases import DatabaseUrls
from tests.pages.tab import Tab
from tests.portal import Portal, open_portal

PHONE = "clinic.phone"


@pytest.fixture
async def portal(fresh_database: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Portal]:
    async with open_portal(fresh_database, tmp_path) as opened:
        yield opened


async def value(portal: Portal) -> str | None:
    anna = await portal.as_("anna")
    items = (await anna.send("GET", "/api/settings")).json()["items"]
    found: str | None = next(item["value"] for item in items if item["key"] == PHONE)
    return found


async def test_the_page_asks_before_the_number_disappears(portal: Portal) -> None:
    before = await value(portal)
    tab = Tab(await portal.as_("anna"))
    page = await tab.open(f"/settings/{PHONE}")
    page = await tab.press(page.form(PHONE), ("confirm", "yes"), value="")
    assert tab.status == 409
    assert "Say that you are sure." in page.text
    assert await value(portal) == before
    await tab.press(page.form(PHONE), ("confirm", "yes"), value="", sure="yes")
    assert await value(portal) is None


async def test_so_does_json_and_another_number_is_taken_at_once(portal: Portal) -> None:
    anna = await portal.as_("anna")
    refused = await anna.send("PUT", f"/api/settings/{PHONE}", json={"value": None})
    assert (refused.status_code, refused.json()["code"]) == (409, "setting-needed")
    assert (await anna.send("PUT", f"/api/settings/{PHONE}", json={"value": "555-0123"})).status_code == 200
    assert (await anna.send("PUT", f"/api/settings/{PHONE}", json={"value": None, "sure": True})).status_code == 200
    # Nothing is lost any more: nobody needs to be sure.
    assert (await anna.send("PUT", f"/api/settings/{PHONE}", json={"value": None})).status_code == 200
