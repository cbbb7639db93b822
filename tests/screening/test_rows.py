"""Rules over the occurrences of repeating groups."""

import pytest

from portico.ids import LinkId
from portico.screening.evaluation import evaluate
from portico.screening.expressions import AllOf, Compare, Expr, Not
from portico.screening.facts import Facts
from portico.screening.model import Finding
from portico.screening.scope import RowRef

from .building import TODAY, any_row, code, facts, has_code, rule, rule_set

TOO_MANY = any_row("cort", Compare(link_id=LinkId("times"), cmp=">", value=2))


def finding(when: Expr, found: Facts) -> Finding:
    return evaluate(rule_set(rule(when)), found, as_of=TODAY, settings={}).findings[0]


def rows(*times: int | None) -> Facts:
    return facts(rows={"cort": tuple(facts({} if count is None else {"times": count}) for count in times)})


@pytest.mark.parametrize(
    ("times", "state"),
    [
        ((3,), "fired"),
        ((1, 2), "not_fired"),
        ((1, None), "not_evaluable"),
        ((None, 3), "fired"),
        ((), "not_evaluable"),
    ],
)
def test_one_row_is_enough_and_an_open_row_is_unknown(times: tuple[int | None, ...], state: str) -> None:
    assert finding(TOO_MANY, rows(*times)).state == state


def test_a_finding_names_the_rows_and_items_that_made_it_fire() -> None:
    found = finding(TOO_MANY, rows(1, 3, None, 5))
    assert found.link_ids == ("times",)
    assert found.rows == (RowRef(group=LinkId("cort"), index=1), RowRef(group=LinkId("cort"), index=3))


def test_an_open_row_names_its_item_and_an_absent_row_its_group() -> None:
    assert finding(TOO_MANY, rows(1, None)).missing == ("times",)
    assert finding(TOO_MANY, rows()).missing == ("cort",)


def test_a_row_reads_its_own_answer_first_and_then_outwards() -> None:
    when = any_row("g", AllOf(of=(has_code("side", "left"), has_code("plan", "yes"))))
    left, right = facts({"side": code("left")}), facts({"side": code("right")})
    outer = facts({"plan": code("yes"), "side": code("left")}, rows={"g": (right,)})
    assert finding(when, outer).state == "not_fired"
    assert finding(when, facts({"plan": code("yes")}, rows={"g": (right, left)})).state == "fired"


def test_rows_nest() -> None:
    when = any_row("g", any_row("h", AllOf(of=(has_code("inner"), has_code("outer")))))
    inner = (facts({"inner": code("yes")}),)
    fires = facts(rows={"g": (facts({"outer": code("no")}), facts({"outer": code("yes")}, rows={"h": inner}))})
    assert finding(when, fires).rows == (
        RowRef(group=LinkId("g"), index=1),
        RowRef(group=LinkId("h"), index=0),
    )


def test_a_question_not_asked_in_one_row_is_false_there_only() -> None:
    both = facts(rows={"cort": (facts(not_asked=("times",)), facts({"times": 3}))})
    assert finding(TOO_MANY, both).rows == (RowRef(group=LinkId("cort"), index=1),)


def test_no_row_at_all_is_said_with_not() -> None:
    assert finding(Not(of=TOO_MANY), rows(1, 2)).state == "fired"
    assert finding(Not(of=TOO_MANY), rows(1, None)).state == "not_evaluable"
