"""The one-time code after the password, and setting one up: required of staff, offered to everybody else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from portico.access import Anonymous
from portico.accounts import queries, recovery_codes, rules, totp
from portico.accounts.door import Door
from portico.accounts.ledger import note_failure, note_sign_in
from portico.accounts.model import Opened, SessionState, Visit, Visitor
from portico.accounts.sessions import complete_session
from portico.ids import AccountId
from portico.platform.database import Tx
from portico.platform.rate_limit import give_back, seconds_to_wait
from portico.platform.vault import Place, Vault


async def start_enrolment(tx: Tx, vault: Vault, account_id: AccountId) -> None:
    """Keeps a fresh seed until its owner shows a code of it. Fresh at each sign-in: an abandoned one is worthless."""
    box = await vault.clinic(tx)
    await queries.keep_unconfirmed_seed(tx, account_id, box.seal_text(seed_place(account_id), totp.new_seed()))


async def enrolment_seed(door: Door, visit: Visit) -> str:
    """The seed to put into an authenticator app. Raises NoFactorOwed unless this session is setting one up."""
    if visit.state != "enrol-second-factor":
        raise rules.NoFactorOwed
    async with door.site.db.transaction(scope_of(visit)) as tx:
        return await _seed(tx, door.site.vault, visit)


async def give_code(door: Door, visit: Visit, visitor: Visitor, code: str) -> Opened:
    """Completes the session with a code of the account's second factor, under a new token.

    Raises WrongCode, also for a code that was used before; NoFactorOwed; TooManyTries.
    """
    return await _complete(door, visit, visitor, code, owed="second-factor")


async def confirm_enrolment(door: Door, visit: Visit, visitor: Visitor, code: str) -> Opened:
    """Makes the new seed the account's second factor and completes the session. Raises as `give_code` does."""
    return await _complete(door, visit, visitor, code, owed="enrol-second-factor")


@asynccontextmanager
async def counted(door: Door, visit: Visit, visitor: Visitor) -> AsyncIterator[Tx]:
    """A transaction in which one code is tried: counted before, taken back when it ends well, noted when it was wrong.

    Raises TooManyTries, and whatever its block raises.
    """
    tries = door.code_tries(str(visit.account_id))
    async with door.site.db.unscoped("a wrong code counts although its transaction fails") as statements:
        wait = await seconds_to_wait(statements, tries)
        counted_at = statements.now
    if wait is not None:
        raise rules.TooManyTries(wait)
    try:
        async with door.site.db.transaction(scope_of(visit)) as tx:
            yield tx
            await give_back(tx, tries, counted_at)
    except rules.WrongCode:
        async with door.site.db.transaction(scope_of(visit)) as tx:
            await note_failure(tx, visitor, visit.account_id, "wrong-code")
        raise


async def use_code(tx: Tx, door: Door, visit: Visit, code: str) -> str:
    """Uses up a code of the account's app, or one of its recovery codes; tells which. Raises WrongCode."""
    if recovery_codes.may_be_code(code):
        if not await recovery_codes.use(tx, door.site.vault, visit.account_id, code):
            raise rules.WrongCode
        return "recovery-code"
    step = totp.accepted_step(await _seed(tx, door.site.vault, visit), code, tx.now)
    if step is None or not await queries.take_step(tx, visit.account_id, step, may_repeat=door.site.settings.demo):
        raise rules.WrongCode
    return "code"


async def _complete(door: Door, visit: Visit, visitor: Visitor, code: str, *, owed: SessionState) -> Opened:
    if visit.state != owed:
        raise rules.NoFactorOwed
    async with counted(door, visit, visitor) as tx:
        codes: tuple[str, ...] = ()
        if owed == "enrol-second-factor":
            codes = await _confirm_seed(tx, door, visit, code)
        elif await use_code(tx, door, visit, code) == "recovery-code":
            await note_sign_in(tx, visitor, visit.account_id, hat=visit.hat, outcome="recovery-code")
        opened = await complete_session(tx, visit)
        await note_sign_in(tx, visitor, visit.account_id, hat=visit.hat, outcome=opened.state)
    return msgspec.structs.replace(opened, recovery_codes=codes)


async def _confirm_seed(tx: Tx, door: Door, visit: Visit, code: str) -> tuple[str, ...]:
    """Makes the seed the second factor, and gives the codes for the day it is lost."""
    step = totp.accepted_step(await _seed(tx, door.site.vault, visit), code, tx.now)
    if step is None or not await queries.confirm_seed(tx, visit.account_id, step):
        raise rules.WrongCode
    return await recovery_codes.renew(tx, door.site.vault, visit.account_id)


async def _seed(tx: Tx, vault: Vault, visit: Visit) -> str:
    sealed = await queries.seed_of(tx, visit.account_id)
    if sealed is None:
        raise rules.NoFactorOwed
    box = await vault.clinic(tx)
    return box.open_text(seed_place(visit.account_id), sealed)


def scope_of(visit: Visit) -> Anonymous:
    """Sees this account and nothing else."""
    return Anonymous(clinic_id=visit.clinic_id, subject=str(visit.account_id))


def seed_place(account_id: AccountId) -> Place:
    """Where an account's sealed seed stands."""
    return Place("credential", "totp_seed_sealed", account_id)
