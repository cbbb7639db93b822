"""What a clinician reads: everything the patient said, in order, with the exact answers behind each flag."""

from collections.abc import Mapping
from datetime import date
from typing import cast

import msgspec
import pytest

from portico import forms
from portico.forms.codec import decode_questionnaire
from portico.ids import LinkId
from portico.intake.summary import Change, Summary, summary_json_schema
from portico.intake.summary_building import age_at, build_summary
from portico.intake.summary_changes import changes_between
from portico.intake.summary_flags import finding_texts
from portico.intake.summary_reading import read_answers
from portico.platform.resources import schemas_dir
from tests.intake.summary_cases import (
    DANGER_FREE,
    ORDINARY,
    ORDINARY_ROWS,
    TODAY,
    Answers,
    Given,
    all_items,
    biggest,
    header_for,
    intake_form,
    ordinary,
    respond,
    screened,
    summarised,
)

SIMPLE_FORM = b"""{"resourceType": "Questionnaire", "url": "urn:portico:questionnaire:other", "version": "1", "status": "active",
    "item": [{"linkId": "colour", "text": "Which colour?", "type": "string"},
             {"linkId": "walks", "text": "Walks", "type": "group", "repeats": true, "item": [
                 {"linkId": "walks.where", "text": "Where?", "type": "string"},
                 {"linkId": "walks.km", "text": "How far?", "type": "decimal"}]}]}"""


def test_a_clinician_reads_the_patients_questions_first_and_in_full() -> None:
    summary = summarised(ordinary())
    assert summary.questions == (ORDINARY["q.1"],)
    assert list(cast("Mapping[str, object]", msgspec.to_builtins(summary)))[:4] == [
        "header",
        "unfinished",
        "questions",
        "flags",
    ]


def test_a_clinician_reads_flags_by_severity_with_the_exact_answers_and_rule() -> None:
    summary = summarised(ordinary())
    assert [(flag.rule, flag.severity) for flag in summary.flags] == [
        ("PS16", "high"),
        ("PS05", "medium"),
        ("PS33", "medium"),
        ("PS09", "medium"),
    ]
    cortisone = summary.flags[1]
    assert [(a.place, a.label, a.text) for a in cortisone.answers] == [("Knee, left", "Ever", "3")]
    assert cortisone.answers[0].question == "How many shots have you ever had there?"
    assert cortisone.source == ("S29",)


def test_a_flag_names_only_the_region_that_made_it_fire() -> None:
    acute = next(flag for flag in summarised(ordinary()).flags if flag.rule == "PS09")
    assert {answer.place for answer in acute.answers} == {"Shoulder, right"}


def test_answers_of_one_region_stand_together_behind_a_flag() -> None:
    acute = next(flag for flag in summarised(biggest()).flags if flag.rule == "PS09")
    places = [answer.place for answer in acute.answers]
    assert len(set(places)) > 10
    assert places == [place for place in dict.fromkeys(places) for _ in range(places.count(place))]


def test_a_danger_sign_says_where_it_was_asked() -> None:
    summary = summarised(respond(intake_form(), {**ORDINARY, "rf.knee.steps": "unsure"}, ORDINARY_ROWS))
    danger = summary.flags[0]
    assert (danger.rule, danger.severity, summary.header.disposition) == ("PS01", "critical", "seek_care_now")
    assert [(a.place, a.label, a.text) for a in danger.answers] == [
        ("Your knee", "Cannot take 4 steps", "I am not sure")
    ]


def test_regions_show_side_problem_duration_and_pain() -> None:
    knee, shoulder, back = summarised(ordinary()).regions
    assert (knee.region, knee.side, knee.main_problem) == ("Knee", "Left", "Pain")
    assert (knee.since, knee.duration) == ("March 2024", "2 years 8 months")
    assert (knee.pain_now, knee.pain_worst, knee.pain_average) == ("5", "8", "6")
    assert (shoulder.duration, back.duration) == ("3 weeks", "about 7 years")


def test_a_region_that_was_named_but_not_described_is_shown_as_not_answered() -> None:
    summary = summarised(respond(intake_form(), {"reg.1": ["hip"]}), unfinished=True)
    (hip,) = summary.regions
    assert (hip.region, hip.pain_now, hip.since) == ("Hip or groin", "not answered", "not answered")
    assert summary.unfinished


def test_the_cortisone_table_never_turns_not_knowing_into_a_number() -> None:
    knee, shoulder = summarised(ordinary()).cortisone.regions
    assert (knee.ever, knee.in_12_months, knee.last, knee.given_by) == ("3", "1", "May 2026", "Dr. Lee, Main St.")
    assert (shoulder.ever, shoulder.in_12_months) == ("I am not sure", "I am not sure")
    assert (shoulder.last, shoulder.given_by) == ("not answered", "not answered")


@pytest.mark.parametrize(
    ("conditions", "text", "state"),
    [
        (["diabetes"], "Yes", "answered"),
        (["none"], "Not reported", "answered"),
        (["unsure"], "Not sure", "answered"),
        (None, "not answered", "not_answered"),
    ],
    ids=["ticked", "none of these", "not sure", "left open"],
)
def test_diabetes_is_never_a_no_when_it_is_unknown(conditions: list[str] | None, text: str, state: str) -> None:
    answers: Answers = {"hx.1": conditions} if conditions else {}
    (first, *_) = summarised(respond(intake_form(), answers)).diabetes
    assert (first.text, first.state) == (text, state)


def test_what_was_left_open_about_safety_says_so() -> None:
    summary = summarised(respond(intake_form(), {}))
    texts = [part[0].text for part in (summary.allergies, summary.anticoagulants, summary.faint_and_driver)]
    assert texts == ["not answered"] * 3
    assert summary.cortisone.had.text == "not answered"


def test_another_form_shows_every_answer_and_says_that_safety_was_not_asked() -> None:
    form = decode_questionnaire(SIMPLE_FORM)
    response = respond(form, {"colour": "blue"}, {"walks": [{"walks.where": "Lake", "walks.km": 3}, {"walks.km": 5}]})
    found = screened(intake_form(), ordinary())
    summary = build_summary(header_for(found), form, forms.answer_tree(form, response), ())
    assert [(a.place, a.label, a.text) for a in summary.other_answers] == [
        (None, "Which colour?", "blue"),
        ("Lake", "Where?", "Lake"),
        ("Lake", "How far?", "3"),
        ("5", "How far?", "5"),
    ]
    assert summary.allergies[0].text == "not asked"
    assert summary.diabetes[0].state == "not_asked"


def test_every_answer_of_the_largest_intake_stands_somewhere() -> None:
    summary = summarised(biggest())
    shown = set(_strings(msgspec.to_builtins(summary)))
    reading = read_answers(intake_form(), forms.answer_tree(intake_form(), biggest()))
    rows = [row for rows in reading.rows.values() for row in rows]
    answered = [one for row in (reading.once, *rows) for one in row.answered.values()]
    in_words = {one.text for one in answered if one.link_id not in ("cort.2.known", "cort.2.year.known", "reg.1")}
    assert len(answered) > 250
    assert in_words - shown == set()


def test_every_answered_item_of_the_form_has_a_place() -> None:
    """By linkId: what the tables and the danger questions hold is named there, the rest is an answer."""
    summary = summarised(biggest())
    listed = {str(link) for link in _links(msgspec.to_builtins(summary))}
    in_tables = {"reg.1", "cort.2.known", "cort.2.year.known", "q.1"} | {
        item.link_id for item in all_items(intake_form().item) if item.link_id.startswith(("reg.n.", "cort."))
    }
    reading = read_answers(intake_form(), forms.answer_tree(intake_form(), biggest()))
    assert set(reading.once.answered) - listed - in_tables == set()


def test_danger_questions_are_counted_by_region() -> None:
    counted = {asked.place: (len(asked.no), asked.asked) for asked in summarised(ordinary()).danger_questions}
    assert counted["Any region"] == (15, 15)
    assert counted["Thoughts of self-harm"] == (1, 1)


def test_a_danger_question_that_was_not_answered_is_named() -> None:
    answers: dict[str, Given] = {link: "no" for link in DANGER_FREE if link != "rf.any.fever"}
    summary = summarised(respond(intake_form(), {"reg.1": ["elbow"], **answers}))
    assert summary.danger_questions[0].not_answered == ("Fever",)


def test_rules_that_could_not_run_name_what_is_missing() -> None:
    summary = summarised(ordinary())
    unset = {rule.rule: rule.unset_settings for rule in summary.could_not_be_evaluated}
    assert unset == {"PS18": ("diabetes.a1c_max",), "PS08": ("cortisone.recent_weeks",)}
    without = {link: given for link, given in ORDINARY.items() if link != "med.2"}
    missing = {
        rule.rule: rule.missing
        for rule in summarised(respond(intake_form(), without, ORDINARY_ROWS)).could_not_be_evaluated
    }
    assert missing["PS16"] == ("Blood thinners",)


def test_what_was_dropped_or_left_open_is_named_by_its_label() -> None:
    summary = summarised(ordinary(), left_open=["alg.1"])
    assert summary.left_open == ("Allergies and reactions",)


def test_a_birth_date_that_differs_from_the_record_stands_out() -> None:
    assert summarised(ordinary()).header.stated_born_on is None
    other = summarised(respond(intake_form(), {**ORDINARY, "who.2": "1961-04-10"}, ORDINARY_ROWS))
    assert other.header.stated_born_on == "April 10, 1961"


def test_an_amendment_shows_only_what_it_changed() -> None:
    form = intake_form()
    changed = {**ORDINARY, "med.2": ["none"], "alg.1.text": "Tape only."}
    rows = {**ORDINARY_ROWS, "cort": ORDINARY_ROWS["cort"][:1]}
    before, after = forms.answer_tree(form, ordinary()), forms.answer_tree(form, respond(form, changed, rows))
    changes = changes_between(form, before, after)
    assert changes[:2] == [
        Change(
            link_id=LinkId("alg.1.text"),
            label="Reaction",
            place=None,
            before="Tape: red, itchy skin for a week.",
            after="Tape only.",
        ),
        Change(link_id=LinkId("med.2"), label="Blood thinners", place=None, before="Apixaban (Eliquis)", after="None"),
    ]
    assert {c.after for c in changes if c.place == "Shoulder, right"} == {"not answered"}
    assert changes_between(form, before, before) == []


def test_findings_read_as_sentences_with_the_labels_of_what_is_missing() -> None:
    form, response = intake_form(), ordinary()
    found = screened(form, response)
    texts = finding_texts(found.findings, read_answers(form, forms.answer_tree(form, response)))
    assert [text.rule for text in texts] == [finding.rule for finding in found.findings]
    assert next(text for text in texts if text.rule == "PS05").text.startswith("More than 2 cortisone treatments")


@pytest.mark.parametrize(
    ("born_on", "age"),
    [(date(2000, 11, 24), 26), (date(2000, 11, 25), 25), (date(2026, 11, 24), 0)],
    ids=["birthday", "day before", "born today"],
)
def test_age_is_in_completed_years(born_on: date, age: int) -> None:
    assert age_at(born_on, TODAY) == age


def test_the_shipped_json_schema_is_the_summarys_own() -> None:
    assert (schemas_dir() / "json-schema" / "summary.schema.json").read_bytes() == summary_json_schema()


def test_a_summary_survives_json() -> None:
    summary = summarised(biggest())
    assert msgspec.json.decode(msgspec.json.encode(summary), type=Summary) == summary


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [text for one in inner for text in _strings(one)]


def _links(value: object) -> list[str]:
    found = [value["linkId"]] if isinstance(value, dict) and "linkId" in value else []
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [*found, *(link for one in inner for link in _links(one))]
