"""Topics go to pools as the clinic set it; danger goes to the nurses whatever it set."""

from typing import get_args

import pytest

from portico.messaging.model import Topic
from tests.messaging.practice import FEVER, started, threads
from tests.portal import Portal

KEY = "messages.front_desk_topics"
USUAL = {"appointment", "billing", "technical"}


async def set_topics(portal: Portal, value: str | None) -> None:
    """An admin sets and confirms which topics are the front desk's."""
    anna = await portal.as_("anna")
    await anna.step_up()
    answer = await anna.send("PUT", f"/api/settings/{KEY}", json={"value": value, "confirm": value is not None})
    assert answer.status_code == 200, answer.text


async def pools(portal: Portal, body: str | None = None) -> dict[str, str]:
    """The pool of a new thread about each topic."""
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    words = {} if body is None else {"body": body}
    found = {}
    for topic in get_args(Topic):
        thread = await started(alice, alice.own, topic=topic, **words)
        found[topic] = (await nora.send("GET", f"/api/threads/{thread}")).json()["pool"]
    return found


def shared(front_desk: set[str]) -> dict[str, str]:
    return {topic: "front_desk" if topic in front_desk else "nurses" for topic in get_args(Topic)}


@pytest.mark.parametrize(
    ("value", "front_desk"),
    [
        (None, USUAL),
        ("billing", {"billing"}),
        ("other, medicine appointment", {"other", "medicine", "appointment"}),
        ("parking", set()),
    ],
)
async def test_new_threads_go_where_the_clinic_says(value: str | None, front_desk: set[str], portal: Portal) -> None:
    await set_topics(portal, value)
    assert await pools(portal) == shared(front_desk)


async def test_danger_is_the_nurses_whatever_the_clinic_set(portal: Portal) -> None:
    await set_topics(portal, " ".join(get_args(Topic)))
    assert await pools(portal) == shared(set(get_args(Topic)))
    assert await pools(portal, FEVER) == shared(set())


async def test_threads_stay_where_they_are_when_the_setting_changes(portal: Portal) -> None:
    await set_topics(portal, "billing")
    alice, fred = await portal.as_("alice"), await portal.as_("fred")
    there = await started(alice, alice.own, topic="billing")
    await set_topics(portal, "appointment")
    later = await started(alice, alice.own, topic="billing")
    seen = [each["id"] for each in await threads(fred)]
    assert there in seen
    assert later not in seen
