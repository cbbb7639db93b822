"""Asking for check-ins when they are due: word without content to whoever acts for the patient now."""

from collections.abc import Sequence

from portico.access import SystemScope
from portico.audit import Object, record_system
from portico.care import procedure_queries as queries
from portico.care.procedure_queries import DueRow
from portico.clinic.actions import settings_of
from portico.clinic.calendar import local_day
from portico.ids import ClinicId
from portico.notify.actions import enqueue
from portico.notify.model import patient
from portico.platform.due import DueWork
from portico.platform.site import Site


async def ask_for_check_ins(site: Site, clinic_id: ClinicId, limit: int) -> int:
    """Asks for up to `limit` check-ins of one clinic whose time has come, and tells how many it looked at.

    Nobody is asked about a patient who has died or left, nor one who has checked in since that day began.
    """
    async with site.db.transaction(SystemScope(clinic_id, "check-in reminders")) as tx:
        zone = (await settings_of(tx, site.content)).zone
        due = await queries.lock_due(tx, limit)
        for row in due:
            asks = row.patient_is_active and not _is_answered(row, zone)
            await queries.set_due_state(tx, row, "reminded" if asks else "skipped")
            if asks:
                key = f"check-in:{row.procedure_id}:{row.day}:{row.due_at.isoformat()}"
                await enqueue(tx, kind="check-in-due", recipient=patient(row.patient_id), dedupe_key=key)
                await record_system(tx, "change", Object("check_in_due", row.procedure_id), patient=row.patient_id)
    return len(due)


def _is_answered(row: DueRow, zone: str) -> bool:
    return row.last_check_in_at is not None and local_day(zone, row.last_check_in_at) >= local_day(zone, row.due_at)


DUE: Sequence[DueWork] = (DueWork(name="check-ins", clinics=queries.CLINICS_WITH_DUE, act=ask_for_check_ins),)
