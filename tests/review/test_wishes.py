"""What a patient wishes for a visit is read for danger as any message is, before anything is asked for."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from portico import triage
from tests.databases import DatabaseUrls
from tests.pages.tab import Tab
from tests.portal import Persona, Portal, open_portal

BREATH = "Made-up: a morning please. Since yesterday I cannot breathe and my chest hurts."
CALM = "Made-up: a morning would suit me best."


async def ask(who: Persona, wishes: str, patient: str | None = None) -> httpx.Response:
    return await who.send("POST", "/api/consult-requests", json={"patient": patient or who.own, "wishes": wishes})


async def threads_about(portal: Portal, patient: str) -> list[dict[str, Any]]:
    nora = await portal.as_("nora")
    found: list[dict[str, Any]] = (await nora.send("GET", f"/api/threads?patient={patient}")).json()["items"]
    return found


@pytest.mark.parametrize("name", ["alice", "pat"])
async def test_danger_in_wishes_is_a_message_to_the_nurses_and_no_visit(name: str, portal: Portal) -> None:
    alice, who, nora = await portal.as_("alice"), await portal.as_(name), await portal.as_("nora")
    answer = await ask(who, BREATH, alice.own)
    assert (answer.status_code, answer.json()["code"]) == (409, "red-flag-open")
    assert answer.json()["data"]["guidance"][0]["key"] == "em.breath"
    (thread,) = await threads_about(portal, alice.own)
    assert (thread["level"], thread["pool"]) == ("emergency", "nurses")
    (message,) = (await nora.send("GET", f"/api/threads/{thread['id']}/messages")).json()["items"]
    assert (message["body"], message["rules"]) == (BREATH, ["ST01"])
    (escalation,) = (await nora.send("GET", "/api/escalations")).json()["items"]
    assert escalation["subject"] == {"kind": "thread", "id": thread["id"]}
    assert (await nora.send("GET", f"/api/consults?patient={alice.own}")).json()["items"] == []
    # Sent again it is refused as long as nobody has resolved it, and nothing is stored twice.
    assert (await ask(who, BREATH, alice.own)).status_code == 409
    assert len(await threads_about(portal, alice.own)) == 1


async def test_calm_wishes_are_a_request_alone(portal: Portal) -> None:
    alice = await portal.as_("alice")
    assert (await ask(alice, CALM)).status_code == 201
    assert await threads_about(portal, alice.own) == []


async def test_a_reader_that_fails_never_lets_wishes_pass_as_calm(fresh_database: DatabaseUrls, tmp_path: Path) -> None:
    def broken(_: triage.Message) -> triage.Reading:
        raise RuntimeError

    async with open_portal(fresh_database, tmp_path, reader=broken) as portal:
        alice = await portal.as_("alice")
        assert (await ask(alice, CALM)).json()["code"] == "red-flag-open"
        assert [each["level"] for each in await threads_about(portal, alice.own)] == ["same_day"]


async def test_the_page_says_what_to_do_and_offers_nothing_else(portal: Portal) -> None:
    alice = await portal.as_("alice")
    tab = Tab(alice)
    page = await tab.open(f"/for/{alice.own}/consult-request")
    (form,) = [each for each in page.forms if each.action.endswith("/consult-request")]
    page = await tab.press(form, wishes=BREATH)
    assert tab.status == 409
    assert "Call 911" in page.text
    assert not [each for each in page.forms if each.action.endswith("/consult-request")]


async def test_a_second_press_is_answered_as_the_first(portal: Portal) -> None:
    alice = await portal.as_("alice")
    tab = Tab(alice)
    page = await tab.open(f"/for/{alice.own}/consult-request")
    (form,) = [each for each in page.forms if each.action.endswith("/consult-request")]
    for _ in range(2):
        page = await tab.press(form, wishes=BREATH)
        assert tab.status == 409
        assert ("h2", "The nurses have what you wrote") in page.headings
        assert BREATH in page.text
    assert len(await threads_about(portal, alice.own)) == 1


async def test_other_words_while_a_danger_is_open_are_said_not_to_be_sent(portal: Portal) -> None:
    alice = await portal.as_("alice")
    tab = Tab(alice)
    page = await tab.open(f"/for/{alice.own}/consult-request")
    (form,) = [each for each in page.forms if each.action.endswith("/consult-request")]
    assert (await ask(alice, BREATH)).status_code == 409
    page = await tab.press(form, wishes=CALM)
    assert ("h2", "What you wrote was not sent") in page.headings


async def test_days_alone_are_a_request_even_the_day_after_a_procedure(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    yesterday = f"{portal.clock.now() - timedelta(days=1):%Y-%m-%d}"
    made = {"patient": alice.own, "performedOn": yesterday, "regions": ["knee"], "tissues": []}
    assert (await nora.send("POST", "/api/procedures", json=made)).status_code == 201
    assert (await ask(alice, "Mondays")).status_code == 201
    assert await threads_about(portal, alice.own) == []
