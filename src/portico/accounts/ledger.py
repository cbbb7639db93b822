"""What signing in leaves in the audit record, when nobody or only an account is known yet."""

import msgspec

from portico.access import Caller, Hat
from portico.accounts.model import Visitor
from portico.audit import Object, record
from portico.audit.queries import AuditEntry, insert_entry
from portico.ids import AccountId
from portico.platform.database import Database, Query, Statements, Tx
from portico.platform.rate_limit import Limit, Try, seconds_to_wait


class Applied(msgspec.Struct, frozen=True):
    """The setting as it now stands in this transaction."""

    value: str


# A refusal need not wait for the disk: else a known address would answer later than an unknown one, by just that wait.
RELAX_COMMIT = Query(Applied, "select set_config('synchronous_commit', 'off', true) as value")

_STRANGERS = (Try("password by strangers", Limit(2**31 - 1, 60 * 60)),)
"""Counted, never limited: how many sign-ins an hour named an address that nobody has."""


async def note_sign_in(tx: Tx, visitor: Visitor, account_id: AccountId, *, hat: Hat, outcome: str) -> None:
    """Records that a password or code was right, in the transaction that opened or completed the session."""
    await insert_entry(tx, _entry(visitor, account_id, hat=hat, action="sign-in", outcome=outcome))


async def note_sign_out(tx: Tx, visitor: Visitor, account_id: AccountId, *, hat: Hat) -> None:
    """Records the end of a session by its owner."""
    await insert_entry(tx, _entry(visitor, account_id, hat=hat, action="sign-out", outcome="done"))


async def note_change(tx: Tx, visitor: Visitor, account_id: AccountId, what: str) -> None:
    """Records a change that a link from a mail made."""
    await insert_entry(tx, _entry(visitor, account_id, hat=None, action="change", outcome=what))


async def note_failure(tx: Tx, visitor: Visitor, account_id: AccountId, outcome: str) -> None:
    """Records a wrong password or code for an account that exists."""
    await tx.one(RELAX_COMMIT)
    await insert_entry(tx, _entry(visitor, account_id, hat=None, action="refuse", outcome=outcome))


async def note_stranger(statements: Statements) -> None:
    """The like work for an address that nobody has: there is no clinic in whose record it could stand."""
    await statements.one(RELAX_COMMIT)
    await seconds_to_wait(statements, _STRANGERS)


async def note_refused_access(db: Database, caller: Caller, route: str, code: str) -> None:
    """Records that a person who is signed in was turned away from a route."""
    async with db.transaction(caller.scope) as tx:
        await record(tx, caller, "refuse", Object("route", route), outcome=code)


def _entry(visitor: Visitor, account_id: AccountId, *, hat: Hat | None, action: str, outcome: str) -> AuditEntry:
    return AuditEntry(
        actor_kind="anonymous",
        actor_id=str(account_id),
        hat=hat,
        on_behalf_of=None,
        patient_id=None,
        action=action,
        object_kind="session",
        object_id=None,
        outcome=outcome,
        request_id=visitor.request_id,
        peer=visitor.peer,
    )
