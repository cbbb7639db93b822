"""The authenticated person behind a request, wearing one hat."""

from typing import Literal

import msgspec

from portico.access.policy import Permission, permissions_of
from portico.access.scope import PatientScope, Scope, StaffScope
from portico.errors import NotFound
from portico.ids import AccountId, ClinicId, PatientId, SessionId

Hat = Literal["patient", "staff"]
Role = Literal["patient", "proxy", "clinician", "nurse", "front_desk", "admin"]
Relation = Literal["self", "guardian", "agreed", "poa"]


class PatientLink(msgspec.Struct, frozen=True, kw_only=True):
    """A patient for whom the account may act now: itself (`self`), or by a grant with its basis and scope."""

    patient_id: PatientId
    name: str
    relation: Relation
    scope: frozenset[str]


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in: one account of one clinic, its hat, its roles, and the patients it may act for now."""

    clinic_id: ClinicId
    account_id: AccountId
    session_id: SessionId
    name: str
    hat: Hat
    roles: frozenset[Role]
    patients: tuple[PatientLink, ...]

    @property
    def scope(self) -> Scope:
        """What this person's transactions may see. A staff hat never opens the person's own or granted records."""
        if self.hat == "staff":
            return StaffScope(clinic_id=self.clinic_id, account_id=self.account_id)
        return PatientScope(
            clinic_id=self.clinic_id,
            account_id=self.account_id,
            patients=frozenset(link.patient_id for link in self.patients),
        )

    def may(self, permission: Permission) -> bool:
        """Whether the staff hat carries this permission."""
        return self.hat == "staff" and permission in permissions_of(self.roles)

    def link_for(self, patient_id: PatientId, scope: str) -> PatientLink:
        """The link that lets the patient hat act for this patient in this scope (`intake`, `messages`, `record`).

        Raises NotFound: a patient one may not act for is never told apart from one that does not exist.
        """
        for link in self.patients:
            if self.hat == "patient" and link.patient_id == patient_id and scope in link.scope:
                return link
        raise NotFound

    @property
    def own_patient(self) -> PatientLink | None:
        """The link to oneself, when this account is a patient's own; of several records the one for what is new."""
        return next((link for link in self.patients if link.relation == "self"), None)


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """An actor at one request: what the audit record needs besides the person."""

    actor: Actor
    request_id: str
    peer: str | None

    @property
    def scope(self) -> Scope:
        return self.actor.scope

    @property
    def account_id(self) -> AccountId:
        return self.actor.account_id

    def on_behalf_of(self, patient_id: PatientId) -> PatientId | None:
        """The patient, when this person acts for somebody else; None for one's own record and for staff."""
        own = {link.patient_id for link in self.actor.patients if link.relation == "self"}
        if self.actor.hat == "staff" or patient_id in own:
            return None
        return patient_id

    def acts_for(self, patient_id: PatientId) -> str | None:
        """The patient's name, when this person acts for somebody else: texts then speak of the patient by name."""
        other = self.on_behalf_of(patient_id)
        return next((link.name for link in self.actor.patients if link.patient_id == other), None)
