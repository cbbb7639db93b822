"""Where conditions look: the nearest occurrence, what a disabled item takes with it, and conditions in circles."""

import pytest

from portico.forms import check_questionnaire, enabled_items
from portico.ids import LinkId
from tests.forms.building import Json, answer, faults, form, group, inside, item, response, rows, when


def nested_form() -> list[Json]:
    """Regions that repeat, each with treatments that repeat."""
    treatment = group("treatment", item("had"), item("helped", enableWhen=[when("had")]), repeats=True)
    sore = item("sore", enableWhen=[when("pain")])
    note = group("note", item("deep", enableWhen=[when("pain")]))
    return [group("region", item("pain"), sore, treatment, note, repeats=True)]


def test_each_instance_of_a_repeating_group_is_judged_by_itself() -> None:
    q = form(*nested_form())
    found = enabled_items(q, response(*rows("region", [answer("pain", True)], [answer("pain", False)])))
    first, second = found.root.occurrences(LinkId("region"))
    assert first.is_enabled(LinkId("sore"))
    assert not second.is_enabled(LinkId("sore"))
    assert [one.occurrences(LinkId("note"))[0].is_enabled(LinkId("deep")) for one in (first, second)] == [True, False]
    assert found.is_enabled_anywhere(LinkId("sore"))


def test_groups_in_groups_keep_their_answers_apart() -> None:
    q = form(*nested_form())
    one = rows("treatment", [answer("had", True)], [answer("had", False)])
    other = rows("treatment", [answer("had", False)], [answer("had", True)])
    found = enabled_items(q, response(*rows("region", one, other)))
    shown = [
        [treatment.is_enabled(LinkId("helped")) for treatment in region.occurrences(LinkId("treatment"))]
        for region in found.root.occurrences(LinkId("region"))
    ]
    assert shown == [[True, False], [False, True]]


def test_a_condition_across_two_inner_groups_stays_in_its_outer_instance() -> None:
    q = form(
        group(
            "region",
            group("asked", item("q"), repeats=True),
            group("other", item("shown", enableWhen=[when("q")]), repeats=True),
            repeats=True,
        )
    )
    yes = [*rows("asked", [answer("q", False)], [answer("q", True)]), inside("other")]
    no = [*rows("asked", [answer("q", False)]), inside("other")]
    regions = enabled_items(q, response(*rows("region", yes, no))).root.occurrences(LinkId("region"))
    assert [r.occurrences(LinkId("other"))[0].is_enabled(LinkId("shown")) for r in regions] == [True, False]


def chain() -> list[Json]:
    return [
        item("a"),
        item("b", enableWhen=[when("a")]),
        item("c", enableWhen=[when("b")]),
        item("d", enableWhen=[when("c", "exists", answerBoolean=False)]),
    ]


def test_the_stale_answer_of_a_disabled_question_counts_as_unanswered() -> None:
    q = form(*chain())
    stale = response(answer("a", False), answer("b", True), answer("c", True))
    root = enabled_items(q, stale).root
    assert [root.is_enabled(LinkId(link)) for link in "abcd"] == [True, False, False, True]
    assert faults(q, stale) == [("b", "disabled"), ("c", "disabled")]


def test_the_order_of_items_does_not_matter_to_a_chain_of_conditions() -> None:
    q = form(*reversed(chain()))
    root = enabled_items(q, response(answer("c", True), answer("b", True), answer("a", False))).root
    assert [root.is_enabled(LinkId(link)) for link in "abcd"] == [True, False, False, True]


def test_a_disabled_group_disables_everything_inside_whatever_it_says_itself() -> None:
    inner = item("inner", enableWhen=[when("a", "exists", answerBoolean=False)])
    q = form(item("a"), group("g", group("h", inner), enableWhen=[when("a")]), item("z", enableWhen=[when("inner")]))
    given = response(inside("g", inside("h", answer("inner", True))))
    found = enabled_items(q, given)
    assert not found.is_enabled("QuestionnaireResponse.item[0].item[0].item[0]")
    assert not found.is_enabled_anywhere(LinkId("inner"))
    assert not found.root.is_enabled(LinkId("z"))


def test_a_condition_on_a_question_in_a_disabled_group_is_not_met() -> None:
    q = form(
        item("a"),
        group("g", item("inner"), enableWhen=[when("a")]),
        item("z", enableWhen=[when("inner")]),
    )
    shown, hidden = (
        enabled_items(q, response(answer("a", value), inside("g", answer("inner", True)))).root
        for value in (True, False)
    )
    assert shown.is_enabled(LinkId("z"))
    assert not hidden.is_enabled(LinkId("z"))


def test_an_item_switched_off_from_outside_is_unanswered_with_all_below_it() -> None:
    q = form(group("g", item("a")), item("b", enableWhen=[when("a")]))
    given = response(inside("g", answer("a", True)), answer("b", True))
    off = enabled_items(q, given, extra_disabled=frozenset({LinkId("g")}))
    assert not off.is_enabled("QuestionnaireResponse.item[0].item[0]")
    assert not off.is_enabled("QuestionnaireResponse.item[1]")
    assert enabled_items(q, given).is_enabled("QuestionnaireResponse.item[1]")


@pytest.mark.parametrize(
    ("items", "in_circle"),
    [
        ([item("a", enableWhen=[when("b")]), item("b", enableWhen=[when("a")])], {"a", "b"}),
        ([item("a", enableWhen=[when("a")])], {"a"}),
        ([group("g", item("a"), enableWhen=[when("a")])], {"g"}),
        ([group("g", item("a"), enableWhen=[when("b")]), item("b", enableWhen=[when("a")])], {"g", "b"}),
    ],
    ids=["two", "itself", "descendant", "through a group"],
)
def test_conditions_in_a_circle_are_refused_and_never_hold(items: list[Json], in_circle: set[str]) -> None:
    q = form(*items)
    assert {f.link_id for f in check_questionnaire(q) if f.code in {"cycle", "condition-self"}} == in_circle
    root = enabled_items(q, response(answer("a", True), answer("b", True))).root
    assert not any(root.is_enabled(LinkId(link)) for link in in_circle)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("QuestionnaireResponse", True),
        ("QuestionnaireResponse.item[0]", True),
        ("QuestionnaireResponse.item[0].item[0]", True),
        ("QuestionnaireResponse.item[0].item[0].answer[0]", True),
        ("QuestionnaireResponse.item[1].item[1]", False),
        ("QuestionnaireResponse.item[9]", False),
        ("QuestionnaireResponse.item[0].item[0].item[0]", False),
        ("Bundle.item[0]", False),
        ("QuestionnaireResponse.item[0] or true", False),
    ],
)
def test_a_place_in_the_response_can_be_asked_about(path: str, expected: bool) -> None:
    region = [answer("pain", False), answer("sore", True)]
    found = enabled_items(form(*nested_form()), response(*rows("region", region, region)))
    assert found.is_enabled(path) is expected
