"""A session's life: opened by a password, found by its cookie at each request, ended by its owner or by time."""

from datetime import datetime

import msgspec

from portico.access import Anonymous, Hat
from portico.accounts import queries, rules
from portico.accounts.devices import UNKNOWN
from portico.accounts.ledger import note_sign_out
from portico.accounts.model import Cookie, LinkRow, Opened, SessionState, Standing, Visit, Visitor
from portico.accounts.queries import NewSession, VisitRow
from portico.accounts.tokens import csrf_token_of, hash_of, new_token
from portico.ids import AccountId, SessionId
from portico.platform.database import Database, Tx

_LINKS = msgspec.json.Decoder(tuple[LinkRow, ...])


async def open_session(
    tx: Tx, account_id: AccountId, standing: Standing, *, state: SessionState, hat: Hat, device: str = UNKNOWN
) -> Opened:
    """Writes a new session under a token that exists nowhere else; a token sent by a browser is never taken over."""
    cookie = Cookie(tx.clinic_id, new_token())
    session = NewSession(
        session_id=SessionId(tx.ids.new()),
        account_id=account_id,
        token_hash=hash_of(cookie.token),
        state=state,
        hat=hat,
        expires_at=tx.now + rules.lifetime(state),
        device=device,
    )
    await queries.insert_session(tx, session)
    return Opened(
        cookie=cookie,
        state=state,
        csrf_token=csrf_token_of(cookie.token),
        account_id=account_id,
        name=standing.name,
        roles=rules.roles_of(standing.staff_roles, is_patient=standing.is_patient, is_proxy=standing.is_proxy),
    )


async def complete_session(tx: Tx, visit: Visit) -> Opened:
    """Turns a half session into a whole one under a new token. Raises NoFactorOwed when another request did."""
    cookie = Cookie(tx.clinic_id, new_token())
    done = await queries.raise_session(
        tx,
        visit.session_id,
        owed=visit.state,
        token_hash=hash_of(cookie.token),
        expires_at=tx.now + rules.lifetime("signed-in"),
    )
    if not done:
        raise rules.NoFactorOwed
    return Opened(
        cookie=cookie,
        state="signed-in",
        csrf_token=csrf_token_of(cookie.token),
        account_id=visit.account_id,
        name=visit.name,
        roles=visit.roles,
    )


async def visit_of(db: Database, cookie: Cookie | None, *, is_activity: bool) -> Visit | None:
    """The living session behind the cookie, with what its account may do at this instant; None when there is none.

    Only activity of a person keeps the session alive; a page that polls does not.
    """
    if cookie is None:
        return None
    scope = Anonymous(clinic_id=cookie.clinic_id, subject=hash_of(cookie.token))
    async with db.transaction(scope) as tx:
        row = await queries.visit_by_token(tx, hash_of(cookie.token))
        if row is None or rules.ends_at(row.hat, row.last_seen_at, row.expires_at) <= tx.now:
            return None
        last_seen_at = row.last_seen_at
        if is_activity and rules.is_worth_noting(last_seen_at, tx.now):
            await queries.note_seen(tx, row.session_id)
            last_seen_at = tx.now
        return _visit(cookie, row, last_seen_at)


async def end_visit(db: Database, visit: Visit, visitor: Visitor) -> None:
    """Ends this session; its cookie opens nothing any more."""
    async with db.transaction(Anonymous(clinic_id=visit.clinic_id, subject=str(visit.account_id))) as tx:
        if await queries.end_session(tx, visit.session_id):
            await note_sign_out(tx, visitor, visit.account_id, hat=visit.hat)


async def end_by_cookie(db: Database, cookie: Cookie | None) -> None:
    """Ends whatever session this cookie is of, living or expired, of whatever account."""
    if cookie is None:
        return
    token_hash = hash_of(cookie.token)
    async with db.transaction(Anonymous(clinic_id=cookie.clinic_id, subject=token_hash)) as tx:
        holder = await queries.holder_of(tx, token_hash)
    if holder is not None:
        async with db.transaction(Anonymous(clinic_id=cookie.clinic_id, subject=str(holder.account_id))) as tx:
            await queries.end_session(tx, holder.session_id)


def _visit(cookie: Cookie, row: VisitRow, last_seen_at: datetime) -> Visit:
    return Visit(
        clinic_id=cookie.clinic_id,
        clinic_name=row.clinic_name,
        clinic_phone=row.clinic_phone,
        zone=row.zone,
        session_id=row.session_id,
        account_id=row.account_id,
        name=row.name,
        state=row.state,
        hat=row.hat,
        roles=rules.roles_of(row.staff_roles, is_patient=row.is_patient, is_proxy=row.is_proxy),
        patients=rules.links_of(_LINKS.decode(row.links)) if row.hat == "patient" else (),
        ends_at=rules.ends_at(row.hat, last_seen_at, row.expires_at),
        csrf_token=csrf_token_of(cookie.token),
    )
