"""Staff by page: what is urgent, the queue, reading, deciding, consults."""

from dataclasses import replace

import pytest

from tests import walks
from tests.pages.markup import Form
from tests.pages.tab import Tab
from tests.portal import Portal


async def reading(portal: Portal, name: str = "dr.adams") -> Tab:
    """A tab on the review of Alice's form that needs a look."""
    review = await walks.queued(portal, "alice", walks.NUMBING)
    tab = Tab(await portal.as_(name))
    await tab.open(f"/reviews/{review.review_id}")
    return tab


async def test_a_danger_stands_at_the_top_of_every_staff_page(portal: Portal) -> None:
    await walks.drafted(portal, "alice", walks.SADDLE)
    for name in ("dr.adams", "nora", "fred"):
        tab = Tab(await portal.as_(name))
        for place in ("/reviews", "/consults"):
            await tab.open(place)
            assert tab.page.headings[0] == ("h2", "1 urgent case is open")
            assert "1 urgent case is open Alice Demo: Emergency. Nobody is on it yet." in tab.page.text


def cases(tab: Tab, act: str, of: str) -> Form:
    """The form of the list, sent by the button that acts on this case."""
    form = tab.page.form("/escalations")
    return replace(form, action=f"/escalations/{of}/{act}")


async def case_of(portal: Portal, name: str) -> str:
    """The case of somebody who has told of a danger."""
    response_id, _ = await walks.drafted(portal, name, walks.SADDLE)
    case = await walks.escalation_of(portal, name, response_id)
    assert case is not None
    return str(case.escalation_id)


async def test_somebody_is_on_it_and_records_what_was_done(portal: Portal) -> None:
    case = await case_of(portal, "alice")
    tab = Tab(await portal.as_("nora"))
    await tab.open("/escalations")
    await tab.press(cases(tab, "acknowledgement", case))
    assert "Nora Demo is on it" in tab.page.text
    await tab.send(cases(tab, "resolution", case), {f"note-{case}": "Made-up note"})
    assert tab.status == 400
    assert tab.page.values(f"note-{case}") == ["Made-up note"]
    await tab.send(cases(tab, "resolution", case), {f"outcome-{case}": "spoke"})
    assert "Nothing is open." in tab.page.text
    await tab.open("/escalations?state=resolved")
    assert "Spoke to the patient, Nora Demo" in tab.page.text


async def test_a_note_that_is_too_long_stays_with_its_case(portal: Portal) -> None:
    alice, bob = [await case_of(portal, name) for name in ("alice", "bob")]
    tab = Tab(await portal.as_("nora"))
    await tab.open("/escalations")
    await tab.send(cases(tab, "resolution", alice), {f"outcome-{alice}": "spoke", f"note-{alice}": "z" * 5001})
    assert tab.status == 422
    assert (tab.page.values(f"note-{alice}"), tab.page.values(f"note-{bob}")) == (["z" * 5001], [""])
    assert (tab.page.values(f"outcome-{alice}"), tab.page.values(f"outcome-{bob}")) == (["spoke"], [""])


@pytest.mark.parametrize("act", ["acknowledgement", "resolution"])
async def test_whatever_button_is_pressed_the_notes_of_all_cases_stay(portal: Portal, act: str) -> None:
    alice, bob = [await case_of(portal, name) for name in ("alice", "bob")]
    tab = Tab(await portal.as_("nora"))
    await tab.open("/escalations")
    typed = {f"note-{alice}": "Made-up note.", f"outcome-{bob}": "spoke"}
    await tab.send(cases(tab, act, bob), typed)
    assert tab.status == 200
    assert tab.page.values(f"note-{alice}") == ["Made-up note."]
    assert tab.page.values(f"outcome-{bob}") == ([] if act == "resolution" else ["spoke"])


async def test_loading_the_page_again_records_what_was_done_once(portal: Portal) -> None:
    case, other = await case_of(portal, "alice"), await case_of(portal, "bob")
    tab = Tab(await portal.as_("nora"))
    await tab.open("/escalations")
    form = cases(tab, "resolution", case)
    typed = {f"outcome-{case}": "left_message", f"note-{case}": "Made-up voicemail", f"note-{other}": "Half"}
    for _ in range(2):
        await tab.send(form, typed)
        assert (tab.status, tab.page.values(f"note-{other}")) == (200, ["Half"])
    assert await walks.count(portal, "escalation_event", "kind = 'left_message'") == 1
    await tab.send(form, {**typed, f"note-{case}": "Made-up other words"})
    assert (tab.status, tab.page.values(f"note-{case}")) == (409, ["Made-up other words"])
    await tab.send(cases(tab, "resolution", case), {})
    assert await walks.count(portal, "escalation_event", "kind = 'left_message'") == 2
    stolen = dict(form.fields)[f"event-{case}"]
    await tab.send(cases(tab, "resolution", other), {f"outcome-{other}": "spoke", f"event-{other}": stolen})
    assert tab.status == 409


async def test_loading_the_page_again_raises_a_case_again_once(portal: Portal) -> None:
    case, other = await case_of(portal, "alice"), await case_of(portal, "bob")
    tab = Tab(await portal.as_("nora"))
    await tab.open("/escalations")
    for each in (case, other):
        await tab.send(cases(tab, "resolution", each), {f"outcome-{each}": "spoke"})
    await tab.open("/escalations?state=resolved")
    form = cases(tab, "recurrence", case)
    for _ in range(2):
        await tab.send(form, {f"why-{case}": "Made-up mistake", f"why-{other}": "Half"})
        assert (tab.status, tab.page.values(f"why-{other}")) == (200, ["Half"])
    assert await walks.count(portal, "escalation_event", "kind = 'raise_again'") == 1


async def test_nothing_ends_as_not_needed_without_a_reason_and_a_second_press(portal: Portal) -> None:
    case = await case_of(portal, "alice")
    tab = Tab(await portal.as_("nora"))
    await tab.open("/escalations")
    await tab.send(cases(tab, "resolution", case), {f"outcome-{case}": "not_needed"})
    assert (tab.status, f"#n-{case}" in tab.page.links) == (422, True)
    assert "Say in a sentence why nothing was needed." in tab.page.text
    assert ("sure", case) not in tab.page.form("/escalations").buttons
    await tab.send(cases(tab, "resolution", case), {f"note-{case}": "Made-up: a slip of the finger."})
    assert tab.status == 409
    assert tab.page.values(f"note-{case}") == ["Made-up: a slip of the finger."]
    assert await walks.count(portal, "escalation", "state = 'resolved'") == 0
    assert ("sure", case) in tab.page.form("/escalations").buttons
    await tab.send(cases(tab, "resolution", case), {}, ("sure", case))
    assert "Nothing is open." in tab.page.text


async def test_what_was_ended_too_soon_is_raised_again_with_a_reason(portal: Portal) -> None:
    case = await case_of(portal, "alice")
    nora = await portal.as_("nora")
    sent = {"outcome": "spoke"}
    assert (await nora.send("PUT", f"/api/escalations/{case}/resolution", json=sent)).status_code == 200
    assert "What to do now" not in (await Tab(await portal.as_("alice")).open("/")).text
    tab = Tab(nora)
    await tab.open("/escalations?state=resolved")
    await tab.press(cases(tab, "recurrence", case))
    assert (tab.status, f"#y-{case}" in tab.page.links) == (422, True)
    await tab.send(cases(tab, "recurrence", case), {f"why-{case}": "Made-up: it was another patient."})
    assert "Nobody is on it yet." in tab.page.text
    assert await walks.count(portal, "escalation", "state = 'raised' and level = 'emergency'") == 1
    assert await walks.count(portal, "escalation_event", "kind = 'raise_again' and note_sealed is not null") == 1
    assert "Call 911 now" in (await Tab(await portal.as_("alice")).open("/")).text


async def test_a_case_says_in_words_which_sign_was_told(portal: Portal) -> None:
    review = await walks.claimed(portal, "alice", walks.SADDLE)
    words = "Lower back: Numb saddle area. A sign of an emergency in the answers, or not ruled out ( PS01 )."
    tab = Tab(await portal.as_("dr.adams"))
    for address in ("/escalations", f"/reviews/{review.review_id}", f"/responses/{review.response_id}/summary"):
        page = await tab.open(address)
        assert words.replace("( PS01 )", "(PS01)") in page.text.replace("( PS01 )", "(PS01)").replace(" .", "."), (
            address
        )
    assert "saddle" not in (await Tab(await portal.as_("fred")).open("/escalations")).text


async def test_a_sign_that_is_told_later_under_the_same_rule_is_named_too(portal: Portal) -> None:
    tab = Tab(await portal.as_("alice"))
    await tab.open("/")
    await tab.press(tab.page.form("/intake"))
    screen = tab.address.replace("screens/1", "screens/2")
    for answers in ({"rf.any.weakness": "yes"}, {"rf.any.numbness": "unsure"}, {"rf.any.lump": "yes"}):
        await tab.open(screen)
        await tab.send(tab.page.forms[-1], answers, ("go", "on"))
    page = await Tab(await portal.as_("nora")).open("/escalations")
    assert "New weakness; Spreading numbness; Growing lump." in page.text
    assert await walks.count(portal, "escalation") == 1


async def test_the_front_desk_reads_whom_to_call_and_nothing_more(portal: Portal) -> None:
    await walks.queued(portal, "alice", walks.NUMBING)
    tab = Tab(await portal.as_("fred"))
    await tab.open("/reviews")
    assert "Call the patient" in tab.page.text
    assert "Call before booking" not in tab.page.text
    assert not [link for link in tab.page.links if link.startswith("/reviews/")]


async def test_a_clinician_claims_reads_and_decides(portal: Portal) -> None:
    await walks.queued(portal, "alice", walks.FLAGGED)
    tab = Tab(await portal.as_("dr.adams"))
    await tab.open("/reviews")
    await tab.press(tab.page.form("/claims"))
    assert "/reviews/" in tab.address
    await tab.press(tab.page.form("/decision"), decision="proceed", sentence="Made-up words for you.")
    assert tab.status == 200
    assert "Decided (Proceed to the consult), Dr. Adams Demo" in tab.page.text
    assert await walks.count(portal, "decision") == 1


async def test_a_refused_decision_shows_everything_again(portal: Portal) -> None:
    tab = await reading(portal)
    await tab.press(tab.page.form("/claim"))
    written = {"sentence": "Made-up words for you.", "reason_text": "Made-up reason.", "told_patient": "yes"}
    await tab.send(tab.page.form("/decision"), {**written, "decision": "proceed"})
    assert tab.status == 422
    assert "#reason_code" in tab.page.links
    shown = {name: tab.page.values(name) for name in (*written, "decision")}
    assert shown == {**{name: [value] for name, value in written.items()}, "decision": ["proceed"]}


async def test_a_decision_from_an_old_page_keeps_the_words(portal: Portal) -> None:
    review = await walks.queued(portal, "alice", walks.NUMBING)
    tab = Tab(await portal.as_("dr.adams"))
    await tab.open(f"/reviews/{review.review_id}")
    await tab.press(tab.page.form("/claim"))
    form = tab.page.form("/decision")
    await walks.amended(portal, "alice", review.response_id, walks.FLAGGED)
    await tab.press(form, decision="refer", sentence="Made-up words for you.")
    assert tab.status == 412
    assert tab.page.values("sentence") == ["Made-up words for you."]
    assert "Changed" in tab.page.text or "Answers before and after" in tab.page.text
    await tab.press(tab.page.form("/decision"))
    assert tab.status == 200


async def test_a_decision_without_the_claim_keeps_the_words(portal: Portal) -> None:
    tab = await reading(portal)
    await tab.press(tab.page.form("/claim"))
    form = tab.page.form("/decision")
    await tab.press(replace(form, action=form.action.replace("/decision", "/release")))
    await tab.press(form, decision="refer", sentence="Made-up words for you.")
    assert tab.status == 412
    assert "You do not hold this review now." in tab.page.text
    assert tab.page.values("sentence") == ["Made-up words for you."]


async def test_a_nurse_reads_and_cannot_decide(portal: Portal) -> None:
    tab = await reading(portal, "nora")
    await tab.press(tab.page.form("/claim"))
    assert not [form for form in tab.page.forms if form.action.endswith("/decision")]
    await tab.post(f"{tab.address}/decision", [("csrf_token", tab.persona.token), ("decision", "refer")])
    assert tab.status == 403


async def test_another_clinic_and_patients_see_no_review(portal: Portal) -> None:
    tab = await reading(portal)
    for name in ("dr.baker", "alice"):
        other = Tab(await portal.as_(name))
        await other.open(tab.address)
        assert other.status == 404
        assert "Alice" not in other.page.text.replace("(Alice Demo)", "")


async def test_deciding_without_the_token_changes_nothing(portal: Portal) -> None:
    tab = await reading(portal)
    await tab.press(tab.page.form("/claim"))
    form = tab.page.form("/decision")
    await tab.post(form.action, [("revision", dict(form.fields)["revision"]), ("decision", "refer")])
    assert tab.status == 403
    assert await walks.count(portal, "decision") == 0


async def test_a_consult_is_booked_and_a_wrong_one_shown_again(portal: Portal) -> None:
    await walks.booked(portal, "alice")
    tab = Tab(await portal.as_("fred"))
    await tab.open("/consults")
    form = next(form for form in tab.page.forms if form.action.startswith("/consults/"))
    for start in ("9999-12-31T23:59", "soon"):
        await tab.press(form, starts_at=start)
        assert tab.status == 400
        assert tab.page.values("starts_at") == [start]
    await tab.press(form, starts_at="2026-07-01T10:30", state="booked")
    assert "Wed Jul 1, 2026, 10:30 AM" in tab.page.text


async def test_a_consult_is_set_for_a_patient_found_by_name(portal: Portal) -> None:
    tab = Tab(await portal.as_("fred"))
    await tab.open("/consults")
    await tab.open(next(link for link in tab.page.links if link == "/consults/new"))
    await tab.open("/consults/new?name=nobody%25")
    assert "No patient here has this in the name." in tab.page.text
    await tab.open("/consults/new?name=ali")
    assert "Alice Demo" in tab.page.text
    form = tab.page.form("/consults")
    await tab.press(form, starts_at="")
    assert (tab.status, "needs a start" in tab.page.text) == (422, True)
    await tab.press(form, starts_at="2026-07-01T10:30", patient=[])
    assert (tab.status, tab.page.values("starts_at")) == (400, ["2026-07-01T10:30"])
    await tab.press(form, starts_at="2026-07-01T10:30")
    assert tab.address == "/consults"
    assert "Wed Jul 1, 2026, 10:30 AM" in tab.page.text
    assert await walks.count(portal, "consult", "state = 'booked'") == 1
    assert await walks.count(portal, "audit_event", "action = 'list' and object_kind = 'patient'") >= 1


async def test_the_summary_is_printed_from_its_page(portal: Portal) -> None:
    tab = await reading(portal)
    link = next(link for link in tab.page.links if link.endswith("summary.pdf"))
    answer = await tab.persona.http.get(link)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
