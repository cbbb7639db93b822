"""From findings to disposition and urgency, and the evidence that findings carry."""

import pytest

from portico.ids import LinkId
from portico.screening.evaluation import evaluate, most_urgent
from portico.screening.expressions import AllOf, Answered, AnyOf, Not
from portico.screening.facts import Facts
from portico.screening.model import Disposition, Effect, Finding, Rule, Screening

from .building import KNEE, POSSIBLE, TODAY, code, facts, has_code, rule, rule_set

E = rule(has_code("rf.e"), "urgent_now", "PS01", severity="critical")
U = rule(has_code("rf.u"), "call_before_booking", "PS02", severity="high")
R = rule(has_code("rf.r"), "review_with_flags", "PS33")
ALL_NO = {**KNEE, "rf.e": code("no"), "rf.u": code("no"), "rf.r": code("no")}


def screen(found: Facts, *rules: Rule) -> Screening:
    return evaluate(rule_set(*(rules or (E, U, R, POSSIBLE))), found, as_of=TODAY, settings={})


def only(found: Facts, when: Rule) -> Finding:
    return screen(found, when).findings[0]


@pytest.mark.parametrize(
    ("flags", "disposition", "urgency"),
    [
        ({}, "possible_candidate", "routine"),
        ({"rf.r": code("yes")}, "needs_review", "routine"),
        ({"rf.u": code("unsure")}, "call_before_booking", "same_day"),
        ({"rf.u": code("yes"), "rf.r": code("yes")}, "call_before_booking", "same_day"),
        ({"rf.e": code("unsure"), "rf.u": code("yes")}, "seek_care_now", "emergency"),
    ],
)
def test_the_most_urgent_finding_sets_disposition_and_urgency(
    flags: dict[str, object], disposition: str, urgency: str
) -> None:
    found = screen(facts({**ALL_NO, **flags}))  # type: ignore[dict-item]
    assert (found.disposition, found.urgency) == (disposition, urgency)


@pytest.mark.parametrize("open_item", ["rf.e", "rf.u", "rf.r", "reg.1"])
def test_an_open_question_is_never_possible(open_item: str) -> None:
    answers = {key: value for key, value in ALL_NO.items() if key != open_item}
    assert screen(facts(answers)).disposition == "needs_review"


@pytest.mark.parametrize("effect", ["note", "prompt", "advice"])
@pytest.mark.parametrize("given", [{"x": code("yes")}, {}], ids=["fired", "not evaluable"])
def test_notes_prompts_and_advice_never_change_the_disposition(effect: Effect, given: dict[str, object]) -> None:
    result = screen(facts({**KNEE, **given}), POSSIBLE, rule(has_code("x"), effect))  # type: ignore[dict-item]
    assert result.disposition == "possible_candidate"


def test_without_a_rule_that_says_possible_nothing_is_possible() -> None:
    assert screen(facts(ALL_NO), E, U, R).disposition == "needs_review"
    assert screen(facts({**ALL_NO, "reg.1": code("other")})).disposition == "needs_review"
    assert screen(facts()).disposition == "needs_review"


def test_what_a_partial_submission_leaves_open_is_reviewed() -> None:
    rules = rule_set(E, POSSIBLE)
    result = evaluate(rules, facts(ALL_NO), as_of=TODAY, settings={}, open_items=[LinkId("ack.1")])
    assert (result.disposition, result.open_items) == ("needs_review", ("ack.1",))
    danger = facts({"rf.e": code("yes")})
    assert evaluate(rules, danger, as_of=TODAY, settings={}, open_items=[LinkId("a")]).disposition == "seek_care_now"


def test_a_floor_raises_and_never_lowers() -> None:
    expected: dict[Disposition, Disposition] = {
        "possible_candidate": "needs_review",
        "needs_review": "needs_review",
        "seek_care_now": "seek_care_now",
    }
    assert {given: most_urgent(given, "needs_review") for given in expected} == expected


def test_a_finding_names_every_item_that_made_it_fire_and_no_other() -> None:
    when = rule(AnyOf(of=(has_code("a"), has_code("b"), AllOf(of=(has_code("c"), has_code("d"))))))
    found = only(facts({"a": code("yes"), "b": code("no"), "c": code("yes"), "d": code("unsure")}), when)
    assert (found.state, found.link_ids, found.missing) == ("fired", ("a", "c", "d"), ())


def test_a_finding_by_absence_names_the_open_item_and_skips_what_was_not_asked() -> None:
    when = rule(AllOf(of=(Not(of=Answered(link_id=LinkId("doc.1"))), Not(of=has_code("a")))))
    assert only(facts(not_asked=("a",)), when).link_ids == ("doc.1",)


@pytest.mark.parametrize(
    ("answers", "missing"),
    [
        ({}, ("a", "b", "c")),
        ({"a": "no"}, ()),
        ({"b": "yes"}, ("a",)),
        ({"b": "no"}, ("a", "c")),
        ({"a": "yes", "b": "no"}, ("c",)),
    ],
)
def test_missing_names_only_what_could_still_change_the_result(
    answers: dict[str, str], missing: tuple[str, ...]
) -> None:
    when = rule(AllOf(of=(has_code("a"), AnyOf(of=(has_code("b"), has_code("c"))))))
    assert only(facts({key: code(value) for key, value in answers.items()}), when).missing == missing


def test_a_screening_can_be_replayed_from_what_it_stores() -> None:
    result = screen(facts(ALL_NO))
    assert (result.rule_set, result.version, result.engine, result.as_of) == (
        "prolotherapy-intake",
        "1.0.0",
        "1.0",
        TODAY,
    )
    assert [finding.rule for finding in result.findings] == ["PS01", "PS02", "PS33", "PS03"]
