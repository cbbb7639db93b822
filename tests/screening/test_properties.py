"""What holds for every rule set and every set of answers."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import product
from random import Random

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portico.ids import LinkId, RuleId
from portico.screening.elapsed_time import COMPARISONS
from portico.screening.evaluation import evaluate, screen_draft
from portico.screening.explanation import explain
from portico.screening.expressions import (
    AllOf,
    Answered,
    AnyOf,
    AnyRow,
    Compare,
    Count,
    Elapsed,
    EngineError,
    Expr,
    HasCode,
    IsTrue,
    Not,
    SettingRef,
    Threshold,
)
from portico.screening.facts import Code, Facts, PartialDate, Value
from portico.screening.model import DISPOSITIONS, RAISES, Finding, Rule, Screening

from .building import POSSIBLE, TODAY, code, rule, rule_set, setting

ITEMS = [LinkId(name) for name in ("a", "b", "c", "d", "e", "meta.x")]
FLAGS = [LinkId(f"rf.{number}") for number in range(6)]
GROUPS = [LinkId("g"), LinkId("h")]
SETTINGS = {"set": setting(2), "unset": setting()}
CODES = ["yes", "no", "unsure", "knee"]

steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
link_ids = st.sampled_from(ITEMS)
comparisons = st.sampled_from(list(COMPARISONS))
thresholds: st.SearchStrategy[Threshold] = st.one_of(
    st.integers(-3, 20),
    st.floats(-3, 20),
    st.sampled_from([SettingRef(setting="set"), SettingRef(setting="unset"), SettingRef(setting="undeclared")]),
)
values: st.SearchStrategy[Value] = st.one_of(
    st.booleans(),
    st.integers(-3, 20),
    st.decimals(-3, 20, allow_nan=False),
    st.text(max_size=3),
    st.builds(Code, system=st.just("s"), code=st.sampled_from(CODES)),
    st.builds(
        PartialDate,
        year=st.integers(1, 9999),
        month=st.none() | st.integers(0, 13),
        day=st.none() | st.integers(0, 32),
    ),
)
answers = st.dictionaries(link_ids, st.lists(values, max_size=3).map(tuple))
atoms: st.SearchStrategy[Expr] = st.one_of(
    st.builds(HasCode, link_id=link_ids, codes=st.lists(st.sampled_from(CODES)).map(tuple)),
    st.builds(IsTrue, link_id=link_ids),
    st.builds(Compare, link_id=link_ids, cmp=comparisons, value=thresholds | st.text(max_size=3)),
    st.builds(Answered, link_id=link_ids),
    st.builds(Count, link_id=st.sampled_from(ITEMS + GROUPS), cmp=comparisons, value=thresholds),
    st.builds(
        Elapsed,
        link_id=link_ids,
        unit=st.sampled_from(["days", "weeks", "months", "years"]),
        cmp=comparisons,
        value=thresholds,
    ),
)


def compound(parts: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(parts, max_size=3).map(tuple)
    return st.one_of(
        st.builds(AllOf, of=several),
        st.builds(AnyOf, of=several),
        st.builds(Not, of=parts),
        st.builds(AnyRow, group=st.sampled_from(GROUPS), when=parts),
    )


def nested(inner: st.SearchStrategy[Facts]) -> st.SearchStrategy[Facts]:
    rows = st.dictionaries(st.sampled_from(GROUPS), st.lists(inner, max_size=2).map(tuple))
    return st.builds(
        Facts, values=answers, rows=rows, not_asked=st.frozensets(st.sampled_from(ITEMS + GROUPS), max_size=2)
    )


expressions = st.recursive(atoms | st.just(EngineError()), compound, max_leaves=8)
all_facts = st.recursive(st.builds(Facts, values=answers), nested, max_leaves=4)
all_rules = st.lists(
    st.builds(rule, expressions, st.sampled_from([*RAISES, "note", "possible_candidate"])), max_size=5
).map(lambda found: [msgspec.structs.replace(each, id=RuleId(f"PS{number:02}")) for number, each in enumerate(found)])


def screen(rules: Sequence[Rule], found: Facts) -> Screening:
    return evaluate(rule_set(*rules, settings=SETTINGS), found, as_of=TODAY, settings={})


def by_rule(found: Sequence[Finding]) -> dict[RuleId, object]:
    return {finding.rule: (finding, finding.link_ids) for finding in found}


@steady
@given(all_rules, all_facts)
def test_no_rule_and_no_answer_makes_the_engine_raise(rules: list[Rule], found: Facts) -> None:
    result = screen(rules, found)
    assert len(result.findings) == len(rules)
    assert msgspec.json.decode(msgspec.json.encode(result), type=Screening) == result
    screen_draft(rule_set(*rules, settings=SETTINGS), found, as_of=TODAY, settings={})
    assert all(explain(each) for each in rules)


@steady
@given(all_rules, all_facts, st.randoms(use_true_random=False))
def test_the_order_of_rules_changes_only_the_order_of_findings(rules: list[Rule], found: Facts, random: Random) -> None:
    shuffled = list(rules)
    random.shuffle(shuffled)
    one, other = screen(rules, found), screen(shuffled, found)
    assert one.disposition == other.disposition
    assert by_rule(one.findings) == by_rule(other.findings)


@steady
@given(all_rules, all_facts)
def test_the_order_of_answers_changes_nothing(rules: list[Rule], found: Facts) -> None:
    assert screen(rules, found) == screen(rules, reversed_answers(found))


def reversed_answers(found: Facts) -> Facts:
    return Facts(
        values={key: found.values[key][::-1] for key in reversed(list(found.values))},
        rows={key: tuple(map(reversed_answers, found.rows[key])) for key in reversed(list(found.rows))},
        not_asked=found.not_asked,
    )


flag_answers = st.dictionaries(st.sampled_from(FLAGS), st.sampled_from(["yes", "no", "unsure"]))
flag_rules = st.lists(
    st.builds(
        lambda ids, effect: rule(
            AnyOf(of=tuple(HasCode(link_id=each, codes=("yes", "unsure")) for each in ids)), effect
        ),
        st.lists(st.sampled_from(FLAGS), min_size=1, max_size=4),
        st.sampled_from(list(RAISES)),
    ),
    max_size=4,
)


@steady
@given(flag_rules, all_rules, all_facts, flag_answers, st.sampled_from(FLAGS), st.sampled_from(["yes", "unsure"]))
def test_adding_a_red_flag_never_lowers_the_disposition(
    red_flags: list[Rule],
    others: list[Rule],
    found: Facts,
    flags: dict[LinkId, str],
    added: LinkId,
    answer: str,
) -> None:
    def rank(given: dict[LinkId, str]) -> int:
        coded = {link_id: (code(value),) for link_id, value in given.items()}
        answered = msgspec.structs.replace(found, values={**found.values, **coded})
        return DISPOSITIONS.index(screen([*red_flags, *others, POSSIBLE], answered).disposition)

    assert rank({**flags, added: answer}) <= rank(flags)


@steady
@given(flag_rules, flag_answers)
def test_an_open_red_flag_is_never_read_as_no(red_flags: list[Rule], flags: dict[LinkId, str]) -> None:
    answered = Facts(values={LinkId("reg.1"): (code("knee"),), **{key: (code(value),) for key, value in flags.items()}})
    result = screen([*red_flags, POSSIBLE], answered)
    asked = {each.link_id for one in red_flags for each in parts_of(one)}
    if asked - flags.keys():
        assert result.disposition != "possible_candidate"
    for finding in result.findings:
        assert (finding.state == "not_evaluable") is bool(finding.missing)
        assert set(finding.missing).isdisjoint(flags)


def parts_of(red_flag: Rule) -> list[HasCode]:
    assert isinstance(red_flag.when, AnyOf)
    return [part for part in red_flag.when.of if isinstance(part, HasCode)]


booleans = st.dictionaries(st.sampled_from(ITEMS[:5]), st.booleans())
read_once = st.permutations(ITEMS[:5]).map(lambda order: [IsTrue(link_id=link_id) for link_id in order])


@steady
@given(read_once, st.lists(st.booleans(), min_size=9, max_size=9), booleans)
def test_missing_is_exactly_what_could_still_change_the_result(
    leaves: list[Expr], shape: list[bool], given: dict[LinkId, bool]
) -> None:
    """For conditions that ask each question once, where Kleene's logic is exact."""
    when = folded(leaves, shape)
    open_items = [link_id for link_id in ITEMS[:5] if link_id not in given]
    completed = {
        values: screen([rule(when)], answered({**given, **dict(zip(open_items, values, strict=True))}))
        .findings[0]
        .state
        for values in product((True, False), repeat=len(open_items))
    }
    matters = {
        link_id
        for place, link_id in enumerate(open_items)
        for values, state in completed.items()
        if state != completed[(*values[:place], not values[place], *values[place + 1 :])]
    }
    assert set(screen([rule(when)], answered(given)).findings[0].missing) == matters


def folded(leaves: list[Expr], shape: list[bool]) -> Expr:
    result = leaves[0]
    for number, leaf in enumerate(leaves[1:]):
        part = Not(of=leaf) if shape[number + 4] else leaf
        result = AllOf(of=(result, part)) if shape[number] else AnyOf(of=(result, part))
    return result


def answered(given: dict[LinkId, bool]) -> Facts:
    return Facts(values={key: (value,) for key, value in given.items()})


@steady
@given(st.decimals(-100, 100, places=3), st.integers(-1000, 1000))
def test_a_decimal_in_a_rule_equals_the_same_decimal_in_an_answer(number: Decimal, other: int) -> None:
    when = Compare(link_id=ITEMS[0], cmp="=", value=float(number))
    found = Facts(values={ITEMS[0]: (number,)})
    assert screen([rule(when)], found).findings[0].state == "fired"
    assert screen([rule(when)], Facts(values={ITEMS[0]: (number + other,)})).findings[0].state == (
        "fired" if other == 0 else "not_fired"
    )
