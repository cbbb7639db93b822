"""Sealing what people wrote: each patient's content under its own key, the clinic's secrets under its.

A key provider wraps the clinic's key, the clinic's key wraps the patients' keys (docs/vault.md).
"""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from portico.errors import NotFound, StartupRefused
from portico.ids import ClinicId, PatientId
from portico.platform.clock import Clock
from portico.platform.database import Tx
from portico.platform.envelope import (
    KEY_BYTES,
    RandomBytes,
    SealBroken,
    bound,
    fresh_nonce,
    key_id_of,
    keyed_digest,
    seal,
    unseal,
)
from portico.platform.key_cache import KeyCache, WrappedKey
from portico.platform.key_provider import KeyProvider, WrappingKeyMissing
from portico.platform.vault_queries import (
    ClinicKeyRow,
    PatientKeyRow,
    clinic_keys,
    insert_clinic_key,
    insert_patient_keys,
    keys_of_patient,
    keys_of_patients,
)
from portico.settings import KEY_FILE

__all__ = ["Box", "Place", "SealBroken", "Vault"]


class Place(msgspec.Struct, frozen=True):
    """Where a sealed value stands; it opens nowhere else. A key of several columns is written `id/number`."""

    table: str
    column: str
    row_id: UUID | str


class Box:
    """Seals and opens one patient's values, or a clinic's own without one. Lives for one transaction."""

    def __init__(
        self,
        clinic_id: ClinicId,
        patient_id: PatientId | None,
        keys: Mapping[UUID, bytes],
        random: RandomBytes = secrets.token_bytes,
    ) -> None:
        """`keys` by id, the one that seals first; the others only open what they sealed."""
        self._owner = (clinic_id.bytes, b"" if patient_id is None else patient_id.bytes)
        self._keys = keys
        self._random = random

    def seal(self, place: Place, plain: bytes) -> bytes:
        """The value as it may be stored at this place. Sealing the same value again gives other bytes."""
        key_id, key = next(iter(self._keys.items()))
        return seal(key, key_id, self._context(place), plain, fresh_nonce(self._random))

    def open(self, place: Place, sealed: bytes) -> bytes:
        """The value again. Raises SealBroken unless it is unaltered and sealed for this owner and place."""
        key = self._keys.get(key_id_of(sealed))
        if key is None:
            raise SealBroken
        return unseal(key, self._context(place), sealed)

    def seal_text(self, place: Place, text: str) -> bytes:
        """The text, as UTF-8, sealed."""
        return self.seal(place, text.encode())

    def open_text(self, place: Place, sealed: bytes) -> str:
        """The text again. Raises SealBroken."""
        return self.open(place, sealed).decode()

    def digest(self, place: Place, plain: bytes) -> bytes:
        """A keyed digest that tells the same content at this place again and, without the key, nothing else."""
        key_id, key = next(iter(self._keys.items()))
        return key_id.bytes + keyed_digest(key, self._context(place), plain)

    def is_digest_of(self, place: Place, stored: bytes, plain: bytes) -> bool:
        """Whether the digest is of exactly this content. Raises SealBroken when its key is not at hand."""
        key = self._keys.get(UUID(bytes=stored[:16]))
        if key is None:
            raise SealBroken
        return hmac.compare_digest(stored[16:], keyed_digest(key, self._context(place), plain))

    def _context(self, place: Place) -> bytes:
        return bound("content", *self._owner, place.table, place.column, str(place.row_id))


_BOX: Final = "patient box"
"""Under this name a transaction keeps a patient's box once it has it."""


class Vault:
    """Hands out boxes within an open transaction; what that may not see, the vault cannot open."""

    def __init__(
        self,
        provider: KeyProvider,
        clock: Clock,
        random: RandomBytes = secrets.token_bytes,
        cache: KeyCache | None = None,
    ) -> None:
        self.provider = provider
        self._random = random
        self._cache = KeyCache(clock) if cache is None else cache

    async def patient(self, tx: Tx, patient_id: PatientId) -> Box:
        """The patient's box. Raises NotFound when there is none that this transaction may see."""
        return await tx.once((_BOX, patient_id), lambda: self._patient(tx, patient_id))

    async def _patient(self, tx: Tx, patient_id: PatientId) -> Box:
        rows = await keys_of_patient(tx, patient_id)
        if not rows:
            raise NotFound
        keys = {row.key_id: await self.patient_key(tx.clinic_id, row) for row in rows}
        return Box(tx.clinic_id, patient_id, keys, self._random)

    async def clinic(self, tx: Tx) -> Box:
        """The clinic's box, for secrets and texts about no patient. Raises NotFound outside its clinic."""
        rows = await self._clinic_keys(tx)
        keys = {row.clinic_key_id: await self.clinic_key(tx.clinic_id, row) for row in rows}
        return Box(tx.clinic_id, None, keys, self._random)

    async def create_clinic_key(self, tx: Tx) -> None:
        """Gives the clinic a key, or a newer one that seals from now on while the older ones still open."""
        row = await self.wrapped_clinic_key(tx.clinic_id, tx.ids.new(), self._random(KEY_BYTES))
        await insert_clinic_key(tx, row, tx.now)

    async def create_patient_key(self, tx: Tx, patient_id: PatientId) -> None:
        """Gives the patient a key, or a newer one that seals from now on. The patient's row must exist."""
        await self.create_patient_keys(tx, [patient_id])

    async def create_patient_keys(self, tx: Tx, patients: Sequence[PatientId]) -> None:
        """As `create_patient_key`, for many at once."""
        for patient_id in patients:
            tx.forget((_BOX, patient_id))
        newest = (await self._clinic_keys(tx))[0]
        await insert_patient_keys(tx, [await self._new_key(tx, newest, each) for each in patients], tx.now)

    async def patients(self, tx: Tx, patients: Sequence[PatientId]) -> Mapping[PatientId, Box]:
        """The boxes of those of these patients whom the transaction may see, in one look."""
        found: dict[PatientId, dict[UUID, bytes]] = {}
        for row in await keys_of_patients(tx, patients):
            found.setdefault(row.patient_id, {})[row.key_id] = await self.patient_key(tx.clinic_id, row)
        return {patient_id: Box(tx.clinic_id, patient_id, keys, self._random) for patient_id, keys in found.items()}

    async def _new_key(self, tx: Tx, newest: ClinicKeyRow, patient_id: PatientId) -> PatientKeyRow:
        key_id, key = tx.ids.new(), self._random(KEY_BYTES)
        return PatientKeyRow(
            patient_id=patient_id,
            key_id=key_id,
            wrapped=await self.wrapped_patient_key(tx.clinic_id, newest, patient_id, key_id, key),
            clinic_key_id=newest.clinic_key_id,
            wrapping_key=newest.wrapping_key,
            clinic_wrapped=newest.clinic_wrapped,
        )

    async def verify(self, tx: Tx) -> None:
        """Proves at start that this clinic's keys unwrap. Raises StartupRefused naming the master key."""
        for row in await clinic_keys(tx):
            try:
                await self.clinic_key(tx.clinic_id, row)
            except WrappingKeyMissing as error:
                message = _unusable(self.provider, f"lacks the key `{error.name}`")
                raise StartupRefused(message) from None
            except SealBroken:
                message = _unusable(self.provider, f"holds another key under the name `{row.wrapping_key}`")
                raise StartupRefused(message) from None

    async def clinic_key(self, clinic_id: ClinicId, row: ClinicKeyRow | PatientKeyRow) -> bytes:
        """Unwraps the clinic's key of this row, or remembers it. Raises WrappingKeyMissing or SealBroken."""
        context = _clinic_context(clinic_id, row.clinic_key_id)
        name = WrappedKey(context, row.clinic_wrapped)
        key = self._cache.get(name)
        if key is None:
            key = await self.provider.unwrap(row.wrapping_key, row.clinic_wrapped, context)
            self._cache.put(name, key)
        return key

    async def patient_key(self, clinic_id: ClinicId, row: PatientKeyRow) -> bytes:
        """Unwraps the patient's key of this row, or remembers it. Raises WrappingKeyMissing or SealBroken."""
        context = _patient_context(clinic_id, row.patient_id, row.key_id)
        name = WrappedKey(context, row.wrapped)
        key = self._cache.get(name)
        if key is None:
            key = unseal(await self.clinic_key(clinic_id, row), context, row.wrapped)
            self._cache.put(name, key)
        return key

    async def wrapped_clinic_key(self, clinic_id: ClinicId, key_id: UUID, key: bytes) -> ClinicKeyRow:
        """The row of a clinic's key, wrapped by the provider's active key."""
        wrapped = await self.provider.wrap(key, _clinic_context(clinic_id, key_id))
        return ClinicKeyRow(clinic_key_id=key_id, wrapping_key=wrapped.wrapping_key, clinic_wrapped=wrapped.wrapped)

    async def wrapped_patient_key(
        self, clinic_id: ClinicId, by: ClinicKeyRow, patient_id: PatientId, key_id: UUID, key: bytes
    ) -> bytes:
        """A patient's key, wrapped by this key of the clinic."""
        context = _patient_context(clinic_id, patient_id, key_id)
        return seal(await self.clinic_key(clinic_id, by), by.clinic_key_id, context, key, fresh_nonce(self._random))

    async def _clinic_keys(self, tx: Tx) -> Sequence[ClinicKeyRow]:
        rows = await clinic_keys(tx)
        if not rows:
            raise NotFound
        return rows


def _clinic_context(clinic_id: ClinicId, key_id: UUID) -> bytes:
    return bound("clinic-key", clinic_id.bytes, key_id.bytes)


def _patient_context(clinic_id: ClinicId, patient_id: PatientId, key_id: UUID) -> bytes:
    return bound("patient-key", clinic_id.bytes, patient_id.bytes, key_id.bytes)


def _unusable(provider: KeyProvider, complaint: str) -> str:
    return (
        f"{provider.place} ({KEY_FILE.name}) {complaint}: a clinic's key in this database needs it. "
        "Put the right key file back."
    )
