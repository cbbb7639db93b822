"""Dropping what does not apply, and tidying what a client sent."""

from portico.forms import normalise, without_disabled
from portico.ids import LinkId
from tests.forms.building import URL, answer, faults, form, group, inside, item, response, rows, when


def test_disabled_answers_are_dropped_and_named_in_form_order() -> None:
    q = form(item("a"), group("g", item("b"), item("c"), enableWhen=[when("a")]), item("d", enableWhen=[when("a")]))
    given = response(answer("a", False), inside("g", answer("b", True), answer("c", True)), answer("d", True))
    pruned = without_disabled(q, given)
    assert pruned.response.item == given.item[:1]
    assert pruned.dropped == ("b", "c", "d")
    assert faults(q, pruned.response) == []


def test_a_response_without_disabled_answers_stays_the_same_object() -> None:
    q = form(item("a"), group("g", item("b"), repeats=True))
    given = response(answer("a", True), *rows("g", [answer("b", True)], []))
    assert without_disabled(q, given).response is given


def test_only_the_instance_where_it_is_disabled_loses_an_answer() -> None:
    q = form(group("g", item("a"), item("b", enableWhen=[when("a")]), repeats=True))
    yes, no = [answer("a", True), answer("b", True)], [answer("a", False), answer("b", True)]
    pruned = without_disabled(q, response(*rows("g", yes, no)))
    assert [len(one.item) for one in pruned.response.item] == [2, 1]


def test_questions_below_an_answer_are_dropped_too() -> None:
    q = form(item("p", "boolean", item("q", enableWhen=[when("p")])))
    nested = {"linkId": "p", "answer": [{"valueBoolean": False, "item": [answer("q", True)]}]}
    pruned = without_disabled(q, response(nested))
    assert (pruned.dropped, pruned.response.item[0].answer[0].item) == (("q",), ())


def test_an_empty_shell_is_dropped_without_a_word() -> None:
    q = form(item("a"), item("b", enableWhen=[when("a")]))
    pruned = without_disabled(q, response({"linkId": "b"}))
    assert (pruned.dropped, pruned.response.item) == ((), ())


def test_items_switched_off_from_outside_are_dropped() -> None:
    q = form(item("cost"), item("a"))
    pruned = without_disabled(q, response(answer("cost", True)), extra_disabled=frozenset({LinkId("cost")}))
    assert pruned.dropped == ("cost",)


def test_a_tidied_response_is_bound_to_its_version_in_order_and_without_foreign_words() -> None:
    q = form(item("a"), group("g", item("b"), item("c")))
    group_item = inside("g", answer("c", True), answer("b", True) | {"text": "Forged"}) | {"text": "Forged"}
    tidy = normalise(q, response(group_item, answer("a", True), text={"status": "generated", "div": "Forged"}))
    assert tidy.questionnaire == f"{URL}|1.0.0"
    assert [one.link_id for one in tidy.item] == ["a", "g"]
    assert [one.link_id for one in tidy.item[1].item] == ["b", "c"]
    assert "Forged" not in repr(tidy)
    assert faults(q, tidy) == []


def test_what_the_form_does_not_know_is_kept_for_the_check_to_refuse() -> None:
    q = form(item("a"), item("b"))
    tidy = normalise(q, response(answer("x", True), answer("b", True), answer("y", True), answer("a", True)))
    assert [one.link_id for one in tidy.item] == ["a", "b", "x", "y"]
    assert without_disabled(q, tidy).response is tidy
