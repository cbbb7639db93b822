"""Rules, rule sets and what they say about one response: frozen values."""

from collections.abc import Mapping
from datetime import date
from typing import Literal, TypeAlias

import msgspec

from portico.ids import Canonical, LinkId, RuleId
from portico.screening.expressions import Expr
from portico.screening.scope import RowRef

ENGINE_VERSION = "1.0"
"""Of the rule language. Stored with each screening, so that a replay knows which semantics it had."""

Effect: TypeAlias = Literal[
    "urgent_now",
    "call_before_booking",
    "review_with_flags",
    "possible_candidate",
    "note",
    "prompt",
    "advice",
    "emergency",
    "call_now",
    "same_day",
    "routine_priority",
    "routine",
]
ResultKind: TypeAlias = Literal["disposition", "level"]
"""What a rule set yields: a disposition that a clinician reviews, or how soon somebody must act."""
Severity: TypeAlias = Literal["critical", "high", "medium", "low", "info"]
Disposition: TypeAlias = Literal["seek_care_now", "call_before_booking", "needs_review", "possible_candidate"]
Urgency: TypeAlias = Literal["emergency", "call_now", "same_day", "routine"]
Level: TypeAlias = Literal["E", "U"]
"""E: emergency text now. U: a person of the clinic must speak to the patient first."""
FindingState: TypeAlias = Literal["fired", "not_fired", "not_evaluable"]
SettingType: TypeAlias = Literal["integer", "decimal", "boolean", "string"]

LEVELS: tuple[Level, ...] = ("E", "U")
"""Most urgent first."""

DISPOSITIONS: tuple[Disposition, ...] = (
    "seek_care_now",
    "call_before_booking",
    "needs_review",
    "possible_candidate",
)
"""Most urgent first."""

RAISES: Mapping[Effect, Disposition] = {
    "urgent_now": "seek_care_now",
    "call_before_booking": "call_before_booking",
    "review_with_flags": "needs_review",
}
"""The effects that raise a disposition. Notes, prompts and advice never do."""

URGENCY: Mapping[Disposition, Urgency] = {
    "seek_care_now": "emergency",
    "call_before_booking": "same_day",
    "needs_review": "routine",
    "possible_candidate": "routine",
}

URGENCIES: tuple[Urgency, ...] = ("emergency", "call_now", "same_day", "routine")
"""Most urgent first."""

LEVEL_OF: Mapping[Effect, Urgency] = {
    "emergency": "emergency",
    "call_now": "call_now",
    "same_day": "same_day",
    "routine_priority": "routine",
    "routine": "routine",
}
"""The effects of a rule set whose result is a level. A routine with priority also offers a visit."""

ASKS_NOW: Mapping[Effect, Urgency] = {
    "urgent_now": "emergency",
    "call_before_booking": "same_day",
    "emergency": "emergency",
    "call_now": "call_now",
    "same_day": "same_day",
}
"""The effects for which somebody must act today at the latest, and how soon."""

UNHEARD: Mapping[ResultKind, Effect] = {"disposition": "call_before_booking", "level": "same_day"}
"""What a rule that failed counts as."""

ENGINE_RULE: Mapping[ResultKind, RuleId] = {"disposition": RuleId("PS32"), "level": RuleId("ST30")}
"""The rule in whose name a failure of the whole engine is told."""


class Setting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A threshold that the clinic owns. A null default means unset until the clinic sets it."""

    type: SettingType
    unit: str | None = None
    default: bool | int | float | str | None = None
    source: tuple[str, ...]
    description: str
    confirmed_by: tuple[str, ...] = ()


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One condition and what follows.

    `text` is for the clinician and may name settings: `more than {cortisone.max}`.
    """

    id: RuleId
    effect: Effect
    severity: Severity
    when: Expr
    text: str
    source: tuple[str, ...]
    rationale: str
    confirm: bool
    draft_level: Level | None = None
    guidance: str | None = None
    confirmed_by: tuple[str, ...] = ()


class RuleSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules for one questionnaire version, immutable once published."""

    slug: str
    version: str
    questionnaire: Canonical
    engine: str
    result: ResultKind = "disposition"
    rules: tuple[Rule, ...]
    settings: dict[str, Setting] = {}
    title: str = ""
    description: str = ""
    confirmed_by: tuple[str, ...] = ()


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule said. Holds ids and the rule's words, never a patient's.

    `link_ids` and `rows` are the answers that made it fire; `missing` are the open (or too inexact) answers
    and `missing_settings` the unset thresholds that could still change it. `code` is `engine-error` when
    the rule failed.
    """

    rule: RuleId
    version: str
    state: FindingState
    effect: Effect
    severity: Severity
    source: tuple[str, ...]
    text: str
    confirm: bool
    link_ids: tuple[LinkId, ...] = ()
    rows: tuple[RowRef, ...] = ()
    missing: tuple[LinkId, ...] = ()
    missing_settings: tuple[str, ...] = ()
    guidance: str | None = None
    draft_level: Level | None = None
    code: Literal["engine-error"] | None = None


class Screening(msgspec.Struct, frozen=True, kw_only=True):
    """The result for one submitted revision, with all it takes to replay it.

    `open_items` were required and left open.
    """

    disposition: Disposition
    urgency: Urgency
    findings: tuple[Finding, ...]
    as_of: date
    rule_set: str
    version: str
    engine: str
    open_items: tuple[LinkId, ...] = ()


class DraftDanger(msgspec.Struct, frozen=True, kw_only=True):
    """Danger in a draft: highest level, how soon somebody must act, the rules and items behind it, the guidance to show.

    Of a rule set whose result is a level, the guidance is that of the most urgent rules only. `words` are the items whose
    answers in the patient's own words speak of danger (also among `link_ids`), `texts` what those words ask for.
    """

    level: Level | None = None
    urgency: Urgency | None = None
    rules: tuple[RuleId, ...] = ()
    link_ids: tuple[LinkId, ...] = ()
    guidance: tuple[str, ...] = ()
    words: tuple[LinkId, ...] = ()
    texts: tuple[str, ...] = ()
