"""A new e-mail address: asked for with a fresh proof, confirmed by a link to the new one, and both are told."""

from portico.access import Anonymous, Caller
from portico.accounts import own_queries, queries, reset_queries, rules
from portico.accounts.door import Door
from portico.accounts.ledger import note_change
from portico.accounts.model import Cookie, Standing, Visitor
from portico.accounts.own_queries import ChangeRow, NewChange
from portico.accounts.own_rules import EMAIL_CHANGE_LASTS, EmailUnusable, LinkGone, checked_email
from portico.accounts.tokens import hash_of, new_token
from portico.audit import Object, record
from portico.errors import NotFound
from portico.notify.actions import enqueue_letter
from portico.platform.database import Tx
from portico.platform.rate_limit import Limit, Try, seconds_to_wait

ASKED = Limit(5, 24 * 60 * 60)
"""Links that one account can have sent to addresses of its choice in a day."""


async def ask_for(door: Door, caller: Caller, email: str) -> None:
    """Sends a link to the new address. Nobody learns whether somebody else has it: then no link is sent.

    Raises EmailUnusable and TooManyTries.
    """
    new_email = checked_email(email)
    async with door.site.db.unscoped("a link counts before it is sent") as statements:
        wait = await seconds_to_wait(statements, [Try(f"email-change:{caller.account_id}", ASKED)])
        is_taken = await own_queries.is_taken(statements, caller.actor.clinic_id, door.index.digest(new_email))
    if wait is not None:
        raise rules.TooManyTries(wait)
    async with door.site.db.transaction(caller.scope) as tx:
        row = await own_queries.own(tx, caller.account_id)
        if row is None:
            raise NotFound
        if row.email == new_email:
            message = "This is the address that you use already."
            raise EmailUnusable(message)
        link = await _keep(tx, caller, new_email)
        if not is_taken:
            path = f"/email-change?code={link.value}"
            await enqueue_letter(
                tx, door.site.vault, kind="email-change", address=new_email, dedupe_key=hash_of(link.token), path=path
            )
        await record(tx, caller, "create", Object("email_change"))


async def confirm(door: Door, code: str, visitor: Visitor) -> None:
    """Makes the new address the account's own, and tells the old one and the new one. Raises LinkGone."""
    link = rules.cookie_of(code)
    if link is None:
        raise LinkGone
    async with door.site.db.transaction(Anonymous(clinic_id=link.clinic_id, subject=hash_of(link.token))) as tx:
        change = await own_queries.open_change(tx, hash_of(link.token))
    if change is None:
        raise LinkGone
    scope = await _scope_for(door, link, change)
    async with door.site.db.transaction(scope) as tx:
        standing = await queries.standing_of(tx, change.account_id)
        if standing is None or not await own_queries.take_change(tx, change.change_id):
            raise LinkGone
        await _move(tx, door, change, standing)
        await note_change(tx, visitor, change.account_id, "email")


async def _keep(tx: Tx, caller: Caller, new_email: str) -> Cookie:
    """A fresh link, in whose place no older one counts."""
    link = Cookie(tx.clinic_id, new_token())
    await own_queries.withdraw_changes(tx, caller.account_id)
    change = NewChange(
        change_id=tx.ids.new(),
        account_id=caller.account_id,
        new_email=new_email,
        code_hash=hash_of(link.token),
        expires_at=tx.now + EMAIL_CHANGE_LASTS,
    )
    await own_queries.insert_change(tx, change)
    return link


async def _scope_for(door: Door, link: Cookie, change: ChangeRow) -> Anonymous:
    """Sees the account, and names its own patient: row-level security lets nobody take over another one."""
    scope = Anonymous(clinic_id=link.clinic_id, subject=str(change.account_id))
    async with door.site.db.transaction(scope) as tx:
        patient_id = await own_queries.patient_of(tx, change.account_id)
    patients = frozenset() if patient_id is None else frozenset({patient_id})
    return Anonymous(clinic_id=link.clinic_id, subject=str(change.account_id), patients=patients)


async def _move(tx: Tx, door: Door, change: ChangeRow, standing: Standing) -> None:
    digest = door.index.digest(change.new_email)
    if await own_queries.is_taken(tx, tx.clinic_id, digest):
        raise LinkGone
    if not await own_queries.move_address(tx, change.account_id, change.new_email, digest):
        raise LinkGone
    # Codes for a forgotten password lie in the old mailbox, which is the account's no more.
    await reset_queries.withdraw(tx, change.account_id)
    for address in (standing.email, change.new_email):
        await enqueue_letter(
            tx,
            door.site.vault,
            kind="email-changed",
            address=address,
            dedupe_key=f"email-changed:{change.change_id}:{address == change.new_email}",
        )
