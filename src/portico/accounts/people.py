"""Making people: patients with their keys, accounts, credentials, staff and grants, inside an open transaction.

Called by onboarding, the demo and imports under a SystemScope; each act stands in the audit record.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Literal

import msgspec

from portico.access import Role
from portico.accounts import people_queries as queries
from portico.accounts.email_index import EmailIndex
from portico.accounts.own_queries import withdraw_changes
from portico.accounts.people_queries import NewAccount, NewGrant, NewPatient
from portico.accounts.phone_index import phone_digest
from portico.accounts.queries import end_sessions_of
from portico.accounts.rules import ALL_SCOPES, normal_email
from portico.accounts.second_factor import seed_place
from portico.audit import Object, record_system
from portico.errors import NotFound
from portico.ids import AccountId, PatientId
from portico.platform.database import Tx
from portico.platform.vault import Place, Vault


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach a patient, as people read it."""

    phone: str | None = None
    address: str | None = None


class SealedContact(msgspec.Struct, frozen=True, kw_only=True):
    """The same, as it is stored."""

    phone: bytes | None
    address: bytes | None
    phone_hmac: bytes | None


async def create_patient(
    tx: Tx,
    vault: Vault,
    *,
    name: str,
    born_on: date,
    clinic_number: str | None = None,
    phone: str | None = None,
    address: str | None = None,
    verified: bool = True,
) -> PatientId:
    """A patient with a data key of their own; phone and address are sealed under it. The clinic must have its key.

    Whoever registers without staff is not `verified` until staff know who it is.
    """
    patient_id = await write_patient(
        tx,
        vault,
        name=name,
        born_on=born_on,
        clinic_number=clinic_number,
        contact=Contact(phone=phone, address=address),
        verified=verified,
    )
    await record_system(tx, "create", Object("patient", patient_id), patient=patient_id)
    return patient_id


async def write_patient(
    tx: Tx,
    vault: Vault,
    *,
    name: str,
    born_on: date,
    clinic_number: str | None,
    contact: Contact,
    verified: bool = True,
) -> PatientId:
    """As `create_patient`, for whoever records the act in a person's name."""
    patient_id = PatientId(tx.ids.new())
    await queries.insert_patient(
        tx,
        NewPatient(patient_id=patient_id, name=name, born_on=born_on, clinic_number=clinic_number, verified=verified),
    )
    await vault.create_patient_key(tx, patient_id)
    if contact.phone is not None or contact.address is not None:
        sealed = await sealed_contact(tx, vault, patient_id, contact)
        await queries.seal_contact(
            tx, patient_id, phone=sealed.phone, address=sealed.address, phone_hmac=sealed.phone_hmac
        )
    return patient_id


async def sealed_contact(tx: Tx, vault: Vault, patient_id: PatientId, contact: Contact) -> SealedContact:
    """How to reach the patient, as it may be stored; the number's digest finds who has the same one."""
    box = await vault.patient(tx, patient_id)
    phone, address = (
        None if text is None else box.seal_text(Place("patient", f"{column}_sealed", patient_id), text)
        for column, text in (("phone", contact.phone), ("address", contact.address))
    )
    return SealedContact(
        phone=phone, address=address, phone_hmac=await phone_digest(vault, tx.clinic_id, contact.phone)
    )


async def phones_of(tx: Tx, vault: Vault, patients: Collection[PatientId]) -> dict[PatientId, str]:
    """How to call these patients; who has given no number is left out."""
    found: dict[PatientId, str] = {}
    for row in await queries.phones(tx, patients):
        box = await vault.patient(tx, row.patient_id)
        found[row.patient_id] = box.open_text(Place("patient", "phone_sealed", row.patient_id), row.phone_sealed)
    return found


async def create_account(
    tx: Tx, index: EmailIndex, *, email: str, name: str, patient_id: PatientId | None = None
) -> AccountId:
    """An account that can be found by its address, linked to a patient when it is that patient's own."""
    account_id = AccountId(tx.ids.new())
    await queries.insert_account(
        tx, NewAccount(account_id=account_id, email=normal_email(email), name=name, patient_id=patient_id)
    )
    await queries.insert_sign_in(tx, account_id, index.digest(email))
    await record_system(tx, "create", Object("account", account_id), patient=patient_id)
    return account_id


async def set_password(tx: Tx, *, account_id: AccountId, password_hash: str) -> None:
    """Sets the password (hash it with `Passwords.hash` before the transaction) and ends every session.

    A change of address that somebody asked for before is worth nothing any more.
    """
    await queries.put_password(tx, account_id, password_hash)
    await end_sessions_of(tx, account_id)
    await withdraw_changes(tx, account_id)
    await record_system(tx, "change", Object("credential", account_id))


async def enrol_totp(tx: Tx, vault: Vault, *, account_id: AccountId, seed: str) -> None:
    """Gives the account a confirmed second factor (`seed` in base32). Raises NotFound before it has a password."""
    box = await vault.clinic(tx)
    if not await queries.put_seed(tx, account_id, box.seal_text(seed_place(account_id), seed)):
        raise NotFound
    await record_system(tx, "change", Object("credential", account_id))


async def make_staff(tx: Tx, *, account_id: AccountId, roles: Collection[Role]) -> None:
    """Gives the account these staff roles and no others."""
    await queries.put_staff(tx, account_id, roles)
    await record_system(tx, "change", Object("staff", account_id))


async def grant_proxy(
    tx: Tx,
    *,
    account_id: AccountId,
    patient_id: PatientId,
    basis: Literal["guardian", "agreed", "poa"],
    confirmed_by: AccountId,
    scope: Collection[str] = ALL_SCOPES,
    period: tuple[datetime, datetime | None] | None = None,
) -> None:
    """Lets the account act for the patient, from now without end unless `period` says otherwise."""
    starts_at, ends_at = (tx.now, None) if period is None else period
    grant = NewGrant(
        grant_id=tx.ids.new(),
        account_id=account_id,
        patient_id=patient_id,
        scope=tuple(sorted(scope)),
        basis=basis,
        confirmed_by=confirmed_by,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    await queries.insert_grant(tx, grant)
    await record_system(tx, "create", Object("proxy_grant", grant.grant_id), patient=patient_id)


async def disable_account(tx: Tx, *, account_id: AccountId) -> None:
    """Closes the account to its owner at once: its sessions end. Raises NotFound."""
    if not await queries.set_account_state(tx, account_id, "disabled"):
        raise NotFound
    await end_sessions_of(tx, account_id)
    await record_system(tx, "change", Object("account", account_id))
