"""Sending: one transaction that stores a message exactly once, whatever is lost on the way and however often it is sent.

A commit whose answer is lost is not tried again here: the sender does, under the same id, and hears what was stored.
"""

from portico.access import Caller
from portico.errors import OtherPatient
from portico.ids import PatientId, ThreadId
from portico.messaging import actions
from portico.messaging.limits import count_send
from portico.messaging.model import NewThread, Parcel
from portico.messaging.reading import Letter, Reading, letter_of, reading_of
from portico.platform.database import Tx
from portico.platform.site import Site


class Delivered(Letter, frozen=True, kw_only=True):
    """A stored message as its sender reads it, and whether it was stored just now."""

    is_new: bool


async def start_thread(site: Site, caller: Caller, new: NewThread, parcel: Parcel) -> tuple[Reading, Delivered]:
    """A thread with its first message. Raises what `actions.open_thread` raises, and TooManySends."""
    await count_send(site, caller)
    async with site.db.transaction(caller.scope) as tx:
        sent = await actions.open_thread(tx, site, caller, new, parcel)
        letter = await letter_of(tx, site, caller, sent.message)
        reading = await reading_of(tx, site, caller, sent.thread.thread_id)
    return reading, delivered(letter, is_new=sent.is_new)


async def send_message(
    site: Site, caller: Caller, thread_id: ThreadId, parcel: Parcel, patient_id: PatientId | None = None
) -> Delivered:
    """The next message of a thread. Raises what `actions.append` raises, OtherPatient and TooManySends."""
    await count_send(site, caller)
    async with site.db.transaction(caller.scope) as tx:
        if patient_id is not None:
            await check_patient(tx, caller, thread_id, patient_id)
        sent = await actions.append(tx, site, caller, thread_id, parcel)
        letter = await letter_of(tx, site, caller, sent.message)
    return delivered(letter, is_new=sent.is_new)


async def check_patient(tx: Tx, caller: Caller, thread_id: ThreadId, patient_id: PatientId) -> None:
    """Two tabs for two people never mix. Raises NotFound and OtherPatient."""
    if (await actions.seen_thread(tx, caller, thread_id)).patient_id != patient_id:
        message = "This thread is about another patient."
        raise OtherPatient(message)


def delivered(letter: Letter, *, is_new: bool) -> Delivered:
    """The letter as its sender gets it back."""
    return Delivered(
        message=letter.message,
        body=letter.body,
        reason=letter.reason,
        guidance=letter.guidance,
        files=letter.files,
        is_new=is_new,
    )
