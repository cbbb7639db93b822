"""Coming in with a code: it works once, asks patients for their birth date, and ends in an account, never in a session."""

from datetime import date, datetime

from portico.access import Anonymous, SystemScope
from portico.accounts import entry_rules as rules
from portico.accounts import invitation_queries as queries
from portico.accounts import people
from portico.accounts.door import Door
from portico.accounts.entry_ledger import note_entry
from portico.accounts.entry_model import Activation, Code, Invited
from portico.accounts.model import Visitor
from portico.accounts.password_rules import check_new_password
from portico.accounts.rules import TooManyTries
from portico.accounts.tokens import hash_of
from portico.audit import Object
from portico.clinic.queries import clinic
from portico.ids import AccountId, PatientId
from portico.platform.database import Tx
from portico.platform.rate_limit import Try, give_back, seconds_to_wait


async def activate(door: Door, visitor: Visitor, given: Activation) -> None:
    """Makes the account that the code was given for. The person signs in afterwards, second factor and all.

    Raises CodeRefused for every code that opens nothing, PasswordRefused without using the code up, TooManyTries.
    """
    tries = door.guess_tries(visitor.peer)
    counted_at = await count_guess(door, tries)
    code = rules.code_of(given.code)
    invited = None if code is None else await _prove(door, visitor, code, given.born_on)
    if code is None or invited is None:
        raise rules.CodeRefused
    async with door.site.db.unscoped("a right code is no failed try") as statements:
        await give_back(statements, tries, counted_at)
    check_new_password(given.password, (invited.name, invited.email))
    password_hash = await door.passwords.hash(given.password)
    async with door.site.db.transaction(SystemScope(code.clinic_id, "activation")) as tx:
        check_new_password(given.password, (invited.name, invited.email, (await clinic(tx)).name))
        await _let_in(tx, door, visitor, code, password_hash)


async def count_guess(door: Door, tries: tuple[Try, ...]) -> datetime:
    """Counts a code before it is known to be wrong, and tells when. Raises TooManyTries."""
    async with door.site.db.unscoped("a wrong code counts although nothing comes of it") as statements:
        wait = await seconds_to_wait(statements, tries)
        counted_at = statements.now
    if wait is not None:
        raise TooManyTries(wait)
    return counted_at


async def _prove(door: Door, visitor: Visitor, code: Code, born_on: date | None) -> Invited | None:
    """The invitation, when code and birth date are right. A wrong birth date counts, and the last one burns the code."""
    token_hash = hash_of(code.token)
    async with door.site.db.transaction(Anonymous(clinic_id=code.clinic_id, subject=token_hash)) as tx:
        invited = await queries.by_code(tx, token_hash)
        if invited is None or not rules.is_usable(invited, tx.now):
            return None
        if rules.is_right_birth_date(invited, born_on):
            return invited
        is_last = invited.tries + 1 >= rules.MAX_WRONG_BIRTH_DATES
        state = rules.moved(invited.state, "burn") if is_last else invited.state
        await queries.count_try(tx, invited.invitation_id, token_hash, state)
        target = Object("invitation", invited.invitation_id)
        await note_entry(tx, visitor, "refuse", target, outcome="code-burnt" if is_last else "wrong-birth-date")
    return None


async def _let_in(tx: Tx, door: Door, visitor: Visitor, code: Code, password_hash: str) -> None:
    """Looks again under a lock: of two who use one code at once, the second finds it used."""
    invited = await queries.by_code(tx, hash_of(code.token))
    if invited is None or not rules.is_usable(invited, tx.now):
        raise rules.CodeRefused
    patient_id = await _patient_of(tx, door, invited)
    account_id = await _account_of(tx, door, invited, patient_id)
    await people.set_password(tx, account_id=account_id, password_hash=password_hash)
    await queries.accept(tx, invited.invitation_id, account_id)
    target = Object("invitation", invited.invitation_id)
    await note_entry(tx, visitor, "change", target, account=account_id, patient=patient_id, outcome="accepted")


async def _patient_of(tx: Tx, door: Door, invited: Invited) -> PatientId | None:
    """Whoever registered gets a fresh record that nobody has confirmed; nothing that existed before is looked for."""
    if invited.kind != "registration" or invited.born_on is None:
        return invited.patient_id
    return await people.create_patient(tx, door.site.vault, name=invited.name, born_on=invited.born_on, verified=False)


async def _account_of(tx: Tx, door: Door, invited: Invited, patient_id: PatientId | None) -> AccountId:
    # Between the letter and now somebody else may have become this address or this patient.
    if await queries.account_by_email(tx, invited.email) is not None:
        raise rules.CodeRefused
    if patient_id is not None and await queries.account_of_patient(tx, patient_id) is not None:
        raise rules.CodeRefused
    account_id = await people.create_account(
        tx, door.index, email=invited.email, name=invited.name, patient_id=patient_id
    )
    if invited.roles:
        await people.make_staff(tx, account_id=account_id, roles=invited.roles)
    return account_id
