"""The summary on the screen: the same order, headings and tables that a screen reader announces, everything escaped."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from portico.ids import LinkId
from portico.intake.summary import Change, Summary
from portico.platform.chrome import Chrome
from portico.platform.templates import environment
from tests.intake.summary_cases import ORDINARY, ORDINARY_ROWS, biggest, intake_form, ordinary, respond, summarised

CHROME = Chrome(demo=False, zone="America/Los_Angeles")
CHANGE = Change(
    link_id=LinkId("med.2"), label="Blood thinners", place=None, before="not answered", after="<b>Warfarin</b>"
)


def page_of(summary: Summary, changes: list[Change] | None = None) -> str:
    template = environment().get_template("summary.html")
    return template.render(chrome=CHROME, summary=summary, changes=changes or [])


class Outline(HTMLParser):
    """Headings in order, open elements, and what each table is called."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.tables = 0
        self.captions = 0
        self.column_headers = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("br", "input", "meta"):
            self.open.append(tag)
        self.tables += tag == "table"
        self.captions += tag == "caption"
        self.column_headers += tag == "th" and ("scope", "col") in attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h2", "h3", "h4"):
            self.headings.append(data)


def outlined(html: str) -> Outline:
    outline = Outline()
    outline.feed(html)
    assert outline.open == []
    return outline


def test_headings_follow_the_order_of_reading() -> None:
    headings = outlined(page_of(summarised(ordinary()), [CHANGE])).headings
    assert headings == [
        "Summary",
        "The patient asks",
        "Changed since the last time it was sent",
        "Flags (4)",
        "Regions",
        "How hard, 0 to 10",
        "Cortisone",
        "Safety and history",
        "Could not be evaluated",
        "Danger questions",
        "Prompts and notes",
    ]


def test_every_table_has_a_caption_and_column_headers() -> None:
    outline = outlined(page_of(summarised(biggest()), [CHANGE]))
    assert outline.tables == outline.captions == 3
    assert outline.column_headers == 3 + 8 + 7


@pytest.mark.parametrize("link_id", ["q.1", "goal.1", "alg.1.text", "med.1", "hx.2.where"])
def test_what_a_patient_wrote_is_escaped(link_id: str) -> None:
    told = {**ORDINARY, "hx.2": "yes", link_id: "<script>alert(1)</script> & {{ 7*7 }}"}
    html = page_of(summarised(respond(intake_form(), told, ORDINARY_ROWS)))
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; {{ 7*7 }}" in html


def test_an_unfinished_response_says_so_before_anything_else() -> None:
    html = page_of(summarised(respond(intake_form(), {"reg.1": ["knee"]}), unfinished=True))
    assert html.index("Not finished.") < html.index("<h2")


def test_unknown_safety_answers_are_in_brackets_and_never_a_no() -> None:
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page_of(summarised(respond(intake_form(), {})))))
    for label in ("Allergies and reactions:", "Faint or lightheaded:", "Cortisone shots:"):
        assert f"{label} [not answered]" in text
    assert "Has a driver: [not asked]" in text


def test_flags_show_severity_in_words_the_question_and_the_rule() -> None:
    html = page_of(summarised(ordinary()))
    assert html.count('<span class="tag medium">MEDIUM</span>') >= 3
    assert "How many shots have you ever had there?" in html
    assert '<small class="quiet">rule PS05 · S29</small>' in html
    assert "urn:portico" not in html


def test_changes_show_before_and_after_escaped() -> None:
    html = page_of(summarised(ordinary()), [CHANGE])
    assert "[not answered]" in html
    assert "&lt;b&gt;Warfarin&lt;/b&gt;" in html


def test_instants_are_on_the_clinics_clock() -> None:
    assert datetime(2026, 12, 2, 15, 0, tzinfo=UTC) == summarised(ordinary()).header.consult_at
    assert "Wed Dec 2, 2026, 7:00 AM" in page_of(summarised(ordinary()))
