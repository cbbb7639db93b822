"""Delivering what the outbox holds: at least once, and never lost.

A row is taken in one transaction (due again later), handed over outside any transaction, and marked in a second one:
a crash on the way means that it is sent again with the same Message-ID.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import msgspec

from portico.access import SystemScope
from portico.ids import AccountId, ClinicId, PatientId
from portico.notify import queries
from portico.notify.actions import enqueue
from portico.notify.mail import Envelope, Mail, MailRefused, Words, mail_of
from portico.notify.model import Addressee, Delivery, Notification, Recipient, account
from portico.notify.rules import POOL_ROLES, failed, recipient_of, sent, taken
from portico.platform.database import Query, Tx
from portico.platform.due import DueClinic, DueWork
from portico.platform.site import Site
from portico.platform.vault import Place, Vault

_AT_ONCE = 5
"""Mails on their way to the server at the same time."""

DUE_CLINICS = Query(
    DueClinic,
    "select clinic_id, min(due_at) as due_at from notification where due_at <= $1 group by clinic_id order by 2",
)


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What is handed over: the row as it is while on its way, where to, and the link it carries."""

    delivery: Delivery
    to: str
    words: Words = "news"
    link: str | None = None


async def deliver_due(site: Site, clinic_id: ClinicId, limit: int) -> int:
    """Delivers up to `limit` due notifications of one clinic and tells how many it took; none while mail must wait."""
    mail = mail_of(site.settings)
    if mail is None:
        return 0
    scope = SystemScope(clinic_id, "delivering notifications")
    async with site.db.transaction(scope) as tx:
        rows = await queries.due_locked(tx, limit)
        outcomes = [await _prepare(tx, site.vault, row) for row in rows]
        await queries.store(tx, [each.delivery if isinstance(each, Letter) else each for each in outcomes])
    letters = [each for each in outcomes if isinstance(each, Letter)]
    if letters:
        after = await _hand_over(site, mail, letters)
        async with site.db.transaction(scope) as tx:
            await queries.store(tx, after)
    return len(rows)


async def _prepare(tx: Tx, vault: Vault, row: Notification) -> Letter | Delivery:
    """The mail to hand over; what becomes of the row when there is none. A pool becomes one row for each account."""
    delivery = taken(row, tx.now)
    recipient = recipient_of(row.recipient)
    if recipient is None:
        return failed(delivery, "recipient-unknown", is_final=True)
    if recipient.kind == "letter":
        return await _letter(tx, vault, row, delivery)
    if recipient.kind == "account":
        found = await queries.address(tx, AccountId(UUID(recipient.name)))
        if found is None:
            return failed(delivery, "account-gone", is_final=True)
        return Letter(delivery=delivery, to=found.email)
    accounts = await _accounts(tx, recipient)
    for each in accounts:
        await enqueue(
            tx,
            kind=row.kind,
            recipient=account(each.account_id),
            dedupe_key=f"{row.notification_id}:{each.account_id}",
        )
    return sent(delivery, tx.now) if accounts else failed(delivery, "nobody-there")


async def _letter(tx: Tx, vault: Vault, row: Notification, delivery: Delivery) -> Letter | Delivery:
    if row.address is None:
        return failed(delivery, "recipient-unknown", is_final=True)
    if row.link_sealed is None:
        return Letter(delivery=delivery, to=row.address, words="changed")
    place = Place("notification", "link_sealed", row.notification_id)
    link = (await vault.clinic(tx)).open_text(place, row.link_sealed)
    return Letter(delivery=delivery, to=row.address, words="link", link=link)


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

    async def hand_over(letter: Letter) -> Delivery:
        now = site.db.clock.now()
        envelope = Envelope(
            notification_id=letter.delivery.notification_id, to=letter.to, at=now, words=letter.words, link=letter.link
        )
        try:
            async with gate:
                await mail.send(envelope)
        except MailRefused as refusal:
            return failed(letter.delivery, refusal.code)
        return sent(letter.delivery, now)

    return await asyncio.gather(*(hand_over(letter) for letter in letters))


DUE: Sequence[DueWork] = (DueWork(name="notifications", clinics=DUE_CLINICS, act=deliver_due),)
