"""Words that a patient wrote elsewhere in the portal, read as any message is; a danger in them becomes a message."""

from portico.access import Caller
from portico.ids import MessageId, PatientId, ThreadId
from portico.messaging import rules
from portico.messaging.actions import open_thread
from portico.messaging.assessing import assess
from portico.messaging.model import NewThread, Parcel, StoredMessage, Topic
from portico.platform.database import Tx
from portico.platform.site import Site


async def send_if_dangerous(
    tx: Tx, site: Site, caller: Caller, patient_id: PatientId, words: str, *, topic: Topic, subject: str, scope: str
) -> StoredMessage | None:
    """Sends the words to the nurses as the writer's own message when they are above routine; None when they are not.

    `scope` is what lets the writer write these words: who may not send messages for the patient is heard all the same.
    Raises ClinicNotOpen, which says whom to call.
    """
    found = await assess(tx, site, patient_id, subject="", body=words)
    if not rules.is_above_routine(found.level):
        return None
    new = NewThread(thread_id=ThreadId(tx.ids.new()), patient_id=patient_id, topic=topic, subject=subject)
    parcel = Parcel(message_id=MessageId(tx.ids.new()), body=words)
    return (await open_thread(tx, site, caller, new, parcel, found, scope=scope)).message
