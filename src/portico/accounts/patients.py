"""Patients as staff manage them: finding, making, correcting, and what their state means for those who act for them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from uuid import UUID

import asyncpg
import msgspec

from portico.access import Caller, Permission
from portico.accounts import entry_rules as rules
from portico.accounts import identity_queries, invitation_queries, people, people_queries
from portico.accounts import patient_queries as queries
from portico.accounts.entry_model import OwnAccount, PatientRow, PatientState
from portico.accounts.entry_rules import AccountOfStaff
from portico.accounts.identity_model import FormerIdentity, Identity
from portico.accounts.identity_rules import former_identities
from portico.accounts.patient_queries import PAGE_SIZE, START, Changes, Link
from portico.accounts.people import Contact
from portico.accounts.proxies import correct_guardians
from portico.accounts.queries import end_sessions_of
from portico.accounts.renaming import rename_account
from portico.audit import Object, record, record_list
from portico.clinic.actions import settings_of
from portico.errors import NotFound
from portico.ids import PatientId
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.platform.vault import Place
from portico.platform.web import cursor_decode, cursor_encode


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of what staff write about who a patient is."""

    name: str
    born_on: date
    number: str | None = None
    phone: str | None = None
    address: str | None = None


class PatientView(msgspec.Struct, frozen=True, kw_only=True):
    """One patient with contact data, own account, former names, and the records that are of the same person."""

    row: PatientRow
    contact: Contact
    account: OwnAccount | None
    links: Sequence[Link]
    former: Sequence[FormerIdentity]


class PatientPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of patients and where the next one starts."""

    entries: Sequence[PatientRow]
    next: str | None


async def find_patients(site: Site, caller: Caller, words: str, cursor: str | None) -> PatientPage:
    """Patients by name; with words those whose name holds them, or whose number or birth date they are."""
    after = cursor_decode(cursor, tuple[str, UUID]) or START
    async with site.db.transaction(caller.scope) as tx:
        found = await queries.found(tx, " ".join(words.split()), after)
        shown = found[:PAGE_SIZE]
        await record_list(tx, caller, "patient", [entry.patient_id for entry in shown])
    more = len(found) > PAGE_SIZE
    return PatientPage(entries=shown, next=cursor_encode((shown[-1].name, shown[-1].patient_id)) if more else None)


async def read_unverified(site: Site, caller: Caller) -> Sequence[PatientRow]:
    """Patients who registered themselves and whom nobody has confirmed, the longest waiting first."""
    async with site.db.transaction(caller.scope) as tx:
        found = await queries.unverified(tx)
        await record_list(tx, caller, "patient", [entry.patient_id for entry in found])
    return found


async def read_patient(site: Site, caller: Caller, patient_id: PatientId) -> PatientView:
    """One patient. Raises NotFound."""
    async with site.db.transaction(caller.scope) as tx:
        view = await _view(tx, site, patient_id)
        await record(tx, caller, "read", Object("patient", patient_id), patient=patient_id)
    return view


async def create_patient(site: Site, caller: Caller, details: Details) -> PatientView:
    """A new record. Raises what is wrong with the details, and NumberTaken."""
    sound = _sound(details, site.db.clock.now().date())
    async with _number_of_one(), site.db.transaction(caller.scope) as tx:
        await _check_number(tx, sound.number, None)
        patient_id = await people.write_patient(
            tx,
            site.vault,
            name=sound.name,
            born_on=sound.born_on,
            clinic_number=sound.number,
            contact=Contact(phone=sound.phone, address=sound.address),
        )
        await identity_queries.note_maker(tx, patient_id, caller.account_id)
        await record(tx, caller, "create", Object("patient", patient_id), patient=patient_id)
        return await _view(tx, site, patient_id)


async def change_patient(site: Site, caller: Caller, patient_id: PatientId, details: Details) -> PatientView:
    """Corrects the record and what follows from it. Raises NotFound and NumberTaken.

    Open invitations ask for the birth date that it has then, guardians act until the 18th birthday that it gives, and the
    patient's account bears the same name.
    """
    sound = _sound(details, site.db.clock.now().date())
    async with _number_of_one(), site.db.transaction(caller.scope) as tx:
        before = await queries.locked(tx, patient_id)
        if before is None:
            raise NotFound
        await _check_number(tx, sound.number, patient_id)
        contact = Contact(phone=sound.phone, address=sound.address)
        sealed = await people.sealed_contact(tx, site.vault, patient_id, contact)
        changes = Changes(
            name=sound.name,
            born_on=sound.born_on,
            clinic_number=sound.number,
            phone_sealed=sealed.phone,
            address_sealed=sealed.address,
            phone_hmac=sealed.phone_hmac,
        )
        after = Identity(name=sound.name, born_on=sound.born_on, phone_hmac=sealed.phone_hmac)
        await identity_queries.keep(tx, patient_id, "staff", caller.account_id, after)
        await queries.change(tx, patient_id, changes)
        await invitation_queries.correct_birth_date(tx, patient_id, sound.born_on)
        await _follow(tx, site, before, sound)
        await record(tx, caller, "change", Object("patient", patient_id), patient=patient_id)
        return await _view(tx, site, patient_id)


@asynccontextmanager
async def _number_of_one() -> AsyncIterator[None]:
    """Of two people who give the same number at once, the database refuses the second: who hears it like anybody else."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != "patient_number_is_unique_in_clinic":
            raise
        raise rules.NumberTaken from error


async def _check_number(tx: Tx, number: str | None, own: PatientId | None) -> None:
    """Raises NumberTaken. Of two people who give the same number at once, both come through here: see `_number_of_one`."""
    holder = None if number is None else await queries.patient_with_number(tx, number)
    if holder is not None and holder.patient_id != own:
        raise rules.NumberTaken


async def _follow(tx: Tx, site: Site, before: PatientRow, sound: Details) -> None:
    """What hangs on the birth date and the name changes with them."""
    if sound.born_on != before.born_on:
        zone = (await settings_of(tx, site.content)).zone
        await correct_guardians(tx, before.patient_id, zone=zone, old_born_on=before.born_on, born_on=sound.born_on)
    own = await queries.own_account(tx, before.patient_id)
    if sound.name != before.name and own is not None and not own.is_staff:
        await rename_account(tx, own.account_id, sound.name)


async def set_state(site: Site, caller: Caller, patient_id: PatientId, state: PatientState) -> PatientView:
    """Says that a patient was transferred, died, or is active after all.

    Whoever is not active gets no reminders; everybody who acted for them must be confirmed anew, and open invitations
    end. The account of somebody who died is closed. Raises NotFound and PatientCannotMove.
    """
    async with site.db.transaction(caller.scope) as tx:
        row = await queries.locked(tx, patient_id)
        if row is None:
            raise NotFound
        rules.check_patient_move(row.state, state)
        if state != row.state:
            await queries.set_state(tx, patient_id, state)
            await record(tx, caller, "change", Object("patient", patient_id), patient=patient_id, outcome=state)
            if state != "active":
                await _stop_acting(tx, caller, patient_id, state)
        return await _view(tx, site, patient_id)


async def set_verified(site: Site, caller: Caller, patient_id: PatientId, *, verified: bool) -> PatientView:
    """Says that staff know who this is, or that they do not after all. Raises NotFound, MatchCannotMove when linked."""
    async with site.db.transaction(caller.scope) as tx:
        row = await queries.locked(tx, patient_id)
        if row is None:
            raise NotFound
        if any(not link.is_later for link in await queries.links(tx, patient_id)):
            raise rules.MatchCannotMove
        if row.verified != verified:
            await queries.set_verified(tx, patient_id, verified=verified)
            outcome = "verified" if verified else "unverified"
            await record(tx, caller, "change", Object("patient", patient_id), patient=patient_id, outcome=outcome)
        return await _view(tx, site, patient_id)


async def set_account_state(site: Site, caller: Caller, patient_id: PatientId, *, is_open: bool) -> PatientView:
    """Closes the patient's own account or opens it again; the record stays. Raises NotFound and AccountOfStaff."""
    async with site.db.transaction(caller.scope) as tx:
        account = await queries.own_account(tx, patient_id)
        if account is None:
            raise NotFound
        if account.is_staff and not caller.actor.may(Permission.INVITE_STAFF):
            raise AccountOfStaff
        await _open_or_close(tx, caller, patient_id, account, is_open=is_open)
        return await _view(tx, site, patient_id)


async def _stop_acting(tx: Tx, caller: Caller, patient_id: PatientId, state: PatientState) -> None:
    for grant in await queries.end_grants(tx, patient_id):
        await record(tx, caller, "change", Object("proxy_grant", grant.grant_id), patient=patient_id, outcome="ended")
    await invitation_queries.withdraw_of_patient(tx, patient_id)
    account = await queries.own_account(tx, patient_id)
    if state == "deceased" and account is not None and not account.is_staff:
        await _open_or_close(tx, caller, patient_id, account, is_open=False)


async def _open_or_close(tx: Tx, caller: Caller, patient_id: PatientId, account: OwnAccount, *, is_open: bool) -> None:
    state = "active" if is_open else "disabled"
    if account.state == state:
        return
    await people_queries.set_account_state(tx, account.account_id, state)
    await end_sessions_of(tx, account.account_id)
    await record(tx, caller, "change", Object("account", account.account_id), patient=patient_id, outcome=state)


async def _view(tx: Tx, site: Site, patient_id: PatientId) -> PatientView:
    row = await queries.patient_row(tx, patient_id)
    if row is None:
        raise NotFound
    sealed = await queries.contact(tx, patient_id)
    box = await site.vault.patient(tx, patient_id)
    phone, address = (
        None if value is None else box.open_text(Place("patient", column, patient_id), value)
        for column, value in (("phone_sealed", sealed.phone_sealed), ("address_sealed", sealed.address_sealed))
    )
    return PatientView(
        row=row,
        contact=Contact(phone=phone, address=address),
        account=await queries.own_account(tx, patient_id),
        links=await queries.links(tx, patient_id),
        former=former_identities(
            row.name, row.born_on, (await identity_queries.changes_of(tx, [patient_id]))[patient_id]
        ),
    )


def _sound(details: Details, today: date) -> Details:
    """The details in their one spelling. Raises what is wrong with them."""
    rules.check_birth_date(details.born_on, today)
    return Details(
        name=rules.usable_name(details.name),
        born_on=details.born_on,
        number=rules.usable_number(details.number),
        phone=rules.usable_phone(details.phone),
        address=rules.usable_address(details.address),
    )
