"""Drafts that nobody touched for too long: their answers are erased, their existence is kept."""

from collections.abc import Sequence

from portico.access import SystemScope
from portico.audit import Object, record_system
from portico.ids import ClinicId
from portico.intake import queries
from portico.intake.documents import release_documents
from portico.intake.rules import moved
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
            await record_system(tx, "change", Object("response", row.response_id), patient=row.patient_id)
    return len(expired)


DUE: Sequence[DueWork] = (DueWork(name="drafts", clinics=queries.CLINICS_WITH_EXPIRED, act=expire_drafts),)
