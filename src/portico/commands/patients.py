"""`portico patients`: a clinic's own list of patients, in and out."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import asyncpg

from portico.access import SystemScope
from portico.accounts.importing import EXPORTED, Imported, export_patients, import_patients
from portico.accounts.patient_files import (
    DateOrder,
    Fault,
    FileUnreadable,
    PatientRow,
    decoded,
    read_patients,
    write_patients,
)
from portico.clinic.calendar import local_day
from portico.clinic.queries import ClinicRow, all_clinics
from portico.commands.opening import opened_site
from portico.errors import StartupRefused
from portico.ids import ClinicId
from portico.platform.site import Site
from portico.settings import Settings

_NOTHING_KEPT: Final = "Nothing of this file was kept. Mend these lines and run it again."


class _RolledBack(Exception):
    """Ends the transaction without keeping anything."""

    def __init__(self, imported: Imported) -> None:
        super().__init__()
        self.imported = imported


async def import_file(
    env: Mapping[str, str], *, clinic: str, file: Path, dates: DateOrder = "iso", dry_run: bool = False
) -> int:
    """Prints every line's outcome, by line and number; 1 when anything is wrong, and nothing was kept then."""
    content = _content(file)
    async with opened_site(Settings.from_env(env)) as site:
        found = await _clinic(site, clinic)
        try:
            rows, faults = read_patients(decoded(content), dates, local_day(found.zone, site.db.clock.now()))
        except FileUnreadable as error:
            raise StartupRefused(str(error)) from None
        if faults:
            return _report_faults(faults)
        imported = await _import(site, found.clinic_id, rows, dry_run=dry_run)
    if imported.faults:
        return _report_faults(imported.faults)
    _report(imported, is_dry=dry_run)
    return 0


async def export_file(env: Mapping[str, str], *, clinic: str, file: Path) -> int:
    """Writes every patient of the clinic into a new file that only its owner may read."""
    async with opened_site(Settings.from_env(env)) as site:
        found = await _clinic(site, clinic)
        async with site.db.transaction(SystemScope(found.clinic_id, "patients export")) as tx:
            rows = await export_patients(tx, site.vault)
            # Before the commit: an export that could not be written was none, and is not recorded as one.
            _write(file, write_patients(rows, EXPORTED))
    print(f"{file} holds {len(rows)} patients.")
    return 0


async def _import(site: Site, clinic_id: ClinicId, rows: Sequence[PatientRow], *, dry_run: bool) -> Imported:
    try:
        async with site.db.transaction(SystemScope(clinic_id, "patients import")) as tx:
            imported = await import_patients(tx, site.vault, rows)
            if dry_run or imported.faults:
                raise _RolledBack(imported)
    except _RolledBack as done:
        return done.imported
    except asyncpg.UniqueViolationError:
        message = "Somebody gave one of these numbers to a patient at this moment. Nothing was kept; run it again."
        raise StartupRefused(message) from None
    return imported


async def _clinic(site: Site, slug: str) -> ClinicRow:
    async with site.db.unscoped("which clinics there are") as statements:
        clinics = await all_clinics(statements)
    for clinic in clinics:
        if clinic.slug == slug:
            return clinic
    message = f"There is no clinic {slug!r}; there are: {', '.join(each.slug for each in clinics) or 'none'}."
    raise StartupRefused(message)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        message = f"{file} cannot be read ({error.strerror})."
        raise StartupRefused(message) from None


def _write(file: Path, text: str) -> None:
    try:
        file.touch(mode=0o600, exist_ok=False)
        # With a mark at its start, since spreadsheets take a file without one for their own encoding.
        file.write_text(text, encoding="utf-8-sig", newline="")
    except FileExistsError:
        message = f"{file} exists already; name a new file."
        raise StartupRefused(message) from None
    except OSError as error:
        message = f"{file} cannot be written ({error.strerror})."
        raise StartupRefused(message) from None


def _report_faults(faults: Sequence[Fault]) -> int:
    for fault in faults:
        print(f"line {fault.line}  {fault.column}  {fault.sentence}", file=sys.stderr)
    print(_NOTHING_KEPT, file=sys.stderr)
    return 1


def _report(imported: Imported, *, is_dry: bool) -> None:
    for row in imported.rows:
        print(f"line {row.line}  {row.number}  {row.outcome}")
    counts = dict.fromkeys(("new", "changed", "unchanged"), 0)
    for row in imported.rows:
        counts[row.outcome] += 1
    would = "would be " if is_dry else ""
    print(f"{counts['new']} {would}new, {counts['changed']} {would}changed, {counts['unchanged']} unchanged.")
