"""Coming in by page: an unverified patient works like any other and is marked as such wherever staff read the name."""

from datetime import date
from io import BytesIO

import pytest
from pypdf import PdfReader

from portico.access import SystemScope
from portico.accounts import patient_queries, people
from portico.platform.database import Tx
from tests import walks
from tests.pages.tab import Tab
from tests.pages.test_account_pages import prove
from tests.portal import Portal

STAFF_PLACES = ("/people", "/invitations", "/reviews", "/consults", "/escalations")


async def una(portal: Portal) -> Tab:
    """Una, who registered without staff, at her home page."""
    await walks.registered(portal, "una")
    tab = Tab(await portal.as_("una"))
    await tab.open("/")
    return tab


async def test_an_unverified_patient_fills_in_the_intake_and_asks_for_nothing_of_others(portal: Portal) -> None:
    tab = await una(portal)
    assert [text for _, text in tab.page.headings] == ["Welcome", "Una Demo"]
    await tab.press(tab.page.form("/intake"))
    assert tab.status == 200
    assert "/screens/1" in tab.address


async def test_whoever_is_not_verified_is_marked_wherever_staff_read_the_name(portal: Portal) -> None:
    await walks.registered(portal, "una")
    await walks.queued(portal, "una", walks.NUMBING)
    adams, nora = Tab(await portal.as_("dr.adams")), Tab(await portal.as_("nora"))
    await adams.open("/reviews")
    assert "Una Demo not verified" in adams.page.text
    [review] = [link for link in adams.page.links if link.startswith("/reviews/")]
    await adams.open(review)
    assert adams.page.text.count("Una Demo not verified") == 2
    pdf = PdfReader(BytesIO((await adams.persona.http.get(f"{review}/summary.pdf")).content))
    assert "Una Demo (not verified)" in pdf.pages[0].extract_text()
    listed = (await adams.persona.http.get("/api/reviews")).json()["items"]
    assert [(each["patient"]["name"], each["patient"]["verified"]) for each in listed] == [("Una Demo", False)]
    alice = await walks.queued(portal, "alice", walks.CALM)
    calm = (await adams.persona.http.get(f"/api/reviews/{alice.review_id}")).json()
    assert set(calm["patient"]) == {"id", "name", "bornOn"}
    await nora.open("/people")
    assert nora.page.text.count("Una Demo not verified") == 2


@pytest.mark.parametrize("place", STAFF_PLACES)
async def test_a_danger_stands_at_the_top_of_the_pages_of_people_too(portal: Portal, place: str) -> None:
    await walks.drafted(portal, "alice", walks.SADDLE)
    tab = Tab(await portal.as_("fred"))
    await tab.open(place)
    if place != "/escalations":
        assert tab.page.headings[0] == ("h2", "1 urgent case is open")


async def test_staff_find_invite_and_see_what_became_of_it(portal: Portal) -> None:
    tab = Tab(await portal.as_("fred"))
    await tab.open("/people")
    await tab.press(tab.page.forms[-1])
    assert tab.status == 400
    await tab.press(
        tab.page.forms[-1], name="New Patient", phone="555-0177", born_year="1990", born_month="4", born_day="2"
    )
    assert tab.page.headings[0] == ("h1", "New Patient")
    await tab.press(tab.page.form("/invitation"), email="nonsense")
    assert (tab.status, tab.page.values("email")) == (422, ["nonsense"])
    await tab.press(tab.page.form("/invitation"), email="new@people.test")
    assert "New Patient Open" in tab.page.text
    assert "Mail on its way" in tab.page.text
    await portal.do_due_work()
    await tab.open("/invitations?state=open")
    assert "Mail sent" in tab.page.text
    await tab.press(tab.page.form("/sending"))
    await tab.press(tab.page.form("/withdrawal"))
    assert "New Patient Taken back" in tab.page.text


async def test_a_refused_correction_loses_nothing(portal: Portal) -> None:
    tab = Tab(await portal.as_("fred"))
    await tab.open(f"/people/{walks.patient_of(portal, 'bob')}")
    form = tab.page.form(f"/people/{walks.patient_of(portal, 'bob')}")
    await tab.press(form, name="Bob Demo Junior", phone="1")
    assert tab.status == 422
    assert (tab.page.values("name"), tab.page.values("phone")) == (["Bob Demo Junior"], ["1"])


async def test_an_admin_invites_staff_and_a_refusal_keeps_the_ticks(portal: Portal) -> None:
    tab = Tab(await portal.sign_in("anna"))
    await tab.open("/invitations")
    await tab.press(tab.page.form("/invitations"), name="New Nurse", email="nobody", roles=["nurse", "admin"])
    await prove(portal, tab, "anna")
    assert (tab.status, tab.page.values("roles")) == (422, ["nurse", "admin"])
    await tab.press(tab.page.form("/invitations"), email="nurse@people.test")
    assert "New Nurse Open" in tab.page.text
    assert "Staff, Admin, Nurse" in tab.page.text


async def test_a_linked_person_finds_both_records_and_the_known_one_first(portal: Portal) -> None:
    tab = await una(portal)
    known, mine = walks.patient_of(portal, "bob"), tab.persona.own
    staff = Tab(await portal.as_("nora"))
    await staff.persona.step_up()
    for each in (known, mine):
        stored = (await staff.persona.send("GET", f"/api/patients/{each}")).json()
        same_phone = {key: stored[key] for key in ("name", "bornOn", "number")} | {"phone": "555 010 0142"}
        await staff.persona.send("PUT", f"/api/patients/{each}", json=same_phone)
    colleague = await portal.as_("fred")
    await colleague.step_up()
    await colleague.send("PUT", f"/api/patients/{mine}/matches/{known}", json={"decision": "linked"})
    await tab.open("/")
    assert [text for _, text in tab.page.headings] == ["Welcome", "Bob Demo", "Una Demo"]
    await staff.open(f"/people/{mine}")
    assert "The same person as Bob Demo, known before." in staff.page.text
    for name, other in (("una", "Bob Demo, D-0002"), ("bob", "Una Demo")):
        review = await walks.queued(portal, name, walks.NUMBING)
        await staff.open(f"/reviews/{review.review_id}")
        assert f"The same person as: {other}" in staff.page.text


@pytest.mark.parametrize(
    "place",
    [
        "/sign-in?after=activated",
        "/sign-in?after=known",
        "/activation?code=x",
        "/activation?code=x&for=staff",
        "/registration",
        "/forgotten-password",
        "/password-reset?code=x",
        "/look-at-your-mail",
    ],
)
async def test_the_pages_of_coming_in_are_sound(portal: Portal, place: str) -> None:
    tab = Tab(portal.stranger())
    await tab.open(place)
    assert tab.status == 200


async def test_closing_an_account_by_page_ends_it(portal: Portal) -> None:
    tab = await una(portal)
    await tab.open("/account-closure")
    await tab.press(tab.page.form("/account-closure"), password="not the password")
    assert tab.status == 401
    await tab.press(tab.page.form("/account-closure"), password="portico-demo-only")
    assert "The clinic keeps your record." in tab.page.text
    await tab.open("/")
    assert tab.address == "/sign-in"


TWIN = {
    "name": "Bob  Demo",
    "born_month": "11",
    "born_day": "2",
    "born_year": "1971",
    "number": "D-77",
    "phone": "555-0199",
    "address": "1 Made-up Rd",
}


async def test_a_number_that_is_taken_is_said_at_its_field_and_everything_stands(portal: Portal) -> None:
    tab = Tab(await portal.as_("nora"))
    await tab.open("/people")
    await tab.send(tab.page.forms[-1], TWIN | {"name": "Nobody Else", "number": "D-0001"})
    assert tab.status == 409
    assert {"wrong-number", "number"} <= set(tab.page.ids)
    form = next(form for form in tab.page.forms if ("name", "Nobody Else") in form.fields)
    assert {("number", "D-0001"), ("phone", "555-0199"), ("born_year", "1971")} <= set(form.fields)
    await tab.press(form, number="D-77")
    assert "Nobody Else" in tab.page.text
    assert tab.status == 200
    await tab.press(tab.page.form(tab.address), number="D-0001")
    assert (tab.status, "wrong-number" in tab.page.ids) == (409, True)


@pytest.mark.parametrize("is_new", [True, False], ids=["a new record", "a corrected one"])
async def test_of_two_who_give_one_number_at_once_the_second_gets_the_form_again(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, is_new: bool
) -> None:
    tab = Tab(await portal.as_("nora"))
    look = patient_queries.patient_with_number

    async def look_and_be_overtaken(tx: Tx, number: str) -> patient_queries.PatientKey | None:
        """The real look; before anything is written, a colleague's record with the same number is committed."""
        found = await look(tx, number)
        async with portal.site.db.transaction(SystemScope(tx.clinic_id, "test")) as other:
            await people.create_patient(
                other, portal.site.vault, name="Quick Test", born_on=date(1950, 1, 2), clinic_number=number
            )
        return found

    await tab.open("/people")
    typed = {"name": "Nobody Else", "phone": "555-0199"}
    form = tab.page.forms[-1]
    if not is_new:
        await tab.send(form, TWIN | typed | {"number": ""})
        form = tab.page.form(tab.address)
    monkeypatch.setattr(patient_queries, "patient_with_number", look_and_be_overtaken)
    await tab.send(form, TWIN | typed | {"number": "D-78"})
    assert (tab.status, "wrong-number" in tab.page.ids) == (409, True)
    again = next(form for form in tab.page.forms if ("number", "D-78") in form.fields)
    assert {("name", "Nobody Else"), ("phone", "555-0199"), ("born_year", "1971")} <= set(again.fields)
    monkeypatch.undo()
    await tab.press(again, number="D-79")
    assert tab.status == 200
    assert "D-79" in tab.page.text


async def test_staff_are_asked_before_a_second_record_of_one_person_is_made(portal: Portal) -> None:
    tab = Tab(await portal.as_("nora"))
    before = await walks.count(portal, "patient")
    changes: tuple[dict[str, str], ...] = ({}, {"name": "Another Name", "phone": "(555) 0151"})
    for change in changes:
        await tab.open("/people")
        await tab.send(tab.page.forms[-1], TWIN | change)
        assert (tab.status, "May be the same person" in tab.page.text) == (409, True)
        assert "born Nov 2, 1971, number D-0002" in tab.page.text
        assert await walks.count(portal, "patient") == before
    form = next(form for form in tab.page.forms if ("number", "D-77") in form.fields)
    await tab.press(form, another="yes")
    assert await walks.count(portal, "patient") == before + 1


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (("", "", ""), "Please give the date of birth"),
        (("", "2", "1971"), "choose the month"),
        (("11", "", "1971"), "day of the date of birth as a number"),
        (("11", "45", "1971"), "from 1 to 31"),
        (("2", "30", "1971"), "February 1971 has no day 30."),
        (("2", "0", "1971"), "from 1 to 31"),
        (("2", "3", "71"), "four digits"),
        (("2", "3", "²"), "four digits"),
    ],
)
async def test_a_wrong_birth_date_says_which_part_is_wrong(
    portal: Portal, parts: tuple[str, str, str], words: str
) -> None:
    tab = Tab(await portal.as_("nora"))
    await tab.open("/people")
    born = dict(zip(("born_month", "born_day", "born_year"), parts, strict=True))
    await tab.send(tab.page.forms[-1], TWIN | born)
    assert (tab.status, words in tab.page.text, "wrong-born" in tab.page.ids) == (400, True, True)
