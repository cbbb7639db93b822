"""Words that are written and not sent: what to do now is said at once, since nobody at the clinic can see them yet."""

from collections.abc import Iterable
from typing import Final

import msgspec

from portico.access import Caller
from portico.clinic.actions import settings_of
from portico.ids import PatientId
from portico.messaging.assessing import assess
from portico.messaging.guidance import Guidance, dangers, texts_at
from portico.messaging.page_forms import Composed
from portico.platform.database import Tx
from portico.platform.site import Site

NO_SUBJECT: Final = "A message"
"""The subject of a message that could not wait for one."""


Words = tuple[str, str]
"""A subject and a body."""


async def emergencies_in(site: Site, caller: Caller, patient_id: PatientId, *written: Words) -> tuple[Guidance, ...]:
    """What to do now about these words, each text once; empty unless they tell of an emergency.

    Texts of the lower levels say that the clinic has the message, which is not so here.
    """
    if not any(map(any, written)):
        return ()
    async with site.db.transaction(caller.scope) as tx:
        keys = [key for each in written if any(each) for key in await _keys(tx, site, patient_id, each)]
        settings, about = await settings_of(tx, site.content), caller.acts_for(patient_id)
        texts = texts_at(site.content, settings, {}, dict.fromkeys(keys), about=about)
    return _emergencies(texts)


async def not_held_back(site: Site, caller: Caller, patient_id: PatientId, sent: Composed) -> Composed:
    """The message, with what a danger in it need not wait for: what it is about, and a subject."""
    if sent.topic and sent.subject:
        return sent
    async with site.db.transaction(caller.scope) as tx:
        found = await assess(tx, site, patient_id, subject=sent.subject, body=sent.body)
    if found.level == "routine":
        return sent
    return msgspec.structs.replace(sent, topic=sent.topic or "other", subject=sent.subject or NO_SUBJECT)


async def _keys(tx: Tx, site: Site, patient_id: PatientId, words: Words) -> tuple[str, ...]:
    subject, body = words
    return (await assess(tx, site, patient_id, subject=subject, body=body)).guidance_keys


def _emergencies(texts: Iterable[Guidance]) -> tuple[Guidance, ...]:
    return tuple(text for text in dangers(texts) if text.kind == "emergency")
