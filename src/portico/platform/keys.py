"""Changing the keys that wrap keys, while people work: content is not rewritten and stays readable.

Order matters: the new master key is safe in the file before a row needs it; nothing old is removed.
"""

import secrets
from collections.abc import Sequence
from pathlib import Path

import msgspec

from portico.access import SystemScope
from portico.errors import StartupRefused
from portico.ids import ClinicId
from portico.platform.database import Database, Tx
from portico.platform.envelope import RandomBytes
from portico.platform.key_file import add_key, drop_keys, read_keys
from portico.platform.key_provider import FileKeyProvider
from portico.platform.vault import Vault
from portico.platform.vault_queries import (
    ClinicKeyRow,
    PatientKeyRow,
    all_clinics,
    clinic_keys,
    clinic_keys_to_rewrap,
    patient_keys_to_rewrap,
    rewrap_clinic_key,
    rewrap_patient_keys,
)

_BATCH = 200


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """What a rotation did: the active master key, and how many keys now stand under a new one."""

    master_key: str
    clinics: int
    clinic_keys: int
    patient_keys: int


async def rotate(
    db: Database,
    path: Path,
    *,
    new_key_from: Path | None = None,
    random: RandomBytes = secrets.token_bytes,
    batch: int = _BATCH,
) -> Rotation:
    """Adds a master key to the file (made here, or the first of another file) and puts every key below it.

    Servers beside it read the file again when they meet the new name. `finish` completes a broken-off one.
    """
    name = add_key(path, taken_from=new_key_from, random=random)
    provider = FileKeyProvider(path, random)
    if await provider.active() != name:
        message = f"The key file {path} does not hold its new key. Nothing was changed in the database."
        raise StartupRefused(message)
    return await finish(db, provider, random=random, batch=batch)


async def finish(
    db: Database, provider: FileKeyProvider, *, random: RandomBytes = secrets.token_bytes, batch: int = _BATCH
) -> Rotation:
    """Puts every key that stands under an older one under the newest; does nothing when there is none."""
    vault = Vault(provider, db.clock, random)
    async with db.unscoped("which clinics there are") as statements:
        clinics = await all_clinics(statements)
    of_clinics = [await _renew_clinic(db, vault, clinic.clinic_id) for clinic in clinics]
    of_patients = [await _rewrap_patients(db, vault, clinic.clinic_id, batch) for clinic in clinics]
    return Rotation(
        master_key=await provider.active(),
        clinics=len(clinics),
        clinic_keys=sum(of_clinics),
        patient_keys=sum(of_patients),
    )


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """Which master keys a pruning dropped; `index_key` stays although it may wrap nothing any more."""

    dropped: tuple[str, ...]
    active: str
    index_key: str


async def prune(db: Database, path: Path) -> Pruned:
    """Drops master keys that wrap nothing any more: all but the first, and the last, which makes the index of e-mail.

    Raises StartupRefused, and drops none, while one of them still wraps a clinic's key.
    """
    names = tuple(read_keys(path))
    old = names[1:-1]
    async with db.unscoped("which clinics there are") as statements:
        clinics = await all_clinics(statements)
    for clinic in clinics:
        async with db.transaction(_scope(clinic.clinic_id)) as tx:
            needed = {row.wrapping_key for row in await clinic_keys(tx)} & set(old)
        if needed:
            message = f"The key `{min(needed)}` still wraps a clinic's key. Run `portico keys rotate` first; nothing was dropped."
            raise StartupRefused(message)
    if old:
        drop_keys(path, old)
    return Pruned(dropped=old, active=names[0], index_key=names[-1])


def _scope(clinic_id: ClinicId) -> SystemScope:
    return SystemScope(clinic_id, "key rotation")


async def _renew_clinic(db: Database, vault: Vault, clinic_id: ClinicId) -> int:
    """Re-wraps the clinic's keys and gives it a newer one, all or nothing."""
    async with db.transaction(_scope(clinic_id)) as tx:
        behind = await clinic_keys_to_rewrap(tx, await vault.provider.active())
        for row in behind:
            key = await vault.clinic_key(clinic_id, row)
            await rewrap_clinic_key(tx, await vault.wrapped_clinic_key(clinic_id, row.clinic_key_id, key))
        if behind:
            await vault.create_clinic_key(tx)
        return len(behind)


async def _rewrap_patients(db: Database, vault: Vault, clinic_id: ClinicId, batch: int) -> int:
    """In small transactions, so that nobody's sign-in or save waits for a whole clinic."""
    done = 0
    while True:
        async with db.transaction(_scope(clinic_id)) as tx:
            count = await _rewrap_some(tx, vault, batch)
        done += count
        if count < batch:
            return done


async def _rewrap_some(tx: Tx, vault: Vault, batch: int) -> int:
    newest = await clinic_keys(tx)
    if not newest:
        return 0
    rows = await patient_keys_to_rewrap(tx, newest[0].clinic_key_id, batch)
    await _rewrap_rows(tx, vault, newest[0], rows)
    return len(rows)


async def _rewrap_rows(tx: Tx, vault: Vault, newest: ClinicKeyRow, rows: Sequence[PatientKeyRow]) -> None:
    rewrapped = []
    for row in rows:
        key = await vault.patient_key(tx.clinic_id, row)
        wrapped = await vault.wrapped_patient_key(tx.clinic_id, newest, row.patient_id, row.key_id, key)
        rewrapped.append((row, newest.clinic_key_id, wrapped))
    await rewrap_patient_keys(tx, rewrapped)
