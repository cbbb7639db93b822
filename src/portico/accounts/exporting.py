"""The clinic's list of patients as a file that an admin takes away: the same as `portico patients export` writes."""

import msgspec

from portico.access import Caller
from portico.accounts import rules
from portico.accounts.importing import EXPORTED, rows_of_everybody
from portico.accounts.patient_files import write_patients
from portico.audit import record_export
from portico.clinic.actions import settings_of
from portico.clinic.calendar import local_day
from portico.platform.rate_limit import Limit, Try, seconds_to_wait
from portico.platform.site import Site

TAKEN = Limit(5, 24 * 60 * 60)
"""Files that one account can take in a day: whoever needs them more often runs the command."""


class ExportedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file to take away."""

    name: str
    content: bytes


async def export_file(site: Site, caller: Caller) -> ExportedFile:
    """Every patient of the clinic, recorded in the transaction of the reading. Raises TooOftenToday."""
    async with site.db.unscoped("a file counts whatever becomes of it") as statements:
        wait = await seconds_to_wait(statements, [Try(f"patients-export:{caller.account_id}", TAKEN)])
    if wait is not None:
        raise rules.TooOftenToday(wait)
    async with site.db.transaction(caller.scope) as tx:
        exported = await rows_of_everybody(tx, site.vault)
        await record_export(tx, caller, "patient", list(exported))
        today = local_day((await settings_of(tx, site.content)).zone, tx.now)
    # With a mark at its start, since spreadsheets take a file without one for their own encoding.
    content = write_patients(exported.values(), EXPORTED).encode("utf-8-sig")
    return ExportedFile(name=f"patients-{today}.csv", content=content)
