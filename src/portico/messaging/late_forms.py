"""What to do now for somebody whose words were sent after their session had ended: read for danger, with nothing kept.

The texts are the clinic's own, without any name: whoever sees the sign-in page may see them.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

from portico import triage
from portico.access import Anonymous
from portico.clinic.actions import settings_of
from portico.ids import ClinicId
from portico.intake.late_screen import keys_for_screen
from portico.messaging.assessing import READER_SECONDS
from portico.messaging.guidance import dangers
from portico.platform.content import RenderedGuidance, render_guidance
from portico.platform.database import Tx
from portico.platform.logs import log
from portico.platform.site import Site

Fields = Sequence[tuple[str, str]]

_OF_PATIENTS: Final = "/for/"
_UNREAD: Final = ("sd.call",)
"""When reading fails: a person must be asked today."""
_MOST_TEXTS: Final = 60
_ABOUT_WHOM: Final = "about.helper"
"""Below what to do now: the texts say "you", and who reads them is not known."""


async def guidance_in(site: Site, clinic_id: ClinicId, path: str, fields: Fields) -> tuple[RenderedGuidance, ...]:
    """What to do now, the most urgent alone; nothing for calm words and for pages of staff. Never raises."""
    if not path.startswith(_OF_PATIENTS):
        return ()
    async with site.db.transaction(Anonymous(clinic_id=clinic_id, subject="late-form")) as tx:
        keys = await _keys(tx, site, fields)
        known = [site.content.guidance[key] for key in (*keys, _ABOUT_WHOM) if key in site.content.guidance]
        values = (await settings_of(tx, site.content)).values
    texts = [render_guidance(text, values) for text in known if text.gate is None]
    shown = dangers(texts)
    emergencies = tuple(text for text in shown if text.kind == "emergency")
    about = tuple(text for text in texts if text.key == _ABOUT_WHOM)
    return (*(emergencies or shown), *about) if shown else ()


async def _keys(tx: Tx, site: Site, fields: Fields) -> tuple[str, ...]:
    try:
        async with asyncio.timeout(READER_SECONDS):
            spoken = await asyncio.to_thread(_spoken, site, list(_messages(fields)))
        sent: dict[str, list[str]] = {}
        for name, value in fields:
            sent.setdefault(name, []).append(value)
        ticked = await keys_for_screen(tx, site, await settings_of(tx, site.content), sent)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong, the person is told to call
        log("late-form-unread", error=type(error).__name__)
        return _UNREAD
    return (*ticked, *spoken)


def _spoken(site: Site, messages: Sequence[triage.Message]) -> tuple[str, ...]:
    return tuple(key for message in messages for key in triage.guidance_keys(site.reader(message)))


def _messages(fields: Fields) -> Iterator[triage.Message]:
    """A message as a message, everything else that was written in words one by one."""
    named = dict(fields)
    subject, body = named.get("subject", ""), named.get("body", "")
    if subject or body:
        yield triage.Message(subject=subject, body=body, days_since_procedure=None, region=None)
    others = [value for name, value in fields if name not in ("subject", "body") and " " in value.strip()]
    for text in others[:_MOST_TEXTS]:
        yield triage.Message(subject="", body=text, days_since_procedure=None, region=None)
