"""Whom a danger is told to by a page that nobody has seen arrive: known before it is needed."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from portico.clinic.model import ClinicSettings
from portico.clinic.opening_queries import ReachRow
from portico.escalation.ladder import LAST_RUNG, told_on
from portico.ids import AccountId
from portico.notify.model import account
from portico.notify.rules import POOL_ROLES

HAZARD = "H1"
"""What happens when a page reaches nobody: something urgent is not read in time."""
RUNG_NAMES: Mapping[int, str] = {
    0: "is told of a danger at once",
    1: "is told when nobody acts in time",
    2: "is told when still nobody acts",
}
WHY_NAMES: Mapping[str, str] = {
    "no-address": "has no page address",
    "untested": "has a page address that was never tested",
    "unanswered": "has not answered the test page",
}


class Unreached(msgspec.Struct, frozen=True, kw_only=True):
    """A member of staff on the ladder whose page channel nobody has tested; `rung` is the first on which they are told."""

    account_id: AccountId
    name: str
    rung: int
    why: str


def unreached(staff: Sequence[ReachRow], settings: ClinicSettings) -> list[Unreached]:
    """Everybody on a rung without a page that was seen to arrive, who is told first first."""
    found = [
        Unreached(account_id=row.account_id, name=row.name, rung=rung, why=_why(row))
        for row in staff
        if row.state != "confirmed" and (rung := _first_rung(row, staff, settings)) is not None
    ]
    return sorted(found, key=lambda each: (each.rung, each.name, each.account_id))


def _why(row: ReachRow) -> str:
    if row.state == "sent":
        return "unanswered"
    return "untested" if row.has_address else "no-address"


def _first_rung(row: ReachRow, staff: Sequence[ReachRow], settings: ClinicSettings) -> int | None:
    for rung in range(LAST_RUNG + 1):
        if row.account_id in set(_told(rung, staff, settings)):
            return rung
    return None


def _told(rung: int, staff: Sequence[ReachRow], settings: ClinicSettings) -> Iterator[AccountId]:
    """Who hears of a danger on this rung, pools with those whose they become while nobody has their roles."""
    for recipient in told_on(rung, "red_flag", settings):
        yield from (row.account_id for row in staff if recipient == account(row.account_id))
        members = (
            [row.account_id for row in staff if set(roles) & set(row.roles)]
            for roles in POOL_ROLES.get(recipient.removeprefix("pool:"), ())
        )
        yield from next(filter(None, members), [])
