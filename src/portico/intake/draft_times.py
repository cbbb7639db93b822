"""How long a draft waits: an intake for months, a check-in until the next one is due."""

from datetime import datetime, timedelta

import msgspec

from portico.care.procedure_queries import next_due
from portico.clinic.model import ClinicSettings
from portico.ids import PatientId
from portico.intake.model import ResponseKind
from portico.intake.rules import DRAFT_DAYS, REMIND_DAYS, expires_at, remind_at
from portico.platform.database import Tx

CHECK_IN_DAYS = 3
"""How long a check-in waits when no other is due and the clinic has not set `check_in.draft_days`."""


class DraftTimes(msgspec.Struct, frozen=True, kw_only=True):
    """When a draft that is saved now is erased, and when the patient is asked to finish it, and of a check-in staff told."""

    expires_at: datetime
    finish_due_at: datetime | None


async def times_of(tx: Tx, settings: ClinicSettings, kind: ResponseKind, patient_id: PatientId) -> DraftTimes:
    """Counted from now."""
    if kind == "intake":
        days = int(settings.value("intake.draft_days") or DRAFT_DAYS)
        end, before = expires_at(tx.now, days), int(settings.value("intake.remind_days") or REMIND_DAYS)
        return DraftTimes(expires_at=end, finish_due_at=remind_at(tx.now, end, before))
    days = int(settings.value("check_in.draft_days") or CHECK_IN_DAYS)
    end = await next_due(tx, patient_id) or expires_at(tx.now, days)
    idle = settings.value("check_in.idle_hours")
    return DraftTimes(
        expires_at=end, finish_due_at=end if idle is None else min(end, tx.now + timedelta(hours=int(idle)))
    )
