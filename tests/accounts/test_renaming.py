"""Names are corrected by staff, and patients then read the right one."""

import pytest

from portico.accounts.renaming import NameUnusable, checked_name
from tests.accounts.entrance import Entrance
from tests.accounts.test_proxies import Family, family, grant
from tests.accounts.test_step_up import stepped_up

__all__ = ["family"]


async def test_staff_correct_a_proxys_name_everywhere(entrance: Entrance, family: Family) -> None:
    await grant(family)
    path = f"/api/accounts/{family.pat.account_id}/name"
    answer = await family.nora.put(path, {"name": "  Patricia   Test "})
    assert (answer.status_code, answer.json()["name"]) == (200, "Patricia Test")
    alice = await entrance.signed_in(family.alice)
    assert [each["account"]["name"] for each in (await alice.get("/api/proxies")).json()["items"]] == ["Patricia Test"]


async def test_a_patients_name_is_that_of_the_record(family: Family) -> None:
    answer = await family.nora.put(f"/api/accounts/{family.alice.account_id}/name", {"name": "Other"})
    assert (answer.status_code, answer.json()["code"]) == (409, "name-of-patient")


async def test_a_colleagues_name_is_for_admins(entrance: Entrance, family: Family) -> None:
    adams = await entrance.staff("clinician")
    path = f"/api/accounts/{adams.account_id}/name"
    assert (await family.nora.put(path, {"name": "Dr. Adams"})).status_code == 403
    anna = await stepped_up(entrance, await entrance.staff("admin", name="anna"))
    assert (await anna.put(path, {"name": "Dr. Adams"})).status_code == 200


@pytest.mark.parametrize("name", ["", "   ", "a\x00b", "x" * 201, "a\u202eb"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(NameUnusable):
        checked_name(name)
