"""Sending: once, whatever is repeated; numbered without a gap, whoever sends at the same time."""

import asyncio
import random

import pytest

from portico.access import SystemScope
from portico.messaging import rules
from portico.platform.database import Query
from tests import walks
from tests.messaging.practice import (
    BREATH,
    CALM,
    FEVER,
    SORE,
    WORRIED,
    messages,
    new_id,
    start,
    started,
    threads,
    write,
)
from tests.portal import Portal
from tests.walks import Counted


async def count(portal: Portal, table: str, thread: str) -> int:
    query = Query(Counted, f"select count(*) as count from {table} where clinic_id = $1 and thread_id = $2")
    clinic_id = walks.clinic_of(portal, "alice")
    async with portal.site.db.transaction(SystemScope(clinic_id, "test")) as tx:
        return (await tx.one(query, clinic_id, thread)).count


async def test_a_thread_and_its_first_message_are_stored_together(portal: Portal) -> None:
    alice = await portal.as_("alice")
    answer = await start(alice, alice.own, SORE, topic="soreness", subject="My knee")
    thread = answer.json()
    assert answer.status_code == 201
    assert (thread["subject"], thread["topic"], thread["state"], thread["lastSeq"]) == (
        "My knee",
        "soreness",
        "open",
        1,
    )
    assert thread["patient"]["id"] == alice.own
    (first,) = await messages(alice, thread["id"])
    assert first == thread["message"]
    assert (first["seq"], first["body"], first["author"]["role"]) == (1, SORE, "patient")
    assert first["author"]["onBehalfOf"] is None
    assert first["sentAt"] == portal.clock.now().isoformat().replace("+00:00", "Z")


async def test_the_same_thread_again_gets_the_same_answer(portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread, message = new_id(), new_id()
    first = await start(alice, alice.own, thread=thread, message=message)
    again = await start(alice, alice.own, thread=thread, message=message)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert len(await messages(alice, thread)) == 1


@pytest.mark.parametrize("changed", ["topic", "subject", "body", "message"])
async def test_another_thread_under_the_same_id_is_refused(changed: str, portal: Portal) -> None:
    alice = await portal.as_("alice")
    sent = {"thread": new_id(), "message": new_id(), "topic": "soreness", "subject": "A", "body": CALM}
    await start(alice, alice.own, **sent)
    other = {"topic": "billing", "subject": "B", "body": "Other", "message": new_id()}
    answer = await start(alice, alice.own, **{**sent, changed: other[changed]})
    assert (answer.status_code, answer.json()["code"]) == (409, "different-body")
    assert len(await messages(alice, sent["thread"])) == 1


async def test_the_same_message_again_gets_the_same_answer_for_ever(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread, message = await started(alice, alice.own), new_id()
    first = await write(alice, thread, SORE, message=message)
    await write(nora, thread, "Rest it.")
    portal.clock.pass_by(minutes=5)
    again = await write(alice, thread, SORE, message=message)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert [each["seq"] for each in await messages(nora, thread)] == [1, 2, 3]


async def test_other_content_under_the_same_id_is_refused(portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread, message = await started(alice, alice.own), new_id()
    one = (await messages(alice, thread))[0]["id"]
    await write(alice, thread, SORE, message=message)
    for other in ({"body": "Other"}, {"body": SORE, "replyTo": one}):
        answer = await write(alice, thread, message=message, **other)
        assert (answer.status_code, answer.json()["code"]) == (409, "different-body")


async def test_another_authors_message_under_the_same_id_is_refused(portal: Portal) -> None:
    alice, pat = await portal.as_("alice"), await portal.as_("pat")
    thread, message = await started(alice, alice.own), new_id()
    await write(alice, thread, SORE, message=message)
    assert (await write(pat, thread, SORE, message=message)).status_code == 409


async def test_an_id_that_is_taken_elsewhere_in_sight_is_refused(portal: Portal) -> None:
    alice = await portal.as_("alice")
    one, other, message = await started(alice, alice.own), await started(alice, alice.own), new_id()
    await write(alice, one, SORE, message=message)
    assert (await write(alice, other, SORE, message=message)).json()["code"] == "different-body"
    assert (await start(alice, alice.own, SORE, message=message)).json()["code"] == "different-body"
    assert len(await messages(alice, other)) == 1


async def test_an_id_that_is_taken_out_of_sight_is_not_found(portal: Portal) -> None:
    alice, bob = await portal.as_("alice"), await portal.as_("bob")
    message = new_id()
    hers, his = await started(alice, alice.own, message=message), await started(bob, bob.own)
    assert (await start(bob, bob.own, thread=hers)).status_code == 404
    assert (await start(bob, bob.own, message=message)).status_code == 404
    assert (await write(bob, his, message=message)).status_code == 404
    assert (await write(bob, hers)).status_code == 404
    assert [each["seq"] for each in await messages(bob, his)] == [1]


async def test_an_id_taken_in_another_pool_is_not_found_by_the_front_desk(portal: Portal) -> None:
    alice, fred = await portal.as_("alice"), await portal.as_("fred")
    message = new_id()
    await started(alice, alice.own, WORRIED, topic="billing", message=message)
    desk = await started(alice, alice.own, topic="billing")
    assert (await write(fred, desk, message=message)).status_code == 404


async def test_another_clinic_uses_the_same_ids_for_itself(portal: Portal) -> None:
    alice, carol = await portal.as_("alice"), await portal.as_("carol")
    thread, message = new_id(), new_id()
    assert (await start(alice, alice.own, thread=thread, message=message)).status_code == 201
    assert (await start(carol, carol.own, thread=thread, message=message)).status_code == 201


async def test_two_tabs_for_two_people_never_mix(portal: Portal) -> None:
    alice, pat = await portal.as_("alice"), await portal.as_("pat")
    thread = await started(alice, alice.own)
    assert (await write(pat, thread, patient=str(walks.patient_of(portal, "alice")))).status_code == 201
    answer = await write(pat, thread, patient=str(walks.patient_of(portal, "bob")))
    assert (answer.status_code, answer.json()["code"]) == (409, "other-patient")


async def test_a_proxy_writes_on_behalf_of_the_patient(portal: Portal) -> None:
    pat = await portal.as_("pat")
    alice = str(walks.patient_of(portal, "alice"))
    thread = await started(pat, alice)
    (first,) = await messages(pat, thread)
    assert (first["author"]["role"], first["author"]["onBehalfOf"]) == ("proxy", alice)


async def test_a_storm_of_retries_stores_one_message(portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread, message = await started(alice, alice.own), new_id()
    answers = await asyncio.gather(*(write(alice, thread, SORE, message=message) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len({answer.text for answer in answers}) == 1
    assert await count(portal, "message", thread) == 2


async def test_a_storm_of_new_threads_makes_one(portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread, message = new_id(), new_id()
    answers = await asyncio.gather(*(start(alice, alice.own, thread=thread, message=message) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert await count(portal, "message", thread) == 1


async def test_of_two_contents_under_one_id_exactly_one_is_stored(portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread, message = await started(alice, alice.own), new_id()
    answers = await asyncio.gather(*(write(alice, thread, f"Version {n % 2}", message=message) for n in range(10)))
    codes = [answer.status_code for answer in answers]
    assert (codes.count(201), codes.count(200), codes.count(409)) == (1, 4, 5)


async def test_numbers_have_no_gap_and_are_the_same_for_everybody(portal: Portal) -> None:
    names = ("alice", "pat", "nora", "dr.adams")
    people = [await portal.as_(name) for name in names]
    thread = await started(people[0], people[0].own)
    chance = random.Random(7)
    sends = [(people[n % 4], new_id(), f"Message {n}") for n in range(24)]
    repeated = [each for each in sends for _ in range(chance.randint(1, 3))]
    chance.shuffle(repeated)
    tails = asyncio.create_task(_follow(portal, thread, 25))
    answers = await asyncio.gather(*(write(who, thread, body, message=message) for who, message, body in repeated))
    assert {answer.status_code for answer in answers} <= {200, 201}
    read = [[(each["seq"], each["id"]) for each in await messages(who, thread)] for who in people]
    assert [seq for seq, _ in read[0]] == list(range(1, 26))
    assert all(each == read[0] for each in read)
    assert await tails == read[0]


async def _follow(portal: Portal, thread: str, last: int) -> list[tuple[int, str]]:
    """What a reader sees who asks for what came after the last number it has, while others send."""
    nora = await portal.as_("nora")
    seen: list[tuple[int, str]] = []
    while len(seen) < last:
        seen += [(each["seq"], each["id"]) for each in await messages(nora, thread, len(seen))]
    return seen


async def test_a_long_thread_is_read_in_parts(portal: Portal) -> None:
    nora, alice = await portal.as_("nora"), await portal.as_("alice")
    thread = await started(alice, alice.own)
    for number in range(2, 204):
        await write(nora, thread, f"Message {number}")
    first = (await alice.send("GET", f"/api/threads/{thread}/messages")).json()
    rest = (await alice.send("GET", f"/api/threads/{thread}/messages?after={first['next']}")).json()
    assert (len(first["items"]), first["next"]) == (200, "200")
    assert ([each["seq"] for each in rest["items"]], rest["next"]) == ([201, 202, 203], None)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 422, "nothing-written"),
        ("  \n", 422, "nothing-written"),
        ("x" * (rules.BODY_LIMIT + 1), 422, "too-long"),
        ("\N{OLD PERSIAN SIGN A}" * rules.BODY_LIMIT, 201, None),
        ("a\0b \N{ZERO WIDTH JOINER} <script>", 201, None),
    ],
)
async def test_what_may_be_written(body: str, status: int, code: str | None, portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread = await started(alice, alice.own)
    answer = await write(alice, thread, body)
    assert (answer.status_code, answer.json().get("code")) == (status, code)
    if status == 201:
        assert (await messages(alice, thread))[-1]["body"] == body


async def test_attachments_and_answers_must_be_there(portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread, other = await started(alice, alice.own), await started(alice, alice.own)
    elsewhere = (await messages(alice, other))[0]["id"]
    assert (await write(alice, thread, attachments=[new_id()])).json()["code"] == "attachment-unknown"
    for unknown in (new_id(), elsewhere):
        assert (await write(alice, thread, replyTo=unknown)).json()["code"] == "reply-to-unknown"
    own = (await messages(alice, thread))[0]["id"]
    assert (await write(alice, thread, replyTo=own)).json()["replyTo"] == own


@pytest.mark.parametrize(
    ("body", "level", "rule", "key"),
    [
        (WORRIED, "same_day", "ST18", "sd.call"),
        (FEVER, "call_now", "ST08", "em.infection"),
        (BREATH, "emergency", "ST01", "em.breath"),
        ("crash", "same_day", "ST30", "sd.call"),
    ],
)
async def test_danger_is_answered_at_once_and_raised(
    body: str, level: str, rule: str, key: str, portal: Portal
) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own, topic="billing")
    answer = (await write(alice, thread, body)).json()
    assert answer["level"] == level
    assert [text["key"] for text in answer["guidance"]] == [key, "auto.received"]
    assert ("911" if level == "emergency" else "555-0100") in answer["guidance"][0]["text"]
    assert "rules" not in answer
    (escalation,) = [
        each for each in (await nora.send("GET", "/api/escalations")).json()["items"] if each["subject"]["id"] == thread
    ]
    assert (escalation["level"], escalation["rules"], escalation["subject"]["kind"]) == (level, [rule], "thread")
    seen = (await messages(nora, thread))[-1]
    assert seen["rules"] == [rule]
    for span in seen["spans"]:
        assert body[span["start"] : span["end"]] in body
    assert (await nora.send("GET", f"/api/threads/{thread}")).json()["level"] == level


async def test_a_replay_raises_nothing_again(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread, message = await started(alice, alice.own), new_id()
    await write(alice, thread, BREATH, message=message)
    (found,) = [
        each for each in (await nora.send("GET", "/api/escalations")).json()["items"] if each["subject"]["id"] == thread
    ]
    await nora.send("PUT", f"/api/escalations/{found['id']}/acknowledgement")
    await write(alice, thread, BREATH, message=message)
    (after,) = [
        each for each in (await nora.send("GET", "/api/escalations")).json()["items"] if each["subject"]["id"] == thread
    ]
    assert after["state"] == "acknowledged"


async def test_a_message_above_routine_leaves_the_front_desk_at_once(portal: Portal) -> None:
    alice, fred, nora = await portal.as_("alice"), await portal.as_("fred"), await portal.as_("nora")
    thread = await started(alice, alice.own, topic="billing")
    assert (await fred.send("GET", f"/api/threads/{thread}")).json()["pool"] == "front_desk"
    await write(alice, thread, WORRIED)
    assert (await fred.send("GET", f"/api/threads/{thread}")).status_code == 404
    assert (await write(fred, thread)).status_code == 404
    assert thread not in [each["id"] for each in await threads(fred)]
    assert (await nora.send("GET", f"/api/threads/{thread}")).json()["pool"] == "nurses"


async def test_staff_answers_are_not_read_for_danger(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own)
    answer = (await write(nora, thread, "Call 911 if you cannot breathe or have a fever.")).json()
    assert (answer["level"], answer["guidance"], answer["author"]["role"]) == ("routine", [], "nurse")


async def test_the_third_message_about_symptoms_in_two_days_is_for_the_same_day(fresh_portal: Portal) -> None:
    alice = await fresh_portal.as_("alice")
    thread = await started(alice, alice.own, SORE)
    assert (await write(alice, thread, SORE)).json()["level"] == "routine"
    third = (await write(alice, thread, SORE)).json()
    assert third["level"] == "same_day"
    fresh_portal.clock.pass_by(hours=49)
    fresh_portal.personas.clear()
    later = await fresh_portal.as_("alice")
    assert (await write(later, thread, SORE)).json()["level"] == "routine"
