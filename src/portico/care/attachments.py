"""Taking, binding and handing out people's files; each file is sealed under a key of its own.

The row comes before the bytes and goes after them, so that no bytes lie anywhere that no row knows of.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from portico.access import Caller, Permission
from portico.audit import Object, record
from portico.care import attachments_queries as queries
from portico.care.attachments_kinds import AttachmentRefused, Checked, checked, image_refusal, is_whole, renamed
from portico.care.attachments_model import Attachment, Holder, OpenedFile
from portico.care.attachments_queries import AttachmentRow
from portico.care.queries import is_known
from portico.care.rules import AttachmentEvent, attachment_moved
from portico.errors import Conflict, Invalid, NotAllowed, NotFound, TooManyRequests, Unavailable
from portico.ids import AttachmentId, ClinicId, PatientId
from portico.platform.blobs import BlobMissing
from portico.platform.clamd import ScannerAway
from portico.platform.database import Tx
from portico.platform.envelope import KEY_BYTES, SealBroken, bound, fresh_nonce, seal, unseal
from portico.platform.images import ImageRefused
from portico.platform.logs import log
from portico.platform.multipart import SentFile
from portico.platform.rate_limit import Limit, Try, seconds_to_wait
from portico.platform.site import Site
from portico.platform.vault import Box, Place

UNBOUND_FOR = timedelta(hours=24)
"""How long a file that belongs to nothing is kept: time to finish the form or message it was sent for."""
DRAFTED_FOR = timedelta(days=30)
"""How long a file of a draft is kept after the draft was saved last."""
UPLOADS = Limit(60, 3600)
"""Files that one account may send in an hour."""
FRONT_DESK = "front_desk"
"""The pool of threads that its staff read when they read no other."""
SCOPES = {"response": "intake", "message": "messages"}
"""Which scope of a proxy opens the files of what."""


class AttachmentUnknown(Invalid):
    """A file is named that cannot be used here: absent, another's, used elsewhere already, or refused."""

    code = "attachment-unknown"

    def __init__(self) -> None:
        super().__init__("One of the files is not there any more, or belongs elsewhere. Please send it again.")


class NotYetReadable(Conflict):
    """The virus check has not been made yet."""

    code = "attachment-quarantined"

    def __init__(self) -> None:
        super().__init__("This file waits for the virus check. Please come back in a few minutes.")


class RefusedLater(Conflict):
    """The virus check found something."""

    code = "attachment-rejected"

    def __init__(self) -> None:
        super().__init__("The virus check refused this file, so it was deleted. Please send it in another way.")


class _Made(msgspec.Struct, frozen=True, kw_only=True):
    """A file ready to be kept, and its own key."""

    name: str
    media_type: str
    content: bytes
    event: AttachmentEvent
    key: bytes


async def upload(site: Site, caller: Caller, patient_id: PatientId, file: SentFile) -> Attachment:
    """Checks, cleans, scans, seals and keeps one file of a patient. It belongs to nothing until it is bound.

    Raises NotFound, TooManyRequests, AttachmentRefused with the reason, Unavailable; nothing is stored then.
    """
    blobs = site.files.blobs
    await _admit(site, caller, patient_id)
    made = await _cleaned(site, caller, checked(file.name, file.declared_type, file.content))
    row = await _announce(site, caller, patient_id, made)
    context = _context(caller.actor.clinic_id, row.attachment_id)
    sealed = seal(made.key, row.attachment_id, context, made.content, fresh_nonce(secrets.token_bytes))
    await blobs.put(row.blob_key, sealed)
    async with site.db.transaction(caller.scope) as tx:
        state = attachment_moved("received", made.event)
        waits = state == "quarantined"
        box = await site.vault.clinic(tx)
        scan_key = box.seal(Place("attachment", "scan_key_sealed", row.attachment_id), made.key) if waits else None
        if not await queries.finish_attachment(tx, row.attachment_id, state, scan_key, tx.now if waits else None):
            raise Unavailable("This took too long. Please send the file again.")
        await record(tx, caller, "create", Object("attachment", row.attachment_id), patient=patient_id)
    return _shown(msgspec.structs.replace(row, state=state), made.name)


async def open_file(site: Site, caller: Caller, attachment_id: AttachmentId) -> OpenedFile:
    """A file with its bytes, for whoever may read what it belongs to.

    Raises NotFound, NotAllowed, NotYetReadable, RefusedLater, Unavailable.
    """
    async with site.db.transaction(caller.scope) as tx:
        row = await queries.attachment(tx, attachment_id)
        if row is None or row.name_sealed is None:
            raise NotFound
        await _check_readable(tx, caller, row)
        if row.state != "clean" or row.key_sealed is None:
            raise RefusedLater if row.state == "rejected" else NotYetReadable
        box = await site.vault.patient(tx, row.patient_id)
        key = box.open(Place("attachment", "key_sealed", attachment_id), row.key_sealed)
        name = box.open_text(Place("attachment", "name_sealed", attachment_id), row.name_sealed)
        await record(tx, caller, "read", Object("attachment", attachment_id), patient=row.patient_id)
    content = await opened(site, caller.actor.clinic_id, attachment_id, row.blob_key, key)
    if not hmac.compare_digest(_digest(key, content), row.digest):
        raise Unavailable("This file is not the one that was sent. Please tell the clinic.", retry_after=60)
    return OpenedFile(attachment=_shown(row, name), content=content)


async def opened(site: Site, clinic_id: ClinicId, attachment_id: AttachmentId, blob_key: str, key: bytes) -> bytes:
    """The bytes of a file, whose key somebody was allowed to open. Raises Unavailable, also for what was altered."""
    try:
        return unseal(key, _context(clinic_id, attachment_id), await site.files.blobs.get(blob_key))
    except (BlobMissing, SealBroken) as error:
        log("attachment-unreadable", attachment=str(attachment_id), error=type(error).__name__)
        raise Unavailable("This file cannot be read just now. Please tell the clinic.", retry_after=60) from error


async def bind(tx: Tx, *, patient_id: PatientId, attachment_ids: Sequence[AttachmentId], holder: Holder) -> None:
    """Makes the files part of a message or response, in the transaction that stores it.

    Files of the same holder already stay as they are. Raises AttachmentUnknown for one that is absent, of another
    patient, sent by another account, used elsewhere, unfinished, refused or about to be deleted.
    """
    rows = await _bindable(tx, patient_id, attachment_ids, holder)
    if len(rows) != len(frozenset(attachment_ids)):
        raise AttachmentUnknown
    await queries.bind(tx, attachment_ids, holder)


async def keep_for_draft(
    tx: Tx, *, patient_id: PatientId, attachment_ids: Sequence[AttachmentId], holder: Holder
) -> None:
    """Keeps files for a draft that will become this holder; none belongs to it before it is sent.

    Raises AttachmentUnknown as `bind` does.
    """
    if len(await _bindable(tx, patient_id, attachment_ids, holder)) != len(frozenset(attachment_ids)):
        raise AttachmentUnknown
    await queries.postpone(tx, attachment_ids, tx.now + DRAFTED_FOR)


async def usable(
    tx: Tx, site: Site, *, patient_id: PatientId, attachment_ids: Sequence[AttachmentId], holder: Holder
) -> dict[AttachmentId, Attachment]:
    """Those of the files that `bind` would take, held until the transaction ends."""
    rows = await _bindable(tx, patient_id, attachment_ids, holder)
    if not rows:
        return {}
    box = await site.vault.patient(tx, patient_id)
    return {row.attachment_id: _named(box, row) for row in rows}


async def release(tx: Tx, holder: Holder, *, keep: Sequence[AttachmentId] = ()) -> None:
    """Files that are no longer part of what held them; unless bound again, they are deleted a day later."""
    await queries.release(tx, holder, keep, tx.now + UNBOUND_FOR)


async def attachments_of(
    tx: Tx, site: Site, patient_id: PatientId, kind: str, ids: Sequence[UUID]
) -> dict[UUID, list[Attachment]]:
    """The files of one patient's messages or responses, by holder. The caller may read the holders and records it."""
    rows = await queries.attachments_of(tx, "message" if kind == "message" else "response", ids)
    if not rows:
        return {}
    box = await site.vault.patient(tx, patient_id)
    found: dict[UUID, list[Attachment]] = {}
    for row in rows:
        if row.patient_id == patient_id and row.holder_id is not None:
            found.setdefault(row.holder_id, []).append(_named(box, row))
    return found


async def _check_readable(tx: Tx, caller: Caller, row: AttachmentRow) -> None:
    """Whoever may read the holder may read the file; one that belongs to nothing is its sender's alone.

    Raises NotFound, and NotAllowed for staff whose role does not read answers.
    """
    if row.holder_kind is None:
        if row.uploaded_by != caller.account_id:
            raise NotFound
        if caller.actor.hat == "patient":
            _link(caller, row.patient_id)
        return
    if caller.actor.hat == "patient":
        caller.actor.link_for(row.patient_id, SCOPES[row.holder_kind])
    elif row.holder_kind == "message":
        await _check_reads_thread(tx, caller, row)
    elif not caller.actor.may(Permission.READ_SUMMARIES):
        message = "Your role does not read what patients send. Ask a clinician or nurse."
        raise NotAllowed(message)
    elif not await queries.is_shown_to_staff(tx, row.holder_id):
        raise NotFound


async def _check_reads_thread(tx: Tx, caller: Caller, row: AttachmentRow) -> None:
    """Staff read the files of the threads that they read. Raises NotFound, and NotAllowed for who reads none."""
    actor = caller.actor
    if not (actor.may(Permission.READ_THREADS) or actor.may(Permission.READ_OWN_POOL_THREADS)):
        message = "Your role does not read messages. Ask a colleague whose role does."
        raise NotAllowed(message)
    pool = await queries.pool_of_message(tx, row.holder_id)
    if pool is None or (pool != FRONT_DESK and not actor.may(Permission.READ_THREADS)):
        raise NotFound


async def _bindable(tx: Tx, patient_id: PatientId, ids: Sequence[AttachmentId], holder: Holder) -> list[AttachmentRow]:
    found = await queries.lock_attachments(tx, ids)
    return [row for row in found if row.patient_id == patient_id and _may_bind(tx, row, holder)]


def _may_bind(tx: Tx, row: AttachmentRow, holder: Holder) -> bool:
    """What is held here stays, even when the scanner refused it later: else nobody could save around it."""
    if row.holder_id is not None:
        return row.holder_kind == holder.kind and row.holder_id == holder.id
    is_own = str(row.uploaded_by) == tx.scope.subject
    return is_own and row.erase_at is None and row.state in ("clean", "quarantined")


async def _admit(site: Site, caller: Caller, patient_id: PatientId) -> None:
    """Raises NotFound for a patient this person has no part in, TooManyRequests past the limit."""
    if caller.actor.hat == "patient":
        _link(caller, patient_id)
    elif not (caller.actor.may(Permission.READ_SUMMARIES) or caller.actor.may(Permission.ANSWER_THREADS)):
        message = "Your role does not send files. Ask a clinician or nurse."
        raise NotAllowed(message)
    async with site.db.transaction(caller.scope) as tx:
        if not await is_known(tx, patient_id):
            raise NotFound
        key = hashlib.sha256(f"upload:{caller.account_id}".encode()).hexdigest()
        wait = await seconds_to_wait(tx, [Try(key, UPLOADS)])
    if wait is not None:
        message = "You have sent many files. Please wait a while before you send more."
        raise TooManyRequests(message, retry_after=wait)


def _link(caller: Caller, patient_id: PatientId) -> None:
    """Raises NotFound unless this person writes something for the patient that files can belong to."""
    scopes = SCOPES.values()
    links = (link for link in caller.actor.patients if link.patient_id == patient_id)
    if not any(scope in link.scope for link in links for scope in scopes):
        raise NotFound


async def _cleaned(site: Site, caller: Caller, file: Checked) -> _Made:
    """The file as it will be kept. Raises AttachmentRefused."""
    content, media_type = file.content, file.kind.media_type
    if file.kind.is_image:
        try:
            image = await site.files.images.clean(content, media_type, caller.account_id)
        except ImageRefused as refusal:
            raise image_refusal(refusal.reason) from refusal
        content, media_type = image.content, image.media_type
        if not is_whole(media_type, content):  # the child is believed in nothing
            raise image_refusal("unreadable")
    return _Made(
        name=renamed(file.name, media_type),
        media_type=media_type,
        content=content,
        event=await _scanned(site, content),
        key=secrets.token_bytes(KEY_BYTES),
    )


async def _scanned(site: Site, content: bytes) -> AttachmentEvent:
    """Without a scanner all pass; one that does not answer makes the file wait. Raises AttachmentRefused."""
    if site.files.scanner is None:
        return "pass"
    try:
        verdict = await site.files.scanner.scan(content)
    except ScannerAway:
        return "wait"
    if verdict == "infected":
        message = "The virus check refused this file. Nothing of it was kept."
        raise AttachmentRefused(message, reason="infected")
    return "pass"


async def _announce(site: Site, caller: Caller, patient_id: PatientId, made: _Made) -> AttachmentRow:
    """Stores the row before the bytes: whatever happens then, the worker knows what to delete."""
    async with site.db.transaction(caller.scope) as tx:
        attachment_id = AttachmentId(tx.ids.new())
        box = await site.vault.patient(tx, patient_id)
        row = AttachmentRow(
            attachment_id=attachment_id,
            patient_id=patient_id,
            state="received",
            media_type=made.media_type,
            size=len(made.content),
            name_sealed=box.seal_text(Place("attachment", "name_sealed", attachment_id), made.name),
            digest=_digest(made.key, made.content),
            blob_key=secrets.token_hex(32),
            key_sealed=box.seal(Place("attachment", "key_sealed", attachment_id), made.key),
            uploaded_by=caller.account_id,
            holder_kind=None,
            holder_id=None,
            erase_at=None,
        )
        await queries.insert_attachment(tx, row, tx.now + UNBOUND_FOR)
    return row


def _named(box: Box, row: AttachmentRow) -> Attachment:
    assert row.name_sealed is not None  # what is bound, or can be, is named
    return _shown(row, box.open_text(Place("attachment", "name_sealed", row.attachment_id), row.name_sealed))


def _shown(row: AttachmentRow, name: str) -> Attachment:
    return Attachment(
        attachment_id=row.attachment_id,
        patient_id=row.patient_id,
        name=name,
        media_type=row.media_type,
        size=row.size,
        state=row.state,
        uploaded_by=row.uploaded_by,
    )


def _context(clinic_id: ClinicId, attachment_id: AttachmentId) -> bytes:
    return bound("attachment", clinic_id.bytes, attachment_id.bytes)


def _digest(key: bytes, content: bytes) -> bytes:
    """Proves that the bytes are those that were kept; keyed, so that nobody finds a known file in a dump."""
    return hmac.digest(key, content, hashlib.sha256)
