"""Files among the answers of the shipped intake: over JSON, on pages, in the summary, and when they go."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from portico import forms
from portico.care.attachments import UNBOUND_FOR
from tests import walks
from tests.care import made_files
from tests.care.sending import Sent, kept
from tests.databases import DatabaseUrls
from tests.portal import BASE, Persona, Portal, open_portal

JPEG: Sent = ("knee.jpg", made_files.jpeg(), "image/jpeg")
PDF: Sent = ("report.pdf", made_files.pdf(), "application/pdf")
Answers = dict[str, Any]


@pytest.fixture
async def portal(fresh_database: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Portal]:
    async with open_portal(fresh_database, tmp_path) as opened:
        yield opened


def stored(portal: Portal) -> int:
    return len([path for path in Path(str(portal.site.settings.attachments)).rglob("*") if path.is_file()])


def named(*urls: str, **more: object) -> dict[str, object]:
    answers = [{"valueAttachment": {"url": url, **more}} for url in urls]
    return {"linkId": "doc", "item": [{"linkId": "doc.2", "answer": answers}]}


async def with_files(portal: Portal, *urls: str, **more: object) -> Answers:
    """The finished form with these files in it."""
    made = await walks.made_up(portal, walks.CALM)
    answers: Answers = msgspec.json.decode(forms.encode(made))
    answers["item"] = [item for item in answers["item"] if item["linkId"] != "doc"]
    place = next(at for at, item in enumerate(answers["item"]) if item["linkId"] in ("q", "cost", "ack"))
    if urls:
        answers["item"].insert(place, named(*urls, **more))
    return answers


async def drafted(person: Persona) -> tuple[str, int]:
    made = await person.send(
        "POST", "/api/responses", json={"questionnaire": "prolotherapy-intake", "patient": person.own}
    )
    assert made.status_code in (200, 201), made.text
    return made.json()["id"], made.json()["revision"]


async def saved(person: Persona, draft: tuple[str, int], answers: Answers) -> httpx.Response:
    return await person.send("PUT", f"/api/responses/{draft[0]}/answers", json=answers, revision=draft[1])


async def test_a_file_is_named_by_its_address_and_told_as_it_is(portal: Portal) -> None:
    alice = await portal.as_("alice")
    photo = await kept(alice, alice.own, JPEG)
    url = f"/api/attachments/{photo['id']}"
    draft = await drafted(alice)
    answer = await saved(
        alice, draft, await with_files(portal, url, title="<b>other</b>", contentType="text/html", size=1)
    )
    assert answer.status_code == 200, answer.text
    read = (await alice.send("GET", f"/api/responses/{draft[0]}")).json()["response"]
    files = next(item for item in read["item"] if item["linkId"] == "doc")["item"][0]["answer"]
    assert files == [
        {"valueAttachment": {"contentType": "image/jpeg", "url": url, "size": photo["size"], "title": "knee.jpg"}}
    ]


async def test_files_that_are_not_there_or_anothers_are_refused_at_their_place(portal: Portal) -> None:
    alice, bob = await portal.as_("alice"), await portal.as_("bob")
    foreign = await kept(bob, bob.own, JPEG)
    draft = await drafted(alice)
    for url in (f"/api/attachments/{uuid4()}", f"/api/attachments/{foreign['id']}", "https://elsewhere.test/x.jpg"):
        answer = await saved(alice, draft, await with_files(portal, url))
        assert answer.status_code == 422, answer.text
        fault = next(fault for fault in answer.json()["errors"] if fault["code"] == "attachment-unknown")
        assert fault["linkId"] == "doc.2"
        assert fault["path"].endswith(".item[0].answer[0]")
    inline = await with_files(portal, "", data="aGVsbG8=", contentType="text/plain")
    assert (await saved(alice, draft, inline)).status_code == 422


async def test_the_summary_and_the_paper_list_the_files_and_staff_open_them(portal: Portal) -> None:
    alice, adams = await portal.as_("alice"), await portal.as_("dr.adams")
    urls = [f"/api/attachments/{(await kept(alice, alice.own, file))['id']}" for file in (JPEG, PDF)]
    draft = await drafted(alice)
    revision = (await saved(alice, draft, await with_files(portal, *urls))).json()["revision"]
    assert (await adams.send("GET", urls[0])).status_code == 404
    sent = await alice.send("PUT", f"/api/responses/{draft[0]}/submission", json={}, revision=revision)
    assert sent.status_code == 200, sent.text
    entry = (await adams.send("GET", "/api/reviews")).json()["items"][0]
    summary = (await adams.send("GET", f"/api/reviews/{entry['id']}")).json()["summary"]
    assert summary["files"] == [{"name": "knee.jpg", "url": urls[0]}, {"name": "report.pdf", "url": urls[1]}]
    assert any("report.pdf" in answer["text"] for answer in summary["documents"])
    page = await adams.send("GET", f"/reviews/{entry['id']}")
    assert f'href="{urls[1]}"' in page.text
    assert (await adams.send("GET", urls[1])).content == PDF[1]
    assert (await (await portal.as_("fred")).send("GET", urls[1])).status_code == 403


async def test_a_file_that_left_the_draft_is_deleted_a_day_later(portal: Portal) -> None:
    alice = await portal.as_("alice")
    urls = [f"/api/attachments/{(await kept(alice, alice.own, file))['id']}" for file in (JPEG, PDF)]
    draft = await drafted(alice)
    revision = (await saved(alice, draft, await with_files(portal, *urls))).json()["revision"]
    portal.clock.instant += UNBOUND_FOR
    await portal.do_due_work()
    assert stored(portal) == 2
    alice = await portal.sign_in("alice")
    assert (await saved(alice, (draft[0], revision), await with_files(portal, urls[0]))).status_code == 200
    portal.clock.instant += UNBOUND_FOR
    await portal.do_due_work()
    assert stored(portal) == 1


async def test_a_draft_that_is_thrown_away_or_expires_lets_its_files_go(portal: Portal) -> None:
    for leave in ("drop", "expire"):
        alice = await portal.sign_in("alice")
        url = f"/api/attachments/{(await kept(alice, alice.own, JPEG))['id']}"
        draft = await drafted(alice)
        assert (await saved(alice, draft, await with_files(portal, url))).status_code == 200
        assert stored(portal) == 1
        if leave == "drop":
            assert (await alice.send("DELETE", f"/api/responses/{draft[0]}")).status_code == 204
        else:
            portal.clock.pass_by(days=91)
            await portal.do_due_work()
        portal.clock.instant += UNBOUND_FOR
        await portal.do_due_work()
        assert stored(portal) == 0


async def test_what_was_sent_keeps_its_files_whatever_is_amended(portal: Portal) -> None:
    alice = await portal.as_("alice")
    first, second = [f"/api/attachments/{(await kept(alice, alice.own, file))['id']}" for file in (JPEG, PDF)]
    draft = await drafted(alice)
    revision = (await saved(alice, draft, await with_files(portal, first))).json()["revision"]
    await alice.send("PUT", f"/api/responses/{draft[0]}/submission", json={}, revision=revision)
    opened = (await alice.send("POST", f"/api/responses/{draft[0]}/amendments", json={})).json()
    answer = await saved(alice, (draft[0], opened["revision"]), await with_files(portal, second))
    assert answer.status_code == 200, answer.text
    assert (await alice.send("DELETE", f"/api/responses/{draft[0]}")).status_code == 204
    portal.clock.instant += UNBOUND_FOR
    await portal.do_due_work()
    adams = await portal.sign_in("dr.adams")
    assert (await adams.send("GET", first)).status_code == 200
    assert (await adams.send("GET", second)).status_code == 404


# On pages.


async def screen_of_files(portal: Portal, person: Persona) -> tuple[str, int]:
    """The address of the screen that takes files, and the draft's revision."""
    response_id, revision = await walks.drafted(portal, "alice")
    for number in range(1, 30):
        path = f"/for/{person.own}/responses/{response_id}/screens/{number}"
        if "doc.2:files" in (await person.send("GET", path)).text:
            return path, revision
    raise AssertionError


async def posted(
    person: Persona, path: str, revision: int, files: list[Sent], **fields: str | list[str]
) -> httpx.Response:
    """What a browser without JavaScript sends."""
    data = {"csrf_token": person.token, "revision": str(revision), "go": "on", **fields}
    made = httpx.Request("POST", f"{BASE}{path}", data=data, files=[("doc.2:files", file) for file in files])
    person_headers = {"Content-Type": made.headers["Content-Type"], "Origin": BASE}
    return await person.http.post(path, content=made.read(), headers=person_headers)


async def test_a_page_takes_several_files_without_javascript(portal: Portal) -> None:
    alice = await portal.as_("alice")
    path, revision = await screen_of_files(portal, alice)
    page = (await alice.send("GET", path)).text
    assert 'enctype="multipart/form-data"' in page
    assert "multiple" in page
    answer = await posted(alice, path, revision, [JPEG, PDF], **{"doc.1": "images"})
    assert answer.status_code == 303, answer.text
    page = (await alice.send("GET", path)).text
    assert "knee.jpg" in page
    assert "report.pdf" in page


async def test_a_bad_file_loses_neither_the_good_one_nor_what_was_typed(portal: Portal) -> None:
    alice = await portal.as_("alice")
    path, revision = await screen_of_files(portal, alice)
    bad: Sent = ("virus.exe", b"MZ", "application/octet-stream")
    answer = await posted(alice, path, revision, [JPEG, bad], **{"doc.1": "labs"})
    assert answer.status_code == 422
    assert "virus.exe: Please send a photo" in answer.text
    assert "knee.jpg" in answer.text
    again = (await alice.send("GET", path)).text
    assert "knee.jpg" in again
    assert 'value="labs" checked' in again.replace('id="f-doc.1" ', "")


async def test_an_unticked_file_is_left_out_and_an_empty_file_input_changes_nothing(portal: Portal) -> None:
    alice = await portal.as_("alice")
    path, revision = await screen_of_files(portal, alice)
    assert (await posted(alice, path, revision, [JPEG, PDF])).status_code == 303
    page = (await alice.send("GET", path)).text
    codes = [part.split('"')[0] for part in page.split('name="doc.2" value="')[1:]]
    assert len(codes) == 2
    empty: Sent = ("", b"", "application/octet-stream")
    answer = await posted(alice, path, revision + 1, [empty], **{"doc.2": codes[1]})
    assert answer.status_code == 303, answer.text
    page = (await alice.send("GET", path)).text
    assert "report.pdf" in page
    assert "knee.jpg" not in page


async def test_a_page_needs_the_token_with_files_too(portal: Portal) -> None:
    alice = await portal.as_("alice")
    path, revision = await screen_of_files(portal, alice)
    answer = await posted(alice, path, revision, [JPEG], csrf_token="wrong")
    assert answer.status_code == 403
    assert stored(portal) == 0
    plain = await alice.http.post(
        "/sign-out", content=b"--x--\r\n", headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert plain.status_code == 415


async def test_a_danger_in_the_name_of_a_file_is_raised_with_the_save_and_told_at_once(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    draft = await drafted(alice)
    names = ("knee.jpg", "cant breathe chest pain right now.jpg")
    for name, level in zip(names, (None, "emergency"), strict=True):
        photo = await kept(alice, alice.own, (name, made_files.jpeg(), "image/jpeg"))
        answer = await saved(alice, draft, await with_files(portal, f"/api/attachments/{photo['id']}"))
        assert answer.status_code == 200, answer.text
        draft = (draft[0], answer.json()["revision"])
        assert [text["key"] for text in answer.json()["guidance"]] == ([] if level is None else ["em.breath"])
        cases = (await nora.send("GET", "/api/escalations")).json()["items"]
        assert [case["level"] for case in cases] == ([] if level is None else [level])


async def test_a_danger_in_the_name_of_a_file_that_a_page_takes_is_answered_on_the_next_page(portal: Portal) -> None:
    alice = await portal.as_("alice")
    path, revision = await screen_of_files(portal, alice)
    photo: Sent = ("chest pain right now, short of breath.jpg", JPEG[1], JPEG[2])
    answer = await posted(alice, path, revision, [photo])
    assert "/danger" in answer.headers["location"]
