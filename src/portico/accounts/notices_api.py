"""JSON routes of notifications: one's own choices, and for staff what reached nobody."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from portico.access import Caller, Permission, signed_in, staff
from portico.accounts import notices
from portico.errors import Malformed
from portico.notify.model import Choice, Undelivered
from portico.notify.rules import NEEDED
from portico.platform.site import Site


class ChoicesOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which kinds come by mail; `always` cannot be switched off. Staff also have a second address, for pages."""

    mail: Mapping[Choice, bool]
    always: tuple[str, ...]
    page_address: str | msgspec.UnsetType | None = msgspec.UNSET


class ChoicesIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The whole of the choices; kinds that are not named come by mail. Without `pageAddress` that stays."""

    mail: dict[str, bool]
    page_address: str | msgspec.UnsetType | None = msgspec.UNSET


class UndeliveredOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A notification that reached nobody: what kind, by which channel, for whom, and what the last try met."""

    id: UUID
    kind: str
    channel: str
    recipient: str
    name: str | None
    address: str | None
    attempts: int
    code: str | None
    created_at: datetime


class UndeliveredListOut(msgspec.Struct, frozen=True, kw_only=True):
    """One page of them, newest first."""

    items: list[UndeliveredOut]
    next: str | None


@get("/api/notification-choices", opt={"audience": signed_in()})
async def read_choices(site: Site, caller: Caller) -> ChoicesOut:
    """What this person chose about mail."""
    return _shown(await notices.read_choices(site, caller))


@put("/api/notification-choices", opt={"audience": signed_in()})
async def set_choices(site: Site, caller: Caller, data: ChoicesIn) -> ChoicesOut:
    """Sets the choices; 422 for what safety needs."""
    return _shown(await notices.set_choices(site, caller, data.mail, data.page_address))


@get("/api/notifications", opt={"audience": staff(Permission.READ_PATIENT_LIST)})
async def list_notifications(
    site: Site,
    caller: Caller,
    wanted: Annotated[str, Parameter(query="state")] = "failed",
    cursor: str | None = None,
) -> UndeliveredListOut:
    """What reached nobody after its last try; never what it was about."""
    if wanted != "failed":
        message = "The only state that can be listed is `failed`."
        raise Malformed(message)
    page = await notices.read_undelivered(site, caller, cursor)
    return UndeliveredListOut(items=[_undelivered(row) for row in page.rows], next=page.next)


def _shown(found: notices.Choices) -> ChoicesOut:
    address = found.page_address if found.is_staff else msgspec.UNSET
    return ChoicesOut(mail=found.mail, always=tuple(NEEDED), page_address=address)


def _undelivered(row: Undelivered) -> UndeliveredOut:
    return UndeliveredOut(
        id=row.notification_id,
        kind=row.kind,
        channel=row.channel,
        recipient=row.recipient,
        name=row.account_name,
        address=row.address or row.email,
        attempts=row.attempts,
        code=row.error_code,
        created_at=row.created_at,
    )


ROUTES: list[HTTPRouteHandler] = [read_choices, set_choices, list_notifications]
