"""What the patient sees of an escalation: received, closed until, whom to call, who is on it, and that it is done."""

from typing import Any

import pytest

from portico.access import SystemScope
from portico.clinic.actions import set_setting
from tests import walks
from tests.messaging.practice import BREATH, CALM, started
from tests.pages.tab import Tab
from tests.portal import Persona, Portal


@pytest.fixture
async def portal(fresh_portal: Portal) -> Portal:
    return fresh_portal


async def course_of(who: Persona, thread: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = (await who.send("GET", f"/api/threads/{thread}")).json().get("escalation")
    return found


async def act(portal: Portal, name: str, what: str, **body: str) -> None:
    who = await portal.as_(name)
    (found,) = (await who.send("GET", "/api/escalations")).json()["items"]
    answer = await who.send("PUT", f"/api/escalations/{found['id']}/{what}", json=body or None)
    assert answer.status_code == 200, answer.text


async def test_a_calm_thread_has_no_course(portal: Portal) -> None:
    alice = await portal.as_("alice")
    assert await course_of(alice, await started(alice, alice.own, CALM)) is None


async def test_the_course_from_closed_to_resolved(portal: Portal) -> None:
    # Monday 21:04 in the clinic, which opens again on Tuesday at eight.
    portal.clock.pass_by(hours=9, minutes=4)
    alice = await portal.as_("alice")
    thread = await started(alice, alice.own, BREATH)
    raised = await course_of(alice, thread)
    assert raised is not None
    assert (raised["state"], raised["receivedAt"], raised["closedUntil"]) == (
        "raised",
        "2026-06-02T02:04:00Z",
        "2026-06-02T13:00:00Z",
    )
    (text,) = raised["guidance"]
    assert "We got this on Mon Jun 1, 2026, 9:04 PM." in text["text"]
    assert "The clinic is closed until Tue Jun 2, 2026, 8:00 AM." in text["text"]
    assert "555-0100" in text["text"]
    assert "has been on it" not in text["text"]
    portal.clock.pass_by(minutes=8)
    await act(portal, "nora", "acknowledgement")
    taken = await course_of(alice, thread)
    assert taken is not None
    assert (taken["state"], taken["acknowledgedAt"]) == ("acknowledged", "2026-06-02T02:12:00Z")
    assert "has been on it since Mon Jun 1, 2026, 9:12 PM." in taken["guidance"][0]["text"]
    tab = Tab(alice)
    page = await tab.open(f"/for/{alice.own}/threads/{thread}")
    assert "has been on it since Mon Jun 1, 2026, 9:12 PM." in page.text
    await act(portal, "nora", "resolution", outcome="sent_to_emergency")
    done = await course_of(alice, thread)
    assert done is not None
    assert (done["state"], done["resolvedAt"], done["closedUntil"]) == ("resolved", "2026-06-02T02:12:00Z", None)
    page = await tab.open(f"/for/{alice.own}/threads/{thread}")
    assert "The clinic finished with it on Mon Jun 1, 2026, 9:12 PM." in page.text
    assert "Do not wait for an answer here." not in page.text


async def test_without_a_number_nothing_prints_a_blank(portal: Portal) -> None:
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        await set_setting(tx, portal.site.content, "clinic.phone", None)
    alice = await portal.as_("alice")
    found = await course_of(alice, await started(alice, alice.own, BREATH))
    assert found is not None
    assert found["closedUntil"] is None
    assert "Call the office now. " in found["guidance"][0]["text"]
    assert "911" in {each["number"] for each in found["guidance"][0]["actions"]}
