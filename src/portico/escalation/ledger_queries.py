"""Statements on single steps in the ledger of escalations."""

from uuid import UUID

import msgspec

from portico.ids import AccountId, EscalationId, PatientId
from portico.platform.database import Query, Tx


class TakenStep(msgspec.Struct, frozen=True):
    """Who took a step about which escalation, and the sealed note on it."""

    escalation_id: EscalationId
    patient_id: PatientId
    actor_id: AccountId | None
    note_sealed: bytes | None


STEP = Query(
    TakenStep,
    """
    select escalation_id, patient_id, actor_id, note_sealed
    from escalation_event
    where clinic_id = $1 and event_id = $2
    """,
)


async def step_of(tx: Tx, event_id: UUID) -> TakenStep | None:
    """A step in the ledger."""
    return await tx.first(STEP, tx.clinic_id, event_id)
