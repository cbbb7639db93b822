"""Off-boarding a clinic works in the order that docs/operations.md gives, and not otherwise."""

from typing import Any

import httpx

from tests import walks
from tests.portal import Persona, Portal
from tests.review.desk import PEOPLE


async def change(portal: Portal, by: Persona, name: str, state: str) -> tuple[int, str]:
    """Disables or enables a member of the staff, with the roles as they are."""
    path = f"/api/staff/{portal.people.by_name[name].account_id}"
    roles: Any = (await by.send("GET", path)).json()["roles"]
    answer = await by.send("PUT", path, json={"roles": roles, "state": state})
    return answer.status_code, answer.json().get("code", "")


async def setting(by: Persona, key: str, value: str | None) -> httpx.Response:
    return await by.send(
        "PUT", f"/api/settings/{key}", json={"value": value, "confirm": value is not None, "sure": True}
    )


async def test_a_clinic_is_left_in_the_order_of_the_operations_page(portal: Portal) -> None:
    anna = await portal.as_("anna")
    alice = await portal.as_("alice")
    await anna.step_up()
    assert (await setting(anna, "registration.open", "false")).status_code == 200
    assert (await anna.send("GET", "/api/patients/export")).status_code == 200
    mine = f"/api/patients/{walks.patient_of(portal, 'alice')}"
    assert (await anna.send("PUT", f"{mine}/state", json={"state": "transferred"})).status_code == 200
    assert (await alice.send("GET", "/api/threads")).status_code == 200  # hence the next line
    assert (await anna.send("PUT", f"{mine}/account", json={"state": "disabled"})).status_code == 200
    assert (await alice.send("GET", "/api/threads")).status_code == 401
    assert await change(portal, anna, "dr.adams", "disabled") == (409, "on-call-needed")
    assert (await setting(anna, "ladder.on_call", None)).status_code == 200
    for name in ("dr.adams", "nora", "fred"):
        assert await change(portal, anna, name, "disabled") == (200, "")
    assert await change(portal, anna, "anna", "disabled") == (409, "last-admin")
    listed = (await anna.send("GET", "/api/patients")).json()["items"]
    assert len(listed) == len(PEOPLE)
