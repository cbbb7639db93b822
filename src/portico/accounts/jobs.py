"""Housekeeping: sessions that ended long ago, and counts of tries that nobody needs any more."""

from collections.abc import Sequence

from portico.access import SystemScope
from portico.accounts import housekeeping_queries as queries
from portico.ids import ClinicId
from portico.platform.due import DueWork
from portico.platform.site import Site


async def forget_sessions(site: Site, clinic_id: ClinicId, limit: int) -> int:
    """Deletes up to `limit` sessions of one clinic that could not have been used for a week; the audit record stays."""
    async with site.db.transaction(SystemScope(clinic_id, "old sessions")) as tx:
        return await queries.delete_sessions(tx, limit)


async def forget_tries(site: Site, clinic_id: ClinicId, limit: int) -> int:
    """Deletes counts of tries of days gone by. They are the installation's; one clinic stands for it."""
    del clinic_id
    async with site.db.unscoped("counts of tries hold no people") as statements:
        return await queries.delete_tries(statements, limit)


DUE: Sequence[DueWork] = (
    DueWork(name="sessions", clinics=queries.CLINICS_WITH_OLD_SESSIONS, act=forget_sessions, is_housekeeping=True),
    DueWork(name="tries", clinics=queries.CLINIC_FOR_OLD_TRIES, act=forget_tries, is_housekeeping=True),
)
