"""Structure, required answers, modes and statuses: what is a fault, where, and how severe."""

from typing import get_args

import pytest

from portico.forms import Mode, validate, validate_as_status
from portico.ids import LinkId
from tests.forms.building import (
    TODAY,
    URL,
    Json,
    answer,
    choice,
    coding,
    extension,
    faults,
    form,
    group,
    inside,
    item,
    response,
    rows,
    told,
    when,
)

REQUIRED = [("q", "required")]


def test_every_fault_is_told_at_once_in_form_order_with_its_place() -> None:
    q = form(
        group("g", item("a", required=True), item("b", "integer"), required=True),
        item("c", "string", maxLength=3),
        item("d", required=True),
    )
    given = response(inside("g", answer("b", "seven"), answer("x", True)), answer("c", "long words"), answer("y", 1))
    found = validate(q, given, mode="complete", today=TODAY)
    assert [(f.link_id, f.path.removeprefix("QuestionnaireResponse"), f.code) for f in found] == [
        ("a", ".item[0]", "required"),
        ("b", ".item[0].item[0].answer[0]", "structure"),
        ("", ".item[0].item[1]", "not-found"),
        ("c", ".item[1].answer[0]", "value"),
        ("d", "", "required"),
        ("", ".item[2]", "not-found"),
    ]
    assert "long words" not in "".join(fault.message for fault in found)


@pytest.mark.parametrize(
    ("items", "given", "expected"),
    [
        ([item("q", required=True)], [], REQUIRED),
        ([item("q", required=True)], [{"linkId": "q"}], REQUIRED),
        ([item("q", required=True)], [{"linkId": "q", "answer": [{}]}], REQUIRED),
        ([item("q", required=True)], [answer("q", False)], []),
        ([item("a"), item("q", required=True, enableWhen=[when("a")])], [], []),
        ([item("a"), item("q", required=True, enableWhen=[when("a")])], [answer("a", True)], REQUIRED),
        ([group("g", item("q", required=True))], [], []),
        ([group("g", item("q", required=True))], [inside("g")], REQUIRED),
        ([group("g", item("q", required=True), required=True)], [], [("g", "required"), *REQUIRED]),
        ([group("g", item("q"), required=True)], [], [("g", "required")]),
        ([group("g", item("q"), required=True)], [inside("g", {"linkId": "q"})], [("g", "required")]),
        ([group("g", item("q"), required=True)], [inside("g", answer("q", True))], []),
        ([group("g", group("h", item("q")), required=True)], [inside("g", inside("h", answer("q", True)))], []),
        ([group("g", group("h", item("q", required=True)), required=True)], [], [("g", "required")]),
        ([item("a"), group("g", item("q", enableWhen=[when("a")]), required=True)], [inside("g")], []),
        ([item("p", "boolean", item("q", required=True))], [], []),
        ([item("p", "boolean", item("q", required=True))], [answer("p", True)], REQUIRED),
        ([group("g", item("q", required=True), repeats=True)], rows("g", [answer("q", True)], []), REQUIRED),
    ],
    ids=[
        "left out", "shell", "answer without value", "no is an answer", "disabled", "enabled", "absent optional group",
        "present group", "absent required group", "required group", "shell in group", "one answer is enough",
        "answer further down", "optional group in required group", "nothing to ask", "no answer above",
        "per answer", "per instance",
    ],
)  # fmt: skip
def test_required_questions_are_asked_for_where_they_apply(
    items: list[Json], given: list[Json], expected: list[tuple[str, str]]
) -> None:
    q = form(*items)
    assert faults(q, response(*given)) == expected
    assert faults(q, response(*given), "draft") == []
    assert faults(q, response(*given), "partial") == []
    assert {f.severity for f in validate_as_status(q, response(*given, status="in-progress"), today=TODAY)} <= {
        "warning"
    }
    assert faults(q, response(*given), optional=["q", "g"]) == []


@pytest.mark.parametrize(
    ("items", "given", "expected"),
    [
        ([item("a"), item("b")], [answer("b", True), answer("a", True)], [("a", "structure")]),
        ([item("a"), item("b"), item("c")], [answer("a", True), answer("c", True)], []),
        ([group("g", item("a"))], [answer("a", True)], [("a", "structure")]),
        ([item("a")], [answer("nowhere", True)], [("", "not-found")]),
        ([item("a")], [answer("a", True, False)], [("a", "structure")]),
        ([item("a", repeats=True)], [answer("a", True, False)], []),
        ([item("a", repeats=True)], [answer("a", True), answer("a", False)], [("a", "structure")]),
        ([group("g", item("a"))], rows("g", [answer("a", True)], [answer("a", True)]), [("g", "structure")]),
        ([group("g", item("a"))], [answer("g", True)], [("g", "structure")]),
        ([item("t", "display")], [{"linkId": "t"}], []),
        ([item("t", "display")], [answer("t", "read")], [("t", "structure")]),
        ([item("a", "boolean", item("b"))], [inside("a", answer("b", True))], [("a", "structure")]),
        ([choice("a", "x")], [answer("a", "x")], [("a", "structure")]),
        ([item("a", "decimal")], [answer("a", 1)], [("a", "structure")]),
        ([item("a", "date")], [answer("a", valueDateTime="2024-01-01")], [("a", "structure")]),
    ],
    ids=[
        "wrong order", "gap", "wrong place", "unknown", "two answers", "repeats", "two items", "two groups",
        "answer on a group", "display echoed", "display answered", "items beside an answer", "text for a choice",
        "integer for a decimal", "dateTime for a date",
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", get_args(Mode))
def test_structure_is_checked_in_every_mode(
    items: list[Json], given: list[Json], expected: list[tuple[str, str]], mode: Mode
) -> None:
    found = validate(form(*items), response(*given), mode=mode, today=TODAY)
    assert told(found) == expected
    assert all(fault.severity == "error" for fault in found)


def test_an_answer_to_a_disabled_question_warns_in_a_draft_and_is_refused_at_the_end() -> None:
    q = form(item("a"), item("b", "integer", enableWhen=[when("a")], extension=[extension("maxValue", valueInteger=5)]))
    given = response(answer("a", False), answer("b", 9))
    (draft,) = validate(q, given, mode="draft", today=TODAY)
    (partial,) = validate(q, given, mode="partial", today=TODAY)
    (final,) = validate(q, given, mode="complete", today=TODAY)
    assert [(f.code, f.severity) for f in (draft, partial, final)] == [
        ("disabled", "warning"), ("disabled", "error"), ("disabled", "error"),
    ]  # fmt: skip
    wrong = response(answer("a", False), answer("b", "nine"))
    assert faults(q, wrong, "draft") == [("b", "structure"), ("b", "disabled")]


def test_an_empty_shell_of_a_disabled_item_is_accepted() -> None:
    q = form(item("a"), group("g", item("b"), enableWhen=[when("a")]))
    assert faults(q, response({"linkId": "g"})) == []


def test_answers_in_a_disabled_group_are_told_one_by_one() -> None:
    q = form(item("a"), group("g", item("b"), item("c"), enableWhen=[when("a")]))
    assert faults(q, response(inside("g", answer("b", True), answer("c", True)))) == [
        ("b", "disabled"),
        ("c", "disabled"),
    ]


def test_items_switched_off_from_outside_are_neither_required_nor_answerable() -> None:
    q = form(item("cost", required=True), item("a"))
    off = frozenset({LinkId("cost")})
    assert validate(q, response(), mode="complete", today=TODAY, extra_disabled=off) == ()
    answered = validate(q, response(answer("cost", True)), mode="complete", today=TODAY, extra_disabled=off)
    assert told(answered) == [("cost", "disabled")]


@pytest.mark.parametrize(
    ("status", "severity"),
    [
        ("completed", "error"), ("amended", "error"),
        ("in-progress", "warning"), ("stopped", "warning"), ("entered-in-error", "warning"),
    ],
)  # fmt: skip
def test_what_is_missing_is_an_error_only_once_the_response_is_finished(status: str, severity: str) -> None:
    (fault,) = validate_as_status(form(item("q", required=True)), response(status=status), today=TODAY)
    assert (fault.code, fault.severity) == ("required", severity)


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, "required"), (1, "required"), (2, None), (3, None), (4, "invariant")],
)
def test_the_number_of_answers_is_bounded_inclusively(count: int, expected: str | None) -> None:
    bounds = [extension("minOccurs", valueInteger=2), extension("maxOccurs", valueInteger=3)]
    q = form(item("q", "integer", required=True, repeats=True, extension=bounds))
    given = [answer("q", *range(count))] if count else []
    assert faults(q, response(*given)) == ([("q", expected)] if expected else [])


@pytest.mark.parametrize(("count", "expected"), [(0, None), (1, "required"), (2, None), (3, None), (4, "invariant")])
def test_the_number_of_instances_of_a_group_is_bounded_inclusively(count: int, expected: str | None) -> None:
    bounds = [extension("minOccurs", valueInteger=2), extension("maxOccurs", valueInteger=3)]
    q = form(group("g", item("q"), repeats=True, extension=bounds))
    given = rows("g", *[[answer("q", True)]] * count)
    assert faults(q, response(*given)) == ([("g", expected)] if expected else [])
    assert faults(q, response(*given), "draft") == ([("g", expected)] if expected == "invariant" else [])


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (URL, []), (f"{URL}|1.0.0", []), (f"{URL}|2.0.0", [("", "invalid")]), ("urn:other", [("", "invalid")]),
        (f"{URL}#part", []),
    ],
)  # fmt: skip
def test_a_response_must_name_this_form_and_version_or_none(named: str, expected: list[tuple[str, str]]) -> None:
    assert faults(form(item("q")), response(questionnaire=named)) == expected
    assert faults(form(item("q")), response()) == []


def test_a_form_out_of_use_or_out_of_time_warns() -> None:
    q = form(item("q"), status="retired", effectivePeriod={"start": "2025", "end": "2025-06"})
    for authored, expected in (("2025-06-30", 1), ("2025-07-01", 2), ("2024-12-31T23:59:59Z", 2)):
        found = validate(q, response(authored=authored), mode="complete", today=TODAY)
        assert [(f.code, f.severity) for f in found] == [("business-rule", "warning")] * expected


def test_a_response_with_an_unknown_modifier_is_refused() -> None:
    marked = response(modifierExtension=[{"url": "urn:not-this", "valueBoolean": True}])
    assert faults(form(item("q")), marked) == [("", "invalid")]


@pytest.mark.parametrize(
    ("elements", "given", "expected"),
    [
        ({"readOnly": True, "initial": [{"valueString": "set"}]}, "set", []),
        ({"readOnly": True, "initial": [{"valueString": "set"}]}, "changed", [("q", "invariant")]),
        ({"readOnly": True, "initial": [{"valueString": "set"}]}, None, []),
        ({"readOnly": True}, "made up", [("q", "invariant")]),
        ({"extension": [extension("hidden", valueBoolean=True)]}, "made up", [("q", "invariant")]),
        ({"extension": [extension("hidden", valueBoolean=False)]}, "mine", []),
    ],
    ids=["as set", "changed", "left out", "read-only", "hidden", "not hidden"],
)
def test_a_patient_cannot_change_what_is_filled_in_for_them(
    elements: Json, given: str | None, expected: list[tuple[str, str]]
) -> None:
    q = form(item("q", "string", **elements))
    assert faults(q, response(*([answer("q", given)] if given else []))) == expected


def test_a_question_in_a_hidden_or_read_only_group_is_locked_too() -> None:
    for locked in ({"readOnly": True}, {"extension": [extension("hidden", valueBoolean=True)]}):
        q = form(group("g", item("q", "string"), **locked))
        assert faults(q, response(inside("g", answer("q", "mine")))) == [("q", "invariant")]


def test_a_read_only_choice_is_compared_with_its_selected_option() -> None:
    options = [{"valueCoding": coding("a"), "initialSelected": True}, {"valueCoding": coding("b")}]
    q = form(item("q", "choice", readOnly=True, answerOption=options))
    assert faults(q, response(answer("q", coding("a") | {"display": "anything"}))) == []
    assert faults(q, response(answer("q", coding("b")))) == [("q", "invariant")]
