"""A patient looks once more, sends, hears what happens next, changes answers, and asks for a visit."""

import asyncio
from collections.abc import Mapping

import pytest

from portico.commands.made_up_answers import Told
from portico.review.model import Verdict
from tests import walks
from tests.pages.tab import Tab
from tests.portal import Portal


async def last_look(portal: Portal, told: Mapping[str, Told] | None = None, *, only_told: bool = False) -> Tab:
    """A tab on the last look at Alice's draft."""
    response_id, _ = await walks.drafted(portal, "alice", told or walks.CALM, only_told=only_told)
    tab = Tab(await portal.as_("alice"))
    await tab.open(f"/for/{tab.persona.own}/responses/{response_id}/last-look")
    return tab


async def test_a_finished_form_is_sent_and_says_what_happens_next(portal: Portal) -> None:
    tab = await last_look(portal)
    await tab.press(tab.page.form("/submission"))
    assert tab.address.endswith("/outcome")
    assert tab.page.headings[:2] == [("h1", "What happens next"), ("h2", "You may be a candidate")]
    assert await walks.count(portal, "review", "state = 'queued'") == 1


async def test_sending_twice_is_sending_once(portal: Portal) -> None:
    tab = await last_look(portal)
    form = tab.page.form("/submission")
    await tab.press(form)
    await tab.press(form)
    assert tab.address.endswith("/outcome")
    assert await walks.count(portal, "response_revision") == 1


async def test_an_unfinished_form_names_each_open_question_with_a_link_to_it(portal: Portal) -> None:
    tab = await last_look(portal, {"reg.1": ["knee"]}, only_told=True)
    assert "not answered" in tab.page.text
    await tab.press(tab.page.form("/submission"))
    assert tab.status == 422
    links = [link for link in tab.page.links if "#f-" in link]
    assert len(links) > 20
    for link in links[::5]:
        await tab.open(link)
        assert link.partition("#")[2] in tab.page.ids


async def test_a_form_changed_elsewhere_is_not_sent_unseen(portal: Portal) -> None:
    tab = await last_look(portal)
    form = tab.page.form("/submission")
    await walks.drafted(portal, "alice", {**walks.CALM, "goal.1": "Made-up other goal"})
    await tab.press(form)
    assert tab.status == 412
    assert await walks.count(portal, "response_revision") == 0


async def test_not_answered_never_reads_as_no(portal: Portal) -> None:
    tab = await last_look(portal, {"reg.1": ["knee"]}, only_told=True)
    assert "Do you have shaking chills? not answered" in tab.page.text


@pytest.mark.parametrize(
    ("verdict", "heading", "may_ask"),
    [
        (Verdict(decision="proceed", sentence="Made-up words for you."), None, True),
        (Verdict(decision="needs_information", sentence="Made-up words for you."), "Answer in my form", False),
    ],
    ids=["proceed", "question"],
)
async def test_the_clinicians_own_words_reach_the_patient(
    portal: Portal, verdict: Verdict, heading: str | None, *, may_ask: bool
) -> None:
    review = await walks.decided(portal, "alice", verdict, walks.FLAGGED)
    tab = Tab(await portal.as_("alice"))
    await tab.open(f"/for/{tab.persona.own}/responses/{review.response_id}/outcome")
    assert "Made-up words for you." in tab.page.text
    assert heading is None or heading in tab.page.text
    assert (f"/for/{tab.persona.own}/consult-request" in tab.page.links) is may_ask


async def test_sent_answers_are_changed_and_sent_again(portal: Portal) -> None:
    outcome = await walks.sent(portal, "alice")
    tab = Tab(await portal.as_("alice"))
    await tab.open(f"/for/{tab.persona.own}/responses/{outcome.response_id}/outcome")
    await tab.press(tab.page.form("/amendment"))
    assert tab.address.endswith("/last-look")
    await tab.open(tab.address.replace("last-look", "screens/7"))
    await tab.send(tab.page.forms[-1], {"med.1": "Made-up new tablets"}, ("go", "stop"))
    assert "Go on with my changes" in tab.page.text
    await tab.open(next(link for link in tab.page.links if link.endswith("last-look")))
    assert "Made-up new tablets" in tab.page.text
    await tab.press(tab.page.form("/submission"))
    assert tab.address.endswith("/outcome")
    assert await walks.count(portal, "response_revision") == 2


async def test_changes_are_thrown_away_and_what_was_sent_stays(portal: Portal) -> None:
    outcome = await walks.sent(portal, "alice")
    tab = Tab(await portal.as_("alice"))
    await tab.open(f"/for/{tab.persona.own}/responses/{outcome.response_id}/outcome")
    await tab.press(tab.page.form("/amendment"))
    await tab.press(tab.page.form("/removal"))
    assert tab.address == "/"
    await tab.open(f"/for/{tab.persona.own}/responses/{outcome.response_id}/outcome")
    assert tab.status == 200


async def test_a_patient_asks_for_a_visit_once(portal: Portal) -> None:
    await walks.sent(portal, "alice")
    tab = Tab(await portal.as_("alice"))
    await tab.open("/")
    await tab.open(next(link for link in tab.page.links if link.endswith("/consult-request")))
    await tab.press(tab.page.forms[-1], wishes="Made-up mornings")
    assert tab.address == "/"
    assert "You asked for a visit." in tab.page.text
    assert "Ask for a visit" not in tab.page.text


async def test_asking_again_changes_the_one_request(portal: Portal) -> None:
    tab = Tab(await portal.as_("alice"))
    place = f"/for/{tab.persona.own}/consult-request"
    await tab.open(place)
    await tab.press(tab.page.forms[-1], wishes="Made-up mornings")
    await tab.open(next(link for link in tab.page.links if link.endswith("/consult-request")))
    assert tab.page.values("wishes") == ["Made-up mornings"]
    await tab.press(tab.page.forms[-1], wishes="Made-up evenings")
    assert await walks.count(portal, "consult") == 1
    for wishes in (None, "Made-up weekends"):
        body = {"patient": tab.persona.own, "wishes": wishes}
        assert (await tab.persona.send("POST", "/api/consult-requests", json=body)).status_code == 201
    assert await walks.count(portal, "consult") == 1
    fred = Tab(await portal.as_("fred"))
    await fred.open("/consults")
    assert "Made-up weekends" in fred.page.text
    assert "Made-up mornings" not in fred.page.text


async def test_two_requests_at_once_are_one(portal: Portal) -> None:
    alice = await portal.as_("alice")
    body = {"patient": alice.own}
    await asyncio.gather(*(alice.send("POST", "/api/consult-requests", json=body) for _ in range(4)))
    assert await walks.count(portal, "consult") == 1


async def test_wishes_that_are_too_long_are_shown_again(portal: Portal) -> None:
    tab = Tab(await portal.as_("alice"))
    await tab.open(f"/for/{tab.persona.own}/consult-request")
    await tab.press(tab.page.forms[-1], wishes="x" * 1001)
    assert tab.status == 422
    assert tab.page.values("wishes") == ["x" * 1001]


@pytest.mark.parametrize("name", ["bob", "carol", "dr.adams"])
async def test_nobody_else_sends_or_reads_it(portal: Portal, name: str) -> None:
    tab = await last_look(portal)
    other = Tab(await portal.as_(name))
    form = tab.page.form("/submission")
    fields = [(key, value) for key, value in form.fields if key != "csrf_token"]
    await other.post(form.action, [*fields, ("csrf_token", other.persona.token)])
    assert other.status == 404
    await other.open(f"/for/{tab.persona.own}/consult-request")
    assert other.status == 404
    assert await walks.count(portal, "response_revision") == 0


async def test_a_proxy_acts_for_the_patient_and_sees_for_whom(portal: Portal) -> None:
    tab = await last_look(portal)
    pat = Tab(await portal.as_("pat"))
    await pat.open("/")
    assert "Alice Demo" in pat.page.text
    await pat.open(tab.address)
    assert "For Alice Demo" in pat.page.text
    await pat.press(pat.page.form("/submission"))
    assert pat.address.endswith("/outcome")
