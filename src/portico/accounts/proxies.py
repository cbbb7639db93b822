"""Acting for somebody else: staff confirm it, patients see and end it, time ends it, and both are told."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from portico.access import Caller, Permission
from portico.accounts import people_queries, proxy_queries
from portico.accounts import proxy_rules as rules
from portico.accounts.gate import MissingPermission
from portico.accounts.own_rules import checked_email
from portico.accounts.people_queries import NewGrant
from portico.accounts.proxy_queries import ActingRow, PatientRow
from portico.accounts.proxy_rules import Basis, Grant
from portico.audit import Object, record
from portico.clinic.calendar import day_start
from portico.errors import Malformed, NotFound, OtherPatient
from portico.ids import AccountId, PatientId
from portico.notify.actions import enqueue, withdraw
from portico.notify.model import account, patient
from portico.platform.database import Tx
from portico.platform.site import Site

_ENDS = "proxy-end"


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A grant as staff ask for it; the proxy by account or by e-mail address."""

    patient_id: PatientId
    account_id: AccountId | None
    email: str | None
    scope: Collection[str]
    basis: Basis
    starts_at: datetime | None
    ends_at: datetime | None


class Amendment(msgspec.Struct, frozen=True, kw_only=True):
    """What staff change of a grant. `patient_id` guards against a form of somebody else."""

    patient_id: PatientId | None
    scope: Collection[str]
    starts_at: datetime | None
    ends_at: datetime | None


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts for one patient."""

    patient_id: PatientId
    patient_name: str
    grants: Sequence[Grant]
    now: datetime


async def list_for(site: Site, caller: Caller, patient_id: PatientId | None) -> Listing | None:
    """Who acts for a patient: for staff, and for the patient (default). None for somebody without a record.

    Raises NotFound for any other patient, Malformed when staff name none, MissingPermission.
    """
    wanted = _whose(caller, patient_id)
    if wanted is None:
        return None
    async with site.db.transaction(caller.scope) as tx:
        found = await proxy_queries.patient(tx, wanted)
        if found is None:
            raise NotFound
        grants = await proxy_queries.grants_for(tx, wanted)
        await record(tx, caller, "read", Object("proxy_grant"), patient=wanted)
        return Listing(patient_id=wanted, patient_name=found.name, grants=grants, now=tx.now)


async def acting_for(site: Site, caller: Caller) -> Sequence[ActingRow]:
    """For whom the caller acts now, by grants."""
    async with site.db.transaction(caller.scope) as tx:
        return await proxy_queries.acting(tx, caller.account_id)


async def grant(site: Site, caller: Caller, wish: Wish) -> tuple[Grant, PatientRow]:
    """Lets somebody act for a patient; both are told.

    Raises NotFound, PatientGone, NoSuchAccount, OwnRecord, OwnGrant, ActsAlready, ScopeMissing, GuardianOfAdult,
    PeriodWrong.
    """
    scope = rules.checked_scope(wish.scope)
    async with site.db.transaction(caller.scope) as tx:
        of = await _patient_locked(tx, wish.patient_id)
        proxy = await _proxy(tx, wish, of)
        rules.check_confirmed_by_another(proxy, caller.account_id)
        if await proxy_queries.live_grants(tx, of.patient_id, proxy):
            raise rules.ActsAlready
        starts_at = wish.starts_at or tx.now
        full_age_at = day_start(of.zone, rules.full_age_on(of.born_on))
        rules.check_period(wish.basis, starts_at, wish.ends_at, full_age_at, tx.now)
        new = NewGrant(
            grant_id=tx.ids.new(),
            account_id=proxy,
            patient_id=of.patient_id,
            scope=scope,
            basis=wish.basis,
            confirmed_by=caller.account_id,
            starts_at=starts_at,
            ends_at=rules.end_of(wish.basis, wish.ends_at, full_age_at),
        )
        await people_queries.insert_grant(tx, new)
        made = await _locked(tx, new.grant_id)
        await _announce_end(tx, made)
        await _leave_word(tx, caller, made, "create")
    return made, of


async def amend(site: Site, caller: Caller, grant_id: UUID, amendment: Amendment) -> tuple[Grant, PatientRow]:
    """Changes scope, start or end; both are told. Raises NotFound, OtherPatient, GrantEnded and as `grant` does."""
    scope = rules.checked_scope(amendment.scope)
    async with site.db.transaction(caller.scope) as tx:
        now_is = await _locked(tx, grant_id)
        check_patient(now_is, amendment.patient_id)
        rules.check_confirmed_by_another(now_is.account_id, caller.account_id)
        of = await _patient_locked(tx, now_is.patient_id)
        if rules.state_of(now_is, tx.now) == "ended":
            raise rules.GrantEnded
        starts_at = amendment.starts_at or now_is.starts_at
        full_age_at = day_start(of.zone, rules.full_age_on(of.born_on))
        rules.check_period(now_is.basis, starts_at, amendment.ends_at, full_age_at, tx.now)
        after = msgspec.structs.replace(
            now_is,
            scope=scope,
            starts_at=starts_at,
            ends_at=rules.end_of(now_is.basis, amendment.ends_at, full_age_at),
            confirmed_by=caller.account_id,
        )
        await proxy_queries.change(tx, after)
        await _announce_end(tx, after)
        await _leave_word(tx, caller, after, "change")
    return after, of


async def end(site: Site, caller: Caller, grant_id: UUID, of: PatientId | None = None) -> Grant:
    """Ends a grant now, by staff, by the patient, or by the proxy; once more changes nothing.

    Raises NotFound, NotYoursToEnd, MissingPermission, OtherPatient when `of` is not its patient.
    """
    async with site.db.transaction(caller.scope) as tx:
        now_is = await _locked(tx, grant_id)
        reason = rules.reason_to_end(now_is, caller.actor)
        _check_staff(caller)
        check_patient(now_is, of)
        if rules.state_of(now_is, tx.now) != "ended":
            await proxy_queries.end(tx, grant_id, caller.account_id, reason)
            await withdraw(tx, kind=_ENDS, prefix=f"{_ENDS}:{grant_id}:")
            await _leave_word(tx, caller, now_is, "change")
    return now_is


async def correct_guardians(tx: Tx, patient_id: PatientId, *, zone: str, old_born_on: date, born_on: date) -> None:
    """Moves the end of guardians' grants to the 18th birthday as it is now known. Call it when a birth date changes."""
    was, is_now = (day_start(zone, rules.full_age_on(day)) for day in (old_born_on, born_on))
    for each in await proxy_queries.guardians_locked(tx, patient_id):
        ends_at = rules.moved_end(each.ends_at, was, is_now)
        await proxy_queries.move_end(tx, each.grant_id, ends_at)
        await _announce_end(tx, msgspec.structs.replace(each, ends_at=ends_at))


def check_patient(grant: Grant, named: PatientId | None) -> None:
    """Raises OtherPatient when the request names another patient than the grant is about."""
    if named is not None and named != grant.patient_id:
        message = "This entry is about another patient. Open that patient's page again."
        raise OtherPatient(message)


def _whose(caller: Caller, patient_id: PatientId | None) -> PatientId | None:
    _check_staff(caller)
    if caller.actor.hat == "staff":
        if patient_id is None:
            message = "Say which patient, as ?patient=."
            raise Malformed(message)
        return patient_id
    own = caller.actor.own_patient
    mine = None if own is None else own.patient_id
    if patient_id is not None and patient_id != mine:
        raise NotFound
    return mine


def _check_staff(caller: Caller) -> None:
    if caller.actor.hat == "staff" and not caller.actor.may(Permission.MANAGE_PEOPLE):
        raise MissingPermission


async def _patient_locked(tx: Tx, patient_id: PatientId) -> PatientRow:
    found = await proxy_queries.patient_locked(tx, patient_id)
    if found is None:
        raise NotFound
    if found.state != "active":
        raise rules.PatientGone
    return found


async def _proxy(tx: Tx, wish: Wish, of: PatientRow) -> AccountId:
    email = None if wish.account_id is not None or wish.email is None else checked_email(wish.email)
    found = await proxy_queries.proxy(tx, wish.account_id, email)
    if found is None or found.state != "active":
        raise rules.NoSuchAccount
    if found.patient_id == of.patient_id:
        raise rules.OwnRecord
    return found.account_id


async def _locked(tx: Tx, grant_id: UUID) -> Grant:
    found = await proxy_queries.grant_locked(tx, grant_id)
    if found is None:
        raise NotFound
    return found


async def _announce_end(tx: Tx, about: Grant) -> None:
    """Leaves word for the moment at which the grant ends by itself, in the place of any other moment."""
    await withdraw(tx, kind=_ENDS, prefix=f"{_ENDS}:{about.grant_id}:")
    if about.ends_at is None or about.ends_at <= tx.now:
        return
    event = tx.ids.new()
    for recipient in (account(about.account_id), patient(about.patient_id)):
        key = f"{_ENDS}:{about.grant_id}:{event}:{recipient}"
        await enqueue(tx, kind=_ENDS, recipient=recipient, dedupe_key=key, due_at=about.ends_at)


async def _leave_word(tx: Tx, caller: Caller, about: Grant, action: Literal["create", "change"]) -> None:
    """The audit row, and a mail without content to the proxy and to the patient (or whoever acts for them)."""
    owners = await proxy_queries.own_accounts(tx, about.patient_id)
    recipients = [account(about.account_id), *(account(each.account_id) for each in owners)]
    if not owners:
        recipients.append(patient(about.patient_id))
    event = tx.ids.new()
    for recipient in recipients:
        await enqueue(tx, kind="proxy", recipient=recipient, dedupe_key=f"proxy:{event}:{recipient}")
    await record(tx, caller, action, Object("proxy_grant", about.grant_id), patient=about.patient_id)
