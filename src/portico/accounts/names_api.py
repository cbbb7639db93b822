"""JSON route by which staff correct the name of an account."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import put
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body

from portico.access import Caller, Permission, staff
from portico.accounts import renaming
from portico.ids import AccountId
from portico.platform.site import Site


class NameIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The right name."""

    name: Annotated[str, msgspec.Meta(max_length=1000)]


class NameOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The name as it stands now."""

    name: str


@put("/api/accounts/{account_id:uuid}/name", opt={"audience": staff(Permission.MANAGE_PEOPLE, fresh=True)})
async def change_name(account_id: UUID, data: Annotated[NameIn, Body()], site: Site, caller: Caller) -> NameOut:
    """Corrects the name of a proxy, or by an admin of a colleague. 409 `name-of-patient` for a patient's own account."""
    return NameOut(name=await renaming.rename(site, caller, AccountId(account_id), data.name))


ROUTES: list[HTTPRouteHandler] = [change_name]
