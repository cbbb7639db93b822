"""Drafts that nobody touched for too long: their answers are erased, their existence is kept.

The patient is asked to finish one before, and told of it after. Of a check-in soon after a procedure somebody of the staff
is told first; it is erased once they have dealt with it. So is a draft that was thrown away with a danger in it.
"""

from collections.abc import Sequence

from portico.access import SystemScope
from portico.audit import Object, record_system
from portico.ids import ClinicId
from portico.intake import check_in_queries, queries
from portico.intake.documents import release_documents
from portico.intake.model import StoredResponse
from portico.intake.rules import moved
from portico.intake.unfinished import raise_unfinished
from portico.notify.actions import enqueue
from portico.notify.model import patient
from portico.platform.database import Tx
from portico.platform.due import DueWork
from portico.platform.site import Site


async def expire_drafts(site: Site, clinic_id: ClinicId, limit: int) -> int:
    """Erases up to `limit` drafts of one clinic that have expired, and tells how many it erased.

    One with an unresolved escalation stays as it is: whoever must act on it may need the answers.
    """
    async with site.db.transaction(SystemScope(clinic_id, "draft expiry")) as tx:
        expired = await queries.lock_expired(tx, limit)
        for row in expired:
            await queries.erase(tx, row.response_id, moved(row.state, "expire"))
            await release_documents(tx, site, row)
            if row.kind == "intake" and row.state == "draft":
                await _tell(tx, row, "reminder-draft-erased", f"erased:{row.response_id}")
            await record_system(tx, "change", Object("response", row.response_id), patient=row.patient_id)
    return len(expired)


async def chase_unfinished(site: Site, clinic_id: ClinicId, limit: int) -> int:
    """Asks the patients to finish up to `limit` drafts of one clinic, and tells staff of the check-ins among them."""
    async with site.db.transaction(SystemScope(clinic_id, "unfinished drafts")) as tx:
        waiting = await check_in_queries.lock_to_finish(tx, limit)
        for row in waiting:
            await check_in_queries.asked_to_finish(tx, row.response_id)
            key = f"unfinished:{row.response_id}:{row.revision}"
            if row.kind == "intake":
                await _tell(tx, row, "reminder-draft", key)
            elif await raise_unfinished(tx, site, row):
                await _tell(tx, row, "check-in-unfinished", key)
            await record_system(tx, "change", Object("response", row.response_id), patient=row.patient_id)
    return len(waiting)


async def _tell(tx: Tx, row: StoredResponse, kind: str, key: str) -> None:
    """Word without content to whoever acts for the patient now."""
    await enqueue(tx, kind=kind, recipient=patient(row.patient_id), dedupe_key=key)


DUE: Sequence[DueWork] = (
    DueWork(name="drafts", clinics=queries.CLINICS_WITH_EXPIRED, act=expire_drafts),
    DueWork(name="unfinished drafts", clinics=check_in_queries.CLINICS_TO_FINISH, act=chase_unfinished),
)
