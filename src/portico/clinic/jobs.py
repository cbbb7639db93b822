"""Reading, from time to time, the mailbox to which mail comes back. It belongs to no clinic, so it is no due work of one."""

import asyncio
from datetime import timedelta

from portico.clinic.returned_mail import OURS, take_report
from portico.notify.bounce_mailbox import BounceMailbox, MailboxRefused
from portico.notify.mail import mail_host
from portico.platform.due import code_of
from portico.platform.logs import log
from portico.platform.site import Site

EVERY = timedelta(minutes=3)
"""How often the mailbox is looked into."""
_OLDEST = timedelta(days=30)
"""Mail servers give up after about five days; older mail is no news, and a full mailbox is not read from its beginning."""


async def keep_reading_returned(site: Site, stop: asyncio.Event, every: timedelta = EVERY) -> None:
    """Looks into the mailbox of the settings until told to stop; at once when there is none.

    A mailbox that cannot be read is logged by its code and tried again; `portico doctor` says so, too.
    """
    if site.settings.bounce_mailbox is None:
        return
    mailbox = BounceMailbox(site.settings.bounce_mailbox)
    while not stop.is_set():
        try:
            await read_returned(site, mailbox)
        except MailboxRefused as refusal:
            log("bounce-mailbox-failed", error=refusal.code)
        except Exception as error:  # noqa: BLE001 - a database that is down must not end the reading
            log("bounce-mailbox-failed", error=code_of(error))
        try:
            await asyncio.wait_for(stop.wait(), timeout=every.total_seconds())
        except TimeoutError:
            continue


async def read_returned(site: Site, mailbox: BounceMailbox) -> int:
    """Takes each report of ours that nobody has read, and tells how many mails it looked at.

    Raises MailboxRefused and Unavailable.
    """

    async def take(content: bytes) -> bool:
        taken = await take_report(site.db, content, mail_host(site.settings.base_url))
        site.metrics.report_taken(taken.result)
        if taken.result != "no-report":
            named = None if taken.notification_id is None else str(taken.notification_id)
            log("mail-report", result=taken.result, status=taken.code, notification=named)
        return taken.result in OURS

    return await mailbox.read((site.db.clock.now() - _OLDEST).date(), take)
