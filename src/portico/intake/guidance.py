"""Which approved texts a patient reads, with the clinic's numbers filled in."""

from collections.abc import Iterable

from portico.clinic.model import ClinicSettings
from portico.intake.model import DangerLevel, Urgency
from portico.intake.rules import MOOD_ITEM
from portico.platform.content import RenderedGuidance as Guidance
from portico.platform.content import render_guidance
from portico.platform.content_files import Content
from portico.screening.model import DraftDanger

__all__ = ["Guidance", "guidance_for_danger", "level_keys", "rendered"]

MOOD_TEXT = "em.988"
URGENT_TEXT = "res.urgent"
CALL_TEXT = "res.call"
EMERGENCY_TEXT = "em.911"
SAME_DAY_TEXT = "sd.call"
FINISH_TEXT = "ro.finish"
DRAFT_TEXT = "ro.draft"
ERASED_TEXT = "ro.erased"
OLD_TEXT = "ro.old"
ACKNOWLEDGED_TEXT = "ro.ack"


def rendered(
    content: Content, settings: ClinicSettings, keys: Iterable[str], *, about: str | None
) -> tuple[Guidance, ...]:
    """The texts of these keys, in their order, each once. A text that the content lacks is left out.

    `about` is the patient's name, for a reader who acts for the patient.
    """
    known = (content.guidance.get(key) for key in dict.fromkeys(keys))
    return tuple(render_guidance(text, settings.values, about=about) for text in known if text is not None)


def guidance_for_danger(
    content: Content,
    settings: ClinicSettings,
    found: DraftDanger,
    *,
    standing: DangerLevel | None = None,
    about: str | None,
) -> tuple[Guidance, ...]:
    """What to do now, for the answers just saved; `standing` is a danger that nobody has resolved yet."""
    items = set(found.link_ids) - set(found.words)
    return rendered(content, settings, danger_keys(found.level, items, standing, found.texts), about=about)


def danger_keys(
    level: DangerLevel | None,
    link_ids: Iterable[str],
    standing: DangerLevel | None = None,
    texts: Iterable[str] = (),
) -> tuple[str, ...]:
    """Keys of the danger texts, the most urgent first. `texts` are those that the patient's own words ask for."""
    items = set(link_ids)
    own = [key for key in texts if level != "E" or key.startswith("em.")]
    keys = [MOOD_TEXT] if level == "E" and MOOD_ITEM in items else []
    keys.extend(own)
    says_where_to_go = set(own) - {MOOD_TEXT} or (keys and not items - {MOOD_ITEM})
    if (level == "E" and not says_where_to_go) or (level != "E" and standing == "E"):
        keys.append(URGENT_TEXT)
    if not keys and (level == "U" or standing == "U"):
        keys.append(CALL_TEXT)
    return tuple(dict.fromkeys(keys))


def level_keys(level: Urgency | None, texts: Iterable[str], standing: DangerLevel | None = None) -> tuple[str, ...]:
    """Keys of the texts of a check-in: those of the rules that set its level, and what a level needs without any.

    A danger that still stands is told although the answers were taken back; the general call gives way to a special one.
    """
    keys = tuple(dict.fromkeys(texts))
    if standing == "E" and level != "emergency":
        return (EMERGENCY_TEXT,)
    if level in ("emergency", "call_now"):
        return keys or (EMERGENCY_TEXT,)
    if level == "same_day":
        return tuple(key for key in keys if key != SAME_DAY_TEXT) or (SAME_DAY_TEXT,)
    return keys if standing is None else (SAME_DAY_TEXT,)
