"""While something urgent is unresolved, nothing anybody does takes it out of sight, and nothing is sold beside it."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from portico.app import ROUTES
from tests import walks
from tests.messaging.practice import BREATH, CALM, FEVER, WORRIED, messages, started, threads, write
from tests.messaging.soreness import begin, save, submit, treat
from tests.messaging.test_handling import account, escalation_about, put, resolve
from tests.messaging.test_jobs import wait
from tests.pages.tab import Tab
from tests.portal import Persona, Portal

TRADE = ("$", "Ask for a visit", "thank", "pay ", "Visit:", "cost", "candidate")


async def stands_in_every_list(portal: Portal, thread: str, *, first: bool) -> bool:
    """In the inbox and among the urgent cases, on the staff's pages and the patient's."""
    nora, alice = await portal.as_("nora"), await portal.as_("alice")
    listed = [each["id"] for each in await threads(nora)]
    inbox, urgent = await Tab(nora).open("/threads"), await Tab(nora).open("/escalations")
    mine = await Tab(alice).open(f"/for/{alice.own}/threads")
    return (
        (listed[0] == thread if first else thread in listed)
        and (await escalation_about(nora, thread))["state"] != "resolved"
        and f"/threads/{thread}" in inbox.links
        and any(thread in link for link in urgent.links)
        and any(link.endswith(f"/threads/{thread}") for link in mine.links)
    )


async def cannot_be_closed(who: Persona, thread: str) -> bool:
    answer = await put(who, thread, "closure", sentence="Fine.")
    page = await Tab(who).open(f"/threads/{thread}")
    by_page = [form for form in page.forms if form.action.endswith("/closure")]
    return (answer.status_code, answer.json()["code"]) == (409, "escalation-open") and by_page == []


@pytest.mark.parametrize("body", [BREATH, FEVER, WORRIED])
async def test_nothing_takes_what_is_unresolved_out_of_sight(body: str, fresh_portal: Portal) -> None:
    portal = fresh_portal
    alice, bob, nora = [await portal.as_(name) for name in ("alice", "bob", "nora")]
    thread = await started(alice, alice.own, body, topic="billing")
    await started(bob, bob.own)
    message = (await messages(alice, thread))[0]["id"]
    escalation = (await escalation_about(nora, thread))["id"]
    adams = await portal.as_("dr.adams")
    acts: list[Callable[[], Awaitable[httpx.Response]]] = [
        lambda: write(nora, thread, "All will be well."),
        lambda: nora.send("PUT", f"/api/threads/{thread}/read-mark", json={"seq": 2}),
        lambda: put(nora, thread, "assignment", to=account(portal, "nora")),
        lambda: put(nora, thread, "assignment", to=None),
        lambda: put(alice, thread, f"messages/{message}/retraction", reason="It was nothing."),
        lambda: put(adams, thread, f"messages/{message}/level", level="routine", reason="She is well."),
        lambda: nora.send("PUT", f"/api/escalations/{escalation}/acknowledgement"),
        lambda: nora.send("PUT", f"/api/escalations/{escalation}/resolution", json={"outcome": "left_message"}),
        lambda: write(alice, thread, CALM),
    ]
    for place, act in enumerate(acts):
        answer = await act()
        assert answer.status_code in (200, 201), (place, answer.text)
        assert await cannot_be_closed(nora, thread), place
        # A clinician who lowers the level moves it in the inbox; among the urgent cases it stays where it was.
        assert await stands_in_every_list(portal, thread, first=place < 5), place
    await wait(portal, days=3)
    assert await cannot_be_closed(await portal.as_("nora"), thread)
    assert await stands_in_every_list(portal, thread, first=False)
    nora = await portal.as_("nora")
    await resolve(nora, thread)
    assert (await put(nora, thread, "closure", sentence="Fine.")).status_code == 200


def test_no_route_puts_anything_off_or_away() -> None:
    words = ("snooze", "hide", "archive", "mute", "dismiss", "postpone", "delete")
    paths = {path for route in ROUTES for path in route.paths if "thread" in path or "escalation" in path}
    assert paths
    assert [path for path in paths for word in words if word in path] == []
    assert {"DELETE /api/threads/{thread_id:uuid}/closure", "DELETE /api/threads/{thread_id:uuid}/draft"} == {
        f"DELETE {path}" for route in ROUTES if "DELETE" in route.http_methods for path in route.paths if path in paths
    }


def says_first_what_to_do(page_text: str, said: str, page_tab: Tab) -> bool:
    texts = [text for tag, text in page_tab.page.headings if tag in ("h1", "h2", "h3")]
    return said in texts[:3] and not [word for word in TRADE if word.casefold() in page_text.casefold()]


@pytest.mark.parametrize(("body", "key"), [(BREATH, "em.breath"), (FEVER, "em.infection"), (WORRIED, "sd.call")])
async def test_every_page_of_a_patient_in_danger_says_first_what_to_do_and_sells_nothing(
    body: str, key: str, fresh_portal: Portal
) -> None:
    said = fresh_portal.site.content.guidance[key].texts["en"].title
    alice = await fresh_portal.as_("alice")
    await walks.booked(fresh_portal, "alice")
    thread = await started(alice, alice.own, body)
    await in_danger(fresh_portal, thread, said)


async def test_a_check_in_sent_in_danger_stands_on_every_page(fresh_portal: Portal) -> None:
    portal = fresh_portal
    await treat(portal, "alice", 1)
    alice = await portal.as_("alice")
    await walks.booked(portal, "alice")
    made = await begin(portal, "alice")
    saved = await save(alice, made, {"now.any": ["breath"]}, sites=(), only_told=True)
    outcome = (await submit(alice, made[0], saved["revision"], partial=True)).json()
    said = portal.site.content.guidance["em.breath"].texts["en"].title
    await in_danger(portal, outcome["thread"], said)
    # Calm words later take nothing away.
    await write(alice, outcome["thread"], CALM)
    await in_danger(portal, outcome["thread"], said)


async def in_danger(portal: Portal, thread: str, said: str) -> None:
    """Every page of the patient's that shows the danger says first what to do, and nothing of a visit or money."""
    alice = await portal.as_("alice")
    tab = Tab(alice)
    message = (await messages(alice, thread))[0]["id"]
    base = f"/for/{alice.own}/threads"
    for place in ("/", base, f"{base}/{thread}", f"{base}/{thread}/messages/{message}/danger"):
        page = await tab.open(place)
        assert says_first_what_to_do(page.text, said, tab), place
    for place in (f"/for/{alice.own}/compose", f"/for/{alice.own}/after-care"):
        page = await tab.open(place)
        assert not [word for word in TRADE if word.casefold() in page.text.casefold()], place
