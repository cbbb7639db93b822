"""Statements of signing in and of sessions."""

from datetime import datetime

import msgspec

from portico.access import Hat, Role
from portico.accounts.model import Candidate, SessionState, Standing
from portico.ids import AccountId, SessionId
from portico.platform.database import Command, Query, Tx, Unscoped
from portico.platform.signals import announce

MAX_CANDIDATES = 8
"""Clinics in which one address is tried: each costs one hash."""


class VisitRow(msgspec.Struct, frozen=True, kw_only=True):
    """A session that has not ended or expired, its account, and its links to patients as JSON."""

    session_id: SessionId
    account_id: AccountId
    name: str
    clinic_name: str
    clinic_phone: str | None
    zone: str
    state: SessionState
    hat: Hat
    last_seen_at: datetime
    expires_at: datetime
    is_patient: bool
    is_proxy: bool
    staff_roles: tuple[Role, ...]
    links: str


class NewSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session as first written."""

    session_id: SessionId
    account_id: AccountId
    token_hash: str
    state: SessionState
    hat: Hat
    expires_at: datetime
    device: str


class SeedRow(msgspec.Struct, frozen=True):
    """The sealed TOTP seed of an account."""

    sealed: bytes | None


class HolderRow(msgspec.Struct, frozen=True):
    """The session and account behind a token."""

    session_id: SessionId
    account_id: AccountId


CANDIDATES = Query(
    Candidate,
    """
    select c.clinic_id, c.slug, c.name, s.account_id
    from sign_in s join clinic c using (clinic_id)
    where s.email_hmac = $1 and ($2::text is null or c.slug = $2)
    order by c.slug
    limit $3
    """,
)
STANDING = Query(
    Standing,
    """
    select a.name, a.email, a.state, c.password_hash, c.totp_confirmed_at is not null as has_totp,
        a.patient_id is not null as is_patient,
        exists (
            select from proxy_grant g
            where g.clinic_id = a.clinic_id and g.account_id = a.account_id
                and g.starts_at <= $3 and (g.ends_at is null or g.ends_at > $3)
        ) as is_proxy,
        coalesce(s.roles, '{}') as staff_roles
    from account a
    join credential c on c.clinic_id = a.clinic_id and c.account_id = a.account_id
    left join staff s on s.clinic_id = a.clinic_id and s.account_id = a.account_id
    where a.clinic_id = $1 and a.account_id = $2
    """,
)
VISIT = Query(
    VisitRow,
    """
    select session_id, account_id, name, clinic_name, clinic_phone, zone, state, hat, last_seen_at, expires_at,
        is_patient, is_proxy, staff_roles, links
    from visit_by_token($1, $2)
    """,
)
HOLDER = Query(
    HolderRow,
    "select session_id, account_id from session where clinic_id = $1 and token_hash = $2 and state <> 'ended'",
)
LAST_HOLDER = Query(HolderRow, "select session_id, account_id from session where clinic_id = $1 and token_hash = $2")
SEEN = Command("update session set last_seen_at = $3 where clinic_id = $1 and session_id = $2 and last_seen_at < $3")
INSERT_SESSION = Command("""
    insert into session (clinic_id, session_id, account_id, token_hash, state, hat, expires_at, device, created_at,
        authenticated_at, last_seen_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $9)
""")
RAISE_SESSION = Command("""
    update session set state = 'signed-in', token_hash = $4, authenticated_at = $5, last_seen_at = $5, expires_at = $6
    where clinic_id = $1 and session_id = $2 and state = $3
""")
END_SESSION = Command(
    "update session set state = 'ended' where clinic_id = $1 and session_id = $2 and state <> 'ended'"
)
END_SESSIONS_OF = Command(
    "update session set state = 'ended' where clinic_id = $1 and account_id = $2 and state <> 'ended'"
)
CHANGE_HASH = Command("""
    update credential set password_hash = $4 where clinic_id = $1 and account_id = $2 and password_hash = $3
""")
SEED = Query(SeedRow, "select totp_seed_sealed as sealed from credential where clinic_id = $1 and account_id = $2")
KEEP_UNCONFIRMED_SEED = Command("""
    update credential set totp_seed_sealed = $3, totp_last_step = null
    where clinic_id = $1 and account_id = $2 and totp_confirmed_at is null
""")
# Comparing and keeping the step in one statement: of two uses of one code at once, the second waits and then fails.
TAKE_STEP = Command("""
    update credential set totp_last_step = greatest(totp_last_step, $3)
    where clinic_id = $1 and account_id = $2 and totp_confirmed_at is not null
        and ($4 or totp_last_step is null or totp_last_step < $3)
""")
CONFIRM_SEED = Command("""
    update credential set totp_confirmed_at = $4, totp_last_step = $3, changed_at = $4
    where clinic_id = $1 and account_id = $2 and totp_confirmed_at is null
""")


async def candidates_for(statements: Unscoped, digest: bytes, slug: str | None) -> list[Candidate]:
    """The accounts that this address may mean, in the named clinic or in all."""
    return await statements.all(CANDIDATES, digest, slug, MAX_CANDIDATES)


async def standing_of(tx: Tx, account_id: AccountId) -> Standing | None:
    """The account with its password's hash and what it may be now."""
    return await tx.first(STANDING, tx.clinic_id, account_id, tx.now)


async def visit_by_token(tx: Tx, token_hash: str) -> VisitRow | None:
    """The session behind the token. Afterwards the transaction may read and write as that session's account."""
    return await tx.first(VISIT, token_hash, tx.now)


async def holder_of(tx: Tx, token_hash: str) -> HolderRow | None:
    """Whose session this is, living or expired, unless it has ended."""
    return await tx.first(HOLDER, tx.clinic_id, token_hash)


async def last_holder_of(tx: Tx, token_hash: str) -> HolderRow | None:
    """Whose session this is or was, however it ended."""
    return await tx.first(LAST_HOLDER, tx.clinic_id, token_hash)


async def note_seen(tx: Tx, session_id: SessionId) -> None:
    """Keeps the instant of this activity."""
    await tx.run(SEEN, tx.clinic_id, session_id, tx.now)


async def insert_session(tx: Tx, session: NewSession) -> None:
    """Writes a new session that was authenticated just now."""
    await tx.run(INSERT_SESSION, tx.clinic_id, *msgspec.structs.astuple(session), tx.now)


async def raise_session(
    tx: Tx, session_id: SessionId, *, owed: SessionState, token_hash: str, expires_at: datetime
) -> bool:
    """Completes a half session under a new token; False when it is no longer in the state that owed the factor."""
    return await tx.run(RAISE_SESSION, tx.clinic_id, session_id, owed, token_hash, tx.now, expires_at) == 1


async def end_session(tx: Tx, session_id: SessionId) -> bool:
    """Ends one session; False when it had ended already."""
    return await tx.run(END_SESSION, tx.clinic_id, session_id) == 1


async def end_sessions_of(tx: Tx, account_id: AccountId) -> int:
    """Ends every session of the account and tells how many there were."""
    ended = await tx.run(END_SESSIONS_OF, tx.clinic_id, account_id)
    # Streams that the account has open look at once whether they may go on.
    announce(tx, "session", account_id)
    return ended


async def change_hash(tx: Tx, account_id: AccountId, *, old: str, new: str) -> None:
    """Replaces a password's hash, unless the password was changed meanwhile."""
    await tx.run(CHANGE_HASH, tx.clinic_id, account_id, old, new)


async def seed_of(tx: Tx, account_id: AccountId) -> bytes | None:
    """The sealed seed, None when there is none."""
    row = await tx.first(SEED, tx.clinic_id, account_id)
    return None if row is None else row.sealed


async def keep_unconfirmed_seed(tx: Tx, account_id: AccountId, sealed: bytes) -> None:
    """Keeps a seed that its owner has not yet shown to have; never touches a confirmed one."""
    await tx.run(KEEP_UNCONFIRMED_SEED, tx.clinic_id, account_id, sealed)


async def take_step(tx: Tx, account_id: AccountId, step: int, *, may_repeat: bool) -> bool:
    """Uses up a code's time step; False when this or a later one was used before."""
    return await tx.run(TAKE_STEP, tx.clinic_id, account_id, step, may_repeat) == 1


async def confirm_seed(tx: Tx, account_id: AccountId, step: int) -> bool:
    """Makes the kept seed the account's second factor; False when it has one already."""
    return await tx.run(CONFIRM_SEED, tx.clinic_id, account_id, step, tx.now) == 1
