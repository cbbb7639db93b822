"""The summary on paper: one page for the ordinary case, nothing shortened beyond it, text that is never markup."""

import asyncio
import io
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pypdf
import pytest
import typst

from portico.intake import summary_pdf
from portico.intake.print_characters import FONTS, characters, printable
from portico.intake.summary import Summary
from portico.intake.summary_pdf import PrintingFailed, PrintingTakesTooLong, render_pdf, set_pdf
from tests.intake.summary_cases import (
    EIGHT_FLAGS,
    ORDINARY,
    ORDINARY_ROWS,
    biggest,
    eight_flags,
    header_for,
    intake_form,
    ordinary,
    respond,
    screened,
    summarised,
)

PRINTED_AT = datetime(2026, 11, 24, 8, 5, tzinfo=ZoneInfo("America/Los_Angeles"))


def pages_of(summary: Summary) -> list[str]:
    pdf = set_pdf(summary, PRINTED_AT, "Dr. Adams")
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def squeezed(text: str) -> str:
    """Without spaces and break marks: where a line ends is the typesetter's business."""
    return re.sub(r"[\s\u200b\u00ad]+", "", text)


def lacks_a_glyph(letters: str, weight: int) -> bool:
    """Whether the typesetter prints glyph 0, the empty box, for one of them; set with the template's fonts."""
    source = "#set text(font: json(bytes(sys.inputs.fonts)), fallback: false, weight: int(sys.inputs.weight))\n"
    source += "#for one in sys.inputs.letters.clusters() { box(text(one)); h(3pt, weak: true); [ ] }"
    inputs = {"fonts": json.dumps(FONTS), "weight": str(weight), "letters": letters}
    pdf = typst.Compiler(source.encode(), ignore_system_fonts=True).compile(format="pdf", sys_inputs=inputs)
    assert isinstance(pdf, bytes)
    return any(0 in _glyphs(page) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def _glyphs(page: pypdf.PageObject) -> set[int]:
    content = page.get_contents()
    assert content is not None
    shown = [
        part for operands, operator in content.operations if operator in (b"Tj", b"TJ") for part in _flat(operands)
    ]
    raw = [part if isinstance(part, bytes) else part.original_bytes for part in shown]
    return {int.from_bytes(text[at : at + 2], "big") for text in raw for at in range(0, len(text), 2)}


def _flat(operands: Sequence[object]) -> list[bytes | pypdf.generic.TextStringObject]:
    parts = [part for one in operands for part in (one if isinstance(one, list) else [one])]
    return [part for part in parts if isinstance(part, bytes | pypdf.generic.TextStringObject)]


def on_paper(summary: Summary) -> str:
    """The whole text without what stands at the head and foot of each page, so that sentences run on."""
    body = [
        re.sub(r"(?s)^.*?Dr\. Adams|Patient-reported, not verified\. The clinician decides\..*$", "", page)
        for page in pages_of(summary)
    ]
    return squeezed("".join(body))


def test_an_ordinary_summary_is_one_page() -> None:
    busy = summarised(eight_flags())
    assert (len(busy.regions), len(busy.flags)) == (3, 8)
    assert len(pages_of(busy)) == 1
    assert len(pages_of(summarised(ordinary()))) == 1


def test_the_one_page_holds_six_hundred_characters_of_the_patients_own_words() -> None:
    told = {**EIGHT_FLAGS, "goal.1": "I want to walk to the lake and back again. " * 6}
    summary = summarised(respond(intake_form(), told, ORDINARY_ROWS))
    own = [told[link] for link in ("q.1", "goal.1", "goal.1.hurts", "med.1", "alg.1.text")]
    assert sum(len(text) for text in own if isinstance(text, str)) >= 600
    assert len(pages_of(summary)) == 1


def test_the_largest_intake_prints_every_flag_with_every_answer() -> None:
    summary = summarised(biggest())
    paper = on_paper(summary)
    assert len(summary.flags) >= 12
    for flag in summary.flags:
        assert squeezed(flag.text) in paper
        assert squeezed(f"{flag.rule} · ") in paper
        for answer in flag.answers:
            assert squeezed(f"{answer.label}: {answer.text}") in paper


def test_the_largest_intake_prints_safety_and_open_rules_in_full() -> None:
    summary = summarised(biggest(), left_open=["alg.1", "med.2"])
    paper = on_paper(summary)
    answers = (*summary.allergies, *summary.anticoagulants, *summary.diabetes, *summary.faint_and_driver)
    assert [a.label for a in answers if squeezed(a.text) not in paper] == []
    for rule in summary.could_not_be_evaluated:
        assert squeezed(rule.text) in paper
        assert all(squeezed(name) in paper for name in (*rule.missing, *rule.unset_settings))
    assert squeezed("Left open: Allergies and reactions, Blood thinners.") in paper


def test_each_page_names_patient_birth_date_revision_time_and_that_nothing_is_verified() -> None:
    pages = pages_of(summarised(biggest()))
    assert len(pages) > 2
    for number, text in enumerate(map(squeezed, pages), start=1):
        for words in (
            "Alice Example",
            "born Apr 9, 1961",
            "revision 4",
            "Printed Tue Nov 24, 2026, 8:05 AM, Dr. Adams",
            f"Page {number} of {len(pages)}",
            "Patient-reported, not verified",
        ):
            assert squeezed(words) in text


def test_questions_come_before_flags_and_flags_before_everything_else() -> None:
    (page,) = pages_of(summarised(ordinary()))
    order = [
        page.index(words)
        for words in ("THE PATIENT ASKS", "FLAGS (4)", "REGIONS", "CORTISONE", "COULD NOT BE EVALUATED")
    ]
    assert order == sorted(order)


def test_an_unfinished_response_says_so_before_anything_else() -> None:
    summary = summarised(respond(intake_form(), {"reg.1": ["knee"], "rf.any.weakness": "yes"}), unfinished=True)
    text = pages_of(summary)[0]
    assert "NOT FINISHED" in text[: text.index("Pre-screen")]
    assert squeezed("Allergies and reactions: [not answered]") in squeezed(text)


def test_severity_stands_in_words_beside_its_shape() -> None:
    page = pages_of(summarised(eight_flags()))[0]
    assert page.count("HIGH") == 5
    assert page.count("MEDIUM") == 3


@pytest.mark.parametrize(
    "words",
    [
        '#panic("x") #import "@preview/x"',
        "$x^2$ *bold* _it_ `code` <label> @ref = Heading",
        '// comment /* and */ \\ backslash ~ -- --- ... "quotes"',
        "{{ 7*7 }} <script>alert(1)</script> [link](https://x.test)",
        "señora, naïve, Łódź, Straße, Ελλάδα, Москва",
        "a star ☆, a smile ☺, an arrow →, and ≥ 5 €",
    ],
    ids=["typst code", "typst marks", "comments", "other languages' marks", "accents", "symbols"],
)
def test_what_a_patient_wrote_is_printed_as_text(words: str) -> None:
    summary = summarised(respond(intake_form(), {**ORDINARY, "q.1": words, "goal.1": words}, ORDINARY_ROWS))
    paper = on_paper(summary)
    assert paper.count(squeezed(words)) == 2


def test_right_to_left_words_are_printed_letter_by_letter() -> None:
    summary = summarised(respond(intake_form(), {**ORDINARY, "q.1": "שלום"}, ORDINARY_ROWS))
    page = pages_of(summary)[0]
    assert set("שלום") <= set(page)


def test_lines_of_free_text_stay_apart() -> None:
    summary = summarised(respond(intake_form(), {**ORDINARY, "q.1": "First?\nSecond?"}, ORDINARY_ROWS))
    assert "First?\nSecond?" in pages_of(summary)[0]


def test_a_very_long_word_stays_on_the_paper() -> None:
    word = "Donaudampfschifffahrt" * 40
    summary = summarised(respond(intake_form(), {**ORDINARY, "q.1": word, "alg.1.text": word[:300]}, ORDINARY_ROWS))
    paper = on_paper(summary)
    assert word in paper


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("plain words", "plain words"),
        ("my 🦵🏽 hurts", "my [leg] hurts"),
        ("我的膝盖", "[4 letters that cannot be printed, see the screen]"),
        ("العربية", "العربية"),
        ("a\nb", "a\nb"),
    ],
    ids=["ASCII", "a symbol without a glyph", "a script without a font", "Arabic", "lines"],
)
def test_what_no_font_has_is_told_in_words(written: str, printed: str) -> None:
    assert printable(written) == printed


@pytest.mark.parametrize("weight", [400, 600], ids=["regular", "semibold"])
def test_every_character_that_counts_as_printable_has_a_glyph(weight: int) -> None:
    letters = "".join(sorted(characters() - {"\n"}))
    assert len(letters) > 2000
    assert not lacks_a_glyph(letters, weight)


def test_a_character_without_a_glyph_would_be_noticed() -> None:
    assert lacks_a_glyph("我", 400)


def test_the_paper_needs_no_font_of_the_machine() -> None:
    reader = pypdf.PdfReader(io.BytesIO(set_pdf(summarised(biggest()), PRINTED_AT, "Dr. Adams")))
    names = {str(font) for page in reader.pages for font in _fonts(page)}
    assert names
    assert all("LibertinusSerif" in name or "DejaVuSansMono" in name for name in names)


def test_the_file_names_nobody_in_its_properties() -> None:
    reader = pypdf.PdfReader(io.BytesIO(set_pdf(summarised(ordinary()), PRINTED_AT, "Dr. Adams")))
    assert reader.metadata is not None
    assert "Alice" not in str(dict(reader.metadata))


def test_times_are_on_the_clinics_clock() -> None:
    text = pages_of(summarised(ordinary()))[0]
    assert "Consult Wed Dec 2, 2026, 7:00 AM" in text
    assert "sent Tue Nov 24, 2026, 6:12 AM" in text


async def test_many_print_at_once() -> None:
    found = screened(intake_form(), ordinary())
    names = [f"Person {number}" for number in range(6)]
    wanted = [msgspec.structs.replace(summarised(ordinary()), header=header_for(found, name)) for name in names]
    printed = await asyncio.gather(
        *(render_pdf(summary, printed_at=PRINTED_AT, printed_by="Dr. Adams") for summary in wanted)
    )
    texts = [pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text() for pdf in printed]
    assert [name in text for name, text in zip(names, texts, strict=True)] == [True] * 6


async def test_printing_gives_up_after_its_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary_pdf, "TIME_LIMIT_SECONDS", 0)
    with pytest.raises(PrintingTakesTooLong):
        await render_pdf(summarised(ordinary()), printed_at=PRINTED_AT, printed_by="Dr. Adams")


def test_a_press_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary_pdf, "TIME_LIMIT_SECONDS", 0.01)
    with pytest.raises(PrintingTakesTooLong):
        set_pdf(summarised(ordinary()), PRINTED_AT, "Dr. Adams")


@pytest.mark.parametrize(
    "program", ["portico.intake.no_such_press", "portico.intake.model"], ids=["dies", "says nothing"]
)
def test_a_press_without_a_page_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(summary_pdf, "_PRESS", program)
    with pytest.raises(PrintingFailed, match="can be read on the screen"):
        set_pdf(summarised(ordinary()), PRINTED_AT, "Dr. Adams")


def test_a_press_that_cannot_be_started_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(PrintingFailed, match="can be read on the screen"):
        set_pdf(summarised(ordinary()), PRINTED_AT, "Dr. Adams")


def test_a_press_out_of_memory_is_told_in_a_sentence() -> None:
    """The limits that the press sets on itself hold whoever it runs as, root included."""
    program = "import sys; from portico.intake import press; press.MEMORY_BYTES = 48 << 20; press.main()"
    template = str(summary_pdf._TEMPLATE)
    sheet = msgspec.json.encode(summary_pdf.sheet_of(summarised(biggest()), PRINTED_AT, "Dr. Adams"))
    done = subprocess.run([sys.executable, "-c", program, template, "0"], input=sheet, capture_output=True, check=False)
    assert done.returncode != 0
    assert not done.stdout


def test_the_press_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    assert set(summary_pdf._environment()) <= {*summary_pdf._HANDED_ON, "RAYON_NUM_THREADS", "MALLOC_ARENA_MAX"}


def test_printing_leaves_nothing_in_the_programs_memory() -> None:
    set_pdf(summarised(biggest()), PRINTED_AT, "Dr. Adams")
    imported = subprocess.run(
        [sys.executable, "-c", "import sys, portico.__main__, portico.app; print('typst' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert imported.stdout.strip() == "False"


def _fonts(page: pypdf.PageObject) -> list[object]:
    resources = page["/Resources"].get_object()
    assert isinstance(resources, pypdf.generic.DictionaryObject)
    fonts = resources["/Font"].get_object()
    assert isinstance(fonts, pypdf.generic.DictionaryObject)
    return [font.get_object()["/BaseFont"] for font in fonts.values()]
