"""The name of a patient as staff see it at the head of a page."""

from portico.access import Caller
from portico.errors import NotFound
from portico.ids import PatientId
from portico.messaging import queries
from portico.platform.site import Site


async def name_of(site: Site, caller: Caller, patient_id: PatientId) -> str:
    """Raises NotFound. The page that shows it has written its audit row."""
    async with site.db.transaction(caller.scope) as tx:
        found = await queries.patient(tx, patient_id)
    if found is None:
        raise NotFound
    return found.name
