"""Files of messages: sent to the portal first, they belong to a message from the moment it is stored."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from portico.care import attachments
from portico.care.attachments_model import Attachment, Holder
from portico.ids import AttachmentId, MessageId, PatientId
from portico.messaging.model import Parcel, StoredMessage
from portico.platform.database import Tx
from portico.platform.site import Site


async def names_of(tx: Tx, site: Site, patient_id: PatientId, parcel: Parcel) -> tuple[str, ...]:
    """The names of the parcel's files, which are read for danger as words are; nobody else uses them meanwhile.

    Raises AttachmentUnknown for a file that this sender cannot send about this patient.
    """
    ids = ids_of(parcel.attachments)
    if not ids:
        return ()
    holder = holder_of(parcel.message_id)
    found = await attachments.usable(tx, site, patient_id=patient_id, attachment_ids=ids, holder=holder)
    if any(each not in found for each in ids):
        raise attachments.AttachmentUnknown
    return tuple(found[each].name for each in ids)


async def bind(tx: Tx, patient_id: PatientId, parcel: Parcel) -> None:
    """Makes the parcel's files part of its message, in the transaction that stores it. Raises AttachmentUnknown."""
    if parcel.attachments:
        ids = ids_of(parcel.attachments)
        await attachments.bind(tx, patient_id=patient_id, attachment_ids=ids, holder=holder_of(parcel.message_id))


async def files_of(
    tx: Tx, site: Site, patient_id: PatientId, messages: Sequence[StoredMessage]
) -> Mapping[MessageId, tuple[Attachment, ...]]:
    """The files of these messages, each in the order in which they were sent."""
    named = {each.message_id: each.attachments for each in messages if each.attachments}
    if not named:
        return {}
    found = await attachments.attachments_of(tx, site, patient_id, "message", list(named))
    return {message_id: _in_order(found.get(message_id, ()), ids) for message_id, ids in named.items()}


def ids_of(named: Sequence[UUID]) -> list[AttachmentId]:
    """Each file once, in the order in which it was named first."""
    return [AttachmentId(each) for each in dict.fromkeys(named)]


def holder_of(message_id: MessageId) -> Holder:
    return Holder("message", message_id)


def _in_order(files: Sequence[Attachment], ids: Sequence[UUID]) -> tuple[Attachment, ...]:
    by_id = {each.attachment_id: each for each in files}
    return tuple(by_id[each] for each in ids_of(ids) if each in by_id)
