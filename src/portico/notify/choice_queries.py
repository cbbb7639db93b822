"""Statements on what people chose, where staff are paged, and what reached nobody."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from portico.ids import AccountId
from portico.notify.model import Choice, PageAddress, Undelivered
from portico.platform.database import Command, Query, Tx


class ChoiceRow(msgspec.Struct, frozen=True):
    """The kinds that an account does without."""

    off: tuple[Choice, ...]


CHOICE = Query(ChoiceRow, "select off from notification_choice where clinic_id = $1 and account_id = $2")

SET_CHOICE = Command("""
    insert into notification_choice (clinic_id, account_id, off, changed_at) values ($1, $2, $3, $4)
    on conflict (clinic_id, account_id) do update set off = excluded.off, changed_at = excluded.changed_at
""")

OWN_PAGE_ADDRESS = Query(
    PageAddress, "select account_id, page_address_sealed from staff where clinic_id = $1 and account_id = $2"
)

UNDELIVERED = Query(
    Undelivered,
    """
    select notification.notification_id, notification.kind, notification.channel, notification.recipient,
        notification.address, account.name as account_name, account.email, account.patient_id, notification.attempts,
        coalesce('bounced-' || notification.return_code, notification.error_code) as error_code, notification.created_at
    from notification
    left join account on account.clinic_id = notification.clinic_id
        and notification.recipient = 'account:' || account.account_id
    where notification.clinic_id = $1 and notification.due_at is null
        and (notification.sent_at is null or notification.returned_at is not null)
        and (notification.returned_at is not null
            or (notification.error_code is not null and not notification.error_code = any ($2::text[])))
        and (notification.created_at, notification.notification_id) < ($3::timestamptz, $4::uuid)
    order by notification.created_at desc, notification.notification_id desc
    limit $5
    """,
)


async def choice(tx: Tx, account_id: AccountId) -> Sequence[Choice]:
    """What the account does without; nothing while it never chose."""
    found = await tx.first(CHOICE, tx.clinic_id, account_id)
    return () if found is None else found.off


async def set_choice(tx: Tx, account_id: AccountId, off: Sequence[Choice]) -> None:
    """Stores what the account does without."""
    await tx.run(SET_CHOICE, tx.clinic_id, account_id, list(off), tx.now)


async def own_page_address(tx: Tx, account_id: AccountId) -> PageAddress | None:
    """Where this member of staff is paged."""
    return await tx.first(OWN_PAGE_ADDRESS, tx.clinic_id, account_id)


async def undelivered(tx: Tx, quiet: Sequence[str], before: tuple[datetime, UUID], limit: int) -> Sequence[Undelivered]:
    """What reached nobody or came back, newest first, except what ended unsent on purpose."""
    return await tx.all(UNDELIVERED, tx.clinic_id, list(quiet), *before, limit)
