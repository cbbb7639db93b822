"""Leaving a notification in the outbox, in the transaction of its cause."""

from datetime import datetime

from portico.notify import queries
from portico.notify.link import sealed_link
from portico.notify.model import LETTER, Channel, NewNotification
from portico.platform.database import Tx
from portico.platform.vault import Place, Vault


async def enqueue(
    tx: Tx,
    *,
    kind: str,
    recipient: str,
    dedupe_key: str,
    due_at: datetime | None = None,
    channel: Channel | None = None,
) -> None:
    """Leaves word for `recipient` (see `notify.model`), due now unless `due_at` says when.

    `kind` never reaches the mail: it decides by which channels people are told (`escalation-…` also by page, `page-test`
    by page only) and whether they may do without it (`message…`, `reminder…`, `decision…`). `dedupe_key` names the cause:
    a cause tells once per clinic. `channel` is for the worker alone.
    """
    await queries.insert(
        tx,
        NewNotification(
            notification_id=tx.ids.new(),
            kind=kind,
            recipient=recipient,
            dedupe_key=dedupe_key,
            due_at=due_at or tx.now,
            channel=channel or "each",
        ),
    )


async def withdraw(tx: Tx, *, kind: str, prefix: str) -> None:
    """Takes back word that was left for later, by the beginning of its `dedupe_key`. Patients cannot: theirs is sent."""
    await queries.withdraw(tx, kind, prefix)


async def enqueue_letter(
    tx: Tx,
    vault: Vault,
    *,
    kind: str,
    address: str,
    dedupe_key: str,
    path: str | None = None,
    until: datetime | None = None,
) -> None:
    """Leaves a letter for an e-mail address that need not belong to an account.

    With `path` (an address of this portal such as `/activation?code=…`) the mail holds that link, which is sealed until
    it has been sent and then erased; without, it only says that something about signing in was changed. An invitation also
    says until when its link works.
    """
    notification_id = tx.ids.new()
    sealed = None
    if path is not None:
        place = Place("notification", "link_sealed", notification_id)
        sealed = (await vault.clinic(tx)).seal_text(place, sealed_link(path, until))
    await queries.insert(
        tx,
        NewNotification(
            notification_id=notification_id,
            kind=kind,
            recipient=LETTER,
            dedupe_key=dedupe_key,
            due_at=tx.now,
            address=address,
            link_sealed=sealed,
        ),
    )
