"""What a person keeps up about their own account: number, language, password, sessions."""

from collections.abc import Sequence

import msgspec

from portico.access import Caller
from portico.accounts import own_queries, reset_queries, rules
from portico.accounts.door import Door
from portico.accounts.ledger import note_sign_out
from portico.accounts.model import Opened, Visit, Visitor
from portico.accounts.own_queries import OwnRow, SessionRow
from portico.accounts.own_rules import ChangedMeanwhile, Language, checked_phone
from portico.accounts.password_rules import check_new_password
from portico.accounts.people import phones_of
from portico.accounts.phone_index import phone_digest
from portico.accounts.recovery_codes import tell_owner
from portico.accounts.second_factor import scope_of
from portico.accounts.step_up import proven, renewed
from portico.audit import Object, record
from portico.errors import NotFound
from portico.ids import PatientId, SessionId
from portico.platform.database import Database, Tx
from portico.platform.site import Site
from portico.platform.vault import Place


class OwnAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account as its owner sees it. The number is the patient's own while wearing the patient hat."""

    row: OwnRow
    phone: str | None


async def read_own(site: Site, caller: Caller) -> OwnAccount:
    """The caller's own account."""
    async with site.db.transaction(caller.scope) as tx:
        row = await _own(tx, caller)
        patient_id = _own_patient(caller)
        if patient_id is not None:
            await record(tx, caller, "read", Object("patient", patient_id), patient=patient_id, fold_hourly=True)
        return OwnAccount(row=row, phone=await _phone(tx, site, caller, row))


async def change_details(site: Site, caller: Caller, *, phone: str | None, language: Language | None) -> OwnAccount:
    """Keeps number and language, None for the one that is. Raises PhoneUnusable."""
    number = checked_phone(phone)
    async with site.db.transaction(caller.scope) as tx:
        if language is not None:
            await own_queries.set_language(tx, caller.account_id, language)
        await _keep_phone(tx, site, caller, number)
        await record(tx, caller, "change", Object("account", caller.account_id), patient=_own_patient(caller))
        return OwnAccount(row=await _own(tx, caller), phone=number)


async def change_password(door: Door, visit: Visit, visitor: Visitor, *, old: str, new: str) -> Opened:
    """Sets a new password, ends every other session, and goes on in this one under a new token; the owner is told.

    Raises PasswordRefused, WrongPassword, TooManyTries, PasswordTooLong, ChangedMeanwhile.
    """
    standing = await proven(door, visit, visitor, old)
    check_new_password(new, (standing.name, standing.email, visit.clinic_name))
    new_hash = await door.passwords.hash(new)
    async with door.site.db.transaction(scope_of(visit)) as tx:
        if not await own_queries.replace_password(tx, visit.account_id, old=standing.password_hash, new=new_hash):
            raise ChangedMeanwhile
        await own_queries.end_other_sessions(tx, visit.account_id, visit.session_id)
        # Whoever had the old password may have asked for another address or password: those links are worth nothing now.
        await own_queries.withdraw_changes(tx, visit.account_id)
        await reset_queries.withdraw(tx, visit.account_id)
        opened = await renewed(tx, visit, stepped_up_at=None)
        await tell_owner(tx, door.site.vault, visit.account_id, "password-changed")
        await _note(tx, visit, visitor, "credential")
    return opened


async def list_sessions(db: Database, caller: Caller) -> Sequence[SessionRow]:
    """The account's living sessions, the one used last first."""
    async with db.transaction(caller.scope) as tx:
        rows = await own_queries.sessions_of(tx, caller.account_id)
        return [row for row in rows if rules.ends_at(row.hat, row.last_seen_at, row.expires_at) > tx.now]


async def end_one(db: Database, caller: Caller, session_id: SessionId) -> None:
    """Ends one of one's own sessions. Raises NotFound for any other."""
    async with db.transaction(caller.scope) as tx:
        if not await own_queries.end_own_session(tx, caller.account_id, session_id):
            raise NotFound
        await record(tx, caller, "sign-out", Object("session", session_id))


async def end_others(db: Database, visit: Visit, visitor: Visitor) -> int:
    """Ends every session but this one and tells how many there were."""
    async with db.transaction(scope_of(visit)) as tx:
        ended = await own_queries.end_other_sessions(tx, visit.account_id, visit.session_id)
        await note_sign_out(tx, visitor, visit.account_id, hat=visit.hat)
    return ended


async def _own(tx: Tx, caller: Caller) -> OwnRow:
    row = await own_queries.own(tx, caller.account_id)
    if row is None:
        raise NotFound
    return row


def _own_patient(caller: Caller) -> PatientId | None:
    link = caller.actor.own_patient
    return None if link is None or caller.actor.hat != "patient" else link.patient_id


async def _phone(tx: Tx, site: Site, caller: Caller, row: OwnRow) -> str | None:
    patient_id = _own_patient(caller)
    if patient_id is not None:
        return (await phones_of(tx, site.vault, {patient_id})).get(patient_id)
    if row.phone_sealed is None:
        return None
    return (await site.vault.clinic(tx)).open_text(_phone_place(caller), row.phone_sealed)


async def _keep_phone(tx: Tx, site: Site, caller: Caller, number: str | None) -> None:
    patient_id = _own_patient(caller)
    if patient_id is not None:
        box = await site.vault.patient(tx, patient_id)
        sealed = None if number is None else box.seal_text(Place("patient", "phone_sealed", patient_id), number)
        digest = await phone_digest(site.vault, tx.clinic_id, number)
        await own_queries.set_patient_phone(tx, patient_id, sealed, digest)
        return
    own_box = await site.vault.clinic(tx)
    await own_queries.put_phone(
        tx, caller.account_id, None if number is None else own_box.seal_text(_phone_place(caller), number)
    )


def _phone_place(caller: Caller) -> Place:
    return Place("account_contact", "phone_sealed", caller.account_id)


async def _note(tx: Tx, visit: Visit, visitor: Visitor, kind: str) -> None:
    caller = Caller(actor=visit.actor, request_id=visitor.request_id, peer=visitor.peer)
    await record(tx, caller, "change", Object(kind, visit.account_id))
