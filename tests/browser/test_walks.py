"""The main job as people do it: a patient on a phone without scripts, a clinician at a desk, and hands on the keyboard."""

import re

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.played import PASSWORD, Demo

pytestmark = [pytest.mark.browser, pytest.mark.alone]

PHONE = (390, 844)
DESK = (1280, 900)
YES = re.compile(r"^\s*Yes\s*$")
HARMLESS = [re.compile(rf"^\s*({words})\s*$") for words in ("No|No, never|Never", "None.*", "2", "Yes")]
SMALLEST_TARGET = 24
"""CSS pixels that WCAG 2.2 (2.5.8) asks of what is tapped."""


def sign_in(page: Page, demo: Demo, name: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(f"{name}@demo.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    seed = demo.seed_of(f"{name}@demo.test")
    if seed is not None:
        page.get_by_label("Code").fill(pyotp.TOTP(seed).now())
        page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name=re.compile("Sign out"))).to_be_visible()


def fits(page: Page) -> bool:
    """Whether the page is no wider than the phone, and everything on it is large enough to tap."""
    targets = page.locator("main button:visible:not(.first), main a.button:visible, main label.choice:visible")
    boxes = [target.bounding_box() for target in targets.all()]
    tall = all(box and box["height"] >= SMALLEST_TARGET and box["width"] >= SMALLEST_TARGET for box in boxes)
    main = page.locator("main").bounding_box()
    inside = all(box and box["x"] >= 0 and box["x"] + box["width"] <= PHONE[0] for box in boxes)
    return tall and inside and main is not None and main["width"] <= PHONE[0]


def save_and_go_on(page: Page) -> None:
    assert fits(page)
    page.locator("main .actions").get_by_role("button", name="Save and go on").click()
    expect(page.locator(".faults")).to_have_count(0)


def fill_first_screen(page: Page) -> None:
    page.get_by_role("group", name="Who is filling in this form?").get_by_role("radio").first.check()
    birth = page.get_by_role("group", name="When was the patient born?")
    birth.get_by_label("Year").fill("58")
    page.get_by_role("group", name="sex at birth").get_by_label("Male", exact=True).check()
    page.get_by_role("group", name="Where is the pain?").get_by_label("Knee").check()
    page.locator("main .actions").get_by_role("button", name="Save and go on").click()
    expect(page.locator(".faults")).to_contain_text("4 digits")
    expect(birth.get_by_label("Year")).to_have_value("58")
    birth.get_by_label("Year").fill("1958")
    save_and_go_on(page)


def answer_everything(page: Page) -> None:
    """Gives every open question of the screen its most harmless answer."""
    for group in page.get_by_role("group").all():
        taps = group.locator("> .choices input")
        if taps.count() == 0 or group.locator("> .choices input:checked").count():
            continue
        is_word = group.locator("> legend").inner_text().startswith("I know")
        found = (group.get_by_label(words) for words in ([YES] if is_word else HARMLESS))
        next((label for label in found if label.count()), taps).first.check()
    for choice in page.locator("main select:visible").all():
        if not choice.input_value() and not (choice.get_attribute("name") or "").endswith(":month"):
            choice.select_option(index=1)


def test_a_patient_on_a_phone_fills_in_the_form_and_a_danger_stops_everything_else(
    demo: Demo, open_page: OpenPage
) -> None:
    page = open_page(*PHONE, False)
    sign_in(page, demo, "bob")
    page.get_by_role("button", name="Start the form").click()
    fill_first_screen(page)
    screens = 1
    while "/last-look" not in page.url:
        answer_everything(page)
        save_and_go_on(page)
        screens += 1
        assert screens < 40
    assert fits(page)
    page.goto(page.url.replace("last-look", "screens/2"))
    page.get_by_role("group", name="newly weak").get_by_label("Yes").check()
    page.locator("main .actions").get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What to do now")
    call = page.locator("main").get_by_role("link", name="Call 911")
    expect(call).to_have_attribute("href", "tel:911")
    assert (call.bounding_box() or {"y": PHONE[1]})["y"] < PHONE[1]
    page.get_by_role("link", name="Look at the form and send it as it is").click()
    page.get_by_role("button", name="Send it as it is now").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What to do now")
    expect(page.get_by_text("Ask for a visit")).to_have_count(0)
    page.goto("/")
    expect(page.locator("main").get_by_role("link", name="Call 911")).to_be_visible()


def test_a_clinician_claims_reads_and_decides_and_the_patient_hears_it(demo: Demo, open_page: OpenPage) -> None:
    page = open_page(*DESK, False)
    sign_in(page, demo, "dr.adams")
    expect(page.locator(".band")).to_contain_text("Nobody is on it yet.")
    page.get_by_role("link", name="Grace Demo").click()
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_text("Made-up question")).to_be_visible()
    page.get_by_role("button", name="Decide").click()
    expect(page.locator(".faults")).to_contain_text("Choose a decision.")
    page.get_by_label("Proceed to the consult").check()
    page.get_by_label("Sentence or question for the patient").fill("Made-up words for Grace.")
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("Decided (Proceed to the consult)")).to_be_visible()
    phone = open_page(*PHONE, False)
    sign_in(phone, demo, "grace")
    phone.get_by_role("link", name=re.compile("^Form of")).click()
    expect(phone.get_by_text("Made-up words for Grace.")).to_be_visible()


def test_staff_sign_in_with_the_keyboard_alone_and_always_see_where_they_are(demo: Demo, open_page: OpenPage) -> None:
    page = open_page(*DESK, True)
    page.goto("/sign-in")
    reach(page, "email")
    page.keyboard.type("nora@demo.test")
    reach(page, "password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/second-factor")
    reach(page, "code")
    page.keyboard.type(pyotp.TOTP(demo.seed_of("nora@demo.test") or "").now())
    page.keyboard.press("Enter")
    page.wait_for_url("**/reviews")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()


def reach(page: Page, element_id: str) -> None:
    """Presses Tab until this field has the focus, which shows on every stop."""
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
        if page.evaluate("document.activeElement.id") == element_id:
            return
    pytest.fail(f"Tab never reaches {element_id}")


@pytest.mark.parametrize("name", ["anna", "dr.adams"])
def test_the_clinics_own_pages_fit_a_phone_without_scripts(open_page: OpenPage, demo: Demo, name: str) -> None:
    page = open_page(*PHONE, False)
    sign_in(page, demo, name)
    for address in (
        "/settings",
        "/settings/clinic.opening_hours",
        "/settings/pain.severe_from",
        "/go-live",
        "/staff/me",
    ):
        page.goto(address)
        assert fits(page), address
    for address in ("/signatures", "/signatures/emergency", "/signatures/rules", "/signatures/questions"):
        page.goto(address)
        assert fits(page), address


def test_an_admin_changes_the_hours_with_the_keyboard_alone(open_page: OpenPage, demo: Demo) -> None:
    page = open_page(*DESK, False)
    sign_in(page, demo, "anna")
    page.goto("/settings/clinic.extra_openings")
    page.get_by_label("New value").focus()
    page.keyboard.type("2026-06-06 9am-12pm")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save and confirm in my name")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[id='clinic.extra_openings']")).to_contain_text("2026-06-06 09:00-12:00")
    expect(page.locator("[id='clinic.extra_openings']")).to_contain_text("Confirmed")
