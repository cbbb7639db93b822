"""`portico mail bounced`: one mail from standard input, as a mail server's alias or a fetcher of mail pipes it."""

import sys
from collections.abc import Mapping
from typing import BinaryIO

from portico.clinic.returned_mail import TakenResult, take_report
from portico.errors import StartupRefused, Unavailable
from portico.notify.delivery_status import MOST_BYTES
from portico.notify.mail import mail_host
from portico.platform import migrate
from portico.platform.clock import RandomIds, SystemClock
from portico.platform.database import Database
from portico.settings import BASE_URL, WORKER_DATABASE_URL, required

TRY_AGAIN = 75
"""EX_TEMPFAIL of sysexits.h: the mail server keeps the mail and pipes it again."""

SENTENCES: Mapping[TakenResult, str] = {
    "returned": "One of our mails came back; staff see it now.",
    "known": "This was known already.",
    "unknown": "It names a mail that this portal has not sent.",
    "delayed": "One of our mails is late; the mail server still tries.",
    "delivered": "One of our mails arrived.",
    "failed": "One of our mails came back.",
    "no-report": "This is no report about a mail; nothing was changed.",
    "not-ours": "It is about a mail of somebody else; nothing was changed.",
    "ambiguous": "It names several of our mails; nothing was changed.",
    "too-large": "It is too large to be a report; nothing was changed.",
    "malformed": "It cannot be read as a report; nothing was changed.",
}


async def bounced(env: Mapping[str, str], given: BinaryIO | None = None) -> int:
    """Takes one report, and prints what was done, without any word of it.

    0 whatever the mail holds, for a report must not be answered with another; 75 while it cannot be taken. Needs the
    worker's address and the address of the portal, and no keys.
    """
    content = _content(given or sys.stdin.buffer)
    try:
        dsn, base_url = required(env, WORKER_DATABASE_URL), required(env, BASE_URL)
        await migrate.refuse_pending(dsn)
        db = await Database.connect(dsn, clock=SystemClock(), ids=RandomIds(), size=1)
        try:
            taken = await take_report(db, content, mail_host(base_url))
        finally:
            await db.close()
    except (StartupRefused, Unavailable) as refusal:
        print(f"portico: {refusal}", file=sys.stderr)
        return TRY_AGAIN
    print(" ".join(filter(None, (taken.result, taken.code, SENTENCES[taken.result]))))
    return 0


def _content(given: BinaryIO) -> bytes:
    """As much as is read of a mail. The rest is taken and thrown away: whoever pipes it must not break off."""
    content = given.read(MOST_BYTES + 1)
    while given.read(65536):
        pass
    return content
