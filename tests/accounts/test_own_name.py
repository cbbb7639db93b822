"""One's own name: changed with a fresh proof, told, limited, and never a way to become somebody whom the clinic knows."""

from uuid import UUID

import httpx
import pytest

from portico.accounts import identity_queries
from portico.accounts.totp import new_seed
from portico.ids import PatientId
from portico.platform.database import Query
from tests.accounts.entrance import AuditedRow, Browser, Entrance, Person
from tests.accounts.letterbox import told
from tests.accounts.mailbox import NEW_PASSWORD, front_desk, open_clinic, record_of
from tests.accounts.test_proxies import Family, family, grant
from tests.accounts.test_registration import registered
from tests.accounts.test_step_up import STEP_UP, stepped_up

__all__ = ["family"]

CHANGE = "/api/account/name"
NEW = {"name": " Alice   Wed-Test "}
AUDITED = Query(
    AuditedRow,
    """
    select action, outcome, object_id, peer from audit_event
    where clinic_id = $1 and actor_id = $2 and outcome = 'renamed' order by object_kind
    """,
)


async def own_record(browser: Browser) -> str:
    [own] = (await browser.get("/api/session")).json()["patients"]
    return str(own["id"])


async def former(staff: Browser, patient_id: str) -> list[tuple[str, str, str | None]]:
    shown = (await staff.get(f"/api/patients/{patient_id}")).json()
    return [(was["name"], was["source"], was["changedBy"]) for was in shown["former"]]


async def test_a_patient_takes_another_name_and_staff_see_the_one_before(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser, fred = await stepped_up(entrance, alice), await front_desk(entrance)
    mine = await own_record(browser)
    answer = await browser.put(CHANGE, NEW)
    assert (answer.status_code, answer.json()["name"]) == (200, "Alice Wed-Test")
    session = (await browser.get("/api/session")).json()
    assert [each["name"] for each in session["patients"]] == ["Alice Wed-Test"]
    assert (await fred.get(f"/api/patients/{mine}")).json()["name"] == "Alice Wed-Test"
    assert await former(fred, mine) == [("Alice Test", "self", "Alice Wed-Test")]
    page = (await fred.get(f"/people/{mine}")).text
    assert "Was: Alice Test" in page
    assert "Changed by the patient." in page
    assert await told(entrance, alice) == ["name-changed"]
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        rows = await tx.all(AUDITED, tx.clinic_id, str(alice.account_id))
    assert [row.object_id for row in rows] == [str(alice.account_id), mine]


async def test_every_former_name_stays(entrance: Entrance) -> None:
    browser, fred = await stepped_up(entrance, await entrance.alice()), await front_desk(entrance)
    mine = await own_record(browser)
    await browser.put(CHANGE, NEW)
    await fred.put(f"/api/patients/{mine}", {"name": "Alice W. Test", "bornOn": "1980-05-17"})
    await fred.put(f"/api/patients/{mine}", {"name": "Alice W. Test", "bornOn": "1980-05-17", "phone": "555-010-0199"})
    assert await former(fred, mine) == [
        ("Alice Wed-Test", "staff", "Fred"),
        ("Alice Test", "self", "Alice W. Test"),
    ]


async def posted(browser: Browser, name: str) -> httpx.Response:
    return await browser.post_form("/account/name", name=name, csrf_token=browser.csrf)


async def test_the_page_changes_it_too_and_keeps_what_was_typed(entrance: Entrance) -> None:
    browser = await stepped_up(entrance, await entrance.alice())
    refused = await posted(browser, "Alice\u202e Test")
    assert (refused.status_code, "Please write the whole name" in refused.text) == (422, True)
    assert 'value="Alice\u202e Test"' in refused.text
    done = await posted(browser, "Alice Wed-Test")
    assert (done.status_code, done.headers["location"]) == (303, "/account?done=name")
    shown = (await browser.get("/account?done=name")).text
    assert "<strong>Alice Wed-Test</strong>" in shown
    assert "Your name is changed." in shown
    again = await posted(browser, "Alice Wed-Test")
    assert (again.status_code, "This is your name already." in again.text) == (422, True)


async def test_without_a_fresh_proof_nothing_changes(entrance: Entrance) -> None:
    alice = await entrance.alice()
    answer = await (await entrance.signed_in(alice)).put(CHANGE, NEW)
    assert (answer.status_code, answer.json()["code"]) == (403, "step-up-required")
    assert await told(entrance, alice) == []


@pytest.mark.parametrize("name", ["", "   ", "a\x07b", "x" * 201, "a\u202eb"])
async def test_what_would_not_do_at_registration_is_refused(entrance: Entrance, name: str) -> None:
    browser = await stepped_up(entrance, await entrance.alice())
    answer = await browser.put(CHANGE, {"name": name})
    assert (answer.status_code, answer.json()["code"]) == (422, "name-missing")


async def test_five_names_a_day_are_enough(entrance: Entrance) -> None:
    browser = await stepped_up(entrance, await entrance.alice())
    answers = [await browser.put(CHANGE, {"name": f"Alice {number} Test"}) for number in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]


async def test_whoever_is_not_verified_cannot_become_alike_to_somebody_known(entrance: Entrance) -> None:
    await open_clinic(entrance)
    known = str(await record_of(entrance, "Alice Test"))
    amy, fred = await registered(entrance, entrance.email("amy")), await front_desk(entrance)
    mine = await own_record(amy)
    assert (await amy.put(STEP_UP, {"password": NEW_PASSWORD})).status_code == 200
    answer = await amy.put(CHANGE, {"name": "Alice Test"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not-verified")
    assert (await fred.get(f"/api/patients/{mine}/matches")).json()["items"] == []
    linked = await fred.put(f"/api/patients/{mine}/matches/{known}", {"decision": "linked"})
    assert linked.json()["code"] == "not-alike"


async def test_a_linked_person_has_one_name_in_both_records(entrance: Entrance) -> None:
    await open_clinic(entrance)
    known = str(await record_of(entrance, "Amy Test"))
    amy, fred = await registered(entrance, entrance.email("amy")), await front_desk(entrance)
    mine = await own_record(amy)
    assert (await fred.put(f"/api/patients/{mine}/matches/{known}", {"decision": "linked"})).status_code == 200
    await amy.put(STEP_UP, {"password": NEW_PASSWORD})
    assert (await amy.put(CHANGE, {"name": "Amy Wed"})).status_code == 200
    for each in (mine, known):
        assert (await fred.get(f"/api/patients/{each}")).json()["name"] == "Amy Wed"
        assert await former(fred, each) == [("Amy Test", "self", "Amy Wed")]


async def test_a_proxys_new_name_stands_where_the_patient_reads_it(entrance: Entrance, family: Family) -> None:
    await grant(family)
    pat = await stepped_up(entrance, family.pat)
    assert (await pat.put(CHANGE, {"name": "Pat Wed"})).status_code == 200
    alice = await entrance.signed_in(family.alice)
    listed = (await alice.get("/api/proxies")).json()["items"]
    assert [each["account"]["name"] for each in listed] == ["Pat Wed"]
    assert (await alice.get("/api/session")).json()["patients"][0]["name"] == "Alice Test"


async def former_of_account(entrance: Entrance, person: Person) -> list[str]:
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        return [was.name for was in await identity_queries.former_names(tx, person.account_id)]


async def test_staff_change_their_own_name_but_take_no_colleagues(entrance: Entrance) -> None:
    nora, _ = await entrance.staff("nurse", name="nora"), await entrance.staff("clinician")
    browser = await stepped_up(entrance, nora)
    taken = await browser.put(CHANGE, {"name": "ADAMS"})
    assert (taken.status_code, taken.json()["code"]) == (409, "name-of-colleague")
    assert (await browser.put(CHANGE, {"name": "Nora Wed"})).json()["name"] == "Nora Wed"
    assert await former_of_account(entrance, nora) == ["Nora"]


async def test_somebody_who_works_here_keeps_the_record_apart_while_at_work(entrance: Entrance) -> None:
    patient_id = await record_of(entrance, "Selma Test")
    selma = await entrance.account("selma", patient_id=patient_id, roles=frozenset({"front_desk"}), seed=new_seed())
    at_work = await stepped_up(entrance, selma, hat="staff")
    assert (await at_work.put(CHANGE, {"name": "Selma Desk"})).status_code == 200
    fred = await front_desk(entrance)
    assert (await fred.get(f"/api/patients/{patient_id}")).json()["name"] == "Selma Test"
    at_home = await stepped_up(entrance, selma, hat="patient")
    assert (await at_home.put(CHANGE, {"name": "Selma Wed"})).status_code == 200
    assert (await fred.get(f"/api/patients/{patient_id}")).json()["name"] == "Selma Wed"
    assert await former_of_account(entrance, selma) == ["Selma Desk", "Selma"]
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        changes = await identity_queries.changes_of(tx, [PatientId(UUID(str(patient_id)))])
    assert [change.name for change in changes[patient_id]] == ["Selma Test"]
