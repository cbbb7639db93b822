"""A real Chromium at a real demo. Without Chromium the tests are left out, unless PORTICO_REQUIRE_BROWSER=1."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.played import Demo, running_demo

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 10_000

OpenPage = Callable[[int, int, bool], Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        reason = "no Chromium on this machine; install it (apt install chromium) to run these tests"
        if os.environ.get("PORTICO_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def demo(browser: Browser) -> Iterator[Demo]:
    del browser
    with running_demo() as running:
        yield running


@pytest.fixture
def open_page(browser: Browser, demo: Demo) -> Iterator[OpenPage]:
    """A page of this width and height, with or without scripts, in a browser that remembers nothing."""
    opened = []

    def make(width: int, height: int, has_scripts: bool) -> Page:
        context = browser.new_context(
            base_url=demo.base_url,
            viewport={"width": width, "height": height},
            java_script_enabled=has_scripts,
        )
        context.set_default_timeout(WAIT_MS)
        opened.append(context)
        return context.new_page()

    yield make
    for context in opened:
        context.close()
