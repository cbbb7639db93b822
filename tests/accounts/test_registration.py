"""Registering without an invitation: only where a clinic wants it, unverified, and without learning who has an account."""

import re

import pytest

from portico.platform.database import Command
from tests.accounts.entrance import PASSWORD, Browser, Entrance, with_limits
from tests.accounts.mailbox import (
    BORN,
    NEW_PASSWORD,
    activated,
    can_sign_in,
    code_for,
    front_desk,
    letters,
    open_clinic,
    ready_clinic,
    record_of,
    statements_run,
)

UNCONFIRM = Command("""
    update clinic_setting set confirmed_by = null, confirmed_at = null where clinic_id = $1 and key = $2
""")


def asked(entrance: Entrance, address: str, **changes: object) -> dict[str, object]:
    return {
        "clinic": f"north-{entrance.tag}",
        "email": address,
        "name": "Amy Test",
        "bornOn": BORN.isoformat(),
        "password": NEW_PASSWORD,
    } | changes


async def registered(entrance: Entrance, address: str) -> Browser:
    """Somebody who registered, confirmed the address and signed in."""
    answer = await entrance.client().post("/api/registrations", json=asked(entrance, address))
    assert answer.status_code == 202, answer.text
    assert await activated(entrance, await code_for(entrance, address)) == 201
    browser = Browser(entrance.client())
    await browser.sign_in(address, NEW_PASSWORD)
    return browser


async def test_whoever_registers_is_unverified_and_sees_nothing_that_existed_before(entrance: Entrance) -> None:
    await open_clinic(entrance)
    known = await record_of(entrance, "Amy Test")
    amy, fred = await registered(entrance, entrance.email("amy")), await front_desk(entrance)
    [own] = (await amy.get("/api/session")).json()["patients"]
    assert (own["id"] != str(known), own["name"], own["relation"]) == (True, "Amy Test", "self")
    listed = (await fred.get("/api/patients?q=amy")).json()["items"]
    assert {(each["id"], each["verified"]) for each in listed} == {(own["id"], False), (str(known), True)}
    page = (await fred.get("/people?q=amy")).text
    assert page.count("not verified") == 1


async def test_nothing_begins_before_the_address_is_confirmed(entrance: Entrance) -> None:
    await open_clinic(entrance)
    address = entrance.email("amy")
    await entrance.client().post("/api/registrations", json=asked(entrance, address))
    assert not await can_sign_in(entrance, address)
    fred = await front_desk(entrance)
    assert (await fred.get("/api/patients")).json()["items"] == []
    [waiting] = (await fred.get("/api/invitations")).json()["items"]
    assert (waiting["kind"], waiting["state"], waiting["patient"]) == ("registration", "open", None)


async def test_a_stranger_who_registers_an_address_does_not_choose_its_password(entrance: Entrance) -> None:
    await open_clinic(entrance)
    address = entrance.email("amy")
    body = asked(entrance, address, password="a password of somebody else")
    await entrance.client().post("/api/registrations", json=body)
    assert await activated(entrance, await code_for(entrance, address)) == 201
    assert not await can_sign_in(entrance, address, "a password of somebody else")
    assert await can_sign_in(entrance, address)


async def test_a_known_address_gets_the_same_answer_and_a_letter_without_a_code(entrance: Entrance) -> None:
    await open_clinic(entrance)
    alice, stranger = await entrance.alice(), entrance.email("stranger")
    answers = [
        await entrance.client().post("/api/registrations", json=asked(entrance, address))
        for address in (alice.email, stranger)
    ]
    assert {answer.status_code for answer in answers} == {202}
    assert answers[0].text == answers[1].text
    [link], [other] = await letters(entrance, alice.email), await letters(entrance, stranger)
    assert (link, "code=" in other) == ("/sign-in?after=known", True)
    assert "account here already" in (await entrance.client().get(link)).text
    assert await can_sign_in(entrance, alice.email, PASSWORD)


async def test_a_known_and_an_unknown_address_cost_the_same_statements(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    await open_clinic(entrance)
    alice = await entrance.alice()
    await entrance.client().post("/api/registrations", json=asked(entrance, entrance.email("somebody")))
    async with statements_run(monkeypatch) as known:
        await entrance.client().post("/api/registrations", json=asked(entrance, alice.email))
    async with statements_run(monkeypatch) as unknown:
        await entrance.client().post("/api/registrations", json=asked(entrance, entrance.email("stranger")))
    assert known == unknown
    assert any("insert into invitation" in statement for statement in known)


async def test_registering_again_replaces_the_earlier_code(entrance: Entrance) -> None:
    await open_clinic(entrance)
    address = entrance.email("amy")
    codes = []
    for _ in range(2):
        await entrance.client().post("/api/registrations", json=asked(entrance, address))
        codes.append(await code_for(entrance, address))
    assert [await activated(entrance, code) for code in codes] == [422, 201]


async def test_a_confirmation_ends_when_the_clinic_says(entrance: Entrance) -> None:
    await open_clinic(entrance, **{"registration.valid_hours": "2"})
    address = entrance.email("amy")
    await entrance.client().post("/api/registrations", json=asked(entrance, address))
    entrance.clock.pass_by(hours=2)
    assert await activated(entrance, await code_for(entrance, address)) == 422


@pytest.mark.parametrize("slug", ["south", "nowhere", "", "North"])
async def test_a_clinic_that_invites_is_not_told_from_one_that_does_not_exist(entrance: Entrance, slug: str) -> None:
    await open_clinic(entrance)
    body = asked(entrance, entrance.email("amy"), clinic=f"{slug}-{entrance.tag}" if slug == "south" else slug)
    answer = await entrance.client().post("/api/registrations", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "registration-closed")


async def test_registration_is_open_only_while_an_admin_stands_behind_it(entrance: Entrance) -> None:
    await open_clinic(entrance)
    north = f'value="north-{entrance.tag}"'
    assert north in (await entrance.client().get("/registration")).text
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        await tx.run(UNCONFIRM, tx.clinic_id, "registration.open")
    answer = await entrance.client().post("/api/registrations", json=asked(entrance, entrance.email("amy")))
    assert answer.status_code == 404
    assert north not in (await entrance.client().get("/registration")).text


async def test_a_clinic_that_is_not_open_registers_nobody(entrance: Entrance) -> None:
    await ready_clinic(entrance)
    answer = await entrance.client().post("/api/registrations", json=asked(entrance, entrance.email("amy")))
    assert (answer.status_code, answer.json()["code"]) == (503, "clinic-not-open")


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "amy"},
        {"email": "amy@people.test\r\nBcc: all@people.test"},
        {"name": "  "},
        {"name": "x" * 201},
        {"bornOn": "2190-01-01"},
        {"bornOn": "1799-01-01"},
        {"password": "short"},
        {"password": "Amy Test Amy Test"},
    ],
)
async def test_what_cannot_be_meant_is_refused_with_what_to_do(entrance: Entrance, changes: dict[str, str]) -> None:
    await open_clinic(entrance)
    body = asked(entrance, entrance.email("amy"), **changes)
    answer = await entrance.client().post("/api/registrations", json=body)
    assert answer.status_code == 422
    assert len(answer.json()["detail"]) > 20


async def test_registering_counts_by_address_and_by_network(entrance: Entrance) -> None:
    await open_clinic(entrance)
    narrow = with_limits(entrance, letter_to_address=2, letter_from_address=4)
    addresses = [narrow.email(name) for name in ("amy", "amy", "amy", "ben", "cat")]
    statuses = [
        (await narrow.client().post("/api/registrations", json=asked(narrow, address))).status_code
        for address in addresses
    ]
    assert statuses == [202, 202, 429, 202, 429]


async def test_the_page_registers_without_a_script(entrance: Entrance) -> None:
    await open_clinic(entrance)
    address, browser = entrance.email("amy"), Browser(entrance.client())
    assert 'href="/registration"' in (await browser.get("/sign-in")).text
    fields = {
        "clinic": f"north-{entrance.tag}",
        "name": "Amy Test",
        "email": address,
        "born_year": "1980",
        "born_month": "5",
        "born_day": "17",
    }
    wrong = await browser.post_form("/registration", **(fields | {"born_day": "40"}))
    assert (wrong.status_code, address in wrong.text) == (400, True)
    answer = await browser.post_form("/registration", **fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/look-at-your-mail")
    assert re.search(r"^/activation\?code=", (await letters(entrance, address))[0])
