"""A clinic's settings as the other features read them. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Literal, TypeVar
from uuid import UUID

import msgspec

from portico.clinic.calendar import Calendar
from portico.clinic.setting_types import parse_closings, parse_days, parse_extra_openings, parse_opening_hours
from portico.ids import AccountId

OPENING_HOURS: Final = "clinic.opening_hours"
HOLIDAYS: Final = "clinic.holidays"
CLOSINGS: Final = "clinic.closings"
EXTRA_OPENINGS: Final = "clinic.extra_openings"
ZONE: Final = "clinic.zone"
"""The zone is a setting like any other, except that a clinic always has one: its value stands in the clinic itself."""

_Read = TypeVar("_Read")
_Unset = TypeVar("_Unset")

SignatureKind = Literal["rule_set", "guidance", "questionnaire", "setting"]


class ClinicSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What holds in one clinic: its zone, the value of each setting as text, and which a named person confirmed.

    `values` holds what is in force: the clinic's own value, else the declared default (every default has a source),
    else None. A threshold that nobody confirmed is not in force: what was confirmed before it stays, or the default.
    `proposed` holds those that wait.
    """

    zone: str
    values: Mapping[str, str | None]
    confirmed: frozenset[str]
    proposed: Mapping[str, str] = {}

    def value(self, key: str) -> str | None:
        """The setting's value, confirmed or not; None while it is unset."""
        return self.values.get(key)

    def latest(self, key: str) -> str | None:
        """What somebody set last, in force or not: what there is to confirm."""
        return self.proposed.get(key) or self.values.get(key)

    def confirmed_value(self, key: str) -> str | None:
        """The setting's value, if a named person stands behind it."""
        return self.values.get(key) if key in self.confirmed else None

    @property
    def calendar(self) -> Calendar:
        """Days and opening hours. What nobody confirmed, or what does not read, counts as unset."""
        return Calendar(
            zone=self.zone,
            week=self._read(OPENING_HOURS, parse_opening_hours, None),
            holidays=self._read(HOLIDAYS, parse_days, frozenset()),
            closings=self._read(CLOSINGS, parse_closings, {}),
            extra=self._read(EXTRA_OPENINGS, parse_extra_openings, {}),
        )

    def _read(self, key: str, parse: Callable[[str], _Read], unset: _Unset) -> _Read | _Unset:
        text = self.confirmed_value(key)
        try:
            return unset if text is None else parse(text)
        except ValueError:
            return unset


class SettingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as a clinic has it."""

    key: str
    value: str | None
    confirmed_value: str | None
    """What was confirmed last; other than `value` while that waits for its confirmation."""
    confirmed_by: UUID | None
    confirmed_at: datetime | None


SettingEventKind = Literal["set", "confirm"]


class SettingStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step in the life of a setting. Without an actor it was the program itself."""

    kind: SettingEventKind
    value: str | None
    actor_id: UUID | None
    actor_name: str | None
    at: datetime


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """Who did it, and when; `by` is None for the program itself."""

    by: UUID | None
    name: str | None
    at: datetime


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


PageTestState = Literal["sent", "confirmed", "void"]
PageTestEvent = Literal["confirm", "void"]
PageChannel = Literal["mail", "webhook"]
"""How a page reaches a person: mail to a second address, or a signed message to another system."""


class PageTest(msgspec.Struct, frozen=True, kw_only=True):
    """A page that an admin sent to one person, and whether somebody said that it arrived."""

    test_id: UUID
    account_id: AccountId
    channel: PageChannel
    state: PageTestState
    requested_by: UUID
    requested_at: datetime
    confirmed_by: UUID | None
    confirmed_at: datetime | None


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """Who opened the clinic to patients, and when."""

    opened_by: UUID
    opened_by_name: str | None
    opened_at: datetime


OpeningPart = Literal["numbers", "hours", "zone", "ladder", "page_channel", "content", "settings"]


class OpeningItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a named person must stand behind before patients may begin.

    `missing` says what is not there yet, None once it is. `hazards` are what could happen without it (hazards.json).
    """

    key: str
    part: OpeningPart
    title: str
    missing: str | None
    who: Literal["admin", "clinician"]
    link: str
    hazards: tuple[str, ...]
    done: Stamp | None


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
