"""Delivering what the outbox holds: at least once, and never lost.

A row is taken in one transaction (due again later), handed over outside any transaction, and marked in a second one:
a crash on the way means that it is sent again with the same Message-ID.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import msgspec

from portico.access import SystemScope
from portico.ids import ClinicId
from portico.notify import queries
from portico.notify.mail import Envelope, Mail, MailRefused, mail_of
from portico.notify.model import Delivery
from portico.notify.paging import call
from portico.notify.preparing import Call, Letter, Outcome, prepare
from portico.notify.rules import failed, put_back, sent
from portico.platform.database import Query
from portico.platform.due import DueClinic, DueWork
from portico.platform.site import Site

_AT_ONCE = 5
"""Mails and calls on their way at the same time."""

DUE_CLINICS = Query(
    DueClinic,
    "select clinic_id, min(due_at) as due_at from notification where due_at <= $1 group by clinic_id order by 2",
)


async def deliver_due(site: Site, clinic_id: ClinicId, limit: int) -> int:
    """Delivers up to `limit` due notifications of one clinic and tells how many it took; mail waits for a mail server."""
    mail = mail_of(site.settings)
    scope = SystemScope(clinic_id, "delivering notifications")
    async with site.db.transaction(scope) as tx:
        rows = await queries.due_locked(tx, limit, has_mail=mail is not None)
        outcomes: list[Outcome] = []
        for row in rows:
            outcome = await prepare(tx, site, row)
            if isinstance(outcome, Letter) and mail is None:
                # A danger's other channels are on their way all the same; its mail waits.
                outcome = put_back(row, tx.now, outcome.delivery.channel)
            outcomes.append(outcome)
        await queries.store(tx, [each.delivery if isinstance(each, Letter | Call) else each for each in outcomes])
    under_way = [each for each in outcomes if not isinstance(each, Delivery)]
    if under_way:
        after = await _hand_over(site, mail, under_way)
        async with site.db.transaction(scope) as tx:
            await queries.store(tx, after)
    return len(rows)


async def _hand_over(site: Site, mail: Mail | None, under_way: Sequence[Letter | Call]) -> list[Delivery]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def hand_over(one: Letter | Call) -> Delivery:
        now = site.db.clock.now()
        try:
            async with gate:
                if isinstance(one, Call):
                    page = msgspec.structs.replace(one.page, at=now)
                    await call(one.url, one.secret, page, site.settings.page_networks)
                else:
                    assert mail is not None
                    await mail.send(_envelope(one, now))
        except MailRefused as refusal:
            return failed(one.delivery, refusal.code)
        return sent(one.delivery, now)

    return await asyncio.gather(*(hand_over(one) for one in under_way))


def _envelope(letter: Letter, now: datetime) -> Envelope:
    return Envelope(
        notification_id=letter.delivery.notification_id,
        to=letter.to,
        at=now,
        words=letter.words,
        link=letter.link,
        code=letter.code,
        clinic=letter.clinic,
        until=letter.until,
    )


DUE: Sequence[DueWork] = (DueWork(name="notifications", clinics=DUE_CLINICS, act=deliver_due),)
