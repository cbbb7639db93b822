"""Files on a phone without scripts: chosen in the form, kept beside a bad one, opened again as downloads."""

import re

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_walks import PHONE, fits, sign_in
from tests.care import made_files
from tests.played import Demo

pytestmark = [pytest.mark.browser, pytest.mark.alone]

PHOTO: FilePayload = {"name": "knee.jpg", "mimeType": "image/jpeg", "buffer": made_files.jpeg(800, 600)}
REPORT: FilePayload = {"name": "report.pdf", "mimeType": "application/pdf", "buffer": made_files.pdf()}
BAD: FilePayload = {"name": "bad.jpg", "mimeType": "image/jpeg", "buffer": b"no photo"}


def test_a_patient_on_a_phone_sends_photos_and_papers(demo: Demo, open_page: OpenPage) -> None:
    page = open_page(*PHONE, False)
    sign_in(page, demo, "alice")
    page.get_by_role("button", name=re.compile("Start the form|Go on")).first.click()
    base = page.url.rpartition("/screens/")[0]
    for number in range(1, 30):
        page.goto(f"{base}/screens/{number}")
        if page.locator("input[type=file]").count():
            break
    here = page.url
    page.get_by_label("Lab results").check()
    page.locator("input[type=file]").set_input_files([PHOTO, BAD, REPORT])
    page.locator("main .actions").get_by_role("button", name="Save and go on").click()
    expect(page.locator(".faults")).to_contain_text("bad.jpg")
    expect(page.get_by_label("Lab results")).to_be_checked()
    expect(page.get_by_label("Keep: knee.jpg")).to_be_checked()
    page.get_by_label("Keep: report.pdf").uncheck()
    page.locator("main .actions").get_by_role("button", name="Save and go on").click()
    expect(page.locator(".faults")).to_have_count(0)
    page.goto(here)
    assert fits(page)
    expect(page.get_by_label("Keep: report.pdf")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="knee.jpg").click()
    assert download.value.suggested_filename == "knee.jpg"
    assert made_files.CANARY.encode() not in download.value.path().read_bytes()


def test_somebody_chooses_which_mail_they_do_without(demo: Demo, open_page: OpenPage) -> None:
    page = open_page(*PHONE, False)
    sign_in(page, demo, "bob")
    page.get_by_role("link", name="Mail to you").click()
    page.get_by_label("A new message for you").uncheck()
    assert fits(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    expect(page.get_by_label("A new message for you")).not_to_be_checked()
