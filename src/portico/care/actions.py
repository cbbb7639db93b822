"""Changes of consults, inside the transaction of whoever changes them."""

from datetime import datetime

import msgspec

from portico.care.queries import (
    ConsultRow,
    insert_consult,
    lock_consult,
    next_consult,
    open_request,
    update_consult,
    update_wishes,
)
from portico.care.rules import ConsultState, moved
from portico.errors import Invalid, NotFound
from portico.ids import AccountId, ConsultId, PatientId
from portico.platform.database import Tx
from portico.platform.vault import Place, Vault

__all__ = ["ask_for_consult", "change_consult", "next_consult", "record_consult"]


class BookedWithoutTime(Invalid):
    """A booked consult needs a start."""

    code = "start-missing"


class StartOutOfRange(Invalid):
    """A start that no clinic can mean."""

    code = "start-out-of-range"


async def record_consult(
    tx: Tx,
    vault: Vault,
    *,
    patient_id: PatientId,
    clinician_id: AccountId | None,
    starts_at: datetime | None,
    state: ConsultState,
    wishes: str | None = None,
) -> ConsultRow:
    """Stores a consult; the patient's wishes are sealed. Raises BookedWithoutTime."""
    _check_time(state, starts_at)
    consult_id = ConsultId(tx.ids.new())
    sealed = await _sealed(tx, vault, patient_id, consult_id, wishes)
    row = ConsultRow(
        consult_id=consult_id,
        patient_id=patient_id,
        clinician_id=clinician_id,
        starts_at=starts_at,
        state=state,
        wishes_sealed=sealed,
        revision=1,
    )
    await insert_consult(tx, row)
    return row


async def ask_for_consult(tx: Tx, vault: Vault, patient_id: PatientId, wishes: str | None) -> ConsultRow:
    """The patient's one open request: made now, or the one there is with what the patient wishes now."""
    row = await open_request(tx, patient_id)
    if row is None:
        return await record_consult(
            tx, vault, patient_id=patient_id, clinician_id=None, starts_at=None, state="requested", wishes=wishes
        )
    if not wishes:
        return row
    sealed = await _sealed(tx, vault, patient_id, row.consult_id, wishes)
    await update_wishes(tx, row.consult_id, sealed)
    return msgspec.structs.replace(row, wishes_sealed=sealed, revision=row.revision + 1)


async def _sealed(
    tx: Tx, vault: Vault, patient_id: PatientId, consult_id: ConsultId, wishes: str | None
) -> bytes | None:
    if not wishes:
        return None
    box = await vault.patient(tx, patient_id)
    return box.seal(Place("consult", "wishes_sealed", consult_id), wishes.encode())


async def change_consult(
    tx: Tx, consult_id: ConsultId, *, clinician_id: AccountId | None, starts_at: datetime | None, state: ConsultState
) -> ConsultRow:
    """Sets clinician, start and state. Raises NotFound, ConsultCannotMove, BookedWithoutTime."""
    row = await lock_consult(tx, consult_id)
    if row is None:
        raise NotFound
    _check_time(state, starts_at)
    changed = msgspec.structs.replace(
        row,
        clinician_id=clinician_id,
        starts_at=starts_at,
        state=moved(row.state, state),
        revision=row.revision + 1,
    )
    await update_consult(tx, changed)
    return changed


def _check_time(state: ConsultState, starts_at: datetime | None) -> None:
    if starts_at is None and state not in ("requested", "cancelled"):
        message = f"A consult that is {state} needs a start: send startsAt."
        raise BookedWithoutTime(message)
    if starts_at is not None and not 2000 <= starts_at.year <= 2100:
        message = "startsAt must lie between the years 2000 and 2100."
        raise StartOutOfRange(message)
    if starts_at is not None and starts_at.tzinfo is None:
        message = "startsAt needs its offset from UTC, for example 2026-03-01T09:00:00-06:00."
        raise BookedWithoutTime(message)
