"""Showing again who one is before what matters: the password, and a code where there is a second factor.

The session goes on under a new token, so a cookie that was stolen before is worth nothing for what comes after.
"""

from datetime import datetime

import msgspec

from portico.accounts import own_queries, queries, rules
from portico.accounts.door import Door
from portico.accounts.ledger import note_failure, note_sign_in
from portico.accounts.model import Cookie, Opened, Standing, Visit, Visitor
from portico.accounts.own_rules import SessionOver, WrongPassword, is_fresh
from portico.accounts.second_factor import counted, scope_of, use_code
from portico.accounts.tokens import csrf_token_of, hash_of, new_token
from portico.platform.database import Database, Tx
from portico.platform.rate_limit import give_back, seconds_to_wait


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What a person gives to show who they are."""

    password: str
    code: str = ""


class Freshness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the last proof is fresh enough, and whether a new one needs a code."""

    is_fresh: bool
    needs_code: bool


async def freshness_of(db: Database, visit: Visit) -> Freshness:
    """How fresh the proof of this session is."""
    async with db.transaction(scope_of(visit)) as tx:
        row = await own_queries.freshness(tx, visit.account_id, visit.session_id)
        if row is None:
            return Freshness(is_fresh=False, needs_code=False)
        return Freshness(is_fresh=is_fresh(row.stepped_up_at, tx.now), needs_code=row.has_totp)


async def step_up(door: Door, visit: Visit, visitor: Visitor, proof: Proof) -> Opened:
    """Makes the session fresh for some minutes, under a new token.

    Raises WrongPassword, WrongCode, TooManyTries, SessionOver; Unavailable when too many passwords are being hashed.
    """
    standing = await proven(door, visit, visitor, proof.password)
    if not standing.has_totp:
        async with door.site.db.transaction(scope_of(visit)) as tx:
            return await _made_fresh(tx, visit, visitor)
    async with counted(door, visit, visitor) as tx:
        await use_code(tx, door, visit, proof.code)
        return await _made_fresh(tx, visit, visitor)


async def proven(door: Door, visit: Visit, visitor: Visitor, password: str) -> Standing:
    """The account, once its present password was given. A wrong one counts as at the door.

    Raises WrongPassword, TooManyTries, PasswordTooLong, SessionOver, Unavailable.
    """
    async with door.site.db.transaction(scope_of(visit)) as tx:
        standing = await queries.standing_of(tx, visit.account_id)
    if standing is None or standing.state != "active":
        raise SessionOver
    tries = door.password_tries(door.index.digest(standing.email), visitor.peer)
    async with door.site.db.unscoped("a wrong password counts whatever becomes of the request") as statements:
        wait = await seconds_to_wait(statements, tries)
        counted_at = statements.now
    if wait is not None:
        raise rules.TooManyTries(wait)
    if not (await door.passwords.verify(standing.password_hash, password)).is_right:
        async with door.site.db.transaction(scope_of(visit)) as tx:
            await note_failure(tx, visitor, visit.account_id, "wrong-password")
        raise WrongPassword
    async with door.site.db.unscoped("a right password is no failed try") as statements:
        await give_back(statements, tries, counted_at)
    return standing


async def renewed(tx: Tx, visit: Visit, *, stepped_up_at: datetime | None) -> Opened:
    """The same session under a new token; the old cookie is dead. Raises SessionOver when it has ended."""
    cookie = Cookie(tx.clinic_id, new_token())
    done = await own_queries.renew_session(
        tx, visit.account_id, visit.session_id, token_hash=hash_of(cookie.token), stepped_up_at=stepped_up_at
    )
    if not done:
        raise SessionOver
    return Opened(
        cookie=cookie,
        state="signed-in",
        csrf_token=csrf_token_of(cookie.token),
        account_id=visit.account_id,
        name=visit.name,
        roles=visit.roles,
    )


async def _made_fresh(tx: Tx, visit: Visit, visitor: Visitor) -> Opened:
    opened = await renewed(tx, visit, stepped_up_at=tx.now)
    await note_sign_in(tx, visitor, visit.account_id, hat=visit.hat, outcome="step-up")
    return opened
