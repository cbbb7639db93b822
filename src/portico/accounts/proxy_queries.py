"""Statements of grants that let one person act for another."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from portico.accounts.proxy_rules import Basis, EndReason, Grant
from portico.ids import AccountId, PatientId
from portico.platform.database import Command, Query, Tx


class PatientRow(msgspec.Struct, frozen=True, kw_only=True):
    """The patient of a grant."""

    patient_id: PatientId
    name: str
    born_on: date
    state: str
    zone: str


class ProxyRow(msgspec.Struct, frozen=True, kw_only=True):
    """The account that shall act."""

    account_id: AccountId
    state: str
    patient_id: PatientId | None


class ActingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A patient that the account acts for now, and how long still."""

    grant_id: UUID
    patient_id: PatientId
    patient_name: str
    scope: tuple[str, ...]
    basis: Basis
    starts_at: datetime
    ends_at: datetime | None


class HolderRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who signs in with a code."""

    account_id: AccountId
    name: str


class AccountKey(msgspec.Struct, frozen=True):
    """An account."""

    account_id: AccountId


_GRANT = """
    select grant_id, account_id, proxy_name, patient_id, scope, basis, confirmed_by, starts_at, ends_at, ended_at,
        end_reason
    from proxy_grant
"""
GRANTS_FOR = Query(Grant, _GRANT + " where clinic_id = $1 and patient_id = $2 order by starts_at desc, grant_id")
GRANT_LOCKED = Query(Grant, _GRANT + " where clinic_id = $1 and grant_id = $2 for update")
LIVE_GRANTS = Query(
    Grant,
    _GRANT + " where clinic_id = $1 and patient_id = $2 and account_id = $3 and (ends_at is null or ends_at > $4)",
)
GUARDIANS_LOCKED = Query(
    Grant,
    _GRANT
    + " where clinic_id = $1 and patient_id = $2 and basis = 'guardian' and ended_at is null order by grant_id for update",
)
ACTING = Query(
    ActingRow,
    """
    select g.grant_id, g.patient_id, p.name as patient_name, g.scope, g.basis, g.starts_at, g.ends_at
    from proxy_grant g
    join patient p on p.clinic_id = g.clinic_id and p.patient_id = g.patient_id
    where g.clinic_id = $1 and g.account_id = $2 and g.starts_at <= $3 and (g.ends_at is null or g.ends_at > $3)
    order by p.name, g.grant_id
    """,
)
_PATIENT = """
    select p.patient_id, p.name, p.born_on, p.state, c.zone
    from patient p join clinic c on c.clinic_id = p.clinic_id
    where p.clinic_id = $1 and p.patient_id = $2
"""
PATIENT = Query(PatientRow, _PATIENT)
# Two people who name the same proxy at once: the second waits and then finds the grant.
PATIENT_LOCKED = Query(PatientRow, _PATIENT + " for update of p")
PROXY = Query(
    ProxyRow,
    """
    select account_id, state, patient_id from account
    where clinic_id = $1 and (account_id = $2::uuid or email = $3::text)
    """,
)
OWN_ACCOUNTS = Query(
    AccountKey, "select account_id from account where clinic_id = $1 and patient_id = $2 and state = 'active'"
)
FACTOR_HOLDERS = Query(
    HolderRow,
    """
    select a.account_id, a.name
    from account a join credential c on c.clinic_id = a.clinic_id and c.account_id = a.account_id
    where a.clinic_id = $1 and a.state = 'active' and c.totp_confirmed_at is not null
        and (a.patient_id = $2 or exists (
            select from proxy_grant g
            where g.clinic_id = $1 and g.account_id = a.account_id and g.patient_id = $2 and g.starts_at <= $3
                and (g.ends_at is null or g.ends_at > $3)))
    order by a.name, a.account_id
    """,
)
CHANGE = Command("""
    update proxy_grant set scope = $3, starts_at = $4, ends_at = $5, confirmed_by = $6
    where clinic_id = $1 and grant_id = $2
""")
END = Command("""
    update proxy_grant set ends_at = least(ends_at, $3), ended_at = $3, ended_by = $4, end_reason = $5
    where clinic_id = $1 and grant_id = $2
""")
MOVE_END = Command("update proxy_grant set ends_at = $3 where clinic_id = $1 and grant_id = $2")


async def grants_for(tx: Tx, patient_id: PatientId) -> list[Grant]:
    """Who may, might or could act for this patient, newest first."""
    return await tx.all(GRANTS_FOR, tx.clinic_id, patient_id)


async def grant_locked(tx: Tx, grant_id: UUID) -> Grant | None:
    """One grant, held until the transaction ends."""
    return await tx.first(GRANT_LOCKED, tx.clinic_id, grant_id)


async def live_grants(tx: Tx, patient_id: PatientId, account_id: AccountId) -> list[Grant]:
    """Grants of these two that have not ended."""
    return await tx.all(LIVE_GRANTS, tx.clinic_id, patient_id, account_id, tx.now)


async def guardians_locked(tx: Tx, patient_id: PatientId) -> list[Grant]:
    """The guardians' grants that nobody has ended, held until the transaction ends."""
    return await tx.all(GUARDIANS_LOCKED, tx.clinic_id, patient_id)


async def acting(tx: Tx, account_id: AccountId) -> list[ActingRow]:
    """For whom this account acts now."""
    return await tx.all(ACTING, tx.clinic_id, account_id, tx.now)


async def patient(tx: Tx, patient_id: PatientId) -> PatientRow | None:
    """The patient, if this transaction may see them."""
    return await tx.first(PATIENT, tx.clinic_id, patient_id)


async def patient_locked(tx: Tx, patient_id: PatientId) -> PatientRow | None:
    """The same, held until the transaction ends."""
    return await tx.first(PATIENT_LOCKED, tx.clinic_id, patient_id)


async def proxy(tx: Tx, account_id: AccountId | None, email: str | None) -> ProxyRow | None:
    """The account with this id or address."""
    return await tx.first(PROXY, tx.clinic_id, account_id, email)


async def own_accounts(tx: Tx, patient_id: PatientId) -> list[AccountKey]:
    """The patient's own account, as far as this transaction may see it."""
    return await tx.all(OWN_ACCOUNTS, tx.clinic_id, patient_id)


async def change(tx: Tx, grant: Grant) -> None:
    """Stores what staff may change of a grant."""
    values = (list(grant.scope), grant.starts_at, grant.ends_at, grant.confirmed_by)
    await tx.run(CHANGE, tx.clinic_id, grant.grant_id, *values)


async def end(tx: Tx, grant_id: UUID, by: AccountId, reason: EndReason) -> None:
    """Ends the grant now."""
    await tx.run(END, tx.clinic_id, grant_id, tx.now, by, reason)


async def move_end(tx: Tx, grant_id: UUID, ends_at: datetime) -> None:
    """Gives a grant the end that follows from a corrected birth date."""
    await tx.run(MOVE_END, tx.clinic_id, grant_id, ends_at)


async def factor_holders(tx: Tx, patient_id: PatientId) -> list[HolderRow]:
    """The patient's own account and those that act for them now, as far as they have a second factor to lose."""
    return await tx.all(FACTOR_HOLDERS, tx.clinic_id, patient_id, tx.now)
