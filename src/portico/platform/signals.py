"""Saying in a transaction that something changed: ids only, heard once it is committed, and never the truth itself."""

from typing import Final
from uuid import UUID

import msgspec

from portico.ids import ClinicId
from portico.platform.database import CHANGES, Tx

CHANNEL: Final = CHANGES
"""The channel that every process listens on."""


class Change(msgspec.Struct, frozen=True):
    """Something changed: in which clinic, which kind of thing, and which one. Read it to know how it is now."""

    clinic_id: ClinicId
    kind: str
    id: UUID


def announce(tx: Tx, kind: str, changed: UUID) -> None:
    """Tells listeners, when the transaction commits, that this thing changed."""
    tx.announce(kind, changed)


def change_of(payload: str) -> Change | None:
    """The change in a notification; None for one that this program did not send."""
    parts = payload.split(" ")
    try:
        clinic_id, kind, changed = parts
        return Change(ClinicId(UUID(clinic_id)), kind, UUID(changed))
    except ValueError:
        return None
