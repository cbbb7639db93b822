"""Comparing a rule set with its questionnaire: every mistake, all at once, before a patient meets it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import assert_never, get_args

import msgspec

from portico.ids import LinkId, RuleId
from portico.screening.evaluation import PLACEHOLDER, screen_draft
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
from portico.screening.facts import META_PREFIX, Facts
from portico.screening.item_kinds import ItemKind
from portico.screening.model import (
    ENGINE_VERSION,
    LEVEL_OF,
    RAISES,
    Effect,
    Level,
    ResultKind,
    Rule,
    RuleSet,
    Setting,
    SettingType,
    Severity,
)
from portico.screening.reachability import Reach

_KNOWN = frozenset({"yes", "no", "unsure"})
META_ITEMS: Mapping[ResultKind, Mapping[LinkId, ItemKind]] = {
    "disposition": {LinkId("meta.days_until_consult"): ItemKind(type="integer")},
    "level": {
        LinkId("meta.days_since_procedure"): ItemKind(type="integer", minimum=Decimal(0)),
        LinkId("meta.procedure_day"): ItemKind(type="choice", codes=frozenset({"known", "unsure"})),
        LinkId("meta.joint"): ItemKind(type="choice", codes=_KNOWN),
        LinkId("meta.hydrodissection"): ItemKind(type="choice", codes=_KNOWN),
        LinkId("meta.immune"): ItemKind(type="choice", codes=_KNOWN),
        LinkId("meta.diabetes"): ItemKind(type="choice", codes=_KNOWN),
        LinkId("meta.pain_rise"): ItemKind(type="integer", minimum=Decimal(-10), maximum=Decimal(10)),
    },
}
"""What is supplied without asking. Days to the booked consult are absent when none is booked, days since the procedure
when its day is not known, the rise of pain when no value from before is known. What nobody knows is `unsure`, never no.
"""

_CODED = frozenset({"choice", "open-choice"})
_NUMERIC = frozenset({"integer", "decimal", "quantity"})
_TEXTUAL = frozenset({"string", "text", "url"})
_DATED = frozenset({"date", "dateTime"})
_WORDLESS = frozenset({"group", "display"})
_NUMBER_SETTINGS: frozenset[SettingType] = frozenset({"integer", "decimal"})
_LEVEL_EFFECTS: Mapping[Level, frozenset[Effect]] = {
    "E": frozenset({"urgent_now", "emergency"}),
    "U": frozenset({"call_before_booking", "call_now", "same_day"}),
}
_FOREIGN: Mapping[ResultKind, frozenset[Effect]] = {
    "disposition": frozenset(LEVEL_OF),
    "level": frozenset({*RAISES, "possible_candidate"}),
}
"""The effects that belong to the other kind of result."""
_RULE_ID = re.compile(r"[A-Z]{2}\d{2}[a-z]?")
_PYTHON_TYPES: Mapping[SettingType, tuple[type, ...]] = {
    "integer": (int,),
    "decimal": (int, float),
    "boolean": (bool,),
    "string": (str,),
}


class RuleFault(msgspec.Struct, frozen=True, kw_only=True):
    """One mistake in a rule set. `path` is a JSON path into the file."""

    rule: RuleId | None = None
    link_id: LinkId = LinkId("")
    path: str
    code: str
    message: str


class _Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where the walk stands: path in the file, repeating groups that are open, and what may be named."""

    path: str
    groups: tuple[LinkId, ...] = ()
    known: Mapping[LinkId, ItemKind]
    settings: Mapping[str, Setting]

    def below(self, step: str, group: LinkId | None = None) -> "_Place":
        groups = self.groups if group is None else (*self.groups, group)
        return _Place(path=f"{self.path}.{step}", groups=groups, known=self.known, settings=self.settings)

    def fault(self, code: str, message: str, link_id: str = "") -> RuleFault:
        return RuleFault(path=self.path, code=code, message=message, link_id=LinkId(link_id))


def check_rule_set(rule_set: RuleSet, known: Mapping[LinkId, ItemKind]) -> tuple[RuleFault, ...]:
    """Every fault of a rule set against the items of its questionnaire; empty when it may be published."""
    items = {**META_ITEMS[rule_set.result], **known}
    return (
        *_set_faults(rule_set),
        *_setting_faults(rule_set),
        *(fault for index in range(len(rule_set.rules)) for fault in _rule_faults(rule_set, index, items)),
        *_draft_faults(rule_set),
    )


def _set_faults(rule_set: RuleSet) -> Iterator[RuleFault]:
    for index, rule in enumerate(rule_set.rules):
        if rule.effect in _FOREIGN[rule_set.result]:
            message = f"{rule.effect} is no effect of a rule set whose result is a {rule_set.result}."
            yield RuleFault(rule=rule.id, path=f"$.rules[{index}]", code="foreign-effect", message=message)
    if rule_set.engine != ENGINE_VERSION:
        message = f"This engine is {ENGINE_VERSION}; the rule set was written for {rule_set.engine}."
        yield RuleFault(path="$.engine", code="engine-version", message=message)
    if "|" not in rule_set.questionnaire:
        yield RuleFault(path="$.questionnaire", code="unversioned", message="Name the questionnaire as url|version.")
    if not rule_set.rules:
        yield RuleFault(path="$.rules", code="no-rules", message="A rule set needs rules.")
    for rule_id, times in Counter(rule.id for rule in rule_set.rules).items():
        if times > 1:
            message = f"{rule_id} stands {times} times; a rule id is unique."
            yield RuleFault(rule=rule_id, path="$.rules", code="duplicate-id", message=message)


def _setting_faults(rule_set: RuleSet) -> Iterator[RuleFault]:
    for key, setting in rule_set.settings.items():
        path = f"$.settings.{key}"
        if not PLACEHOLDER.fullmatch(f"{{{key}}}"):
            yield RuleFault(
                path=path, code="setting-key", message="Use lower-case letters, digits, dots and _ in a key."
            )
        if not any(source.strip() for source in setting.source):
            yield RuleFault(path=path, code="missing-source", message="Name the source of the setting.")
        default = setting.default
        fits = isinstance(default, _PYTHON_TYPES[setting.type]) and isinstance(default, bool) is (
            setting.type == "boolean"
        )
        if default is not None and not fits:
            yield RuleFault(path=path, code="setting-type", message=f"The default is not of type {setting.type}.")


def _rule_faults(rule_set: RuleSet, index: int, known: Mapping[LinkId, ItemKind]) -> Iterator[RuleFault]:
    rule = rule_set.rules[index]
    place = _Place(path=f"$.rules[{index}]", known=known, settings=rule_set.settings)
    when = place.below("when")
    found = [*_word_faults(rule, place), *_expr_faults(rule.when, when, root=True)]
    if not found:  # reach is worth asking only of a condition that makes sense
        found.extend(_reach_faults(rule, when))
    for fault in found:
        yield msgspec.structs.replace(fault, rule=rule.id)


def _reach_faults(rule: Rule, when: _Place) -> Iterator[RuleFault]:
    reach = Reach(items=when.known, settings=when.settings)
    if not reach.can_be(rule.when, wanted=False):
        yield when.fault("always-fires", "Nothing can make this condition false.")
    for step in reach.dead_parts(rule.when):
        code = "dead-part" if step else "never-fires"
        fault = when.fault(code, "No answers can make this part of the rule count.")
        yield msgspec.structs.replace(fault, path=when.path + step)


def _word_faults(rule: Rule, place: _Place) -> Iterator[RuleFault]:
    yield from _closed_set_faults(rule, place)
    if not _RULE_ID.fullmatch(rule.id):
        yield place.fault(
            "rule-id", "A rule id is two capitals and two digits, as PS01; a letter may follow, as ST09a."
        )
    if not any(source.strip() for source in rule.source):
        yield place.fault("missing-source", "Name the clinic's statement (S-number) or CMC.")
    if not rule.text.strip() or not rule.rationale.strip():
        yield place.fault("missing-text", "A rule needs a sentence for the clinician and a rationale.")
    if rule.draft_level and rule.effect not in _LEVEL_EFFECTS.get(rule.draft_level, ()):
        yield place.fault("draft-level", "Level E belongs to urgent_now and emergency, U to the calls below them.")
    if rule.effect in _LEVEL_EFFECTS["E"] and not rule.draft_level:
        yield place.fault("draft-level", "An emergency is told at once, in the draft: its level is E.")
    for key in sorted(set(PLACEHOLDER.findall(rule.text)) - place.settings.keys()):
        yield place.fault("unknown-setting", f"The text names the setting {key}, which is not declared.")


def _closed_set_faults(rule: Rule, place: _Place) -> Iterator[RuleFault]:
    if rule.effect not in get_args(Effect):
        yield place.fault("unknown-effect", f"{rule.effect} is no effect.")
    if rule.severity not in get_args(Severity):
        yield place.fault("unknown-severity", f"{rule.severity} is no severity.")


def _draft_faults(rule_set: RuleSet) -> Iterator[RuleFault]:
    danger = screen_draft(rule_set, Facts(), as_of=date(2000, 1, 1), settings={})
    for rule in danger.rules:
        message = "This rule sees danger in an empty draft; an open question is not danger yet."
        yield RuleFault(rule=rule, path="$.rules", code="fires-unanswered", message=message)


def _expr_faults(expr: Expr, place: _Place, *, root: bool = False) -> Iterator[RuleFault]:
    match expr:
        case AllOf() | AnyOf():
            if not expr.of:
                yield place.fault("empty", "all and any need at least one part.")
            for index, part in enumerate(expr.of):
                yield from _expr_faults(part, place.below(f"of[{index}]"))
        case Not():
            yield from _expr_faults(expr.of, place.below("of"))
        case AnyRow():
            yield from _row_faults(expr, place)
        case EngineError():
            if not root:
                yield place.fault("engine-error-inside", "engine_error stands alone, as a rule's whole condition.")
        case _:
            yield from _atom_faults(expr, place)


def _row_faults(expr: AnyRow, place: _Place) -> Iterator[RuleFault]:
    kind = place.known.get(expr.group)
    if kind is not None and not (kind.type == "group" and kind.repeats):
        yield place.fault("not-a-repeating-group", f"{expr.group} is no repeating group.", expr.group)
    else:
        yield from _item_faults(expr.group, place)
    yield from _expr_faults(expr.when, place.below("when", expr.group))


def _pair_faults(expr: Exceeds, place: _Place) -> Iterator[RuleFault]:
    for link_id in (expr.link_id, expr.other):
        yield from _item_faults(link_id, place)
        kind = place.known.get(link_id)
        if kind is not None and kind.type not in _NUMERIC:
            yield place.fault("type-mismatch", f"This test cannot read {link_id}, a {kind.type} item.", link_id)
    if expr.link_id == expr.other:
        yield place.fault("never-fires", "No answer is greater than itself.", expr.link_id)


def _item_faults(link_id: LinkId, place: _Place) -> Iterator[RuleFault]:
    kind = place.known.get(link_id)
    if kind is None:
        origin = "Intake supplies no" if link_id.startswith(META_PREFIX) else "The questionnaire has no"
        yield place.fault("unknown-link-id", f"{origin} item {link_id}.", link_id)
        return
    for group in kind.groups:
        if group not in place.groups:
            yield place.fault("outside-row", f"{link_id} lies in rows of {group}; ask inside any_row.", link_id)


def _atom_faults(
    expr: HasCode | IsTrue | Compare | Answered | Count | Exceeds | Elapsed, place: _Place
) -> Iterator[RuleFault]:
    if isinstance(expr, Exceeds):
        yield from _pair_faults(expr, place)
        return
    yield from _item_faults(expr.link_id, place)
    kind = place.known.get(expr.link_id)
    if kind is not None:
        yield from _type_faults(expr, kind, place)
    value = expr.value if isinstance(expr, Compare | Count | Elapsed) else None
    if isinstance(value, SettingRef) and value.setting not in place.settings:
        yield place.fault("unknown-setting", f"The setting {value.setting} is not declared.", expr.link_id)


def _type_faults(
    expr: HasCode | IsTrue | Compare | Answered | Count | Elapsed, kind: ItemKind, place: _Place
) -> Iterator[RuleFault]:
    match expr:
        case HasCode():
            yield from _code_faults(expr, kind, place)
            fits = kind.type in _CODED
        case IsTrue():
            fits = kind.type == "boolean"
        case Compare():
            fits = _comparable(expr, kind, place.settings)
        case Answered():
            fits = kind.type not in _WORDLESS
        case Count():
            fits = kind.repeats and kind.type != "display" and _is_number(expr.value, place.settings)
        case Elapsed():
            fits = kind.type in _DATED and _is_number(expr.value, place.settings)
        case _:
            assert_never(expr)
    if not fits:
        how = "repeating " if kind.repeats else ""
        yield place.fault(
            "type-mismatch", f"This test cannot read {expr.link_id}, a {how}{kind.type} item.", expr.link_id
        )


def _code_faults(expr: HasCode, kind: ItemKind, place: _Place) -> Iterator[RuleFault]:
    if not expr.codes:
        yield place.fault("empty", "has_code needs at least one code.", expr.link_id)
    for code in expr.codes if kind.type in _CODED else ():
        if code not in kind.codes:
            yield place.fault("unknown-code", f"{code} is no answer option of {expr.link_id}.", expr.link_id)


def _comparable(expr: Compare, kind: ItemKind, settings: Mapping[str, Setting]) -> bool:
    if kind.type in _NUMERIC:
        return _is_number(expr.value, settings)
    textual = isinstance(expr.value, str) or (
        isinstance(expr.value, SettingRef)
        and (declared := settings.get(expr.value.setting)) is not None
        and declared.type == "string"
    )
    return kind.type in _TEXTUAL and textual and expr.cmp in {"=", "!="}


def _is_number(value: Operand, settings: Mapping[str, Setting]) -> bool:
    if isinstance(value, SettingRef):
        declared = settings.get(value.setting)  # an undeclared one has its own fault
        return declared is None or declared.type in _NUMBER_SETTINGS
    return not isinstance(value, str)
