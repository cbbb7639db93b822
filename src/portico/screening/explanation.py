"""Rules in plain English, for the documentation and for the clinician who signs them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

import msgspec

from portico.ids import LinkId, RuleId
from portico.screening.elapsed_time import Comparison
from portico.screening.expressions import (
    AllOf,
    Answered,
    AnyOf,
    AnyRow,
    Compare,
    Count,
    Elapsed,
    EngineError,
    Exceeds,
    Expr,
    HasCode,
    IsTrue,
    Not,
    Operand,
    SettingRef,
)
from portico.screening.model import Effect, Rule, RuleSet, Setting, Severity

_COMPARISONS: Mapping[Comparison, str] = {
    "<": "less than",
    "<=": "at most",
    "=": "exactly",
    "!=": "other than",
    ">=": "at least",
    ">": "more than",
}
_EFFECTS: Mapping[Effect, str] = {
    "urgent_now": "seek care now",
    "call_before_booking": "call before booking",
    "review_with_flags": "needs review, with this flag",
    "possible_candidate": "possible candidate, if nothing else speaks against it",
    "note": "note",
    "prompt": "prompt for the clinician",
    "advice": "advice for the patient",
    "emergency": "emergency",
    "call_now": "call now",
    "same_day": "same day",
    "routine_priority": "routine, with the offer of a visit",
    "routine": "routine, if nothing else speaks against it",
}
_LONGEST_CELL = 240


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """Short names of items and of answer codes, from the questionnaire.

    What has none is shown by its linkId or code.
    """

    items: Mapping[LinkId, str] = {}
    codes: Mapping[tuple[LinkId, str], str] = {}


class TableRow(msgspec.Struct, frozen=True, kw_only=True):
    """One rule as a clinician reads it."""

    rule: RuleId
    condition: str
    effect: str
    severity: Severity
    text: str
    source: str
    confirm: bool


NO_WORDS = Words()


def explain(rule: Rule, words: Words = NO_WORDS) -> str:
    """The rule's condition and effect as one sentence."""
    return f"{rule.id}: when {condition(rule.when, words)}, then {_EFFECTS[rule.effect]}."


def condition(expr: Expr, words: Words = NO_WORDS) -> str:
    """An expression as a clause.

    Unknown is not said here: a rule whose condition is unknown is shown as not evaluable.
    """
    match expr:
        case AllOf():
            return _joined(expr.of, "and", words)
        case AnyOf():
            return _joined(expr.of, "or", words)
        case Not():
            return _negated(expr.of, words)
        case AnyRow():
            return f"in one row of {_item(expr.group, words)}, {_nested(expr.when, words)}"
        case Exceeds():
            return f"{_item(expr.link_id, words)} is more than {_item(expr.other, words)}"
        case EngineError():
            return "another rule could not be evaluated because of an internal error"
        case _:
            return f"{_item(expr.link_id, words)} {_said_of_item(expr, words)}"


def _said_of_item(expr: HasCode | IsTrue | Compare | Answered | Count | Elapsed, words: Words) -> str:
    match expr:
        case HasCode() | IsTrue():
            return f"is {_coded(expr, words)}"
        case Compare():
            return f"is {_COMPARISONS[expr.cmp]} {_operand(expr.value)}"
        case Answered():
            return "has an answer"
        case Count():
            return f"has {_COMPARISONS[expr.cmp]} {_operand(expr.value)} entries"
        case Elapsed():
            value = f"{_COMPARISONS[expr.cmp]} {_operand(expr.value)} completed {expr.unit}"
            return f"lies {value} before the day of submission"
        case _:
            assert_never(expr)


def decision_table(rule_set: RuleSet, words: Words = NO_WORDS) -> tuple[TableRow, ...]:
    """The rules in the order of the file."""
    return tuple(
        TableRow(
            rule=rule.id,
            condition=condition(rule.when, words),
            effect=_EFFECTS[rule.effect],
            severity=rule.severity,
            text=rule.text,
            source=", ".join(rule.source),
            confirm=rule.confirm,
        )
        for rule in rule_set.rules
    )


def decision_table_markdown(rule_set: RuleSet, words: Words = NO_WORDS) -> str:
    """The table, the settings it depends on, and the long conditions as lists; ends with a newline."""
    return "\n".join([*_table_lines(rule_set, words), *_setting_lines(rule_set), *_long_lines(rule_set, words), ""])


def _joined(parts: Sequence[Expr], word: str, words: Words) -> str:
    return f" {word} ".join(_nested(part, words) for part in parts) or "(nothing)"


def _nested(expr: Expr, words: Words) -> str:
    text = condition(expr, words)
    return f"({text})" if isinstance(expr, AllOf | AnyOf | AnyRow) else text


def _negated(expr: Expr, words: Words) -> str:
    match expr:
        case Answered():
            return f"{_item(expr.link_id, words)} has no answer"
        case HasCode() | IsTrue():
            return f"{_item(expr.link_id, words)} is not {_coded(expr, words)}"
        case _:
            return f"it is not so that {_nested(expr, words)}"


def _item(link_id: LinkId, words: Words) -> str:
    name = words.items.get(link_id)
    return f"“{name}” (`{link_id}`)" if name else f"`{link_id}`"


def _coded(expr: HasCode | IsTrue, words: Words) -> str:
    if isinstance(expr, IsTrue):
        return "yes"
    return " or ".join(words.codes.get((expr.link_id, code), code) for code in expr.codes)


def _operand(value: Operand) -> str:
    return f"{{{value.setting}}}" if isinstance(value, SettingRef) else str(value)


def _table_lines(rule_set: RuleSet, words: Words) -> Iterator[str]:
    yield "| rule | when | then | severity | the clinician reads | source | confirm |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for row in decision_table(rule_set, words):
        when = row.condition if len(row.condition) <= _LONGEST_CELL else "see the list below"
        confirm = "yes" if row.confirm else "no"
        cells = [row.rule, when, row.effect, row.severity, row.text, row.source, confirm]
        yield f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _setting_lines(rule_set: RuleSet) -> Iterator[str]:
    if not rule_set.settings:
        return
    yield from (
        "",
        "| setting | value unless the clinic sets it | meaning | source |",
        "| --- | --- | --- | --- |",
    )
    for key, setting in rule_set.settings.items():
        cells = [f"`{key}`", _default(setting), setting.description, ", ".join(setting.source)]
        yield f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _default(setting: Setting) -> str:
    return "not set" if setting.default is None else f"{setting.default} {setting.unit or ''}".rstrip()


def _long_lines(rule_set: RuleSet, words: Words) -> Iterator[str]:
    for rule in rule_set.rules:
        if len(condition(rule.when, words)) <= _LONGEST_CELL:
            continue
        yield from ("", f"**{rule.id}** counts when:", "")
        yield from _listed(rule.when, words, depth=0)


def _listed(expr: Expr, words: Words, *, depth: int) -> Iterator[str]:
    indent = "  " * depth
    match expr:
        case AllOf() | AnyOf() if len(condition(expr, words)) > _LONGEST_CELL // 2:
            yield f"{indent}- {'all of these hold' if isinstance(expr, AllOf) else 'one of these holds'}:"
            for part in expr.of:
                yield from _listed(part, words, depth=depth + 1)
        case AnyRow() if len(condition(expr.when, words)) > _LONGEST_CELL // 2:
            yield f"{indent}- in one row of {_item(expr.group, words)}:"
            yield from _listed(expr.when, words, depth=depth + 1)
        case _:
            yield f"{indent}- {condition(expr, words)}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
