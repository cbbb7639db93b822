"""Both sides by page, without scripts."""

import pytest

from portico.access import SystemScope
from portico.clinic.actions import set_setting
from portico.clinic.signing import sign_everything
from tests import walks
from tests.messaging.practice import BREATH, CALM, FEVER, WORRIED, act, correction, messages, new_id, started, write
from tests.messaging.test_files import PHOTO, post_form
from tests.pages.tab import Tab
from tests.portal import Portal


async def writing(portal: Portal, name: str = "alice") -> Tab:
    """A tab on the page on which this person writes to the clinic."""
    persona = await portal.as_(name)
    tab = Tab(persona)
    await tab.open(f"/for/{persona.own}/compose")
    return tab


SEND = ("action", "send")
KEEP = ("action", "keep")


async def confirmed(portal: Portal, **settings: str) -> None:
    people = portal.people.by_name
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        for key, value in settings.items():
            await set_setting(tx, portal.site.content, key.replace("__", "."), value)
        clinician, admin = people["dr.adams"].account_id, people["anna"].account_id
        await sign_everything(tx, portal.site.content, clinician=clinician, admin=admin)


async def test_before_sending_a_patient_reads_when_to_call_and_when_to_expect_an_answer(fresh_portal: Portal) -> None:
    tab = await writing(fresh_portal)
    assert "Call 911 if it is hard to breathe" in tab.page.text
    assert "tel:911" in tab.page.links
    assert "The clinic has not said how soon it answers." in tab.page.text
    assert any(link.endswith("/consult-request") for link in tab.page.links)
    await confirmed(
        fresh_portal,
        messages__reply_open_hours="8",
        clinic__reply_text="We answer within one working day.",
        clinic__hours_text="weekdays from 8 to 5",
    )
    tab = await writing(fresh_portal)
    assert "We answer within one working day." in tab.page.text
    assert "If you send it now: by Tue Jun 2, 2026, 11:00 AM." in tab.page.text
    assert "Staff read messages at these times: weekdays from 8 to 5." in tab.page.text


async def test_a_patient_writes_and_reads_that_it_came_in(portal: Portal) -> None:
    tab = await writing(portal)
    await tab.press(tab.page.form("/compose"), SEND, topic="other", subject="Hours", body="One\r\ntwo")
    assert ("h1", "Hours") in tab.page.headings
    assert "We have your message" in tab.page.text
    assert "Sent. Not read yet." in tab.page.text
    alice = await portal.as_("alice")
    thread = tab.address.split("/")[-1].split("?")[0]
    assert [each["body"] for each in await messages(alice, thread)] == ["One\ntwo"]


async def test_pressing_twice_going_back_and_reloading_send_once(portal: Portal) -> None:
    tab = await writing(portal)
    form = tab.page.form("/compose")
    for _ in range(3):
        await tab.press(form, SEND, topic="other", subject="Twice", body=CALM)
        assert tab.status == 200
    thread = tab.address.split("/")[-1].split("?")[0]
    answer = tab.page.form(f"{thread}/messages")
    for _ in range(3):
        await tab.press(answer, SEND, body="More.")
    assert [each["body"] for each in await messages(await portal.as_("alice"), thread)] == [CALM, "More."]
    await tab.press(form, SEND, topic="other", subject="Twice", body="Changed after going back")
    assert tab.status == 409
    assert "Changed after going back" in tab.page.values("body")


async def test_a_refusal_loses_nothing(portal: Portal) -> None:
    tab = await writing(portal)
    form = tab.page.form("/compose")
    await tab.press(form, SEND, subject="Hours", body=CALM)
    assert (tab.status, tab.page.values("body"), tab.page.values("subject")) == (400, [CALM], ["Hours"])
    assert "Choose what it is about." in tab.page.text
    await tab.press(tab.page.form("/compose"), SEND, topic="other", subject="", body=CALM)
    assert (tab.status, tab.page.values("topic")) == (422, ["other"])
    await tab.press(tab.page.form("/compose"), SEND, subject="Hours")
    assert tab.status == 200


@pytest.mark.parametrize(("body", "key"), [(BREATH, "em.breath"), (FEVER, "em.infection"), (WORRIED, "sd.call")])
async def test_after_danger_the_page_says_what_to_do_and_nothing_else(
    body: str, key: str, fresh_portal: Portal
) -> None:
    said = fresh_portal.site.content.guidance[key].texts["en"].title
    tab = await writing(fresh_portal)
    await tab.press(tab.page.form("/compose"), SEND, topic="soreness", subject="Knee", body=body)
    assert tab.page.headings[0] == ("h1", "What to do now")
    assert "tel:555-0100" in tab.page.links
    assert "was sent" in tab.page.text
    for unwanted in ("visit", "Thank", "$"):
        assert unwanted not in tab.page.text
    alice = await fresh_portal.as_("alice")
    thread = tab.address.split("/threads/")[1].split("/")[0]
    for place in ("/", f"/for/{alice.own}/threads", f"/for/{alice.own}/threads/{thread}"):
        page = await tab.open(place)
        assert said in page.text, place
    page = await tab.open(f"/for/{alice.own}/compose")
    assert not any(link.endswith("/consult-request") for link in page.links)


async def test_what_is_kept_is_there_after_signing_in_again(fresh_portal: Portal) -> None:
    tab = await writing(fresh_portal)
    await tab.press(tab.page.form("/compose"), KEEP, topic="soreness", subject="Knee", body="It hu")
    assert "Not sent yet" in tab.page.text
    tab = Tab(await fresh_portal.sign_in("alice"))
    await tab.open(f"/for/{tab.persona.own}/threads")
    await tab.open(next(link for link in tab.page.links if "compose?thread=" in link))
    form = tab.page.form("/compose")
    assert {("subject", "Knee"), ("body", "It hu"), ("topic", "soreness")} <= set(form.fields)
    await tab.press(form, SEND, body="It hums.")
    await tab.open(f"/for/{tab.persona.own}/threads")
    assert "Not sent yet" not in tab.page.text


async def test_an_answer_is_kept_and_thrown_away(portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread = await started(alice, alice.own)
    tab = Tab(alice)
    await tab.open(f"/for/{alice.own}/threads/{thread}")
    await tab.press(tab.page.form(f"{thread}/messages"), KEEP, body="I wan")
    await tab.open(f"/for/{alice.own}/threads/{thread}")
    assert "I wan" in tab.page.values("body")
    await tab.open(f"/for/{alice.own}/threads")
    await tab.press(tab.page.form(f"{thread}/draft/removal"))
    assert thread not in "".join(form.action for form in tab.page.forms)


async def test_home_leads_to_the_messages_with_what_is_new(fresh_portal: Portal) -> None:
    alice, nora = await fresh_portal.as_("alice"), await fresh_portal.as_("nora")
    thread = await started(alice, alice.own)
    await write(nora, thread, "At eight.")
    tab = Tab(alice)
    await tab.open("/")
    assert "Messages ( 1 new )" in tab.page.text or "Messages (1 new)" in tab.page.text
    await tab.open(f"/for/{alice.own}/threads")
    assert "1 new" in tab.page.text
    await tab.open(f"/for/{alice.own}/threads/{thread}")
    assert "At eight." in tab.page.text
    await tab.open("/")
    assert "1 new" not in tab.page.text


async def test_a_patient_takes_back_and_corrects(portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread = await started(alice, alice.own, "My left knee.")
    tab = Tab(alice)
    await tab.open(f"/for/{alice.own}/threads/{thread}")
    [first] = await messages(alice, thread)
    form = act(tab, f"messages/{first['id']}/retraction")
    for _ in range(2):
        await tab.send(form, {f"reason-{first['id']}": "Wrong side.", f"copy-{first['id']}": "My right knee."})
        assert tab.status == 200
    assert "Taken back by Alice Demo: Wrong side." in tab.page.text
    assert [each["body"] for each in await messages(alice, thread)] == ["My left knee.", "My right knee."]


async def test_a_thread_is_opened_under_its_own_patient_only(portal: Portal) -> None:
    alice, bob = await portal.as_("alice"), await portal.as_("bob")
    thread = await started(bob, bob.own)
    tab = Tab(alice)
    await tab.open(f"/for/{alice.own}/threads/{thread}")
    assert tab.status == 404


async def test_staff_read_with_the_patient_beside_it_and_answer(fresh_portal: Portal) -> None:
    portal = fresh_portal
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    await walks.sent(portal, "alice")
    await walks.booked(portal, "alice", days=2)
    thread = await started(alice, alice.own, f"Hello. {FEVER}", subject="Knee")
    tab = Tab(nora)
    await tab.open("/threads")
    assert "Call now" in tab.page.text
    await tab.open(next(link for link in tab.page.links if link == f"/threads/{thread}"))
    for shown in (
        "born May 14, 1958",
        "Next consult:",
        "Intake of",
        "Nobody is on it yet.",
        "Noticed: Fever or chills after an injection",
    ):
        assert shown in tab.page.text
    assert "tel:555-0150" in tab.page.links
    await tab.press(tab.page.form(f"{thread}/messages"), SEND, body="Please call us now.")
    assert "Please call us now." in tab.page.text
    assert "Not read yet." in tab.page.text
    await tab.open("/threads")
    assert "answered" in tab.page.text
    assert (await messages(alice, thread))[-1]["author"]["name"] == "Nora Demo"


async def test_the_inbox_says_by_when_each_thread_needs_somebody(fresh_portal: Portal) -> None:
    await confirmed(fresh_portal, messages__reply_open_hours="3")
    alice, bob, nora = [await fresh_portal.as_(name) for name in ("alice", "bob", "nora")]
    calm, urgent = await started(bob, bob.own, subject="Hours"), await started(alice, alice.own, FEVER, subject="Knee")
    answered = await started(bob, bob.own, subject="Bill")
    await write(nora, answered)
    text = " ".join((await Tab(nora).open("/threads")).text.partition("By urgency")[2].split())
    order = [text.index(subject) for subject in ("Knee", "Hours", "Bill")]
    assert order == sorted(order)
    # It is noon on a Monday: fifteen minutes for the fever, three hours for an answer, and nobody waits for the third.
    assert "12:15 PM" in text[order[0] : order[1]]
    assert "3:00 PM" in text[order[1] : order[2]]
    assert "answered –" in text[order[2] :]
    assert calm != urgent


async def test_staff_take_note_hand_on_and_close(fresh_portal: Portal) -> None:
    alice, nora = await fresh_portal.as_("alice"), await fresh_portal.as_("nora")
    thread = await started(alice, alice.own)
    tab = Tab(nora)
    await tab.open(f"/threads/{thread}")
    await tab.press(act(tab, "assignment"), ("to", str(walks.caller(fresh_portal, "nora").account_id)))
    assert "Release it" in tab.page.text
    await tab.press(act(tab, "notes"), note="Made-up note")
    assert "Made-up note" in tab.page.text
    adams = str(walks.caller(fresh_portal, "dr.adams").account_id)
    await tab.press(act(tab, "assignment"), ("give", "yes"), give_to=adams, give_reason="Made-up reason")
    assert (
        "Given to Dr. Adams Demo : Made-up reason" in tab.page.text
        or "Given to Dr. Adams Demo: Made-up" in tab.page.text
    )
    await tab.press(act(tab, "assignment"), ("to", str(walks.caller(fresh_portal, "nora").account_id)))
    assert tab.status == 409
    await tab.press(act(tab, "closure"), sentence=" ")
    assert tab.status == 422
    await tab.press(act(tab, "closure"), sentence="Write again in a week.")
    assert "Write again in a week." in tab.page.text
    patient = Tab(alice)
    await patient.open(f"/for/{alice.own}/threads/{thread}")
    assert "Write again in a week." in patient.page.text
    assert "Made-up" not in patient.page.text
    await tab.press(tab.page.form("/reopening"))
    assert "Waiting for an answer" in tab.page.text or "Answered." in tab.page.text


async def test_staff_lower_a_level_and_take_back_an_answer(fresh_portal: Portal) -> None:
    alice, adams = await fresh_portal.as_("alice"), await fresh_portal.as_("dr.adams")
    thread = await started(alice, alice.own, WORRIED)
    tab = Tab(adams)
    await tab.open(f"/threads/{thread}")
    (first,) = await messages(adams, thread)
    what = f"messages/{first['id']}/level"
    await tab.send(act(tab, what), {f"level-{first['id']}": "routine"})
    assert tab.status == 422
    await tab.send(act(tab, what), {f"level-{first['id']}": "routine", f"why-{first['id']}": "Spoke to her."})
    assert "Level: Routine: Spoke to her." in tab.page.text
    assert "Level lowered by hand" in tab.page.text
    await tab.press(tab.page.form(f"{thread}/messages"), SEND, body="Take 10.")
    answer = (await messages(adams, thread))[-1]["id"]
    fix = {f"reason-{answer}": "Wrong number.", f"copy-{answer}": "Take 1."}
    await tab.send(act(tab, f"messages/{answer}/retraction"), fix)
    assert (await messages(adams, thread))[-1]["body"] == "Take 1."
    assert "Taken back by Dr. Adams Demo: Wrong number." in tab.page.text


async def test_staff_write_to_a_patient(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    tab = Tab(nora)
    await tab.open(f"/threads/about/{alice.own}")
    assert "When to get help" not in tab.page.text
    word = new_id()
    await tab.press(tab.page.form(f"/about/{alice.own}"), SEND, topic="other", subject=word, body="Please call us.")
    assert ("h1", word) in tab.page.headings


async def test_what_was_found_is_marked_and_what_was_written_is_never_markup(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own, "<b>I am worried</b> & sore", subject="<i>Knee</i>")
    answer = await nora.http.get(f"/threads/{thread}")
    assert '<mark title="a worry that is not clear (T18)">worried</mark>' in answer.text
    assert '<mark title="soreness of the first days (T21)">sore</mark>' in answer.text
    assert "&lt;b&gt;I am " in answer.text
    assert "<b>" not in answer.text
    assert "<i>" not in answer.text


async def test_the_front_desk_sees_its_own_pool(fresh_portal: Portal) -> None:
    alice, fred = await fresh_portal.as_("alice"), await fresh_portal.as_("fred")
    mine = await started(alice, alice.own, topic="billing")
    nurses = await started(alice, alice.own)
    tab = Tab(fred)
    await tab.open("/threads")
    links = set(tab.page.links)
    assert f"/threads/{mine}" in links
    assert f"/threads/{nurses}" not in links
    page = await tab.open(f"/threads/{mine}")
    assert "Intake of" not in page.text


@pytest.mark.parametrize(
    ("what", "button", "done"),
    [
        ("notes", ("", ""), "note"),
        ("assignment", ("to", "me"), ""),
        ("assignment", ("give", "yes"), "give_reason"),
        ("closure", ("", ""), "sentence"),
        ("messages", ("action", "send"), "body"),
        ("messages", ("action", "keep"), "body"),
        ("messages/first/level", ("", ""), "why-first"),
        ("messages/ours/retraction", ("", ""), "reason-ours copy-ours"),
    ],
    ids=["note", "take", "give", "close", "send", "keep", "level", "take back"],
)
async def test_no_button_costs_the_words_of_another_box(
    fresh_portal: Portal, what: str, button: tuple[str, str], done: str
) -> None:
    alice, adams = await fresh_portal.as_("alice"), await fresh_portal.as_("dr.adams")
    thread = await started(alice, alice.own)
    await write(adams, thread, "At eight.")
    ids = dict(zip(("first", "ours"), [each["id"] for each in await messages(adams, thread)], strict=True))
    typed = {
        "body": "Made-up answer",
        "note": "Made-up note",
        "sentence": "Made-up sentence",
        "give_to": str(walks.caller(fresh_portal, "nora").account_id),
        "give_reason": "Made-up reason",
        f"why-{ids['first']}": "Made-up why",
        f"reason-{ids['ours']}": "Made-up mistake",
        f"copy-{ids['ours']}": "Made-up correction",
    }
    for name, found in ids.items():
        what, done = what.replace(name, found), done.replace(name, found)
    tab = Tab(adams)
    await tab.open(f"/threads/{thread}")
    me = str(walks.caller(fresh_portal, "dr.adams").account_id)
    await tab.send(act(tab, what), typed, (button[0], me if button[1] == "me" else button[1]))
    assert tab.status == 200
    for name, text in typed.items():
        shown = [value for value in tab.page.values(name) if value]
        # A box whose act is done is empty or gone; an answer that was kept stands in its box as the draft.
        if name in done.split() and button != KEEP:
            assert shown == [], name
        elif name != "give_to" or button[0] != "give":
            assert shown == [text], name


@pytest.mark.parametrize(
    ("what", "button", "done"),
    [
        ("messages", SEND, "body"),
        ("messages", KEEP, "body"),
        ("messages/first/retraction", ("", ""), "first"),
        ("messages/second/retraction", ("", ""), "second"),
    ],
    ids=["send", "keep", "take back", "take another back"],
)
@pytest.mark.parametrize("is_refused", [False, True], ids=["taken", "refused"])
async def test_no_button_of_a_patients_thread_costs_the_words_of_another_box(
    portal: Portal, what: str, button: tuple[str, str], done: str, is_refused: bool
) -> None:
    alice = await portal.as_("alice")
    thread = await started(alice, alice.own)
    await write(alice, thread, "At eight.")
    ids = dict(zip(("first", "second"), [each["id"] for each in await messages(alice, thread)], strict=True))
    too_long = "x" * 20_001
    typed = {"body": "Made-up answer"}
    for name, of in ids.items():
        typed |= {f"reason-{of}": f"Made-up why {name}", f"copy-{of}": f"Made-up copy {name}"}
    mine = {"body"} if done == "body" else {f"reason-{ids[done]}", f"copy-{ids[done]}"}
    if is_refused:
        typed["body" if done == "body" else f"copy-{ids[done]}"] = too_long
    for name, of in ids.items():
        what = what.replace(name, of)
    tab = Tab(alice)
    await tab.open(f"/for/{alice.own}/threads/{thread}")
    await tab.send(act(tab, what), typed, button)
    assert tab.status == (422 if is_refused else 200)
    for name, text in typed.items():
        shown = [value for value in tab.page.values(name) if value]
        is_done = name in mine and not is_refused and button != KEEP
        assert shown == ([] if is_done else [text]), name


async def test_a_danger_sent_beside_other_words_says_what_to_do_first_and_loses_none(fresh_portal: Portal) -> None:
    alice = await fresh_portal.as_("alice")
    thread = await started(alice, alice.own)
    [first] = await messages(alice, thread)
    tab = Tab(alice)
    await tab.open(f"/for/{alice.own}/threads/{thread}")
    fix = {f"copy-{first['id']}": "Made-up copy"}
    await tab.send(act(tab, "messages"), {"body": BREATH, **fix}, SEND)
    emergency = fresh_portal.site.content.guidance["em.breath"].texts["en"].title
    assert next(text for tag, text in tab.page.headings if tag == "h2") == emergency
    assert tab.page.values(f"copy-{first['id']}") == ["Made-up copy"]


async def test_files_beside_a_message_stay_with_its_correction(portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread = await started(alice, alice.own)
    [first] = await messages(alice, thread)
    fields = {"message_id": new_id(), "body": "Made-up answer", **correction(first["id"], reason="", copy="")}
    path = f"/for/{alice.own}/threads/{thread}/messages"
    answer = await post_form(alice, path, fields, PHOTO, field=f"files-{first['id']}")
    assert answer.status_code == 200
    assert f'name="attachment-{first["id"]}"' in answer.text
    assert [each["files"] for each in await messages(alice, thread)] == [[], []]


async def pressed_twice(tab: Tab, what: str, typed: dict[str, str]) -> None:
    """Presses a button beside which other words stand, and loads the page that answers again."""
    form = act(tab, what)
    for _ in range(2):
        await tab.send(form, {"take_reason": "Made-up", "note": "", **typed})
        assert tab.status == 200, tab.page.text


async def test_loading_the_page_after_a_note_again_keeps_one_note(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own)
    tab = Tab(nora)
    await tab.open(f"/threads/{thread}")
    form = act(tab, "notes")
    await pressed_twice(tab, "notes", {"note": "Made-up note", "body": "Half"})
    assert tab.page.text.count("Made-up note") == 1
    await tab.send(form, {"note": "Made-up other note", "body": "Half"})
    assert tab.status == 409
    assert tab.page.values("note") == ["Made-up other note"]
    await tab.send(act(tab, "notes"), {})
    assert [tab.page.text.count(text) for text in ("Made-up note", "Made-up other note")] == [1, 1]
    assert tab.page.values("body") == ["Half"]


async def test_closing_again_by_loading_the_page_never_closes_over_a_new_message(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own)
    tab = Tab(nora)
    await tab.open(f"/threads/{thread}")
    form = act(tab, "closure")
    typed = {"sentence": "Made-up end", "note": "Half"}
    for _ in range(2):
        await tab.send(form, typed)
        assert tab.status == 200
    await write(alice, thread, "One more thing.")
    await tab.send(form, typed)
    assert tab.status == 409
    assert "A new message came meanwhile." in tab.page.text
    assert (tab.page.values("sentence"), tab.page.values("note")) == (["Made-up end"], ["Half"])
    await tab.send(act(tab, "closure"), {})
    assert "One more thing." in tab.page.text
    assert tab.page.form("/reopening").fields


async def test_an_old_page_gives_and_levels_only_what_it_showed(fresh_portal: Portal) -> None:
    alice, nora, adams = [await fresh_portal.as_(name) for name in ("alice", "nora", "dr.adams")]
    thread = await started(alice, alice.own)
    [first] = await messages(adams, thread)
    me, nurse = [str(walks.caller(fresh_portal, name).account_id) for name in ("dr.adams", "nora")]
    old, new = Tab(adams), Tab(nora)
    await old.open(f"/threads/{thread}")
    taking, levelling = act(old, "assignment"), act(old, f"messages/{first['id']}/level")
    await new.open(f"/threads/{thread}")
    await new.send(act(new, "assignment"), {}, ("to", nurse))
    await new.send(
        act(new, f"messages/{first['id']}/level"), {f"level-{first['id']}": "same_day", f"why-{first['id']}": "a"}
    )
    await old.send(taking, {"note": "Half"}, ("to", me))
    assert (old.status, old.page.values("note")) == (409, ["Half"])
    await old.send(levelling, {f"level-{first['id']}": "emergency", f"why-{first['id']}": "b"})
    assert (old.status, old.page.values(f"why-{first['id']}")) == (409, ["b"])
    await old.send(act(old, f"messages/{first['id']}/level"), {f"level-{first['id']}": "emergency"})
    assert old.status == 200
    assert "Level: Emergency: b" in old.page.text


async def test_opening_again_by_loading_the_page_leaves_a_later_closing(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own)
    tab = Tab(nora)
    await tab.open(f"/threads/{thread}")
    await tab.send(act(tab, "closure"), {"sentence": "First end."})
    opening = act(tab, "reopening")
    await tab.send(opening, {})
    await tab.send(act(tab, "closure"), {"sentence": "Second end."})
    await tab.send(opening, {"note": "Half"})
    assert "Second end." in tab.page.text
    assert tab.page.form("/reopening").fields
