"""Recovery codes, another code app, and switching the second factor on and off."""

import asyncio
import re

import msgspec
import pytest

from portico.accounts.totp import code_at, new_seed
from portico.platform.database import Query
from tests.accounts.entrance import PASSWORD, Browser, Entrance, Person, audited, with_limits
from tests.accounts.letterbox import told
from tests.accounts.test_second_factor import halfway
from tests.accounts.test_step_up import STEP_UP, stepped_up

SECOND = "/api/session/second-factor"
FACTOR = "/api/account/second-factor"
CODES = "/api/account/recovery-codes"


class HashRow(msgspec.Struct, frozen=True):
    code_hash: bytes


HASHES = Query(HashRow, "select code_hash from recovery_code where clinic_id = $1 and account_id = $2")


async def with_codes(entrance: Entrance, person: Person) -> list[str]:
    browser = await stepped_up(entrance, person)
    answer = await browser.post(CODES)
    assert answer.status_code == 201, answer.text
    codes: list[str] = answer.json()["codes"]
    return codes


async def test_ten_codes_are_given_once_and_kept_only_as_digests(entrance: Entrance) -> None:
    alice = await entrance.alice(seed=new_seed())
    codes = await with_codes(entrance, alice)
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}", code) for code in codes)
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        hashes = await tx.all(HASHES, alice.clinic_id, alice.account_id)
    assert len({row.code_hash for row in hashes}) == 10
    assert {len(row.code_hash) for row in hashes} == {32}


async def test_a_recovery_code_completes_the_sign_in_once(entrance: Entrance) -> None:
    alice = await entrance.alice(seed=new_seed())
    code = (await with_codes(entrance, alice))[3]
    browser = await halfway(entrance, alice)
    assert (await browser.put(SECOND, {"code": code})).json()["state"] == "signed-in"
    again = await halfway(entrance, alice)
    answer = await again.put(SECOND, {"code": code})
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong-code")


async def test_it_may_be_typed_as_people_type(entrance: Entrance) -> None:
    alice = await entrance.alice(seed=new_seed())
    code = (await with_codes(entrance, alice))[0]
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    browser = await halfway(entrance, alice)
    assert (await browser.put(SECOND, {"code": typed})).status_code == 200


async def test_of_two_uses_at_once_one_wins(entrance: Entrance) -> None:
    alice = await entrance.alice(seed=new_seed())
    code = (await with_codes(entrance, alice))[0]
    browsers = [await halfway(entrance, alice) for _ in range(4)]
    statuses = [each.status_code for each in await asyncio.gather(*(b.put(SECOND, {"code": code}) for b in browsers))]
    assert sorted(statuses) == [200, 401, 401, 401]


async def test_its_use_is_told_and_recorded(entrance: Entrance) -> None:
    alice = await entrance.alice(seed=new_seed())
    code = (await with_codes(entrance, alice))[0]
    await (await halfway(entrance, alice)).put(SECOND, {"code": code})
    assert await told(entrance, alice) == ["recovery-code-used", "recovery-codes-renewed"]
    assert ("sign-in", "recovery-code") in [(row.action, row.outcome) for row in await audited(entrance, alice)]


async def test_new_codes_make_the_old_ones_worthless(entrance: Entrance) -> None:
    alice = await entrance.alice(seed=new_seed())
    old = (await with_codes(entrance, alice))[0]
    entrance.clock.pass_by(seconds=30)
    new = (await with_codes(entrance, alice))[0]
    assert (await (await halfway(entrance, alice)).put(SECOND, {"code": old})).status_code == 401
    assert (await (await halfway(entrance, alice)).put(SECOND, {"code": new})).status_code == 200


async def test_a_code_of_somebody_else_opens_nothing(entrance: Entrance) -> None:
    adams, alice = await entrance.staff("clinician"), await entrance.alice(seed=new_seed())
    code = (await with_codes(entrance, adams))[0]
    assert (await (await halfway(entrance, alice)).put(SECOND, {"code": code})).status_code == 401


async def test_guessed_recovery_codes_are_stopped(entrance: Entrance) -> None:
    narrow = with_limits(entrance, code=3)
    alice = await narrow.alice(seed=new_seed())
    right = (await with_codes(narrow, alice))[0]
    browser = await halfway(narrow, alice)
    for _ in range(3):
        assert (await browser.put(SECOND, {"code": "AAAA-BBBB-CCCC-DDDD"})).status_code == 401
    assert (await browser.put(SECOND, {"code": right})).status_code == 429


async def test_without_a_second_factor_there_are_no_codes(entrance: Entrance) -> None:
    browser = await stepped_up(entrance, await entrance.alice())
    answer = await browser.post(CODES)
    assert (answer.status_code, answer.json()["code"]) == (409, "no-second-factor")


async def test_a_recovery_code_is_also_proof_enough_to_set_up_another_app(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician")
    codes = await with_codes(entrance, adams)
    browser = await halfway(entrance, adams)
    await browser.put(SECOND, {"code": codes[0]})
    assert (await browser.put(STEP_UP, {"password": PASSWORD, "code": codes[1]})).status_code == 200
    assert (await browser.post(FACTOR)).status_code == 201


async def test_a_patient_switches_the_second_factor_on_and_off(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser, elsewhere = await stepped_up(entrance, alice), await entrance.signed_in(alice)
    secret = (await browser.post(FACTOR)).json()["secret"]
    assert (await Browser(entrance.client()).sign_in(alice.email)).json()["state"] == "signed-in"
    answer = await browser.put(FACTOR, {"code": code_at(secret, entrance.clock.now())})
    assert len(answer.json()["codes"]) == 10
    assert (await elsewhere.get("/api/session")).status_code == 401
    other = Browser(entrance.client())
    assert (await other.sign_in(alice.email)).json()["state"] == "second-factor"
    assert (await browser.delete(FACTOR)).status_code == 204
    assert (await Browser(entrance.client()).sign_in(alice.email)).json()["state"] == "signed-in"
    assert await told(entrance, alice) == ["second-factor-off", "second-factor-set-up"]
    assert (await browser.delete(FACTOR)).json()["code"] == "no-second-factor"


async def test_the_code_that_confirms_a_new_app_is_used_up(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser = await stepped_up(entrance, alice)
    secret = (await browser.post(FACTOR)).json()["secret"]
    code = code_at(secret, entrance.clock.now())
    await browser.put(FACTOR, {"code": code})
    other = await halfway(entrance, alice)
    assert (await other.put(SECOND, {"code": code})).status_code == 401


async def test_the_old_app_counts_until_the_new_one_has_shown_a_code(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician")
    browser = await stepped_up(entrance, adams)
    secret = (await browser.post(FACTOR)).json()["secret"]
    wrong = await browser.put(FACTOR, {"code": "000000"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong-code")
    entrance.clock.pass_by(seconds=30)
    assert (await (await halfway(entrance, adams)).put(SECOND, {"code": entrance.code(adams)})).status_code == 200
    assert (await browser.put(FACTOR, {"code": code_at(secret, entrance.clock.now())})).status_code == 200
    entrance.clock.pass_by(seconds=30)
    assert (await (await halfway(entrance, adams)).put(SECOND, {"code": entrance.code(adams)})).status_code == 401
    fresh = code_at(secret, entrance.clock.now())
    assert (await (await halfway(entrance, adams)).put(SECOND, {"code": fresh})).status_code == 200


async def test_staff_cannot_switch_theirs_off(entrance: Entrance) -> None:
    browser = await stepped_up(entrance, await entrance.staff("nurse"))
    answer = await browser.delete(FACTOR)
    assert (answer.status_code, answer.json()["code"]) == (409, "second-factor-needed")


async def test_a_code_without_a_secret_being_set_up_is_refused(entrance: Entrance) -> None:
    browser = await stepped_up(entrance, await entrance.alice())
    answer = await browser.put(FACTOR, {"code": "000000"})
    assert (answer.status_code, answer.json()["code"]) == (409, "no-second-factor-owed")


async def test_it_is_set_up_by_the_pages(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser = await stepped_up(entrance, alice)
    started = await browser.post_form(FACTOR.removeprefix("/api"), csrf_token=browser.csrf)
    assert started.headers["location"] == "/account/second-factor"
    shown = (await browser.get("/account/second-factor")).text
    assert '<svg viewBox="0 0 ' in shown
    seed = re.search(r"<code>([A-Z2-7]{32})</code>", shown)
    assert seed is not None
    wrong = await browser.post_form("/account/second-factor/confirmation", csrf_token=browser.csrf, code="1")
    assert (wrong.status_code, seed[1] in wrong.text) == (401, True)
    right = code_at(seed[1], entrance.clock.now())
    done = await browser.post_form("/account/second-factor/confirmation", csrf_token=browser.csrf, code=right)
    assert done.text.count("<li><code>") == 10
    assert "10 recovery codes left" in (await browser.get("/account")).text


@pytest.mark.parametrize("code", ["", "AAAA", "A" * 17, "\x00" * 16, "ＡＡＡＡ-ＢＢＢＢ-ＣＣＣＣ-ＤＤＤＤ"])
async def test_nonsense_is_a_wrong_code(entrance: Entrance, code: str) -> None:
    browser = await halfway(entrance, await entrance.alice(seed=new_seed()))
    assert (await browser.put(SECOND, {"code": code})).status_code == 401
