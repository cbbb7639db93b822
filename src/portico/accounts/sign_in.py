"""Signing in with a password: the same work and the same answer whether or not the address exists.

No connection is held while a password is hashed, so hashing can never starve the rest of the portal.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from portico.access import Anonymous
from portico.accounts import queries, rules
from portico.accounts.door import Door
from portico.accounts.ledger import note_failure, note_sign_in, note_stranger
from portico.accounts.model import Attempt, Candidate, Opened, Standing, Visitor
from portico.accounts.second_factor import start_enrolment
from portico.accounts.sessions import end_by_cookie, open_session
from portico.errors import Malformed
from portico.ids import AccountId, ClinicId
from portico.platform.rate_limit import Try, give_back, seconds_to_wait

_NOBODY = UUID(int=0)
_DECOY = Candidate(clinic_id=ClinicId(_NOBODY), slug="", name="", account_id=AccountId(_NOBODY))
"""Stands for an address that nobody has: it is looked up and its password hashed like any other."""

_MAX_EMAIL = 320
"""RFC 5321: 64 for the name, 255 for the domain, and the sign between."""


class _Counted(NamedTuple):
    tries: Sequence[Try]
    at: datetime
    candidates: Sequence[Candidate]


class _Match(NamedTuple):
    candidate: Candidate
    standing: Standing
    needs_rehash: bool

    @property
    def scope(self) -> Anonymous:
        return _scope_of(self.candidate)


async def sign_in(door: Door, attempt: Attempt, visitor: Visitor) -> Opened:
    """Opens a session under a new token, and ends the one that the browser came with.

    Raises WrongEmailOrPassword, ChooseClinic, ChooseHat, TooManyTries; Unavailable when too many sign in at once.
    """
    counted = await _count_and_find(door, attempt, visitor)
    tried = [await _match(door, candidate, attempt.password) for candidate in counted.candidates]
    matches = [match for match in tried if match is not None]
    if not matches:
        await _note_failure(door, counted.candidates, visitor)
        raise rules.WrongEmailOrPassword
    if len(matches) > 1:
        await _forgive(door, counted)
        raise rules.ChooseClinic(match.candidate for match in matches)
    return await _let_in(door, attempt, visitor, counted, matches[0])


async def _count_and_find(door: Door, attempt: Attempt, visitor: Visitor) -> _Counted:
    """Counts the try before it is known to be one, so that parallel guesses cannot slip past the limit."""
    if len(attempt.email) > _MAX_EMAIL:
        message = "The e-mail address is longer than any address can be."
        raise Malformed(message)
    digest = door.index.digest(attempt.email)
    tries = door.password_tries(digest, visitor.peer)
    async with door.site.db.unscoped("nobody is known before sign-in") as statements:
        wait = await seconds_to_wait(statements, tries)
        known = await queries.candidates_for(statements, digest, _slug(attempt.clinic))
        counted = _Counted(tries, statements.now, known or [_DECOY])
    if wait is not None:
        raise rules.TooManyTries(wait)
    return counted


async def _match(door: Door, candidate: Candidate, password: str) -> _Match | None:
    async with door.site.db.transaction(_scope_of(candidate)) as tx:
        standing = await queries.standing_of(tx, candidate.account_id)
    verdict = await door.passwords.verify(None if standing is None else standing.password_hash, password)
    if standing is None or not verdict.is_right or standing.state != "active":
        return None
    return _Match(candidate, standing, verdict.needs_rehash)


async def _let_in(door: Door, attempt: Attempt, visitor: Visitor, counted: _Counted, match: _Match) -> Opened:
    try:
        hat = rules.chosen_hat(match.standing, attempt.hat)
    except rules.ChooseHat:
        await _forgive(door, counted)
        raise
    new_hash = await door.passwords.hash(attempt.password) if match.needs_rehash else None
    await end_by_cookie(door.site.db, visitor.cookie)
    account_id = match.candidate.account_id
    async with door.site.db.transaction(match.scope) as tx:
        if new_hash is not None:
            await queries.change_hash(tx, account_id, old=match.standing.password_hash, new=new_hash)
        state = rules.first_state(match.standing, hat)
        if state == "enrol-second-factor":
            await start_enrolment(tx, door.site.vault, account_id)
        opened = await open_session(tx, account_id, match.standing, state=state, hat=hat, device=visitor.device)
        await note_sign_in(tx, visitor, account_id, hat=hat, outcome=state)
        await give_back(tx, counted.tries, counted.at)
    return opened


async def _note_failure(door: Door, candidates: Sequence[Candidate], visitor: Visitor) -> None:
    for candidate in candidates:
        async with door.site.db.transaction(_scope_of(candidate)) as tx:
            if candidate is _DECOY:
                await note_stranger(tx)
            else:
                await note_failure(tx, visitor, candidate.account_id, "wrong-password")


async def _forgive(door: Door, counted: _Counted) -> None:
    async with door.site.db.unscoped("a right password is no failed try") as statements:
        await give_back(statements, counted.tries, counted.at)


def _slug(clinic: str | None) -> str | None:
    """The named clinic; a name that no clinic can have must not read as "any clinic"."""
    if clinic is None:
        return None
    return clinic if rules.may_be_slug(clinic) else ""


def _scope_of(candidate: Candidate) -> Anonymous:
    return Anonymous(clinic_id=candidate.clinic_id, subject=str(candidate.account_id))
