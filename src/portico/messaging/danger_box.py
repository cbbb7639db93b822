"""What the patient's side reads while a danger is open: the most dangerous text first, and no weaker word beside it."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from portico.access import Caller, PatientLink
from portico.audit import Object, record
from portico.clinic.actions import settings_of
from portico.escalation.actions import open_dangers
from portico.escalation.model import Escalation, Level
from portico.intake.drafts import read_danger
from portico.intake.guidance import CALL_TEXT, EMERGENCY_TEXT, MOOD_TEXT, URGENT_TEXT, rendered
from portico.intake.reading import list_responses
from portico.messaging.guidance import Guidance
from portico.messaging.rooms import standing_texts
from portico.platform.site import Site

MOST_DANGEROUS_FIRST: Final = (
    *("em.allergy", "em.breath", EMERGENCY_TEXT, URGENT_TEXT, MOOD_TEXT, "em.infection"),
    *("sd.bleed", "sd.clot", "sd.nerve", "sd.infection", "sd.severe", "sd.call", CALL_TEXT),
)
"""Keys of the texts about a danger: those that send to 911 come before the one that leaves a choice, calls last."""

GENERAL: Final = frozenset({EMERGENCY_TEXT, URGENT_TEXT, "sd.call", CALL_TEXT})
"""Texts that say nothing which the one above them does not say."""

DANGERS: Final = ("emergency", "call")
"""Kinds of texts about a danger."""


class DangerBox(msgspec.Struct, frozen=True, kw_only=True):
    """The texts of all open dangers of one patient, each button once."""

    first: Guidance
    beside: Sequence[Guidance] = ()
    """Whom to call about thoughts of self-harm, when something else comes first: another number, not a weaker one."""
    also: Sequence[Guidance] = ()
    """Further dangers of the same kind, folded."""

    @property
    def texts(self) -> tuple[Guidance, ...]:
        """All of them, in their order."""
        return (self.first, *self.beside, *self.also)


def arranged(texts: Iterable[Guidance]) -> DangerBox | None:
    """The box that these texts make; None when no text is about a danger.

    A call to the office never stands beside an emergency, and a general text never below another of its kind.
    """
    found = {text.key: text for text in texts if text.kind in DANGERS}
    if not found:
        return None
    first, *others = sorted(found.values(), key=_rank)
    kept = [text for text in others if text.kind == first.kind and text.key not in GENERAL]
    first, *kept = _each_button_once([first, *kept])
    return DangerBox(
        first=first,
        beside=[text for text in kept if text.key == MOOD_TEXT],
        also=[text for text in kept if text.key != MOOD_TEXT],
    )


async def danger_now(site: Site, caller: Caller, link: PatientLink, *, waits: bool = False) -> DangerBox | None:
    """What to do now about this patient; None while nothing dangerous is open.

    `waits` when a higher feature knows of a danger that has no open escalation: then a call comes first at least.
    """
    async with site.db.transaction(caller.scope) as tx:
        await record(tx, caller, "read", Object("thread"), patient=link.patient_id, fold_hourly=True)
        standing = await open_dangers(tx, link.patient_id)
        settings = await settings_of(tx, site.content)
        texts = (
            [text for _, text in await standing_texts(tx, site, caller, link.patient_id)] if standing or waits else []
        )
    if not standing and not waits:
        return None
    texts += await _of_answers(site, caller, link, standing)
    general = (_general({each.level for each in standing}),)
    texts += rendered(site.content, settings, general, about=caller.acts_for(link.patient_id))
    return arranged(texts)


async def _of_answers(site: Site, caller: Caller, link: PatientLink, standing: Sequence[Escalation]) -> list[Guidance]:
    """The texts of answers that were dangerous, for those who may read answers."""
    dangerous = {each.subject_id for each in standing if each.subject_kind == "response"}
    if not dangerous or "intake" not in link.scope:
        return []
    listed = await list_responses(site, caller, link.patient_id, None)
    found = [row.response_id for row in listed.responses if row.response_id in dangerous]
    return [text for response_id in found for text in (await read_danger(site, caller, response_id))[1]]


def _general(levels: set[Level]) -> str:
    """What counts whatever else is known: 911 for whom nobody may wait, a call for the rest."""
    return EMERGENCY_TEXT if levels & {"emergency", "call_now"} else CALL_TEXT


def _rank(text: Guidance) -> tuple[bool, int]:
    known = MOST_DANGEROUS_FIRST
    return text.kind != "emergency", known.index(text.key) if text.key in known else len(known)


def _each_button_once(texts: Iterable[Guidance]) -> list[Guidance]:
    """The texts without buttons that an earlier one has."""
    seen: set[str | None] = set()
    left: list[Guidance] = []
    for text in texts:
        actions = tuple(action for action in text.actions if action.number not in seen)
        seen |= {action.number for action in actions}
        left.append(msgspec.structs.replace(text, actions=actions))
    return left
