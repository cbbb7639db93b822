"""Staff by page: what is urgent, the queue, reading, deciding, consults."""

from tests import walks
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


async def test_somebody_is_on_it_and_records_what_was_done(portal: Portal) -> None:
    await walks.drafted(portal, "alice", walks.SADDLE)
    tab = Tab(await portal.as_("nora"))
    await tab.open("/escalations")
    await tab.press(tab.page.form("/acknowledgement"))
    assert "Nora Demo is on it" in tab.page.text
    await tab.press(tab.page.form("/resolution"), note="Made-up note")
    assert tab.status == 400
    assert tab.page.values("note") == ["Made-up note"]
    await tab.press(tab.page.form("/resolution"), outcome="spoke")
    assert "Nothing is open." in tab.page.text
    await tab.open("/escalations?state=resolved")
    assert "Spoke to the patient, Nora Demo" in tab.page.text


async def test_a_note_that_is_too_long_stays_with_its_case(portal: Portal) -> None:
    await walks.drafted(portal, "alice", walks.SADDLE)
    await walks.drafted(portal, "bob", walks.SADDLE)
    tab = Tab(await portal.as_("nora"))
    await tab.open("/escalations")
    await tab.press(tab.page.form("/resolution"), outcome="spoke", note="z" * 5001)
    assert tab.status == 422
    assert sorted(tab.page.values("note")) == ["", "z" * 5001]
    assert sorted(tab.page.values("outcome")) == ["", "spoke"]


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
    await tab.press(tab.page.form("/release"))
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
