"""A new e-mail address: confirmed by whoever reads it, told to both, and never a way to learn who else is here."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest

from portico.accounts.own_rules import EmailUnusable, checked_email
from tests.accounts.entrance import PASSWORD, Browser, Entrance, Person
from tests.accounts.letterbox import letters
from tests.accounts.test_step_up import stepped_up

ASK = "/api/account/email-changes"


async def asked(entrance: Entrance, person: Person, email: str) -> Browser:
    browser = await stepped_up(entrance, person)
    answer = await browser.post(ASK, {"email": email})
    assert answer.status_code == 202, answer.text
    return browser


async def code_for(entrance: Entrance, email: str) -> str:
    """The code in the newest letter to this address."""
    paths = [letter.path for letter in await letters(entrance) if letter.address == email and letter.path]
    return parse_qs(urlsplit(paths[-1]).query)["code"][0]


async def confirmed(entrance: Entrance, code: str) -> int:
    return (await Browser(entrance.client()).put(f"/api/email-changes/{code}", {})).status_code


async def test_the_new_address_counts_once_it_is_confirmed(entrance: Entrance) -> None:
    alice = await entrance.alice()
    new = entrance.email("new")
    browser = await asked(entrance, alice, new.upper())
    assert (await Browser(entrance.client()).sign_in(new)).status_code == 401
    assert await confirmed(entrance, await code_for(entrance, new)) == 204
    assert (await Browser(entrance.client()).sign_in(new)).status_code == 200
    assert (await Browser(entrance.client()).sign_in(alice.email)).status_code == 401
    assert (await browser.get("/api/account")).json()["email"] == new


async def test_both_addresses_are_told(entrance: Entrance) -> None:
    alice = await entrance.alice()
    new = entrance.email("new")
    await asked(entrance, alice, new)
    await confirmed(entrance, await code_for(entrance, new))
    told = [(letter.kind, letter.address) for letter in await letters(entrance)]
    assert sorted(told) == sorted([("email-change", new), ("email-changed", new), ("email-changed", alice.email)])


async def test_a_link_works_once_and_not_after_a_day(entrance: Entrance) -> None:
    alice = await entrance.alice()
    new = entrance.email("new")
    await asked(entrance, alice, new)
    code = await code_for(entrance, new)
    assert sorted(await asyncio.gather(*(confirmed(entrance, code) for _ in range(4)))) == [204, 404, 404, 404]
    late = entrance.email("late")
    await asked(entrance, Person(alice.clinic_id, alice.account_id, new), late)
    entrance.clock.pass_by(hours=24)
    assert await confirmed(entrance, await code_for(entrance, late)) == 404


async def test_a_newer_link_makes_the_older_one_worthless(entrance: Entrance) -> None:
    alice = await entrance.alice()
    first, second = entrance.email("first"), entrance.email("second")
    browser = await asked(entrance, alice, first)
    await browser.post(ASK, {"email": second})
    assert await confirmed(entrance, await code_for(entrance, first)) == 404
    assert await confirmed(entrance, await code_for(entrance, second)) == 204


async def test_a_changed_password_makes_a_link_worthless(entrance: Entrance) -> None:
    alice = await entrance.alice()
    new = entrance.email("thief")
    browser = await asked(entrance, alice, new)
    body = {"currentPassword": PASSWORD, "newPassword": "nine green bottles on a wall"}
    assert (await browser.put("/api/account/password", body)).status_code == 200
    assert await confirmed(entrance, await code_for(entrance, new)) == 404


async def test_an_address_of_somebody_else_gets_the_same_answer_and_no_link(entrance: Entrance) -> None:
    alice, adams = await entrance.alice(), await entrance.staff("nurse")
    await asked(entrance, alice, adams.email)
    assert [letter.path for letter in await letters(entrance) if letter.path] == []


async def test_an_address_that_was_taken_meanwhile_is_not_taken_over(entrance: Entrance) -> None:
    alice = await entrance.alice()
    wanted = entrance.email("wanted")
    await asked(entrance, alice, wanted)
    await entrance.account("wanted")
    assert await confirmed(entrance, await code_for(entrance, wanted)) == 404
    assert (await Browser(entrance.client()).sign_in(alice.email)).status_code == 200


async def test_the_same_address_may_be_used_in_another_clinic(entrance: Entrance) -> None:
    alice = await entrance.alice()
    carol = await entrance.account("carol", clinic="south")
    await asked(entrance, alice, carol.email)
    assert await confirmed(entrance, await code_for(entrance, carol.email)) == 204


async def test_staff_change_their_address_too(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician")
    new = entrance.email("adams.new")
    await asked(entrance, adams, new)
    assert await confirmed(entrance, await code_for(entrance, new)) == 204
    assert (await Browser(entrance.client()).sign_in(new)).json()["state"] == "second-factor"


@pytest.mark.parametrize("code", ["x", "00000000-0000-4000-8000-000000000000." + "a" * 43, "a.b", "%00"])
async def test_a_made_up_code_confirms_nothing(entrance: Entrance, code: str) -> None:
    assert await confirmed(entrance, code) == 404


async def test_links_are_not_sent_without_end(entrance: Entrance) -> None:
    browser = await stepped_up(entrance, await entrance.alice())
    statuses = [(await browser.post(ASK, {"email": entrance.email(f"n{n}")})).status_code for n in range(6)]
    assert statuses == [202] * 5 + [429]


@pytest.mark.parametrize(
    "email",
    [
        "x",
        "a@b",
        "a b@people.test",
        "a@people.test\r\nBcc: b@people.test",
        "<a@people.test>",
        "a@" + "b" * 300 + ".test",
    ],
)
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(EmailUnusable):
        checked_email(email)


async def test_looking_at_the_link_changes_nothing_and_the_button_does(entrance: Entrance) -> None:
    alice = await entrance.alice()
    new = entrance.email("new")
    await asked(entrance, alice, new)
    code = await code_for(entrance, new)
    browser = Browser(entrance.client())
    for _ in range(2):
        assert (await browser.get(f"/email-change?code={code}")).status_code == 200
    done = await browser.post_form("/email-change", code=code)
    assert (done.status_code, "Done." in done.text) == (200, True)
    again = await browser.post_form("/email-change", code=code)
    assert (again.status_code, "used already" in again.text) == (404, True)
