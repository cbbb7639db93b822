"""Rules in plain English, and the table that a clinician signs."""

import pytest

from portico.ids import LinkId
from portico.screening.explanation import Words, condition, decision_table, decision_table_markdown, explain
from portico.screening.expressions import (
    AllOf,
    Answered,
    AnyOf,
    Compare,
    Count,
    Elapsed,
    EngineError,
    Exceeds,
    Expr,
    Not,
    SettingRef,
)

from .building import any_row, has_code, is_true, rule, rule_set, setting

X = LinkId("x")


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (has_code("x"), "`x` is yes or unsure"),
        (is_true("x"), "`x` is yes"),
        (Not(of=has_code("x")), "`x` is not yes or unsure"),
        (Not(of=Answered(link_id=X)), "`x` has no answer"),
        (Not(of=AllOf(of=(is_true("x"), is_true("y")))), "it is not so that (`x` is yes and `y` is yes)"),
        (Compare(link_id=X, cmp=">=", value=7), "`x` is at least 7"),
        (
            Compare(link_id=X, cmp=">", value=SettingRef(setting="cortisone.max")),
            "`x` is more than {cortisone.max}",
        ),
        (Exceeds(link_id=X, other=LinkId("y")), "`x` is more than `y`"),
        (Count(link_id=X, cmp="=", value=2), "`x` has exactly 2 entries"),
        (
            Elapsed(link_id=X, unit="years", cmp="<", value=18),
            "`x` lies less than 18 completed years before the day of submission",
        ),
        (any_row("g", is_true("x")), "in one row of `g`, `x` is yes"),
        (
            AnyOf(of=(is_true("a"), AllOf(of=(is_true("b"), is_true("c"))))),
            "`a` is yes or (`b` is yes and `c` is yes)",
        ),
        (EngineError(), "another rule could not be evaluated because of an internal error"),
        (AllOf(of=()), "(nothing)"),
    ],
)
def test_a_condition_reads_as_english(when: Expr, words: str) -> None:
    assert condition(when) == words


def test_the_questionnaires_own_words_are_used_where_known() -> None:
    words = Words(items={X: "Fever"}, codes={(X, "unsure"): "not sure"})
    assert explain(rule(has_code("x"), "urgent_now", "PS01"), words) == (
        "PS01: when “Fever” (`x`) is yes or not sure, then seek care now."
    )


def test_the_table_keeps_the_order_and_the_sources() -> None:
    table = decision_table(rule_set(rule(is_true("b"), rule_id="PS02"), rule(is_true("a"), rule_id="PS01")))
    assert [(row.rule, row.condition, row.source) for row in table] == [
        ("PS02", "`b` is yes", "CMC"),
        ("PS01", "`a` is yes", "CMC"),
    ]


def test_the_markdown_lists_long_conditions_and_every_setting() -> None:
    long = AnyOf(of=(*(has_code(f"rf.{number}") for number in range(30)), any_row("g", AnyOf(of=(is_true("x"),) * 20))))
    rules = rule_set(
        rule(long, "urgent_now", "PS01"),
        rule(is_true("x"), text="One | other."),
        settings={"cortisone.max": setting(2), "recent.weeks": setting()},
    )
    lines = decision_table_markdown(rules).splitlines()
    assert lines[2].startswith("| PS01 | see the list below | seek care now | medium |")
    assert lines[3] == "| PS05 | `x` is yes | needs review, with this flag | medium | One \\| other. | CMC | yes |"
    assert "| `cortisone.max` | 2 | A threshold. | S29 |" in lines
    assert "| `recent.weeks` | not set | A threshold. | S29 |" in lines
    assert "**PS01** counts when:" in lines
    assert "  - `rf.29` is yes or unsure" in lines
    assert "  - in one row of `g`:" in lines


def test_every_long_condition_is_printed_in_full() -> None:
    long = AnyOf(of=tuple(AllOf(of=(has_code(f"a.{number}"), Not(of=is_true(f"b.{number}")))) for number in range(40)))
    text = decision_table_markdown(rule_set(rule(long)))
    assert all(f"`{letter}.{number}`" in text for letter in "ab" for number in range(40))
