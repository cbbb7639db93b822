"""Due work on files: collecting those that belong to nothing, asking the virus scanner again, erasing what it refused.

The keys go first and at once, then the bytes: from the mark on nobody can bind or read the file, and a crash anywhere
only repeats the deletion.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from portico.access import SystemScope
from portico.audit import Object, record_system
from portico.care import attachments_queries as queries
from portico.care.attachments import opened
from portico.care.attachments_queries import DueAttachment
from portico.care.rules import attachment_moved
from portico.errors import Unavailable
from portico.ids import ClinicId
from portico.platform.clamd import ScannerAway, Verdict
from portico.platform.due import DueWork
from portico.platform.envelope import SealBroken
from portico.platform.site import Site
from portico.platform.vault import Place

ERASE_AGAIN = timedelta(minutes=5)
"""When to try again to delete bytes whose store did not answer, or after a crash."""
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(minutes=15)


async def tend_attachments(site: Site, clinic_id: ClinicId, limit: int) -> int:
    """Does what is due about up to `limit` files of one clinic, and tells how many it took."""
    if not site.files.is_open:
        return 0
    async with site.db.transaction(SystemScope(clinic_id, "tending files")) as tx:
        rows = [_taken(row, tx.now) for row in await queries.lock_due(tx, limit)]
        await queries.collect(tx, [row for row in rows if _is_loose(row)])
        await queries.take_due(tx, [row for row in rows if not _is_loose(row)])
    for row in rows:
        if row.erase_at is not None:
            await _erase(site, clinic_id, row)
        elif row.state == "quarantined":
            await _scan_again(site, clinic_id, row)
    return len(rows)


def _taken(row: DueAttachment, now: datetime) -> DueAttachment:
    """The row while it is worked on: due again later, so that a crash loses nothing."""
    if row.erase_at is not None:
        return msgspec.structs.replace(row, erase_at=now + ERASE_AGAIN)
    if row.orphan_at is not None and row.orphan_at <= now:
        return msgspec.structs.replace(
            row,
            state=attachment_moved(row.state, "collect"),
            orphan_at=None,
            erase_at=now + ERASE_AGAIN,
        )
    wait = min(_FIRST_WAIT * 2 ** min(row.scan_tries, 10), _LONGEST_WAIT)
    return msgspec.structs.replace(row, scan_at=now + wait, scan_tries=min(row.scan_tries + 1, 1000))


def _is_loose(row: DueAttachment) -> bool:
    """Whether it belongs to nothing and its time is over."""
    return row.state == "rejected" and row.holder_id is None and row.orphan_at is None


async def _erase(site: Site, clinic_id: ClinicId, row: DueAttachment) -> None:
    try:
        await site.files.blobs.delete(row.blob_key)
    except Unavailable:
        return
    async with site.db.transaction(SystemScope(clinic_id, "tending files")) as tx:
        await queries.mark_erased(tx, row.attachment_id)
        await record_system(tx, "change", Object("attachment", row.attachment_id), patient=row.patient_id)


async def _scan_again(site: Site, clinic_id: ClinicId, row: DueAttachment) -> None:
    verdict = await _verdict(site, clinic_id, row)
    if verdict is None:
        return
    async with site.db.transaction(SystemScope(clinic_id, "tending files")) as tx:
        if verdict == "clean":
            await queries.let_pass(tx, row.attachment_id, attachment_moved("quarantined", "pass"))
        else:
            await queries.reject(tx, row.attachment_id, attachment_moved("quarantined", "refuse"))
        await record_system(tx, "change", Object("attachment", row.attachment_id), patient=row.patient_id)


async def _verdict(site: Site, clinic_id: ClinicId, row: DueAttachment) -> Verdict | None:
    """None while there is none: without a scanner, too, a file that waits for one goes on waiting."""
    if site.files.scanner is None or row.scan_key_sealed is None:
        return None
    async with site.db.transaction(SystemScope(clinic_id, "tending files")) as tx:
        box = await site.vault.clinic(tx)
    place = Place("attachment", "scan_key_sealed", row.attachment_id)
    try:
        key = box.open(place, row.scan_key_sealed)
        return await site.files.scanner.scan(await opened(site, clinic_id, row.attachment_id, row.blob_key, key))
    except (Unavailable, ScannerAway, SealBroken):
        return None


DUE: Sequence[DueWork] = (DueWork(name="attachments", clinics=queries.CLINICS_WITH_DUE, act=tend_attachments),)
