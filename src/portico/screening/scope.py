"""Where an expression looks things up (answers from the row outwards, settings, the day) and its evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeAlias

import msgspec

from portico.ids import LinkId
from portico.screening.facts import META_PREFIX, Facts, Value

SettingValue: TypeAlias = bool | int | float | Decimal | str
Number: TypeAlias = int | Decimal
Truth: TypeAlias = bool | None
"""Kleene's three values; None is "unknown"."""


class CannotEvaluate(Exception):
    """An answer or setting that the rule language cannot read; the rule fails upward.

    Names linkIds and types, never answers.
    """


class RowRef(msgspec.Struct, frozen=True, kw_only=True):
    """One occurrence of a repeating group, counted from 0."""

    group: LinkId
    index: int


@dataclass(slots=True)
class Evidence:
    """Why an expression has its truth: the items and rows that make it so, or what is missing to know.

    Dicts are ordered sets.
    """

    link_ids: dict[LinkId, None] = field(default_factory=dict)
    rows: dict[RowRef, None] = field(default_factory=dict)
    missing: dict[LinkId, None] = field(default_factory=dict)
    missing_settings: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Scope:
    """`settings` are resolved values (None: declared and unset).

    `errors` is shared by a whole rule, `failed` by a whole run.
    """

    facts: Facts
    as_of: date
    settings: Mapping[str, SettingValue | None]
    outer: "Scope | None" = None
    errors: list[str] = field(default_factory=list)
    failed: bool = False
    inner: dict[LinkId, tuple["Scope", ...]] = field(default_factory=dict)

    def answers(self, link_id: LinkId) -> tuple[Value, ...] | None:
        """None when the item was not asked; empty when it was asked and left open."""
        facts = self.facts
        if link_id in facts.not_asked:
            return None
        found = facts.values.get(link_id)
        if found is not None:
            return found
        if self.outer is not None:
            return self.outer.answers(link_id)
        return None if link_id.startswith(META_PREFIX) else ()

    def rows(self, group: LinkId) -> tuple[Facts, ...] | None:
        """None when the group was not asked; empty when it has no occurrence."""
        facts = self.facts
        if group in facts.not_asked:
            return None
        found = facts.rows.get(group)
        if found is not None:
            return found
        return () if self.outer is None else self.outer.rows(group)

    def row_scopes(self, group: LinkId) -> tuple["Scope", ...] | None:
        """A scope for each row, made once for all rules that look there; None when the group was not asked."""
        known = self.inner.get(group)
        if known is None:
            rows = self.rows(group)
            if rows is None:
                return None
            known = self.inner[group] = tuple(self._row(facts) for facts in rows)
        return known

    def _row(self, facts: Facts) -> "Scope":
        return Scope(facts, self.as_of, self.settings, self, self.errors, self.failed)

    def setting(self, key: str) -> SettingValue | None:
        try:
            return self.settings[key]
        except KeyError:
            raise CannotEvaluate(f"the setting {key} is not declared") from None


def exact(value: SettingValue) -> Number:
    """A number as int or Decimal, so that 7.1 in a rule equals 7.1 in an answer."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise CannotEvaluate(f"expected a number, got {type(value).__name__}")
    return value
