"""A clinic that has not confirmed everything takes no new threads; threads that exist go on, more carefully."""

import asyncpg

from portico.access import SystemScope
from portico.clinic.actions import set_setting
from tests import walks
from tests.databases import Databases
from tests.messaging.practice import CALM, SORE, new_id, start, started, write
from tests.portal import Portal


async def test_a_clinic_that_is_not_open_takes_no_new_thread_but_goes_on_with_those_it_has(
    fresh_portal: Portal, databases: Databases
) -> None:
    alice, nora = await fresh_portal.as_("alice"), await fresh_portal.as_("nora")
    thread, message = new_id(), new_id()
    assert (await start(alice, alice.own, thread=thread, message=message)).status_code == 201
    # As if it had never been opened, and a value that its texts name has nobody behind it.
    connection = await asyncpg.connect(
        databases.urls(fresh_portal.site.settings.database_url.rpartition("/")[2]).superuser
    )
    await connection.execute("delete from clinic_opening")
    await connection.close()
    async with fresh_portal.site.db.transaction(SystemScope(walks.clinic_of(fresh_portal, "alice"), "test")) as tx:
        await set_setting(tx, fresh_portal.site.content, "clinic.phone", "555-0199")
    for who in (alice, nora):
        refused = await start(who, alice.own)
        assert (refused.status_code, refused.json()["code"]) == (503, "clinic-not-open")
        assert "911" in refused.json()["detail"]
        assert "988" in refused.json()["detail"]
    assert (await start(alice, alice.own, thread=thread, message=message)).status_code == 200
    assert (await write(alice, thread, CALM)).json()["level"] == "routine"
    # Symptoms, and nobody stands behind what the clinic says about them: a person looks today.
    assert (await write(alice, thread, SORE)).json()["level"] == "same_day"


async def test_an_open_clinic_does(portal: Portal) -> None:
    alice = await portal.as_("alice")
    assert await started(alice, alice.own)
