"""Kleene's tables, and what each atom makes of an answer, of none, and of a question that was not asked."""

from decimal import Decimal
from itertools import product

import pytest

from portico.ids import LinkId
from portico.screening.expressions import AllOf, Answered, AnyOf, Compare, Count, Elapsed, Exceeds, Expr, Not, attempt
from portico.screening.facts import Facts
from portico.screening.scope import Scope, Truth

from .building import TODAY, any_row, code, day, facts, has_code, is_true

TRUTHS: tuple[Truth, ...] = (True, None, False)
X = LinkId("x")


def truth_of(expr: Expr, found: Facts) -> Truth:
    scope = Scope(found, TODAY, {})
    truth = attempt(expr, scope)
    assert scope.errors == []
    return truth


def answers(**truths: Truth) -> Facts:
    return facts({name: truth for name, truth in truths.items() if truth is not None})


@pytest.mark.parametrize(("left", "right"), list(product(TRUTHS, TRUTHS)))
def test_all_is_the_least_and_any_the_greatest_of_its_parts(left: Truth, right: Truth) -> None:
    found, parts = answers(a=left, b=right), (is_true("a"), is_true("b"))
    order = [False, None, True]
    both = [order.index(left), order.index(right)]
    assert truth_of(AllOf(of=parts), found) is order[min(both)]
    assert truth_of(AnyOf(of=parts), found) is order[max(both)]


@pytest.mark.parametrize(("truth", "opposite"), [(True, False), (None, None), (False, True)])
def test_not_keeps_unknown_unknown(truth: Truth, opposite: Truth) -> None:
    assert truth_of(Not(of=is_true("a")), answers(a=truth)) is opposite


@pytest.mark.parametrize(("left", "right"), list(product(TRUTHS, TRUTHS)))
def test_de_morgan_holds_with_unknown_parts(left: Truth, right: Truth) -> None:
    found, a, b = answers(a=left, b=right), is_true("a"), is_true("b")
    assert truth_of(Not(of=AllOf(of=(a, b))), found) is truth_of(AnyOf(of=(Not(of=a), Not(of=b))), found)


def test_all_of_nothing_is_true_and_any_of_nothing_is_false() -> None:
    assert truth_of(AllOf(of=()), facts()) is True
    assert truth_of(AnyOf(of=()), facts()) is False


ATOMS: list[Expr] = [
    has_code("x", "yes"),
    is_true("x"),
    Compare(link_id=X, cmp="!=", value=1),
    Count(link_id=X, cmp=">=", value=1),
    any_row("x", is_true("y")),
]


@pytest.mark.parametrize("atom", ATOMS, ids=lambda atom: type(atom).__name__)
def test_an_open_question_is_unknown_and_one_not_asked_is_false(atom: Expr) -> None:
    assert truth_of(atom, facts()) is None
    assert truth_of(atom, facts({"x": ()}, rows={"x": ()})) is None
    assert truth_of(atom, facts(not_asked=("x",))) is False
    assert truth_of(Not(of=atom), facts(not_asked=("x",))) is True


def test_an_answer_left_under_a_disabled_question_is_not_read() -> None:
    assert truth_of(has_code("x"), facts({"x": code("yes")}, not_asked=("x",))) is False


def test_answered_is_never_unknown() -> None:
    assert truth_of(Answered(link_id=X), facts()) is False
    assert truth_of(Answered(link_id=X), facts({"x": "words"})) is True


def test_what_the_program_supplies_is_never_missing() -> None:
    soon = Compare(link_id=LinkId("meta.days_until_consult"), cmp="<", value=2)
    assert truth_of(soon, facts()) is False
    assert truth_of(soon, facts({"meta.days_until_consult": 1})) is True
    assert truth_of(any_row("g", soon), facts(rows={"g": (facts(),)})) is False


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("yes",), True),
        (("unsure",), True),
        (("no",), False),
        (("no", "unsure"), True),
        (("prefer_not",), False),
    ],
)
def test_one_coded_answer_among_the_codes_is_enough(given: tuple[str, ...], expected: bool) -> None:
    assert truth_of(has_code("x"), facts({"x": tuple(map(code, given))})) is expected


def test_a_text_in_an_open_choice_matches_no_code() -> None:
    assert truth_of(has_code("x"), facts({"x": "yes"})) is False


@pytest.mark.parametrize(
    ("cmp", "truths"),
    [
        ("<", [True, False, False]),
        ("<=", [True, True, False]),
        ("=", [False, True, False]),
        ("!=", [True, False, True]),
        (">=", [False, True, True]),
        (">", [False, False, True]),
    ],
)
def test_numbers_compare_exactly(cmp: str, truths: list[bool]) -> None:
    atom = Compare(link_id=X, cmp=cmp, value=7.1)  # type: ignore[arg-type]
    given = [Decimal("7.0"), Decimal("7.10"), Decimal("7.100000000000000000001")]
    assert [truth_of(atom, facts({"x": number})) for number in given] == truths


@pytest.mark.parametrize(
    ("given", "truth"),
    [
        (("2024-06", "2020"), True),
        (("2020", "2024-06"), True),
        (("2020", "2023"), None),
        (("2023", "2020"), None),
        (("2020", "2021"), False),
    ],
)
def test_one_date_among_several_is_enough(given: tuple[str, ...], truth: Truth) -> None:
    within_a_year = Elapsed(link_id=X, unit="years", cmp="<", value=1)
    assert truth_of(within_a_year, facts({"x": tuple(map(day, given))})) is truth


def test_texts_compare_for_equality() -> None:
    assert truth_of(Compare(link_id=X, cmp="=", value="left"), facts({"x": "left"})) is True
    assert truth_of(Compare(link_id=X, cmp="!=", value="left"), facts({"x": "left"})) is False


def test_count_counts_answers_and_rows() -> None:
    two = Count(link_id=X, cmp="=", value=2)
    assert truth_of(two, facts({"x": (code("a"), code("b"))})) is True
    assert truth_of(two, facts(rows={"x": (facts(), facts())})) is True
    assert truth_of(two, facts({"x": code("a")})) is False


@pytest.mark.parametrize(
    ("here", "there", "truth"), [(7, 3, True), (3, 3, False), (2, 3, False), (None, 3, None), (7, None, None)]
)
def test_an_answer_exceeds_another_only_when_both_are_known(here: int | None, there: int | None, truth: Truth) -> None:
    found = facts({name: value for name, value in (("x", here), ("y", there)) if value is not None})
    assert truth_of(Exceeds(link_id=X, other=LinkId("y")), found) is truth


@pytest.mark.parametrize("absent", ["x", "y"])
def test_nothing_exceeds_what_was_not_asked(absent: str) -> None:
    other = "y" if absent == "x" else "x"
    found = Facts(values={LinkId(other): (1,)}, not_asked=frozenset({LinkId(absent)}))
    assert truth_of(Exceeds(link_id=X, other=LinkId("y")), found) is False
