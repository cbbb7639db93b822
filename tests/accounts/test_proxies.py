"""Acting for somebody else: who may, since when, until when, and who ends it."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import httpx
import msgspec
import pytest

from portico.access import Role
from portico.accounts import people
from portico.accounts.proxy_rules import full_age_on, moved_end
from portico.ids import PatientId
from portico.platform.database import Query
from tests.accounts.entrance import MORNING, Browser, Entrance, Person
from tests.accounts.test_step_up import stepped_up

ALL = ["intake", "messages", "record"]
UNDER_AGE = date(2012, 3, 4)


class ToldRow(msgspec.Struct, frozen=True):
    recipient: str


class EndRow(msgspec.Struct, frozen=True):
    recipient: str
    due_at: datetime


class ActRow(msgspec.Struct, frozen=True):
    action: str
    patient_id: UUID | None
    on_behalf_of: UUID | None


TOLD = Query(ToldRow, "select recipient from notification where clinic_id = $1 and kind = 'proxy' order by recipient")
ENDS = Query(
    EndRow,
    """
    select recipient, due_at from notification
    where clinic_id = $1 and kind = 'proxy-end' and due_at is not null order by recipient
    """,
)
ACTS = Query(
    ActRow,
    """
    select action, patient_id, on_behalf_of from audit_event
    where clinic_id = $1 and actor_id = $2 and patient_id is not null order by event_id
    """,
)


@dataclass(frozen=True)
class Family:
    """Alice with her record, Pat without one, and Nora of the staff with a fresh session."""

    alice: Person
    record: PatientId
    pat: Person
    nora: Browser


@pytest.fixture
async def family(entrance: Entrance) -> Family:
    record = await entrance.patient("Alice Test")
    alice = await entrance.account("alice", patient_id=record)
    pat = await entrance.account("pat")
    return Family(alice, record, pat, await stepped_up(entrance, await entrance.staff("nurse", name="nora")))


async def grant(family: Family, **more: object) -> httpx.Response:
    body = {"patient": str(family.record), "email": family.pat.email, "scope": ALL, "basis": "agreed", **more}
    return await family.nora.post("/api/proxies", {key: value for key, value in body.items() if value is not None})


async def acts_for(browser: Browser) -> list[str]:
    """Of whom the session may act, by relation."""
    answer = await browser.get("/api/session")
    return [each["relation"] for each in answer.json()["patients"]]


async def minor(entrance: Entrance, name: str = "Timmy Test") -> PatientId:
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        return await people.create_patient(tx, entrance.site.vault, name=name, born_on=UNDER_AGE)


async def test_staff_let_somebody_act_from_the_next_request_on(entrance: Entrance, family: Family) -> None:
    browser = await entrance.signed_in(family.pat)
    assert await acts_for(browser) == []
    answer = await grant(family)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["patient"]["name"], made["account"]["name"], made["state"]) == ("Alice Test", "Pat", "active")
    assert await acts_for(browser) == ["agreed"]


async def test_both_are_told_of_the_beginning_and_of_the_end(entrance: Entrance, family: Family) -> None:
    made = (await grant(family)).json()
    await family.nora.delete(f"/api/proxies/{made['id']}")
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        told = [row.recipient for row in await tx.all(TOLD, tx.clinic_id)]
    both = [f"account:{family.alice.account_id}", f"account:{family.pat.account_id}"]
    assert sorted(told) == sorted(both * 2)


async def test_both_are_told_when_a_grant_ends_by_itself(entrance: Entrance, family: Family) -> None:
    ends = MORNING + timedelta(hours=2)
    made = (await grant(family, endsAt=ends.isoformat())).json()
    both = [f"account:{family.pat.account_id}", f"patient:{family.record}"]
    assert await due_at_the_end(entrance) == [(each, ends) for each in both]
    later = ends + timedelta(hours=1)
    await family.nora.put(f"/api/proxies/{made['id']}", {"scope": ALL, "endsAt": later.isoformat()})
    assert await due_at_the_end(entrance) == [(each, later) for each in both]
    await family.nora.delete(f"/api/proxies/{made['id']}")
    assert await due_at_the_end(entrance) == []


async def due_at_the_end(entrance: Entrance) -> list[tuple[str, datetime]]:
    """Who hears when of a grant that ends by itself."""
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        return [(row.recipient, row.due_at) for row in await tx.all(ENDS, tx.clinic_id)]


async def test_it_needs_a_fresh_proof(entrance: Entrance, family: Family) -> None:
    entrance.clock.pass_by(minutes=5)
    assert (await grant(family)).json()["code"] == "step-up-required"


async def test_it_starts_and_ends_at_its_times(entrance: Entrance, family: Family) -> None:
    starts, ends = MORNING + timedelta(hours=1), MORNING + timedelta(hours=2)
    assert (await grant(family, startsAt=starts.isoformat(), endsAt=ends.isoformat())).json()["state"] == "planned"
    for minutes, expected in ((0, []), (60, ["agreed"]), (59, ["agreed"]), (1, [])):
        entrance.clock.pass_by(minutes=minutes)
        assert await acts_for(await entrance.signed_in(family.pat)) == expected


async def test_a_guardians_right_ends_by_itself_on_the_18th_birthday(entrance: Entrance, family: Family) -> None:
    child = await minor(entrance)
    made = (await grant(family, patient=str(child), basis="guardian")).json()
    assert datetime.fromisoformat(made["endsAt"]) == datetime(2030, 3, 4, 5, 0, tzinfo=UTC)  # midnight in New York
    entrance.clock.instant = datetime(2030, 3, 4, 4, 59, tzinfo=UTC)
    assert await acts_for(await entrance.signed_in(family.pat)) == ["guardian"]
    entrance.clock.instant = datetime(2030, 3, 4, 5, 0, tzinfo=UTC)
    assert await acts_for(await entrance.signed_in(family.pat)) == []


async def test_a_guardian_may_end_earlier_but_never_later(entrance: Entrance, family: Family) -> None:
    child = await minor(entrance)
    made = (await grant(family, patient=str(child), basis="guardian", endsAt="2040-01-01T00:00:00Z")).json()
    assert made["endsAt"] == "2030-03-04T05:00:00Z"
    body = {"scope": ALL, "endsAt": "2027-01-01T00:00:00Z"}
    assert (await family.nora.put(f"/api/proxies/{made['id']}", body)).json()["endsAt"] == "2027-01-01T00:00:00Z"


async def test_nobody_is_the_guardian_of_an_adult(family: Family) -> None:
    answer = await grant(family, basis="guardian")
    assert (answer.status_code, answer.json()["code"]) == (422, "guardian-of-adult")


async def test_a_corrected_birth_date_moves_the_guardians_end(entrance: Entrance, family: Family) -> None:
    child = await minor(entrance)
    made = (await grant(family, patient=str(child), basis="guardian")).json()
    corrected = await family.nora.put(f"/api/patients/{child}", {"name": "Kit Test", "bornOn": "2013-03-04"})
    assert corrected.status_code == 200, corrected.text
    listed = (await family.nora.get(f"/api/proxies?patient={child}")).json()["items"]
    assert [(each["id"], each["endsAt"]) for each in listed] == [(made["id"], "2031-03-04T05:00:00Z")]


@pytest.mark.parametrize(
    ("born", "birthday"), [(date(2008, 2, 29), date(2026, 3, 1)), (date(2007, 12, 31), date(2025, 12, 31))]
)
def test_the_18th_birthday_is_a_day_of_the_calendar(born: date, birthday: date) -> None:
    assert full_age_on(born) == birthday


def test_an_earlier_end_that_somebody_chose_stays_when_a_birth_date_is_corrected() -> None:
    old, new, chosen = (datetime(year, 1, 1, tzinfo=UTC) for year in (2030, 2029, 2028))
    assert moved_end(old, old, new) == new
    assert moved_end(None, old, new) == new
    assert moved_end(chosen, old, new) == chosen


@pytest.mark.parametrize("basis", ["agreed", "poa"])
async def test_the_patient_sees_and_ends_it_at_any_time(entrance: Entrance, family: Family, basis: str) -> None:
    made = (await grant(family, basis=basis)).json()
    pat, alice = await entrance.signed_in(family.pat), await stepped_up(entrance, family.alice)
    listed = (await alice.get("/api/proxies")).json()["items"]
    assert [(each["account"]["name"], each["basis"]) for each in listed] == [("Pat", basis)]
    assert f"/account/proxies/{made['id']}" in (await alice.get("/account/proxies")).text
    assert (await alice.delete(f"/api/proxies/{made['id']}")).status_code == 204
    assert await acts_for(pat) == []
    listed = (await alice.get("/api/proxies")).json()["items"]
    assert (listed[0]["state"], listed[0]["ended"]["by"]) == ("ended", "patient")
    assert (await alice.delete(f"/api/proxies/{made['id']}")).status_code == 204


async def test_a_minor_alone_does_not_end_a_guardians_right(entrance: Entrance, family: Family) -> None:
    child = await minor(entrance)
    made = (await grant(family, patient=str(child), basis="guardian")).json()
    kit = await stepped_up(entrance, await entrance.account("kit", patient_id=child))
    answer = await kit.delete(f"/api/proxies/{made['id']}")
    assert (answer.status_code, answer.json()["code"]) == (403, "not-yours-to-end")
    assert (await family.nora.delete(f"/api/proxies/{made['id']}")).status_code == 204


async def test_a_proxy_may_stop_and_sees_for_whom_they_act(entrance: Entrance, family: Family) -> None:
    made = (await grant(family)).json()
    pat = await stepped_up(entrance, family.pat)
    acting = (await pat.get("/api/account/proxies")).json()["items"]
    assert [each["patient"]["name"] for each in acting] == ["Alice Test"]
    assert (await pat.get("/api/proxies")).json()["items"] == []
    assert (await pat.get(f"/api/proxies?patient={family.record}")).status_code == 404
    assert (await pat.delete(f"/api/proxies/{made['id']}")).status_code == 204
    assert (await pat.get("/api/account/proxies")).json()["items"] == []
    assert (await pat.delete(f"/api/proxies/{made['id']}")).status_code == 404


async def test_a_stranger_sees_and_ends_nothing(entrance: Entrance, family: Family) -> None:
    made = (await grant(family)).json()
    bob = await stepped_up(entrance, await entrance.account("bob", patient_id=await entrance.patient("Bob Test")))
    assert (await bob.get(f"/api/proxies?patient={family.record}")).status_code == 404
    assert (await bob.delete(f"/api/proxies/{made['id']}")).status_code == 404
    other = await stepped_up(entrance, await entrance.staff("nurse", name="nils", clinic="south"))
    assert (await other.get(f"/api/proxies?patient={family.record}")).status_code == 404
    assert (await other.delete(f"/api/proxies/{made['id']}")).status_code == 404


async def test_another_proxy_of_the_same_patient_ends_nothing(entrance: Entrance, family: Family) -> None:
    made = (await grant(family)).json()
    quinn = await entrance.account("quinn")
    assert (await grant(family, email=quinn.email)).status_code == 201
    browser = await stepped_up(entrance, quinn)
    assert (await browser.delete(f"/api/proxies/{made['id']}")).status_code == 404
    assert await acts_for(await entrance.signed_in(family.pat)) == ["agreed"]


async def test_two_who_name_the_same_proxy_at_once_make_one_grant(family: Family) -> None:
    answers = await asyncio.gather(*(grant(family) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]
    assert {each.json().get("code") for each in answers} == {None, "already-acts-for"}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"email": "nobody@people.test"}, 422, "no-such-account"),
        ({"scope": []}, 422, "scope-missing"),
        ({"scope": ["everything"]}, 400, "invalid-request"),
        ({"basis": "friend"}, 400, "invalid-request"),
        ({"endsAt": "2020-01-01T00:00:00Z"}, 422, "period-wrong"),
        ({"startsAt": "0001-01-01T00:00:00Z"}, 422, "period-wrong"),
        ({"endsAt": "9999-12-31T23:59:59.999999Z"}, 422, "period-wrong"),
        ({"endsAt": "2027-01-01T00:00:00"}, 400, "invalid-request"),
        ({"email": None}, 400, "invalid-request"),
        ({"patient": "00000000-0000-4000-8000-000000000000"}, 404, "not-found"),
    ],
)
async def test_what_cannot_be_is_refused_kindly(
    family: Family, change: dict[str, object], status: int, code: str
) -> None:
    answer = await grant(family, **change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_nobody_is_their_own_proxy(family: Family) -> None:
    answer = await grant(family, email=family.alice.email)
    assert (answer.status_code, answer.json()["code"]) == (422, "own-record")


async def test_a_change_that_names_somebody_else_is_refused(entrance: Entrance, family: Family) -> None:
    made = (await grant(family)).json()
    other = await entrance.patient("Bob Test")
    answer = await family.nora.put(f"/api/proxies/{made['id']}", {"patient": str(other), "scope": ["intake"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "other-patient")
    page = f"/people/{other}/proxies/{made['id']}/end"
    assert (await family.nora.post_form(page, csrf_token=family.nora.csrf)).status_code == 409
    assert await acts_for(await entrance.signed_in(family.pat)) == ["agreed"]


async def test_what_has_ended_stays_ended(family: Family) -> None:
    made = (await grant(family)).json()
    await family.nora.delete(f"/api/proxies/{made['id']}")
    answer = await family.nora.put(f"/api/proxies/{made['id']}", {"scope": ["intake"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "proxy-ended")
    assert (await grant(family)).status_code == 201


async def test_a_scope_can_be_narrowed(entrance: Entrance, family: Family) -> None:
    made = (await grant(family)).json()
    answer = await family.nora.put(f"/api/proxies/{made['id']}", {"scope": ["messages"]})
    assert answer.json()["scope"] == ["messages"]


async def test_a_member_of_the_staff_never_acts_for_a_patient_with_the_staff_hat(
    entrance: Entrance, family: Family
) -> None:
    nils = await entrance.staff("nurse", name="nils")
    assert (await grant(family, email=nils.email)).status_code == 201
    as_staff = await entrance.signed_in(nils, hat="staff")
    assert await acts_for(as_staff) == []
    entrance.clock.pass_by(seconds=30)
    as_patient = await entrance.signed_in(nils, hat="patient")
    assert await acts_for(as_patient) == ["agreed"]


async def test_each_act_about_a_grant_stands_in_the_record(entrance: Entrance, family: Family) -> None:
    made = (await grant(family)).json()
    pat = await stepped_up(entrance, family.pat)
    await pat.delete(f"/api/proxies/{made['id']}")
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        acts = await tx.all(ACTS, tx.clinic_id, str(family.pat.account_id))
    assert [(row.action, row.patient_id, row.on_behalf_of) for row in acts] == [
        ("change", family.record, family.record)
    ]


async def test_it_works_by_the_pages(entrance: Entrance, family: Family) -> None:
    nora, base = family.nora, f"/people/{family.record}/proxies"
    assert "Nobody can act for this patient yet" in (await nora.get(base)).text
    bad = await nora.post_form(base, csrf_token=nora.csrf, email="nobody@people.test", basis="agreed", scope="intake")
    assert (bad.status_code, "nobody@people.test" in bad.text) == (422, True)
    fields = {"email": family.pat.email, "basis": "agreed", "scope": "intake", "ends_on": "2026-12-31"}
    assert (await nora.post_form(base, csrf_token=nora.csrf, **fields)).status_code == 303
    shown = (await nora.get(base)).text
    assert 'value="2026-12-31"' in shown
    assert "Jan 1, 2027, 12:00 AM" in shown
    alice = await stepped_up(entrance, family.alice)
    own = (await alice.get("/account/proxies")).text
    grant_id = own.split("/account/proxies/")[1].split("/")[0]
    ended = await alice.post_form(f"/account/proxies/{grant_id}/end", csrf_token=alice.csrf)
    assert ended.status_code == 303
    assert "Ended" in (await alice.get("/account/proxies")).text


@pytest.mark.parametrize("role", ["front_desk", "nurse", "clinician", "admin"])
async def test_nobody_of_the_staff_lets_themselves_act(entrance: Entrance, family: Family, role: Role) -> None:
    person = await entrance.staff(role, name="selma")
    selma = await stepped_up(entrance, person)
    body: dict[str, object] = {"patient": str(family.record), "scope": ALL, "basis": "poa"}
    for named in ({"account": str(person.account_id)}, {"email": person.email}):
        answer = await selma.post("/api/proxies", body | named)
        assert (answer.status_code, answer.json()["code"]) == (409, "own-grant")
        assert "colleague" in answer.json()["detail"]
    page = await selma.post_form(
        f"/people/{family.record}/proxies",
        csrf_token=selma.csrf,
        email=person.email,
        scope="record",
        basis="poa",
        starts_on="",
        ends_on="",
    )
    assert (page.status_code, "Ask a colleague" in page.text) == (409, True)
    assert (await family.nora.get(f"/api/proxies?patient={family.record}")).json()["items"] == []


async def test_nobody_of_the_staff_widens_their_own_grant_and_a_colleague_may(
    entrance: Entrance, family: Family
) -> None:
    person = await entrance.staff("front_desk", name="selma")
    made = (await grant(family, email=person.email, scope=["messages"])).json()
    selma = await stepped_up(entrance, person, hat="staff")
    path = f"/api/proxies/{made['id']}"
    answer = await selma.put(path, {"scope": ALL})
    assert (answer.status_code, answer.json()["code"]) == (409, "own-grant")
    page = await selma.post_form(f"/people/{family.record}/proxies/{made['id']}", csrf_token=selma.csrf, scope="record")
    assert page.status_code == 409
    assert (await family.nora.put(path, {"scope": ALL})).json()["scope"] == ALL
    assert (await selma.delete(path)).status_code == 204
