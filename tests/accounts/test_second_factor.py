"""The one-time code: required of staff, good once, good for this session only."""

import asyncio

import msgspec
import pytest

from portico.accounts.door import LIMITS
from portico.accounts.totp import code_at, new_seed
from portico.platform.database import Query
from tests.accounts.entrance import Browser, Entrance, Person, audited, with_limits

SECOND = "/api/session/second-factor"
SET_UP = "/api/session/second-factor-setup"


class SeedRow(msgspec.Struct, frozen=True):
    totp_seed_sealed: bytes | None


SEED = Query(SeedRow, "select totp_seed_sealed from credential where clinic_id = $1 and account_id = $2")


async def halfway(entrance: Entrance, person: Person) -> Browser:
    browser = Browser(entrance.client())
    assert (await browser.sign_in(person.email)).json()["state"] == "second-factor"
    return browser


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def test_staff_give_a_code_after_their_password(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician")
    browser = Browser(entrance.client())
    first = (await browser.sign_in(adams.email)).json()
    assert first == {"state": "second-factor", "csrfToken": browser.csrf}
    assert (await browser.get("/api/session")).status_code == 401
    second = (await browser.put(SECOND, {"code": entrance.code(adams)})).json()
    assert (second["state"], second["account"]["roles"]) == ("signed-in", ["clinician"])
    assert (await browser.get("/api/session")).json()["hat"] == "staff"
    assert [(row.action, row.outcome) for row in await audited(entrance, adams)] == [
        ("sign-in", "second-factor"),
        ("sign-in", "signed-in"),
    ]


async def test_a_patient_with_a_second_factor_is_asked_for_it(entrance: Entrance) -> None:
    alice = await entrance.alice(seed=new_seed())
    browser = await halfway(entrance, alice)
    assert (await browser.put(SECOND, {"code": entrance.code(alice)})).json()["state"] == "signed-in"


async def test_half_a_session_opens_nothing(entrance: Entrance) -> None:
    browser = await halfway(entrance, await entrance.staff("clinician"))
    for path in ("/api/session", "/api/probe/staff", "/api/probe/decider", "/api/probe/patient", "/api/probe/polled"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "second-factor-required")
    assert (await browser.post("/api/probe/write", {})).status_code == 401
    assert (await browser.get("/")).headers["location"] == "/sign-in"


async def test_the_token_changes_with_the_second_factor(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician")
    browser = await halfway(entrance, adams)
    half, half_csrf = browser.cookie, browser.csrf
    await browser.put(SECOND, {"code": entrance.code(adams)})
    assert browser.cookie != half
    assert browser.csrf != half_csrf
    thief = Browser(entrance.client())
    thief.cookie = half
    assert (await thief.get("/api/session")).status_code == 401


async def test_a_wrong_code_keeps_the_half_session_waiting(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician")
    browser = await halfway(entrance, adams)
    code = entrance.code(adams)
    refusal = await browser.put(SECOND, {"code": wrong(code)})
    assert (refusal.status_code, refusal.json()["code"]) == (401, "wrong-code")
    assert ("refuse", "wrong-code") in [(row.action, row.outcome) for row in await audited(entrance, adams)]
    assert (await browser.put(SECOND, {"code": code})).status_code == 200


async def test_a_code_cannot_be_used_twice(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician")
    code = entrance.code(adams)
    first, second = await halfway(entrance, adams), await halfway(entrance, adams)
    assert (await first.put(SECOND, {"code": code})).status_code == 200
    assert (await second.put(SECOND, {"code": code})).json()["code"] == "wrong-code"
    entrance.clock.pass_by(seconds=30)
    assert (await second.put(SECOND, {"code": entrance.code(adams)})).status_code == 200


async def test_a_code_older_than_the_last_used_one_is_refused(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician")
    older = entrance.code(adams)
    entrance.clock.pass_by(seconds=30)
    await entrance.signed_in(adams)
    browser = await halfway(entrance, adams)
    assert (await browser.put(SECOND, {"code": older})).json()["code"] == "wrong-code"


async def test_of_two_uses_of_one_code_at_once_one_wins(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician")
    code = entrance.code(adams)
    browsers = [await halfway(entrance, adams) for _ in range(4)]
    answers = await asyncio.gather(*(browser.put(SECOND, {"code": code}) for browser in browsers))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


async def test_one_half_session_completed_twice_at_once_gives_one_session(demo_entrance: Entrance) -> None:
    adams = await demo_entrance.staff("clinician")
    browser = await halfway(demo_entrance, adams)
    headers = {"X-CSRF-Token": browser.csrf}
    clients = [demo_entrance.client() for _ in range(3)]
    for client in clients:
        client.cookies.set("portico-demo", browser.cookie)
    answers = await asyncio.gather(
        *(client.put(SECOND, json={"code": demo_entrance.code(adams)}, headers=headers) for client in clients)
    )
    assert [answer.status_code for answer in answers].count(200) == 1


async def test_in_the_demo_a_code_may_be_used_again(demo_entrance: Entrance) -> None:
    adams = await demo_entrance.staff("clinician")
    for _ in range(3):
        await demo_entrance.signed_in(adams)


async def test_a_code_of_somebody_else_is_wrong(entrance: Entrance) -> None:
    adams, nora = await entrance.staff("clinician"), await entrance.staff("nurse", name="nora")
    browser = await halfway(entrance, adams)
    assert (await browser.put(SECOND, {"code": entrance.code(nora)})).status_code == 401


async def test_guessing_codes_runs_into_a_limit(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician")
    narrow = with_limits(entrance, code=3)
    browser = await halfway(narrow, adams)
    bad = wrong(entrance.code(adams))
    statuses = [(await browser.put(SECOND, {"code": bad})).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    again = await halfway(narrow, adams)
    limited = await again.put(SECOND, {"code": entrance.code(adams)})
    assert (limited.status_code, limited.json()["code"]) == (429, "too-many-tries")
    assert int(limited.headers["retry-after"]) <= LIMITS.code.seconds


async def test_half_a_session_ends_after_ten_minutes(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician")
    browser = await halfway(entrance, adams)
    entrance.clock.pass_by(minutes=10)
    assert (await browser.put(SECOND, {"code": entrance.code(adams)})).json()["code"] == "sign-in-required"


async def test_staff_without_a_code_app_set_one_up_first(entrance: Entrance) -> None:
    nora = await entrance.account("nora", roles=frozenset({"nurse"}))
    browser = Browser(entrance.client())
    assert (await browser.sign_in(nora.email)).json()["state"] == "enrol-second-factor"
    assert (await browser.get("/api/probe/staff")).status_code == 401
    setup = (await browser.get(SET_UP)).json()
    assert setup["uri"].startswith("otpauth://totp/")
    assert setup["secret"] in setup["uri"]
    code = code_at(setup["secret"], entrance.clock.now())
    assert (await browser.put(SET_UP, {"code": wrong(code)})).status_code == 401
    half = browser.cookie
    assert (await browser.put(SET_UP, {"code": code})).json()["state"] == "signed-in"
    assert browser.cookie != half
    entrance.clock.pass_by(seconds=30)
    enrolled = Person(nora.clinic_id, nora.account_id, nora.email, setup["secret"])
    await entrance.signed_in(enrolled)


async def test_the_code_that_confirmed_an_app_cannot_sign_in(entrance: Entrance) -> None:
    nora = await entrance.account("nora", roles=frozenset({"nurse"}))
    browser = Browser(entrance.client())
    await browser.sign_in(nora.email)
    code = code_at((await browser.get(SET_UP)).json()["secret"], entrance.clock.now())
    await browser.put(SET_UP, {"code": code})
    again = await halfway(entrance, nora)
    assert (await again.put(SECOND, {"code": code})).json()["code"] == "wrong-code"


async def test_an_abandoned_set_up_leaves_a_worthless_secret(entrance: Entrance) -> None:
    nora = await entrance.account("nora", roles=frozenset({"nurse"}))
    first, second = Browser(entrance.client()), Browser(entrance.client())
    await first.sign_in(nora.email)
    seen = (await first.get(SET_UP)).json()["secret"]
    await second.sign_in(nora.email)
    assert (await second.get(SET_UP)).json()["secret"] != seen
    assert (await second.put(SET_UP, {"code": code_at(seen, entrance.clock.now())})).status_code == 401


async def test_an_enrolled_second_factor_can_be_neither_read_nor_replaced(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician")
    half, whole = await halfway(entrance, adams), await entrance.signed_in(adams)
    for browser in (half, whole):
        assert (await browser.get(SET_UP)).json()["code"] == "no-second-factor-owed"
        answer = await browser.put(SET_UP, {"code": entrance.code(adams)})
        assert (answer.status_code, answer.json()["code"]) == (409, "no-second-factor-owed")


async def test_a_whole_session_owes_no_code(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    assert (await browser.put(SECOND, {"code": "123456"})).status_code == 409


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "1" * 16, "\x00" * 6])
async def test_what_is_no_code_is_wrong(entrance: Entrance, code: str) -> None:
    browser = await halfway(entrance, await entrance.staff("clinician"))
    assert (await browser.put(SECOND, {"code": code})).json()["code"] == "wrong-code"


async def test_the_seed_lies_sealed_in_the_database(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician")
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        row = await tx.one(SEED, adams.clinic_id, adams.account_id)
    assert adams.seed is not None
    assert row.totp_seed_sealed is not None
    assert adams.seed.encode() not in row.totp_seed_sealed
