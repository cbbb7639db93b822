"""Taking back, levels, assignment, closing, notes."""

import asyncio
from typing import Any

import httpx
import pytest

from tests import walks
from tests.messaging.practice import BREATH, CALM, FEVER, WORRIED, messages, started, threads, write
from tests.portal import Persona, Portal


async def put(who: Persona, thread: str, what: str, **body: object) -> httpx.Response:
    return await who.send("PUT", f"/api/threads/{thread}/{what}", json=body)


async def escalation_about(who: Persona, thread: str) -> dict[str, Any]:
    items = (await who.send("GET", "/api/escalations")).json()["items"]
    found: dict[str, Any] = next(each for each in items if each["subject"]["id"] == thread)
    return found


async def resolve(who: Persona, thread: str) -> None:
    found = await escalation_about(who, thread)
    answer = await who.send("PUT", f"/api/escalations/{found['id']}/resolution", json={"outcome": "spoke"})
    assert answer.status_code == 200


def account(portal: Portal, name: str) -> str:
    return str(walks.caller(portal, name).account_id)


async def test_a_message_taken_back_is_kept_with_who_and_why(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own)
    sent = (await write(nora, thread, "Take 10.")).json()
    answer = await put(nora, thread, f"messages/{sent['id']}/retraction", reason="Wrong number.")
    assert answer.json()["retracted"]["reason"] == "Wrong number."
    corrected = (await write(nora, thread, "Take 1.", replyTo=sent["id"])).json()
    seen = await messages(alice, thread)
    assert [each["body"] for each in seen] == [CALM, "Take 10.", "Take 1."]
    assert (seen[1]["retracted"]["byName"], seen[1]["retracted"]["reason"]) == ("Nora Demo", "Wrong number.")
    assert seen[2]["id"] == corrected["id"]


async def test_a_message_is_taken_back_once(portal: Portal) -> None:
    alice, nora, adams = await portal.as_("alice"), await portal.as_("nora"), await portal.as_("dr.adams")
    thread = await started(alice, alice.own)
    sent = (await write(nora, thread, "Take 10.")).json()
    path = f"messages/{sent['id']}/retraction"
    answers = [await put(nora, thread, path, reason="Wrong.") for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert (await put(adams, thread, path, reason="Wrong.")).json()["code"] == "already-retracted"


async def test_who_may_take_a_message_back(portal: Portal) -> None:
    alice, pat = await portal.as_("alice"), await portal.as_("pat")
    nora, adams = await portal.as_("nora"), await portal.as_("dr.adams")
    thread = await started(alice, alice.own)
    hers = (await messages(alice, thread))[0]["id"]
    of_adams = (await write(adams, thread, "Rest.")).json()["id"]
    of_nora = (await write(nora, thread, "Ice.")).json()["id"]
    for who, message, status in (
        (pat, hers, 403),
        (nora, hers, 403),
        (adams, hers, 403),
        (alice, of_adams, 403),
        (nora, of_adams, 403),
        (alice, hers, 200),
        (adams, of_nora, 200),
    ):
        assert (await put(who, thread, f"messages/{message}/retraction", reason="No.")).status_code == status


async def test_lowering_a_level_is_kept_and_ends_no_escalation(portal: Portal) -> None:
    alice, nora, adams = await portal.as_("alice"), await portal.as_("nora"), await portal.as_("dr.adams")
    thread = await started(alice, alice.own, BREATH)
    message = (await messages(alice, thread))[0]["id"]
    path = f"messages/{message}/level"
    assert (await put(nora, thread, path, level="routine", reason="A joke.")).json()["code"] == "may-not-lower"
    assert (await put(nora, thread, path, level="same_day", reason="Spoke to her.")).json()["level"] == "same_day"
    assert (await nora.send("GET", f"/api/threads/{thread}")).json()["level"] == "same_day"
    assert (await put(adams, thread, path, level="routine", reason="She is well.")).json()["level"] == "routine"
    assert (await put(adams, thread, path, level="routine", reason="  ")).status_code == 422
    escalation = await escalation_about(nora, thread)
    assert (escalation["state"], escalation["level"]) == ("raised", "emergency")
    assert await walks.count(portal, "level_change") == 2
    assert await walks.count(portal, "escalation_event", "kind = 'lower_level'") == 2
    # What the patient was told stays as it was.
    assert (await messages(alice, thread))[0]["level"] == "emergency"


async def test_a_thread_is_as_urgent_as_its_most_urgent_message(portal: Portal) -> None:
    alice, adams = await portal.as_("alice"), await portal.as_("dr.adams")
    thread = await started(alice, alice.own, FEVER)
    await write(alice, thread, WORRIED)
    first = (await messages(alice, thread))[0]["id"]
    await put(adams, thread, f"messages/{first}/level", level="routine", reason="No fever.")
    assert (await adams.send("GET", f"/api/threads/{thread}")).json()["level"] == "same_day"
    await write(alice, thread, CALM)
    assert (await adams.send("GET", f"/api/threads/{thread}")).json()["level"] == "same_day"
    await resolve(adams, thread)
    assert (await adams.send("GET", f"/api/threads/{thread}")).json()["level"] == "routine"
    await write(alice, thread, CALM)
    assert (await adams.send("GET", f"/api/threads/{thread}")).json()["level"] == "routine"


async def test_anybody_who_answers_may_raise_a_level_and_somebody_must_act(portal: Portal) -> None:
    alice, fred, nora = await portal.as_("alice"), await portal.as_("fred"), await portal.as_("nora")
    thread = await started(alice, alice.own, "I fell today.", topic="billing")
    message = (await messages(fred, thread))[0]["id"]
    answer = await put(fred, thread, f"messages/{message}/level", level="same_day", reason="She fell.")
    assert answer.json()["level"] == "same_day"
    assert (await escalation_about(nora, thread))["level"] == "same_day"
    assert (await nora.send("GET", f"/api/threads/{thread}")).json()["pool"] == "nurses"
    assert (await fred.send("GET", f"/api/threads/{thread}")).status_code == 404


async def test_of_two_who_take_a_thread_at_once_one_has_it(portal: Portal) -> None:
    alice = await portal.as_("alice")
    people = {name: await portal.as_(name) for name in ("nora", "dr.adams")}
    for _ in range(5):
        thread = await started(alice, alice.own)
        takes = [put(who, thread, "assignment", to=account(portal, name)) for name, who in people.items()]
        answers = await asyncio.gather(*takes)
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        holder = (await people["nora"].send("GET", f"/api/threads/{thread}")).json()["assignee"]["id"]
        refused = next(answer.json() for answer in answers if answer.status_code == 409)
        assert (refused["code"], refused["data"]["by"]) == ("assigned-to-another", holder)


async def test_taking_a_thread_from_somebody_needs_a_reason_that_is_kept(portal: Portal) -> None:
    alice, nora, adams = await portal.as_("alice"), await portal.as_("nora"), await portal.as_("dr.adams")
    thread = await started(alice, alice.own)
    steps = [
        (nora, "nora", None, 200),
        (nora, "nora", None, 200),
        (adams, "dr.adams", None, 409),
        (adams, None, None, 409),
        (adams, "dr.adams", "Nora is off.", 200),
        (adams, "nora", None, 200),
        (nora, None, None, 200),
    ]
    for who, to, reason, status in steps:
        wanted = None if to is None else account(portal, to)
        assert (await put(who, thread, "assignment", to=wanted, reason=reason)).status_code == status
    assert await walks.count(portal, "assignment", f"thread_id = '{thread}'") == 4
    assert await walks.count(portal, "assignment", f"thread_id = '{thread}' and reason_sealed is not null") == 1


@pytest.mark.parametrize("name", ["anna", "fred", "alice", "dr.baker"])
async def test_a_thread_is_given_only_to_somebody_who_reads_it(name: str, portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own)
    answer = await put(nora, thread, "assignment", to=account(portal, name))
    assert (answer.status_code, answer.json()["code"]) == (422, "colleague-unknown")


async def test_a_thread_that_leaves_the_front_desk_leaves_who_had_it_there(portal: Portal) -> None:
    alice, fred, nora = await portal.as_("alice"), await portal.as_("fred"), await portal.as_("nora")
    thread = await started(alice, alice.own, topic="billing")
    await put(fred, thread, "assignment", to=account(portal, "fred"))
    await write(alice, thread, WORRIED)
    assert (await nora.send("GET", f"/api/threads/{thread}")).json()["assignee"] is None


async def test_a_closed_thread_says_what_next_and_the_patients_message_opens_it_again(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own)
    assert (await put(nora, thread, "closure", sentence=" ")).status_code == 422
    answers = [await put(nora, thread, "closure", sentence="Call us in a week.") for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert (await put(nora, thread, "closure", sentence="Or do not.")).json()["code"] == "thread-cannot-move"
    seen = (await alice.send("GET", f"/api/threads/{thread}")).json()
    assert (seen["state"], seen["closure"]["sentence"]) == ("closed", "Call us in a week.")
    assert (await write(nora, thread)).json()["code"] == "thread-cannot-move"
    assert (await write(alice, thread)).status_code == 201
    seen = (await alice.send("GET", f"/api/threads/{thread}")).json()
    assert (seen["state"], seen["closure"]) == ("open", None)
    assert await walks.count(portal, "closure", f"thread_id = '{thread}'") == 1


async def test_staff_open_a_thread_again(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own)
    await put(nora, thread, "closure", sentence="Call us in a week.")
    for _ in range(2):
        answer = await nora.send("DELETE", f"/api/threads/{thread}/closure")
        assert (answer.status_code, answer.json()["state"]) == (200, "open")
    assert (await write(nora, thread)).status_code == 201


async def test_no_thread_is_closed_while_something_urgent_is_unresolved(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own, WORRIED)
    assert (await put(nora, thread, "closure", sentence="Fine.")).json()["code"] == "escalation-open"
    await resolve(nora, thread)
    assert (await put(nora, thread, "closure", sentence="Fine.")).status_code == 200


async def test_notes_are_for_staff_alone(portal: Portal) -> None:
    alice, nora, adams = await portal.as_("alice"), await portal.as_("nora"), await portal.as_("dr.adams")
    thread = await started(alice, alice.own)
    path = f"/api/threads/{thread}/notes"
    assert (await nora.send("POST", path, json={"body": "Her sister called."})).status_code == 201
    assert (await nora.send("POST", path, json={"body": ""})).status_code == 422
    (note,) = (await adams.send("GET", path)).json()["items"]
    assert (note["body"], note["author"]["name"]) == ("Her sister called.", "Nora Demo")
    for answer in (
        await alice.send("GET", path),
        await alice.send("GET", f"/api/threads/{thread}/messages"),
        await alice.send("GET", f"/api/threads/{thread}"),
    ):
        assert "sister" not in answer.text


async def test_the_inbox_stands_by_urgency_and_then_by_who_has_waited_longest(fresh_portal: Portal) -> None:
    alice, bob, nora = [await fresh_portal.as_(name) for name in ("alice", "bob", "nora")]
    made: dict[str, str] = {}
    for name, who, body in (
        ("calm", alice, CALM),
        ("later", bob, CALM),
        ("worried", bob, WORRIED),
        ("breath", alice, BREATH),
        ("fever", bob, FEVER),
    ):
        made[name] = await started(who, who.own, body)
        fresh_portal.clock.pass_by(minutes=1)
    await write(alice, made["calm"], "Still waiting.")
    order = ["breath", "fever", "worried", "calm", "later"]
    assert [each["id"] for each in await threads(nora)] == [made[name] for name in order]
    await write(nora, made["calm"], "At eight.")
    order = ["breath", "fever", "worried", "later", "calm"]
    assert [each["id"] for each in await threads(nora)] == [made[name] for name in order]
    assert [each["id"] for each in await threads(nora, "?state=closed")] == []
    assert {each["id"] for each in await threads(nora, "?topic=billing")} == set()
