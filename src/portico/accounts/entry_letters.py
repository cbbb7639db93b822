"""Codes and the letters that carry them: one token source, and only the hash is kept."""

from datetime import datetime
from uuid import UUID

import msgspec

from portico.accounts.entry_model import Code, InvitationKind
from portico.accounts.tokens import hash_of, new_token
from portico.notify.actions import enqueue_letter
from portico.notify.model import INVITATION
from portico.platform.database import Tx
from portico.platform.vault import Vault


def new_code(tx: Tx) -> tuple[Code, str]:
    """A fresh code of the transaction's clinic, and its hash."""
    code = Code(tx.clinic_id, new_token())
    return code, hash_of(code.token)


def activation_path(code: Code, kind: InvitationKind) -> str:
    """The page where the code is used. Staff are not asked for their birth date."""
    return f"/activation?code={code.value}" + ("&for=staff" if kind == "staff" else "")


class InvitationLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One sending of an invitation, and until when its code works."""

    invitation_id: UUID
    kind: InvitationKind
    email: str
    code: Code
    sending: int
    until: datetime


async def send_invitation(tx: Tx, vault: Vault, letter: InvitationLetter) -> None:
    """Leaves the letter with the code; the list of invitations finds it by its key."""
    await enqueue_letter(
        tx,
        vault,
        kind=INVITATION,
        address=letter.email,
        dedupe_key=f"invitation:{letter.invitation_id}:{letter.sending}",
        path=activation_path(letter.code, letter.kind),
        until=letter.until,
    )


async def tell_of_change(tx: Tx, vault: Vault, email: str, cause: UUID | str) -> None:
    """Tells the address that something about signing in was changed."""
    await enqueue_letter(tx, vault, kind="sign-in-changed", address=email, dedupe_key=f"changed:{cause}:{email}")
