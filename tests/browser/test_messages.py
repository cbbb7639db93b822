"""Messages as people write them: on a phone without scripts, and with scripts kept while typing and told of news."""

import re

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_walks import DESK, PHONE, fits, sign_in
from tests.care import made_files
from tests.played import Demo

PHOTO: FilePayload = {"name": "knee.jpg", "mimeType": "image/jpeg", "buffer": made_files.jpeg()}

pytestmark = [pytest.mark.browser, pytest.mark.alone]


def test_a_patient_on_a_phone_writes_and_reads_what_to_do_at_once(demo: Demo, open_page: OpenPage) -> None:
    page = open_page(*PHONE, False)
    sign_in(page, demo, "mia")
    page.get_by_role("link", name=re.compile("^Messages")).click()
    page.get_by_role("link", name="Write a message").click()
    expect(page.get_by_text("Call 911 if it is hard to breathe or your chest hurts.")).to_be_visible()
    assert fits(page)
    page.get_by_label("Soreness or pain").check()
    page.get_by_label("Subject").fill("Made-up subject")
    page.get_by_label("Your message").fill("Made-up: I cannot breathe and my chest hurts.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What to do now")
    expect(page.locator("main").get_by_role("link", name="Call 911").first).to_have_attribute("href", "tel:911")
    assert fits(page)
    page.get_by_role("link", name="I have read this").click()
    expect(page.get_by_text("Made-up: I cannot breathe and my chest hurts.")).to_be_visible()
    assert fits(page)
    desk = open_page(*DESK, False)
    sign_in(desk, demo, "nora")
    desk.get_by_role("link", name="Messages").click()
    desk.get_by_role("link", name="Made-up subject").click()
    desk.get_by_label("Answer").fill("Made-up: please call 911 now.")
    desk.get_by_role("button", name="Send").click()
    page.reload()
    expect(page.get_by_text("Made-up: please call 911 now.")).to_be_visible()
    expect(page.get_by_text("The clinic has read this.")).to_be_visible()


def test_a_patient_on_a_phone_sends_a_photo_and_the_nurse_sees_it(demo: Demo, open_page: OpenPage) -> None:
    page = open_page(*PHONE, False)
    sign_in(page, demo, "kim")
    page.get_by_role("link", name=re.compile("^Messages")).click()
    page.get_by_role("link", name="Write a message").click()
    page.get_by_label("Soreness or pain").check()
    page.get_by_label("Subject").fill("Made-up photo")
    page.get_by_label("Choose files").set_input_files([PHOTO])
    assert fits(page)
    page.get_by_role("button", name="Send").click()
    # A photo without words is for the same day.
    expect(page.get_by_role("heading", level=1)).to_have_text("What to do now")
    page.get_by_role("link", name="I have read this").click()
    expect(page.get_by_role("heading", name="What is being done")).to_be_visible()
    expect(page.get_by_role("link", name="knee.jpg")).to_be_visible()
    assert fits(page)
    desk = open_page(*DESK, False)
    sign_in(desk, demo, "nora")
    desk.goto("/threads")
    desk.get_by_role("link", name="Made-up photo").click()
    with desk.expect_download() as download:
        desk.get_by_role("link", name="knee.jpg").click()
    assert download.value.suggested_filename == "knee.jpg"
    assert made_files.CANARY.encode() not in download.value.path().read_bytes()


def test_with_scripts_what_is_typed_is_kept_and_news_are_told(demo: Demo, open_page: OpenPage) -> None:
    page = open_page(*PHONE, True)
    sign_in(page, demo, "jon")
    page.get_by_role("link", name=re.compile("^Messages")).click()
    page.get_by_role("link", name="Write a message").click()
    page.get_by_label("Something else").check()
    page.get_by_label("Subject").fill("Made-up news")
    page.get_by_label("Your message").fill("Made-up: half a sen")
    expect(page.get_by_text("Kept on the server.")).to_be_visible()
    page.get_by_role("link", name="Back to the messages").click()
    page.get_by_role("link", name="Go on writing").click()
    expect(page.get_by_label("Your message")).to_have_value("Made-up: half a sen")
    page.get_by_label("Your message").fill("Made-up: a whole sentence.")
    page.get_by_role("button", name="Send").click()
    if page.get_by_role("heading", level=1).inner_text() == "What to do now":
        page.get_by_role("link", name="I have read this").click()
    expect(page.get_by_text("There is something new.")).to_be_hidden()
    desk = open_page(*DESK, True)
    sign_in(desk, demo, "nora")
    desk.goto("/threads")
    desk.get_by_role("link", name="Made-up news").click()
    desk.get_by_label("Answer").fill("Made-up: an answer.")
    desk.get_by_role("button", name="Send").click()
    expect(page.get_by_text("There is something new.")).to_be_visible()
    page.get_by_role("link", name="Show it").click()
    expect(page.get_by_text("Made-up: an answer.")).to_be_visible()


def test_with_scripts_the_end_of_the_session_is_told_while_typing_and_nothing_is_lost(
    demo: Demo, open_page: OpenPage
) -> None:
    page = open_page(*PHONE, True)
    sign_in(page, demo, "jon")
    page.get_by_role("link", name=re.compile("^Messages")).click()
    page.get_by_role("link", name="Write a message").click()
    page.get_by_label("Something else").check()
    page.get_by_label("Subject").fill("Made-up end")
    other = page.context.new_page()
    other.goto("/")
    other.get_by_role("button", name=re.compile("^Sign out")).click()
    page.get_by_label("Your message").fill("Made-up: I have chest pain.")
    expect(page.get_by_role("alert")).to_contain_text("You were signed out.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Not sent: your sign-in had ended")).to_be_visible()
    expect(page.get_by_role("heading", name="Trouble breathing or chest pain")).to_be_visible()
    expect(page.get_by_text("Made-up")).to_have_count(0)
    assert fits(page)


def test_a_proxy_reads_of_the_patient_by_name_and_no_button_costs_what_is_typed(
    demo: Demo, open_page: OpenPage
) -> None:
    page = open_page(*PHONE, False)
    sign_in(page, demo, "pat")
    page.get_by_role("link", name=re.compile("^Messages")).click()
    page.get_by_role("link", name="Write a message").click()
    page.get_by_label("Soreness or pain").check()
    page.get_by_label("Subject").fill("Made-up about Alice")
    page.get_by_label("Your message").fill("Made-up: her throat is closing and her lips are swelling.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Alice Demo may have a bad allergy")).to_be_visible()
    expect(page.get_by_text("This is about Alice Demo.")).to_be_visible()
    assert fits(page)
    page.get_by_role("link", name="I have read this").click()
    page.get_by_text("Take back or correct").click()
    page.get_by_label("Write more").fill("Made-up: half an answer")
    page.get_by_label("Why?").fill("Made-up mistake")
    page.get_by_label("Corrected message").fill("Made-up: her throat is closing.")
    assert fits(page)
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("Taken back by Pat Demo: Made-up mistake")).to_be_visible()
    expect(page.get_by_label("Write more")).to_have_value("Made-up: half an answer")
    assert fits(page)


def test_a_note_that_was_kept_beside_an_answer_is_one_note_after_loading_again(demo: Demo, open_page: OpenPage) -> None:
    page = open_page(*PHONE, False)
    sign_in(page, demo, "finn")
    page.get_by_role("link", name=re.compile("^Messages")).click()
    page.get_by_role("link", name="Write a message").click()
    page.get_by_label("Something else").check()
    page.get_by_label("Subject").fill("Made-up hours")
    page.get_by_label("Your message").fill("Made-up: when do you open?")
    page.get_by_role("button", name="Send").click()
    desk = open_page(*DESK, False)
    sign_in(desk, demo, "nora")
    desk.goto("/threads")
    desk.get_by_role("link", name="Made-up hours").click()
    desk.get_by_label("Answer").fill("Made-up: half an answer")
    desk.get_by_label("New note").fill("Made-up note for colleagues")
    desk.get_by_role("button", name="Keep the note").click()
    desk.reload()
    expect(desk.get_by_text("Made-up note for colleagues")).to_have_count(1)
    expect(desk.get_by_label("Answer")).to_have_value("Made-up: half an answer")
