"""The truth table of enableWhen: every operator, every type, answered and unanswered."""

from collections.abc import Mapping

import pytest

from portico.forms import enabled_items
from portico.ids import LinkId
from tests.forms.building import Json, answer, coding, form, inside, item, response, rows, when

MG: Json = {"value": 6.0, "code": "mg", "system": "http://unitsofmeasure.org"}


def is_shown(asked: Json, conditions: list[Json], *answers: Mapping[str, object], behavior: str = "all") -> bool:
    q = form(asked, item("shown", enableWhen=conditions, enableBehavior=behavior))
    return enabled_items(q, response(*answers)).root.is_enabled(LinkId("shown"))


@pytest.mark.parametrize(
    ("kind", "condition", "given", "expected"),
    [
        ("boolean", when("q", "exists", answerBoolean=True), None, False),
        ("boolean", when("q", "exists", answerBoolean=True), {"valueBoolean": False}, True),
        ("boolean", when("q", "exists", answerBoolean=False), None, True),
        ("boolean", when("q", "exists", answerBoolean=False), {"valueBoolean": False}, False),
        ("boolean", when("q", "exists", answerBoolean=False), {}, True),
        ("boolean", when("q", "="), None, False),
        ("boolean", when("q", "="), {"valueBoolean": True}, True),
        ("boolean", when("q", "="), {"valueBoolean": False}, False),
        ("boolean", when("q", "!="), None, False),
        ("boolean", when("q", "!="), {"valueBoolean": False}, True),
        ("boolean", when("q", ">"), {"valueBoolean": True}, False),
        ("integer", when("q", ">=", answerInteger=7), {"valueInteger": 7}, True),
        ("integer", when("q", ">=", answerInteger=7), {"valueInteger": 6}, False),
        ("integer", when("q", ">=", answerInteger=7), None, False),
        ("integer", when("q", ">", answerInteger=7), {"valueInteger": 7}, False),
        ("integer", when("q", "<=", answerInteger=7), {"valueInteger": 7}, True),
        ("integer", when("q", "<", answerInteger=7), {"valueInteger": 7}, False),
        ("integer", when("q", "<", answerInteger=7), {"valueInteger": 6}, True),
        ("integer", when("q", "!=", answerInteger=7), {"valueInteger": 6}, True),
        ("integer", when("q", "=", answerInteger=7), {"valueString": "7"}, False),
        ("decimal", when("q", "=", answerInteger=2), {"valueDecimal": 2.0}, True),
        ("integer", when("q", ">", answerDecimal=6.5), {"valueInteger": 7}, True),
        ("decimal", when("q", "=", answerDecimal=0.3), {"valueDecimal": 0.3}, True),
        ("date", when("q", "<", answerDate="2024-06-01"), {"valueDate": "2024-05-31"}, True),
        ("date", when("q", "<", answerDate="2024-06-01"), {"valueDate": "2024-05"}, True),
        ("date", when("q", "<", answerDate="2024-06-01"), {"valueDate": "2024"}, False),
        ("date", when("q", ">=", answerDate="2024-06-01"), {"valueDate": "2024"}, False),
        ("date", when("q", "=", answerDate="2024"), {"valueDate": "2024"}, True),
        ("date", when("q", "!=", answerDate="2024"), {"valueDate": "2024-05"}, False),
        ("date", when("q", "=", answerDate="2024"), {"valueDate": "soon"}, False),
        (
            "dateTime",
            when("q", "<", answerDateTime="2024-06-01T12:00:00Z"),
            {"valueDateTime": "2024-06-01T12:30:00+01:00"},
            True,
        ),
        ("time", when("q", ">", answerTime="12:00:00"), {"valueTime": "12:00:01"}, True),
        ("string", when("q", "=", answerString="knee"), {"valueString": "knee"}, True),
        ("string", when("q", "=", answerString="knee"), {"valueString": "Knee"}, False),
        ("url", when("q", "=", answerString="urn:a"), {"valueUri": "urn:a"}, True),
        ("quantity", when("q", ">", answerQuantity=MG | {"value": 5.0}), {"valueQuantity": MG}, True),
        ("quantity", when("q", ">", answerQuantity=MG | {"value": 5.0, "code": "g"}), {"valueQuantity": MG}, False),
        ("quantity", when("q", ">", answerQuantity=MG), {"valueQuantity": MG | {"comparator": ">"}}, False),
        ("choice", when("q", "=", answerCoding=coding("yes")), {"valueCoding": coding("yes")}, True),
        ("choice", when("q", "=", answerCoding=coding("yes")), {"valueCoding": coding("yes", "urn:b")}, False),
        ("choice", when("q", "=", answerCoding=coding("yes", None)), {"valueCoding": coding("yes", "urn:b")}, True),
        ("choice", when("q", "=", answerCoding=coding("yes")), {"valueCoding": coding("yes", None)}, False),
        ("choice", when("q", "!=", answerCoding=coding("yes")), {"valueCoding": coding("no")}, True),
        ("open-choice", when("q", "=", answerString="x"), {"valueString": "x"}, True),
    ],
)  # fmt: skip
def test_a_condition_holds_as_the_specification_says(
    kind: str, condition: Json, given: Json | None, expected: bool
) -> None:
    answers = [] if given is None else [{"linkId": "q", "answer": [given]}]
    assert is_shown(item("q", kind), [condition], *answers) is expected


@pytest.mark.parametrize(
    ("behavior", "answers", "expected"),
    [
        ("all", [], False),
        ("all", [True], False),
        ("all", [True, True], True),
        ("all", [True, False], False),
        ("any", [], False),
        ("any", [False, True], True),
        ("any", [False, False], False),
    ],
)
def test_behaviour_all_needs_every_condition_and_any_needs_one(
    behavior: str, answers: list[bool], expected: bool
) -> None:
    conditions = [when("a"), when("b")]
    q = form(item("a"), item("b"), item("shown", enableWhen=conditions, enableBehavior=behavior))
    given = [answer(link, value) for link, value in zip("ab", answers, strict=False)]
    assert enabled_items(q, response(*given)).root.is_enabled(LinkId("shown")) is expected


def test_one_of_several_answers_is_enough() -> None:
    asked = item("q", "choice", repeats=True)
    given = answer("q", coding("knee"), coding("hip"))
    assert is_shown(asked, [when("q", answerCoding=coding("knee"))], given)
    assert is_shown(asked, [when("q", answerCoding=coding("hip"))], given)
    assert not is_shown(asked, [when("q", answerCoding=coding("neck"))], given)


def test_a_question_below_an_answer_can_be_asked_about() -> None:
    asked = item("outer", "boolean", item("q"))
    nested = {"linkId": "outer", "answer": [{"valueBoolean": False, "item": [answer("q", True)]}]}
    assert is_shown(asked, [when("q")], nested)
    assert not is_shown(asked, [when("q")], answer("outer", True))


def test_a_question_below_an_answer_can_ask_about_that_answer() -> None:
    q = form(item("outer", "boolean", item("inner", enableWhen=[when("outer")])))
    yes = {"linkId": "outer", "answer": [{"valueBoolean": True}]}
    found = enabled_items(q, response(yes)).root.occurrences(LinkId("outer"))
    assert [one.is_enabled(LinkId("inner")) for one in found] == [True]
    no = enabled_items(q, response(answer("outer", False))).root.occurrences(LinkId("outer"))
    assert [one.is_enabled(LinkId("inner")) for one in no] == [False]


def test_a_condition_outside_a_repeating_group_looks_into_every_instance() -> None:
    region = item("region", "group", item("pain"), repeats=True)
    one_of_two = rows("region", [answer("pain", False)], [answer("pain", True)])
    assert is_shown(region, [when("pain")], *one_of_two)
    assert not is_shown(region, [when("pain")], *rows("region", [answer("pain", False)], []))


def test_a_question_that_does_not_exist_enables_nothing() -> None:
    assert not is_shown(item("q"), [when("gone", "exists", answerBoolean=False)], answer("q", True))


def test_several_conditions_without_behaviour_must_all_hold() -> None:
    q = form(item("a"), item("b"), item("shown", enableWhen=[when("a"), when("b")]))
    assert not enabled_items(q, response(answer("a", True))).root.is_enabled(LinkId("shown"))


def test_an_answer_of_an_enable_when_expression_is_never_guessed() -> None:
    url = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression"
    expression = {"language": "text/fhirpath", "expression": "true"}
    q = form(item("shown", extension=[{"url": url, "valueExpression": expression}]))
    assert not enabled_items(q, response()).root.is_enabled(LinkId("shown"))


def test_an_empty_group_shell_answers_nothing() -> None:
    q = form(item("g", "group", item("q")), item("shown", enableWhen=[when("q", "exists")]))
    assert not enabled_items(q, response(inside("g"))).root.is_enabled(LinkId("shown"))
