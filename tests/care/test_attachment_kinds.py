"""Names, kinds and their bytes, without a database."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.care.attachments_kinds import KINDS, AttachmentRefused, checked, renamed, safe_name
from tests.care import made_files


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\photos\\knee.jpg", "knee.jpg"),
        ("knee\u202egpj.exe.jpg", "kneegpj.exe.jpg"),
        ("a\r\nX: y\0.pdf", "aX: y.pdf"),
        ("   ", "file"),
        ("..", "file"),
        ("x" * 300 + ".txt", "x" * 120 + ".txt"),
    ],
)
def test_a_name_keeps_only_what_people_see(sent: str, kept: str) -> None:
    assert safe_name(sent) == kept


def test_a_cleaned_photo_is_named_for_what_it_became() -> None:
    assert renamed("IMG 1.HEIC", "image/jpeg") == "IMG 1.jpg"
    assert renamed("knee.JPEG", "image/jpeg") == "knee.JPEG"
    assert renamed("scan.png", "image/jpeg") == "scan.jpg"


@given(
    name=st.text(), declared=st.sampled_from(sorted({t for kind in KINDS for t in kind.declared})), content=st.binary()
)
def test_whatever_is_sent_is_taken_or_refused_never_worse(name: str, declared: str, content: bytes) -> None:
    with contextlib.suppress(AttachmentRefused):
        taken = checked(name, declared, content)
        assert taken.name
        assert taken.kind.begins(taken.content)


@given(extension=st.sampled_from(["jpg", "png", "webp", "heic", "pdf", "txt"]))
def test_the_three_signs_of_a_kind_must_agree(extension: str) -> None:
    contents = {
        "jpg": made_files.jpeg(),
        "png": made_files.png(),
        "webp": made_files.webp(),
        "heic": made_files.heic(),
        "pdf": made_files.pdf(),
        "txt": b"words",
    }
    kind = next(kind for kind in KINDS if extension in kind.extensions)
    for declared in kind.declared:
        assert checked(f"a.{extension}", declared, contents[extension]).kind is kind
    for other, content in contents.items():
        if other != extension:
            with pytest.raises(AttachmentRefused):
                checked(f"a.{extension}", max(kind.declared), content)


def test_plain_text_may_hold_anything_that_is_no_program() -> None:
    for text in ("<3 my knee", "a < b", "Dr. Müller\r\n\tTuesday\f", "x@example.test", "PK was here"):
        assert checked("a.txt", "text/plain", text.encode()).content.decode() == text
