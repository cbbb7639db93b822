"""Deadlines: an escalation that nobody acts on moves to the next rung, and people are told again."""

from collections.abc import Sequence

from portico.access import SystemScope
from portico.audit import Object, record_system
from portico.clinic.actions import settings_of
from portico.clinic.model import ClinicSettings
from portico.escalation import ladder, queries, rules
from portico.escalation.actions import enter
from portico.escalation.model import Escalation
from portico.escalation.queries import Step
from portico.ids import ClinicId
from portico.notify.model import CLINICAL_POOL, account
from portico.platform.database import Query, Tx
from portico.platform.due import DueClinic, DueWork
from portico.platform.site import Site

DUE_CLINICS = Query(
    DueClinic,
    "select clinic_id, min(deadline) as due_at from escalation where deadline <= $1 group by clinic_id order by 2",
)


async def move_overdue(site: Site, clinic_id: ClinicId, limit: int) -> int:
    """Moves up to `limit` escalations of one clinic whose deadline has come, and tells how many it moved."""
    async with site.db.transaction(SystemScope(clinic_id, "escalation deadlines")) as tx:
        settings = await settings_of(tx, site.content)
        due = await queries.due_locked(tx, limit)
        for current in due:
            await _move(tx, settings, current)
    return len(due)


async def _move(tx: Tx, settings: ClinicSettings, current: Escalation) -> None:
    event, after = rules.overdue(current, tx.now, settings)
    await queries.update(tx, after)
    told = ladder.told_on(after.rung, after.cause, settings)
    # Who said "I am on it" hears that the time is up, also when the rung is somebody else's.
    if current.acknowledged_by is not None and CLINICAL_POOL not in told:
        told = (*told, account(current.acknowledged_by))
    step = Step(event_id=tx.ids.new(), kind=event, actor_id=None, missed=rules.missed(current, tx.now))
    await enter(tx, after, step, told)
    target = Object("escalation", after.escalation_id)
    await record_system(tx, "change", target, patient=after.patient_id)


DUE: Sequence[DueWork] = (DueWork(name="escalations", clinics=DUE_CLINICS, act=move_overdue),)
