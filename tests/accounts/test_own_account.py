"""One's own password, number, language and sessions."""

import pytest

from portico.accounts.devices import device_name, device_of
from portico.accounts.own_rules import PhoneUnusable, checked_phone
from portico.accounts.password_rules import PasswordRefused, check_new_password
from tests.accounts.entrance import PASSWORD, Browser, Entrance, audited
from tests.accounts.letterbox import told

NEW = "nine green bottles on a wall"
CHANGE = "/api/account/password"


def changed(old: str = PASSWORD, new: str = NEW) -> dict[str, str]:
    return {"currentPassword": old, "newPassword": new}


async def test_a_changed_password_opens_the_door_and_the_old_one_does_not(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser = await entrance.signed_in(alice)
    assert (await browser.put(CHANGE, changed())).status_code == 200
    assert (await Browser(entrance.client()).sign_in(alice.email)).status_code == 401
    assert (await Browser(entrance.client()).sign_in(alice.email, NEW)).status_code == 200


async def test_a_stolen_cookie_is_worth_nothing_after_the_password_was_changed(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser, elsewhere = await entrance.signed_in(alice), await entrance.signed_in(alice)
    thief = Browser(entrance.client())
    thief.cookie = browser.cookie
    assert (await thief.get("/api/session")).status_code == 200
    await browser.put(CHANGE, changed())
    assert (await thief.get("/api/session")).status_code == 401
    assert (await elsewhere.get("/api/session")).status_code == 401
    assert (await browser.get("/api/session")).status_code == 200


async def test_the_present_password_is_asked_and_a_wrong_one_changes_nothing(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser = await entrance.signed_in(alice)
    answer = await browser.put(CHANGE, changed(old="not this one"))
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong-password")
    assert (await Browser(entrance.client()).sign_in(alice.email)).status_code == 200
    assert await told(entrance, alice) == []


async def test_the_owner_is_told_and_the_record_has_it(entrance: Entrance) -> None:
    alice = await entrance.alice()
    await (await entrance.signed_in(alice)).put(CHANGE, changed())
    assert await told(entrance, alice) == ["password-changed"]
    assert ("change", "done") in [(row.action, row.outcome) for row in await audited(entrance, alice)]


@pytest.mark.parametrize(
    "weak", ["short", "aaaaaaaaaaaaaaaaaaaa", "abababababababab", "alice.test12345", "Portico-Portal-2026"]
)
async def test_a_password_that_would_be_guessed_is_refused_kindly(entrance: Entrance, weak: str) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    answer = await browser.put(CHANGE, changed(new=weak))
    assert (answer.status_code, answer.json()["code"]) == (422, "password-refused")


@pytest.mark.parametrize(
    "good",
    [
        NEW,
        "pässwört für mich allein",
        "1" * 4 + "zebra lamp" + " ",
        "x7" * 3 + "tulip" * 20,
        "木漏れ日の下で猫と昼寝をする夏",
    ],
)
def test_any_long_password_of_ones_own_words_will_do(good: str) -> None:
    check_new_password(good, ("Alice Test", "alice@people.test", "North Clinic"))


def test_a_password_made_of_the_persons_name_is_found_without_its_accents() -> None:
    with pytest.raises(PasswordRefused):
        check_new_password("JOSÉ-Nuñez-1970", ("José Núñez", "jn@people.test"))


async def test_two_changes_at_once_have_one_winner(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser = await entrance.signed_in(alice)
    await browser.put(CHANGE, changed())
    assert (await browser.put(CHANGE, changed(new="ten green bottles on a wall"))).status_code == 401


async def test_a_patient_keeps_number_and_language(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    answer = await browser.put("/api/account", {"phone": " (555) 010-0199 ", "language": "es"})
    assert answer.status_code == 200
    own = (await browser.get("/api/account")).json()
    assert (own["phone"], own["language"], own["hasSecondFactor"]) == ("(555) 010-0199", "es", False)
    assert (await browser.put("/api/account", {"phone": None, "language": "en"})).json()["phone"] is None


async def test_staff_have_a_number_of_their_own(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.staff("nurse"))
    await browser.put("/api/account", {"phone": "555-0142", "language": "en"})
    assert (await browser.get("/api/account")).json()["phone"] == "555-0142"


async def test_a_language_that_we_do_not_speak_is_refused(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    assert (await browser.put("/api/account", {"phone": None, "language": "xx"})).status_code == 400


@pytest.mark.parametrize("number", ["12", "call me", "555-0142\r\nBcc: x", "٥٥٥٠١٤٢٩", "5" * 60])
def test_a_number_that_nobody_can_call_is_refused(number: str) -> None:
    with pytest.raises(PhoneUnusable):
        checked_phone(number)


async def test_sessions_are_listed_with_their_devices(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser = await entrance.signed_in(alice)
    phone = Browser(entrance.client())
    phone.client.headers["User-Agent"] = "Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0"
    await phone.sign_in(alice.email)
    listed = (await phone.get("/api/account/sessions")).json()["items"]
    assert [(one["device"], one["current"]) for one in listed if one["current"]] == [("Firefox on Android", True)]
    assert len(listed) == 2
    other = next(one["id"] for one in listed if not one["current"])
    assert (await phone.delete(f"/api/account/sessions/{other}")).status_code == 204
    assert (await browser.get("/api/session")).status_code == 401
    assert (await phone.delete(f"/api/account/sessions/{other}")).status_code == 404


async def test_all_other_sessions_end_at_once(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser, others = await entrance.signed_in(alice), [await entrance.signed_in(alice) for _ in range(2)]
    assert (await browser.delete("/api/account/sessions")).status_code == 204
    assert [(await one.get("/api/session")).status_code for one in others] == [401, 401]
    assert (await browser.get("/api/session")).status_code == 200


async def test_nobody_ends_a_session_of_somebody_else(entrance: Entrance) -> None:
    alice, adams = await entrance.alice(), await entrance.staff("admin")
    browser, admin = await entrance.signed_in(alice), await entrance.signed_in(adams)
    session = (await browser.get("/api/account/sessions")).json()["items"][0]["id"]
    assert (await admin.delete(f"/api/account/sessions/{session}")).status_code == 404
    assert (await browser.get("/api/session")).status_code == 200


async def test_an_idle_session_is_not_listed(entrance: Entrance) -> None:
    alice = await entrance.alice()
    await entrance.signed_in(alice)
    entrance.clock.pass_by(minutes=21)
    browser = await entrance.signed_in(alice)
    assert len((await browser.get("/api/account/sessions")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) AppleWebKit/605 Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36", "Chrome on Linux"),
        ("curl/8.0", "An unknown device"),
        (None, "An unknown device"),
    ],
)
def test_a_device_is_named_as_people_name_it(agent: str | None, name: str) -> None:
    assert device_name(device_of(agent)) == name


async def test_the_account_page_does_all_of_it_without_scripts(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser, other = await entrance.signed_in(alice), await entrance.signed_in(alice)
    csrf = browser.csrf
    saved = await browser.post_form("/account/details", csrf_token=csrf, phone="555-0143")
    assert saved.headers["location"] == "/account?done=details"
    bad = await browser.post_form("/account/details", csrf_token=csrf, phone="nonsense")
    assert (bad.status_code, 'value="nonsense"' in bad.text) == (422, True)
    assert (await browser.post_form("/account/sessions/end", csrf_token=csrf)).status_code == 303
    assert (await other.get("/api/session")).status_code == 401
    weak = await browser.post_form("/account/password", csrf_token=csrf, current=PASSWORD, new="short")
    assert (weak.status_code, "at least 15 characters" in weak.text, PASSWORD in weak.text) == (422, True, False)
    done = await browser.post_form("/account/password", csrf_token=csrf, current=PASSWORD, new=NEW)
    assert done.headers["location"] == "/account?done=password"
    shown = (await browser.get("/account?done=password")).text
    assert "Your password is changed" in shown
    assert "555-0143" in shown


async def test_only_languages_that_the_texts_have_are_offered(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    page = (await browser.get("/account")).text
    assert ("Español" in page, 'name="language"' in page) == (False, False)
    answer = await browser.post_form("/account/details", csrf_token=browser.csrf, phone="555-0143", language="es")
    assert (answer.status_code, "Choose one of the languages." in answer.text) == (400, True)
    assert (await browser.get("/api/account")).json()["language"] == "en"
