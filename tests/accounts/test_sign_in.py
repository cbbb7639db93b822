"""Signing in with a password: who gets in, what everybody else learns, and what it leaves behind."""

import asyncio
from datetime import timedelta

import httpx
import msgspec
import pytest
from argon2 import PasswordHasher

from portico.accounts import people
from portico.accounts.door import DEMO_LIMITS, LIMITS
from portico.platform.database import Command, Query
from tests.accounts.entrance import PASSWORD, Browser, Entrance, Person, audited, with_limits


class HashRow(msgspec.Struct, frozen=True):
    password_hash: str


HASH = Query(HashRow, "select password_hash from credential where clinic_id = $1 and account_id = $2")
WEAKEN = Command("update credential set password_hash = $3 where clinic_id = $1 and account_id = $2")

VARYING = ("requestId",)


def seen(answer: httpx.Response) -> tuple[int, dict[str, object], dict[str, str]]:
    """Everything that a guesser can compare, without what differs at every request."""
    body = {name: value for name, value in answer.json().items() if name not in VARYING}
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, body, headers


async def test_a_patient_signs_in_with_address_and_password(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser = Browser(entrance.client())
    answer = await browser.sign_in(alice.email)
    assert answer.status_code == 200
    assert answer.json() == {
        "state": "signed-in",
        "csrfToken": browser.csrf,
        "account": {"id": str(alice.account_id), "name": "Alice", "roles": ["patient"]},
    }
    session = (await browser.get("/api/session")).json()
    assert session["hat"] == "patient"
    assert [(one["name"], one["relation"]) for one in session["patients"]] == [("Alice Test", "self")]


async def test_an_address_is_found_in_any_spelling(entrance: Entrance) -> None:
    alice = await entrance.alice()
    answer = await Browser(entrance.client()).sign_in(f"  {alice.email.upper()} ")
    assert answer.status_code == 200


async def test_a_stranger_learns_nothing_about_which_addresses_exist(entrance: Entrance) -> None:
    alice = await entrance.alice()
    disabled = await entrance.account("dora")
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        await people.disable_account(tx, account_id=disabled.account_id)
    attempts = [
        (alice.email, "wrong"),
        (entrance.email("nobody"), "wrong"),
        (disabled.email, PASSWORD),
        ("", "wrong"),
        ("\x00", "wrong"),
    ]
    answers, work = [], []
    for email, password in attempts:
        before = entrance.door.passwords.hashes
        answers.append(seen(await Browser(entrance.client()).sign_in(email, password)))
        work.append(entrance.door.passwords.hashes - before)
    assert answers[0][0] == 401
    assert answers[0][1]["code"] == "wrong-email-or-password"
    assert [answer == answers[0] for answer in answers] == [True] * len(attempts)
    assert work == [1] * len(attempts)


@pytest.mark.parametrize("clinic", ["elsewhere", "", "\x00", "A B", "north"])
async def test_naming_another_clinic_finds_nobody(entrance: Entrance, clinic: str) -> None:
    alice = await entrance.alice()
    answer = await Browser(entrance.client()).sign_in(alice.email, clinic=clinic)
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong-email-or-password")


async def test_a_person_in_two_clinics_chooses_after_the_right_password(entrance: Entrance) -> None:
    north, south = await entrance.alice(), await entrance.alice(clinic="south")
    assert north.email == south.email
    browser = Browser(entrance.client())
    wrong = await browser.sign_in(north.email, "wrong")
    assert (wrong.status_code, "data" in wrong.json()) == (401, False)
    asked = await browser.sign_in(north.email)
    assert (asked.status_code, asked.json()["code"]) == (409, "choose-clinic")
    clinics = asked.json()["data"]["clinics"]
    assert [clinic["name"] for clinic in clinics] == ["North Clinic", "South Clinic"]
    chosen = await browser.sign_in(north.email, clinic=clinics[1]["slug"])
    assert chosen.json()["account"]["id"] == str(south.account_id)


async def test_with_different_passwords_the_password_chooses_the_clinic(entrance: Entrance) -> None:
    await entrance.alice()
    south = await entrance.alice(clinic="south")
    await set_password(entrance, south, "another secret", clinic="south")
    answer = await Browser(entrance.client()).sign_in(south.email, "another secret")
    assert answer.json()["account"]["id"] == str(south.account_id)


async def test_staff_who_are_patients_too_choose_their_hat(entrance: Entrance) -> None:
    patient_id = await entrance.patient("Nora Test")
    nora = await entrance.account("nora", patient_id=patient_id, roles=frozenset({"nurse"}))
    browser = Browser(entrance.client())
    asked = await browser.sign_in(nora.email)
    assert (asked.status_code, asked.json()["code"]) == (409, "choose-hat")
    assert asked.json()["data"] == {"hats": ["patient", "staff"]}
    assert "set-cookie" not in asked.headers
    assert (await browser.sign_in(nora.email, hat="patient")).json()["state"] == "signed-in"
    assert (await browser.sign_in(nora.email, hat="staff")).json()["state"] == "enrol-second-factor"


async def test_a_patient_cannot_put_on_the_staff_hat(entrance: Entrance) -> None:
    alice = await entrance.alice()
    answer = await Browser(entrance.client()).sign_in(alice.email, hat="staff")
    assert (answer.status_code, answer.json()["code"]) == (409, "choose-hat")


async def test_a_hash_with_weaker_parameters_is_replaced_at_sign_in(entrance: Entrance) -> None:
    alice = await entrance.alice()
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        await tx.run(WEAKEN, alice.clinic_id, alice.account_id, weak)
    await entrance.signed_in(alice)
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        row = await tx.one(HASH, alice.clinic_id, alice.account_id)
    assert "m=19456,t=2,p=1" in row.password_hash
    assert (await entrance.door.passwords.verify(row.password_hash, PASSWORD)).is_right


async def test_wrong_passwords_run_into_a_limit_that_passes(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser = Browser(entrance.client())
    tries = LIMITS.account_at_address.tries
    statuses = [(await browser.sign_in(alice.email, "wrong")).status_code for _ in range(tries)]
    assert statuses == [401] * tries
    limited = await browser.sign_in(alice.email)
    assert (limited.status_code, limited.json()["code"]) == (429, "too-many-tries")
    assert 0 < int(limited.headers["retry-after"]) <= LIMITS.account_at_address.seconds
    entrance.clock.pass_by(seconds=int(limited.headers["retry-after"]))
    assert (await browser.sign_in(alice.email)).status_code == 200


async def test_an_address_nobody_has_runs_into_the_same_limit(entrance: Entrance) -> None:
    browser, nobody = Browser(entrance.client()), entrance.email("nobody")
    statuses = [(await browser.sign_in(nobody, "wrong")).status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2


async def test_one_address_guessing_does_not_keep_the_owner_out_elsewhere(entrance: Entrance) -> None:
    alice = await entrance.alice()
    attacker = Browser(entrance.client(address="198.51.100.9"))
    for _ in range(12):
        await attacker.sign_in(alice.email, "wrong")
    assert (await Browser(entrance.client()).sign_in(alice.email)).status_code == 200


async def test_many_addresses_guessing_one_account_are_limited_together(entrance: Entrance) -> None:
    alice = await entrance.alice()
    narrow = with_limits(entrance, account=3)
    answers = [await Browser(narrow.client(address=f"192.0.{n}.1")).sign_in(alice.email, "wrong") for n in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]


async def test_one_address_guessing_many_accounts_is_limited(entrance: Entrance) -> None:
    narrow = with_limits(entrance, address=3)
    browser = Browser(narrow.client())
    statuses = [(await browser.sign_in(entrance.email(f"n{n}"), "wrong")).status_code for n in range(5)]
    assert statuses == [401, 401, 401, 429, 429]


async def test_right_passwords_never_run_into_a_limit(entrance: Entrance) -> None:
    alice = await entrance.alice()
    narrow = with_limits(entrance, account=3, address=3, account_at_address=3)
    for _ in range(8):
        assert (await Browser(narrow.client()).sign_in(alice.email)).status_code == 200


async def test_parallel_guesses_do_not_slip_past_the_limit(entrance: Entrance) -> None:
    alice = await entrance.alice()
    narrow = with_limits(entrance, account_at_address=4)
    answers = await asyncio.gather(*(Browser(narrow.client()).sign_in(alice.email, "wrong") for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [401] * 4 + [429] * 8


def test_the_demo_has_limits_too() -> None:
    for production, demo in zip(vars(LIMITS).values(), vars(DEMO_LIMITS).values(), strict=True):
        assert production.tries < demo.tries <= 600


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"email": "a@b.test"}, 400),
        ({"email": "a@b.test", "password": "x", "roles": ["admin"]}, 400),
        ({"email": "a@b.test", "password": "x", "hat": "admin"}, 400),
        ({"email": "a@b.test", "password": "x" * 1025}, 400),
        ({"email": "a@b.test", "password": "ä" * 1024}, 400),
        ({"email": "a" * 321, "password": "x"}, 400),
        ({"email": ["a@b.test"], "password": "x"}, 400),
    ],
    ids=["empty", "no password", "a role of one's own", "no hat", "too long", "too many bytes", "long address", "list"],
)
async def test_an_unreadable_attempt_is_refused_before_any_hashing(
    entrance: Entrance, body: dict[str, object], status: int
) -> None:
    before = entrance.door.passwords.hashes
    answer = await entrance.client().post("/api/session", json=body)
    assert answer.status_code == status
    assert entrance.door.passwords.hashes == before


async def test_successes_and_failures_stand_in_the_audit_record(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser = Browser(entrance.client())
    await browser.sign_in(alice.email, "wrong")
    await browser.sign_in(alice.email)
    await browser.delete("/api/session")
    rows = await audited(entrance, alice)
    assert [(row.action, row.outcome) for row in rows] == [
        ("refuse", "wrong-password"),
        ("sign-in", "signed-in"),
        ("sign-out", "done"),
    ]


async def test_a_changed_password_ends_every_session(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser = await entrance.signed_in(alice)
    await set_password(entrance, alice, "another secret")
    assert (await browser.get("/api/session")).status_code == 401
    assert (await browser.sign_in(alice.email)).status_code == 401
    assert (await browser.sign_in(alice.email, "another secret")).status_code == 200


async def test_an_account_in_one_clinic_opens_nothing_of_the_other(entrance: Entrance) -> None:
    alice, carol = await entrance.alice(), await entrance.staff("admin", name="carol", clinic="south")
    browser = await entrance.signed_in(alice)
    clinic, _, token = browser.cookie.partition(".")
    assert clinic == str(alice.clinic_id)
    browser.cookie = f"{carol.clinic_id}.{token}"
    assert (await browser.get("/api/session")).status_code == 401


async def test_a_proxy_sees_the_patients_of_living_grants_only(entrance: Entrance) -> None:
    alice_id, bob_id = await entrance.patient("Alice Test"), await entrance.patient("Bob Test")
    anna = await entrance.staff("admin", name="anna")
    pat = await entrance.account("pat")
    now = entrance.clock.now()
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        for patient_id, start, end in [
            (alice_id, now, now + timedelta(minutes=10)),
            (bob_id, now + timedelta(minutes=5), None),
        ]:
            await people.grant_proxy(
                tx,
                account_id=pat.account_id,
                patient_id=patient_id,
                basis="agreed",
                confirmed_by=anna.account_id,
                period=(start, end),
            )
    browser = await entrance.signed_in(pat)
    sights = []
    for _ in range(3):
        session = (await browser.get("/api/session")).json()
        sights.append([one["name"] for one in session["patients"]])
        entrance.clock.pass_by(minutes=5)
    assert sights == [["Alice Test"], ["Alice Test", "Bob Test"], ["Bob Test"]]


async def set_password(entrance: Entrance, person: Person, password: str, *, clinic: str = "north") -> None:
    hashed = await entrance.door.passwords.hash(password)
    async with entrance.site.db.transaction(entrance.scope(clinic)) as tx:
        await people.set_password(tx, account_id=person.account_id, password_hash=hashed)
