"""JSON routes of lost second factors."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body

from portico.access import Caller, Permission, staff
from portico.accounts import lost_factor
from portico.accounts.factor_queries import RecoveryRow
from portico.ids import AccountId
from portico.platform.site import Site

Reason = Annotated[str, msgspec.Meta(max_length=4000)]


class RecoveryIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Whose factor is lost, and how it was made sure who asks."""

    account: UUID
    reason: Reason


class ConfirmationIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """How the second person made sure."""

    reason: Reason


class WhoOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Somebody by name."""

    id: AccountId
    name: str


class RecoveryOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A lost factor: `done` once it was removed, `open` while a second person must confirm."""

    id: UUID
    account: WhoOut
    state: str
    needs: int
    confirmed_by: WhoOut
    confirmed_at: datetime
    expires_at: datetime


class RecoveriesOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Those that wait."""

    items: list[RecoveryOut]
    next: str | None = None


@post("/api/factor-recoveries", opt={"audience": staff(Permission.MANAGE_PEOPLE, fresh=True)}, status_code=201)
async def create_recovery(data: Annotated[RecoveryIn, Body()], site: Site, caller: Caller) -> RecoveryOut:
    """Confirms who it is: removes the factor of a patient or proxy; of a colleague once another one confirms too."""
    return _out(await lost_factor.confirm_first(site, caller, AccountId(data.account), data.reason))


@get("/api/factor-recoveries", opt={"audience": staff(Permission.RECOVER_STAFF)})
async def list_recoveries(site: Site, caller: Caller) -> RecoveriesOut:
    """Colleagues' lost factors that wait for a second confirmation."""
    return RecoveriesOut(items=[_out(row) for row in await lost_factor.list_open(site, caller)])


@put(
    "/api/factor-recoveries/{recovery_id:uuid}/confirmation",
    opt={"audience": staff(Permission.RECOVER_STAFF, fresh=True)},
)
async def confirm_recovery(
    recovery_id: UUID, data: Annotated[ConfirmationIn, Body()], site: Site, caller: Caller
) -> RecoveryOut:
    """Gives the second confirmation; the factor is removed and every session of the account ends."""
    return _out(await lost_factor.confirm_second(site, caller, recovery_id, data.reason))


def _out(row: RecoveryRow) -> RecoveryOut:
    return RecoveryOut(
        id=row.recovery_id,
        account=WhoOut(id=row.account_id, name=row.name),
        state=row.state,
        needs=row.needs,
        confirmed_by=WhoOut(id=row.confirmed_by, name=row.confirmed_by_name),
        confirmed_at=row.confirmed_at,
        expires_at=row.expires_at,
    )


ROUTES: list[HTTPRouteHandler] = [create_recovery, list_recoveries, confirm_recovery]
