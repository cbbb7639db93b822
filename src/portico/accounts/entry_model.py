"""Ways in and what people bring along: one-time codes, invitations, registrations, and records that may be of one person."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from portico.access import Role
from portico.accounts.identity_model import Likeness
from portico.ids import AccountId, ClinicId, PatientId

InvitationKind = Literal["patient", "staff", "registration"]
InvitationState = Literal["open", "accepted", "withdrawn", "burnt"]
InvitationEvent = Literal["accept", "withdraw", "burn", "resend"]
ResetState = Literal["open", "used", "withdrawn"]
PatientState = Literal["active", "transferred", "deceased"]
MatchState = Literal["linked", "apart", "undone"]
MatchEvent = Literal["link", "keep-apart", "undo"]
Delivery = Literal["waiting", "sent", "undeliverable"]
"""How far the letter with a code has come; `undeliverable`, refused or come back, is final until it is sent again."""


class Code(msgspec.Struct, frozen=True):
    """What a letter's link carries: in which clinic the row is, and its token. The only copy of the token."""

    clinic_id: ClinicId
    token: str

    @property
    def value(self) -> str:
        return f"{self.clinic_id}.{self.token}"


class Activation(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody sends who comes in with a code. Staff are not asked for their birth date."""

    code: str
    password: str
    born_on: date | None = None


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody sends who asks for an account of their own."""

    clinic: str
    email: str
    name: str
    born_on: date
    password: str | None = None
    """Only checked, never kept: the password given with the code stands, for only that one is the mailbox owner's."""


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation as whoever holds its code, or the action that ends it, needs it."""

    invitation_id: UUID
    kind: InvitationKind
    state: InvitationState
    email: str
    name: str
    born_on: date | None
    patient_id: PatientId | None
    roles: tuple[Role, ...]
    tries: int
    expires_at: datetime


class ListedInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation in the staff's list, with what became of its latest letter."""

    invitation_id: UUID
    kind: InvitationKind
    state: InvitationState
    email: str
    name: str
    patient_id: PatientId | None
    roles: tuple[Role, ...]
    created_at: datetime
    expires_at: datetime
    invited_by_name: str | None
    delivery: Delivery
    delivery_code: str | None
    """Why the letter could not be handed over so far."""


class PatientRow(msgspec.Struct, frozen=True, kw_only=True):
    """A patient as staff see one in a list. `verified` is False while nobody has confirmed who it is."""

    patient_id: PatientId
    name: str
    born_on: date
    clinic_number: str | None
    state: PatientState
    verified: bool


class OwnAccount(msgspec.Struct, frozen=True, kw_only=True):
    """The patient's own account."""

    account_id: AccountId
    email: str
    state: str
    is_staff: bool


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Another record that may be of the same person, why, and what staff decided about the two."""

    patient: PatientRow
    same_name_and_birth_date: bool
    same_phone: bool
    likeness: Likeness
    """Whether the two are alike by what was first given, or only since staff corrected one of them."""
    decision: MatchState | None
