"""Changing what a clinic has set, with everything that hangs on it: its deadlines move in the same transaction.

It stands here because escalations, and later messages, keep deadlines of the clinic's calendar.
"""

import msgspec

from portico.access import Caller
from portico.audit import Object, record
from portico.clinic import rules, signing
from portico.clinic.actions import rename_clinic, set_setting, settings_of
from portico.clinic.model import ZONE, SettingStep
from portico.clinic.opening import tell_of_gap
from portico.clinic.setting_views import (
    ClinicView,
    SettingView,
    read_clinic,
    read_history,
    read_setting,
    read_settings,
)
from portico.clinic.signing import Reference, Signed
from portico.escalation.recomputing import moves_deadlines, recompute_deadlines
from portico.platform.database import Tx
from portico.platform.site import Site


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants a setting to be; `seen` names the value that they saw, when they say so."""

    key: str
    value: str | None
    confirm: bool = False
    seen: str | None = None


async def read_all(site: Site, caller: Caller) -> tuple[ClinicView, list[SettingView]]:
    """The clinic and every setting. Holds nothing about people who are cared for."""
    async with site.db.transaction(caller.scope) as tx:
        return await read_clinic(tx), await read_settings(tx, site.content)


async def read_steps(site: Site, caller: Caller, key: str) -> list[SettingStep]:
    """What became of one setting. Raises SettingUnknown."""
    async with site.db.transaction(caller.scope) as tx:
        return await read_history(tx, site.content, key)


async def change_setting(site: Site, caller: Caller, wish: Wish) -> SettingView:
    """Sets a value and, when asked, confirms it in the same step; the deadlines follow.

    Raises SettingUnknown, MayNotSign, SettingChanged and SettingUnreadable.
    """
    declared = site.content.settings.get(wish.key)
    if declared is None:
        raise rules.SettingUnknown
    rules.check_may_confirm(caller.actor, declared.signed_by)
    async with site.db.transaction(caller.scope) as tx:
        rules.check_unchanged(wish.seen, (await read_setting(tx, site.content, wish.key)).version)
        await _set(tx, site, caller, wish)
        return await read_setting(tx, site.content, wish.key)


async def change_clinic(site: Site, caller: Caller, *, name: str, zone: str) -> ClinicView:
    """Gives the clinic a name and a zone; who may do this also stands behind the zone. Deadlines follow.

    Raises MayNotSign, ClinicNameUnreadable and SettingUnreadable.
    """
    rules.check_may_confirm(caller.actor, "admin")
    async with site.db.transaction(caller.scope) as tx:
        await rename_clinic(tx, name)
        await record(tx, caller, "change", Object("clinic", tx.clinic_id))
        await _set(tx, site, caller, Wish(key=ZONE, value=zone, confirm=True))
        return await read_clinic(tx)


async def sign(site: Site, caller: Caller, wanted: Reference) -> Signed:
    """Signs one version of a text, rule set, questionnaire or value; deadlines follow a value that holds from now on.

    Raises MayNotSign, ContentUnknown and ContentChanged.
    """
    async with site.db.transaction(caller.scope) as tx:
        signed = await signing.sign(tx, site, caller, wanted)
        if wanted.kind == "setting":
            await _follow(tx, site, caller, wanted.key)
    return signed


async def sign_all(site: Site, caller: Caller, wanted: list[Reference]) -> list[Signed]:
    """Signs several versions, all or none. Raises as `sign`."""
    async with site.db.transaction(caller.scope) as tx:
        return [await signing.sign(tx, site, caller, each) for each in wanted]


async def _set(tx: Tx, site: Site, caller: Caller, wish: Wish) -> None:
    if await set_setting(tx, site.content, wish.key, wish.value, caller.account_id):
        await record(tx, caller, "change", Object("setting", wish.key))
    if wish.confirm and wish.value is not None:
        version = rules.version_of_value(wish.value)
        await signing.sign(tx, site, caller, Reference(kind="setting", key=wish.key, version=version))
    await _follow(tx, site, caller, wish.key)
    await tell_of_gap(tx, site.content, wish.key)


async def _follow(tx: Tx, site: Site, caller: Caller, key: str) -> None:
    if moves_deadlines(key):
        await recompute_deadlines(tx, caller, await settings_of(tx, site.content))
