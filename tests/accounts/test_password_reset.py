"""Forgotten passwords: one use, half an hour, the factor still asked, and no word about who has an account."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from portico.accounts import people
from portico.accounts.reset_queries import KEEP_CODE, TAKE_CODE_BACK
from portico.platform.database import Query
from portico.platform.rate_limit import CountRow
from tests.accounts.entrance import PASSWORD, Browser, Entrance, Kit, Person, Urls, opened_entrance, with_limits
from tests.accounts.mailbox import NEW_PASSWORD, can_sign_in, code_for, letters, statements_run
from tests.accounts.test_step_up import stepped_up

ROWS = Query(CountRow, "select 'rows' as key, count(*)::integer as tries from password_reset where clinic_id = $1")


@pytest.fixture
async def entrance(fresh_database: Urls, kit: Kit, tmp_path: Path) -> AsyncIterator[Entrance]:
    """Alone in its database: a request for an unknown address is written, and taken back, in some clinic of it."""
    async with opened_entrance(fresh_database, tmp_path, kit) as entrance:
        yield entrance


async def ask(entrance: Entrance, address: str, **more: str) -> int:
    return (await entrance.client().post("/api/password-resets", json={"email": address} | more)).status_code


async def use(entrance: Entrance, code: str, password: str = NEW_PASSWORD) -> int:
    return (await entrance.client().put(f"/api/password-resets/{code}", json={"password": password})).status_code


async def written(entrance: Entrance) -> int:
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        return (await tx.one(ROWS, tx.clinic_id)).tries


async def alice_with_code(entrance: Entrance) -> tuple[Person, str]:
    alice = await entrance.alice()
    assert await ask(entrance, alice.email) == 202
    return alice, await code_for(entrance, alice.email)


async def test_a_code_from_the_mail_replaces_the_password_once(entrance: Entrance) -> None:
    alice, code = await alice_with_code(entrance)
    assert await use(entrance, code) == 204
    assert not await can_sign_in(entrance, alice.email, PASSWORD)
    assert await can_sign_in(entrance, alice.email)
    assert await use(entrance, code, "another long password") == 404


async def test_of_two_who_use_one_code_at_once_one_wins(entrance: Entrance) -> None:
    _, code = await alice_with_code(entrance)
    assert sorted(await asyncio.gather(*(use(entrance, code) for _ in range(3)))) == [204, 404, 404]


async def test_a_code_works_for_thirty_minutes(entrance: Entrance) -> None:
    _, code = await alice_with_code(entrance)
    entrance.clock.pass_by(minutes=30, seconds=-1)
    assert await use(entrance, code, "too short") == 422
    entrance.clock.pass_by(seconds=1)
    assert await use(entrance, code) == 404


async def test_every_session_of_the_account_ends(entrance: Entrance) -> None:
    alice, code = await alice_with_code(entrance)
    browsers = [await entrance.signed_in(alice) for _ in range(2)]
    assert await use(entrance, code) == 204
    assert [(await browser.get("/api/session")).status_code for browser in browsers] == [401, 401]


async def test_the_second_factor_is_still_asked(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician")
    await ask(entrance, adams.email)
    assert await use(entrance, await code_for(entrance, adams.email)) == 204
    answer = await Browser(entrance.client()).sign_in(adams.email, NEW_PASSWORD)
    assert answer.json()["state"] == "second-factor"


async def test_the_owner_is_told_that_the_password_was_replaced(entrance: Entrance) -> None:
    alice, code = await alice_with_code(entrance)
    await use(entrance, code)
    assert "" in await letters(entrance, alice.email)


async def test_using_one_code_withdraws_the_others(entrance: Entrance) -> None:
    alice, first = await alice_with_code(entrance)
    await ask(entrance, alice.email)
    second = await code_for(entrance, alice.email)
    assert first != second
    assert [await use(entrance, code) for code in (second, first)] == [204, 404]


async def test_a_change_of_the_password_by_its_owner_ends_codes_that_went_out_before(entrance: Entrance) -> None:
    alice, code = await alice_with_code(entrance)
    browser = await stepped_up(entrance, alice)
    body = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    assert (await browser.put("/api/account/password", body)).status_code == 200
    assert await use(entrance, code, "a password of a thief") == 404
    assert await can_sign_in(entrance, alice.email)
    assert await ask(entrance, alice.email) == 202
    assert await use(entrance, await code_for(entrance, alice.email), PASSWORD) == 204


async def test_a_new_address_ends_codes_that_lie_in_the_old_mailbox(entrance: Entrance) -> None:
    alice, code = await alice_with_code(entrance)
    other = await entrance.staff("nurse")
    await ask(entrance, other.email)
    new = entrance.email("new")
    browser = await stepped_up(entrance, alice)
    assert (await browser.post("/api/account/email-changes", {"email": new})).status_code == 202
    link = await code_for(entrance, new)
    assert (await browser.put(f"/api/email-changes/{link}", {})).status_code == 204
    assert await use(entrance, code) == 404
    assert await can_sign_in(entrance, new, PASSWORD)
    assert await use(entrance, await code_for(entrance, other.email)) == 204


async def test_an_unknown_address_gets_the_same_answer_and_leaves_nothing(entrance: Entrance) -> None:
    alice, stranger = await entrance.alice(), entrance.email("stranger")
    answers = [
        await entrance.client().post("/api/password-resets", json={"email": address})
        for address in (alice.email, stranger)
    ]
    assert {answer.status_code for answer in answers} == {202}
    assert answers[0].text == answers[1].text
    headers = [{name: value for name, value in answer.headers.items() if "request" not in name} for answer in answers]
    assert headers[0] == headers[1]
    assert await written(entrance) == 1
    assert await letters(entrance, stranger) == []


async def test_a_known_and_an_unknown_address_cost_the_same_statements(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await entrance.alice()
    await ask(entrance, entrance.email("somebody"))
    async with statements_run(monkeypatch) as known:
        await ask(entrance, alice.email)
    async with statements_run(monkeypatch) as unknown:
        await ask(entrance, entrance.email("stranger"))
    assert (known.pop(), unknown.pop()) == (KEEP_CODE.sql, TAKE_CODE_BACK.sql)
    assert known == unknown
    assert sum("insert into" in statement for statement in known) >= 4


async def test_an_answered_request_stands_on_the_disk_whoever_has_the_address(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await entrance.alice()
    for address in (alice.email, entrance.email("stranger")):
        async with statements_run(monkeypatch) as ran:
            assert await ask(entrance, address) == 202
        assert not any("synchronous_commit" in statement for statement in ran)


async def test_a_closed_account_gets_the_same_answer_and_no_letter(entrance: Entrance) -> None:
    alice = await entrance.alice()
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        await people.disable_account(tx, account_id=alice.account_id)
    assert await ask(entrance, alice.email) == 202
    assert (await letters(entrance, alice.email), await written(entrance)) == ([], 0)


async def test_an_account_closed_meanwhile_gets_no_new_password(entrance: Entrance) -> None:
    alice, code = await alice_with_code(entrance)
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        await people.disable_account(tx, account_id=alice.account_id)
    assert await use(entrance, code) == 404


async def test_each_clinic_sends_its_own_code_unless_one_is_named(entrance: Entrance) -> None:
    north = await entrance.alice()
    await entrance.alice(clinic="south")
    await ask(entrance, north.email)
    assert [len(await letters(entrance, north.email, clinic)) for clinic in ("north", "south")] == [1, 1]
    await ask(entrance, north.email, clinic=f"south-{entrance.tag}")
    assert [len(await letters(entrance, north.email, clinic)) for clinic in ("north", "south")] == [1, 2]


async def test_a_mailbox_cannot_be_filled(entrance: Entrance) -> None:
    alice = await entrance.alice()
    assert [await ask(entrance, alice.email) for _ in range(6)] == [202] * 5 + [429]
    assert [await ask(entrance, entrance.email("stranger")) for _ in range(6)] == [202] * 5 + [429]


async def test_one_network_cannot_ask_for_many_addresses(entrance: Entrance) -> None:
    narrow = with_limits(entrance, letter_from_address=3)
    assert [await ask(narrow, narrow.email(f"n{n}")) for n in range(4)] == [202] * 3 + [429]


async def test_guessed_codes_wait(entrance: Entrance) -> None:
    narrow = with_limits(entrance, guess=3)
    guess = f"{entrance.clinics['north']}.{'g' * 43}"
    assert [await use(narrow, guess) for _ in range(4)] == [404] * 3 + [429]


@pytest.mark.parametrize("code", ["x", "%00", "a.b", "é", "." * 60])
async def test_any_text_as_a_code_is_refused_alike(entrance: Entrance, code: str) -> None:
    assert await use(entrance, code) == 404


async def test_an_invitations_code_resets_nothing(entrance: Entrance) -> None:
    _, code = await alice_with_code(entrance)
    body = {"code": code, "bornOn": "1980-05-17", "password": NEW_PASSWORD}
    assert (await entrance.client().post("/api/activations", json=body)).status_code == 422
    assert await use(entrance, code) == 204


async def test_the_pages_replace_a_password_without_a_script(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser = Browser(entrance.client())
    answer = await browser.submit("/forgotten-password", email=alice.email)
    assert answer.headers["location"] == "/look-at-your-mail"
    assert (await browser.get("/look-at-your-mail")).status_code == 200
    [link] = await letters(entrance, alice.email)
    code = re.search(r'name="code" value="([^"]+)"', (await browser.get(link)).text)
    assert code is not None
    wrong = await browser.post_form("/password-reset", code=code[1], password=NEW_PASSWORD, again="other")
    assert (wrong.status_code, code[1] in wrong.text) == (422, True)
    answer = await browser.post_form("/password-reset", code=code[1], password=NEW_PASSWORD, again=NEW_PASSWORD)
    assert answer.headers["location"] == "/sign-in?after=reset"
    assert await can_sign_in(entrance, alice.email)
