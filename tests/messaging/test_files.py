"""Files of messages: sent once with the message, kept with a draft, read by whoever reads the thread."""

import asyncio
import re
from typing import Any

import httpx
import pytest

from portico.platform.upload_slots import AT_ONCE, Sender
from tests.care import made_files
from tests.care.sending import Sent, kept
from tests.messaging.practice import BREATH, CALM, correction, messages, new_id, started, write
from tests.pages.tab import Tab
from tests.portal import BASE, Persona, Portal

PHOTO = ("knee.jpg", made_files.jpeg(), "image/jpeg")
PAPER = ("letter.pdf", made_files.pdf(), "application/pdf")


async def photo_of(who: Persona, patient: str) -> str:
    return str((await kept(who, patient, PHOTO))["id"])


async def start_with(who: Persona, files: list[str], body: str = CALM, *, topic: str = "soreness") -> dict[str, Any]:
    """A new thread whose first message has these files."""
    made = {
        "patient": who.own,
        "topic": topic,
        "subject": "Hello",
        "message": {"id": new_id(), "body": body, "attachments": files},
    }
    answer = await who.send("PUT", f"/api/threads/{new_id()}", json=made)
    assert answer.status_code == 201, answer.text
    thread: dict[str, Any] = answer.json()
    return thread


async def test_a_first_and_a_further_message_have_their_files_in_order(portal: Portal) -> None:
    alice = await portal.as_("alice")
    first, second = await photo_of(alice, alice.own), str((await kept(alice, alice.own, PAPER))["id"])
    thread = await start_with(alice, [second, first])
    assert [(each["id"], each["name"], each["state"]) for each in thread["message"]["files"]] == [
        (second, "letter.pdf", "clean"),
        (first, "knee.jpg", "clean"),
    ]
    third = await photo_of(alice, alice.own)
    answer = await write(alice, thread["id"], attachments=[third])
    assert answer.status_code == 201
    shown = await messages(alice, thread["id"])
    assert [each["attachments"] for each in shown] == [[second, first], [third]]
    assert [len(each["files"]) for each in shown] == [2, 1]


async def test_the_same_files_again_are_the_same_message_and_others_are_refused(portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread = await started(alice, alice.own)
    one, other = await photo_of(alice, alice.own), await photo_of(alice, alice.own)
    message = new_id()
    first = await write(alice, thread, message=message, attachments=[one])
    again = await write(alice, thread, message=message, attachments=[one])
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    for others in ([], [other], [one, other]):
        refused = await write(alice, thread, message=message, attachments=others)
        assert (refused.status_code, refused.json()["code"]) == (409, "different-body")


async def test_a_file_belongs_to_one_message_its_sender_and_its_patient(portal: Portal) -> None:
    alice, carol = await portal.as_("alice"), await portal.as_("carol")
    thread = await started(alice, alice.own)
    used, theirs = await photo_of(alice, alice.own), await photo_of(carol, carol.own)
    assert (await write(alice, thread, attachments=[used])).status_code == 201
    for file in (used, theirs, new_id()):
        message = new_id()
        refused = await write(alice, thread, message=message, attachments=[file])
        assert (refused.status_code, refused.json()["code"]) == (422, "attachment-unknown")
        # Nothing was stored under that id.
        assert (await write(alice, thread, message=message)).status_code == 201


@pytest.mark.parametrize("body", ["", "  \n"])
async def test_a_photo_without_words_is_for_the_same_day(body: str, portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await start_with(alice, [await photo_of(alice, alice.own)], body, topic="billing")
    assert (thread["message"]["level"], [each["key"] for each in thread["guidance"]]) == (
        "same_day",
        ["sd.call", "auto.received"],
    )
    seen = (await nora.send("GET", f"/api/threads/{thread['id']}")).json()
    assert (seen["pool"], seen["level"]) == ("nurses", "same_day")
    assert (await messages(nora, thread["id"]))[0]["rules"] == ["ST18"]


async def test_the_name_of_a_file_is_read_for_danger(portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread = await started(alice, alice.own)
    file = await kept(alice, alice.own, ("fever 103.jpg", made_files.jpeg(), "image/jpeg"))
    assert (await write(alice, thread, attachments=[file["id"]])).json()["level"] == "call_now"


MAY_READ = {
    # Whoever reads a thread reads its files, with the pool of the front desk and with that of the nurses.
    "alice": (200, 200),
    "pat": (200, 200),
    "bob": (404, 404),
    "carol": (404, 404),
    "nora": (200, 200),
    "dr.adams": (200, 200),
    "fred": (200, 404),
    "anna": (403, 403),
    "dr.baker": (404, 404),
}


async def test_who_reads_the_thread_reads_its_files(portal: Portal) -> None:
    alice = await portal.as_("alice")
    files = [await photo_of(alice, alice.own), await photo_of(alice, alice.own)]
    for file, topic in zip(files, ("billing", "soreness"), strict=True):
        await start_with(alice, [file], topic=topic)
    found = {}
    for name in MAY_READ:
        who = await portal.as_(name)
        answers = [await who.send("GET", f"/api/attachments/{file}") for file in files]
        found[name] = tuple(each.status_code for each in answers)
        absent = await who.send("GET", f"/api/attachments/{new_id()}")
        for each in answers:
            if each.status_code == 404:
                assert {**each.json(), "requestId": ""} == {**absent.json(), "requestId": ""}
    assert found == MAY_READ
    assert (await portal.stranger().send("GET", f"/api/attachments/{files[0]}")).status_code == 401


async def test_staff_of_the_front_desk_answer_with_a_file(portal: Portal) -> None:
    alice, fred = await portal.as_("alice"), await portal.as_("fred")
    thread = await started(alice, alice.own, topic="billing")
    paper = str((await kept(fred, alice.own, PAPER))["id"])
    assert (await write(fred, thread, "Here it is.", attachments=[paper])).status_code == 201
    assert (await alice.send("GET", f"/api/attachments/{paper}")).status_code == 200


async def test_a_draft_keeps_its_files_beyond_a_day_and_the_message_takes_them(fresh_portal: Portal) -> None:
    portal = fresh_portal
    alice = await portal.as_("alice")
    thread, message = await started(alice, alice.own), new_id()
    file = await photo_of(alice, alice.own)
    kept_draft = await alice.send(
        "PUT",
        f"/api/threads/{thread}/draft",
        json={"body": "Look", "attachments": [file], "messageId": message},
    )
    assert (kept_draft.status_code, kept_draft.json()["attachments"]) == (200, [file])
    portal.clock.pass_by(days=3)
    assert (await portal.do_due_work()).failed == 0
    portal.personas.clear()
    alice = await portal.as_("alice")
    assert (await alice.send("GET", f"/api/threads/{thread}/draft")).json()["attachments"] == [file]
    assert (await write(alice, thread, "Look", message=message, attachments=[file])).status_code == 201
    assert (await alice.send("GET", f"/api/threads/{thread}/draft")).status_code == 404
    assert (await alice.send("GET", f"/api/attachments/{file}")).status_code == 200


async def test_a_draft_takes_only_files_of_its_writer(portal: Portal) -> None:
    alice, carol = await portal.as_("alice"), await portal.as_("carol")
    thread = await started(alice, alice.own)
    for file in (new_id(), await photo_of(carol, carol.own)):
        refused = await alice.send("PUT", f"/api/threads/{thread}/draft", json={"body": "x", "attachments": [file]})
        assert (refused.status_code, refused.json()["code"]) == (422, "attachment-unknown")


async def post_form(
    who: Persona, path: str, fields: dict[str, Any], *files: Sent, field: str = "files"
) -> httpx.Response:
    """A form of a page with files, as a browser sends it."""
    sent = {"csrf_token": who.token, **fields}
    made = httpx.Request("POST", f"{BASE}{path}", data=sent, files=[(field, file) for file in files])
    return await who.http.post(path, content=made.read(), headers={"Content-Type": made.headers["Content-Type"]})


async def test_a_photo_is_sent_by_the_page_and_stands_in_the_thread_of_both_sides(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = new_id()
    fields = {"thread_id": thread, "message_id": new_id(), "topic": "soreness", "subject": "Knee", "body": CALM}
    answer = await post_form(alice, f"/for/{alice.own}/compose", {**fields, "action": "send"}, PHOTO, PAPER)
    assert answer.status_code == 303, answer.text
    for page in (
        await Tab(alice).open(f"/for/{alice.own}/threads/{thread}"),
        await Tab(nora).open(f"/threads/{thread}"),
    ):
        assert "knee.jpg" in page.text
        assert "letter.pdf" in page.text
    assert [each["name"] for each in (await messages(alice, thread))[0]["files"]] == ["knee.jpg", "letter.pdf"]


async def test_a_refused_file_costs_neither_words_nor_other_files(portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread = await started(alice, alice.own)
    path = f"/for/{alice.own}/threads/{thread}/messages"
    message = new_id()
    bad = ("bad.jpg", b"no picture", "image/jpeg")
    answer = await post_form(alice, path, {"message_id": message, "body": "My words", "action": "send"}, PHOTO, bad)
    assert answer.status_code == 400
    assert "bad.jpg: " in answer.text
    assert "My words" in answer.text
    assert len(await messages(alice, thread)) == 1
    (kept_file,) = re.findall(r'name="attachment" value="([^"]+)" checked', answer.text)
    assert kept_file.endswith("/knee.jpg")
    again = {"message_id": message, "body": "My words", "attachment": kept_file, "action": "send"}
    assert (await post_form(alice, path, again)).status_code == 303
    assert [each["name"] for each in (await messages(alice, thread))[1]["files"]] == ["knee.jpg"]


async def test_a_page_that_is_kept_has_its_files_when_it_is_opened_again(portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread = await started(alice, alice.own)
    path = f"/for/{alice.own}/threads/{thread}"
    fields = {"message_id": new_id(), "body": "Half", "action": "keep"}
    assert (await post_form(alice, f"{path}/messages", fields, PHOTO)).status_code == 303
    page = await Tab(alice).open(path)
    assert "Keep: knee.jpg" in page.text


async def test_staff_send_a_paper_by_the_page(portal: Portal) -> None:
    alice, fred = await portal.as_("alice"), await portal.as_("fred")
    thread = await started(alice, alice.own, topic="billing")
    answer = await post_form(fred, f"/threads/{thread}/messages", {"message_id": new_id(), "body": "Here."}, PAPER)
    assert answer.status_code == 303, answer.text
    assert [each["name"] for each in (await messages(alice, thread))[1]["files"]] == ["letter.pdf"]


async def test_pressing_send_twice_with_new_files_sends_once_and_shows_the_same_page(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = new_id()
    start = {"thread_id": thread, "message_id": new_id(), "topic": "soreness", "subject": "Knee", "body": CALM}
    answer = {"message_id": new_id(), "body": "And this."}
    of_staff = {"message_id": new_id(), "body": "Thank you."}
    for who, path, fields in (
        (alice, f"/for/{alice.own}/compose", start),
        (alice, f"/for/{alice.own}/threads/{thread}/messages", answer),
        (nora, f"/threads/{thread}/messages", of_staff),
    ):
        first, second, third = [await post_form(who, path, fields, PHOTO, PAPER) for _ in range(3)]
        assert (first.status_code, second.status_code, third.status_code) == (303, 303, 303), second.text
        assert first.headers["location"] == second.headers["location"] == third.headers["location"]
    assert [len(each["files"]) for each in await messages(alice, thread)] == [2, 2, 2]


async def test_two_presses_at_the_same_time_send_once(portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread = new_id()
    start = {"thread_id": thread, "message_id": new_id(), "topic": "soreness", "subject": "Knee", "body": CALM}
    both = await asyncio.gather(*(post_form(alice, f"/for/{alice.own}/compose", start, PHOTO) for _ in range(2)))
    assert [each.status_code for each in both] == [303, 303]
    assert len(await messages(alice, thread)) == 1


@pytest.mark.parametrize("changed", ["file", "name", "words", "count"])
async def test_what_differs_under_the_same_id_is_still_refused(changed: str, portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread = await started(alice, alice.own)
    path = f"/for/{alice.own}/threads/{thread}/messages"
    fields = {"message_id": new_id(), "body": "This."}
    text = ("list.txt", b"one", "text/plain")
    assert (await post_form(alice, path, fields, text)).status_code == 303
    others = {"file": ("list.txt", b"two", "text/plain"), "name": ("lost.txt", b"one", "text/plain")}
    words = {**fields, "body": "That."} if changed == "words" else fields
    files = [others.get(changed, text), *([PAPER] if changed == "count" else [])]
    refused = await post_form(alice, path, words, *files)
    assert refused.status_code == 409
    assert words["body"] in refused.text
    assert len((await messages(alice, thread))[1]["files"]) == 1


async def test_another_account_cannot_send_files_as_sent_before(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own)
    fields = {"message_id": new_id(), "body": "This."}
    assert (await post_form(alice, f"/for/{alice.own}/threads/{thread}/messages", fields, PAPER)).status_code == 303
    assert (await post_form(nora, f"/threads/{thread}/messages", fields, PAPER)).status_code == 409


async def test_a_corrected_copy_has_files_and_pressing_twice_makes_one(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own)
    assert (await write(nora, thread)).status_code == 201
    first, answer = await messages(alice, thread)
    for who, page, message in (
        (alice, f"/for/{alice.own}/threads/{thread}", first),
        (nora, f"/threads/{thread}", answer),
    ):
        path = f"{page}/messages/{message['id']}/retraction"
        assert f'formaction="{path}"' in (await who.http.get(page)).text
        fields = correction(message["id"], reason="The photo was missing", copy="With it.")
        beside = f"files-{message['id']}"
        presses = [await post_form(who, path, fields, PHOTO, field=beside) for _ in range(2)]
        assert [each.status_code for each in presses] == [303, 303], presses[-1].text
    shown = await messages(alice, thread)
    assert [(each["body"], [file["name"] for file in each["files"]]) for each in shown[2:]] == [
        ("With it.", ["knee.jpg"]),
        ("With it.", ["knee.jpg"]),
    ]


async def test_a_correction_that_is_refused_loses_nothing(portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread = await started(alice, alice.own)
    [first] = await messages(alice, thread)
    path = f"/for/{alice.own}/threads/{thread}/messages/{first['id']}/retraction"
    fields = correction(first["id"], reason="My reason", copy="My copy")
    bad = ("bad.jpg", b"no picture", "image/jpeg")
    refused = await post_form(alice, path, fields, PHOTO, bad, field=f"files-{first['id']}")
    assert refused.status_code == 400
    for words in ("bad.jpg: ", "My reason", "My copy", "Keep: knee.jpg", fields[f"new_id-{first['id']}"]):
        assert words in refused.text
    assert len(await messages(alice, thread)) == 1


async def test_words_are_sent_while_others_send_many_large_files(portal: Portal) -> None:
    alice = await portal.as_("alice")
    slots = portal.site.files.slots
    taken = [slots.take(Sender(account=str(n), peer=str(n)), lambda: None) for n in range(AT_ONCE)]
    try:
        tab = Tab(alice)
        await tab.open(f"/for/{alice.own}/compose")
        fields = {
            **dict(tab.page.form("/compose").fields),
            "topic": "other",
            "subject": "Now",
            "body": BREATH,
        }
        answer = await post_form(alice, f"/for/{alice.own}/compose", {**fields, "action": "send"}, PHOTO)
        assert answer.status_code == 303
        assert answer.headers["location"].endswith("/danger")
    finally:
        for slot in taken:
            assert slot is not None
            slot.end()
