"""Recording and correcting procedures, and reading them. Each plans the check-ins that follow."""

import msgspec

from portico.access import Caller, PatientLink
from portico.audit import Object, record, record_list
from portico.care import procedure_queries as queries
from portico.care.procedure_queries import ProcedureRow
from portico.care.procedure_rules import (
    MOVES,
    Performed,
    Procedure,
    ProcedureOfNobody,
    ProcedureRefused,
    ProcedureStale,
    check_performed,
    due_check_ins,
)
from portico.care.queries import is_known
from portico.clinic.actions import settings_of
from portico.clinic.calendar import local_day
from portico.errors import NotFound, OtherPatient
from portico.ids import PatientId, ProcedureId
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.platform.vault import Place

SHOWN = 100
"""Procedures that one reading shows; no patient has more."""
SCOPES = ("record", "messages")
"""What a proxy may do for whom procedures and check-ins are shown."""


async def record_procedure(site: Site, caller: Caller, patient_id: PatientId, made: Performed) -> Procedure:
    """Stores what was done and plans its check-ins. Raises ProcedureRefused, ProcedureOfNobody."""
    async with site.db.transaction(caller.scope) as tx:
        if not await is_known(tx, patient_id):
            message = "There is no such patient in this clinic."
            raise ProcedureOfNobody(message)
        procedure_id = ProcedureId(tx.ids.new())
        whole = Procedure(
            **msgspec.structs.asdict(made),
            procedure_id=procedure_id,
            patient_id=patient_id,
            revision=1,
            recorded_by=caller.account_id,
            recorded_at=tx.now,
        )
        row = await _planned(tx, site, whole)
        await queries.insert_procedure(tx, row)
        await _plan(tx, site, row, whole)
        await record(tx, caller, "create", Object("procedure", procedure_id), patient=patient_id)
        return whole


async def correct_procedure(
    site: Site,
    caller: Caller,
    procedure_id: ProcedureId,
    revision: int,
    made: Performed,
    *,
    patient: PatientId | None = None,
) -> Procedure:
    """Replaces what was recorded and plans its check-ins anew.

    Raises NotFound, OtherPatient when the named patient is not the procedure's, ProcedureStale, ProcedureRefused.
    """
    async with site.db.transaction(caller.scope) as tx:
        before = await queries.lock_procedure(tx, procedure_id)
        if before is None:
            raise NotFound
        _check_may_correct(before, revision, made, patient)
        whole = Procedure(
            **msgspec.structs.asdict(made),
            procedure_id=procedure_id,
            patient_id=before.patient_id,
            revision=revision + 1,
            recorded_by=before.recorded_by,
            recorded_at=before.recorded_at,
        )
        row = await _planned(tx, site, whole)
        await queries.update_procedure(tx, row)
        await _plan(tx, site, row, whole)
        await record(
            tx, caller, "change", Object("procedure", procedure_id), patient=before.patient_id, outcome=made.state
        )
        return whole


async def list_procedures(site: Site, caller: Caller, patient_id: PatientId) -> list[Procedure]:
    """A patient's procedures, the latest first; patients do not see those entered in error. Raises NotFound."""
    if caller.actor.hat == "patient":
        link_for_care(caller, patient_id)
    async with site.db.transaction(caller.scope) as tx:
        if not await is_known(tx, patient_id):
            raise NotFound
        rows = await queries.procedures_of_patient(tx, patient_id, SHOWN)
        shown = [row for row in rows if caller.actor.hat == "staff" or row.state == "recorded"]
        found = [await _opened(tx, site, row) for row in shown]
        await record_list(tx, caller, "procedure", [patient_id])
        return found


def _check_may_correct(before: ProcedureRow, revision: int, made: Performed, patient: PatientId | None) -> None:
    if patient is not None and patient != before.patient_id:
        message = "This procedure is another patient's."
        raise OtherPatient(message)
    if before.revision != revision:
        message = "Somebody corrected this procedure since you read it. Read it again before you change it."
        raise ProcedureStale(message, revision=before.revision)
    if made.state not in MOVES[before.state]:
        message = f"A procedure that is {before.state} cannot become {made.state}."
        raise ProcedureRefused(message)


def link_for_care(caller: Caller, patient_id: PatientId) -> PatientLink:
    """The link of somebody who follows this patient's care, by record or by messages. Raises NotFound."""
    for link in caller.actor.patients:
        if caller.actor.hat == "patient" and link.patient_id == patient_id and link.scope & {*SCOPES}:
            return link
    raise NotFound


async def _planned(tx: Tx, site: Site, whole: Procedure) -> ProcedureRow:
    settings = await settings_of(tx, site.content)
    check_performed(whole, local_day(settings.zone, tx.now))
    sealed = None
    if whole.lot:
        box = await site.vault.patient(tx, whole.patient_id)
        sealed = box.seal_text(Place("procedure", "lot_sealed", whole.procedure_id), whole.lot.strip())
    fields = {name: getattr(whole, name) for name in ProcedureRow.__struct_fields__ if name != "lot_sealed"}
    return ProcedureRow(**fields, lot_sealed=sealed)


async def _plan(tx: Tx, site: Site, row: ProcedureRow, whole: Procedure) -> None:
    settings = await settings_of(tx, site.content)
    await queries.plan_check_ins(tx, row, due_check_ins(whole, settings, tx.now))


async def _opened(tx: Tx, site: Site, row: ProcedureRow) -> Procedure:
    lot = None
    if row.lot_sealed is not None:
        box = await site.vault.patient(tx, row.patient_id)
        lot = box.open_text(Place("procedure", "lot_sealed", row.procedure_id), row.lot_sealed)
    fields = {name: getattr(row, name) for name in ProcedureRow.__struct_fields__ if name != "lot_sealed"}
    return Procedure(**fields, lot=lot)
