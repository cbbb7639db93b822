"""What coming in and leaving puts into the audit record, when nobody is signed in."""

from uuid import UUID

from portico.accounts.model import Visitor
from portico.audit import Object
from portico.audit.actions import Action
from portico.audit.queries import AuditEntry, insert_entry
from portico.ids import AccountId, PatientId
from portico.platform.database import Tx


async def note_entry(
    tx: Tx,
    visitor: Visitor,
    action: Action,
    target: Object,
    *,
    account: AccountId | UUID | None = None,
    patient: PatientId | None = None,
    outcome: str = "done",
) -> None:
    """Records an act of somebody who holds a code, in the transaction of the act itself."""
    entry = AuditEntry(
        actor_kind="anonymous",
        actor_id=None if account is None else str(account),
        hat=None,
        on_behalf_of=None,
        patient_id=patient,
        action=action,
        object_kind=target.kind,
        object_id=None if target.id is None else str(target.id),
        outcome=outcome,
        request_id=visitor.request_id,
        peer=visitor.peer,
    )
    await insert_entry(tx, entry)
