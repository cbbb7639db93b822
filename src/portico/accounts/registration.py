"""Registering without an invitation, where a clinic lets people: a letter to the address, whoever it belongs to.

An address that has an account already gets the same answer after the same work; its letter leads to the sign-in page.
"""

from collections.abc import Sequence
from datetime import timedelta

from portico.access import Anonymous, SystemScope
from portico.accounts import entry_rules as rules
from portico.accounts import invitation_queries as queries
from portico.accounts.door import Door
from portico.accounts.entry_ledger import note_entry
from portico.accounts.entry_letters import activation_path, new_code
from portico.accounts.entry_model import Registration
from portico.accounts.invitation_queries import NewInvitation
from portico.accounts.model import Visitor
from portico.accounts.password_rules import check_new_password
from portico.accounts.rules import TooManyTries
from portico.audit import Object
from portico.clinic.actions import settings_of
from portico.clinic.opening import require_open
from portico.clinic.queries import ClinicRow, all_clinics
from portico.notify.actions import enqueue_letter
from portico.platform.content import Content
from portico.platform.database import Tx
from portico.platform.rate_limit import seconds_to_wait
from portico.platform.site import Site

OPEN = "registration.open"
VALID_HOURS = "registration.valid_hours"
KNOWN_PATH = "/sign-in?after=known"
"""Where the letter leads whose address has an account already."""


async def clinics_to_register_at(site: Site) -> Sequence[ClinicRow]:
    """The clinics whose admins let people register themselves."""
    async with site.db.unscoped("which clinics there are") as statements:
        clinics = await all_clinics(statements)
    found = []
    for each in clinics:
        async with site.db.transaction(Anonymous(clinic_id=each.clinic_id, subject="")) as tx:
            if await _takes_registrations(tx, site.content):
                found.append(each)
    return found


async def register(door: Door, visitor: Visitor, asked: Registration) -> None:
    """Leaves a letter; the account begins when the code in it is used. The same answer whoever has the address.

    Raises RegistrationClosed, ClinicNotOpen, TooManyTries, and what is wrong with the fields.
    """
    email, name = rules.usable_email(asked.email), rules.usable_name(asked.name)
    rules.check_birth_date(asked.born_on, door.site.db.clock.now().date())
    if asked.password is not None:
        check_new_password(asked.password, (name, email))
    async with door.site.db.unscoped("nobody is known before a registration") as statements:
        clinics = await all_clinics(statements)
        wait = await seconds_to_wait(statements, door.letter_tries(door.index.digest(email), visitor.peer))
    if wait is not None:
        raise TooManyTries(wait)
    clinic = next((each for each in clinics if each.slug == asked.clinic), None)
    if clinic is None:
        raise rules.RegistrationClosed
    async with door.site.db.transaction(SystemScope(clinic.clinic_id, "registration")) as tx:
        if not await _takes_registrations(tx, door.site.content):
            raise rules.RegistrationClosed
        await require_open(tx, door.site.content)
        await _leave_letter(tx, door, visitor, email, name, asked)


async def _takes_registrations(tx: Tx, content: Content) -> bool:
    return (await settings_of(tx, content)).confirmed_value(OPEN) == "true"


async def _leave_letter(tx: Tx, door: Door, visitor: Visitor, email: str, name: str, asked: Registration) -> None:
    """One path for known and unknown addresses: a known one's row can never be used, and its letter holds no code."""
    is_known = await queries.account_by_email(tx, email) is not None
    hours = (await settings_of(tx, door.site.content)).value(VALID_HOURS)
    await queries.withdraw_of_address(tx, email, "registration")
    code, token_hash = new_code(tx)
    row = NewInvitation(
        invitation_id=tx.ids.new(),
        kind="registration",
        state="withdrawn" if is_known else "open",
        token_hash=token_hash,
        email=email,
        name=name,
        born_on=asked.born_on,
        patient_id=None,
        roles=(),
        invited_by=None,
        expires_at=tx.now + timedelta(hours=rules.bounded(hours, rules.LONGEST_HOURS)),
    )
    await queries.insert(tx, row)
    await enqueue_letter(
        tx,
        door.site.vault,
        kind="registration",
        address=email,
        dedupe_key=f"invitation:{row.invitation_id}:1",
        path=KNOWN_PATH if is_known else activation_path(code, "registration"),
    )
    await note_entry(tx, visitor, "create", Object("invitation", row.invitation_id), outcome="registered")
