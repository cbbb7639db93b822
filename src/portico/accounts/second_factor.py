"""The one-time code after the password, and setting one up: required of staff, offered to everybody else."""

from portico.access import Anonymous
from portico.accounts import queries, rules, totp
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
    async with door.site.db.transaction(_scope_of(visit)) as tx:
        return await _seed(tx, door.site.vault, visit)


async def give_code(door: Door, visit: Visit, visitor: Visitor, code: str) -> Opened:
    """Completes the session with a code of the account's second factor, under a new token.

    Raises WrongCode, also for a code that was used before; NoFactorOwed; TooManyTries.
    """
    return await _complete(door, visit, visitor, code, owed="second-factor")


async def confirm_enrolment(door: Door, visit: Visit, visitor: Visitor, code: str) -> Opened:
    """Makes the new seed the account's second factor and completes the session. Raises as `give_code` does."""
    return await _complete(door, visit, visitor, code, owed="enrol-second-factor")


async def _complete(door: Door, visit: Visit, visitor: Visitor, code: str, *, owed: SessionState) -> Opened:
    if visit.state != owed:
        raise rules.NoFactorOwed
    tries = door.code_tries(str(visit.account_id))
    async with door.site.db.unscoped("a wrong code counts although its transaction fails") as statements:
        wait = await seconds_to_wait(statements, tries)
        counted_at = statements.now
    if wait is not None:
        raise rules.TooManyTries(wait)
    try:
        async with door.site.db.transaction(_scope_of(visit)) as tx:
            await _use_code(tx, door, visit, code)
            opened = await complete_session(tx, visit)
            await note_sign_in(tx, visitor, visit.account_id, hat=visit.hat, outcome=opened.state)
            await give_back(tx, tries, counted_at)
    except rules.WrongCode:
        async with door.site.db.transaction(_scope_of(visit)) as tx:
            await note_failure(tx, visitor, visit.account_id, "wrong-code")
        raise
    return opened


async def _use_code(tx: Tx, door: Door, visit: Visit, code: str) -> None:
    step = totp.accepted_step(await _seed(tx, door.site.vault, visit), code, tx.now)
    if step is None:
        raise rules.WrongCode
    if visit.state == "enrol-second-factor":
        is_taken = await queries.confirm_seed(tx, visit.account_id, step)
    else:
        may_repeat = door.site.settings.demo
        is_taken = await queries.take_step(tx, visit.account_id, step, may_repeat=may_repeat)
    if not is_taken:
        raise rules.WrongCode


async def _seed(tx: Tx, vault: Vault, visit: Visit) -> str:
    sealed = await queries.seed_of(tx, visit.account_id)
    if sealed is None:
        raise rules.NoFactorOwed
    box = await vault.clinic(tx)
    return box.open_text(seed_place(visit.account_id), sealed)


def _scope_of(visit: Visit) -> Anonymous:
    return Anonymous(clinic_id=visit.clinic_id, subject=str(visit.account_id))


def seed_place(account_id: AccountId) -> Place:
    """Where an account's sealed seed stands."""
    return Place("credential", "totp_seed_sealed", account_id)
