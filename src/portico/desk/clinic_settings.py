"""Changing what a clinic has set, with everything that hangs on it: its deadlines move in the same transaction.

It stands here because escalations and messages keep deadlines of the clinic's calendar.
"""

from collections.abc import Mapping, Sequence

import msgspec

from portico.access import Caller
from portico.audit import Object, record
from portico.clinic import rules, setting_queries, signing
from portico.clinic.actions import rename_clinic, set_setting, settings_of
from portico.clinic.model import ZONE, SettingStep
from portico.clinic.opening import opening_of, tell_of_gap
from portico.clinic.queries import lock_clinic
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
from portico.messaging.recomputing import moves_read_by, recompute_read_by
from portico.platform.database import Tx
from portico.platform.site import Site


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants a setting to be; `seen` names the value that they saw, when they say so.

    `sure` lets an open clinic lose a value that patients depend on.
    """

    key: str
    value: str | None
    confirm: bool = False
    seen: str | None = None
    sure: bool = False


async def read_all(site: Site, caller: Caller) -> tuple[ClinicView, list[SettingView]]:
    """The clinic and every setting. Holds nothing about people who are cared for."""
    async with site.db.transaction(caller.scope) as tx:
        return await read_clinic(tx), await read_settings(tx, site.content)


async def read_steps(site: Site, caller: Caller, key: str) -> list[SettingStep]:
    """What became of one setting. Raises SettingUnknown."""
    async with site.db.transaction(caller.scope) as tx:
        return await read_history(tx, site.content, key)


async def read_clinicians(site: Site, caller: Caller) -> dict[str, str]:
    """Who can be on call: names by id."""
    async with site.db.transaction(caller.scope) as tx:
        return {str(row.account_id): row.name for row in await setting_queries.clinicians(tx)}


async def words_of(site: Site, caller: Caller, settings: Sequence[SettingView]) -> dict[str, str]:
    """Each value as people read it, by key; empty while there is none."""
    names = await read_clinicians(site, caller)
    return {view.key: _words(view, names) for view in settings}


async def change_setting(site: Site, caller: Caller, wish: Wish) -> SettingView:
    """Sets a value and, when asked, confirms it in the same step; the deadlines follow.

    Raises SettingUnknown, MayNotSign, SettingChanged, SettingNeeded and SettingUnreadable.
    """
    declared = site.content.settings.get(wish.key)
    if declared is None:
        raise rules.SettingUnknown
    rules.check_may_confirm(caller.actor, declared.signed_by)
    async with site.db.transaction(caller.scope) as tx:
        await lock_clinic(tx)
        current = await read_setting(tx, site.content, wish.key)
        rules.check_unchanged(wish.seen, current.version)
        is_lost = wish.value is None and current.value is not None and declared.required_to_open
        if is_lost and not wish.sure and await opening_of(tx) is not None:
            raise rules.SettingNeeded(declared.description)
        await _set(tx, site, caller, wish)
        return await read_setting(tx, site.content, wish.key)


async def change_clinic(site: Site, caller: Caller, *, name: str, zone: str) -> ClinicView:
    """Gives the clinic a name and a zone; who may do this also stands behind the zone. Deadlines follow.

    Raises MayNotSign, ClinicNameUnreadable and SettingUnreadable.
    """
    rules.check_may_confirm(caller.actor, "admin")
    async with site.db.transaction(caller.scope) as tx:
        await lock_clinic(tx)
        await _rename(tx, caller, name)
        await _set(tx, site, caller, Wish(key=ZONE, value=zone, confirm=True))
        return await read_clinic(tx)


async def rename(site: Site, caller: Caller, name: str) -> None:
    """Gives the clinic another name. Raises MayNotSign and ClinicNameUnreadable."""
    rules.check_may_confirm(caller.actor, "admin")
    async with site.db.transaction(caller.scope) as tx:
        await lock_clinic(tx)
        await _rename(tx, caller, name)


async def sign(site: Site, caller: Caller, wanted: Reference) -> Signed:
    """Signs one version of a text, rule set, questionnaire or value; deadlines follow a value that holds from now on.

    Raises MayNotSign, ContentUnknown and ContentChanged.
    """
    [signed] = await sign_all(site, caller, [wanted])
    return signed


async def sign_all(site: Site, caller: Caller, wanted: Sequence[Reference]) -> list[Signed]:
    """Signs several versions, all or none. Raises as `sign`."""
    signed = []
    async with site.db.transaction(caller.scope) as tx:
        await lock_clinic(tx)
        for each in wanted:
            signed.append(await signing.sign(tx, site, caller, each))
            if each.kind == "setting":
                await _follow(tx, site, caller, each.key)
    return signed


def _words(view: SettingView, names: Mapping[str, str]) -> str:
    value = view.value or ""
    match view.declared.type:
        case "account":
            return names.get(value, value)
        case "boolean":
            return {"true": "Yes", "false": "No"}.get(value, value)
        case _:
            return f"{value} {view.declared.unit}" if value and view.declared.unit else value


async def _rename(tx: Tx, caller: Caller, name: str) -> None:
    await rename_clinic(tx, name)
    await record(tx, caller, "change", Object("clinic", tx.clinic_id))


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
    if moves_read_by(key):
        await recompute_read_by(tx, caller, await settings_of(tx, site.content))
