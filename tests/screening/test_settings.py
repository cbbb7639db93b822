"""Thresholds that the clinic owns: default, the clinic's value, unset."""

from decimal import Decimal

import pytest

from portico.ids import LinkId
from portico.screening.evaluation import evaluate
from portico.screening.expressions import AllOf, AnyOf, Compare, Count, Elapsed, Expr, SettingRef
from portico.screening.facts import Facts
from portico.screening.model import Finding, Setting
from portico.screening.scope import SettingValue

from .building import KNEE, POSSIBLE, TODAY, code, day, facts, has_code, rule, rule_set, setting

LIMIT = SettingRef(setting="cortisone.max")
TIMES = Compare(link_id=LinkId("times"), cmp=">", value=LIMIT)


def screened(
    when: Expr, found: Facts, *, default: int | None = None, clinic: SettingValue | None = None
) -> tuple[str, Finding]:
    rules = rule_set(
        POSSIBLE, rule(when, text="More than {cortisone.max}."), settings={"cortisone.max": setting(default)}
    )
    result = evaluate(rules, found, as_of=TODAY, settings={"cortisone.max": clinic})
    return result.disposition, result.findings[1]


def test_the_clinics_value_comes_before_the_default() -> None:
    assert screened(TIMES, facts({"times": 3}), default=2)[1].state == "fired"
    assert screened(TIMES, facts({"times": 3}), default=2, clinic=3)[1].state == "not_fired"
    assert screened(TIMES, facts({"times": 3}), clinic=Decimal("2.5"))[1].state == "fired"


@pytest.mark.parametrize(
    "when",
    [
        TIMES,
        Count(link_id=LinkId("times"), cmp=">", value=LIMIT),
        Elapsed(link_id=LinkId("last"), unit="weeks", cmp="<", value=LIMIT),
    ],
    ids=["compare", "count", "elapsed"],
)
def test_an_unset_threshold_is_named_and_never_changes_the_disposition(when: Expr) -> None:
    answered = facts({**KNEE, "times": 9, "last": day("2024-06-30")})
    for found in (answered, facts(KNEE)):
        disposition, finding = screened(when, found)
        assert disposition == "possible_candidate"
        assert (finding.state, finding.missing, finding.missing_settings) == (
            "not_evaluable",
            (),
            ("cortisone.max",),
        )


def test_an_unset_threshold_hides_no_open_question_beside_it() -> None:
    disposition, finding = screened(AllOf(of=(TIMES, has_code("rf"))), facts({**KNEE, "times": 3}))
    assert (disposition, finding.missing, finding.missing_settings) == (
        "needs_review",
        ("rf",),
        ("cortisone.max",),
    )


def test_an_unset_threshold_hides_no_danger_beside_it() -> None:
    _, finding = screened(AnyOf(of=(TIMES, has_code("rf"))), facts({"rf": code("yes")}))
    assert (finding.state, finding.link_ids, finding.missing_settings) == ("fired", ("rf",), ())


def test_a_question_not_asked_needs_no_threshold() -> None:
    assert screened(TIMES, facts(KNEE, not_asked=("times",)))[1].state == "not_fired"


def test_the_sentence_for_the_clinician_shows_the_value_in_force() -> None:
    assert screened(TIMES, facts({"times": 9}), default=2)[1].text == "More than 2."
    assert screened(TIMES, facts({"times": 9}), clinic=4)[1].text == "More than 4."
    assert screened(TIMES, facts({"times": 9}))[1].text == "More than (not set)."


def test_a_text_setting_compares_with_a_text() -> None:
    when = Compare(link_id=LinkId("side"), cmp="=", value=SettingRef(setting="side"))
    declared = Setting(type="string", default="left", source=("CMC",), description="A side.")
    rules = rule_set(rule(when), settings={"side": declared})
    assert evaluate(rules, facts({"side": "left"}), as_of=TODAY, settings={}).findings[0].state == "fired"
