"""Mistakes in a rule set that are found before a patient meets them."""

from decimal import Decimal

import msgspec
import pytest

from portico.errors import Invalid
from portico.ids import Canonical, LinkId, RuleId
from portico.screening.checking import check_rule_set
from portico.screening.elapsed_time import Comparison
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
    Operand,
    SettingRef,
)
from portico.screening.item_kinds import ItemKind
from portico.screening.model import Effect, RuleSet, Severity

from .building import any_row, has_code, is_true, rule, rule_set, setting

ANSWER = frozenset({"yes", "no", "unsure"})
IN_ROW = (LinkId("g"),)
KNOWN = {
    LinkId(name): kind
    for name, kind in {
        "rf": ItemKind(type="choice", codes=ANSWER),
        "reg": ItemKind(type="choice", codes=frozenset({"knee", "hip", "neck"}), repeats=True),
        "nrs": ItemKind(type="integer", minimum=Decimal(0), maximum=Decimal(10)),
        "a1c": ItemKind(type="decimal"),
        "born": ItemKind(type="date"),
        "ack": ItemKind(type="boolean"),
        "words": ItemKind(type="text"),
        "files": ItemKind(type="attachment", repeats=True),
        "plain": ItemKind(type="group"),
        "g": ItemKind(type="group", repeats=True),
        "g.side": ItemKind(type="choice", codes=frozenset({"left", "right"}), groups=IN_ROW),
        "g.times": ItemKind(type="integer", groups=IN_ROW),
    }.items()
}
SETTINGS = {"limit": setting(), "limit.set": setting(2)}


def compare(link_id: str, cmp: Comparison, value: Operand) -> Compare:
    return Compare(link_id=LinkId(link_id), cmp=cmp, value=value)


def count(link_id: str, cmp: Comparison, value: int) -> Count:
    return Count(link_id=LinkId(link_id), cmp=cmp, value=value)


def years(cmp: Comparison, value: int) -> Elapsed:
    return Elapsed(link_id=LinkId("born"), unit="years", cmp=cmp, value=value)


def faults(when: Expr) -> list[tuple[str, str]]:
    found = check_rule_set(rule_set(rule(when), settings=SETTINGS), KNOWN)
    return [(fault.code, fault.path) for fault in found]


GOOD: list[Expr] = [
    has_code("rf"),
    Not(of=has_code("reg", "knee")),
    AllOf(of=(has_code("reg", "knee"), has_code("reg", "hip"), Not(of=has_code("reg", "neck")))),
    AllOf(of=(count("reg", ">=", 3), has_code("reg", "knee"))),
    AllOf(of=(compare("nrs", ">=", 7), compare("nrs", "<", 8))),
    AllOf(of=(compare("a1c", ">", 7), compare("a1c", "<", 7.1))),
    compare("a1c", ">", SettingRef(setting="limit")),
    AllOf(of=(years(">=", 18), years("<", 19))),
    AllOf(of=(years("<", 1), Elapsed(link_id=LinkId("born"), unit="days", cmp=">", value=363))),
    Elapsed(link_id=LinkId("born"), unit="months", cmp="=", value=6),
    compare("words", "=", "none"),
    Answered(link_id=LinkId("files")),
    count("files", ">", 1),
    count("g", ">=", 2),
    any_row("g", AllOf(of=(has_code("g.side", "left"), compare("g.times", ">", 2), has_code("rf")))),
    Not(of=any_row("g", has_code("g.side", "left"))),
    compare("meta.days_until_consult", "<", 2),
    EngineError(),
    any_row("g", Exceeds(link_id=LinkId("g.times"), other=LinkId("nrs"))),
    AllOf(of=(Exceeds(link_id=LinkId("nrs"), other=LinkId("a1c")), compare("nrs", ">=", 7))),
    Not(of=AllOf(of=(compare("nrs", ">=", 7), Answered(link_id=LinkId("nrs"))))),
    AnyOf(of=tuple(has_code("rf") for _ in range(60))),
]


@pytest.mark.parametrize("when", GOOD, ids=range(len(GOOD)))
def test_a_sound_condition_has_no_fault(when: Expr) -> None:
    assert faults(when) == []


WHEN = "$.rules[0].when"
BAD: list[tuple[Expr, str, str]] = [
    (is_true("nowhere"), "unknown-link-id", WHEN),
    (compare("meta.weather", "<", 2), "unknown-link-id", WHEN),
    (any_row("nowhere", is_true("ack")), "unknown-link-id", WHEN),
    (has_code("rf", "yess"), "unknown-code", WHEN),
    (has_code("ack", "yes"), "type-mismatch", WHEN),
    (is_true("rf"), "type-mismatch", WHEN),
    (compare("rf", "=", "yes"), "type-mismatch", WHEN),
    (compare("nrs", "=", "seven"), "type-mismatch", WHEN),
    (compare("words", "<", "b"), "type-mismatch", WHEN),
    (compare("words", "=", 3), "type-mismatch", WHEN),
    (compare("words", "=", SettingRef(setting="limit")), "type-mismatch", WHEN),
    (Elapsed(link_id=LinkId("nrs"), unit="days", cmp="<", value=1), "type-mismatch", WHEN),
    (count("nrs", ">", 1), "type-mismatch", WHEN),
    (Exceeds(link_id=LinkId("nrs"), other=LinkId("words")), "type-mismatch", WHEN),
    (Exceeds(link_id=LinkId("nowhere"), other=LinkId("nrs")), "unknown-link-id", WHEN),
    (Exceeds(link_id=LinkId("g.times"), other=LinkId("nrs")), "outside-row", WHEN),
    (Exceeds(link_id=LinkId("nrs"), other=LinkId("nrs")), "never-fires", WHEN),
    (Answered(link_id=LinkId("plain")), "type-mismatch", WHEN),
    (any_row("plain", is_true("ack")), "not-a-repeating-group", WHEN),
    (any_row("rf", is_true("ack")), "not-a-repeating-group", WHEN),
    (has_code("g.side", "left"), "outside-row", WHEN),
    (compare("nrs", ">", SettingRef(setting="nowhere")), "unknown-setting", WHEN),
    (AllOf(of=()), "empty", WHEN),
    (AnyOf(of=(has_code("rf"), Not(of=AnyOf(of=())))), "empty", f"{WHEN}.of[1].of"),
    (AnyOf(of=(has_code("rf"), EngineError())), "engine-error-inside", f"{WHEN}.of[1]"),
    (compare("nrs", ">", 10), "never-fires", WHEN),
    (count("reg", "<", 1), "never-fires", WHEN),
    (AllOf(of=(has_code("rf", "yes"), has_code("rf", "no"))), "never-fires", WHEN),
    (AllOf(of=(has_code("rf"), Not(of=has_code("rf", "yes", "unsure")))), "never-fires", WHEN),
    (AllOf(of=(compare("nrs", ">", 3), compare("nrs", "<", 4))), "never-fires", WHEN),
    (AllOf(of=(years("<", 18), years(">=", 50))), "never-fires", WHEN),
    (any_row("g", compare("g.times", "=", 1.5)), "never-fires", WHEN),
    (AnyOf(of=(has_code("rf"), compare("nrs", "<", 0))), "dead-part", f"{WHEN}.of[1]"),
    (
        AnyOf(of=(Answered(link_id=LinkId("rf")), Not(of=Answered(link_id=LinkId("rf"))))),
        "always-fires",
        WHEN,
    ),
]


@pytest.mark.parametrize(("when", "code", "path"), BAD, ids=[f"{n}-{code}" for n, (_, code, _) in enumerate(BAD)])
def test_a_mistake_in_a_condition_is_named_with_its_place(when: Expr, code: str, path: str) -> None:
    assert faults(when) == [(code, path)]


def changed(**changes: object) -> RuleSet:
    return msgspec.structs.replace(rule_set(rule(has_code("rf")), settings=SETTINGS), **changes)


def of_rule(**changes: object) -> RuleSet:
    return changed(rules=(msgspec.structs.replace(rule(has_code("rf")), **changes),))


def of_setting(**changes: object) -> RuleSet:
    return changed(settings={"limit": msgspec.structs.replace(setting(), **changes)})


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (changed(engine="0.9"), "engine-version"),
        (changed(questionnaire=Canonical("urn:portico:questionnaire:prolotherapy-intake")), "unversioned"),
        (changed(rules=()), "no-rules"),
        (changed(rules=(rule(has_code("rf")), rule(has_code("rf")))), "duplicate-id"),
        (of_rule(id=RuleId("rule 5")), "rule-id"),
        (of_rule(source=()), "missing-source"),
        (of_rule(source=(" ",)), "missing-source"),
        (of_rule(text=" "), "missing-text"),
        (of_rule(rationale=""), "missing-text"),
        (of_rule(effect="reject"), "unknown-effect"),
        (of_rule(severity="huge"), "unknown-severity"),
        (of_rule(draft_level="E"), "draft-level"),
        (of_rule(draft_level="E", effect="call_before_booking"), "draft-level"),
        (of_rule(draft_level="U", effect="urgent_now"), "draft-level"),
        (of_rule(text="More than {nowhere}."), "unknown-setting"),
        (
            of_rule(draft_level="E", effect="urgent_now", when=Not(of=Answered(link_id=LinkId("rf")))),
            "fires-unanswered",
        ),
        (of_setting(source=()), "missing-source"),
        (of_setting(default="two"), "setting-type"),
        (of_setting(default=True), "setting-type"),
        (of_setting(default=1.5), "setting-type"),
        (of_setting(type="boolean", default=1), "setting-type"),
        (changed(settings={"Limit now": setting()}), "setting-key"),
    ],
)
def test_a_mistake_around_the_conditions_is_named(rules: RuleSet, code: str) -> None:
    assert [fault.code for fault in check_rule_set(rules, KNOWN)] == [code]


def test_every_mistake_is_reported_at_once_and_belongs_to_its_rule() -> None:
    rules = rule_set(rule(is_true("one"), rule_id="PS01"), rule(AllOf(of=(is_true("two"), has_code("rf", "x")))))
    found = check_rule_set(rules, KNOWN)
    assert [(fault.rule, fault.link_id, fault.path) for fault in found] == [
        ("PS01", "one", "$.rules[0].when"),
        ("PS05", "two", "$.rules[1].when.of[0]"),
        ("PS05", "rf", "$.rules[1].when.of[1]"),
    ]
    assert Invalid("The rule set cannot be published.", found).faults == found


def test_levels_and_effects_that_belong_together_are_accepted() -> None:
    effects: tuple[tuple[Effect, Severity], ...] = (
        ("urgent_now", "critical"),
        ("call_before_booking", "high"),
    )
    levelled = [
        msgspec.structs.replace(rule(has_code("rf"), effect, f"PS0{number}", severity=severity), draft_level=level)
        for number, ((effect, severity), level) in enumerate(zip(effects, ("E", "U"), strict=True), 1)
    ]
    assert check_rule_set(rule_set(*levelled), KNOWN) == ()
