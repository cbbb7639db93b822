"""Looking after one's own account on a phone without scripts, in a real browser."""

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_walks import PHONE, fits, sign_in
from tests.played import PASSWORD, Demo

pytestmark = [pytest.mark.browser, pytest.mark.alone]


def prove(page: Page) -> None:
    """Gives the password again; what was asked goes on."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Please show that it is you")
    assert fits(page)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


def test_a_patient_sets_up_a_code_app_loses_the_phone_and_comes_back_in(demo: Demo, open_page: OpenPage) -> None:
    page = open_page(*PHONE, False)
    sign_in(page, demo, "lee")
    page.get_by_role("link", name="My account", exact=True).click()
    assert fits(page)
    page.get_by_role("button", name="Set it up").click()
    prove(page)
    picture = page.get_by_role("img", name="QR picture for your app").bounding_box()
    assert picture is not None
    assert 150 <= picture["width"] <= PHONE[0]
    assert abs(picture["width"] - picture["height"]) < 4
    seed = page.locator("li code").inner_text()
    page.get_by_label("Code").fill(pyotp.TOTP(seed).now())
    page.get_by_role("button", name="Go on").click()
    codes = page.locator("ol.codes code").all_inner_texts()
    assert len(codes) == 10
    assert fits(page)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail address").fill("lee@demo.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("I do not have my phone").click()
    page.get_by_label("From the list you wrote down").fill(codes[4].lower())
    assert fits(page)
    page.get_by_role("button", name="Use this code").click()
    page.get_by_role("link", name="My account", exact=True).click()
    expect(page.get_by_text("9 recovery codes left")).to_be_visible()


def test_what_was_typed_is_there_after_the_password_was_asked(demo: Demo, open_page: OpenPage) -> None:
    page = open_page(*PHONE, False)
    sign_in(page, demo, "mia")
    page.goto("/account")
    page.get_by_label("New e-mail address").fill("mia.new@demo.test")
    page.get_by_role("button", name="Change my address").click()
    prove(page)
    expect(page.get_by_role("status")).to_contain_text("We have sent a link")
    assert fits(page)
