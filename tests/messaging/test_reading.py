"""Lists, searches, read marks and counts: what is counted is what is listed, for every reader."""

import random

import pytest

from portico.messaging.marks import counters
from portico.messaging.reading import PAGE_SIZE
from tests import walks
from tests.messaging.practice import CALM, WORRIED, messages, new_id, started, threads, write
from tests.portal import Persona, Portal


async def mark(who: Persona, thread: str, seq: int) -> int:
    answer = await who.send("PUT", f"/api/threads/{thread}/read-mark", json={"seq": seq})
    assert answer.status_code == 200, answer.text
    found: int = answer.json()["seq"]
    return found


async def unread(who: Persona, thread: str) -> int:
    found: int = (await who.send("GET", f"/api/threads/{thread}")).json()["unread"]
    return found


async def test_each_reader_has_a_mark_of_their_own(portal: Portal) -> None:
    alice, pat, nora, adams = [await portal.as_(name) for name in ("alice", "pat", "nora", "dr.adams")]
    thread = await started(alice, alice.own)
    await write(nora, thread, "One.")
    await write(nora, thread, "Two.")
    assert [await unread(who, thread) for who in (alice, pat, nora, adams)] == [2, 3, 1, 3]
    assert await mark(alice, thread, 2) == 2
    assert await mark(alice, thread, 1) == 2
    assert await mark(nora, thread, 3) == 3
    assert [await unread(who, thread) for who in (alice, pat, nora, adams)] == [1, 3, 0, 3]
    answer = await alice.send("PUT", f"/api/threads/{thread}/read-mark", json={"seq": 4})
    assert (answer.status_code, answer.json()["code"]) == (422, "number-unknown")


async def test_each_side_knows_how_far_the_other_has_read(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own)
    await write(nora, thread)
    assert (await alice.send("GET", f"/api/threads/{thread}")).json()["readByOtherSide"] == 0
    await mark(nora, thread, 1)
    assert (await alice.send("GET", f"/api/threads/{thread}")).json()["readByOtherSide"] == 1
    await mark(alice, thread, 2)
    assert (await nora.send("GET", f"/api/threads/{thread}")).json()["readByOtherSide"] == 2


async def test_the_count_of_unread_is_always_that_of_the_list(fresh_portal: Portal) -> None:
    portal, chance = fresh_portal, random.Random(3)
    names = ("alice", "pat", "nora", "fred", "dr.adams")
    people = {name: await portal.as_(name) for name in names}
    alice = people["alice"]
    made = [
        await started(people[chance.choice(["alice", "pat"])], alice.own, topic=chance.choice(["billing", "soreness"]))
        for _ in range(4)
    ]
    for _ in range(40):
        name, thread = chance.choice(names), chance.choice(made)
        who = people[name]
        if chance.random() < 0.6:
            await write(who, thread, chance.choice([CALM, CALM, CALM, WORRIED]))
        else:
            last = (await who.send("GET", f"/api/threads/{thread}")).json().get("lastSeq", 0)
            if last:
                await mark(who, thread, chance.randint(0, last))
        for each in names:
            asked = f"?patient={alice.own}"
            listed = sum(item["unread"] for item in await threads(people[each], asked))
            caller = walks.caller(portal, each)
            if each != "pat":
                assert (await counters(portal.site, caller)).unread == listed, each


@pytest.mark.parametrize("name", ["alice", "nora"])
async def test_a_search_looks_into_subjects_and_messages_of_one_patient(name: str, portal: Portal) -> None:
    alice, bob, who = await portal.as_("alice"), await portal.as_("bob"), await portal.as_(name)
    word = f"zebra{new_id()[:6]}"
    in_subject = await started(alice, alice.own, subject=f"About a {word.upper()}")
    in_body = await started(alice, alice.own)
    await write(alice, in_body, f"I met a {word} on the way.")
    await started(bob, bob.own, f"My own {word}.")
    found = await threads(who, f"?q={word}&patient={alice.own}")
    assert {each["id"] for each in found} == {in_subject, in_body}
    assert await threads(who, f"?q={word}%20nothing&patient={alice.own}") == []


async def test_clinic_wide_a_search_finds_patients_by_name(portal: Portal) -> None:
    alice, bob, nora = [await portal.as_(name) for name in ("alice", "bob", "nora")]
    hers, his = await started(alice, alice.own, "zebra"), await started(bob, bob.own, "zebra")
    found = {each["id"] for each in await threads(nora, "?q=lice%20d&topic=soreness")}
    assert hers in found
    assert his not in found
    assert await threads(nora, "?q=zebra") == []


async def test_a_list_is_read_page_by_page(fresh_portal: Portal) -> None:
    alice, nora = await fresh_portal.as_("alice"), await fresh_portal.as_("nora")
    made = [await started(alice, alice.own) for _ in range(PAGE_SIZE + 7)]
    for who in (alice, nora):
        first = (await who.send("GET", "/api/threads")).json()
        rest = (await who.send("GET", f"/api/threads?cursor={first['next']}")).json()
        read = [each["id"] for each in first["items"] + rest["items"]]
        assert (len(first["items"]), rest["next"]) == (PAGE_SIZE, None)
        assert sorted(read) == sorted(made)


async def test_a_list_is_read_by_days(fresh_portal: Portal) -> None:
    alice = await fresh_portal.as_("alice")
    early = await started(alice, alice.own)
    fresh_portal.clock.pass_by(days=2)
    fresh_portal.personas.clear()
    alice, nora = await fresh_portal.as_("alice"), await fresh_portal.as_("nora")
    late = await started(alice, alice.own)
    for who in (alice, nora):
        assert [each["id"] for each in await threads(who, "?until=2026-06-01")] == [early]
        assert [each["id"] for each in await threads(who, "?since=2026-06-02")] == [late]


async def test_staff_find_what_is_theirs(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own)
    me = str(walks.caller(portal, "nora").account_id)
    await nora.send("PUT", f"/api/threads/{thread}/assignment", json={"to": me})
    assert [each["id"] for each in await threads(nora, "?mine=true")] == [thread]


async def test_a_draft_outlives_the_session_and_is_gone_once_sent(portal: Portal) -> None:
    alice, pat = await portal.as_("alice"), await portal.as_("pat")
    thread, message = new_id(), new_id()
    path = f"/api/threads/{thread}/draft"
    written = {"patient": alice.own, "topic": "soreness", "subject": "Knee", "body": "It hu", "messageId": message}
    assert (await alice.send("PUT", path, json=written)).status_code == 200
    assert (await alice.send("PUT", path, json={**written, "body": "It hurts"})).status_code == 200
    again = await portal.sign_in("alice")
    draft = (await again.send("GET", path)).json()
    assert (draft["body"], draft["subject"], draft["topic"], draft["messageId"]) == (
        "It hurts",
        "Knee",
        "soreness",
        message,
    )
    assert (await pat.send("GET", path)).status_code == 404
    await started(again, again.own, "It hurts", thread=thread, message=message)
    assert (await again.send("GET", path)).status_code == 404
    late = await again.send("PUT", path, json={"body": "It hurts", "messageId": message})
    assert (late.status_code, late.json()["code"]) == (409, "already-sent")
    assert len(await messages(again, thread)) == 1


async def test_a_draft_is_about_one_patient(portal: Portal) -> None:
    pat, alice = await portal.as_("pat"), await portal.as_("alice")
    thread = await started(alice, alice.own)
    bob = str(walks.patient_of(portal, "bob"))
    assert (
        await pat.send("PUT", f"/api/threads/{new_id()}/draft", json={"body": "A", "patient": bob})
    ).status_code == 404
    answer = await (await portal.as_("nora")).send(
        "PUT", f"/api/threads/{thread}/draft", json={"body": "A", "patient": bob}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "other-patient")
