"""Moving a draft to a newer version of its form."""

from collections.abc import Mapping

import pytest

from portico.forms import Answer, ResponseItem, carry_over
from portico.ids import LinkId
from tests.forms.building import URL, Json, answer, choice, coding, faults, form, group, inside, item, response, rows

Told = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def carried(old: list[Json], new: list[Json], *given: Mapping[str, object]) -> Told:
    result = carry_over(form(*old), form(*new, version="2.0.0"), response(*given, status="in-progress"))
    assert result.response.questionnaire == f"{URL}|2.0.0"
    return result.carried, result.ask_again, result.dropped


YES = answer("q", True)


@pytest.mark.parametrize(
    ("old", "new", "given", "expected"),
    [
        ([item("q")], [item("q")], YES, (("q",), (), ())),
        ([item("q")], [item("q"), item("r")], YES, (("q",), (), ())),
        ([item("q")], [item("r")], YES, ((), (), ("q",))),
        ([item("q")], [item("q", "string")], YES, ((), ("q",), ("q",))),
        ([item("q")], [item("q", text="New words")], YES, (("q",), ("q",), ())),
        ([item("q")], [item("q", required=True)], YES, (("q",), ("q",), ())),
        ([item("q", required=True)], [item("q")], YES, (("q",), (), ())),
        ([choice("q", "x", "y")], [choice("q", "x", "z")], answer("q", coding("x")), (("q",), ("q",), ())),
        ([choice("q", "x", "y")], [choice("q", "x")], answer("q", coding("y")), ((), ("q",), ("q",))),
        (
            [choice("q", "x", "y", repeats=True)],
            [choice("q", "x", repeats=True)],
            answer("q", coding("x"), coding("y")),
            (("q",), ("q",), ("q",)),
        ),
        ([item("q")], [group("g", item("q"))], YES, (("q",), (), ())),
        ([group("g", item("q"))], [item("q")], inside("g", YES), (("q",), (), ())),
        ([group("g", item("q"), repeats=True)], [item("q")], inside("g", YES), ((), ("q",), ("q",))),
        ([item("q")], [item("q")], answer("stray", True), ((), (), ("stray",))),
        ([group("g", item("q"))], [group("g", item("q"))], YES, ((), ("q",), ("q",))),
    ],
    ids=[
        "same", "a new question", "gone", "other type", "other words", "now required", "no longer required",
        "other options", "option gone", "one option of two gone", "into a group", "out of a group",
        "out of a list", "never in the form", "never at this place",
    ],
)  # fmt: skip
def test_each_answer_comes_along_or_is_named(old: list[Json], new: list[Json], given: Json, expected: Told) -> None:
    assert carried(old, new, given) == expected


def test_instances_of_groups_and_follow_up_answers_stay_where_they_were() -> None:
    nested = item("p", "boolean", item("q", "integer"))
    old = form(group("g", group("h", nested, repeats=True), repeats=True))
    follow_up = {"linkId": "p", "answer": [{"valueBoolean": True, "item": [answer("q", 5)]}]}
    given = response(*rows("g", rows("h", [answer("p", False)], [follow_up]), rows("h", [follow_up])))
    result = carry_over(old, form(item("new"), *[group("g", group("h", nested, repeats=True), repeats=True)]), given)
    assert result.response.item == given.item
    assert (result.carried, result.ask_again, result.dropped) == (("p", "q"), (), ())


def test_a_follow_up_answer_whose_question_is_gone_is_named() -> None:
    old = [item("p", "boolean", item("q", "integer"))]
    follow_up = {"linkId": "p", "answer": [{"valueBoolean": True, "item": [answer("q", 5)]}]}
    assert carried(old, [item("p")], follow_up) == (("p",), (), ("q",))
    assert carried(old, [item("r")], follow_up) == ((), (), ("p", "q"))


def test_the_result_fits_the_new_form() -> None:
    old, new = form(item("a"), item("b", "string")), form(item("b", "string"), item("a"), version="2.0.0")
    result = carry_over(old, new, response(answer("a", True), answer("b", "x")))
    assert result.response.item == (
        ResponseItem(link_id=LinkId("b"), answer=(Answer(value_string="x"),)),
        ResponseItem(link_id=LinkId("a"), answer=(Answer(value_boolean=True),)),
    )
    assert faults(new, result.response) == []
