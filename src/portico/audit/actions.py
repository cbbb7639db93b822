"""Writing the audit record from inside the transaction of the act it records."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec

from portico.access import Caller
from portico.audit.queries import AuditEntry, insert_entry, insert_per_patient
from portico.ids import PatientId
from portico.platform.database import Tx

Action = Literal[
    "list", "read", "create", "change", "print", "export", "sign-in", "sign-out", "refuse", "claim", "decide", "sign"
]


class Object(msgspec.Struct, frozen=True):
    """What was acted on: its kind (`response`, `review`, …) and its id."""

    kind: str
    id: UUID | str | None = None


async def record(
    tx: Tx,
    caller: Caller,
    action: Action,
    target: Object,
    *,
    patient: PatientId | None = None,
    outcome: str = "done",
    fold_hourly: bool = False,
) -> None:
    """Records one act of a person, in the same transaction as the act itself.

    With `fold_hourly`, repeated acts of the same person on the same object leave one row an hour (autosaves).
    """
    fold_key = f"{caller.account_id}:{action}:{target.kind}:{target.id}:{tx.now:%Y%m%d%H}" if fold_hourly else None
    await insert_entry(tx, _entry(caller, action, target, patient=patient, outcome=outcome, fold_key=fold_key))


async def record_list(tx: Tx, caller: Caller, kind: str, patients: Sequence[PatientId]) -> None:
    """Records that a list showed these patients: one row each."""
    if patients:
        await insert_per_patient(tx, _entry(caller, "list", Object(kind)), patients)


async def record_export(tx: Tx, caller: Caller, kind: str, patients: Sequence[PatientId]) -> None:
    """Records that a person took these patients away in a file: the act with its number of rows, and one row each."""
    await insert_entry(tx, _entry(caller, "export", Object(f"{kind}_file"), outcome=f"rows:{len(patients)}"))
    if patients:
        await insert_per_patient(tx, _entry(caller, "export", Object(kind)), patients)


async def record_system(
    tx: Tx, action: Action, target: Object, *, patient: PatientId | None = None, outcome: str = "done"
) -> None:
    """Records an act of the program itself; the transaction's reason stands as the actor."""
    await insert_entry(tx, _entry_of_system(tx, action, target, patient=patient, outcome=outcome))


async def record_system_per_patient(tx: Tx, action: Action, target: Object, patients: Sequence[PatientId]) -> None:
    """Records an act of the program on many patients: one row each."""
    if patients:
        await insert_per_patient(tx, _entry_of_system(tx, action, target), patients)


def _entry_of_system(
    tx: Tx, action: Action, target: Object, *, patient: PatientId | None = None, outcome: str = "done"
) -> AuditEntry:
    return AuditEntry(
        actor_kind=tx.scope.kind,
        actor_id=tx.scope.subject,
        hat=None,
        on_behalf_of=None,
        patient_id=patient,
        action=action,
        object_kind=target.kind,
        object_id=None if target.id is None else str(target.id),
        outcome=outcome,
        request_id=tx.scope.subject,
        peer=None,
    )


def _entry(
    caller: Caller,
    action: Action,
    target: Object,
    *,
    patient: PatientId | None = None,
    outcome: str = "done",
    fold_key: str | None = None,
) -> AuditEntry:
    return AuditEntry(
        actor_kind=caller.scope.kind,
        actor_id=str(caller.account_id),
        hat=caller.actor.hat,
        on_behalf_of=None if patient is None else caller.on_behalf_of(patient),
        patient_id=patient,
        action=action,
        object_kind=target.kind,
        object_id=None if target.id is None else str(target.id),
        outcome=outcome,
        request_id=caller.request_id,
        peer=caller.peer,
        fold_key=fold_key,
    )
