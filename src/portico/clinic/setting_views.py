"""Settings as staff read them: what each means, its value, who set it, and who stands behind it."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from portico.clinic import queries, rules, setting_queries
from portico.clinic.actions import settings_of
from portico.clinic.model import ClinicSettings, SettingStep, Stamp
from portico.clinic.setting_queries import NamedSettingRow
from portico.platform.content import Content, SettingDeclaration
from portico.platform.database import Tx


class SettingView(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as staff read it: what it means, its value, who set it and who stands behind it."""

    key: str
    declared: SettingDeclaration
    value: str | None
    """What somebody set last, else the default."""
    in_force: str | None
    """What holds: another value than the last one while a threshold waits for its confirmation."""
    version: str
    """Names this very value; empty while there is none."""
    is_default: bool
    state: Literal["signed", "unsigned", "unset"]
    set_by: Stamp | None
    confirmed: Stamp | None


class ClinicView(msgspec.Struct, frozen=True, kw_only=True):
    """The clinic itself."""

    slug: str
    name: str
    zone: str


async def read_clinic(tx: Tx) -> ClinicView:
    """The transaction's clinic."""
    row = await queries.clinic(tx)
    return ClinicView(slug=row.slug, name=row.name, zone=row.zone)


async def read_settings(tx: Tx, content: Content) -> list[SettingView]:
    """Every declared setting, in the order of the file."""
    settings = await settings_of(tx, content)
    rows = {row.key: row for row in await setting_queries.named_settings(tx)}
    return [_view(key, declared, settings, rows) for key, declared in content.settings.items()]


async def read_setting(tx: Tx, content: Content, key: str) -> SettingView:
    """One setting. Raises SettingUnknown."""
    found = next((view for view in await read_settings(tx, content) if view.key == key), None)
    if found is None:
        raise rules.SettingUnknown
    return found


async def read_history(tx: Tx, content: Content, key: str) -> list[SettingStep]:
    """Every value that stood there, who set it and who confirmed it, the newest first. Raises SettingUnknown."""
    if key not in content.settings:
        raise rules.SettingUnknown
    return await setting_queries.history(tx, key)


def _view(
    key: str, declared: SettingDeclaration, settings: ClinicSettings, rows: Mapping[str, NamedSettingRow]
) -> SettingView:
    value, row = settings.latest(key), rows.get(key)
    is_confirmed = value is not None and key in settings.confirmed
    return SettingView(
        key=key,
        declared=declared,
        value=value,
        version="" if value is None else rules.version_of_value(value),
        in_force=settings.value(key),
        is_default=value is not None and value == declared.default,
        state="unset" if value is None else "signed" if is_confirmed else "unsigned",
        set_by=None if row is None else Stamp(by=row.changed_by, name=row.changed_by_name, at=row.changed_at),
        confirmed=_confirmation(row) if is_confirmed else None,
    )


def _confirmation(row: NamedSettingRow | None) -> Stamp | None:
    if row is None or row.confirmed_at is None:
        return None
    return Stamp(by=row.confirmed_by, name=row.confirmed_by_name, at=row.confirmed_at)
