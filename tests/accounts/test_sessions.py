"""A session: nobody's before sign-in, its owner's until sign-out or silence, and nobody's afterwards."""

import re
from uuid import UUID

import httpx
import msgspec
import pytest

from portico.accounts import people, rules
from portico.accounts.tokens import hash_of, new_token
from portico.platform.database import Query
from tests.accounts.entrance import Browser, Entrance


class StoredRow(msgspec.Struct, frozen=True):
    token_hash: str
    state: str


STORED = Query(StoredRow, "select token_hash, state from session where clinic_id = $1 and account_id = $2")


def flags(answer: httpx.Response) -> tuple[str, set[str]]:
    """The cookie's name and its attributes."""
    name_value, *attributes = answer.headers["set-cookie"].split("; ")
    return name_value.partition("=")[0], {attribute.lower() for attribute in attributes}


async def test_over_https_the_cookie_is_bound_to_this_host_alone(entrance: Entrance) -> None:
    alice = await entrance.alice()
    answer = await Browser(entrance.client()).sign_in(alice.email)
    assert flags(answer) == ("__Host-portico", {"httponly", "path=/", "samesite=lax", "secure"})


async def test_in_the_demo_the_cookie_works_without_https(demo_entrance: Entrance) -> None:
    alice = await demo_entrance.alice()
    answer = await Browser(demo_entrance.client()).sign_in(alice.email)
    assert flags(answer) == ("portico-demo", {"httponly", "path=/", "samesite=lax"})


async def test_the_cookie_names_the_clinic_and_256_random_bits(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browsers = [await entrance.signed_in(alice) for _ in range(3)]
    for browser in browsers:
        assert re.fullmatch(f"{alice.clinic_id}\\.[A-Za-z0-9_-]{{43}}", browser.cookie)
    assert len({browser.cookie for browser in browsers}) == 3


async def test_the_database_holds_no_token(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser = await entrance.signed_in(alice)
    token = browser.cookie.partition(".")[2]
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        row = await tx.one(STORED, alice.clinic_id, alice.account_id)
    assert row.token_hash == hash_of(token) != token


async def test_an_invented_cookie_is_never_taken_over(entrance: Entrance) -> None:
    alice = await entrance.alice()
    invented = f"{alice.clinic_id}.{new_token()}"
    browser = Browser(entrance.client())
    browser.cookie = invented
    assert (await browser.get("/api/session")).status_code == 401
    await browser.sign_in(alice.email)
    assert browser.client.cookies.jar
    assert invented not in {cookie.value for cookie in browser.client.cookies.jar if cookie.domain == "portal.test"}
    victim = Browser(entrance.client())
    victim.cookie = invented
    assert (await victim.get("/api/session")).status_code == 401


async def test_signing_in_again_gives_a_new_token_and_ends_the_old_session(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser = await entrance.signed_in(alice)
    fixed = browser.cookie
    await browser.sign_in(alice.email)
    assert browser.cookie != fixed
    attacker = Browser(entrance.client())
    attacker.cookie = fixed
    assert (await attacker.get("/api/session")).status_code == 401


async def test_signing_in_as_somebody_else_ends_the_other_clinics_session_too(entrance: Entrance) -> None:
    carol = await entrance.alice(clinic="south")
    browser = await entrance.signed_in(carol)
    left_behind = browser.cookie
    bob = await entrance.account("bob", patient_id=await entrance.patient("Bob Test"))
    await browser.sign_in(bob.email)
    thief = Browser(entrance.client())
    thief.cookie = left_behind
    assert (await thief.get("/api/session")).status_code == 401


async def test_a_failed_sign_in_leaves_the_present_session_alone(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser = await entrance.signed_in(alice)
    await browser.sign_in(alice.email, "wrong")
    assert (await browser.get("/api/session")).status_code == 200


async def test_a_cookie_stolen_before_sign_out_opens_nothing_after_it(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    thief = Browser(entrance.client())
    thief.cookie = browser.cookie
    assert (await thief.get("/api/session")).status_code == 200
    answer = await browser.delete("/api/session")
    assert (answer.status_code, answer.headers["clear-site-data"]) == (204, '"cache", "cookies", "storage"')
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert (await thief.get("/api/session")).status_code == 401
    assert (await browser.get("/api/session")).status_code == 401


@pytest.mark.parametrize(("role", "minutes"), [("clinician", 15), (None, 20)], ids=["staff", "patient"])
async def test_a_silent_session_ends(entrance: Entrance, role: str | None, minutes: int) -> None:
    person = await entrance.staff("clinician") if role else await entrance.alice()
    browser = await entrance.signed_in(person)
    entrance.clock.pass_by(minutes=minutes, seconds=-1)
    assert (await browser.get("/api/session")).status_code == 200
    entrance.clock.pass_by(minutes=minutes)
    assert (await browser.get("/api/session")).json()["code"] == "sign-in-required"


async def test_a_busy_session_ends_after_twelve_hours(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    for _ in range(47):
        entrance.clock.pass_by(minutes=15)
        assert (await browser.get("/api/session")).status_code == 200
    entrance.clock.pass_by(minutes=15)
    assert (await browser.get("/api/session")).status_code == 401


async def test_a_page_that_polls_does_not_keep_a_session_alive(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    statuses = []
    for _ in range(5):
        entrance.clock.pass_by(minutes=4)
        statuses.append((await browser.get("/api/probe/polled")).status_code)
    assert statuses == [200, 200, 200, 200, 401]


async def test_the_session_says_when_it_will_end(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    entrance.clock.pass_by(minutes=5)
    session = (await browser.get("/api/session")).json()
    assert session["expiresAt"] == "2026-11-24T13:25:00Z"
    entrance.clock.pass_by(seconds=30)
    assert (await browser.get("/api/session")).json()["expiresAt"] == "2026-11-24T13:25:00Z"


async def test_a_disabled_account_is_out_at_its_next_request(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser = await entrance.signed_in(alice)
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        await people.disable_account(tx, account_id=alice.account_id)
    assert (await browser.get("/api/session")).status_code == 401


async def test_a_role_taken_away_is_gone_at_the_next_request(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician")
    browser = await entrance.signed_in(adams)
    assert (await browser.get("/api/probe/decider")).status_code == 200
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        await people.make_staff(tx, account_id=adams.account_id, roles=frozenset({"front_desk"}))
    assert (await browser.get("/api/probe/decider")).status_code == 403


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "..",
        f"{UUID(int=1)}.",
        f"{UUID(int=2)}.{'x' * 43}",
        f"{UUID(int=3)}.{'x' * 4000}",
        "'; drop table session",
    ],
    ids=["empty", "letter", "dots", "no-token", "token", "long", "sql"],
)
async def test_nonsense_in_the_cookie_is_nobody(entrance: Entrance, value: str) -> None:
    client = entrance.client()
    answer = await client.get("/api/session", headers={"Cookie": f"__Host-portico={value}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-required")


async def test_every_stored_state_is_one_the_rules_know(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser = await entrance.signed_in(alice)
    await browser.delete("/api/session")
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        rows = await tx.all(STORED, alice.clinic_id, alice.account_id)
    assert [row.state for row in rows] == [rules.SESSION_MOVES["signed-in", "end"]]
