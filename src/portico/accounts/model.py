"""Who stands at the door: the sign-in attempt, the session it became, and the links to patients."""

from datetime import datetime
from typing import Literal

import msgspec

from portico.access import Actor, Hat, PatientLink, Role
from portico.ids import AccountId, ClinicId, SessionId

SessionState = Literal["second-factor", "enrol-second-factor", "signed-in"]
"""A session that has not ended. The first two owe a second factor and open nothing but the way to give it."""


class Cookie(msgspec.Struct, frozen=True):
    """What the browser keeps: in which clinic the session is, and its token."""

    clinic_id: ClinicId
    token: str

    @property
    def value(self) -> str:
        return f"{self.clinic_id}.{self.token}"


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """A request before anyone is known."""

    request_id: str
    peer: str | None
    cookie: Cookie | None = None
    device: str = "other/other"
    """See `accounts.devices`."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody who wants to sign in sent."""

    email: str
    password: str
    clinic: str | None = None
    hat: Hat | None = None


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An account, in one of the clinics, that the address may mean."""

    clinic_id: ClinicId
    slug: str
    name: str
    account_id: AccountId


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What an account has and may be at this instant, as sign-in needs it."""

    name: str
    email: str
    state: str
    password_hash: str
    has_totp: bool
    is_patient: bool
    is_proxy: bool
    staff_roles: tuple[Role, ...]


class LinkRow(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why an account may act for a patient now; one patient may have several."""

    patient_id: str
    name: str
    relation: Literal["self", "guardian", "agreed", "poa"]
    scope: tuple[str, ...]
    is_linked: bool = False
    """Staff found that this record, which existed before, is of the same person as the account's own."""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A living session: the account behind it and what it may do now, read anew at every request."""

    clinic_id: ClinicId
    clinic_name: str
    clinic_phone: str | None
    """The office's number, once somebody has confirmed it."""
    zone: str
    session_id: SessionId
    account_id: AccountId
    name: str
    state: SessionState
    hat: Hat
    roles: frozenset[Role]
    patients: tuple[PatientLink, ...]
    ends_at: datetime
    csrf_token: str

    @property
    def actor(self) -> Actor:
        return Actor(
            clinic_id=self.clinic_id,
            account_id=self.account_id,
            session_id=self.session_id,
            name=self.name,
            hat=self.hat,
            roles=self.roles,
            patients=self.patients,
        )


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A session just opened or raised to the next state; the cookie is the only copy of its token."""

    cookie: Cookie
    state: SessionState
    csrf_token: str
    account_id: AccountId
    name: str
    roles: frozenset[Role]
    recovery_codes: tuple[str, ...] = ()
    """Made with a second factor that was just set up; shown this once."""
