"""A clinic's settings as the other features read them. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from portico.clinic.calendar import Calendar, Week
from portico.clinic.setting_types import parse_days, parse_opening_hours

OPENING_HOURS: Final = "clinic.opening_hours"
HOLIDAYS: Final = "clinic.holidays"

SignatureKind = Literal["rule_set", "guidance", "questionnaire", "setting"]


class ClinicSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What holds in one clinic: its zone, the value of each setting as text, and which a named person confirmed.

    `values` holds the clinic's own value, else the declared default (every default has a source), else None.
    """

    zone: str
    values: Mapping[str, str | None]
    confirmed: frozenset[str]

    def value(self, key: str) -> str | None:
        """The setting's value, confirmed or not; None while it is unset."""
        return self.values.get(key)

    def confirmed_value(self, key: str) -> str | None:
        """The setting's value, if a named person stands behind it."""
        return self.values.get(key) if key in self.confirmed else None

    @property
    def calendar(self) -> Calendar:
        """Days and opening hours. Hours that nobody confirmed, or that do not read, count as unset."""
        return Calendar(zone=self.zone, week=self._week(), holidays=self._holidays())

    def _week(self) -> Week | None:
        text = self.confirmed_value(OPENING_HOURS)
        try:
            return None if text is None else parse_opening_hours(text)
        except ValueError:
            return None

    def _holidays(self) -> frozenset[date]:
        text = self.confirmed_value(HOLIDAYS)
        try:
            return frozenset() if text is None else parse_days(text)
        except ValueError:
            return frozenset()


class SettingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as a clinic has it."""

    key: str
    value: str | None
    confirmed_by: UUID | None
    confirmed_at: datetime | None


class SignatureRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands behind one version of a text, questionnaire or rule set in this clinic."""

    kind: str
    key: str
    version: str
    digest: bytes
    signed_by: UUID
    signed_at: datetime


class PublishedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One published version of a questionnaire or rule set."""

    kind: SignatureKind
    key: str
    version: str
    digest: bytes


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Something that nobody of the clinic stands behind yet."""

    kind: SignatureKind
    key: str


SignableState = Literal["signed", "unsigned", "changed", "unset"]


class Signable(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a named person must stand behind, and whether one does.

    `changed`: somebody signed other content under this version. `unset`: a setting without a value.
    """

    kind: SignatureKind
    key: str
    version: str
    digest: bytes
    signer: Literal["clinician", "admin"]
    state: SignableState
    signed_by: UUID | None
    signed_at: datetime | None
