"""Which approved texts a patient reads, with the clinic's numbers filled in."""

from collections.abc import Iterable

from portico.clinic.model import ClinicSettings
from portico.intake.model import DangerLevel
from portico.intake.rules import MOOD_ITEM
from portico.platform.content import RenderedGuidance as Guidance
from portico.platform.content import render_guidance
from portico.platform.content_files import Content
from portico.screening.model import DraftDanger

__all__ = ["Guidance", "guidance_for_danger", "rendered"]

MOOD_TEXT = "em.988"
URGENT_TEXT = "res.urgent"
CALL_TEXT = "res.call"


def rendered(content: Content, settings: ClinicSettings, keys: Iterable[str]) -> tuple[Guidance, ...]:
    """The texts of these keys, in their order, each once. A text that the content lacks is left out."""
    known = (content.guidance.get(key) for key in dict.fromkeys(keys))
    return tuple(render_guidance(text, settings.values) for text in known if text is not None)


def guidance_for_danger(
    content: Content, settings: ClinicSettings, found: DraftDanger, *, standing: DangerLevel | None = None
) -> tuple[Guidance, ...]:
    """What to do now, for the answers just saved; `standing` is a danger that nobody has resolved yet."""
    return rendered(content, settings, danger_keys(found.level, found.link_ids, standing))


def danger_keys(
    level: DangerLevel | None, link_ids: Iterable[str], standing: DangerLevel | None = None
) -> tuple[str, ...]:
    """Keys of the danger texts, the most urgent first."""
    items = set(link_ids)
    keys: list[str] = []
    if level == "E" and MOOD_ITEM in items:
        keys.append(MOOD_TEXT)
    if (level == "E" and items != {MOOD_ITEM}) or (level != "E" and standing == "E"):
        keys.append(URGENT_TEXT)
    if not keys and (level == "U" or standing == "U"):
        keys.append(CALL_TEXT)
    return tuple(keys)
