"""Where staff read what somebody was called before: beside the answers, beside the patient, beside a colleague."""

from io import BytesIO

from pypdf import PdfReader

from tests import walks
from tests.portal import Portal
from tests.review.desk import listed

CHANGE = "/api/account/name"


async def renamed(portal: Portal, name: str, wanted: str) -> None:
    persona = await portal.as_(name)
    await persona.step_up()
    answer = await persona.send("PUT", CHANGE, json={"name": wanted})
    assert answer.status_code == 200, answer.text


async def test_a_name_that_changed_after_the_answers_came_in_stands_beside_them(portal: Portal) -> None:
    review = await walks.queued(portal, "alice")
    adams = await portal.as_("dr.adams")
    [before] = [entry["patient"] for entry in await listed(adams)]
    assert "sentAs" not in before
    portal.clock.pass_by(minutes=1)
    await renamed(portal, "alice", "Alicia Wed")
    [after] = [entry["patient"] for entry in await listed(adams)]
    assert (after["name"], after["sentAs"]) == ("Alicia Wed", before["name"])
    alone = (await adams.send("GET", f"/api/reviews/{review.review_id}")).json()
    assert alone["patient"]["sentAs"] == before["name"]
    assert alone["summary"]["header"]["sentAs"] == before["name"]
    printed = await adams.send("GET", f"/reviews/{review.review_id}/summary.pdf")
    assert f"Alicia Wed (was: {before['name']})" in PdfReader(BytesIO(printed.content)).pages[0].extract_text()
    for path in ("/reviews", f"/reviews/{review.review_id}"):
        assert f"was: {before['name']}<" in (await adams.send("GET", path)).text, path


async def test_of_several_changes_the_name_of_that_time_is_shown_and_the_same_name_is_none(portal: Portal) -> None:
    await renamed(portal, "alice", "Alice First")
    portal.clock.pass_by(minutes=1)
    await walks.queued(portal, "alice")
    portal.clock.pass_by(minutes=1)
    adams = await portal.as_("dr.adams")
    for wanted, was in (("Alice Second", "Alice First"), ("Alice Third", "Alice First"), ("Alice First", None)):
        await renamed(portal, "alice", wanted)
        [entry] = await listed(adams)
        assert entry["patient"].get("sentAs") == was, wanted


async def test_a_filtered_queue_says_it_too(portal: Portal) -> None:
    await walks.queued(portal, "alice")
    portal.clock.pass_by(minutes=1)
    await renamed(portal, "alice", "Alicia Wed")
    [entry] = await listed(await portal.as_("dr.adams"), "?clinician=none")
    assert "sentAs" in entry["patient"]


async def test_admins_see_what_a_colleague_was_called(portal: Portal) -> None:
    nora, anna = portal.people.by_name["nora"], await portal.as_("anna")
    await renamed(portal, "nora", "Nora Wed")
    page = (await anna.send("GET", f"/staff/{nora.account_id}")).text
    assert f"Was: {nora.name}<" in page
    assert "Changed by the person." in page
    await anna.step_up()
    assert (
        await anna.send("PUT", f"/api/accounts/{nora.account_id}/name", json={"name": "Nora N."})
    ).status_code == 200
    page = (await anna.send("GET", f"/staff/{nora.account_id}")).text
    assert "Was: Nora Wed<" in page
    assert "Changed by Anna" in page
