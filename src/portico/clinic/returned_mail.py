"""Mail that came back after the mail server had taken it: kept with its status, so that staff see it.

A report is about one row of one clinic. Nobody answers it: it has no sender (RFC 5321, 4.5.5).
"""

from typing import Literal
from uuid import UUID

import msgspec

from portico.access import SystemScope
from portico.audit import Object, record_system
from portico.clinic import opening_queries
from portico.clinic.page_testing import void_tests
from portico.clinic.queries import all_clinics
from portico.ids import AccountId
from portico.notify.actions import enqueue
from portico.notify.delivery_status import Result, read_report
from portico.notify.model import ADMIN_POOL
from portico.notify.return_queries import Handed, handed_locked, set_returned
from portico.notify.rules import recipient_of
from portico.platform.database import Database, Tx

TakenResult = Result | Literal["returned", "known", "unknown"]
"""What was done: `returned`: marked now; `known`: marked before; `unknown`: no clinic here has handed it over."""

OURS: frozenset[TakenResult] = frozenset({"returned", "known", "delayed", "delivered"})
"""Results that leave nobody anything to do with the report itself."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one report, without any word of it."""

    result: TakenResult
    notification_id: UUID | None = None
    code: str | None = None


async def take_report(db: Database, content: bytes, host: str) -> Taken:
    """Marks the mail that this report is about when it came back; once more changes nothing. Raises Unavailable.

    `host` is what the ids of our mails end in. What is no report of ours gets a result and changes nothing.
    """
    report = read_report(content, host)
    if report.result != "failed" or report.notification_id is None or report.code is None:
        return Taken(result=report.result, notification_id=report.notification_id, code=report.code)
    result = await _mark(db, report.notification_id, report.code)
    return Taken(result=result, notification_id=report.notification_id, code=report.code)


async def _mark(db: Database, notification_id: UUID, code: str) -> TakenResult:
    """An id tells nothing of its clinic: each is asked for its own rows, and at most one has it."""
    async with db.unscoped("which clinics there are") as statements:
        clinics = await all_clinics(statements)
    for clinic in clinics:
        async with db.transaction(SystemScope(clinic.clinic_id, "mail that came back")) as tx:
            found = await handed_locked(tx, notification_id)
            if found is not None:
                if found.is_returned:
                    return "known"
                await _take_back(tx, found, code)
                return "returned"
    return "unknown"


async def _take_back(tx: Tx, mail: Handed, code: str) -> None:
    await set_returned(tx, mail.notification_id, code)
    target = Object("notification", mail.notification_id)
    await record_system(tx, "change", target, patient=mail.patient_id, outcome="returned")
    if mail.channel == "page":
        await _distrust_page_address(tx, mail)


async def _distrust_page_address(tx: Tx, page: Handed) -> None:
    """Pages to this person do not arrive: what an earlier test showed holds no longer, and admins hear of it now.

    A test that is newer than the page may be of another address, and stands.
    """
    recipient = recipient_of(page.recipient)
    if recipient is None or recipient.kind != "account":
        return
    await void_tests(tx, AccountId(UUID(recipient.name)), until=page.created_at)
    if await opening_queries.opening(tx) is not None:
        cause = f"page-returned:{page.notification_id}"
        await enqueue(tx, kind="opening-gap", recipient=ADMIN_POOL, dedupe_key=cause)
