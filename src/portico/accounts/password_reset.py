"""A forgotten password: a code by mail, used once within half an hour. The second factor is still asked for.

An address that nobody has gets the same answer after the same work: the same rows are written and taken back, and
both transactions end with the same durable commit.
"""

from uuid import UUID

from portico.access import Anonymous, SystemScope
from portico.accounts import entry_rules as rules
from portico.accounts import people
from portico.accounts import queries as sign_in_queries
from portico.accounts import reset_queries as queries
from portico.accounts.activation import count_guess
from portico.accounts.door import Door
from portico.accounts.entry_ledger import note_entry
from portico.accounts.entry_letters import new_code, tell_of_change
from portico.accounts.entry_model import Code
from portico.accounts.model import Visitor
from portico.accounts.password_rules import check_new_password
from portico.accounts.rules import TooManyTries, may_be_slug
from portico.accounts.tokens import hash_of
from portico.audit import Object
from portico.clinic.queries import clinic
from portico.ids import AccountId, ClinicId
from portico.notify.actions import enqueue_letter
from portico.platform.database import Tx
from portico.platform.rate_limit import give_back, seconds_to_wait


async def request_reset(door: Door, visitor: Visitor, email: str, slug: str | None) -> None:
    """Leaves a letter with a code for each account that the address may mean; says nothing about whether there is one.

    Raises EmailUnusable and TooManyTries.
    """
    address = rules.usable_email(email)
    digest = door.index.digest(address)
    async with door.site.db.unscoped("nobody is known before a reset") as statements:
        wait = await seconds_to_wait(statements, door.letter_tries(digest, visitor.peer))
        wanted = slug if slug is None or may_be_slug(slug) else ""
        found = await sign_in_queries.candidates_for(statements, digest, wanted)
        anywhere = await queries.any_clinic(statements)
    if wait is not None:
        raise TooManyTries(wait)
    accounts = [(each.clinic_id, each.account_id) for each in found]
    if not accounts and anywhere is not None:
        accounts = [(anywhere, AccountId(door.site.db.ids.new()))]
    for clinic_id, account_id in accounts:
        await _leave_code(door, visitor, address, clinic_id, account_id)


async def replace_password(door: Door, visitor: Visitor, text: str, password: str) -> None:
    """Puts a new password in place of the forgotten one and ends every session of the account.

    Raises ResetRefused for every code that opens nothing, PasswordRefused without using the code up, TooManyTries.
    """
    tries = door.guess_tries(visitor.peer)
    counted_at = await count_guess(door, tries)
    code = rules.code_of(text)
    if code is None or not await _is_usable(door, code):
        raise rules.ResetRefused
    async with door.site.db.unscoped("a right code is no failed try") as statements:
        await give_back(statements, tries, counted_at)
    check_new_password(password)
    password_hash = await door.passwords.hash(password)
    async with door.site.db.transaction(SystemScope(code.clinic_id, "password reset")) as tx:
        await _replace(tx, door, visitor, code, password, password_hash)


async def _leave_code(door: Door, visitor: Visitor, address: str, clinic_id: ClinicId, account_id: AccountId) -> None:
    """A transaction that wrote something waits for the disk at its end, also when all of it was taken back in between."""
    async with door.site.db.transaction(SystemScope(clinic_id, "password reset")) as tx:
        holder = await queries.holder(tx, account_id)
        await queries.begin_code(tx)
        await _write_code(tx, door, visitor, address, account_id)
        if holder is None or holder.state != "active":
            await queries.take_code_back(tx)
        else:
            await queries.keep_code(tx)


async def _write_code(tx: Tx, door: Door, visitor: Visitor, address: str, account_id: AccountId) -> None:
    code, token_hash = new_code(tx)
    reset_id: UUID = tx.ids.new()
    await queries.insert(tx, reset_id, account_id, token_hash, tx.now + rules.RESET_LIFETIME)
    await enqueue_letter(
        tx,
        door.site.vault,
        kind="password-reset",
        address=address,
        dedupe_key=f"password-reset:{reset_id}",
        path=f"/password-reset?code={code.value}",
    )
    await note_entry(tx, visitor, "create", Object("password_reset", reset_id), account=account_id)


async def _is_usable(door: Door, code: Code) -> bool:
    token_hash = hash_of(code.token)
    async with door.site.db.transaction(Anonymous(clinic_id=code.clinic_id, subject=token_hash)) as tx:
        row = await queries.by_code(tx, token_hash)
        return row is not None and row.state == "open" and tx.now < row.expires_at


async def _replace(tx: Tx, door: Door, visitor: Visitor, code: Code, password: str, password_hash: str) -> None:
    """Looks again under a lock: of two who use one code at once, the second finds it used."""
    row = await queries.by_code_locked(tx, hash_of(code.token))
    holder = None if row is None else await queries.holder(tx, row.account_id)
    if row is None or row.state != "open" or tx.now >= row.expires_at or holder is None or holder.state != "active":
        raise rules.ResetRefused
    check_new_password(password, (holder.name, holder.email, (await clinic(tx)).name))
    await people.set_password(tx, account_id=row.account_id, password_hash=password_hash)
    await queries.use(tx, row.account_id, row.reset_id)
    await tell_of_change(tx, door.site.vault, holder.email, row.reset_id)
    await note_entry(tx, visitor, "change", Object("password_reset", row.reset_id), account=row.account_id)
