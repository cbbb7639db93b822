"""The routes of escalations as each role meets them, through the real gate."""

from datetime import timedelta
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from portico.access import Role
from portico.clinic.actions import settings_of
from portico.escalation import handling, queries
from portico.escalation.actions import raise_for
from portico.escalation.model import Level, Subject, Trigger
from portico.ids import EscalationId, PatientId
from tests.accounts.entrance import Browser, Entrance
from tests.databases import DatabaseUrls


async def raised(portal: Entrance, patient_id: PatientId, level: Level = "same_day") -> EscalationId:
    subject = Subject(kind="response", id=uuid4())
    async with portal.site.db.transaction(portal.scope()) as tx:
        trigger = Trigger(
            patient_id=patient_id,
            subject=subject,
            level=level,
            cause="red_flag",
            rules=("PS02",),
            rule_set_version="prolotherapy-intake|1.0.0",
            actor_id=None,
        )
        return await raise_for(tx, await settings_of(tx, portal.site.content), trigger)


async def browser_of(portal: Entrance, *roles: Role, clinic: str = "north") -> Browser:
    return await portal.signed_in(await portal.staff(*roles, name="-".join(roles), clinic=clinic))


async def acknowledge(browser: Browser, escalation_id: object) -> int:
    path = f"/api/escalations/{escalation_id}/acknowledgement"
    answer = await browser.client.put(path, headers={"X-CSRF-Token": browser.csrf})
    return answer.status_code


async def test_a_nurse_reads_acknowledges_and_resolves(portal: Entrance) -> None:
    patient_id = await portal.patient("Alice Test")
    escalation_id = await raised(portal, patient_id)
    nurse = await browser_of(portal, "nurse")
    listed = (await nurse.get("/api/escalations")).json()
    [item] = listed["items"]
    assert listed["next"] is None
    assert set(item) == {
        *("id", "level", "state", "rules", "rung", "deadline", "raisedAt", "subject", "patient"),
        *("acknowledged", "resolved"),
    }
    assert (item["id"], item["level"], item["state"]) == (str(escalation_id), "same_day", "raised")
    assert (item["rules"], item["rung"]) == (["PS02"], 0)
    assert item["patient"] == {"id": str(patient_id), "name": "Alice Test"}
    assert item["subject"]["kind"] == "response"
    assert (item["acknowledged"], item["resolved"]) == (None, None)
    assert await acknowledge(nurse, escalation_id) == 200
    ended = await nurse.put(f"/api/escalations/{escalation_id}/resolution", {"outcome": "spoke", "note": "Better."})
    assert ended.status_code == 200
    assert ended.json()["state"] == "resolved"
    assert ended.json()["deadline"] is None
    assert ended.json()["resolved"]["outcome"] == "spoke"
    assert ended.json()["resolved"]["by"] == ended.json()["acknowledged"]["by"]
    assert (await nurse.get("/api/escalations")).json()["items"] == []
    assert len((await nurse.get("/api/escalations?state=resolved")).json()["items"]) == 1


@pytest.mark.parametrize("role", ["front_desk", "admin"])
async def test_front_desk_and_admins_see_no_rules_and_acknowledge_only(portal: Entrance, role: Role) -> None:
    escalation_id = await raised(portal, await portal.patient("Alice Test"))
    browser = await browser_of(portal, role)
    [item] = (await browser.get("/api/escalations")).json()["items"]
    assert "rules" not in item
    assert await acknowledge(browser, escalation_id) == 200
    answer = await browser.put(f"/api/escalations/{escalation_id}/resolution", {"outcome": "spoke"})
    assert answer.status_code == 403
    page = await browser.get("/escalations")
    assert page.status_code == 200
    assert "PS02" not in page.text


async def test_a_patient_finds_nothing_at_all(portal: Entrance) -> None:
    alice = await portal.alice()
    browser = await portal.signed_in(alice)
    escalation_id = await raised(portal, await portal.patient("Bob Test"))
    assert (await browser.get("/api/escalations")).status_code == 404
    assert await acknowledge(browser, escalation_id) == 404
    answer = await browser.put(f"/api/escalations/{escalation_id}/resolution", {"outcome": "spoke"})
    assert answer.status_code == 404


async def test_nobody_signed_in_gets_no_answer(portal: Entrance) -> None:
    async with portal.client() as client:
        assert (await client.get("/api/escalations")).status_code == 401


async def test_another_clinic_finds_nothing(portal: Entrance) -> None:
    escalation_id = await raised(portal, await portal.patient("Alice Test"))
    elsewhere = await browser_of(portal, "clinician", clinic="south")
    assert (await elsewhere.get("/api/escalations")).json()["items"] == []
    assert await acknowledge(elsewhere, escalation_id) == 404


async def test_a_second_person_is_told_who_is_on_it(portal: Entrance) -> None:
    escalation_id = await raised(portal, await portal.patient("Alice Test"))
    nurse, clinician = await browser_of(portal, "nurse"), await browser_of(portal, "clinician")
    assert await acknowledge(nurse, escalation_id) == 200
    assert await acknowledge(nurse, escalation_id) == 200
    assert await acknowledge(clinician, escalation_id) == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"outcome": "cured"}, 400, id="unknown outcome"),
        pytest.param({}, 400, id="no outcome"),
        pytest.param({"outcome": "spoke", "why": "x"}, 400, id="unknown field"),
        pytest.param({"outcome": "spoke", "note": 5}, 400, id="wrong kind"),
        pytest.param({"outcome": "spoke", "note": "x" * 4001}, 422, id="note too long"),
        pytest.param({"outcome": "left_message", "note": "  "}, 200, id="blank note"),
        pytest.param({"outcome": "not_needed", "note": "  "}, 422, id="not needed without a reason"),
        pytest.param({"outcome": "not_needed", "note": "Made-up reason."}, 200, id="not needed with one"),
    ],
)
async def test_a_resolution_that_does_not_read_is_refused(
    portal: Entrance, body: dict[str, object], status: int
) -> None:
    escalation_id = await raised(portal, await portal.patient("Alice Test"))
    nurse = await browser_of(portal, "nurse")
    answer = await nurse.put(f"/api/escalations/{escalation_id}/resolution", body)
    assert answer.status_code == status


@pytest.mark.parametrize("query", ["state=open", "cursor=nonsense", "state=resolved&cursor=WzEsMl0"])
async def test_a_bad_parameter_is_refused(portal: Entrance, query: str) -> None:
    nurse = await browser_of(portal, "nurse")
    assert (await nurse.get(f"/api/escalations?{query}")).status_code == 400


async def test_an_unknown_escalation_is_not_found(portal: Entrance) -> None:
    nurse = await browser_of(portal, "nurse")
    assert await acknowledge(nurse, uuid4()) == 404
    assert await acknowledge(nurse, "not-an-id") == 404


async def test_the_oldest_that_nobody_is_on_stays_first(portal: Entrance) -> None:
    """Its deadline has grown with a rung, so that it is later than that of a newer one; its wait has grown too."""
    made = {}
    for name in ("Eli", "Iris", "Jon", "Kim"):
        made[name] = await raised(portal, await portal.patient(f"{name} Test"), "emergency")
        portal.clock.pass_by(minutes=2)
    lee = await raised(portal, await portal.patient("Lee Test"), "call_now")
    async with portal.site.db.transaction(portal.scope()) as tx:
        current = await queries.locked(tx, made["Eli"])
        assert current is not None
        late = msgspec.structs.replace(current, rung=2, deadline=tx.now + timedelta(hours=1))
        await queries.update(tx, late)
    nurse = await browser_of(portal, "nurse")
    assert await acknowledge(nurse, made["Iris"]) == 200
    items = (await nurse.get("/api/escalations")).json()["items"]
    expected = [made["Eli"], made["Jon"], made["Kim"], made["Iris"], lee]
    assert [item["id"] for item in items] == [str(each) for each in expected]
    band = (await nurse.get("/consults")).text
    assert "5 urgent cases are open" in band
    assert "2 more" in band
    assert [name for name in ("Eli", "Iris", "Jon", "Kim", "Lee") if f"<li>{name} Test" in band] == [
        "Eli",
        "Jon",
        "Kim",
    ]


async def test_pages_of_the_list_follow_its_order(portal: Entrance) -> None:
    patient_id = await portal.patient("Alice Test")
    made = [await raised(portal, patient_id) for _ in range(handling.PAGE_SIZE + 2)]
    nurse = await browser_of(portal, "nurse")
    assert await acknowledge(nurse, made[0]) == 200
    first = (await nurse.get("/api/escalations")).json()
    rest = (await nurse.get(f"/api/escalations?cursor={first['next']}")).json()
    ids = [item["id"] for item in (*first["items"], *rest["items"])]
    assert len(ids) == len(set(ids)) == len(made)
    assert ids[-1] == str(made[0])
    assert rest["next"] is None


async def test_the_list_is_served_by_its_index(portal: Entrance, database_urls: DatabaseUrls) -> None:
    """Where the planner may not sort or scan the table, the index alone must do for the keyset and the order."""
    patient_id = await portal.patient("Alice Test")
    for _ in range(3):
        await raised(portal, patient_id)
    connection = await asyncpg.connect(database_urls.owner)
    try:
        for way in ("seqscan", "bitmapscan", "sort"):
            await connection.execute(f"set enable_{way} = off")
        asked = ["raised", "acknowledged"]
        rows = await connection.fetch(
            f"explain {queries.LISTED_OPEN.sql}", portal.clinics["north"], asked, *queries.OPEN_START, 25
        )
    finally:
        await connection.close()
    lines = [row[0].strip() for row in rows]
    [at] = [number for number, line in enumerate(lines) if "escalation_open on escalation" in line]
    assert "ROW(level_rank, (state <> 'raised'::text), raised_at" in lines[at + 1]
    assert lines[at + 1].startswith("Index Cond")
    assert not any("Sort" in line for line in lines)


async def test_a_resolved_one_is_raised_again_as_a_new_one(portal: Entrance) -> None:
    escalation_id = await raised(portal, await portal.patient("Alice Test"), "emergency")
    nurse, desk = await browser_of(portal, "nurse"), await browser_of(portal, "front_desk")
    again = f"/api/escalations/{escalation_id}/recurrences"
    assert (await nurse.post(again, {"reason": "It is not over."})).json()["code"] == "escalation-cannot-move"
    await nurse.put(f"/api/escalations/{escalation_id}/resolution", {"outcome": "not_needed", "note": "Made-up."})
    assert (await nurse.post(again, {"reason": " "})).json()["code"] == "note-needed"
    assert (await desk.post(again, {"reason": "It is not over."})).status_code == 403
    answer = await nurse.post(again, {"reason": "It is not over."})
    assert answer.status_code == 201
    assert answer.json()["id"] != str(escalation_id)
    assert {key: answer.json()[key] for key in ("level", "state", "rules")} == {
        "level": "emergency",
        "state": "raised",
        "rules": ["PS02"],
    }
    assert len((await nurse.get("/api/escalations?state=resolved")).json()["items"]) == 1
