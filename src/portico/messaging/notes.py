"""Notes of the staff about a thread: a table and a type of their own, so that none is ever taken for a message."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from portico.access import Caller
from portico.audit import Object, record
from portico.ids import AccountId, PatientId, ThreadId
from portico.messaging import handling_queries, handling_rules, rules
from portico.messaging.actions import seen_thread
from portico.messaging.handling_queries import StoredNote
from portico.platform.database import Tx
from portico.platform.signals import announce
from portico.platform.site import Site
from portico.platform.vault import Box, Place


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A note as colleagues read it."""

    note_id: UUID
    author_id: AccountId
    author_name: str
    body: str
    written_at: datetime


async def write_note(site: Site, caller: Caller, thread_id: ThreadId, body: str, note_id: UUID | None = None) -> Note:
    """Keeps a note. Under an id that its page made, sending the page twice keeps it once.

    Raises NotFound, NothingWritten, TooLong and ChangedSince for other words under an id that is taken.
    """
    rules.check_sentence(body, "Write the note first.")
    async with site.db.transaction(caller.scope) as tx:
        row = await seen_thread(tx, caller, thread_id)
        note_id = note_id or tx.ids.new()
        box = await site.vault.patient(tx, row.patient_id)
        if not await handling_queries.insert_note(tx, row, note_id, box.seal_text(_place(note_id), body), caller):
            return _kept_before(box, await handling_queries.note(tx, note_id, thread_id), caller, body)
        announce(tx, "thread", thread_id)
        await record(tx, caller, "create", Object("note", note_id), patient=row.patient_id)
        return Note(
            note_id=note_id,
            author_id=caller.account_id,
            author_name=caller.actor.name,
            body=body,
            written_at=tx.now,
        )


def _kept_before(box: Box, stored: StoredNote | None, caller: Caller, body: str) -> Note:
    kept = None if stored is None else _opened(box, stored)
    if kept is None or (kept.author_id, kept.body) != (caller.account_id, body):
        message = "Other words were kept from this page before. Press once more to keep these as a note of their own."
        raise handling_rules.ChangedSince(message)
    return kept


async def read_notes(site: Site, caller: Caller, thread_id: ThreadId) -> Sequence[Note]:
    """The notes, in order. Raises NotFound."""
    async with site.db.transaction(caller.scope) as tx:
        row = await seen_thread(tx, caller, thread_id)
        await record(tx, caller, "read", Object("note"), patient=row.patient_id, fold_hourly=True)
        return await notes_in(tx, site, thread_id, row.patient_id)


async def notes_in(tx: Tx, site: Site, thread_id: ThreadId, patient_id: PatientId) -> Sequence[Note]:
    """The notes of a thread that the caller may see."""
    box = await site.vault.patient(tx, patient_id)
    return [_opened(box, row) for row in await handling_queries.notes(tx, thread_id)]


def _opened(box: Box, row: StoredNote) -> Note:
    return Note(
        note_id=row.note_id,
        author_id=row.author_id,
        author_name=row.author_name,
        body=box.open_text(_place(row.note_id), row.body_sealed),
        written_at=row.written_at,
    )


def _place(note_id: UUID) -> Place:
    return Place("note", "body_sealed", note_id)
