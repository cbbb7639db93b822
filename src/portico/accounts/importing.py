"""Taking a clinic's own list of patients in, whole or not at all, and giving it out again."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from portico.accounts import identity_queries
from portico.accounts import import_queries as queries
from portico.accounts.import_queries import Kept, Written
from portico.accounts.patient_files import COLUMNS, STATE, Fault, PatientRow
from portico.accounts.phone_index import phone_digest
from portico.audit import Object, record_system_per_patient
from portico.ids import PatientId
from portico.platform.database import Tx
from portico.platform.vault import Box, Place, Vault

EXPORTED: Final = (*COLUMNS, STATE)

Outcome = Literal["new", "changed", "unchanged"]


class RowOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one line of the file."""

    line: int
    number: str
    outcome: Outcome


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """Every line's outcome; with any fault nothing may be kept."""

    rows: Sequence[RowOutcome]
    faults: Sequence[Fault]


async def import_patients(tx: Tx, vault: Vault, rows: Sequence[PatientRow]) -> Imported:
    """Makes and changes patients by the clinic's own number; the same file again changes nothing.

    Somebody with another birth date under the same number is a fault: it may be another person. Columns that the file
    leaves empty are left as they are. The caller rolls back when there is any fault.
    """
    there = {kept.clinic_number: kept for kept in await queries.with_numbers(tx, [row.number for row in rows])}
    faults = [
        Fault(line=row.line, column="born_on", sentence="The patient of this number has another birth date here.")
        for row in rows
        if row.number in there and there[row.number].born_on != row.born_on
    ]
    if faults:
        return Imported(rows=(), faults=faults)
    ids = {row.number: there[row.number].patient_id if row.number in there else _new_id(tx) for row in rows}
    await _make(tx, vault, [row for row in rows if row.number not in there], ids)
    boxes = await vault.patients(tx, list(ids.values()))
    changed = {}
    for row in rows:
        kept, patient_id = there.get(row.number), ids[row.number]
        written = await _findable(tx, vault, boxes[patient_id], _written(row, kept, boxes[patient_id], patient_id))
        if kept is None or not _is_as_kept(written, kept):
            changed[row.number] = written
    known = [changed[number] for number in changed if number in there]
    await identity_queries.keep_of_import(tx, [(each.patient_id, each.name, each.phone_hmac) for each in known])
    await queries.change(tx, changed.values())
    await record_system_per_patient(tx, "create", Object("patient"), [ids[n] for n in ids if n not in there])
    await record_system_per_patient(tx, "change", Object("patient"), [ids[n] for n in changed if n in there])
    return Imported(rows=[_outcome(row, there, changed) for row in rows], faults=())


async def export_patients(tx: Tx, vault: Vault) -> Sequence[Mapping[str, str]]:
    """Every patient of the clinic as a row of the file; each is recorded as exported by the program."""
    exported = await rows_of_everybody(tx, vault)
    await record_system_per_patient(tx, "export", Object("patient"), list(exported))
    return list(exported.values())


async def rows_of_everybody(tx: Tx, vault: Vault) -> Mapping[PatientId, Mapping[str, str]]:
    """Every patient of the clinic as a row of the file, by number. The caller records it."""
    everybody = await queries.everybody(tx)
    boxes = await vault.patients(tx, [kept.patient_id for kept in everybody])
    return {kept.patient_id: _exported(kept, boxes[kept.patient_id]) for kept in everybody}


async def _make(tx: Tx, vault: Vault, rows: Sequence[PatientRow], ids: Mapping[str, PatientId]) -> None:
    await queries.insert(tx, [(ids[row.number], row.number, row.name, row.born_on) for row in rows])
    await vault.create_patient_keys(tx, [ids[row.number] for row in rows])


def _new_id(tx: Tx) -> PatientId:
    return PatientId(tx.ids.new())


def _written(row: PatientRow, kept: Kept | None, box: Box, patient_id: PatientId) -> Written:
    """How the patient is to be kept; what is the same as before keeps its sealed bytes."""
    phone = None if kept is None else kept.phone_sealed
    address = None if kept is None else kept.address_sealed
    is_same_phone = row.phone is None or row.phone == _opened(box, patient_id, "phone_sealed", phone)
    is_same_address = row.address is None or row.address == _opened(box, patient_id, "address_sealed", address)
    return Written(
        patient_id=patient_id,
        name=row.name,
        phone_sealed=phone if is_same_phone else _sealed(box, patient_id, "phone_sealed", row.phone),
        address_sealed=address if is_same_address else _sealed(box, patient_id, "address_sealed", row.address),
    )


def _is_as_kept(written: Written, kept: Kept) -> bool:
    """Nothing is to be written; a number that cannot be found by yet, kept by an older version, is."""
    return (written.name, written.phone_sealed, written.address_sealed, written.phone_hmac) == (
        kept.name,
        kept.phone_sealed,
        kept.address_sealed,
        kept.phone_hmac,
    )


async def _findable(tx: Tx, vault: Vault, box: Box, written: Written) -> Written:
    """With the digest of the number, by which others with the same one are found."""
    phone = _opened(box, written.patient_id, "phone_sealed", written.phone_sealed)
    return msgspec.structs.replace(written, phone_hmac=await phone_digest(vault, tx.clinic_id, phone))


def _opened(box: Box, patient_id: PatientId, column: str, sealed: bytes | None) -> str | None:
    return None if sealed is None else box.open_text(Place("patient", column, patient_id), sealed)


def _sealed(box: Box, patient_id: PatientId, column: str, text: str | None) -> bytes | None:
    return None if text is None else box.seal_text(Place("patient", column, patient_id), text)


def _outcome(row: PatientRow, there: Mapping[str | None, Kept], changed: Mapping[str, Written]) -> RowOutcome:
    outcome: Outcome = "changed" if row.number in changed else "unchanged"
    return RowOutcome(line=row.line, number=row.number, outcome=outcome if row.number in there else "new")


def _exported(kept: Kept, box: Box) -> Mapping[str, str]:
    return {
        "number": kept.clinic_number or "",
        "name": kept.name,
        "born_on": kept.born_on.isoformat(),
        "phone": _opened(box, kept.patient_id, "phone_sealed", kept.phone_sealed) or "",
        "address": _opened(box, kept.patient_id, "address_sealed", kept.address_sealed) or "",
        "state": kept.state,
    }
