"""Claiming and releasing: one winner for each review, and nobody waits."""

import asyncio
import time
from datetime import timedelta

import pytest

from portico.access import SystemScope
from portico.clinic.actions import set_setting
from portico.review.model import Verdict
from portico.review.queries import lock_review
from tests import walks
from tests.databases import on_each_version
from tests.portal import NOON, Persona, Portal
from tests.review.desk import PEOPLE, claim

pytestmark = on_each_version


async def test_the_next_claim_takes_the_most_urgent_review(portal: Portal) -> None:
    await walks.queued(portal, "alice")
    urgent = await walks.queued(portal, "bob", walks.SADDLE)
    answer = await (await portal.as_("dr.adams")).send("POST", "/api/reviews/claims")
    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["state"]) == (str(urgent.review_id), "claimed")
    assert answer.json()["claim"]["byName"] == "Dr. Adams Demo"
    assert answer.headers["etag"] == '"2"'


async def test_an_empty_queue_gives_nothing_to_claim(portal: Portal) -> None:
    answer = await (await portal.as_("nora")).send("POST", "/api/reviews/claims")
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(("reviews", "claimers"), [(1, 8), (6, 12), (12, 12), (12, 5)])
async def test_claimers_at_once_get_a_review_each_and_nobody_waits(portal: Portal, reviews: int, claimers: int) -> None:
    for name in PEOPLE[:reviews]:
        await walks.queued(portal, name)
    people = [await portal.as_(name) for name in ("dr.adams", "nora")]

    async def one(persona: Persona) -> tuple[int, str, float]:
        started = time.perf_counter()
        answer = await persona.send("POST", "/api/reviews/claims")
        waited = time.perf_counter() - started
        return answer.status_code, answer.json()["id"] if answer.status_code == 200 else "", waited

    got = await asyncio.gather(*(one(people[number % 2]) for number in range(claimers)))
    won = [review_id for status, review_id, _ in got if status == 200]
    assert len(won) == len(set(won)) == min(reviews, claimers)
    assert sorted({status for status, _, _ in got}) == ([200] if claimers <= reviews else [200, 204])
    assert max(waited for *_, waited in got) <= 2
    assert await walks.count(portal, "review_event", "kind = 'claimed'") == len(won)


async def test_a_claimer_passes_over_a_review_that_somebody_is_claiming(portal: Portal) -> None:
    """The first in the queue is held in an open transaction; the next claim takes the second at once."""
    first = await walks.queued(portal, "alice")
    portal.clock.pass_by(minutes=1)
    second = await walks.queued(portal, "bob")
    adams = await portal.as_("dr.adams")
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        assert (await lock_review(tx, first.review_id)) is not None
        answer = await asyncio.wait_for(adams.send("POST", "/api/reviews/claims"), 2)
        assert answer.json()["id"] == str(second.review_id)
        assert (await adams.send("POST", "/api/reviews/claims")).status_code == 204


async def test_a_colleague_hears_who_holds_the_review(portal: Portal) -> None:
    review = await walks.claimed(portal, "alice")
    answer = await claim(await portal.as_("nora"), review.review_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "claimed-by-another")
    assert "Dr. Adams Demo" in answer.json()["detail"]
    assert answer.json()["data"]["holderName"] == "Dr. Adams Demo"


async def test_two_who_claim_the_same_review_at_once_get_one_claim(portal: Portal) -> None:
    review = await walks.queued(portal, "alice")
    people = [await portal.as_(name) for name in ("dr.adams", "nora")]
    answers = await asyncio.gather(*(claim(person, review.review_id) for person in people))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_claiming_ones_own_review_again_lengthens_the_claim(portal: Portal) -> None:
    review = await walks.claimed(portal, "alice")
    portal.clock.pass_by(minutes=10)
    answer = await claim(await portal.as_("dr.adams"), review.review_id)
    assert answer.status_code == 200
    longer = await walks.review_by_id(portal, review.review_id)
    assert longer.claim_until == NOON + timedelta(minutes=40)


async def test_a_released_review_returns_to_its_old_place(portal: Portal) -> None:
    first = await walks.queued(portal, "alice")
    portal.clock.pass_by(minutes=1)
    await walks.queued(portal, "bob")
    adams = await portal.as_("dr.adams")
    await claim(adams, first.review_id)
    portal.clock.pass_by(minutes=1)
    answer = await adams.send("DELETE", f"/api/reviews/{first.review_id}/claim")
    assert answer.status_code == 204
    freed = await walks.review_by_id(portal, first.review_id)
    assert (freed.state, freed.clinician_id, freed.queued_at, freed.revision) == ("queued", None, NOON, 3)
    assert (await adams.send("POST", "/api/reviews/claims")).json()["id"] == str(first.review_id)


@pytest.mark.parametrize("name", ["nora", "dr.adams"])
async def test_nobody_releases_what_they_do_not_hold(portal: Portal, name: str) -> None:
    held_by = "dr.adams" if name == "nora" else "nora"
    review = await walks.claimed(portal, "alice", by=held_by)
    answer = await (await portal.as_(name)).send("DELETE", f"/api/reviews/{review.review_id}/claim")
    assert (answer.status_code, answer.json()["code"]) == (409, "claimed-by-another")
    assert await walks.review_by_id(portal, review.review_id) == review


async def test_a_claim_lapses_and_the_review_returns_to_its_place(portal: Portal) -> None:
    review = await walks.claimed(portal, "alice")
    portal.clock.pass_by(minutes=29)
    await portal.do_due_work()
    assert (await walks.review_by_id(portal, review.review_id)).state == "claimed"
    portal.clock.pass_by(minutes=1)
    await portal.do_due_work()
    freed = await walks.review_by_id(portal, review.review_id)
    assert (freed.state, freed.clinician_id, freed.queued_at) == ("queued", None, NOON)
    assert freed.revision == review.revision + 1
    assert await walks.count(portal, "review_event", "kind = 'claim_lapsed' and actor_id is null") == 1


async def test_the_clinic_sets_how_long_a_claim_lasts(portal: Portal) -> None:
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        await set_setting(tx, portal.site.content, "review.claim_minutes", "5")
    review = await walks.claimed(portal, "alice")
    assert review.claim_until == NOON + timedelta(minutes=5)


async def test_a_decision_after_the_claim_lapsed_is_refused_and_claiming_anew_helps(portal: Portal) -> None:
    review = await walks.claimed(portal, "alice")
    portal.clock.pass_by(minutes=31)
    adams = await portal.sign_in("dr.adams")
    path = f"/api/reviews/{review.review_id}/decision"
    late = await adams.send("PUT", path, json={"decision": "proceed"}, revision=review.revision)
    assert (late.status_code, late.json()["code"]) == (409, "claim-first")
    again = await claim(adams, review.review_id)
    answer = await adams.send("PUT", path, json={"decision": "proceed"}, revision=again.json()["revision"])
    assert answer.status_code == 200


async def test_a_decided_review_is_not_claimed_again(portal: Portal) -> None:
    review = await walks.decided(portal, "alice", Verdict(decision="proceed"))
    answer = await claim(await portal.as_("dr.adams"), review.review_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "review-cannot-move")
