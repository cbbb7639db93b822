"""What one transaction may see. The database compares its rows with exactly these values."""

from typing import Literal

import msgspec

from portico.ids import AccountId, ClinicId, PatientId

Kind = Literal["anonymous", "patient", "staff", "worker"]


class Anonymous(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody is known yet: sees the one account or session token that `subject` names, and nothing else.

    `patients` are the patients whose names a sign-in needs once the account is known.
    """

    clinic_id: ClinicId
    subject: str
    patients: frozenset[PatientId] = frozenset()

    @property
    def kind(self) -> Kind:
        return "anonymous"


class PatientScope(msgspec.Struct, frozen=True, kw_only=True):
    """An account with the patient hat: sees the records of the patients it may act for now."""

    clinic_id: ClinicId
    account_id: AccountId
    patients: frozenset[PatientId]

    @property
    def kind(self) -> Kind:
        return "patient"

    @property
    def subject(self) -> str:
        return str(self.account_id)


class StaffScope(msgspec.Struct, frozen=True, kw_only=True):
    """An account with the staff hat: sees its clinic; roles are checked before."""

    clinic_id: ClinicId
    account_id: AccountId

    @property
    def kind(self) -> Kind:
        return "staff"

    @property
    def subject(self) -> str:
        return str(self.account_id)

    @property
    def patients(self) -> frozenset[PatientId]:
        return frozenset()


class SystemScope(msgspec.Struct, frozen=True):
    """The program itself, within one clinic, for a stated reason (due work, onboarding, demo content)."""

    clinic_id: ClinicId
    reason: str

    @property
    def kind(self) -> Kind:
        return "worker"

    @property
    def subject(self) -> str:
        return f"system:{self.reason}"

    @property
    def patients(self) -> frozenset[PatientId]:
        return frozenset()


Scope = Anonymous | PatientScope | StaffScope | SystemScope
