"""Whatever goes wrong inside the engine raises the disposition, never lowers it and never ends the run."""

from types import SimpleNamespace
from typing import cast

import pytest

from portico.ids import LinkId
from portico.screening.evaluation import evaluate, screen_draft
from portico.screening.expressions import (
    AllOf,
    AnyOf,
    AnyRow,
    Compare,
    Elapsed,
    EngineError,
    Expr,
    HasCode,
    IsTrue,
    Not,
    SettingRef,
)
from portico.screening.facts import Facts, PartialDate, Value
from portico.screening.model import Effect, Rule, RuleSet

from .building import KNEE, NO_DAY, POSSIBLE, TODAY, any_row, code, facts, has_code, is_true, rule, rule_set

X = LinkId("x")
PS32 = rule(EngineError(), "call_before_booking", "PS32", severity="high")
BROKEN = cast("Expr", SimpleNamespace(op="no such node"))


@pytest.mark.parametrize(
    ("when", "answer"),
    [
        (HasCode(link_id=X, codes=("yes",)), 3),
        (IsTrue(link_id=X), code("yes")),
        (Compare(link_id=X, cmp="<", value=3), "words"),
        (Compare(link_id=X, cmp="<", value=3), True),
        (Compare(link_id=X, cmp="<", value="words"), "words"),
        (Compare(link_id=X, cmp="=", value="words"), 3),
        (Compare(link_id=X, cmp="=", value=SettingRef(setting="nowhere")), 3),
        (Elapsed(link_id=X, unit="days", cmp="<", value=3), "2024-01-01"),
        (Elapsed(link_id=X, unit="days", cmp="<", value=3), PartialDate(year=2023, month=2, day=29)),
        (Elapsed(link_id=X, unit="days", cmp="<", value=3), PartialDate(year=2023, month=13)),
        (BROKEN, 1),
        (AnyRow(group=LinkId("g"), when=BROKEN), 1),
    ],
)
@pytest.mark.parametrize("effect", ["urgent_now", "review_with_flags", "note", "possible_candidate"])
def test_a_rule_that_fails_becomes_a_call_before_booking(when: Expr, answer: Value, effect: Effect) -> None:
    found = facts({**KNEE, "x": answer}, rows={"g": (facts(),)})
    result = evaluate(rule_set(POSSIBLE, rule(when, effect)), found, as_of=TODAY, settings={})
    finding = result.findings[1]
    assert result.disposition == "call_before_booking"
    assert (finding.state, finding.effect, finding.severity) == ("fired", "call_before_booking", "high")
    assert (finding.code, finding.confirm) == ("engine-error", True)
    assert finding.text.startswith("This rule could not be evaluated")


@pytest.mark.parametrize("order", [1, -1], ids=["failure first", "danger first"])
def test_a_failing_part_hides_no_danger_that_its_sibling_sees(order: int) -> None:
    parts = (is_true("x"), has_code("rf"))[::order]
    emergency = rule(AnyOf(of=parts), "urgent_now", "PS01", severity="critical", text="Emergency.")
    result = evaluate(rule_set(emergency), facts({"x": 1, "rf": code("yes")}), as_of=TODAY, settings={})
    finding = result.findings[0]
    assert (result.disposition, finding.effect, finding.severity) == (
        "seek_care_now",
        "urgent_now",
        "critical",
    )
    assert finding.text.startswith("Emergency. (Part of this rule")
    assert finding.link_ids == ("rf",)


def test_a_failing_part_under_not_proves_nothing() -> None:
    result = evaluate(rule_set(rule(Not(of=is_true("x")), "urgent_now")), facts({"x": 1}), as_of=TODAY, settings={})
    assert result.findings[0].effect == "call_before_booking"


def test_a_failing_row_hides_no_danger_in_the_next() -> None:
    emergency = rule(any_row("g", is_true("x")), "urgent_now", "PS01")
    found = facts(rows={"g": (facts({"x": 1}), facts({"x": True}))})
    assert evaluate(rule_set(emergency), found, as_of=TODAY, settings={}).disposition == "seek_care_now"


def test_a_flag_with_a_failing_part_is_raised_to_a_call() -> None:
    flag = rule(AnyOf(of=(has_code("rf"), is_true("x"))))
    result = evaluate(rule_set(flag), facts({"x": 1, "rf": code("yes")}), as_of=TODAY, settings={})
    assert result.findings[0].effect == "call_before_booking"


def test_the_rule_for_engine_errors_fires_only_when_another_rule_failed() -> None:
    rules = rule_set(PS32, rule(is_true("x"), "note"))
    failed = evaluate(rules, facts({"x": 1}), as_of=TODAY, settings={}).findings
    assert [(finding.rule, finding.state, finding.code) for finding in failed] == [
        ("PS32", "fired", None),
        ("PS05", "fired", "engine-error"),
    ]
    assert evaluate(rules, facts({"x": True}), as_of=TODAY, settings={}).findings[0].state == "not_fired"


def test_one_failing_rule_leaves_the_others_alone() -> None:
    rules = rule_set(rule(is_true("x"), "note"), rule(has_code("rf"), "urgent_now", "PS01"))
    result = evaluate(rules, facts({"x": 1, "rf": code("yes")}), as_of=TODAY, settings={})
    assert result.disposition == "seek_care_now"
    assert result.findings[1].code is None


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        (rule_set(cast("Rule", None)), facts()),
        (rule_set(POSSIBLE), cast("Facts", None)),
        (rule_set(rule(has_code("rf"), draft_level="E")), cast("Facts", 7)),
    ],
)
def test_a_failure_of_the_engine_itself_is_a_call_too(rules: RuleSet, found: Facts) -> None:
    result = evaluate(rules, found, as_of=TODAY, settings={})
    assert (result.disposition, result.findings[0].code) == ("call_before_booking", "engine-error")
    assert screen_draft(rules, found, as_of=TODAY, settings={}).level in {None, "U"}


def test_a_day_that_is_none_is_a_call() -> None:
    rules = rule_set(rule(Elapsed(link_id=X, unit="days", cmp="<", value=3)))
    result = evaluate(rules, facts({"x": PartialDate(year=2024)}), as_of=NO_DAY, settings={})
    assert result.disposition == "call_before_booking"


def test_a_bottomless_condition_does_not_end_the_run() -> None:
    when: Expr = is_true("x")
    for _ in range(5000):
        when = AllOf(of=(when,))
    result = evaluate(rule_set(POSSIBLE, rule(when)), facts({**KNEE, "x": True}), as_of=TODAY, settings={})
    assert result.disposition == "call_before_booking"
