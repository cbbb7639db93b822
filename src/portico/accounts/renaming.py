"""Whose name an account carries, as staff correct it: it stands beside what a person did. See own_name for one's own."""

import unicodedata
from collections.abc import Sequence

from portico.access import Caller, Permission
from portico.accounts import identity_queries, staff_queries
from portico.accounts.gate import MissingPermission
from portico.accounts.identity_queries import FormerNameRow
from portico.accounts.own_queries import own
from portico.audit import Object, record
from portico.errors import Conflict, Invalid, NotFound
from portico.ids import AccountId
from portico.platform.database import Tx
from portico.platform.site import Site

_LONGEST = 200


class NameUnusable(Invalid):
    """Nothing that could be a name."""

    code = "name-unusable"

    def __init__(self) -> None:
        super().__init__(f"Write the name in one line of at most {_LONGEST} characters.")


class NameOfPatient(Conflict):
    """A patient's own account is called as the patient is."""

    code = "name-of-patient"

    def __init__(self) -> None:
        super().__init__("This is a patient's own account. Change the name in the patient's record.")


async def rename(site: Site, caller: Caller, account_id: AccountId, name: str) -> str:
    """Gives a proxy or a colleague another name. Raises NotFound, NameUnusable, NameOfPatient, MissingPermission."""
    wanted = checked_name(name)
    async with site.db.transaction(caller.scope) as tx:
        row = await own(tx, account_id)
        if row is None:
            raise NotFound
        if row.is_staff and not caller.actor.may(Permission.MANAGE_STAFF):
            raise MissingPermission
        if row.patient_id is not None:
            raise NameOfPatient
        await identity_queries.keep_account_name(tx, account_id, caller.account_id, wanted)
        await rename_account(tx, account_id, wanted)
        await record(tx, caller, "change", Object("account", account_id))
    return wanted


async def rename_account(tx: Tx, account_id: AccountId, name: str) -> None:
    """Stores the name, also where patients read who acts for them. Call it when a patient's own name changes."""
    await staff_queries.set_name(tx, account_id, name)
    await staff_queries.set_name_as_proxy(tx, account_id, name)


async def former_names(tx: Tx, account_id: AccountId) -> Sequence[FormerNameRow]:
    """What an account was called before, the newest first."""
    return await identity_queries.former_names(tx, account_id)


def checked_name(name: str) -> str:
    """The name in its usual spelling, without space around it. Raises NameUnusable."""
    wanted = " ".join(unicodedata.normalize("NFC", name).split())
    if not 1 <= len(wanted) <= _LONGEST or not wanted.isprintable():
        raise NameUnusable
    return wanted
