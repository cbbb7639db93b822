"""A page that is sent after its session ended: what was typed comes back with the sign-in page, for the same account only."""

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from portico.accounts.kept_page import KEPT_BYTES
from portico.accounts.totp import code_at
from portico.commands.demo_people import PASSWORD
from tests import walks
from tests.care.made_files import jpeg
from tests.pages.tab import FORM, Tab
from tests.portal import BASE, Portal

TYPED = "Made-up worry about my knee"


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


async def test_too_much_is_not_carried(portal: Portal) -> None:
    tab = await typed_too_late(portal, "x" * (KEPT_BYTES + 1))
    assert tab.address == "/sign-in"
    assert "not saved yet" not in tab.page.text


async def test_what_is_altered_on_the_way_is_thrown_away(portal: Portal) -> None:
    tab = await typed_too_late(portal)
    await tab.press(tab.page.form("/sign-in"), email="alice@demo.test", password=PASSWORD, kept="AAAA")
    assert "belongs to another sign-in" in tab.page.text


async def test_who_signed_out_themselves_finds_the_plain_sign_in_page(portal: Portal) -> None:
    tab = Tab(await portal.sign_in("alice"))
    await tab.open(f"/for/{tab.persona.own}/consult-request")
    form = tab.page.form("/consult-request")
    cookies = dict(tab.persona.http.cookies)
    await tab.press(tab.page.form("/sign-out"))
    tab.persona.http.cookies.update(cookies)
    await tab.press(form, wishes=TYPED)
    assert tab.address == "/sign-in"
    assert "not saved yet" not in tab.page.text


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
