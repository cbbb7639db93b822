"""Files of messages that wait for the virus check, and those that it refuses: nobody reads them, no word is lost."""

from pathlib import Path
from typing import Any

from tests.care.clamd_server import running_clamd
from tests.care.sending import kept
from tests.care.test_attachments_jobs import TEXT, VIRUS, scanned_by
from tests.messaging.practice import WORRIED, messages, new_id, started, write
from tests.messaging.test_files import post_form
from tests.pages.tab import Tab
from tests.portal import Persona, Portal


async def pages_of(alice: Persona, nora: Persona, thread: str) -> list[str]:
    return [
        (await Tab(alice).open(f"/for/{alice.own}/threads/{thread}")).text,
        (await Tab(nora).open(f"/threads/{thread}")).text,
    ]


def states(shown: list[dict[str, Any]]) -> list[list[str]]:
    return [[file["state"] for file in each["files"]] for each in shown]


async def test_a_file_that_waits_is_sent_and_read_by_nobody_before_the_check(
    fresh_portal: Portal, tmp_path: Path
) -> None:
    socket = tmp_path / "clamd.ctl"
    portal = await scanned_by(fresh_portal, f"unix://{socket}")
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own)
    calm, virus = [str((await kept(alice, alice.own, file))["id"]) for file in (TEXT, VIRUS)]
    message = new_id()
    sent = await write(alice, thread, WORRIED, message=message, attachments=[calm, virus])
    assert (sent.status_code, sent.json()["level"]) == (201, "same_day")
    assert states(await messages(nora, thread)) == [[], ["quarantined", "quarantined"]]
    for who in (alice, nora):
        for file in (calm, virus):
            answer = await who.send("GET", f"/api/attachments/{file}")
            assert (answer.status_code, answer.json()["code"]) == (409, "attachment-quarantined")
    for text in await pages_of(alice, nora, thread):
        assert text.count("This file waits for the virus check.") == 2

    async with running_clamd(socket):
        portal.clock.pass_by(minutes=2)
        await portal.do_due_work()
    alice, nora = await portal.sign_in("alice"), await portal.sign_in("nora")
    assert states(await messages(nora, thread)) == [[], ["clean", "rejected"]]
    for who in (alice, nora):
        assert (await who.send("GET", f"/api/attachments/{calm}")).content == TEXT[1]
        refused = await who.send("GET", f"/api/attachments/{virus}")
        assert (refused.status_code, refused.json()["code"]) == (409, "attachment-rejected")
    for text in await pages_of(alice, nora, thread):
        assert WORRIED in text
        assert "The virus check refused this file, so it was deleted." in text
    again = await write(alice, thread, WORRIED, message=message, attachments=[calm, virus])
    assert (again.status_code, again.json()["seq"]) == (200, 2)


async def test_a_file_that_was_refused_meanwhile_is_not_sent_and_the_words_stay(
    fresh_portal: Portal, tmp_path: Path
) -> None:
    socket = tmp_path / "clamd.ctl"
    portal = await scanned_by(fresh_portal, f"unix://{socket}")
    alice = await portal.as_("alice")
    thread = await started(alice, alice.own)
    virus = str((await kept(alice, alice.own, VIRUS))["id"])
    async with running_clamd(socket):
        portal.clock.pass_by(minutes=2)
        await portal.do_due_work()
    alice = await portal.sign_in("alice")
    message = new_id()
    refused = await write(alice, thread, message=message, attachments=[virus])
    assert (refused.status_code, refused.json()["code"]) == (422, "attachment-unknown")
    assert len(await messages(alice, thread)) == 1
    assert (await write(alice, thread, message=message)).status_code == 201


async def test_a_virus_on_the_page_costs_neither_words_nor_other_files(fresh_portal: Portal) -> None:
    async with running_clamd() as clamd:
        portal = await scanned_by(fresh_portal, clamd.address)
        alice = await portal.as_("alice")
        thread = await started(alice, alice.own)
        path = f"/for/{alice.own}/threads/{thread}/messages"
        calm = ("calm.txt", b"calm", "text/plain")
        answer = await post_form(alice, path, {"message_id": new_id(), "body": "My words"}, calm, VIRUS)
        assert answer.status_code == 400
        for words in ("The virus check refused this file.", "My words", "Keep: calm.txt"):
            assert words in answer.text
        assert len(await messages(alice, thread)) == 1


async def test_pressing_twice_while_the_scanner_is_away_sends_once(fresh_portal: Portal, tmp_path: Path) -> None:
    portal = await scanned_by(fresh_portal, f"unix://{tmp_path / 'clamd.ctl'}")
    alice = await portal.as_("alice")
    thread = await started(alice, alice.own)
    path = f"/for/{alice.own}/threads/{thread}/messages"
    fields = {"message_id": new_id(), "body": "This."}
    assert [(await post_form(alice, path, fields, TEXT)).status_code for _ in range(2)] == [303, 303]
    assert states(await messages(alice, thread)) == [[], ["quarantined"]]
