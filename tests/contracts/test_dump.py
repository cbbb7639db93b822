"""Nothing that people wrote reaches a dump of the database, its files, the logs or the mail."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from portico.platform.column_classes import COLUMN_CLASSES
from portico.platform.column_classes import ColumnClass as C
from tests.planted import MARK, Planted
from tests.played import (
    Demo,
    ask_for_a_visit,
    converse,
    decide,
    dump,
    fill_in,
    follow_up,
    keep_in_touch,
    misuse,
    running_demo,
)

# Published content is the same for everybody; without it no answer's JSON is left in a dump.
WITHOUT_PUBLISHED = ("--exclude-table-data=questionnaire", "--exclude-table-data=rule_set")


@dataclass(frozen=True)
class Leftovers:
    """What somebody finds who steals the machine after a day's work."""

    planted: Planted
    review: str
    dump: bytes
    dump_without_published: bytes
    log: bytes
    mail: bytes
    marked_files: list[str]


@pytest.fixture(scope="module")
def leftovers() -> Iterator[Leftovers]:
    planted = Planted()
    with running_demo() as demo:
        review = play(demo, planted)
        demo.stop()
        yield Leftovers(
            planted=planted,
            review=review,
            dump=dump(demo),
            dump_without_published=dump(demo, *WITHOUT_PUBLISHED),
            log=demo.log.read_bytes(),
            mail=b"\n".join(file.read_bytes() for file in sorted((demo.folder / "mail").iterdir())),
            marked_files=[str(file) for file in demo.files() if MARK.encode() in file.read_bytes()],
        )


def play(demo: Demo, planted: Planted) -> str:
    patient, clinician = demo.person("bob@demo.test"), demo.person("dr.adams@demo.test")
    ask_for_a_visit(patient, planted)
    response_id = fill_in(patient, planted)
    misuse(patient, planted)
    review = decide(clinician, response_id, planted)
    keep_in_touch(patient, clinician, demo.person("anna@demo.test"), planted)
    follow_up(patient, clinician, planted)
    conversation = converse(patient, clinician, planted)
    for email in ("dr.adams@demo.test", "nora@demo.test"):
        planted.phrases[f"second factor of {email}"] = str(demo.seed_of(email))
    return review + conversation


def test_the_clinician_reads_what_was_planted(leftovers: Leftovers) -> None:
    """Else nothing was stored, and finding nothing would prove nothing."""
    written = {field: text for field, text in leftovers.planted.phrases.items() if field.startswith("answer ")}
    assert len(written) > 20
    assert len([field for field in written if written[field] in leftovers.review]) >= 5
    for field in ("a message of the patient", "an answer", "why an answer is taken back"):
        assert leftovers.planted.phrases[field] in leftovers.review


def test_the_dump_holds_the_clinics_people(leftovers: Leftovers) -> None:
    assert b"bob@demo.test" in leftovers.dump
    assert b"COPY public.response_revision" in leftovers.dump


UNSEEN = {
    ("attachment", "scan_key_sealed"): "held only while a virus scanner has yet to look; the demo has none",
    ("credential", "next_seed_sealed"): "held only while an authenticator app is being changed",
    ("notification", "link_sealed"): "erased once the letter was sent",
}
"""Sealed columns without words of people that hold nothing at the end of the day."""


def test_something_was_planted_in_every_sealed_column(leftovers: Leftovers) -> None:
    """Else a field that somebody adds is never looked for."""
    filled = set(filled_columns(leftovers.dump.decode()))
    sealed = {
        (table, column) for table, classes in COLUMN_CLASSES.items() for column in classes.get(C.SEALED, "").split()
    }
    assert sealed - filled == set(UNSEEN)


def filled_columns(text: str) -> Iterator[tuple[str, str]]:
    """Table and column of whatever holds something, of a dump as COPY blocks."""
    for table, columns, rows in re.findall(
        r"^COPY public\.(\w+) \(([^)]*)\) FROM stdin;\n(.*?)^\\\.$", text, re.MULTILINE | re.DOTALL
    ):
        names = columns.split(", ")
        for row in rows.splitlines():
            yield from ((table, name) for name, value in zip(names, row.split("\t"), strict=True) if value != r"\N")


def test_the_mail_was_written(leftovers: Leftovers) -> None:
    assert b"Subject:" in leftovers.mail


@pytest.mark.parametrize("place", ["dump", "log", "mail"])
def test_nobody_finds_what_people_wrote_in_the(leftovers: Leftovers, place: str) -> None:
    # A mail to the second address of staff names it, as every mail names where it goes.
    allowed = {"page address"} if place == "mail" else set()
    assert set(leftovers.planted.found_in(getattr(leftovers, place))) <= allowed


def test_nobody_finds_what_people_wrote_in_the_files_of_the_database(leftovers: Leftovers) -> None:
    assert leftovers.marked_files == []


@pytest.mark.parametrize("name", ["QuestionnaireResponse", "valueCoding", "valueString", "valueDate", "valueBoolean"])
def test_nobody_finds_an_answer_of_any_type_in_the_dump(leftovers: Leftovers, name: str) -> None:
    assert name.encode() not in leftovers.dump_without_published
    assert name.encode().hex().encode() not in leftovers.dump_without_published


FORMS: dict[str, Callable[[str], str]] = {
    "as text": lambda text: text,
    "in capitals": lambda text: text.upper(),
    "as bytea": lambda text: f"\\\\x{text.encode().hex()}",
    "in a query string": lambda text: f"?q={text}&x=1",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_the_search_finds_a_phrase(form: Callable[[str], str]) -> None:
    planted = Planted()
    content = f"before {form(planted.phrase('somewhere'))} after".encode()
    assert planted.found_in(content) == ["somewhere"]
    assert Planted().found_in(content) == []
