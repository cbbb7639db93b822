"""A page that is sent after its session ended: what was typed comes back with the sign-in page, for the same account only."""

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from portico.access import SystemScope
from portico.accounts import people
from portico.accounts.kept_page import KEPT_BYTES
from portico.accounts.totp import code_at
from portico.commands.demo_people import PASSWORD
from tests import walks
from tests.care.made_files import jpeg
from tests.pages.tab import FORM, Tab
from tests.portal import BASE, Portal

TYPED = "Made-up worry about my knee"
BREATH = "Trouble breathing or chest pain"
SEND = ("action", "send")


async def typed_too_late(portal: Portal, text: str = TYPED) -> Tab:
    """Alice sends a screen after her session ended."""
    tab = Tab(await portal.sign_in("alice"))
    await tab.open("/")
    await tab.press(tab.page.form("/intake"))
    await tab.open(tab.address.replace("screens/1", "screens/7"))
    portal.clock.pass_by(hours=2)
    await tab.send(tab.page.forms[-1], {"med.1": text}, ("go", "on"))
    return tab


async def sign_in(tab: Tab, name: str) -> None:
    await tab.press(tab.page.form("/sign-in"), email=f"{name}@demo.test", password=PASSWORD)


async def test_what_was_typed_is_saved_with_one_press_after_signing_in(portal: Portal) -> None:
    tab = await typed_too_late(portal)
    assert tab.status == 401
    assert "What you typed is not saved yet." in tab.page.text
    assert TYPED not in tab.page.text
    await sign_in(tab, "alice")
    assert "Save what I typed" in tab.page.text
    assert await walks.count(portal, "response", "revision > 1") == 0
    form = next(form for form in tab.page.forms if "/screens/7" in form.action)
    await tab.press(form)
    assert tab.address.endswith("/screens/8")
    await tab.open(tab.address.replace("screens/8", "screens/7"))
    assert tab.page.values("med.1") == [TYPED]


async def test_a_wrong_password_first_loses_nothing(portal: Portal) -> None:
    tab = await typed_too_late(portal)
    await tab.press(tab.page.form("/sign-in"), email="alice@demo.test", password="no")
    assert tab.status in (401, 403, 422)
    await sign_in(tab, "alice")
    assert "Save what I typed" in tab.page.text


@pytest.mark.parametrize("name", ["bob", "pat"])
async def test_another_account_neither_saves_nor_sees_it(portal: Portal, name: str) -> None:
    tab = await typed_too_late(portal)
    await sign_in(tab, name)
    assert "belongs to another sign-in" in tab.page.text
    assert not any("/screens/" in form.action for form in tab.page.forms)


async def test_it_is_not_kept_for_ever(portal: Portal) -> None:
    tab = await typed_too_late(portal)
    portal.clock.pass_by(hours=13)
    await sign_in(tab, "alice")
    assert "is too old" in tab.page.text


async def test_too_much_is_not_carried_and_the_page_says_so(portal: Portal) -> None:
    tab = await typed_too_late(portal, "x" * (KEPT_BYTES + 1))
    assert tab.status == 401
    assert "it could not be kept here" in tab.page.text


async def test_what_is_altered_on_the_way_is_thrown_away(portal: Portal) -> None:
    tab = await typed_too_late(portal)
    await tab.press(tab.page.form("/sign-in"), email="alice@demo.test", password=PASSWORD, kept="AAAA")
    assert "belongs to another sign-in" in tab.page.text


async def composing(portal: Portal, name: str = "alice") -> Tab:
    tab = Tab(await portal.sign_in(name))
    await tab.open(f"/for/{tab.persona.own}/compose")
    return tab


async def send(tab: Tab, body: str) -> None:
    """Sends the message that the tab still shows."""
    await tab.press(tab.page.form("/compose"), SEND, topic="other", subject="Words", body=body)


async def end_elsewhere(portal: Portal, name: str) -> None:
    """The person ends all other sessions on another device."""
    other = await portal.sign_in(name)
    assert (await other.send("DELETE", "/api/account/sessions")).status_code in (200, 204)


async def end_by_signing_out(tab: Tab) -> None:
    """The person signs out in another tab of the same browser, which deletes the cookie."""
    other = Tab(tab.persona)
    await other.open("/account")
    await other.press(other.page.form("/sign-out"))
    assert "portico-demo" not in tab.persona.http.cookies


async def saved_after_signing_in(tab: Tab, name: str) -> str:
    """Signs in, presses, and gives the address that this led to."""
    await sign_in(tab, name)
    await tab.press(next(form for form in tab.page.forms if form.action.endswith("/compose")))
    return tab.address


async def test_after_the_end_from_another_device_nothing_is_lost(portal: Portal) -> None:
    tab = await composing(portal, "bob")
    await end_elsewhere(portal, "bob")
    before = await walks.count(portal, "message")
    await send(tab, TYPED)
    assert (tab.status, TYPED in tab.page.text) == (401, False)
    assert "Not sent: your sign-in had ended" in tab.page.text
    assert "Nobody at the clinic has seen it" in tab.page.text
    assert await walks.count(portal, "message") == before
    assert "/threads/" in await saved_after_signing_in(tab, "bob")
    assert await walks.count(portal, "message") == before + 1


async def test_after_signing_out_in_another_tab_nothing_is_lost(portal: Portal) -> None:
    tab = await composing(portal)
    await end_by_signing_out(tab)
    await send(tab, TYPED)
    assert (tab.status, TYPED in tab.page.text) == (401, False)
    assert "/threads/" in await saved_after_signing_in(tab, "alice")


async def test_after_signing_out_another_account_neither_saves_nor_sees_it(portal: Portal) -> None:
    tab = await composing(portal)
    await end_by_signing_out(tab)
    await send(tab, TYPED)
    await sign_in(tab, "bob")
    assert "belongs to another sign-in" in tab.page.text
    assert TYPED not in str(tab.page.forms)


async def test_what_a_browser_remembers_of_a_sign_out_opens_nothing(portal: Portal) -> None:
    tab = await composing(portal)
    session = tab.persona.http.cookies["portico-demo"]
    await end_by_signing_out(tab)
    left = tab.persona.http.cookies["portico-demo-left"]
    assert session.partition(".")[2] not in left
    stranger = portal.stranger()
    stranger.http.cookies.set("portico-demo", left)
    assert (await stranger.send("GET", "/api/session")).status_code == 401


@pytest.mark.parametrize("end", ["elsewhere", "here"])
async def test_a_danger_is_answered_at_once_and_stays_until_it_is_sent(portal: Portal, end: str) -> None:
    tab = await composing(portal)
    await (end_elsewhere(portal, "alice") if end == "elsewhere" else end_by_signing_out(tab))
    await send(tab, "My throat is closing and I can't breathe")
    assert BREATH in tab.page.text
    assert "Where it says “you” here, it means the person that you help." in tab.page.text
    assert "throat" not in tab.page.text
    assert "Alice" not in tab.page.text
    await tab.press(tab.page.form("/sign-in"), email="alice@demo.test", password="no")
    assert BREATH in tab.page.text
    await sign_in(tab, "alice")
    assert BREATH in tab.page.text
    await tab.press(next(form for form in tab.page.forms if form.action.endswith("/compose")))
    assert tab.address.endswith("/danger")


async def test_a_dangerous_answer_is_answered_at_once(portal: Portal) -> None:
    tab = Tab(await portal.sign_in("alice"))
    await tab.open("/")
    await tab.press(tab.page.form("/intake"))
    await tab.open(tab.address.replace("screens/1", "screens/2"))
    await end_elsewhere(portal, "alice")
    await tab.send(tab.page.forms[-1], {"rf.any.weakness": "yes"}, ("go", "on"))
    assert (tab.status, "Get help now" in tab.page.text) == (401, True)


async def test_a_calm_text_brings_no_danger(portal: Portal) -> None:
    tab = await composing(portal)
    await end_elsewhere(portal, "alice")
    await send(tab, "Which hours are you open?")
    assert [text for level, text in tab.page.headings if level == "h2"] == ["Not sent: your sign-in had ended"]


async def test_an_account_that_was_disabled_gets_nothing(portal: Portal) -> None:
    tab = await composing(portal, "bob")
    bob = portal.people.by_name["bob"]
    async with portal.site.db.transaction(SystemScope(bob.clinic_id, "test")) as tx:
        await people.disable_account(tx, account_id=bob.account_id)
    await send(tab, TYPED)
    assert tab.status == 401
    assert "it could not be kept here" in tab.page.text
    assert 'name="kept"' not in str(tab.page.forms)


async def test_a_page_from_before_the_new_sign_in_is_saved_with_one_press(portal: Portal) -> None:
    tab = await composing(portal)
    form = tab.page.form("/compose")
    await end_by_signing_out(tab)
    await tab.open("/sign-in")
    await sign_in(tab, "alice")
    filled = {"topic": "other", "subject": "Words", "body": TYPED}
    tab.persona.http.headers["Origin"] = BASE
    await tab.send(form, filled, SEND)
    assert tab.status == 403
    await tab.press(next(each for each in tab.page.forms if each.action.endswith("/compose")))
    assert "/threads/" in tab.address


async def test_words_of_another_persons_page_are_not_offered(portal: Portal) -> None:
    tab = await composing(portal)
    form = tab.page.form("/compose")
    await end_by_signing_out(tab)
    await tab.open("/sign-in")
    await sign_in(tab, "bob")
    tab.persona.http.headers["Origin"] = BASE
    await tab.send(form, {"topic": "other", "subject": "Words", "body": TYPED}, SEND)
    assert (tab.status, TYPED in str(tab.page.forms)) == (403, False)


async def test_another_site_cannot_have_its_words_offered(portal: Portal) -> None:
    alice = await portal.sign_in("alice")
    sent = f"body={TYPED}&csrf_token=wrong".encode()
    answer = await alice.http.post(f"/for/{alice.own}/compose", content=sent, headers=FORM)
    assert (answer.status_code, TYPED in answer.text) == (403, False)


async def test_nothing_of_it_is_logged(portal: Portal, capsys: pytest.CaptureFixture[str]) -> None:
    await typed_too_late(portal)
    told = capsys.readouterr()
    assert TYPED not in told.out + told.err
    assert "kept" not in told.err


async def test_staff_bring_it_through_their_second_factor(portal: Portal) -> None:
    review = await walks.claimed(portal, "alice")
    adams = await portal.sign_in("dr.adams")
    portal.clock.pass_by(hours=12)
    sent = f"revision={review.revision}&decision=proceed&sentence=Made-up+words".encode()
    asked = await adams.send("POST", f"/reviews/{review.review_id}/decision", body=sent, headers=FORM)
    assert asked.status_code == 401
    tab = Tab(adams)
    kept = re.search(r'name="kept" value="([^"]+)"', asked.text)
    assert kept is not None
    fields = [("email", "dr.adams@demo.test"), ("password", PASSWORD), ("kept", kept[1])]
    await tab.post("/sign-in", fields)
    account = next(each for each in portal.people.described.accounts if each.email == "dr.adams@demo.test")
    assert account.totp_seed is not None
    await tab.press(tab.page.form("/second-factor"), code=code_at(account.totp_seed, portal.clock.now()))
    form = next(form for form in tab.page.forms if form.action.endswith("/decision"))
    assert ("sentence", "Made-up words") in form.fields


async def test_a_stranger_s_body_is_not_even_read(portal: Portal) -> None:
    asked: list[str] = []

    async def body() -> AsyncIterator[bytes]:
        asked.append("body")
        yield b"--b\r\n"

    stranger = portal.stranger()
    headers = {
        "Content-Type": "multipart/form-data; boundary=b",
        "Cookie": f"portico-demo={uuid4()}.{'A' * 43}",
    }
    answer = await stranger.http.post(f"/for/{uuid4()}/compose", content=body(), headers=headers)
    assert answer.status_code in (303, 401)
    assert asked == []


async def test_a_photo_is_thrown_away_and_the_words_beside_it_are_carried(portal: Portal) -> None:
    alice = await portal.sign_in("alice")
    portal.clock.pass_by(hours=2)
    path = f"/for/{alice.own}/compose"
    sent = httpx.Request(
        "POST",
        f"{BASE}{path}",
        data={"body": TYPED, "topic": "other"},
        files={"files": ("knee.jpg", jpeg(), "image/jpeg")},
    )
    headers = {"Content-Type": sent.headers["Content-Type"]}
    answer = await alice.http.post(path, content=sent.read(), headers=headers)
    assert answer.status_code == 401
    assert "What you typed is not saved yet." in answer.text
    assert TYPED not in answer.text
