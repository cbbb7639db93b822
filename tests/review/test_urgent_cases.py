"""Deciding an intake about which an urgent case is open: resolved by who says what was done, never silently."""

from dataclasses import replace
from typing import Any

import pytest

from portico.review.model import Verdict
from tests import walks
from tests.pages.tab import Tab
from tests.portal import Portal
from tests.review.desk import PROCEED, REFER, decide

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SENT_AWAY = {"outcome": "sent_to_emergency", "note": "Made-up note."}


async def danger(portal: Portal) -> Any:
    """A claimed review of an intake that says: seek care now."""
    return await walks.claimed(portal, "alice", walks.SADDLE)


async def test_a_decision_says_what_was_done_and_resolves_it_by_the_same_person(portal: Portal) -> None:
    review = await danger(portal)
    adams = await portal.as_("dr.adams")
    verdict = {**REFER, "resolution": SENT_AWAY}
    answer = await decide(adams, review.review_id, verdict, revision=review.revision)
    assert (answer.status_code, answer.json()["state"]) == (200, "decided")
    assert await walks.escalation_of(portal, "alice", review.response_id) is None
    by = f"resolved_by = '{walks.caller(portal, 'dr.adams').account_id}' and outcome = 'sent_to_emergency'"
    assert await walks.count(portal, "escalation", by) == 1
    assert await walks.count(portal, "escalation_event", "kind = 'resolve' and note_sealed is not null") == 1
    assert await walks.count(portal, "audit_event", "object_kind = 'escalation' and action = 'change'") == 1


async def test_a_decision_that_says_nothing_leaves_it_open_and_the_page_says_so(portal: Portal) -> None:
    review = await danger(portal)
    adams = await portal.as_("dr.adams")
    assert "An urgent case is open about this intake" in (await adams.send("GET", f"/reviews/{review.review_id}")).text
    assert (await decide(adams, review.review_id, REFER, revision=review.revision)).status_code == 200
    left = await walks.escalation_of(portal, "alice", review.response_id)
    assert left is not None
    assert left.state == "raised"
    page = (await adams.send("GET", f"/reviews/{review.review_id}")).text
    assert "stays open until somebody says what was done" in page
    assert "Record what was done" in page


async def test_a_left_message_keeps_it_open_in_the_hands_of_who_decided(portal: Portal) -> None:
    review = await danger(portal)
    adams = await portal.as_("dr.adams")
    verdict = {**REFER, "resolution": {"outcome": "left_message"}}
    assert (await decide(adams, review.review_id, verdict, revision=review.revision)).status_code == 200
    left = await walks.escalation_of(portal, "alice", review.response_id)
    assert left is not None
    assert (left.state, left.acknowledged_by) == ("acknowledged", walks.caller(portal, "dr.adams").account_id)


async def test_a_refused_decision_resolves_nothing(portal: Portal) -> None:
    review = await danger(portal)
    adams = await portal.as_("dr.adams")
    verdict = {**PROCEED, "resolution": SENT_AWAY}
    assert (await decide(adams, review.review_id, verdict, revision=review.revision)).status_code == 422
    assert await walks.escalation_of(portal, "alice", review.response_id) is not None


@pytest.mark.parametrize(
    ("resolution", "status", "code"),
    [
        (SENT_AWAY, 409, "nothing-to-resolve"),
        ({"outcome": "spoke", "note": "x" * 4001}, 422, "note-too-long"),
        ({"outcome": "danced"}, 400, "invalid-request"),
    ],
)
async def test_a_resolution_of_nothing_or_of_nonsense_decides_nothing(
    portal: Portal, resolution: dict[str, str], status: int, code: str
) -> None:
    review = await walks.claimed(portal, "alice")
    adams = await portal.as_("dr.adams")
    verdict = {**PROCEED, "resolution": resolution}
    answer = await decide(adams, review.review_id, verdict, revision=review.revision)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await walks.review_by_id(portal, review.review_id)).state == "claimed"


@pytest.mark.parametrize(
    ("verdict", "is_left"),
    [(Verdict(decision="proceed"), False), (Verdict(decision="needs_information", sentence="When?"), True)],
    ids=["decided", "only asked"],
)
async def test_a_late_review_is_resolved_by_the_decision_that_it_waited_for(
    portal: Portal, verdict: Verdict, *, is_left: bool
) -> None:
    await walks.booked(portal, "alice", days=0.5)
    review = await walks.queued(portal, "alice", walks.FLAGGED)
    await portal.do_due_work()
    adams = await portal.as_("dr.adams")
    late = await walks.review_by_id(portal, review.review_id)
    await adams.send("PUT", f"/api/reviews/{review.review_id}/claim")
    body = {"decision": verdict.decision, **({"sentence": verdict.sentence} if verdict.sentence else {})}
    assert (await decide(adams, review.review_id, body, revision=late.revision + 1)).status_code == 200
    left = await walks.escalation_of(portal, "alice", review.response_id)
    assert (left is not None) is is_left


async def test_the_page_decides_and_resolves_in_one(portal: Portal) -> None:
    review = await danger(portal)
    adams = await portal.as_("dr.adams")
    sent = f"revision={review.revision}&decision=refer&sentence=Please+go&done_note=Called"
    place = f"/reviews/{review.review_id}/decision"
    refused = await adams.send("POST", place, body=sent.encode(), headers=FORM)
    assert (refused.status_code, "Choose what was done." in refused.text, "Called" in refused.text) == (400, True, True)
    answer = await adams.send("POST", place, body=f"{sent}&done=spoke".encode(), headers=FORM)
    assert answer.status_code == 303
    assert await walks.escalation_of(portal, "alice", review.response_id) is None


async def test_the_case_is_taken_and_resolved_from_the_reviews_page(portal: Portal) -> None:
    review = await walks.queued(portal, "alice", walks.SADDLE)
    case = await walks.escalation_of(portal, "alice", review.response_id)
    assert case is not None
    nora = await portal.as_("nora")
    back = f"review={review.review_id}".encode()
    place = f"/escalations/{case.escalation_id}"
    taken = await nora.send("POST", f"{place}/acknowledgement", body=back, headers=FORM)
    assert taken.headers["location"] == f"/reviews/{review.review_id}"
    done = await nora.send("POST", f"{place}/resolution", body=back + b"&outcome=spoke", headers=FORM)
    assert done.headers["location"] == f"/reviews/{review.review_id}"


async def test_after_refer_the_patient_reads_the_clinicians_words_from_the_home_page(portal: Portal) -> None:
    review = await danger(portal)
    adams, alice = await portal.as_("dr.adams"), await portal.as_("alice")
    await decide(adams, review.review_id, {**REFER, "resolution": SENT_AWAY}, revision=review.revision)
    home = (await alice.send("GET", "/")).text
    assert "Read what your clinician wrote" in home
    outcome = (await alice.send("GET", f"/for/{alice.own}/responses/{review.response_id}/outcome")).text
    assert "Please see a neurologist first." in outcome


async def in_a_message(portal: Portal, name: str) -> str:
    """A danger of the patient's that is not about their intake."""
    await walks.thread_of(portal, name, "Made-up: I cannot breathe and my chest hurts.")
    nora = await portal.as_("nora")
    (case,) = (await nora.send("GET", "/api/escalations")).json()["items"]
    assert case["level"] == "emergency"
    return str(case["id"])


async def test_going_on_past_an_open_danger_needs_the_word_that_it_was_seen(portal: Portal) -> None:
    review = await walks.claimed(portal, "alice")
    case = await in_a_message(portal, "alice")
    tab = Tab(await portal.as_("dr.adams"))
    page = await tab.open(f"/reviews/{review.review_id}")
    assert "1 urgent case of this patient is open" in page.text
    assert f"/escalations#e-{case}" in page.links
    page = await tab.press(page.form("/decision"), decision="proceed", sentence="Made-up words.")
    assert tab.status == 409
    assert "Made-up words." in page.text
    assert "#seen" in page.links
    assert (await walks.review_by_id(portal, review.review_id)).state == "claimed"
    await tab.press(page.form("/decision"), decision="proceed", sentence="Made-up words.", seen="yes")
    assert (await walks.review_by_id(portal, review.review_id)).state == "decided"


async def test_a_danger_that_came_after_the_page_was_opened_is_not_among_those_seen(portal: Portal) -> None:
    review = await walks.claimed(portal, "alice")
    adams = await portal.as_("dr.adams")
    await in_a_message(portal, "alice")
    sent = f"revision={review.revision}&decision=proceed&shown=&seen=yes"
    place = f"/reviews/{review.review_id}/decision"
    assert (await adams.send("POST", place, body=sent.encode(), headers=FORM)).status_code == 409
    asked = f"revision={review.revision}&decision=refer&sentence=Go&reason_code=other&reason_text=Made-up"
    assert (await adams.send("POST", place, body=asked.encode(), headers=FORM)).status_code == 303


async def test_over_json_a_list_of_what_was_seen_is_held_to(portal: Portal) -> None:
    review = await walks.claimed(portal, "alice")
    case = await in_a_message(portal, "alice")
    adams = await portal.as_("dr.adams")
    read = (await adams.send("GET", f"/api/reviews/{review.review_id}")).json()
    assert [danger["id"] for danger in read["openDangers"]] == [case]
    answer = await decide(adams, review.review_id, {**PROCEED, "seenEscalations": []}, revision=review.revision)
    assert (answer.status_code, answer.json()["code"]) == (409, "danger-not-seen")
    assert answer.json()["data"]["escalations"] == [case]
    answer = await decide(adams, review.review_id, {**PROCEED, "seenEscalations": [case]}, revision=review.revision)
    assert answer.status_code == 200


async def test_the_summary_outside_its_review_names_what_is_open(portal: Portal) -> None:
    review = await walks.claimed(portal, "alice")
    await in_a_message(portal, "alice")
    nora = await portal.as_("nora")
    page = (await nora.send("GET", f"/responses/{review.response_id}/summary")).text
    assert "1 urgent case of this patient is open" in page


@pytest.mark.parametrize("button", ["acknowledgement", "release", "claim"])
async def test_no_button_of_the_page_costs_a_decision_that_was_begun(portal: Portal, button: str) -> None:
    review = await danger(portal)
    tab = Tab(await portal.as_("dr.adams"))
    await tab.open(f"/reviews/{review.review_id}")
    typed = {
        "decision": "refer",
        "sentence": "Made-up words",
        "reason_text": "Half",
        "done": "spoke",
        "done_note": "Called",
    }
    form = replace(tab.page.form("/decision"), action=f"/reviews/{review.review_id}/{button}")
    for _ in range(2 if button == "acknowledgement" else 1):
        await tab.send(form, typed)
        assert tab.status == 200
        for name, text in typed.items():
            assert tab.page.values(name) == [text], name
    case = await walks.escalation_of(portal, "alice", review.response_id)
    assert case is not None
    assert (case.state == "acknowledged") is (button == "acknowledgement")
    if button == "release":
        assert "You do not hold this review now." in tab.page.text
        await tab.send(replace(form, action=f"/reviews/{review.review_id}/claim"), typed)
    await tab.press(tab.page.form("/decision"))
    assert (await walks.review_by_id(portal, review.review_id)).state == "decided"
    assert await walks.escalation_of(portal, "alice", review.response_id) is None


async def test_with_nothing_typed_the_buttons_lead_on_as_before(portal: Portal) -> None:
    review = await danger(portal)
    tab = Tab(await portal.as_("dr.adams"))
    for button, place in (("acknowledgement", f"/reviews/{review.review_id}"), ("release", "/reviews")):
        await tab.open(f"/reviews/{review.review_id}")
        await tab.send(replace(tab.page.form("/decision"), action=f"/reviews/{review.review_id}/{button}"), {})
        assert tab.address == place


async def test_what_a_colleague_is_on_already_is_said_beside_the_decision(portal: Portal) -> None:
    review = await danger(portal)
    case = await walks.escalation_of(portal, "alice", review.response_id)
    assert case is not None
    tab = Tab(await portal.as_("dr.adams"))
    await tab.open(f"/reviews/{review.review_id}")
    form = replace(tab.page.form("/decision"), action=f"/reviews/{review.review_id}/acknowledgement")
    nora = await portal.as_("nora")
    await nora.send("PUT", f"/api/escalations/{case.escalation_id}/acknowledgement")
    await tab.send(form, {"sentence": "Made-up words"})
    assert tab.status == 409
    assert tab.page.values("sentence") == ["Made-up words"]
