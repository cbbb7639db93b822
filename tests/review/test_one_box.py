"""While dangers are open, each page of the patient's side has the same box: what is most dangerous, first and alone."""

from tests import walks
from tests.pages.tab import Tab
from tests.portal import Persona, Portal


async def wrote(portal: Portal, who: Persona, body: str, patient: str | None = None) -> None:
    message = {"id": str(portal.site.db.ids.new()), "body": body, "attachments": []}
    sent = {"patient": patient or who.own, "topic": "soreness", "subject": "Made-up", "message": message}
    answer = await who.send("PUT", f"/api/threads/{portal.site.db.ids.new()}", json=sent)
    assert answer.status_code in (200, 201), answer.text


async def test_one_box_on_every_page_of_the_patient(portal: Portal) -> None:
    alice = await portal.as_("alice")
    await walks.drafted(portal, "alice", walks.SADDLE)
    await wrote(portal, alice, "Made-up: my throat is closing and I cannot breathe.")
    await wrote(portal, alice, "Made-up: the place is red and hot and I worry about it.")
    tab = Tab(alice)
    for address in ("/", f"/for/{alice.own}/threads", f"/for/{alice.own}/consult-request"):
        page = await tab.open(address)
        assert page.text.count("This may be a bad allergy") == 1, address
        assert page.links.count("tel:911") == len(("the box", "the foot of the page")), address
        assert "Call the office now" not in page.text, address
        assert "We need to talk with you" not in page.text, address
        assert next(text for tag, text in page.headings if tag == "h2") == "This may be a bad allergy", address


async def test_an_answer_of_the_intake_shows_on_the_list_of_messages(portal: Portal) -> None:
    bob = await portal.as_("bob")
    await walks.drafted(portal, "bob", {"rf.any.weakness": "yes"})
    page = await Tab(bob).open(f"/for/{bob.own}/threads")
    assert ("h2", "Get help now") in page.headings


async def test_who_acts_for_the_patient_is_told_whom_it_is_about(portal: Portal) -> None:
    alice, pat = await portal.as_("alice"), await portal.as_("pat")
    await wrote(portal, alice, "Made-up: I cannot breathe and my chest hurts.")
    for address in ("/", f"/for/{alice.own}/threads", f"/for/{alice.own}/consult-request"):
        page = await Tab(pat).open(address)
        assert ("h2", "Alice Demo has trouble breathing or chest pain") in page.headings, address
        assert "This is about Alice Demo. Call 911 now." in " ".join(page.text.split()), address
    own = await Tab(alice).open("/")
    assert ("h2", "Trouble breathing or chest pain") in own.headings
    assert "This is about" not in own.text
