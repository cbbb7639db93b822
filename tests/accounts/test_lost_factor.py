"""A lost code app: one person confirms for a patient, two different ones for a colleague, and nobody for themselves."""

import asyncio

from portico.accounts.totp import new_seed
from tests.accounts.entrance import Browser, Entrance, Person, audited
from tests.accounts.letterbox import told
from tests.accounts.test_step_up import stepped_up

RECOVERIES = "/api/factor-recoveries"
REASON = "Seen in person, passport checked."


async def confirm(browser: Browser, person: Person, reason: str = REASON) -> tuple[int, dict[str, str]]:
    answer = await browser.post(RECOVERIES, {"account": str(person.account_id), "reason": reason})
    return answer.status_code, answer.json()


async def state_of_sign_in(entrance: Entrance, person: Person) -> str:
    state: str = (await Browser(entrance.client()).sign_in(person.email)).json()["state"]
    return state


async def test_one_member_of_the_staff_suffices_for_a_patient(entrance: Entrance) -> None:
    alice = await entrance.alice(seed=new_seed())
    inside = await entrance.signed_in(alice)
    fred = await stepped_up(entrance, await entrance.staff("front_desk", name="fred"))
    status, made = await confirm(fred, alice)
    assert (status, made["state"]) == (201, "done")
    assert (await inside.get("/api/session")).status_code == 401
    assert await state_of_sign_in(entrance, alice) == "signed-in"
    assert await told(entrance, alice) == ["second-factor-removed"]


async def test_two_different_people_confirm_for_a_colleague(entrance: Entrance) -> None:
    nora = await entrance.staff("nurse", name="nora")
    inside = await entrance.signed_in(nora)
    adams = await entrance.staff("clinician", name="adams")
    first = await stepped_up(entrance, adams)
    status, made = await confirm(first, nora)
    assert (status, made["state"]) == (201, "open")
    assert await state_of_sign_in(entrance, nora) == "second-factor"
    again = await first.put(f"{RECOVERIES}/{made['id']}/confirmation", {"reason": REASON})
    assert (again.status_code, again.json()["code"]) == (409, "second-person-needed")
    assert (await confirm(first, nora))[1]["code"] == "second-person-needed"
    second = await stepped_up(entrance, await entrance.staff("admin", name="anna"))
    assert (await confirm(second, nora))[1]["code"] == "recovery-open"
    listed = (await second.get(RECOVERIES)).json()["items"]
    assert [each["account"]["name"] for each in listed] == ["Nora"]
    done = await second.put(f"{RECOVERIES}/{made['id']}/confirmation", {"reason": REASON})
    assert (done.status_code, done.json()["state"]) == (200, "done")
    assert (await inside.get("/api/session")).status_code == 401
    assert await state_of_sign_in(entrance, nora) == "enrol-second-factor"
    assert await told(entrance, nora) == ["second-factor-removed"]
    assert (await second.get(RECOVERIES)).json()["items"] == []
    assert (await second.put(f"{RECOVERIES}/{made['id']}/confirmation", {"reason": REASON})).status_code == 404


async def test_nobody_confirms_for_themselves_neither_first_nor_second(entrance: Entrance) -> None:
    adams, anna = await entrance.staff("clinician", name="adams"), await entrance.staff("admin", name="anna")
    first, second = await stepped_up(entrance, adams), await stepped_up(entrance, anna)
    status, refusal = await confirm(first, adams)
    assert (status, refusal["code"]) == (403, "not-your-own")
    _, made = await confirm(second, adams)
    answer = await first.put(f"{RECOVERIES}/{made['id']}/confirmation", {"reason": REASON})
    assert (answer.status_code, answer.json()["code"]) == (403, "not-your-own")


async def test_the_front_desk_and_nurses_do_not_confirm_for_colleagues(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician", name="adams")
    nora = await stepped_up(entrance, await entrance.staff("nurse", name="nora"))
    status, refusal = await confirm(nora, adams)
    assert (status, refusal["code"]) == (403, "role-not-allowed")
    assert (await nora.get(RECOVERIES)).status_code == 403


async def test_somebody_who_is_patient_and_staff_counts_as_staff(entrance: Entrance) -> None:
    record = await entrance.patient("Nils Test")
    nils = await entrance.account("nils", patient_id=record, roles=frozenset({"nurse"}), seed=new_seed())
    fred = await stepped_up(entrance, await entrance.staff("front_desk", name="fred"))
    assert (await confirm(fred, nils))[0] == 403


async def test_the_first_confirmation_waits_a_day(entrance: Entrance) -> None:
    nora, adams = await entrance.staff("nurse", name="nora"), await entrance.staff("clinician", name="adams")
    _, made = await confirm(await stepped_up(entrance, adams), nora)
    entrance.clock.pass_by(hours=24)
    second = await stepped_up(entrance, await entrance.staff("admin", name="anna"))
    answer = await second.put(f"{RECOVERIES}/{made['id']}/confirmation", {"reason": REASON})
    assert answer.status_code == 404
    assert (await confirm(second, nora))[1]["state"] == "open"


async def test_two_second_confirmations_at_once_are_one(entrance: Entrance) -> None:
    nora, adams = await entrance.staff("nurse", name="nora"), await entrance.staff("clinician", name="adams")
    _, made = await confirm(await stepped_up(entrance, adams), nora)
    others = [await stepped_up(entrance, await entrance.staff("admin", name=name)) for name in ("anna", "axel")]
    path = f"{RECOVERIES}/{made['id']}/confirmation"
    answers = await asyncio.gather(*(each.put(path, {"reason": REASON}) for each in others))
    assert sorted(each.status_code for each in answers) == [200, 404]


async def test_how_it_was_made_sure_must_be_said(entrance: Entrance) -> None:
    alice = await entrance.alice(seed=new_seed())
    fred = await stepped_up(entrance, await entrance.staff("front_desk", name="fred"))
    status, refusal = await confirm(fred, alice, "  ")
    assert (status, refusal["code"]) == (422, "reason-missing")


async def test_without_a_second_factor_there_is_nothing_to_remove(entrance: Entrance) -> None:
    alice = await entrance.alice()
    fred = await stepped_up(entrance, await entrance.staff("front_desk", name="fred"))
    assert (await confirm(fred, alice))[1]["code"] == "no-second-factor"


async def test_people_of_another_clinic_are_not_there(entrance: Entrance) -> None:
    carol = await entrance.alice(clinic="south", seed=new_seed())
    fred = await stepped_up(entrance, await entrance.staff("front_desk", name="fred"))
    assert (await confirm(fred, carol))[0] == 404


async def test_who_confirmed_stands_in_the_record(entrance: Entrance) -> None:
    alice, fred = await entrance.alice(seed=new_seed()), await entrance.staff("front_desk", name="fred")
    await confirm(await stepped_up(entrance, fred), alice)
    assert [row.action for row in await audited(entrance, fred)][-2:] == ["create", "change"]


async def test_it_works_by_the_pages(entrance: Entrance) -> None:
    nora, adams = await entrance.staff("nurse", name="nora"), await entrance.staff("clinician", name="adams")
    first = await stepped_up(entrance, adams)
    page = "/factor-recoveries"
    assert "Nora" in (await first.get(page)).text
    bad = await first.post_form(page, csrf_token=first.csrf, account="", reason=REASON)
    assert (bad.status_code, REASON in bad.text) == (400, True)
    fields = {"account": str(nora.account_id), "reason": REASON}
    assert (await first.post_form(page, csrf_token=first.csrf, **fields)).status_code == 303
    second = await stepped_up(entrance, await entrance.staff("admin", name="anna"))
    action = (await second.get(page)).text.split('action="/factor-recoveries/')[1].split('"')[0]
    done = await second.post_form(f"{page}/{action}", csrf_token=second.csrf, reason=REASON)
    assert done.status_code == 303
    assert await state_of_sign_in(entrance, nora) == "enrol-second-factor"


async def test_a_patients_lost_app_is_dealt_with_on_the_patients_page(entrance: Entrance) -> None:
    record = await entrance.patient("Alice Test")
    alice = await entrance.account("alice", patient_id=record, seed=new_seed())
    stranger = await entrance.account("bob", seed=new_seed())
    fred = await stepped_up(entrance, await entrance.staff("front_desk", name="fred"))
    page = f"/people/{record}/second-factor"
    fields = {"csrf_token": fred.csrf, "reason": REASON}
    assert (await fred.post_form(page, **fields, account=str(stranger.account_id))).status_code == 404
    assert (await fred.post_form(page, **fields, account=str(alice.account_id))).status_code == 303
    assert await state_of_sign_in(entrance, alice) == "signed-in"
