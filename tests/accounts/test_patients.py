"""Patients as staff manage them: found, corrected, linked and unlinked, transferred, deceased, closed."""

from datetime import date
from uuid import UUID

import pytest

from portico.accounts import entry_rules as rules
from portico.accounts import own_queries, patient_queries, people
from portico.accounts.totp import new_seed
from portico.ids import PatientId
from portico.notify.queries import acting_for
from portico.platform.database import Query
from tests.accounts.entrance import PASSWORD, AuditedRow, Browser, Entrance
from tests.accounts.mailbox import (
    BORN,
    activated,
    admin,
    can_sign_in,
    front_desk,
    invited_patient,
    letters,
    open_clinic,
    record_of,
)
from tests.accounts.test_registration import registered
from tests.accounts.test_step_up import stepped_up

OF_PATIENT = Query(
    AuditedRow,
    """
    select action, outcome, object_id, peer from audit_event
    where clinic_id = $1 and patient_id = $2::uuid and object_kind = $3 and action = 'change'
    order by event_id
    """,
)
DETAILS = {
    "name": "Amy  Test",
    "bornOn": "1980-05-17",
    "number": "A-12",
    "phone": "(555) 010-0199",
    "address": "1 Hill Rd\nTown",
}


async def created(fred: Browser, **changes: object) -> str:
    answer = await fred.post("/api/patients", DETAILS | changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def outcomes(entrance: Entrance, patient_id: str, kind: str) -> list[str]:
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        return [row.outcome for row in await tx.all(OF_PATIENT, tx.clinic_id, patient_id, kind)]


async def own(browser: Browser) -> list[str]:
    answer = await browser.get("/api/session")
    return [each["id"] for each in answer.json()["patients"]] if answer.status_code == 200 else []


async def test_a_patient_is_made_found_and_corrected(entrance: Entrance) -> None:
    fred = await front_desk(entrance)
    patient_id = await created(fred)
    for words in ("amy", "Test", "a-12", "1980-05-17"):
        found = (await fred.get(f"/api/patients?q={words}")).json()["items"]
        assert [each["id"] for each in found] == [patient_id], words
    assert (await fred.get("/api/patients?q=%25")).json()["items"] == []
    shown = (await fred.get(f"/api/patients/{patient_id}")).json()
    assert (shown["name"], shown["phone"], shown["address"]) == ("Amy Test", DETAILS["phone"], DETAILS["address"])
    answer = await fred.put(f"/api/patients/{patient_id}", {"name": "Amy New", "bornOn": "1980-05-18"})
    assert (answer.status_code, answer.json()["phone"], answer.json()["number"]) == (200, None, None)
    assert await outcomes(entrance, patient_id, "patient") == ["done"]


async def test_a_number_is_given_once(entrance: Entrance) -> None:
    fred = await front_desk(entrance)
    await created(fred)
    answer = await fred.post("/api/patients", DETAILS | {"name": "Ben Test"})
    assert (answer.status_code, answer.json()["code"]) == (409, "number-taken")


@pytest.mark.parametrize(
    "changes",
    [{"number": "x" * 41}, {"phone": "12"}, {"address": "x" * 501}, {"name": "a\x00b"}, {"bornOn": "1800-01-01"}],
)
async def test_details_that_nobody_has_are_refused(entrance: Entrance, changes: dict[str, str]) -> None:
    fred = await front_desk(entrance)
    assert (await fred.post("/api/patients", DETAILS | changes)).status_code == 422


async def test_patients_are_listed_page_by_page(entrance: Entrance) -> None:
    fred = await front_desk(entrance)
    for number in range(52):
        await record_of(entrance, f"Person {number:02}")
    first = (await fred.get("/api/patients")).json()
    second = (await fred.get(f"/api/patients?cursor={first['next']}")).json()
    names = [each["name"] for each in first["items"] + second["items"]]
    assert (len(first["items"]), names, second["next"]) == (50, sorted(names), None)


async def test_a_corrected_birth_date_is_what_the_code_asks_for(entrance: Entrance) -> None:
    await open_clinic(entrance)
    fred, patient_id = await front_desk(entrance), await record_of(entrance, "Amy Test")
    code = await invited_patient(entrance, fred, patient_id, entrance.email("amy"))
    await fred.put(f"/api/patients/{patient_id}", {"name": "Amy Test", "bornOn": "1980-06-17"})
    assert await activated(entrance, code) == 422
    assert await activated(entrance, code, bornOn="1980-06-17") == 201


async def test_a_corrected_name_is_the_accounts_name_too(entrance: Entrance) -> None:
    await open_clinic(entrance)
    fred, patient_id = await front_desk(entrance), await record_of(entrance, "Amy Test")
    code = await invited_patient(entrance, fred, patient_id, entrance.email("amy"))
    assert await activated(entrance, code) == 201
    await fred.put(f"/api/patients/{patient_id}", {"name": "Amy Tester", "bornOn": BORN.isoformat()})
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        own = await patient_queries.own_account(tx, patient_id)
        assert own is not None
        found = await own_queries.own(tx, own.account_id)
    assert found is not None
    assert found.name == "Amy Tester"


async def test_candidates_share_name_and_birth_date_or_a_telephone_number(entrance: Entrance) -> None:
    await open_clinic(entrance)
    same_name = await record_of(entrance, "Test, AMÝ")
    same_phone = await record_of(entrance, "Somebody Else", phone="+1 555-010-0199")
    await record_of(entrance, "Other Person")
    amy, fred = await registered(entrance, entrance.email("amy")), await front_desk(entrance)
    [mine] = await own(amy)
    found = (await fred.get(f"/api/patients/{mine}/matches")).json()["items"]
    assert [each["patient"]["id"] for each in found] == [str(same_name)]
    await fred.put(f"/api/patients/{mine}", {"name": "Amy Test", "bornOn": "1980-05-17", "phone": "555 010 0199"})
    found = (await fred.get(f"/api/patients/{mine}/matches")).json()["items"]
    why = {each["patient"]["id"]: (each["sameNameAndBirthDate"], each["samePhone"]) for each in found}
    assert why == {str(same_name): (True, False), str(same_phone): (False, True)}


async def test_a_link_lets_the_account_act_for_both_until_it_is_undone(entrance: Entrance) -> None:
    await open_clinic(entrance)
    known = str(await record_of(entrance, "Amy Test"))
    amy, fred = await registered(entrance, entrance.email("amy")), await front_desk(entrance)
    [mine] = await own(amy)
    match = f"/api/patients/{mine}/matches/{known}"
    answer = await fred.put(match, {"decision": "linked"})
    assert [each["decision"] for each in answer.json()["items"]] == ["linked"]
    assert await own(amy) == [known, mine]
    assert (await fred.get(f"/api/patients/{mine}")).json()["verified"] is True
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        assert len(await acting_for(tx, PatientId(UUID(known)))) == 1
    assert (await fred.put(match, {"decision": "apart"})).status_code == 409
    assert (await fred.delete(match)).status_code == 200
    assert await own(amy) == [mine]
    assert (await fred.get(f"/api/patients/{mine}")).json()["verified"] is False
    for each in (mine, known):
        assert await outcomes(entrance, each, "patient_match") == ["linked", "undone"]


async def test_what_was_decided_stands_on_both_pages_and_is_taken_back_on_either(entrance: Entrance) -> None:
    await open_clinic(entrance)
    known = str(await record_of(entrance, "Amy Test"))
    amy, fred = await registered(entrance, entrance.email("amy")), await front_desk(entrance)
    [mine] = await own(amy)
    for decision in ("linked", "apart"):
        assert (await fred.put(f"/api/patients/{mine}/matches/{known}", {"decision": decision})).status_code == 200
        [seen] = (await fred.get(f"/api/patients/{known}/matches")).json()["items"]
        assert (seen["patient"]["id"], seen["decision"]) == (mine, decision)
        opposite = await fred.put(f"/api/patients/{known}/matches/{mine}", {"decision": "apart"})
        assert opposite.status_code == 409
        assert (await fred.delete(f"/api/patients/{known}/matches/{mine}")).status_code == 200
        assert await own(amy) == [mine]
        assert (await fred.get(f"/api/patients/{mine}")).json()["verified"] is False


async def test_nobody_of_the_staff_links_a_record_with_their_own(entrance: Entrance) -> None:
    await open_clinic(entrance)
    known, own_record = await record_of(entrance, "Selma Test"), await record_of(entrance, "Selma Test")
    person = await entrance.account("selma", patient_id=own_record, roles=frozenset({"front_desk"}), seed=new_seed())
    selma, fred = await stepped_up(entrance, person, hat="staff"), await front_desk(entrance)
    assert (await fred.put(f"/api/patients/{own_record}/verification", {"verified": False})).status_code == 200
    path = f"/api/patients/{own_record}/matches/{known}"
    answer = await selma.put(path, {"decision": "linked"})
    assert (answer.status_code, answer.json()["code"]) == (409, "own-link")
    assert (await fred.put(path, {"decision": "linked"})).status_code == 200


async def test_a_link_is_told_to_both_addresses(entrance: Entrance) -> None:
    await open_clinic(entrance)
    alice = await entrance.alice()
    amy, fred = await registered(entrance, entrance.email("amy")), await front_desk(entrance)
    [mine] = await own(amy)
    [known] = [each["id"] for each in (await fred.get("/api/patients?q=alice")).json()["items"]]
    await fred.put(f"/api/patients/{mine}", {"name": "Alice Test", "bornOn": "1980-05-17"})
    nora = await front_desk(entrance, name="nora")
    assert (await nora.put(f"/api/patients/{mine}/matches/{known}", {"decision": "linked"})).status_code == 200
    assert [(await letters(entrance, address)).count("") for address in (alice.email, entrance.email("amy"))] == [1, 1]


async def test_only_an_unverified_record_is_linked_to_one_known_record(entrance: Entrance) -> None:
    await open_clinic(entrance)
    one, two = str(await record_of(entrance, "Amy Test")), str(await record_of(entrance, "Amy Test"))
    amy, fred = await registered(entrance, entrance.email("amy")), await front_desk(entrance)
    [mine] = await own(amy)
    for patient_id, other in ((one, two), (one, mine), (mine, mine)):
        answer = await fred.put(f"/api/patients/{patient_id}/matches/{other}", {"decision": "linked"})
        assert (answer.status_code, answer.json()["code"]) == (422, "cannot-link"), (patient_id, other)
    assert (await fred.put(f"/api/patients/{mine}/matches/{one}", {"decision": "linked"})).status_code == 200
    assert (await fred.put(f"/api/patients/{mine}/matches/{two}", {"decision": "linked"})).status_code == 422
    assert (await fred.put(f"/api/patients/{mine}/verification", {"verified": False})).status_code == 409


async def test_a_record_is_linked_to_nobody_whom_it_does_not_resemble(entrance: Entrance) -> None:
    await open_clinic(entrance)
    stranger = str(await record_of(entrance, "Somebody Else", phone="555 010 0199"))
    amy, fred = await registered(entrance, entrance.email("amy")), await front_desk(entrance)
    [mine] = await own(amy)
    match = f"/api/patients/{mine}/matches/{stranger}"
    answer = await fred.put(match, {"decision": "linked"})
    assert (answer.status_code, answer.json()["code"]) == (422, "not-alike")
    assert await own(amy) == [mine]
    await fred.put(f"/api/patients/{mine}", {"name": "Amy Test", "bornOn": "1980-05-17", "phone": "+1 555 010 0199"})
    nora = await front_desk(entrance, name="nora")
    assert (await nora.put(match, {"decision": "linked"})).status_code == 200


async def test_a_link_and_the_end_of_a_patients_time_here_need_a_fresh_proof(entrance: Entrance) -> None:
    await open_clinic(entrance)
    known = str(await record_of(entrance, "Amy Test"))
    amy, fred = await registered(entrance, entrance.email("amy")), await front_desk(entrance)
    [mine] = await own(amy)
    entrance.clock.pass_by(minutes=5)
    answers = [
        await fred.put(f"/api/patients/{mine}/matches/{known}", {"decision": "linked"}),
        await fred.put(f"/api/patients/{known}/state", {"state": "deceased"}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "step-up-required")] * 2


async def test_two_records_are_kept_apart_and_a_new_patient_is_verified(entrance: Entrance) -> None:
    await open_clinic(entrance)
    known = str(await record_of(entrance, "Amy Test"))
    amy, fred = await registered(entrance, entrance.email("amy")), await front_desk(entrance)
    [mine] = await own(amy)
    answer = await fred.put(f"/api/patients/{mine}/matches/{known}", {"decision": "apart"})
    assert [each["decision"] for each in answer.json()["items"]] == ["apart"]
    assert (await fred.put(f"/api/patients/{mine}/matches/{known}", {"decision": "linked"})).status_code == 409
    answer = await fred.put(f"/api/patients/{mine}/verification", {"verified": True})
    assert (answer.status_code, answer.json()["verified"]) == (200, True)
    assert await own(amy) == [mine]


@pytest.mark.parametrize("state", ["transferred", "deceased"])
async def test_whoever_is_not_active_gets_no_reminders_and_needs_proxies_confirmed_anew(
    entrance: Entrance, state: str
) -> None:
    await open_clinic(entrance)
    patient_id = await record_of(entrance, "Amy Test")
    pat = await entrance.account("pat")
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        await people.grant_proxy(
            tx, account_id=pat.account_id, patient_id=patient_id, basis="agreed", confirmed_by=pat.account_id
        )
    browser, fred = await entrance.signed_in(pat), await front_desk(entrance)
    code = await invited_patient(entrance, fred, patient_id, entrance.email("amy"))
    assert await own(browser) == [str(patient_id)]
    answer = await fred.put(f"/api/patients/{patient_id}/state", {"state": state})
    assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert await own(browser) == []
    assert await activated(entrance, code) == 422
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        assert await acting_for(tx, patient_id) == []
    assert await outcomes(entrance, str(patient_id), "proxy_grant") == ["ended"]
    again = await fred.post("/api/invitations", {"patient": str(patient_id), "email": entrance.email("amy")})
    assert (again.status_code, again.json()["code"]) == (409, "patient-not-active")
    [shown] = (await fred.get("/api/invitations")).json()["items"]
    assert (await fred.put(f"/api/invitations/{shown['id']}/sending", {})).status_code == 409


async def test_a_state_follows_its_table(entrance: Entrance) -> None:
    fred = await front_desk(entrance)
    patient_id = await created(fred)
    states = ["deceased", "transferred", "active", "transferred", "transferred", "deceased"]
    answers = [await fred.put(f"/api/patients/{patient_id}/state", {"state": state}) for state in states]
    assert [answer.status_code for answer in answers] == [200, 409, 200, 200, 200, 200]


async def test_the_account_of_somebody_who_died_is_closed(entrance: Entrance) -> None:
    alice, fred = await entrance.alice(), await front_desk(entrance)
    browser = await entrance.signed_in(alice)
    [patient_id] = await own(browser)
    await fred.put(f"/api/patients/{patient_id}/state", {"state": "deceased"})
    assert (await browser.get("/api/session")).status_code == 401
    assert not await can_sign_in(entrance, alice.email, PASSWORD)


async def test_a_closed_account_keeps_the_record_and_answers_like_a_wrong_password(entrance: Entrance) -> None:
    alice, fred = await entrance.alice(), await front_desk(entrance)
    browser = await entrance.signed_in(alice)
    [patient_id] = await own(browser)
    wrong = await browser.put("/api/account/closure", {"password": "not my password at all"})
    assert wrong.status_code == 401
    assert (await browser.put("/api/account/closure", {"password": PASSWORD})).status_code == 204
    assert (await browser.get("/api/session")).status_code == 401
    refused = [await Browser(entrance.client()).sign_in(alice.email, word) for word in (PASSWORD, "wrong")]
    assert len({(answer.status_code, answer.json()["detail"]) for answer in refused}) == 1
    shown = (await fred.get(f"/api/patients/{patient_id}")).json()
    assert (shown["state"], shown["account"]["state"]) == ("active", "disabled")
    await fred.put(f"/api/patients/{patient_id}/account", {"state": "active"})
    assert await can_sign_in(entrance, alice.email, PASSWORD)


async def test_staff_close_a_patients_account_but_a_colleagues_only_as_admin(entrance: Entrance) -> None:
    patient_id = await record_of(entrance, "Nora Test")
    nora = await entrance.account("nora", patient_id=patient_id, roles=frozenset({"nurse"}))
    fred, (_, anna) = await front_desk(entrance), await admin(entrance)
    path, body = f"/api/patients/{patient_id}/account", {"state": "disabled"}
    assert (await fred.put(path, body)).status_code == 403
    await fred.put(f"/api/patients/{patient_id}/state", {"state": "deceased"})
    assert (await Browser(entrance.client()).sign_in(nora.email, hat="staff")).status_code == 200
    assert (await anna.put(path, body)).status_code == 200
    assert not await can_sign_in(entrance, nora.email, PASSWORD)


async def test_the_pages_ask_for_a_tick_before_anything_with_consequences(entrance: Entrance) -> None:
    await open_clinic(entrance)
    known = str(await record_of(entrance, "Amy Test"))
    amy, fred = await registered(entrance, entrance.email("amy")), await front_desk(entrance)
    [mine] = await own(amy)
    forms = {
        f"/people/{mine}/matches/{known}": {"event": "link"},
        f"/people/{mine}/state": {"state": "transferred"},
        f"/people/{mine}/account": {"account": "disabled"},
    }
    for path, fields in forms.items():
        unticked = await fred.post_form(path, csrf_token=fred.csrf, **fields)
        assert (unticked.status_code, "Please tick" in unticked.text) == (400, True), path
        ticked = await fred.post_form(path, csrf_token=fred.csrf, checked="yes", **fields)
        assert (ticked.status_code, ticked.headers["location"]) == (303, f"/people/{mine}"), path


def test_a_name_is_the_same_whatever_its_accents_case_and_order() -> None:
    assert rules.normal_name("Müller, Ann-Marie") == rules.normal_name("ANN MARIE  MULLER")
    assert rules.normal_name("Ann Lee") != rules.normal_name("Ann Leeds")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("+1 (555) 010-0199", "5550100199", True), ("555-0100", "555.0100", True), ("555-0100", "555-0101", False)],
)
def test_a_number_is_the_same_however_it_is_written(one: str, other: str, same: bool) -> None:
    assert (rules.normal_phone(one) == rules.normal_phone(other)) is same


def test_numbers_too_short_to_dial_match_nobody() -> None:
    assert [rules.normal_phone(text) for text in ("", "12", "none")] == ["", "", ""]


def test_birth_dates_that_nobody_has_are_refused() -> None:
    today = date(2026, 6, 1)
    rules.check_birth_date(date(2026, 6, 2), today)
    for wrong in (date(2026, 6, 3), date(1899, 12, 31)):
        with pytest.raises(rules.BirthDateImpossible):
            rules.check_birth_date(wrong, today)
