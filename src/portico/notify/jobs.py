"""Delivering what the outbox holds: at least once, and never lost.

A row is taken in one transaction (due again later), handed over outside any transaction, and marked in a second one:
a crash on the way means that it is sent again with the same Message-ID.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from portico.access import SystemScope
from portico.ids import AccountId, ClinicId, PatientId
from portico.notify import queries
from portico.notify.actions import enqueue
from portico.notify.mail import Envelope, Mail, MailRefused, mail_of
from portico.notify.model import Addressee, Delivery, Notification, Recipient, account
from portico.notify.rules import POOL_ROLES, failed, recipient_of, sent, taken
from portico.platform.database import Query, Tx
from portico.platform.due import DueClinic, DueWork
from portico.platform.site import Site

_AT_ONCE = 5
"""Mails on their way to the server at the same time."""

DUE_CLINICS = Query(
    DueClinic,
    "select clinic_id, min(due_at) as due_at from notification where due_at <= $1 group by clinic_id order by 2",
)

Letter = tuple[Delivery, str]


async def deliver_due(site: Site, clinic_id: ClinicId, limit: int) -> int:
    """Delivers up to `limit` due notifications of one clinic and tells how many it took; none while mail must wait."""
    mail = mail_of(site.settings)
    if mail is None:
        return 0
    scope = SystemScope(clinic_id, "delivering notifications")
    async with site.db.transaction(scope) as tx:
        rows = await queries.due_locked(tx, limit)
        outcomes = [await _prepare(tx, row) for row in rows]
        await queries.store(tx, [delivery for delivery, _ in outcomes])
    letters = [(delivery, to) for delivery, to in outcomes if to is not None]
    if letters:
        after = await _hand_over(site, mail, letters)
        async with site.db.transaction(scope) as tx:
            await queries.store(tx, after)
    return len(rows)


async def _prepare(tx: Tx, row: Notification) -> tuple[Delivery, str | None]:
    """The row as it is while on its way, with its address; a pool or patient becomes one row for each account."""
    delivery = taken(row, tx.now)
    recipient = recipient_of(row.recipient)
    if recipient is None:
        return failed(delivery, "recipient-unknown", is_final=True), None
    if recipient.kind == "account":
        found = await queries.address(tx, AccountId(UUID(recipient.name)))
        if found is None:
            return failed(delivery, "account-gone", is_final=True), None
        return delivery, found.email
    accounts = await _accounts(tx, recipient)
    for each in accounts:
        await enqueue(
            tx,
            kind=row.kind,
            recipient=account(each.account_id),
            dedupe_key=f"{row.notification_id}:{each.account_id}",
        )
    return (sent(delivery, tx.now) if accounts else failed(delivery, "nobody-there")), None


async def _accounts(tx: Tx, recipient: Recipient) -> Sequence[Addressee]:
    if recipient.kind == "patient":
        return await queries.acting_for(tx, PatientId(UUID(recipient.name)))
    for roles in POOL_ROLES[recipient.name]:
        found = await queries.staff_with_role(tx, roles)
        if found:
            return found
    return ()


async def _hand_over(site: Site, mail: Mail, letters: Sequence[Letter]) -> list[Delivery]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def hand_over(delivery: Delivery, to: str) -> Delivery:
        now = site.db.clock.now()
        try:
            async with gate:
                await mail.send(Envelope(notification_id=delivery.notification_id, to=to, at=now))
        except MailRefused as refusal:
            return failed(delivery, refusal.code)
        return sent(delivery, now)

    return await asyncio.gather(*(hand_over(delivery, to) for delivery, to in letters))


DUE: Sequence[DueWork] = (DueWork(name="notifications", clinics=DUE_CLINICS, act=deliver_due),)
