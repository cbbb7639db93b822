"""Answers as plain values for rules, and as lines for people."""

from datetime import UTC, datetime, time
from decimal import Decimal

import pytest

from portico.forms import Coding, Line, PartialDate, Value, answer_lines, answer_tree
from portico.ids import LinkId
from tests.forms.building import (
    SYSTEM,
    Json,
    answer,
    choice,
    coding,
    extension,
    form,
    group,
    inside,
    item,
    response,
    rows,
    when,
)


def links(*names: str) -> frozenset[LinkId]:
    return frozenset(map(LinkId, names))


@pytest.mark.parametrize(
    ("kind", "value", "plain", "words"),
    [
        ("boolean", {"valueBoolean": False}, False, "No"),
        ("integer", {"valueInteger": 7}, 7, "7"),
        ("decimal", {"valueDecimal": 1.5}, Decimal("1.5"), "1.5"),
        ("string", {"valueString": "left"}, "left", "left"),
        ("date", {"valueDate": "2024"}, PartialDate(year=2024), "2024"),
        ("date", {"valueDate": "2024-03"}, PartialDate(year=2024, month=3), "March 2024"),
        ("date", {"valueDate": "2024-03-05"}, PartialDate(year=2024, month=3, day=5), "March 5, 2024"),
        (
            "dateTime",
            {"valueDateTime": "2024-03-05T10:00:00+01:00"},
            datetime(2024, 3, 5, 9, tzinfo=UTC),
            "March 5, 2024, 09:00 UTC",
        ),
        ("time", {"valueTime": "08:30:00"}, time(8, 30), "08:30"),
        ("choice", {"valueCoding": coding("a")}, Coding(system=SYSTEM, code="a"), "a"),
    ],
)
def test_an_answer_is_a_plain_value_and_a_word(kind: str, value: Json, plain: Value, words: str) -> None:
    q = form(item("q", kind))
    given = response({"linkId": "q", "answer": [value]})
    assert answer_tree(q, given).values == {"q": (plain,)}
    assert [line.answers for line in answer_lines(q, given)] == [(words,)]


def test_a_question_is_answered_unanswered_or_not_asked() -> None:
    q = form(
        item("a"),
        item("b"),
        item("c", enableWhen=[when("a")]),
        group("g", item("d"), item("e", "boolean", item("f")), enableWhen=[when("b")]),
        group("h", item("i")),
    )
    tree = answer_tree(q, response(answer("a", False), answer("c", True)))
    assert tree.values == {"a": (False,)}
    assert tree.unanswered == links("b")
    assert tree.not_asked == links("c", "g", "d", "e", "f")
    (absent,) = tree.groups[LinkId("h")]
    assert absent.unanswered == links("i")


def test_each_instance_of_a_group_has_its_own_answers() -> None:
    q = form(group("region", item("pain", "integer"), item("sore", enableWhen=[when("pain", "exists")]), repeats=True))
    tree = answer_tree(q, response(*rows("region", [answer("pain", 3), answer("sore", True)], [])))
    first, second = tree.groups[LinkId("region")]
    assert (first.values, first.repeats) == ({"pain": (3,), "sore": (True,)}, True)
    assert (second.values, second.unanswered, second.not_asked) == ({}, links("pain"), links("sore"))
    assert answer_tree(q, response()).groups == {"region": ()}


def test_questions_below_an_answer_stand_in_a_group_of_their_own() -> None:
    q = form(item("p", "boolean", item("q", "string")))
    nested = {"linkId": "p", "answer": [{"valueBoolean": True, "item": [answer("q", "x")]}]}
    tree = answer_tree(q, response(nested))
    assert tree.values == {"p": (True,)}
    assert [one.values for one in tree.groups[LinkId("p")]] == [{"q": ("x",)}]


@pytest.mark.parametrize("value", [{"valueString": "x"}, {"valueDate": "2024-13"}, {}])
def test_what_cannot_be_read_counts_as_unanswered(value: Json) -> None:
    tree = answer_tree(form(item("q", "date")), response({"linkId": "q", "answer": [value]}))
    assert (tree.values, tree.unanswered) == ({}, links("q"))


def test_items_switched_off_from_outside_were_not_asked() -> None:
    q = form(group("cost", item("pay")), item("a"))
    tree = answer_tree(q, response(inside("cost", answer("pay", True))), extra_disabled=links("cost"))
    assert tree.not_asked == links("cost", "pay")


def test_lines_show_the_words_of_the_form_never_those_of_the_response() -> None:
    options = [{"valueCoding": coding("l") | {"display": "Left"}}]
    q = form(group("g", item("side", "choice", answerOption=options), prefix="1."))
    forged = {"linkId": "side", "text": "Forged", "answer": [{"valueCoding": coding("l") | {"display": "Forged"}}]}
    assert answer_lines(q, response(inside("g", forged))) == (
        Line(link_id=LinkId("g"), kind="group", text="Text of g", prefix="1.", answers=(), depth=0),
        Line(link_id=LinkId("side"), kind="choice", text="Text of side", prefix=None, answers=("Left",), depth=1),
    )


def test_lines_count_instances_and_leave_out_what_does_not_apply_or_is_hidden() -> None:
    q = form(
        group("region", item("pain"), item("sore", enableWhen=[when("pain")]), repeats=True),
        item("secret", "string", extension=[extension("hidden", valueBoolean=True)]),
        item("note", "display"),
        choice("c", "x", repeats=True),
    )
    given = response(*rows("region", [answer("pain", False)], [answer("pain", True)]), answer("c", coding("x")))
    assert [(line.link_id, line.depth, line.occurrence, line.answers) for line in answer_lines(q, given)] == [
        ("region", 0, 1, ()),
        ("pain", 1, None, ("No",)),
        ("region", 0, 2, ()),
        ("pain", 1, None, ("Yes",)),
        ("sore", 1, None, ()),
        ("note", 0, None, ()),
        ("c", 0, None, ("x",)),
    ]
