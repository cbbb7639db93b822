"""What was written and not sent: danger in it is answered at once, and a refusal loses no word."""

import pytest

from tests.messaging.practice import BREATH, CALM, FEVER, WORRIED, act, messages, started
from tests.messaging.test_pages import KEEP, SEND, writing
from tests.pages.tab import Tab
from tests.portal import Portal

HELP = "tel:911"
LONG = "x" * 201


def emergency(portal: Portal) -> str:
    return portal.site.content.guidance["em.breath"].texts["en"].title


@pytest.mark.parametrize("body", [BREATH, FEVER, WORRIED])
async def test_a_danger_does_not_wait_for_a_topic_or_a_subject(body: str, fresh_portal: Portal) -> None:
    tab = await writing(fresh_portal)
    form = tab.page.form("/compose")
    for _ in range(2):
        await tab.press(form, SEND, subject="", body=body)
        assert tab.page.headings[0] == ("h1", "What to do now")
    alice = await fresh_portal.as_("alice")
    thread = tab.address.split("/threads/")[1].split("/")[0]
    assert [each["body"] for each in await messages(alice, thread)] == [body]
    urgent = (await (await fresh_portal.as_("nora")).http.get("/api/escalations")).json()["items"]
    assert [each["subject"]["id"] for each in urgent] == [thread]


async def test_what_was_chosen_stays_when_a_danger_is_sent_without_the_rest(fresh_portal: Portal) -> None:
    tab = await writing(fresh_portal)
    await tab.press(tab.page.form("/compose"), SEND, topic="billing", subject="", body=BREATH)
    thread = tab.address.split("/threads/")[1].split("/")[0]
    told = (await (await fresh_portal.as_("alice")).http.get(f"/api/threads/{thread}")).json()
    assert (told["topic"], told["subject"]) == ("billing", "A message")


async def test_a_refused_message_with_an_emergency_is_answered_with_what_to_do(portal: Portal) -> None:
    tab = await writing(portal)
    await tab.press(tab.page.form("/compose"), SEND, topic="soreness", subject=LONG, body=BREATH)
    assert (tab.status, tab.page.values("body")) == (422, [BREATH])
    assert tab.page.headings[1] == ("h2", emergency(portal))
    assert HELP in tab.page.links
    await tab.press(tab.page.form("/compose"), SEND, topic="soreness", subject=LONG, body=CALM)
    assert emergency(portal) not in tab.page.text


async def test_a_kept_message_with_an_emergency_says_what_to_do_and_that_it_is_not_sent(fresh_portal: Portal) -> None:
    tab = await writing(fresh_portal)
    await tab.press(tab.page.form("/compose"), KEEP, topic="soreness", subject="Chest", body=BREATH)
    assert tab.page.headings[1] == ("h2", emergency(fresh_portal))
    assert "is not sent yet" in tab.page.text
    await tab.open(next(link for link in tab.page.links if "compose?thread=" in link))
    assert emergency(fresh_portal) in tab.page.text
    assert tab.page.values("body") == [BREATH]


async def test_a_kept_answer_with_an_emergency_says_what_to_do(fresh_portal: Portal) -> None:
    alice = await fresh_portal.as_("alice")
    thread = await started(alice, alice.own)
    tab = Tab(alice)
    await tab.open(f"/for/{alice.own}/threads/{thread}")
    await tab.press(tab.page.form(f"{thread}/messages"), KEEP, body=BREATH)
    await tab.open(f"/for/{alice.own}/threads/{thread}")
    assert emergency(fresh_portal) in tab.page.text


async def test_every_fault_of_a_new_message_stands_at_its_field(portal: Portal) -> None:
    tab = await writing(portal)
    await tab.press(tab.page.form("/compose"), SEND, subject="", body="")
    for said in ("Choose what it is about.", "Say in a few words what it is about.", "Write something first."):
        assert said in tab.page.text
    assert {"#topic", "#subject", "#body"} <= set(tab.page.links)


async def test_a_correction_without_a_reason_keeps_the_corrected_words(portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread = await started(alice, alice.own, CALM)
    tab = Tab(alice)
    await tab.open(f"/for/{alice.own}/threads/{thread}")
    [first] = await messages(alice, thread)
    what = f"messages/{first['id']}/retraction"
    await tab.send(act(tab, what), {f"reason-{first['id']}": " ", f"copy-{first['id']}": BREATH})
    assert tab.status == 422
    assert "Say why, in a few words." in tab.page.text
    assert "#take-back" in tab.page.links
    assert emergency(portal) in tab.page.text
    assert tab.page.values(f"copy-{first['id']}") == [BREATH]
    await tab.send(act(tab, what), {f"reason-{first['id']}": "I forgot the worst."})
    assert [each["body"] for each in await messages(alice, thread)] == [CALM, BREATH]
