"""Inviting and coming in with a code: once, with the right birth date, before it expires, and never by guessing."""

import asyncio
import re
from datetime import date

import pytest

from portico.accounts.tokens import hash_of
from portico.notify.jobs import deliver_due
from portico.platform.database import Command
from tests.accounts.entrance import Browser, Entrance, with_limits
from tests.accounts.mailbox import (
    BORN,
    NEW_PASSWORD,
    activated,
    admin,
    can_sign_in,
    code_for,
    front_desk,
    invited_patient,
    letters,
    open_clinic,
    record_of,
)
from tests.accounts.test_step_up import stepped_up

UNDELIVERABLE = Command("""
    update notification set due_at = null, error_code = 'smtp-550', link_sealed = null
    where clinic_id = $1 and address = $2
""")


async def test_an_invited_patient_comes_in_to_the_record_that_the_clinic_has(entrance: Entrance) -> None:
    await open_clinic(entrance)
    fred, address = await front_desk(entrance), entrance.email("amy")
    patient_id = await record_of(entrance, "Amy Test")
    code = await invited_patient(entrance, fred, patient_id, address)
    assert await activated(entrance, code) == 201
    amy = Browser(entrance.client())
    await amy.sign_in(address, NEW_PASSWORD)
    session = (await amy.get("/api/session")).json()
    assert [(each["id"], each["relation"]) for each in session["patients"]] == [(str(patient_id), "self")]
    [shown] = (await fred.get("/api/invitations?state=accepted")).json()["items"]
    assert (shown["email"], shown["state"], code in str(shown)) == (address, "accepted", False)


async def test_only_the_hash_of_a_code_is_kept(entrance: Entrance) -> None:
    await open_clinic(entrance)
    code = await invited_patient(
        entrance, await front_desk(entrance), await record_of(entrance, "Amy Test"), entrance.email("amy")
    )
    token = code.partition(".")[2]
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        count = await tx.run(
            Command("update invitation set tries = tries where clinic_id = $1 and token_hash = $2"),
            tx.clinic_id,
            hash_of(token),
        )
    assert count == 1


async def test_a_used_code_answers_like_one_that_never_was(entrance: Entrance) -> None:
    await open_clinic(entrance)
    code = await invited_patient(
        entrance, await front_desk(entrance), await record_of(entrance, "Amy Test"), entrance.email("amy")
    )
    assert await activated(entrance, code) == 201
    body = {"bornOn": BORN.isoformat(), "password": NEW_PASSWORD}
    made_up = f"{code.partition('.')[0]}.{'x' * 43}"
    answers = [
        await entrance.client().post("/api/activations", json=body | {"code": each})
        for each in (code, made_up, "nonsense", f"{made_up[:36]}.", "")
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert len({re.sub(r"[0-9a-f]{32}", "", answer.text) for answer in answers}) == 1
    assert answers[0].json()["code"] == "code-refused"


async def test_of_two_who_use_one_code_at_once_one_wins(entrance: Entrance) -> None:
    await open_clinic(entrance)
    code = await invited_patient(
        entrance, await front_desk(entrance), await record_of(entrance, "Amy Test"), entrance.email("amy")
    )
    statuses = await asyncio.gather(*(activated(entrance, code) for _ in range(3)))
    assert sorted(statuses) == [201, 422, 422]


async def test_the_fifth_wrong_birth_date_burns_the_code(entrance: Entrance) -> None:
    await open_clinic(entrance)
    fred, address = await front_desk(entrance), entrance.email("amy")
    code = await invited_patient(entrance, fred, await record_of(entrance, "Amy Test"), address)
    wrong = [await activated(entrance, code, bornOn=f"1981-01-0{day}") for day in range(1, 5)]
    assert wrong == [422] * 4
    assert [each["state"] for each in (await fred.get("/api/invitations")).json()["items"]] == ["open"]
    assert await activated(entrance, code, bornOn=None) == 422
    assert await activated(entrance, code) == 422
    assert [each["state"] for each in (await fred.get("/api/invitations")).json()["items"]] == ["burnt"]


async def test_a_burnt_code_is_replaced_by_sending_a_new_one(entrance: Entrance) -> None:
    await open_clinic(entrance)
    fred, address = await front_desk(entrance), entrance.email("amy")
    code = await invited_patient(entrance, fred, await record_of(entrance, "Amy Test"), address)
    for _ in range(5):
        await activated(entrance, code, bornOn="1999-09-09")
    [shown] = (await fred.get("/api/invitations?state=burnt")).json()["items"]
    answer = await fred.put(f"/api/invitations/{shown['id']}/sending", {})
    assert (answer.status_code, answer.json()["state"]) == (200, "open")
    newer = await code_for(entrance, address)
    assert newer != code
    assert await activated(entrance, code) == 422
    assert await activated(entrance, newer) == 201
    again = await fred.put(f"/api/invitations/{shown['id']}/sending", {})
    assert (again.status_code, again.json()["code"]) == (409, "invitation-cannot-move")


async def test_a_code_expires_when_the_clinic_says(entrance: Entrance) -> None:
    await open_clinic(entrance, **{"invitation.valid_days": "3"})
    fred = await front_desk(entrance)
    code = await invited_patient(entrance, fred, await record_of(entrance, "Amy Test"), entrance.email("amy"))
    entrance.clock.pass_by(days=3, seconds=-1)
    assert await activated(entrance, code, bornOn="1999-09-09") == 422
    entrance.clock.pass_by(seconds=1)
    assert await activated(entrance, code) == 422


async def test_a_weak_password_uses_nothing_up(entrance: Entrance) -> None:
    await open_clinic(entrance)
    address = entrance.email("amy")
    code = await invited_patient(entrance, await front_desk(entrance), await record_of(entrance, "Amy Test"), address)
    client = entrance.client()
    for weak in ("short", "a" * 30, "amy test amy test", "abcdefghijklmnopq", "password portico"):
        answer = await client.post(
            "/api/activations", json={"code": code, "bornOn": BORN.isoformat(), "password": weak}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "password-refused"), weak
    assert await activated(entrance, code) == 201


async def proven_admin(entrance: Entrance) -> Browser:
    """An admin who has just shown again who she is."""
    return await stepped_up(entrance, await entrance.staff("admin", name="anna"))


async def test_a_clinic_that_is_not_open_invites_no_patients_but_staff(entrance: Entrance) -> None:
    fred, anna = await front_desk(entrance), await proven_admin(entrance)
    patient_id = await record_of(entrance, "Amy Test")
    answer = await fred.post("/api/invitations", {"patient": str(patient_id), "email": entrance.email("amy")})
    assert (answer.status_code, answer.json()["code"]) == (503, "clinic-not-open")
    assert "911" in answer.json()["detail"]
    assert "988" in answer.json()["detail"]
    staff = {"email": entrance.email("nora"), "name": "Nora Test", "roles": ["nurse"]}
    assert (await anna.post("/api/invitations", staff)).status_code == 201


async def test_invited_staff_get_the_roles_that_the_admin_gave_and_set_up_their_factor(entrance: Entrance) -> None:
    anna = await proven_admin(entrance)
    address = entrance.email("nora")
    await anna.post("/api/invitations", {"email": address, "name": "Nora Test", "roles": ["nurse", "admin"]})
    assert await activated(entrance, await code_for(entrance, address), bornOn=None) == 201
    nora = Browser(entrance.client())
    answer = await nora.sign_in(address, NEW_PASSWORD)
    assert answer.json()["state"] == "enrol-second-factor"
    assert (await nora.get("/api/session")).status_code == 401


@pytest.mark.parametrize("role", ["clinician", "nurse", "front_desk"])
async def test_nobody_but_an_admin_invites_or_sees_invited_staff(entrance: Entrance, role: str) -> None:
    anna = await proven_admin(entrance)
    other = await entrance.signed_in(await entrance.staff(role, name="other"))  # type: ignore[arg-type]
    staff = {"email": entrance.email("nora"), "name": "Nora Test", "roles": ["admin"]}
    assert (await other.post("/api/invitations", staff)).status_code == 403
    invited = (await anna.post("/api/invitations", staff)).json()
    assert (await other.get("/api/invitations")).json()["items"] == []
    for act in ("sending", "withdrawal"):
        assert (await other.put(f"/api/invitations/{invited['id']}/{act}", {})).status_code == 404


async def test_a_stolen_session_of_an_admin_invites_no_staff(entrance: Entrance) -> None:
    _, anna = await admin(entrance)
    address = entrance.email("nora")
    staff = {"email": address, "name": "Nora Test", "roles": ["admin"]}
    answer = await anna.post("/api/invitations", staff)
    assert (answer.status_code, answer.json()["code"]) == (403, "step-up-required")
    assert (await anna.get("/api/invitations")).json()["items"] == []
    assert await letters(entrance, address) == []


async def test_a_withdrawn_invitation_opens_nothing(entrance: Entrance) -> None:
    await open_clinic(entrance)
    fred = await front_desk(entrance)
    code = await invited_patient(entrance, fred, await record_of(entrance, "Amy Test"), entrance.email("amy"))
    [shown] = (await fred.get("/api/invitations?state=open")).json()["items"]
    for _ in range(2):
        answer = await fred.put(f"/api/invitations/{shown['id']}/withdrawal", {})
        assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
    assert await activated(entrance, code) == 422


async def test_a_second_invitation_of_a_patient_ends_the_first(entrance: Entrance) -> None:
    await open_clinic(entrance)
    fred, patient_id = await front_desk(entrance), await record_of(entrance, "Amy Test")
    first = await invited_patient(entrance, fred, patient_id, entrance.email("typo"))
    second = await invited_patient(entrance, fred, patient_id, entrance.email("amy"))
    assert await activated(entrance, first) == 422
    assert await activated(entrance, second) == 201
    answer = await fred.post("/api/invitations", {"patient": str(patient_id), "email": entrance.email("more")})
    assert (answer.status_code, answer.json()["code"]) == (409, "has-account")


async def test_staff_see_that_a_letter_could_not_be_delivered(entrance: Entrance) -> None:
    await open_clinic(entrance)
    fred, address = await front_desk(entrance), entrance.email("amy")
    await invited_patient(entrance, fred, await record_of(entrance, "Amy Test"), address)
    [shown] = (await fred.get("/api/invitations")).json()["items"]
    assert shown["delivery"] == {"state": "waiting", "code": None}
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        await tx.run(UNDELIVERABLE, tx.clinic_id, address)
    [shown] = (await fred.get("/api/invitations")).json()["items"]
    assert shown["delivery"] == {"state": "undeliverable", "code": "smtp-550"}
    await fred.put(f"/api/invitations/{shown['id']}/sending", {})
    [shown] = (await fred.get("/api/invitations")).json()["items"]
    assert shown["delivery"] == {"state": "waiting", "code": None}
    assert await deliver_due(entrance.site, entrance.clinics["north"], 5) == 0


async def test_too_many_wrong_codes_from_one_network_wait(entrance: Entrance) -> None:
    await open_clinic(entrance)
    fred = await front_desk(entrance)
    code = await invited_patient(entrance, fred, await record_of(entrance, "Amy Test"), entrance.email("amy"))
    narrow = with_limits(entrance, guess=3)
    made_up = f"{entrance.clinics['north']}.{'y' * 43}"
    assert [await activated(narrow, made_up) for _ in range(4)] == [422, 422, 422, 429]
    assert await activated(narrow, code) == 429
    elsewhere = narrow.client(address="198.51.100.7")
    body = {"code": code, "bornOn": BORN.isoformat(), "password": NEW_PASSWORD}
    assert (await elsewhere.post("/api/activations", json=body)).status_code == 201


async def test_a_code_of_one_clinic_opens_nothing_in_another(entrance: Entrance) -> None:
    await open_clinic(entrance)
    fred = await front_desk(entrance)
    code = await invited_patient(entrance, fred, await record_of(entrance, "Amy Test"), entrance.email("amy"))
    assert await activated(entrance, f"{entrance.clinics['south']}.{code.partition('.')[2]}") == 422


async def test_activation_opens_no_session_and_adopts_none(entrance: Entrance) -> None:
    await open_clinic(entrance)
    fred, address = await front_desk(entrance), entrance.email("amy")
    code = await invited_patient(entrance, fred, await record_of(entrance, "Amy Test"), address)
    planted = f"{entrance.clinics['north']}.{'p' * 43}"
    amy = Browser(entrance.client())
    amy.cookie = planted
    answer = await amy.client.post(
        "/api/activations", json={"code": code, "bornOn": BORN.isoformat(), "password": NEW_PASSWORD}
    )
    assert (answer.status_code, "set-cookie" in answer.headers) == (201, False)
    assert (await amy.get("/api/session")).status_code == 401
    answer = await amy.sign_in(address, NEW_PASSWORD)
    given = re.search(r"__Host-portico=([^;]+)", answer.headers["set-cookie"])
    assert given is not None
    assert given[1] != planted


@pytest.mark.parametrize("path", ["/api/activations", "/api/registrations", "/api/password-resets"])
async def test_coming_in_needs_no_token_but_its_type_and_our_own_site(entrance: Entrance, path: str) -> None:
    client = entrance.client()
    assert (await client.post(path, json={})).status_code == 400
    assert (await client.post(path, content=b"{}", headers={"Content-Type": "text/plain"})).status_code == 415
    assert (await client.post(path, json={}, headers={"Origin": "https://elsewhere.test"})).status_code == 403


async def test_the_page_sets_up_an_account_without_a_script(entrance: Entrance) -> None:
    await open_clinic(entrance)
    address = entrance.email("amy")
    await invited_patient(entrance, await front_desk(entrance), await record_of(entrance, "Amy Test"), address)
    [link] = await letters(entrance, address)
    amy = Browser(entrance.client())
    opened = await amy.get(link)
    assert opened.status_code == 200
    code = re.search(r'name="code" value="([^"]+)"', opened.text)
    assert code is not None
    born = {"born_year": "1980", "born_month": "5", "born_day": "17"}
    passwords = {"password": NEW_PASSWORD, "again": NEW_PASSWORD}
    for wrong in ({"again": "other"}, {"born_day": "31", "born_month": "2"}, {"born_year": ""}):
        answer = await amy.post_form("/activation", code=code[1], **(born | passwords | wrong))
        assert answer.status_code in (400, 422)
        assert NEW_PASSWORD not in answer.text
    answer = await amy.post_form("/activation", code=code[1], **born, **passwords)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?after=activated")
    assert await can_sign_in(entrance, address)
    assert date(1980, 5, 17) == BORN
