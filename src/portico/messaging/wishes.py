"""Words that a patient wrote elsewhere in the portal, read as any message is; a danger in them becomes a message."""

from portico.access import Caller
from portico.ids import MessageId, PatientId
from portico.messaging import queries, rules
from portico.messaging.actions import open_thread
from portico.messaging.assessing import assess
from portico.messaging.model import NewThread, Parcel, StoredMessage
from portico.platform.database import Tx
from portico.platform.site import Site


async def send_if_dangerous(
    tx: Tx, site: Site, caller: Caller, new: NewThread, parcel: Parcel, scope: str
) -> StoredMessage | None:
    """Sends the words to the nurses as the writer's own message when they are above routine; None when they are not.

    `scope` is what lets the writer write these words: who may not send messages for the patient is heard all the same.
    Raises ClinicNotOpen, which says whom to call.
    """
    found = await assess(tx, site, new.patient_id, subject="", body=parcel.body or "")
    if not rules.is_above_routine(found.level):
        return None
    return (await open_thread(tx, site, caller, new, parcel, found, scope=scope)).message


async def was_sent(tx: Tx, caller: Caller, patient_id: PatientId, message_id: MessageId) -> bool:
    """Whether this person's words about the patient are a message already: the same form was sent twice."""
    found = await queries.message(tx, message_id)
    return found is not None and (found.patient_id, found.author_id) == (patient_id, caller.account_id)
