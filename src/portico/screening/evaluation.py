"""Running a rule set over answers: findings, disposition, and danger in drafts.

Total: whatever fails, fails upward.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from portico.ids import LinkId
from portico.screening.expressions import EngineError, attempt
from portico.screening.facts import Facts
from portico.screening.model import (
    ASKS_NOW,
    DISPOSITIONS,
    ENGINE_RULE,
    ENGINE_VERSION,
    LEVELS,
    RAISES,
    UNHEARD,
    URGENCIES,
    URGENCY,
    Disposition,
    DraftDanger,
    Effect,
    Finding,
    FindingState,
    Rule,
    RuleSet,
    Screening,
)
from portico.screening.scope import Evidence, Scope, SettingValue, Truth

Settings = Mapping[str, SettingValue | None]

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_.]*)\}")
"""A setting's key in a rule's text."""

_FAILED = "This rule could not be evaluated because of an internal error. Treat it as open."
_PARTLY = "(Part of this rule could not be evaluated because of an internal error.)"
STATES: Mapping[Truth, FindingState] = {True: "fired", False: "not_fired", None: "not_evaluable"}
NOTHING = Evidence()


def evaluate(
    rule_set: RuleSet,
    facts: Facts,
    *,
    as_of: date,
    settings: Settings,
    open_items: Collection[LinkId] = (),
    also: Sequence[Finding] = (),
) -> Screening:
    """Screen a submitted response. Never raises.

    `as_of` is the clinic's local day of submission. In `settings` an absent key or None means that the
    clinic has set nothing, so the rule set's default holds. `open_items` are the required items that a
    partial submission left open, `also` findings of what rules
    cannot see, under ids that no rule has.
    """
    findings = (*findings_of(rule_set, facts, as_of=as_of, settings=settings), *also)
    disposition = dispose(findings, open_items)
    return Screening(
        disposition=disposition,
        urgency=URGENCY[disposition],
        findings=findings,
        as_of=as_of,
        rule_set=rule_set.slug,
        version=rule_set.version,
        engine=ENGINE_VERSION,
        open_items=tuple(open_items),
    )


def findings_of(rule_set: RuleSet, facts: Facts, *, as_of: date, settings: Settings) -> tuple[Finding, ...]:
    """What every rule says. Never raises: a failure of the engine itself is a call, never a silent "routine"."""
    try:
        return _findings(rule_set, Scope(facts, as_of, resolve(rule_set, settings)))
    except Exception:  # noqa: BLE001 - the last net
        return (_total_failure(rule_set),)


def screen_draft(rule_set: RuleSet, facts: Facts, *, as_of: date, settings: Settings) -> DraftDanger:
    """Danger that the answers so far already prove; an open question is not danger yet. Never raises.

    A rule that fails counts as level U: a person phones, as PS32 and ST30 ask.
    """
    try:
        scope = Scope(facts, as_of, resolve(rule_set, settings))
        found = [_finding(rule, scope, rule_set) for rule in rule_set.rules if rule.draft_level]
    except Exception:  # noqa: BLE001 - see evaluate
        found = [_total_failure(rule_set)]
    fired = [finding for finding in found if finding.state == "fired"]
    levels = {finding.draft_level for finding in fired}
    asked = {ASKS_NOW[finding.effect] for finding in fired if finding.effect in ASKS_NOW}
    urgency = next((urgency for urgency in URGENCIES if urgency in asked), None)
    heard = [each for each in fired if rule_set.result == "disposition" or ASKS_NOW.get(each.effect) == urgency]
    return DraftDanger(
        level=next((level for level in LEVELS if level in levels), None),
        urgency=urgency,
        rules=tuple(finding.rule for finding in fired),
        link_ids=tuple(dict.fromkeys(link_id for finding in fired for link_id in finding.link_ids)),
        guidance=tuple(dict.fromkeys(finding.guidance for finding in heard if finding.guidance)),
    )


def dispose(findings: Sequence[Finding], open_items: Collection[LinkId] = ()) -> Disposition:
    """The most urgent disposition asked for; "possible" only when nothing at all speaks against it."""
    asked = {RAISES[finding.effect] for finding in findings if finding.state == "fired" and finding.effect in RAISES}
    possible = any(finding.state == "fired" and finding.effect == "possible_candidate" for finding in findings)
    if open_items or not possible or any(map(_leaves_open, findings)):
        asked.add("needs_review")
    return most_urgent(*asked, "possible_candidate")


def most_urgent(*dispositions: Disposition) -> Disposition:
    """For a floor as well: `most_urgent(result, "needs_review")`."""
    return min(dispositions, key=DISPOSITIONS.index)


def resolve(rule_set: RuleSet, settings: Settings) -> dict[str, SettingValue | None]:
    """Each declared setting with the clinic's value, else the default, else None (unset)."""
    return {
        key: declared.default if settings.get(key) is None else settings[key]
        for key, declared in rule_set.settings.items()
    }


def _findings(rule_set: RuleSet, scope: Scope) -> tuple[Finding, ...]:
    findings = [_finding(rule, scope, rule_set) for rule in rule_set.rules]
    if any(finding.code for finding in findings):
        scope.failed = True
        for index, rule in enumerate(rule_set.rules):
            if isinstance(rule.when, EngineError):
                findings[index] = _finding(rule, scope, rule_set)
    return tuple(findings)


def _finding(rule: Rule, scope: Scope, rule_set: RuleSet) -> Finding:
    scope.errors.clear()
    truth = attempt(rule.when, scope)
    evidence = NOTHING if truth is False else _evidence(rule, scope, truth)
    if scope.errors:
        return _failure(rule, rule_set, truth=truth, evidence=evidence, settings=scope.settings)
    return Finding(
        rule=rule.id,
        version=rule_set.version,
        state=STATES[truth],
        effect=rule.effect,
        severity=rule.severity,
        source=rule.source,
        text=fill_in(rule.text, scope.settings),
        confirm=rule.confirm,
        link_ids=tuple(evidence.link_ids),
        rows=tuple(evidence.rows),
        missing=tuple(evidence.missing),
        missing_settings=tuple(evidence.missing_settings),
        guidance=rule.guidance,
        draft_level=rule.draft_level,
    )


def _evidence(rule: Rule, scope: Scope, truth: Truth) -> Evidence:
    evidence = Evidence()
    try:
        rule.when.evidence(scope, evidence, truth)
    except Exception as error:  # noqa: BLE001 - see attempt
        scope.errors.append(type(error).__name__)
    return evidence


def _failure(
    rule: Rule,
    rule_set: RuleSet,
    *,
    truth: Truth,
    evidence: Evidence,
    settings: Mapping[str, SettingValue | None],
) -> Finding:
    """A failed rule as fired: a call, or its own effect when that is worse and proven."""
    return Finding(
        rule=rule.id,
        version=rule_set.version,
        state="fired",
        effect=_worse(rule.effect, UNHEARD[rule_set.result]) if truth is True else UNHEARD[rule_set.result],
        severity="critical" if rule.severity == "critical" else "high",
        source=rule.source,
        text=f"{fill_in(rule.text, settings)} {_PARTLY}" if truth else _FAILED,
        confirm=True,
        link_ids=tuple(evidence.link_ids),
        rows=tuple(evidence.rows),
        missing=tuple(evidence.missing),
        missing_settings=tuple(evidence.missing_settings),
        guidance=rule.guidance if truth else None,
        draft_level=rule.draft_level if truth or not rule.draft_level else "U",
        code="engine-error",
    )


def _worse(own: Effect, floor: Effect) -> Effect:
    """The rule's own effect when it asks for action at least as soon as the floor does."""
    return own if own in ASKS_NOW and URGENCIES.index(ASKS_NOW[own]) <= URGENCIES.index(ASKS_NOW[floor]) else floor


def _total_failure(rule_set: RuleSet) -> Finding:
    return Finding(
        rule=ENGINE_RULE[rule_set.result],
        version=rule_set.version,
        state="fired",
        effect=UNHEARD[rule_set.result],
        severity="high",
        source=("CMC",),
        text="The rules could not be run because of an internal error. Treat every rule as open.",
        confirm=True,
        draft_level="U",
        code="engine-error",
    )


def _leaves_open(finding: Finding) -> bool:
    only_a_setting = bool(finding.missing_settings) and not finding.missing
    return finding.state == "not_evaluable" and finding.effect in RAISES and not only_a_setting


def fill_in(text: str, settings: Mapping[str, SettingValue | None]) -> str:
    """A rule's sentence with the values of the settings that it names."""
    if "{" not in text:
        return text
    return PLACEHOLDER.sub(lambda found: _shown(settings.get(found[1])), text)


def _shown(value: SettingValue | None) -> str:
    return "(not set)" if value is None else str(value)
