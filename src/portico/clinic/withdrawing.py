"""Withdrawing a published questionnaire or rule set: versions belong to the installation, so it holds in every clinic."""

from collections.abc import Sequence

from portico.access import SystemScope
from portico.audit import Object, record_system
from portico.clinic.queries import all_clinics
from portico.platform import catalogue
from portico.platform.catalogue import PublishedKind, VersionRow
from portico.platform.database import Database
from portico.platform.logs import log


async def withdraw_version(
    db: Database, kind: PublishedKind, name: tuple[str, str], *, undo: bool
) -> Sequence[VersionRow]:
    """Withdraws `(slug, version)`, or takes that back, notes it in each clinic's audit record, and tells every version.

    The list lacks the version when it was never published; then nothing is changed or noted.
    """
    slug, version = name
    async with db.unscoped("published versions hold no people") as statements:
        versions = await catalogue.withdraw(statements, kind, slug, version, None if undo else statements.now)
        clinics = await all_clinics(statements)
    if version not in {each.version for each in versions}:
        return versions
    outcome = "restored" if undo else "withdrawn"
    for clinic in clinics:
        async with db.transaction(SystemScope(clinic.clinic_id, "withdrawing a version")) as tx:
            await record_system(tx, "change", Object(kind, f"{slug}|{version}"), outcome=outcome)
    log("version-changed", kind=kind, version=f"{slug}|{version}", outcome=outcome)
    return versions
