"""Inviting people: staff invite patients, admins invite staff, and either sees what became of the letter."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from portico.access import Caller, Permission, Role, SystemScope
from portico.accounts import entry_rules as rules
from portico.accounts import invitation_queries as queries
from portico.accounts.entry_letters import InvitationLetter, activation_path, new_code, send_invitation
from portico.accounts.entry_model import Code, InvitationKind, InvitationState, Invited, ListedInvitation
from portico.accounts.gate import MissingPermission
from portico.accounts.invitation_queries import LIST_START, PAGE_SIZE, NewInvitation
from portico.accounts.patient_queries import patient_row
from portico.audit import Object, record, record_list, record_system
from portico.clinic.actions import settings_of
from portico.clinic.opening import require_open
from portico.errors import NotFound
from portico.ids import PatientId
from portico.platform.content import Content
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.platform.web import cursor_decode, cursor_encode

VALID_DAYS = "invitation.valid_days"


class InvitationPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of invitations and where the next one starts."""

    entries: Sequence[ListedInvitation]
    next: str | None


async def invite_patient(site: Site, caller: Caller, patient_id: PatientId, email: str) -> ListedInvitation:
    """Invites a patient to their own record; earlier invitations for it end. The clinic must be open to patients.

    Raises NotFound, PatientHasLeft, HasAccount, EmailUnusable and ClinicNotOpen.
    """
    address = rules.usable_email(email)
    async with site.db.transaction(caller.scope) as tx:
        await require_open(tx, site.content)
        patient = await patient_row(tx, patient_id)
        if patient is None:
            raise NotFound
        if patient.state != "active":
            raise rules.PatientHasLeft
        if await queries.account_of_patient(tx, patient_id) or await queries.account_by_email(tx, address):
            raise rules.HasAccount
        await queries.withdraw_of_patient(tx, patient_id)
        code, token_hash = new_code(tx)
        row = NewInvitation(
            invitation_id=tx.ids.new(),
            kind="patient",
            state="open",
            token_hash=token_hash,
            email=address,
            name=patient.name,
            born_on=patient.born_on,
            patient_id=patient_id,
            roles=(),
            invited_by=caller.account_id,
            expires_at=await _expiry(tx, site.content),
        )
        await _send(tx, site, row, code)
        await record(tx, caller, "create", Object("invitation", row.invitation_id), patient=patient_id)
        return await _shown(tx, caller, row.invitation_id)


async def invite_staff(
    site: Site, caller: Caller, *, email: str, name: str, roles: Collection[Role]
) -> ListedInvitation:
    """Invites a member of the staff with these roles; only admins may. Raises HasAccount, EmailUnusable, NameMissing."""
    if not caller.actor.may(Permission.INVITE_STAFF):
        raise MissingPermission
    async with site.db.transaction(caller.scope) as tx:
        row, code = await _staff_invitation(tx, site, email=email, name=name, roles=roles)
        row = msgspec.structs.replace(row, invited_by=caller.account_id)
        await _send(tx, site, row, code)
        await record(tx, caller, "create", Object("invitation", row.invitation_id))
        return await _shown(tx, caller, row.invitation_id)


async def invite_first_admin(site: Site, scope: SystemScope, *, email: str, name: str) -> str:
    """The way in of a new clinic's first admin, as an address of this portal to be handed over. Nothing is mailed."""
    async with site.db.transaction(scope) as tx:
        row, code = await _staff_invitation(tx, site, email=email, name=name, roles=["admin"])
        await queries.insert(tx, row)
        await record_system(tx, "create", Object("invitation", row.invitation_id))
    return f"{site.settings.base_url}{activation_path(code, 'staff')}"


async def resend(site: Site, caller: Caller, invitation_id: UUID) -> ListedInvitation:
    """Sends a new code; the earlier one opens nothing any more. Raises NotFound and InvitationCannotMove."""
    async with site.db.transaction(caller.scope) as tx:
        invited = await _locked(tx, caller, invitation_id)
        rules.moved(invited.state, "resend")
        if invited.kind != "staff":
            await require_open(tx, site.content)
        await _check_still_wanted(tx, invited)
        code, token_hash = new_code(tx)
        until = await _expiry(tx, site.content)
        sending = await queries.renew(tx, invitation_id, token_hash, until)
        letter = InvitationLetter(
            invitation_id=invitation_id,
            kind=invited.kind,
            email=invited.email,
            code=code,
            sending=sending,
            until=until,
        )
        await send_invitation(tx, site.vault, letter)
        target = Object("invitation", invitation_id)
        await record(tx, caller, "change", target, patient=invited.patient_id, outcome="sent-again")
        return await _shown(tx, caller, invitation_id)


async def withdraw(site: Site, caller: Caller, invitation_id: UUID) -> ListedInvitation:
    """Takes the invitation back: its code opens nothing any more. Raises NotFound and InvitationCannotMove."""
    async with site.db.transaction(caller.scope) as tx:
        invited = await _locked(tx, caller, invitation_id)
        if invited.state != "withdrawn":
            await queries.set_state(tx, invitation_id, rules.moved(invited.state, "withdraw"))
            target = Object("invitation", invitation_id)
            await record(tx, caller, "change", target, patient=invited.patient_id, outcome="withdrawn")
        return await _shown(tx, caller, invitation_id)


async def read_invitations(
    site: Site, caller: Caller, state: InvitationState | None, cursor: str | None
) -> InvitationPage:
    """Invitations from the newest on; those of staff only for admins. Raises Malformed for a bad cursor."""
    before = cursor_decode(cursor, tuple[datetime, UUID]) or LIST_START
    async with site.db.transaction(caller.scope) as tx:
        found = await queries.listed(tx, state, _kinds(caller), before)
        shown = found[:PAGE_SIZE]
        patients = dict.fromkeys(entry.patient_id for entry in shown if entry.patient_id is not None)
        await record_list(tx, caller, "invitation", list(patients))
    more = len(found) > PAGE_SIZE
    return InvitationPage(
        entries=shown, next=cursor_encode((shown[-1].created_at, shown[-1].invitation_id)) if more else None
    )


async def _staff_invitation(
    tx: Tx, site: Site, *, email: str, name: str, roles: Collection[Role]
) -> tuple[NewInvitation, Code]:
    address = rules.usable_email(email)
    if await queries.account_by_email(tx, address):
        raise rules.HasAccount
    await queries.withdraw_of_address(tx, address, "staff")
    code, token_hash = new_code(tx)
    row = NewInvitation(
        invitation_id=tx.ids.new(),
        kind="staff",
        state="open",
        token_hash=token_hash,
        email=address,
        name=rules.usable_name(name),
        born_on=None,
        patient_id=None,
        roles=tuple(sorted(set(roles))),
        invited_by=None,
        expires_at=await _expiry(tx, site.content),
    )
    return row, code


async def _send(tx: Tx, site: Site, row: NewInvitation, code: Code) -> None:
    await queries.insert(tx, row)
    letter = InvitationLetter(
        invitation_id=row.invitation_id,
        kind=row.kind,
        email=row.email,
        code=code,
        sending=1,
        until=row.expires_at,
    )
    await send_invitation(tx, site.vault, letter)


async def _expiry(tx: Tx, content: Content) -> datetime:
    days = (await settings_of(tx, content)).value(VALID_DAYS)
    return tx.now + timedelta(days=rules.bounded(days, rules.LONGEST_DAYS))


async def _check_still_wanted(tx: Tx, invited: Invited) -> None:
    """Raises HasAccount and PatientHasLeft: much may have happened since the first letter."""
    if await queries.account_by_email(tx, invited.email):
        raise rules.HasAccount
    if invited.patient_id is None:
        return
    if await queries.account_of_patient(tx, invited.patient_id):
        raise rules.HasAccount
    patient = await patient_row(tx, invited.patient_id)
    if patient is None or patient.state != "active":
        raise rules.PatientHasLeft


async def _locked(tx: Tx, caller: Caller, invitation_id: UUID) -> Invited:
    """Invitations that this person does not see in the list do not exist for them."""
    invited = await queries.locked(tx, invitation_id)
    if invited is None or invited.kind not in _kinds(caller):
        raise NotFound
    return invited


async def _shown(tx: Tx, caller: Caller, invitation_id: UUID) -> ListedInvitation:
    entry = await queries.listed_one(tx, invitation_id, _kinds(caller))
    if entry is None:
        raise NotFound
    return entry


def _kinds(caller: Caller) -> tuple[InvitationKind, ...]:
    if caller.actor.may(Permission.INVITE_STAFF):
        return ("patient", "registration", "staff")
    return ("patient", "registration")
