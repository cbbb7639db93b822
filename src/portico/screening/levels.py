"""How soon somebody must act on a response: the result of a rule set whose effects are levels. Total, as `evaluation` is."""

from collections.abc import Collection, Iterable
from datetime import date

import msgspec

from portico.ids import LinkId
from portico.screening.evaluation import Settings, findings_of
from portico.screening.facts import Facts
from portico.screening.model import ASKS_NOW, ENGINE_VERSION, LEVEL_OF, URGENCIES, Finding, RuleSet, Urgency

FLOOR: Urgency = "same_day"
"""What remains unknown is never milder."""


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """The level of one submitted revision, with all it takes to replay it.

    `is_negative`: every sign was asked and denied, and every rule could be evaluated; without it nothing may reassure.
    `guidance` are the texts of the rules that set the level, `advice` those that go with a routine.
    """

    level: Urgency
    offers_visit: bool
    is_negative: bool
    guidance: tuple[str, ...]
    advice: tuple[str, ...]
    findings: tuple[Finding, ...]
    as_of: date
    rule_set: str
    version: str
    engine: str
    open_items: tuple[LinkId, ...] = ()


def assess(
    rule_set: RuleSet, facts: Facts, *, as_of: date, settings: Settings, open_items: Collection[LinkId] = ()
) -> Assessment:
    """The most urgent level of all rules that fired; what could not be evaluated asks for the same day. Never raises.

    `as_of` is the clinic's local day of submission, `settings` and `open_items` are as for `evaluation.evaluate`.
    """
    findings = findings_of(rule_set, facts, as_of=as_of, settings=settings)
    fired = [finding for finding in findings if finding.state == "fired" and finding.effect in LEVEL_OF]
    is_open = bool(open_items) or any(map(_leaves_open, findings))
    level = most_urgent(*(LEVEL_OF[finding.effect] for finding in fired), FLOOR if is_open else "routine")
    return Assessment(
        level=level,
        offers_visit=any(finding.effect == "routine_priority" for finding in fired),
        is_negative=level == "routine",
        guidance=_texts(finding for finding in fired if LEVEL_OF[finding.effect] == level),
        advice=_texts(each for each in findings if each.state == "fired" and each.effect == "advice"),
        findings=findings,
        as_of=as_of,
        rule_set=rule_set.slug,
        version=rule_set.version,
        engine=ENGINE_VERSION,
        open_items=tuple(open_items),
    )


def unsigned(found: Assessment) -> Assessment:
    """The same while no named person stands behind rules, texts or thresholds: never milder, and without comfort."""
    level = most_urgent(found.level, FLOOR)
    kept = found.guidance if level == found.level else ()
    return msgspec.structs.replace(found, level=level, is_negative=False, guidance=kept)


def most_urgent(*levels: Urgency) -> Urgency:
    """The level of whoever must be heard first."""
    return min(levels, key=URGENCIES.index)


def _leaves_open(finding: Finding) -> bool:
    return finding.state == "not_evaluable" and finding.effect in ASKS_NOW


def _texts(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(finding.guidance for finding in findings if finding.guidance))
