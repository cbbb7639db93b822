"""Statements on mail that came back after the mail server had taken it."""

from datetime import datetime
from uuid import UUID

import msgspec

from portico.ids import PatientId
from portico.platform.database import Command, Query, Tx


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """A mail or page that has been handed over, and whether it is known to have come back."""

    notification_id: UUID
    kind: str
    recipient: str
    channel: str
    created_at: datetime
    patient_id: PatientId | None
    is_returned: bool


# A row that was never tried has no mail that could come back; a pool's own row has none either, and nobody knows its id.
HANDED_LOCKED = Query(
    Handed,
    """
    select notification.notification_id, notification.kind, notification.recipient, notification.channel,
        notification.created_at,
        (select account.patient_id from account
            where account.clinic_id = notification.clinic_id
                and notification.recipient = 'account:' || account.account_id) as patient_id,
        notification.returned_at is not null as is_returned
    from notification
    where notification.clinic_id = $1 and notification.notification_id = $2 and notification.attempts > 0
        and notification.channel in ('mail', 'page')
    for update of notification
    """,
)

# It is not tried again, also while whoever handed it over has not written yet that it did.
SET_RETURNED = Command("""
    update notification set returned_at = $3, return_code = $4, due_at = null, link_sealed = null
    where clinic_id = $1 and notification_id = $2
""")


async def handed_locked(tx: Tx, notification_id: UUID) -> Handed | None:
    """The mail with this id, held until the transaction ends; None when this clinic has handed over none such."""
    return await tx.first(HANDED_LOCKED, tx.clinic_id, notification_id)


async def set_returned(tx: Tx, notification_id: UUID, code: str) -> None:
    """From now on it counts as one that reached nobody, with the status that came back."""
    await tx.run(SET_RETURNED, tx.clinic_id, notification_id, tx.now, code)
