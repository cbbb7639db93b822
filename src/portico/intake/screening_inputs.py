"""What a pre-screen read besides the answers, kept with its result so that a replay reads the same."""

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from portico.ids import LinkId
from portico.intake.model import DangerLevel
from portico.intake.own_words import Heard

SettingValue: TypeAlias = bool | int | float | str


class ScreeningInputs(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The clinic's thresholds as typed values, the days until the consult, the danger and the choice that switched items off,
    the required questions that a partial submission left open, and what was heard in the patient's own words.
    """

    settings: Mapping[str, SettingValue | None]
    days_until_consult: int | None = None
    danger: DangerLevel | None = None
    asks_mood: bool = True
    open_items: tuple[LinkId, ...] = ()
    heard: tuple[Heard, ...] = ()

    def to_json(self) -> str:
        """As it is stored."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str) -> "ScreeningInputs":
        """As it was stored."""
        return msgspec.json.decode(text, type=cls)
