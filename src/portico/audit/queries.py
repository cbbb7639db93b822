"""Statements of the audit record. The application's role can insert and read, never change."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from portico.ids import PatientId
from portico.platform.database import Command, Query, Tx


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One row as written: who, acting for whom, about which patient, what, to what, how it ended. Never content."""

    actor_kind: str
    actor_id: str | None
    hat: str | None
    on_behalf_of: UUID | None
    patient_id: UUID | None
    action: str
    object_kind: str
    object_id: str | None
    outcome: str
    request_id: str
    peer: str | None
    fold_key: str | None = None


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row as read back for "who looked"."""

    at: datetime
    actor_id: str | None
    hat: str | None
    on_behalf_of: UUID | None
    action: str
    object_kind: str
    object_id: str | None
    outcome: str


INSERT = Command("""
    insert into audit_event (clinic_id, at, actor_kind, actor_id, hat, on_behalf_of, patient_id, action, object_kind,
        object_id, outcome, request_id, peer, fold_key)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, null)
""")

INSERT_FOLDED = Command("""
    insert into audit_event (clinic_id, at, actor_kind, actor_id, hat, on_behalf_of, patient_id, action, object_kind,
        object_id, outcome, request_id, peer, fold_key)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    on conflict (clinic_id, fold_key) where fold_key is not null do nothing
""")

INSERT_PER_PATIENT = Command("""
    insert into audit_event (clinic_id, at, actor_kind, actor_id, hat, patient_id, action, object_kind, outcome,
        request_id, peer)
    select $1, $2, $3, $4, $5, listed.patient_id, $6, $7, 'done', $8, $9
    from (select distinct unnest($10::uuid[]) as patient_id) listed
""")

ROWS_ABOUT = Query(
    AuditRow,
    """
    select at, actor_id, hat, on_behalf_of, action, object_kind, object_id, outcome
    from audit_event
    where clinic_id = $1 and patient_id = $2
    order by event_id desc
    limit $3
    """,
)


async def insert_entry(tx: Tx, entry: AuditEntry) -> None:
    """Writes one row; a row with a fold key is written once per key."""
    values = (tx.clinic_id, tx.now, *msgspec.structs.astuple(entry))
    if entry.fold_key is None:
        await tx.run(INSERT, *values[:-1])
    else:
        await tx.run(INSERT_FOLDED, *values)


async def insert_per_patient(tx: Tx, entry: AuditEntry, patients: Sequence[PatientId]) -> None:
    """Writes one row per patient of a list, in one statement."""
    await tx.run(
        INSERT_PER_PATIENT,
        tx.clinic_id,
        tx.now,
        entry.actor_kind,
        entry.actor_id,
        entry.hat,
        entry.action,
        entry.object_kind,
        entry.request_id,
        entry.peer,
        list(patients),
    )


async def rows_about(tx: Tx, patient_id: PatientId, limit: int) -> list[AuditRow]:
    """The newest rows about one patient."""
    return await tx.all(ROWS_ABOUT, tx.clinic_id, patient_id, limit)
