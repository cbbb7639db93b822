"""Statements of invitations and registrations."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from portico.access import Role
from portico.accounts.entry_model import InvitationKind, InvitationState, Invited, ListedInvitation
from portico.ids import AccountId, PatientId
from portico.platform.database import Command, Query, Tx

PAGE_SIZE = 50


class NewInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation as first written."""

    invitation_id: UUID
    kind: InvitationKind
    state: InvitationState
    token_hash: str
    email: str
    name: str
    born_on: date | None
    patient_id: PatientId | None
    roles: tuple[Role, ...]
    invited_by: AccountId | None
    expires_at: datetime


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """Which letter of an invitation this is, the first being 1."""

    sendings: int


class InvitedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account found by its address or patient."""

    account_id: AccountId


INSERT = Command("""
    insert into invitation (clinic_id, invitation_id, kind, state, token_hash, email, name, born_on, patient_id, roles,
        invited_by, expires_at, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
""")

BY_CODE = Query(
    Invited,
    """
    select invitation_id, kind, state, email, name, born_on, patient_id, roles, tries, expires_at
    from invitation
    where clinic_id = $1 and token_hash = $2
    for update
    """,
)

LOCKED = Query(
    Invited,
    """
    select invitation_id, kind, state, email, name, born_on, patient_id, roles, tries, expires_at
    from invitation
    where clinic_id = $1 and invitation_id = $2
    for update
    """,
)

# The hash is named too: the anonymous context sees the row by it alone.
COUNT_TRY = Command("""
    update invitation set tries = tries + 1, state = $4
    where clinic_id = $1 and invitation_id = $2 and token_hash = $3
""")

ACCEPT = Command("""
    update invitation set state = 'accepted', account_id = $3, accepted_at = $4
    where clinic_id = $1 and invitation_id = $2
""")

RENEW = Query(
    Sending,
    """
    update invitation set state = 'open', token_hash = $3, expires_at = $4, tries = 0, sendings = sendings + 1
    where clinic_id = $1 and invitation_id = $2
    returning sendings
    """,
)

SET_STATE = Command("update invitation set state = $3 where clinic_id = $1 and invitation_id = $2")

WITHDRAW_OF_PATIENT = Command("""
    update invitation set state = 'withdrawn'
    where clinic_id = $1 and patient_id = $2 and state in ('open', 'burnt')
""")

WITHDRAW_OF_ADDRESS = Command("""
    update invitation set state = 'withdrawn'
    where clinic_id = $1 and email = $2 and kind = $3 and state in ('open', 'burnt')
""")

CORRECT_BIRTH_DATE = Command("""
    update invitation set born_on = $3 where clinic_id = $1 and patient_id = $2 and state in ('open', 'burnt')
""")

LISTED = Query(
    ListedInvitation,
    """
    select i.invitation_id, i.kind, i.state, i.email, i.name, i.patient_id, i.roles, i.created_at, i.expires_at,
        a.name as invited_by_name, coalesce('bounced-' || n.return_code, n.error_code) as delivery_code,
        case when n.returned_at is not null then 'undeliverable' when n.sent_at is not null then 'sent'
            when n.due_at is null then 'undeliverable' else 'waiting' end as delivery
    from invitation i
    left join account a on a.clinic_id = i.clinic_id and a.account_id = i.invited_by
    left join notification n on n.clinic_id = i.clinic_id
        and n.dedupe_key = 'invitation:' || i.invitation_id || ':' || i.sendings
    where i.clinic_id = $1 and ($2::text is null or i.state = $2) and ($3::uuid is null or i.invitation_id = $3)
        and i.kind = any ($4::text[]) and (i.created_at, i.invitation_id) < ($5::timestamptz, $6::uuid)
    order by i.created_at desc, i.invitation_id desc
    limit $7
    """,
)

ACCOUNT_BY_EMAIL = Query(InvitedAccount, "select account_id from account where clinic_id = $1 and email = $2")

ACCOUNT_OF_PATIENT = Query(InvitedAccount, "select account_id from account where clinic_id = $1 and patient_id = $2")


async def insert(tx: Tx, row: NewInvitation) -> None:
    """Writes an invitation."""
    await tx.run(INSERT, tx.clinic_id, *msgspec.structs.astuple(row), tx.now)


async def by_code(tx: Tx, token_hash: str) -> Invited | None:
    """The invitation that this code names, held until the transaction ends."""
    return await tx.first(BY_CODE, tx.clinic_id, token_hash)


async def locked(tx: Tx, invitation_id: UUID) -> Invited | None:
    """The invitation, held until the transaction ends."""
    return await tx.first(LOCKED, tx.clinic_id, invitation_id)


async def count_try(tx: Tx, invitation_id: UUID, token_hash: str, state: InvitationState) -> None:
    """Counts a wrong birth date; `state` is the invitation's from now on."""
    await tx.run(COUNT_TRY, tx.clinic_id, invitation_id, token_hash, state)


async def accept(tx: Tx, invitation_id: UUID, account_id: AccountId) -> None:
    """Keeps which account it became."""
    await tx.run(ACCEPT, tx.clinic_id, invitation_id, account_id, tx.now)


async def renew(tx: Tx, invitation_id: UUID, token_hash: str, expires_at: datetime) -> int:
    """Puts a new code in the place of the old one; tells which letter this is."""
    return (await tx.one(RENEW, tx.clinic_id, invitation_id, token_hash, expires_at)).sendings


async def set_state(tx: Tx, invitation_id: UUID, state: InvitationState) -> None:
    """Writes the state."""
    await tx.run(SET_STATE, tx.clinic_id, invitation_id, state)


async def withdraw_of_patient(tx: Tx, patient_id: PatientId) -> int:
    """Ends whatever invitations of this patient could still be used."""
    return await tx.run(WITHDRAW_OF_PATIENT, tx.clinic_id, patient_id)


async def withdraw_of_address(tx: Tx, email: str, kind: InvitationKind) -> None:
    """Ends whatever invitations of this kind to this address could still be used."""
    await tx.run(WITHDRAW_OF_ADDRESS, tx.clinic_id, email, kind)


async def correct_birth_date(tx: Tx, patient_id: PatientId, born_on: date) -> None:
    """Open invitations ask for the birth date that the record has now."""
    await tx.run(CORRECT_BIRTH_DATE, tx.clinic_id, patient_id, born_on)


async def listed(
    tx: Tx, state: InvitationState | None, kinds: tuple[InvitationKind, ...], before: tuple[datetime, UUID]
) -> list[ListedInvitation]:
    """Invitations from the newest on; one more than a page."""
    return await tx.all(LISTED, tx.clinic_id, state, None, list(kinds), *before, PAGE_SIZE + 1)


async def listed_one(tx: Tx, invitation_id: UUID, kinds: tuple[InvitationKind, ...]) -> ListedInvitation | None:
    """One invitation as the list shows it."""
    return await tx.first(LISTED, tx.clinic_id, None, invitation_id, list(kinds), *LIST_START, 1)


LIST_START: tuple[datetime, UUID] = (datetime.fromisoformat("9000-01-01T00:00:00+00:00"), UUID(int=0))
"""Before the newest."""


async def account_by_email(tx: Tx, email: str) -> AccountId | None:
    """The account that has this address in this clinic."""
    row = await tx.first(ACCOUNT_BY_EMAIL, tx.clinic_id, email)
    return None if row is None else row.account_id


async def account_of_patient(tx: Tx, patient_id: PatientId) -> AccountId | None:
    """The patient's own account."""
    row = await tx.first(ACCOUNT_OF_PATIENT, tx.clinic_id, patient_id)
    return None if row is None else row.account_id
