"""Where a danger is shown, it stands first and alone: no price, no booking, no thanks, on any page."""

import pytest

from portico.platform.content import render_guidance
from tests import walks
from tests.clinic.house import shipped
from tests.pages.tab import Tab
from tests.portal import Portal

ON = ("go", "on")
NOT_BESIDE_DANGER = ("Ask for a visit", "cost", "pay", "thank", "Visit:", "candidate")


def shows_only_what_to_do(tab: Tab) -> bool:
    """Whether help stands before everything else on the page, and nothing of a visit or money beside it."""
    texts = [text for tag, text in tab.page.headings if tag in ("h1", "h2")]
    first = next(place for place, text in enumerate(texts) if text in ("Get help now", "We need to talk with you"))
    rest = [word for word in NOT_BESIDE_DANGER if word.casefold() in tab.page.text.casefold()]
    return first <= 1 and not rest and any(link.startswith("tel:") for link in tab.page.links)


async def in_danger(portal: Portal, answer: str = "rf.any.weakness") -> Tab:
    """A tab of somebody who has just said yes to a danger question."""
    tab = Tab(await portal.as_("alice"))
    await walks.booked(portal, "alice")
    await tab.open("/")
    await tab.press(tab.page.form("/intake"))
    await tab.open(tab.address.replace("screens/1", "screens/2"))
    await tab.send(tab.page.forms[-1], {answer: "yes"}, ON)
    return tab


@pytest.mark.parametrize("answer", ["rf.any.weakness", "rf.any.night_sweats"], ids=["E", "U"])
async def test_the_very_next_page_says_what_to_do(portal: Portal, answer: str) -> None:
    tab = await in_danger(portal, answer)
    assert "/danger" in tab.address
    assert shows_only_what_to_do(tab)
    assert await walks.count(portal, "escalation", "state = 'raised'") == 1


async def test_who_acts_for_somebody_reads_of_them_by_name_on_every_page(portal: Portal) -> None:
    tab = Tab(await portal.as_("pat"))
    await tab.open("/")
    await tab.press(tab.page.form("/intake"))
    await tab.open(tab.address.replace("screens/1", "screens/2"))
    await tab.send(tab.page.forms[-1], {"rf.any.weakness": "yes"}, ON)
    alice = walks.patient_of(portal, "alice")
    speaks_of_alice(tab, "res.urgent")
    for address in ("/", f"/for/{alice}/threads", f"/for/{alice}/consult-request"):
        await tab.open(address)
        speaks_of_alice(tab, "em.911")
    own = Tab(await portal.as_("alice"))
    await own.open("/")
    assert "Do not drive yourself." in own.page.text
    assert "This is about" not in own.page.text


async def test_who_writes_for_somebody_in_danger_reads_of_them_by_name(portal: Portal) -> None:
    tab = Tab(await portal.as_("pat"))
    alice = walks.patient_of(portal, "alice")
    await tab.open(f"/for/{alice}/compose")
    assert "When to get help for Alice Demo" in tab.page.text
    words = {"topic": "soreness", "subject": "Made-up", "body": "her throat is closing and her lips are swelling"}
    await tab.send(tab.page.forms[-1], words, ("action", "keep"))
    speaks_of_alice(tab, "em.allergy")
    await tab.open(f"/for/{alice}/compose")
    await tab.send(tab.page.forms[-1], words, ("action", "send"))
    speaks_of_alice(tab, "em.allergy")
    thread = next(link for link in tab.page.links if "/threads/" in link)
    await tab.open(thread.partition("#")[0])
    speaks_of_alice(tab, "em.allergy")
    assert "What is being done for Alice Demo" in tab.page.text
    answer = await tab.persona.send("GET", f"/api/threads/{thread.split('/')[4].partition('#')[0]}/messages")
    told = [text for item in answer.json()["items"] for text in item["guidance"] if text["key"].startswith("em.")]
    assert all(text["text"].startswith("This is about Alice Demo.") for text in told)
    assert told


def speaks_of_alice(tab: Tab, key: str) -> None:
    """Whether the page shows this text to somebody who acts for Alice, and to nobody else."""
    text = shipped().guidance[key]
    for_proxy, own = render_guidance(text, {}, about="Alice Demo"), render_guidance(text, {})
    shown = " ".join(tab.page.text.split())
    assert for_proxy.title in shown, tab.address
    assert all(paragraph in shown for paragraph in for_proxy.paragraphs), tab.address
    assert not [each for each in own.paragraphs if each not in for_proxy.paragraphs and each in shown], tab.address


async def test_every_further_page_shows_it_first(portal: Portal) -> None:
    tab = await in_danger(portal)
    await tab.open(next(link for link in tab.page.links if "/screens/" in link))
    visited = 0
    while "/screens/" in tab.address:
        assert shows_only_what_to_do(tab), tab.address
        await tab.send(tab.page.forms[-1], {}, ON)
        visited += 1
    assert visited > 5
    assert tab.address.endswith("/last-look")
    assert shows_only_what_to_do(tab)


async def test_screens_about_money_and_visits_are_skipped_and_not_counted(portal: Portal) -> None:
    tab = await in_danger(portal)
    base = tab.address.partition("/danger")[0]
    await tab.open(f"{base}/screens/13")
    assert tab.address.endswith("/screens/15")
    assert "of 13" in tab.page.text


async def test_home_and_asking_for_a_visit_show_it_too(portal: Portal) -> None:
    tab = await in_danger(portal)
    await tab.open("/")
    assert shows_only_what_to_do(tab)
    await tab.open(f"/for/{tab.persona.own}/consult-request")
    assert [form.action for form in tab.page.forms] == ["/sign-out"]
    assert tab.page.headings[0] == ("h1", "What to do now")


async def test_asking_for_a_visit_all_the_same_is_refused_and_loses_no_words(portal: Portal) -> None:
    tab = Tab(await portal.as_("alice"))
    await tab.open(f"/for/{tab.persona.own}/consult-request")
    form = tab.page.forms[-1]
    await walks.drafted(portal, "alice", walks.SADDLE)
    await tab.press(form, wishes="Made-up mornings")
    assert tab.status == 409
    assert "Made-up mornings" in tab.page.text
    assert await walks.count(portal, "consult") == 0


async def test_an_unfinished_form_is_sent_and_the_outcome_says_what_to_do(portal: Portal) -> None:
    tab = await in_danger(portal)
    await tab.open(next(link for link in tab.page.links if link.endswith("last-look")))
    await tab.press(tab.page.form("/submission"), ("partial", "yes"))
    assert tab.address.endswith("/outcome")
    assert shows_only_what_to_do(tab)


async def test_an_open_danger_hides_the_price_in_an_older_outcome(portal: Portal) -> None:
    older = await walks.sent(portal, "alice")
    tab = Tab(await portal.as_("alice"))
    address = f"/for/{tab.persona.own}/responses/{older.response_id}/outcome"
    await tab.open(address)
    assert "What it costs" in tab.page.text
    assert f"/for/{tab.persona.own}/consult-request" in tab.page.links
    await walks.drafted(portal, "alice", walks.SADDLE)
    await tab.open(address)
    assert shows_only_what_to_do(tab)


async def test_once_somebody_resolved_it_the_form_goes_on_as_usual(portal: Portal) -> None:
    response_id, _ = await walks.drafted(portal, "alice", walks.SADDLE, only_told=True)
    await walks.resolved(portal, "alice", response_id)
    tab = Tab(await portal.as_("alice"))
    await tab.open(f"/for/{tab.persona.own}/responses/{response_id}/danger?next=3")
    assert "/danger" in tab.address or tab.address.endswith("/screens/3")


async def test_danger_written_in_free_words_is_answered_on_the_very_next_page(portal: Portal) -> None:
    tab = Tab(await portal.as_("alice"))
    await tab.open("/")
    await tab.press(tab.page.form("/intake"))
    await tab.open(tab.address.replace("screens/1", "screens/12"))
    await tab.send(tab.page.forms[-1], {"q.1": "I want to kill myself, and my chest hurts badly right now"}, ON)
    assert "/danger" in tab.address
    assert "988" in tab.page.text
    assert not [word for word in NOT_BESIDE_DANGER if word.casefold() in tab.page.text.casefold()]
    assert await walks.count(portal, "escalation", "state = 'raised' and level = 'emergency'") == 1
    await tab.open(tab.address.partition("/danger")[0] + "/screens/13")
    assert not tab.address.endswith("/screens/13")
