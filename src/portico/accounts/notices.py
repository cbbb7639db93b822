"""What a person chose about mail, where a member of staff is paged, and what reached nobody, as staff see it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from portico.access import Caller
from portico.accounts.page_address import keep_page_address, page_address_place
from portico.audit import Object, record, record_list
from portico.notify import choice_queries as queries
from portico.notify.model import Choice, Undelivered
from portico.notify.rules import CHOICES, QUIET_CODES, page_address, switched_off
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.platform.web import cursor_decode, cursor_encode

PAGE_SIZE = 50


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """Which kinds come by mail, and where staff are paged."""

    mail: Mapping[Choice, bool]
    is_staff: bool
    page_address: str | None


class UndeliveredPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of what reached nobody."""

    rows: Sequence[Undelivered]
    next: str | None


async def read_choices(site: Site, caller: Caller) -> Choices:
    """What this person chose."""
    async with site.db.transaction(caller.scope) as tx:
        return await _choices(tx, site, caller)


async def set_choices(
    site: Site, caller: Caller, mail: Mapping[str, bool], address: str | msgspec.UnsetType | None = msgspec.UNSET
) -> Choices:
    """Sets them; kinds that are not named come by mail. Without `address` the second address stays as it is.

    Another address must be tested anew. Raises ChoiceNotOffered, ChoiceUnknown, PageAddressInvalid, PageAddressUnreadable.
    """
    off = switched_off(mail)
    kept = address if address is msgspec.UNSET or address is None else page_address(address)
    async with site.db.transaction(caller.scope) as tx:
        await queries.set_choice(tx, caller.account_id, off)
        if kept is not msgspec.UNSET and caller.actor.hat == "staff":
            await keep_page_address(tx, site, caller, kept)
        await record(tx, caller, "change", Object("notification-choices", caller.account_id))
        return await _choices(tx, site, caller)


async def read_undelivered(site: Site, caller: Caller, cursor: str | None) -> UndeliveredPage:
    """What reached nobody after its last try, newest first; leaves a `list` row for each patient shown."""
    start = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))
    before = cursor_decode(cursor, tuple[datetime, UUID]) or start
    async with site.db.transaction(caller.scope) as tx:
        found = await queries.undelivered(tx, QUIET_CODES, before, PAGE_SIZE + 1)
        shown = found[:PAGE_SIZE]
        patients = sorted({row.patient_id for row in shown if row.patient_id is not None})
        await record_list(tx, caller, "notification", patients)
    more = len(found) > PAGE_SIZE
    return UndeliveredPage(
        rows=shown, next=cursor_encode((shown[-1].created_at, shown[-1].notification_id)) if more else None
    )


async def _choices(tx: Tx, site: Site, caller: Caller) -> Choices:
    off = await queries.choice(tx, caller.account_id)
    is_staff = caller.actor.hat == "staff"
    address = None
    found = await queries.own_page_address(tx, caller.account_id) if is_staff else None
    if found is not None and found.page_address_sealed is not None:
        place = page_address_place(caller.account_id)
        address = (await site.vault.clinic(tx)).open_text(place, found.page_address_sealed)
    mail: dict[Choice, bool] = {choice: choice not in off for choice in CHOICES}
    return Choices(mail=mail, is_staff=is_staff, page_address=address)
