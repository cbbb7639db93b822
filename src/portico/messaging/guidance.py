"""Which approved texts stand beside a message, with the clinic's numbers and this message's times filled in."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from portico.clinic.calendar import add_open_time
from portico.clinic.model import ClinicSettings
from portico.clinic.setting_types import parse_integer
from portico.messaging.model import StoredMessage
from portico.platform.content import RenderedGuidance as Guidance
from portico.platform.content import render_guidance
from portico.platform.content_files import Content

__all__ = ["Guidance", "dangers", "read_by", "reply_by", "texts_at", "texts_before_sending", "texts_of"]

REPLY_HOURS: Final = "messages.reply_open_hours"
READ_HOURS: Final = "messages.read_open_hours"

BEFORE_SENDING: Final = ("post.warn",)
"""What a patient reads before writing: when to call instead."""


def texts_of(
    content: Content, settings: ClinicSettings, message: StoredMessage, *, about: str | None
) -> tuple[Guidance, ...]:
    """The texts that this message was answered with, the most urgent first.

    Here and below, `about` is the patient's name for a reader who acts for the patient.
    """
    values = {**settings.values, **_times(settings, message.sent_at)}
    return _rendered(content, values, message.guidance_keys, about)


def texts_before_sending(content: Content, settings: ClinicSettings, *, about: str | None) -> tuple[Guidance, ...]:
    """What stands on the page on which a message is written."""
    return _rendered(content, settings.values, BEFORE_SENDING, about)


def texts_at(
    content: Content,
    settings: ClinicSettings,
    times: Mapping[str, datetime | None],
    keys: Iterable[str],
    *,
    about: str | None,
) -> tuple[Guidance, ...]:
    """Texts with these times filled in, in the clinic's zone; a sentence whose time is unset is dropped."""
    local = {key: None if at is None else _local(settings.zone, at) for key, at in times.items()}
    return _rendered(content, {**settings.values, **local}, keys, about)


def read_by(settings: ClinicSettings, sent_at: datetime) -> datetime | None:
    """When a message that is still unread must be looked after; None unless the clinic has confirmed how soon."""
    return _after_hours(settings, READ_HOURS, sent_at)


def reply_by(settings: ClinicSettings, sent_at: datetime) -> datetime | None:
    """By when the clinic says that it answers; None unless it has confirmed that."""
    return _after_hours(settings, REPLY_HOURS, sent_at)


def dangers(texts: Iterable[Guidance]) -> tuple[Guidance, ...]:
    """Those of the texts that say what must be done now, each once, emergencies first."""
    urgent = {text.key: text for text in texts if text.kind in ("emergency", "call")}
    return tuple(sorted(urgent.values(), key=lambda text: text.kind != "emergency"))


def _rendered(
    content: Content, values: Mapping[str, str | None], keys: Iterable[str], about: str | None
) -> tuple[Guidance, ...]:
    known = (content.guidance.get(key) for key in keys)
    return tuple(render_guidance(text, values, about=about) for text in known if text is not None)


def _times(settings: ClinicSettings, sent_at: datetime) -> dict[str, str | None]:
    answered = reply_by(settings, sent_at)
    return {
        "message.received_at": _local(settings.zone, sent_at),
        "message.reply_by": None if answered is None else _local(settings.zone, answered),
    }


def _local(zone: str, instant: datetime) -> str:
    return instant.astimezone(ZoneInfo(zone)).strftime("%a %b %-d, %Y, %-I:%M %p")


def _after_hours(settings: ClinicSettings, key: str, start: datetime) -> datetime | None:
    text = settings.confirmed_value(key)
    try:
        hours = 0 if text is None else parse_integer(text)
    except ValueError:
        return None
    return add_open_time(settings.calendar, start, hours * 60) if hours > 0 else None
