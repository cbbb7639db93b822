"""Leaving a notification in the outbox, in the transaction of its cause."""

from datetime import datetime

from portico.notify import queries
from portico.platform.database import Tx


async def enqueue(tx: Tx, *, kind: str, recipient: str, dedupe_key: str, due_at: datetime | None = None) -> None:
    """Leaves word for `recipient` (see `notify.model`), due now unless `due_at` says when.

    `kind` is for the figures and never reaches the mail. `dedupe_key` names the cause: a cause tells once per clinic.
    """
    await queries.insert(
        tx, tx.ids.new(), kind=kind, recipient=recipient, dedupe_key=dedupe_key, due_at=due_at or tx.now
    )
