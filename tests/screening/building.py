"""Short ways to write facts, rules and rule sets in tests."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import cast

from portico.ids import Canonical, LinkId, RuleId
from portico.screening.expressions import AnyRow, Expr, HasCode, IsTrue
from portico.screening.facts import Code, Facts, PartialDate, Value
from portico.screening.model import Effect, Level, Rule, RuleSet, Setting, Severity

TODAY = date(2024, 7, 1)
NO_DAY = cast("date", None)
YES_OR_UNSURE = ("yes", "unsure")


def code(value: str) -> Code:
    return Code(system="urn:portico:answer", code=value)


def day(text: str) -> PartialDate:
    """A partial date from `2024`, `2024-02` or `2024-02-29`."""
    year, month, day_of_month = [*map(int, text.split("-")), None, None][:3]
    assert year is not None
    return PartialDate(year=year, month=month, day=day_of_month)


def facts(
    values: Mapping[str, Value | tuple[Value, ...]] | None = None,
    *,
    rows: Mapping[str, tuple[Facts, ...]] | None = None,
    not_asked: tuple[str, ...] = (),
) -> Facts:
    return Facts(
        values={LinkId(key): value if isinstance(value, tuple) else (value,) for key, value in (values or {}).items()},
        rows={LinkId(key): found for key, found in (rows or {}).items()},
        not_asked=frozenset(map(LinkId, not_asked)),
    )


def is_true(link_id: str) -> IsTrue:
    return IsTrue(link_id=LinkId(link_id))


def has_code(link_id: str, *codes: str) -> HasCode:
    return HasCode(link_id=LinkId(link_id), codes=codes or YES_OR_UNSURE)


def any_row(group: str, when: Expr) -> AnyRow:
    return AnyRow(group=LinkId(group), when=when)


def rule(
    when: Expr,
    effect: Effect = "review_with_flags",
    rule_id: str = "PS05",
    *,
    severity: Severity = "medium",
    text: str = "Something to look at.",
    draft_level: Level | None = None,
    guidance: str | None = None,
) -> Rule:
    return Rule(
        id=RuleId(rule_id),
        effect=effect,
        severity=severity,
        when=when,
        text=text,
        source=("CMC",),
        rationale="For the test.",
        confirm=True,
        draft_level=draft_level,
        guidance=guidance,
    )


def setting(default: int | None = None) -> Setting:
    return Setting(type="integer", default=default, source=("S29",), description="A threshold.")


def rule_set(*rules: Rule, settings: Mapping[str, Setting] | None = None) -> RuleSet:
    return RuleSet(
        slug="prolotherapy-intake",
        version="1.0.0",
        questionnaire=Canonical("urn:portico:questionnaire:prolotherapy-intake|1.0.0"),
        engine="1.0",
        rules=rules,
        settings=dict(settings or {}),
    )


POSSIBLE = rule(has_code("reg.1", "knee"), "possible_candidate", "PS03", severity="info")
KNEE: Mapping[str, Value] = {"reg.1": code("knee")}
HALF = Decimal("0.5")
