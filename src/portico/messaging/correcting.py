"""A message taken back and its corrected copy, together or not at all; both are kept."""

from uuid import UUID

import msgspec

from portico.access import Caller
from portico.ids import MessageId, PatientId, ThreadId
from portico.messaging.actions import append
from portico.messaging.handling import retract_in
from portico.messaging.limits import count_send
from portico.messaging.model import Parcel
from portico.messaging.reading import letter_of
from portico.messaging.sending import Delivered, check_patient, delivered
from portico.platform.site import Site


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """Why a message is taken back, and what stands in its place, if anything."""

    reason: str
    body: str | None
    new_id: MessageId
    attachments: tuple[UUID, ...] = ()
    """Files of the copy: those of the message stay with it."""


async def correct(
    site: Site,
    caller: Caller,
    thread_id: ThreadId,
    message_id: MessageId,
    correction: Correction,
    *,
    patient_id: PatientId | None = None,
) -> Delivered | None:
    """Takes the message back and sends the copy, which answers it. The same again changes nothing.

    Raises what `handling.retract` and `actions.append` raise.
    """
    await count_send(site, caller)
    async with site.db.transaction(caller.scope) as tx:
        if patient_id is not None:
            await check_patient(tx, caller, thread_id, patient_id)
        await retract_in(tx, site, caller, thread_id, message_id, correction.reason)
        if correction.body is None and not correction.attachments:
            return None
        parcel = Parcel(
            message_id=correction.new_id,
            body=correction.body or "",
            attachments=correction.attachments,
            reply_to=message_id,
        )
        sent = await append(tx, site, caller, thread_id, parcel)
        letter = await letter_of(tx, site, caller, sent.message)
    return delivered(letter, is_new=sent.is_new)
