"""What follows from a reading: rule ids for an escalation and the texts that the patient is shown. Pure."""

from collections.abc import Mapping

from portico.triage.model import Reading
from portico.triage.rows import GUIDANCE, ST_IDS

FAILED = "failed"
"""The row of a reading that did not come about (ST30)."""

_EMERGENCY_TEXTS: Mapping[str, str] = {"T10": "em.infection"}
"""Rows whose own text is a same-day one, and the emergency text that fits them better than `em.911`."""


def rules_of(reading: Reading) -> tuple[str, ...]:
    """The rule ids of clinical.md section 11, the most urgent row first; empty for a routine reading without rows."""
    ids = ["ST30" if row == FAILED else ST_IDS[row] for row in reading.rows]
    return tuple(dict.fromkeys(ids))


def guidance_keys(reading: Reading) -> tuple[str, ...]:
    """The patient texts of clinical.md section 11 in order of urgency; none for a routine reading.

    A row that is an emergency by its level always brings an `em.` text: `em.911` where its own is a same-day one.
    """
    if reading.level == "routine":
        return ()
    keys = [GUIDANCE.get(row, "sd.call") for row in reading.rows] or ["sd.call"]
    if reading.level == "same_day":
        keys = [key if key.startswith("sd.") else "sd.call" for key in keys]
    elif not keys[0].startswith("em."):
        keys.insert(0, _EMERGENCY_TEXTS.get(reading.rows[0], "em.911") if reading.rows else "em.911")
    emergencies_first = sorted(dict.fromkeys(keys), key=lambda key: not key.startswith("em."))
    return tuple(emergencies_first)
