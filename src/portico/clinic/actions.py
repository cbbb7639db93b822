"""Creating a clinic, its settings, and what its people stand behind."""

from portico.access import SystemScope
from portico.audit import Object, record_system
from portico.clinic import queries, rules, setting_queries
from portico.clinic.model import ZONE, ClinicSettings, SettingRow
from portico.clinic.setting_types import parse_account
from portico.ids import AccountId, ClinicId
from portico.platform.content import Content
from portico.platform.database import Tx
from portico.platform.site import Site


async def create_clinic(site: Site, *, slug: str, name: str, zone: str) -> ClinicId:
    """Makes a clinic with a key of its own, and nothing set or signed. Raises ZoneUnknown and SlugTaken."""
    rules.check_zone(zone)
    clinic_id = ClinicId(site.db.ids.new())
    async with site.db.transaction(SystemScope(clinic_id, "creating the clinic")) as tx:
        if not await queries.insert_clinic(tx, slug=slug, name=name, zone=zone):
            raise rules.SlugTaken
        await site.vault.create_clinic_key(tx)
        await record_system(tx, "create", Object("clinic", clinic_id))
    return clinic_id


async def settings_of(tx: Tx, content: Content) -> ClinicSettings:
    """What holds in the transaction's clinic; see ClinicSettings. Read once in a transaction."""
    return await tx.once(queries.SETTINGS_READ, lambda: _read_settings(tx, content))


async def _read_settings(tx: Tx, content: Content) -> ClinicSettings:
    clinic = await queries.clinic(tx)
    rows = [row for row in await queries.settings(tx) if row.key != ZONE or row.value == clinic.zone]
    values = {key: declared.default for key, declared in content.settings.items()}
    proposed = {row.key: row.value for row in rows if row.value is not None and _waits(row, content)}
    values |= {
        row.key: in_force
        for row in rows
        if row.key in values and (in_force := row.confirmed_value if row.key in proposed else row.value) is not None
    }
    confirmed = frozenset(row.key for row in rows if row.confirmed_by is not None)
    return ClinicSettings(zone=clinic.zone, values=values | {ZONE: clinic.zone}, confirmed=confirmed, proposed=proposed)


def _waits(row: SettingRow, content: Content) -> bool:
    """Whether medicine depends on the value and no clinician stands behind it: then it is not in force yet."""
    declared = content.settings.get(row.key)
    return declared is not None and declared.signed_by == "clinician" and row.confirmed_by is None


async def set_setting(tx: Tx, content: Content, key: str, value: str | None, by: AccountId | None = None) -> bool:
    """Sets a value, or unsets it with None; another value than before must be confirmed again.

    Tells whether it changed; every change stays in the ledger. Without `by` the program itself sets it.
    Raises SettingUnknown and SettingUnreadable.
    """
    declared = content.settings.get(key)
    if declared is None:
        raise rules.SettingUnknown
    if value is not None:
        rules.check_value(declared.type, declared.unit, value)
    if declared.type == "account" and value is not None:
        await _check_clinician(tx, value)
    if key == ZONE:
        await queries.set_zone(tx, rules.zone_given(value))
    changed = await queries.set_value(tx, key, value, by)
    if changed:
        await setting_queries.insert_step(tx, "set", key, value, by)
    return changed


async def rename_clinic(tx: Tx, name: str) -> None:
    """Gives the clinic another name. Raises ClinicNameUnreadable."""
    await queries.set_name(tx, rules.clinic_name(name))


async def _check_clinician(tx: Tx, value: str) -> None:
    account_id = parse_account(value)
    if account_id not in {each.account_id for each in await setting_queries.clinicians(tx)}:
        message = "Choose an active clinician of this clinic."
        raise rules.SettingUnreadable(message)


async def is_signed(tx: Tx, kind: str, key: str, version: str, digest: bytes) -> bool:
    """Whether a named person of this clinic signed exactly this content."""
    rows = await tx.once(queries.SIGNATURES_READ, lambda: queries.signatures(tx))
    return any((row.kind, row.key, row.version, row.digest) == (kind, key, version, digest) for row in rows)


async def is_everything_signed(tx: Tx, content: Content) -> bool:
    """Whether named persons stand behind every value that patients depend on and the content in force.

    An open clinic can lose this again; then what nobody stands behind fails upward.
    """
    settings = await settings_of(tx, content)
    needed = [key for key, declared in content.settings.items() if declared.required_to_open]
    if any(settings.confirmed_value(key) is None for key in needed):
        return False
    rows = await tx.once(queries.SIGNATURES_READ, lambda: queries.signatures(tx))
    signed = {(row.kind, row.key, row.version, row.digest) for row in rows}
    published = await queries.newest_published(tx)
    return all((each.kind, each.key, each.version, each.digest) in signed for each in published)
