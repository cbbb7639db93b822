"""Showing again who one is before what matters: what it takes, how long it lasts, and what it does to old cookies."""

import re

import pytest

from portico.accounts.totp import new_seed
from tests.accounts.entrance import PASSWORD, Browser, Entrance, Person, audited, with_limits

STEP_UP = "/api/session/step-up"
MATTERS = "/api/account/second-factor"


async def stepped_up(entrance: Entrance, person: Person, **choices: str) -> Browser:
    """The person, signed in and fresh."""
    browser = await entrance.signed_in(person, **choices)
    body = {"password": PASSWORD}
    if person.seed is not None:
        entrance.clock.pass_by(seconds=30)
        body["code"] = entrance.code(person)
    answer = await browser.put(STEP_UP, body)
    assert answer.status_code == 200, answer.text
    return browser


async def test_what_matters_is_refused_without_a_fresh_proof(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    answer = await browser.post(MATTERS)
    assert (answer.status_code, answer.json()["code"]) == (403, "step-up-required")


async def test_the_password_makes_a_patients_session_fresh(entrance: Entrance) -> None:
    browser = await stepped_up(entrance, await entrance.alice())
    assert (await browser.post(MATTERS)).status_code == 201


async def test_staff_need_password_and_code(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician")
    browser = await entrance.signed_in(adams)
    answer = await browser.put(STEP_UP, {"password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong-code")
    entrance.clock.pass_by(seconds=30)
    assert (await browser.put(STEP_UP, {"password": PASSWORD, "code": entrance.code(adams)})).status_code == 200
    assert (await browser.post(MATTERS)).status_code == 201


async def test_a_patient_with_a_second_factor_needs_it_too(entrance: Entrance) -> None:
    alice = await entrance.alice(seed=new_seed())
    browser = await entrance.signed_in(alice)
    assert (await browser.put(STEP_UP, {"password": PASSWORD})).json()["code"] == "wrong-code"


async def test_a_code_of_the_sign_in_is_no_proof_a_second_time(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician")
    browser = await entrance.signed_in(adams)
    answer = await browser.put(STEP_UP, {"password": PASSWORD, "code": entrance.code(adams)})
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong-code")


async def test_the_proof_is_fresh_for_five_minutes(entrance: Entrance) -> None:
    browser = await stepped_up(entrance, await entrance.alice())
    entrance.clock.pass_by(seconds=299)
    assert (await browser.post(MATTERS)).status_code == 201
    entrance.clock.pass_by(seconds=1)
    assert (await browser.post(MATTERS)).json()["code"] == "step-up-required"


async def test_the_session_goes_on_under_a_new_cookie_and_the_old_one_is_dead(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    stolen, old_csrf = browser.cookie, browser.csrf
    await browser.put(STEP_UP, {"password": PASSWORD})
    assert browser.cookie != stolen
    assert browser.csrf != old_csrf
    thief = Browser(entrance.client())
    thief.cookie = stolen
    assert (await thief.get("/api/session")).status_code == 401
    assert (await browser.get("/api/session")).status_code == 200


async def test_a_cookie_set_by_somebody_else_is_never_taken_over(entrance: Entrance) -> None:
    alice = await entrance.alice()
    attacker = await entrance.signed_in(alice)
    fixed = attacker.cookie
    victim = Browser(entrance.client())
    victim.cookie = fixed
    given = (await victim.sign_in(alice.email)).headers["set-cookie"]
    assert fixed not in given
    assert (await attacker.get("/api/session")).status_code == 401


async def test_a_wrong_password_is_noted_and_counts(entrance: Entrance) -> None:
    narrow = with_limits(entrance, account_at_address=2)
    alice = await narrow.alice()
    browser = await narrow.signed_in(alice)
    for _ in range(2):
        answer = await browser.put(STEP_UP, {"password": "not this one"})
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong-password")
    answer = await browser.put(STEP_UP, {"password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-tries")
    assert ("refuse", "wrong-password") in [(row.action, row.outcome) for row in await audited(entrance, alice)]


async def test_guessed_codes_are_stopped(entrance: Entrance) -> None:
    narrow = with_limits(entrance, code=3)
    adams = await narrow.staff("clinician")
    browser = await narrow.signed_in(adams)
    narrow.clock.pass_by(seconds=30)
    for _ in range(3):
        assert (await browser.put(STEP_UP, {"password": PASSWORD, "code": "000000"})).status_code == 401
    right = {"password": PASSWORD, "code": narrow.code(adams)}
    assert (await browser.put(STEP_UP, right)).status_code == 429


async def test_a_page_asks_and_then_does_what_was_asked(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    old = browser.cookie
    asked = await browser.submit("/account", email="new@people.test")
    assert asked.status_code == 405  # the account page itself takes nothing
    asked = await browser.post_form("/account/email", csrf_token=browser.csrf, email="new.alice@people.test")
    assert asked.status_code == 403
    assert 'value="new.alice@people.test"' in asked.text
    assert 'action="/account/email"' in asked.text
    kept = dict(re.findall(r'name="(\w+)" value="([^"]*)"', asked.text))
    wrong = await browser.post_form("/account/email", **kept, step_up_password="not this one")
    assert (wrong.status_code, "The password is not right" in wrong.text) == (403, True)
    assert 'value="new.alice@people.test"' in wrong.text
    done = await browser.post_form("/account/email", **kept, step_up_password=PASSWORD)
    assert (done.status_code, done.headers["location"]) == (303, "/account?done=email")
    assert browser.cookie != old


async def test_every_value_of_a_name_is_kept_while_the_page_asks(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    body = f"csrf_token={browser.csrf}&email=a%40people.test&email=b%40people.test&x=%22%3E%3Cb%3E"
    asked = await browser.client.post(
        "/account/email", content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert re.findall(r'name="email" value="([^"]*)"', asked.text) == ["a@people.test", "b@people.test"]
    assert 'value="&#34;&gt;&lt;b&gt;"' in asked.text


async def test_a_page_that_is_only_read_asks_and_leads_on(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    asked = await browser.get("/account/second-factor")
    assert asked.status_code == 403
    assert 'name="to" value="/account/second-factor"' in asked.text
    fields = {"csrf_token": browser.csrf, "to": "/account/second-factor"}
    again = await browser.post_form("/step-up", **fields, step_up_password="not this one")
    assert again.status_code == 401
    assert 'name="to" value="/account/second-factor"' in again.text
    done = await browser.post_form("/step-up", **fields, step_up_password=PASSWORD)
    assert (done.status_code, done.headers["location"]) == (303, "/account/second-factor")


@pytest.mark.parametrize("away", ["https://evil.test", "//evil.test", "/\\evil.test", "javascript:alert(1)", "/a\r\nb"])
async def test_a_step_up_leads_to_no_other_site(entrance: Entrance, away: str) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    done = await browser.post_form("/step-up", csrf_token=browser.csrf, to=away, step_up_password=PASSWORD)
    assert (done.status_code, done.headers["location"]) == (303, "/account")


async def test_a_session_that_ends_while_it_is_proven_stays_ended(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser = await entrance.signed_in(alice)
    await browser.delete("/api/session")
    browser.cookie = "00000000-0000-4000-8000-000000000000." + "x" * 43
    assert (await browser.put(STEP_UP, {"password": PASSWORD})).status_code == 401
