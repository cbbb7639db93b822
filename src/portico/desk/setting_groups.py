"""Under which heading a setting stands on its page. Every setting has one: what is new falls into the last. Pure."""

from collections.abc import Mapping, Sequence

from portico.clinic.setting_views import SettingView

_HEADINGS: Mapping[str, str] = {
    "numbers": "Numbers",
    "hours": "Time zone and hours",
    "days": "Holidays and single days",
    "ladder": "Who is told, and when",
    "thresholds": "Thresholds",
    "texts": "Texts",
    "office": "Visits, fees and forms",
}
"""In the order of the page."""

_KEYS: Mapping[str, str] = {
    "clinic.phone": "numbers",
    "clinic.after_hours_phone": "numbers",
    "clinic.holidays": "days",
    "clinic.closings": "days",
    "clinic.extra_openings": "days",
    "clinic.hours_text": "texts",
    "clinic.reply_text": "texts",
}


def grouped(settings: Sequence[SettingView]) -> dict[str, list[SettingView]]:
    """The settings by heading; a heading without settings is left out."""
    found: dict[str, list[SettingView]] = {heading: [] for heading in _HEADINGS.values()}
    for view in settings:
        found[_HEADINGS[_group(view)]].append(view)
    return {heading: views for heading, views in found.items() if views}


def _group(view: SettingView) -> str:
    if view.key in _KEYS:
        return _KEYS[view.key]
    if view.declared.type == "text":
        return "texts"
    first = view.key.partition(".")[0]
    if first in ("ladder", "review"):
        return "ladder"
    if first == "clinic":
        return "hours"
    return "thresholds" if view.declared.signed_by == "clinician" else "office"
