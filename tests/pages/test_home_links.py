"""What the home page offers, and where staff find what belongs to a patient."""

from datetime import timedelta

from tests import walks
from tests.pages.tab import Tab
from tests.portal import Portal

CARE = "After your procedure: what to do, and the soreness check-in"


async def test_after_care_is_offered_after_a_procedure_alone(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    assert CARE not in (await Tab(alice).open("/")).text
    made = {
        "patient": alice.own,
        "performedOn": f"{portal.clock.now() - timedelta(days=2):%Y-%m-%d}",
        "regions": ["knee"],
    }
    assert (await nora.send("POST", "/api/procedures", json=made)).status_code == 201
    assert CARE in (await Tab(alice).open("/")).text


async def test_under_a_danger_nothing_offers_to_close_the_account(portal: Portal) -> None:
    bob = await portal.as_("bob")
    assert "/account-closure" in (await Tab(bob).open("/")).links
    await walks.drafted(portal, "bob", walks.SADDLE)
    assert "/account-closure" not in (await Tab(bob).open("/")).links


async def test_procedures_are_reached_from_person_thread_and_review(portal: Portal) -> None:
    review = await walks.claimed(portal, "alice")
    thread = await walks.thread_of(portal, "alice")
    alice, adams = await portal.as_("alice"), await portal.as_("dr.adams")
    for place in (f"/people/{alice.own}", f"/threads/{thread}", f"/reviews/{review.review_id}"):
        page = await Tab(adams).open(place)
        assert f"/patients/{alice.own}/procedures" in page.links, place
