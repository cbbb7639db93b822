"""A patient fills in the form by page: every screen, rows, slips, danger, a second device."""

import pytest

from tests import walks
from tests.pages.tab import Tab
from tests.portal import Portal

ON = ("go", "on")
KNEE = {"reg.1": "knee"}


async def started(portal: Portal, name: str = "alice") -> Tab:
    """A tab on the first screen of the person's new form."""
    tab = Tab(await portal.as_(name))
    await tab.open("/")
    await tab.press(tab.page.form("/intake"))
    assert tab.address.endswith("/screens/1")
    return tab


async def on_screen(tab: Tab, number: int) -> None:
    await tab.open(tab.address.rpartition("/screens/")[0] + f"/screens/{number}")


async def test_a_patient_goes_from_screen_to_screen_to_the_last_look(portal: Portal) -> None:
    tab = await started(portal)
    seen = []
    while "/screens/" in tab.address:
        seen.append(tab.page.headings[0][1])
        await tab.send(tab.page.forms[-1], {}, ON)
        assert len(seen) < 20
    assert tab.address.endswith("/last-look")
    assert len(seen) == len(set(seen)) == 15
    assert "not answered" in tab.page.text


async def test_a_patient_stops_and_finds_everything_again(portal: Portal) -> None:
    tab = await started(portal)
    birth = {"who.2:year": "1958", "who.2:month": "5", "who.2:day": "14"}
    await tab.send(tab.page.forms[-1], {**KNEE, **birth, "who.1": "self"}, ("go", "stop"))
    assert tab.address == "/"
    await tab.open(next(link for link in tab.page.links if "/responses/" in link))
    assert "/screens/" in tab.address
    await on_screen(tab, 1)
    assert tab.page.values("reg.1") == ["knee"]
    assert [tab.page.values(name) for name in birth] == [["1958"], ["5"], ["14"]]


async def test_going_back_saves_first(portal: Portal) -> None:
    tab = await started(portal)
    await on_screen(tab, 5)
    await tab.send(tab.page.forms[-1], {"ves.2": "7"}, ("go", "back"))
    assert tab.address.endswith("/screens/4")
    await on_screen(tab, 5)
    assert tab.page.values("ves.2") == ["7"]


async def test_the_screens_rows_start_with_the_places_named_before(portal: Portal) -> None:
    tab = await started(portal)
    await tab.send(tab.page.forms[-1], {"reg.1": ["knee", "hip"]}, ON)
    await on_screen(tab, 3)
    assert tab.page.values("reg.n.0/reg.n.region") == ["hip"]
    assert tab.page.values("reg.n.1/reg.n.region") == ["knee"]


async def test_only_places_named_before_are_offered_and_taken(portal: Portal) -> None:
    tab = await started(portal)
    await tab.send(tab.page.forms[-1], {"reg.1": ["knee", "hip"]}, ON)
    await on_screen(tab, 3)
    assert "Neck" not in tab.page.text
    assert any(link.endswith("/screens/1#f-reg.1") for link in tab.page.links)
    forged = {"reg.n.0/reg.n.region": "neck", "reg.n.0/reg.n.nrs.now": "4"}
    await tab.send(tab.page.forms[-1], forged, ON)
    assert tab.status == 422
    assert "Choose this place on step 1 first." in tab.page.text
    assert tab.page.values("reg.n.0/reg.n.nrs.now") == ["4"]


async def test_rows_are_added_and_removed_without_losing_the_others(portal: Portal) -> None:
    tab = await started(portal)
    await on_screen(tab, 3)
    first = {"reg.n.0/reg.n.region": "knee", "reg.n.0/reg.n.nrs.now": "4"}
    await tab.send(tab.page.forms[-1], first, ("add", "reg.n"))
    second = {"reg.n.1/reg.n.region": "hip", "reg.n.1/reg.n.nrs.now": "9"}
    await tab.send(tab.page.forms[-1], second, ("remove", "reg.n.0/"))
    assert tab.page.values("rows:reg.n") == ["1"]
    assert tab.page.values("reg.n.0/reg.n.region") == ["hip"]
    assert tab.page.values("reg.n.0/reg.n.nrs.now") == ["9"]


async def test_a_slip_in_one_row_stays_with_its_row_when_another_is_removed(portal: Portal) -> None:
    tab = await started(portal)
    await on_screen(tab, 3)
    await tab.send(tab.page.forms[-1], {"reg.n.0/reg.n.region": "knee"}, ("add", "reg.n"))
    slip = {"reg.n.1/reg.n.region": "hip", "reg.n.1/reg.n.onset:year": "last spring"}
    await tab.send(tab.page.forms[-1], slip, ("remove", "reg.n.0/"))
    assert tab.status == 422
    assert tab.page.values("reg.n.0/reg.n.region") == ["hip"]
    assert tab.page.values("reg.n.0/reg.n.onset:year") == ["last spring"]


async def test_an_answer_that_asks_more_keeps_the_patient_on_the_screen(portal: Portal) -> None:
    tab = await started(portal)
    await on_screen(tab, 4)
    await tab.send(tab.page.forms[-1], {"cort.1": "yes"}, ON)
    assert "/screens/4" in tab.address
    assert "cort.0/cort.region" in [name for name, _ in tab.page.forms[-1].fields]


@pytest.mark.parametrize(
    ("screen", "field", "typed"),
    [
        (1, "who.2:year", "58"),
        (1, "who.2:day", "14th"),
        (3, "reg.n.0/reg.n.nrs.now", "a lot"),
        (3, "reg.n.0/reg.n.nrs.now", "11"),
        (3, "reg.n.0/reg.n.nrs.now", "4.5"),
        (5, "ves.3", "maybe"),
        (15, "ack.1", "so be it"),
        (7, "med.1", "x" * 1001),
        (1, "reg.1.other", "y" * 201),
    ],
)
async def test_what_cannot_be_read_is_shown_again_as_typed(portal: Portal, screen: int, field: str, typed: str) -> None:
    tab = await started(portal)
    await tab.send(tab.page.forms[-1], {"reg.1": ["knee", "other"]}, ("go", "stop"))
    await tab.open(next(link for link in tab.page.links if "/responses/" in link))
    await on_screen(tab, screen)
    await tab.send(tab.page.forms[-1], {field: typed}, ON)
    assert tab.status == 422
    assert f"#f-{field.partition(':')[0]}" in tab.page.links
    assert tab.page.values(field) == [typed] or f"You entered: {typed}" in tab.page.text


async def test_a_slip_does_not_hide_a_danger_on_the_same_screen(portal: Portal) -> None:
    tab = await started(portal)
    await on_screen(tab, 2)
    await tab.send(tab.page.forms[-1], {"rf.any.weakness": "yes", "rf.any.fever": ["yes", "no"]}, ON)
    assert "tel:911" in tab.page.links
    assert await walks.count(portal, "escalation") == 1


async def test_two_devices_see_both_versions(portal: Portal) -> None:
    here, there = await started(portal), Tab(await portal.sign_in("alice"))
    await on_screen(here, 5)
    await there.open(here.address)
    await there.send(there.page.forms[-1], {"ves.2": "3"}, ON)
    await here.send(here.page.forms[-1], {"ves.2": "8"}, ON)
    assert here.status == 412
    assert here.page.values("ves.2") == ["8"]
    assert "Saved on another device: 3" in here.page.text
    await here.send(here.page.forms[-1], {}, ON)
    assert here.status == 200
    await on_screen(here, 5)
    assert here.page.values("ves.2") == ["8"]


async def test_sending_a_screen_twice_is_no_conflict(portal: Portal) -> None:
    tab = await started(portal)
    form = tab.page.forms[-1]
    await tab.send(form, KNEE, ON)
    await tab.send(form, KNEE, ON)
    assert tab.status == 200
    assert tab.address.endswith("/screens/2")


async def test_a_form_sent_meanwhile_keeps_what_was_typed_on_the_screen(portal: Portal) -> None:
    response_id, _ = await walks.drafted(portal, "alice")
    tab = Tab(await portal.as_("alice"))
    await tab.open(f"/for/{tab.persona.own}/responses/{response_id}/screens/7")
    await walks.sent(portal, "alice")
    await tab.send(tab.page.forms[-1], {"med.1": "Made-up tablets"}, ON)
    assert tab.status == 409
    assert tab.page.values("med.1") == ["Made-up tablets"]


async def test_a_form_that_was_sent_leads_to_its_outcome(portal: Portal) -> None:
    outcome = await walks.sent(portal, "alice")
    tab = Tab(await portal.as_("alice"))
    for place in ("screens/1", "last-look"):
        await tab.open(f"/for/{tab.persona.own}/responses/{outcome.response_id}/{place}")
        assert tab.address.endswith("/outcome")


async def test_a_draft_thrown_away_says_so(portal: Portal) -> None:
    tab = await started(portal)
    address = tab.address
    await tab.open(address.replace("screens/1", "last-look"))
    await tab.press(tab.page.form("/removal"))
    assert tab.address == "/"
    await tab.open(address)
    assert tab.status == 409
    assert "thrown away" in tab.page.text


@pytest.mark.parametrize("place", ["screens/1", "last-look", "outcome", "danger"])
async def test_nobody_else_sees_the_form(portal: Portal, place: str) -> None:
    response_id, _ = await walks.drafted(portal, "alice")
    alice = await portal.as_("alice")
    for name in ("bob", "carol"):
        tab = Tab(await portal.as_(name))
        await tab.open(f"/for/{alice.own}/responses/{response_id}/{place}")
        assert tab.status == 404
        await tab.open(f"/for/{tab.persona.own}/responses/{response_id}/{place}")
        assert tab.status == 404
    pat = Tab(await portal.as_("pat"))
    await pat.open(f"/for/{alice.own}/responses/{response_id}/screens/1")
    assert pat.status == 200


async def test_a_form_without_the_token_changes_nothing(portal: Portal) -> None:
    tab = await started(portal)
    form = tab.page.forms[-1]
    without = [(name, value) for name, value in form.fields if name != "csrf_token"]
    await tab.post(form.action, [*without, ("reg.1", "knee")])
    assert tab.status == 403
    await tab.post(form.action, [*without, ("csrf_token", "x"), ("reg.1", "knee")])
    assert tab.status == 403
    await tab.open(form.action)
    assert tab.page.values("reg.1") == []


async def test_a_screen_without_its_revision_is_refused_plainly(portal: Portal) -> None:
    tab = await started(portal)
    await tab.send(tab.page.forms[-1], {"revision": "x"}, ON)
    assert tab.status == 400
    assert "what you saved is there" in tab.page.text


async def test_a_screen_that_does_not_exist_is_not_there(portal: Portal) -> None:
    tab = await started(portal)
    for number in (0, 99):
        await on_screen(tab, number)
        assert tab.status == 404


async def test_a_form_that_is_current_stays_as_it_is(portal: Portal) -> None:
    tab = await started(portal)
    form = tab.page.forms[-1]
    await tab.post(form.action.replace("screens/1", "version"), [form.fields[0]])
    assert tab.address.endswith("/last-look")


async def test_what_hardly_can_be_is_saved_and_asked_about_once(portal: Portal) -> None:
    tab = await started(portal)
    await on_screen(tab, 3)
    doubtful = {"reg.n.0/reg.n.region": "knee", "reg.n.0/reg.n.nrs.now": "9", "reg.n.0/reg.n.nrs.worst": "2"}
    await tab.send(tab.page.forms[-1], doubtful, ON)
    assert tab.status == 200
    assert "You gave 9 for the pain right now. At its worst it was 2. Is that right?" in tab.page.text
    assert "Your answers are saved" in tab.page.text
    await tab.send(tab.page.forms[-1], {}, ON)
    assert tab.address.endswith("/screens/4")
    await on_screen(tab, 3)
    assert tab.page.values("reg.n.0/reg.n.nrs.now") == ["9"]


async def test_day_nought_is_no_birth_date(portal: Portal) -> None:
    tab = await started(portal)
    await tab.send(tab.page.forms[-1], {"who.2:year": "1956", "who.2:month": "3", "who.2:day": "0"}, ON)
    assert tab.status == 422
    assert "Please check the day: March 1956 has days 1 to 31." in tab.page.text
    assert tab.page.values("who.2:day") == ["0"]
