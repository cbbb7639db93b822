"""A person's own name, changed by the person with a fresh proof: the one before is kept and shown to staff, and they are told.

What was written stays under the name that it was written under. A record that nobody has verified keeps its name: with
another one it could be taken for somebody whom the clinic knows.
"""

from collections.abc import Sequence

from portico.access import Caller, SystemScope
from portico.accounts import identity_queries, own_queries, patient_queries, rules, staff_queries
from portico.accounts.door import Door
from portico.accounts.entry_rules import normal_name, usable_name
from portico.accounts.identity_rules import NameOfColleague, NameUnchanged, NotYetVerified
from portico.accounts.own_queries import OwnRow
from portico.accounts.recovery_codes import tell_owner
from portico.accounts.renaming import rename_account
from portico.audit import Object, record
from portico.errors import NotFound
from portico.ids import PatientId
from portico.platform.database import Tx
from portico.platform.rate_limit import Limit, Try, seconds_to_wait

ASKED = Limit(5, 24 * 60 * 60)
"""Names that one account can take in a day, as many as links to a new address."""


async def change_own_name(door: Door, caller: Caller, name: str) -> None:
    """Gives the account the name, and the person's own records while they wear the patient hat.

    Raises NameMissing, NameUnchanged, NotYetVerified, NameOfColleague, TooOftenToday.
    """
    wanted = usable_name(name)
    async with door.site.db.unscoped("a name counts whatever becomes of it") as statements:
        wait = await seconds_to_wait(statements, [Try(f"name-change:{caller.account_id}", ASKED)])
    if wait is not None:
        raise rules.TooOftenToday(wait)
    # Names stand in grants, too, where row-level security lets a person change nothing: hence the program's own scope.
    async with door.site.db.transaction(SystemScope(caller.actor.clinic_id, "a change of one's own name")) as tx:
        row = await own_queries.own(tx, caller.account_id)
        if row is None:
            raise NotFound
        await _rename(tx, caller, row, wanted)
        await tell_owner(tx, door.site.vault, caller.account_id, "name-changed")


async def _rename(tx: Tx, caller: Caller, row: OwnRow, wanted: str) -> None:
    records = _own_records(caller)
    names = [await _verified_name(tx, patient_id) for patient_id in records]
    if {row.name, *names} == {wanted}:
        raise NameUnchanged
    if row.is_staff:
        await _check_colleagues(tx, caller, wanted)
    for patient_id in records:
        await identity_queries.change_name(tx, patient_id, caller.account_id, wanted)
        await record(tx, caller, "change", Object("patient", patient_id), patient=patient_id, outcome="renamed")
    if row.is_staff or row.patient_id is None:
        await identity_queries.keep_account_name(tx, caller.account_id, caller.account_id, wanted)
    await rename_account(tx, caller.account_id, wanted)
    await record(tx, caller, "change", Object("account", caller.account_id), outcome="renamed")


def _own_records(caller: Caller) -> Sequence[PatientId]:
    """Every record that is the person's own; staff at work have none."""
    if caller.actor.hat != "patient":
        return ()
    return [link.patient_id for link in caller.actor.patients if link.relation == "self"]


async def _verified_name(tx: Tx, patient_id: PatientId) -> str:
    patient = await patient_queries.locked(tx, patient_id)
    if patient is None:
        raise NotFound
    if not patient.verified:
        raise NotYetVerified
    return patient.name


async def _check_colleagues(tx: Tx, caller: Caller, wanted: str) -> None:
    for colleague in await staff_queries.staff(tx):
        if colleague.account_id != caller.account_id and normal_name(colleague.name) == normal_name(wanted):
            raise NameOfColleague
