"""Files over HTTP: what is taken, what comes back, and what is refused with nothing stored."""

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from PIL import Image

from portico.app import create_app
from portico.platform.multipart import FILE_BYTES
from tests import walks
from tests.care import made_files
from tests.care.sending import Sent, kept, send_file
from tests.portal import Portal

JPEG: Sent = ("knee.jpg", made_files.jpeg(), "image/jpeg")
PDF: Sent = ("report.pdf", made_files.pdf(), "application/pdf")
TEXT: Sent = ("list.txt", "Ibuprofen, 2 × a day\n".encode(), "text/plain")


def stored(portal: Portal) -> list[Path]:
    place = portal.site.settings.attachments
    assert place is not None
    return [path for path in Path(place).rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("file", "media_type", "name"),
    [
        (JPEG, "image/jpeg", "knee.jpg"),
        (("scan.png", made_files.png(), "image/png"), "image/png", "scan.png"),
        (("scan.webp", made_files.webp(), "image/webp"), "image/webp", "scan.webp"),
        (("moves.webp", made_files.webp(frames=3), "image/webp"), "image/webp", "moves.webp"),
        (("IMG 1.HEIC", made_files.heic(), "image/heic"), "image/jpeg", "IMG 1.jpg"),
        (("IMG 2.heic", made_files.heic(), "application/octet-stream"), "image/jpeg", "IMG 2.jpg"),
        (PDF, "application/pdf", "report.pdf"),
        (TEXT, "text/plain", "list.txt"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
async def test_each_kind_of_file_is_taken_and_comes_back(
    portal: Portal, file: Sent, media_type: str, name: str
) -> None:
    alice = await portal.as_("alice")
    taken = await kept(alice, alice.own, file)
    assert taken["type"] == media_type
    assert taken["name"] == name
    assert taken["state"] == "clean"
    answer = await alice.send("GET", f"/api/attachments/{taken['id']}")
    assert answer.status_code == 200
    assert len(answer.content) == taken["size"]
    assert answer.headers["content-type"].partition(";")[0] == media_type
    if media_type.startswith("image/"):
        assert made_files.CANARY.encode() not in answer.content
        assert b"GPS" not in answer.content
        with Image.open(io.BytesIO(answer.content)) as image:
            assert not image.getexif()
            assert not {"icc_profile", "comment", "xmp", "exif", "Comment"} & set(image.info)
            assert getattr(image, "n_frames", 1) == 1
    else:
        assert answer.content == file[1]


async def test_a_download_can_be_nothing_but_a_download(portal: Portal) -> None:
    alice = await portal.as_("alice")
    taken = await kept(alice, alice.own, ('Köpf "x".pdf', PDF[1], PDF[2]))
    headers = (await alice.send("GET", f"/api/attachments/{taken['id']}")).headers
    assert headers["content-disposition"].startswith('attachment; filename="K')
    assert "filename*=UTF-8''K%C3%B6pf%20" in headers["content-disposition"]
    assert headers["content-security-policy"].startswith("sandbox;")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


async def test_another_site_cannot_show_a_picture_of_ours(portal: Portal) -> None:
    alice = await portal.as_("alice")
    taken = await kept(alice, alice.own, JPEG)
    path = f"/api/attachments/{taken['id']}"
    assert (await alice.send("GET", path, headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    assert (await alice.send("GET", path, headers={"Sec-Fetch-Site": "same-origin"})).status_code == 200


async def test_a_photo_is_upright_and_keeps_its_colours(portal: Portal) -> None:
    alice = await portal.as_("alice")
    taken = await kept(alice, alice.own, ("turned.jpg", made_files.jpeg(40, 20, orientation=6), "image/jpeg"))
    answer = await alice.send("GET", f"/api/attachments/{taken['id']}")
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.size == (20, 40)
        top, bottom = image.getpixel((10, 5)), image.getpixel((10, 35))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 150 > bottom[0]
    assert bottom[2] > 150 > top[2]


WHOLE_JPEG, WHOLE_PDF = made_files.jpeg(400, 300), made_files.pdf()


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (("page.html", b"<html></html>", "text/html"), "photo"),
        (("picture.svg", b"<svg/>", "image/svg+xml"), "photo"),
        (("program.pdf.exe", b"MZ", "application/pdf"), "photo"),
        (("noname", b"hello", "text/plain"), "photo"),
        (("empty.txt", b"", "text/plain"), "empty"),
        (("report.pdf", WHOLE_PDF, "text/plain"), "sent as something else"),
        (("knee.jpg", made_files.png(), "image/jpeg"), "something else inside"),
        (("knee.png", WHOLE_PDF, "image/png"), "something else inside"),
        (("list.txt", WHOLE_PDF, "text/plain"), "something else inside"),
        (("list.txt", b"a\0b", "text/plain"), "not plain text"),
        (("list.txt", b" \n<!DOCTYPE html><script>", "text/plain"), "web page"),
        (("list.txt", b"hello" + made_files.archive(), "text/plain"), "text"),
        (("report.pdf", WHOLE_PDF[:-20], "application/pdf"), "not complete"),
        (("report.pdf", b"\n" + WHOLE_PDF, "application/pdf"), "something else inside"),
        (("report.pdf", WHOLE_PDF + b"<script>", "application/pdf"), "behind its end"),
        (("report.pdf", WHOLE_PDF[:-8] + made_files.archive() + WHOLE_PDF[-200:], "application/pdf"), "behind its end"),
        (("knee.jpg", WHOLE_JPEG[:-400], "image/jpeg"), "damaged"),
        (("knee.jpg", b"\xff\xd8\xff" + bytes(500), "image/jpeg"), "damaged"),
        (("knee.heic", made_files.heic()[:300], "image/heic"), "damaged"),
        (("knee.webp", made_files.webp()[:60], "image/webp"), "damaged"),
        (("bomb.png", made_files.bomb(), "image/png"), "40 million"),
        (("scan.png", made_files.png()[:-40], "image/png"), "damaged"),
    ],
    ids=lambda value: f"{value[0]}-{value[2]}" if isinstance(value, tuple) else value,
)
async def test_what_cannot_be_taken_is_refused_with_a_sentence_and_leaves_nothing(
    portal: Portal, file: Sent, words: str
) -> None:
    alice = await portal.as_("alice")
    before = stored(portal), await walks.count(portal, "attachment")
    answer = await send_file(alice, alice.own, file)
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "attachment-refused"
    assert words in answer.json()["detail"]
    assert (stored(portal), await walks.count(portal, "attachment")) == before


async def test_a_polyglot_photo_loses_what_was_hidden_in_it(portal: Portal) -> None:
    alice = await portal.as_("alice")
    hidden = made_files.jpeg() + made_files.archive() + b"<script>alert(1)</script>"
    taken = await kept(alice, alice.own, ("knee.jpg", hidden, "image/jpeg"))
    content = (await alice.send("GET", f"/api/attachments/{taken['id']}")).content
    assert b"PK" not in content
    assert b"script" not in content


async def test_texts_of_windows_become_utf8(portal: Portal) -> None:
    alice = await portal.as_("alice")
    for content in ("Ibuprofén".encode("cp1252"), "Ibuprofén".encode("utf-16"), "Ibuprofén".encode("utf-8-sig")):
        taken = await kept(alice, alice.own, ("list.txt", content, "text/plain"))
        answer = await alice.send("GET", f"/api/attachments/{taken['id']}")
        assert answer.content.decode() == "Ibuprofén"


async def test_a_file_beyond_ten_mebibytes_is_refused_and_one_below_is_taken(portal: Portal) -> None:
    alice = await portal.as_("alice")
    text = ("long.txt", b"a" * FILE_BYTES, "text/plain")
    assert (await kept(alice, alice.own, text))["size"] == FILE_BYTES
    for more in (1, 1024 * 1024):
        answer = await send_file(alice, alice.own, ("long.txt", b"a" * (FILE_BYTES + more), "text/plain"))
        assert answer.status_code == 413, answer.text
        assert answer.json()["code"] == "too-large"


async def test_a_body_without_a_length_is_cut_off_at_the_limit(portal: Portal) -> None:
    alice = await portal.as_("alice")
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        for _ in range(64):
            sent += 1024 * 1024
            yield b"a" * 1024 * 1024

    headers = {"X-CSRF-Token": alice.token, "Content-Type": "multipart/form-data; boundary=x"}
    answer = await alice.http.post("/api/attachments", content=endless(), headers=headers)
    assert answer.status_code == 413, answer.text
    assert sent <= FILE_BYTES + 2 * 1024 * 1024


async def test_everywhere_else_bodies_stay_small(portal: Portal) -> None:
    alice = await portal.as_("alice")
    answer = await alice.send("POST", "/api/responses", body=b"a" * 600_000)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "application/json", 415),
        (b"nonsense", "multipart/form-data; boundary=x", 400),
        (b"nonsense", "multipart/form-data", 400),
        (b"--x\r\nnonsense\r\n\r\n", "multipart/form-data; boundary=x", 400),
        (
            b"--x\r\nContent-Disposition: form-data; name=patient\r\n\r\n\xff\r\n--x--\r\n",
            "multipart/form-data; boundary=x",
            400,
        ),
        (b"", "multipart/form-data; boundary=x", 400),
    ],
)
async def test_a_body_that_is_no_form_is_told_so(portal: Portal, body: bytes, content_type: str, status: int) -> None:
    alice = await portal.as_("alice")
    answer = await alice.send("POST", "/api/attachments", body=body, headers={"Content-Type": content_type})
    assert answer.status_code == status, answer.text


async def test_one_file_at_a_time_for_a_patient_one_acts_for(portal: Portal) -> None:
    alice, bob = await portal.as_("alice"), await portal.as_("bob")
    assert (await send_file(alice, "somebody", JPEG)).status_code == 400
    assert (await send_file(alice, alice.own, JPEG, field="other")).status_code == 400
    assert (await send_file(alice, bob.own, JPEG)).status_code == 404
    assert (await send_file(alice, str(uuid4()), JPEG)).status_code == 404
    nora, fred, anna = await portal.as_("nora"), await portal.as_("fred"), await portal.as_("anna")
    baker = await portal.as_("dr.baker")
    assert (await send_file(nora, alice.own, JPEG)).status_code == 201
    assert (await send_file(fred, alice.own, JPEG)).status_code == 201  # to answer a message with it
    assert (await send_file(anna, alice.own, JPEG)).status_code == 403
    assert (await send_file(baker, alice.own, JPEG)).status_code == 404


async def test_what_belongs_to_nothing_yet_is_its_senders_alone(portal: Portal) -> None:
    alice, pat = await portal.as_("alice"), await portal.as_("pat")
    path = f"/api/attachments/{(await kept(alice, alice.own, JPEG))['id']}"
    for name in ("pat", "bob", "carol", "dr.adams", "fred", "dr.baker"):
        assert (await (await portal.as_(name)).send("GET", path)).status_code == 404
    path = f"/api/attachments/{(await kept(pat, alice.own, JPEG))['id']}"
    assert (await pat.send("GET", path)).status_code == 200
    assert (await alice.send("GET", path)).status_code == 404


async def test_nothing_of_a_file_lies_readable_anywhere(portal: Portal) -> None:
    alice = await portal.as_("alice")
    secret = b"What only Alice may say: zebra"
    taken = await kept(alice, alice.own, ("zebra.txt", secret, "text/plain"))
    assert all(b"zebra" not in path.read_bytes() and "zebra" not in path.name for path in stored(portal))
    assert all(str(taken["id"]) not in path.name for path in stored(portal))


async def test_an_hour_has_a_limit_of_files(own_portal: Portal) -> None:
    alice = await own_portal.as_("alice")
    file = ("page.html", b"", "text/html")
    answers = [await send_file(alice, alice.own, file) for _ in range(61)]
    assert {answer.status_code for answer in answers[:60]} == {422}
    assert answers[60].status_code == 429
    own_portal.clock.pass_by(minutes=61)
    assert (await send_file(await own_portal.sign_in("alice"), alice.own, file)).status_code == 422


async def test_a_portal_without_a_place_for_files_says_so(portal: Portal) -> None:
    bare = replace(portal.site, settings=msgspec.structs.replace(portal.site.settings, attachments=None))
    other = replace(portal, app=await create_app(bare), site=bare, personas={})
    alice = await other.as_("alice")
    answer = await send_file(alice, alice.own, JPEG)
    assert answer.status_code == 503
    assert "bring them" in answer.json()["detail"]
