"""When messages must have been read is computed again while they wait and the calendar, the zone or the time allowed changes.

What was set stays set for whoever waits: a message that was looked after already is not counted a second time.
"""

from datetime import datetime

from portico.access import Caller
from portico.audit import Object, record
from portico.clinic.model import ClinicSettings
from portico.escalation.recomputing import moves_deadlines
from portico.messaging import due_queries
from portico.messaging.guidance import READ_HOURS, read_by
from portico.platform.database import Tx


def moves_read_by(key: str) -> bool:
    """Whether this setting says by when messages must have been read."""
    return key == READ_HOURS or moves_deadlines(key)


async def recompute_read_by(tx: Tx, caller: Caller, settings: ClinicSettings) -> int:
    """Gives every thread with unread messages the times that these settings give it, and tells how many moved.

    What is late by now is moved on by the worker at once.
    """
    moved = 0
    for row in await due_queries.waiting_locked(tx):
        by_staff = _due(settings, row.staff_unread_since)
        by_patient = _due(settings, row.patient_unread_since)
        if (by_staff, by_patient) != (row.unread_by_staff_due, row.unread_by_patient_due):
            await due_queries.set_due(tx, row, by_staff, by_patient)
            await record(tx, caller, "change", Object("thread", row.thread_id), patient=row.patient_id)
            moved += 1
    return moved


def _due(settings: ClinicSettings, since: datetime | None) -> datetime | None:
    return None if since is None else read_by(settings, since)
