"""Who would be told of a danger by a page that nobody has seen arrive."""

from uuid import UUID

import pytest

from portico.clinic.model import ClinicSettings, PageTestState
from portico.clinic.opening_queries import ReachRow
from portico.desk.reach import unreached
from portico.ids import AccountId

HOURS = "mon 08:00-17:00; tue 08:00-17:00; wed 08:00-17:00; thu 08:00-17:00; fri 08:00-17:00"
ADAMS, NORA, ANNA, FRED = (AccountId(UUID(int=number)) for number in range(1, 5))


def settings(on_call: AccountId | None = ADAMS) -> ClinicSettings:
    values = {"clinic.opening_hours": HOURS} | ({} if on_call is None else {"ladder.on_call": str(on_call)})
    return ClinicSettings(zone="America/New_York", values=dict(values), confirmed=frozenset(values))


def row(
    who: AccountId, *roles: str, state: PageTestState | None = None, has_address: bool = False, name: str = ""
) -> ReachRow:
    return ReachRow(
        account_id=who,
        name=name or who.hex,
        roles=roles,
        has_address=has_address or state is not None,
        state=state,
        requested_at=None,
        confirmed_by=None,
        confirmed_by_name=None,
        confirmed_at=None,
    )


@pytest.mark.parametrize(
    ("state", "has_address", "why"),
    [(None, False, "no-address"), (None, True, "untested"), ("sent", True, "unanswered"), ("confirmed", True, None)],
)
def test_a_page_counts_once_it_was_seen_to_arrive(
    state: PageTestState | None, has_address: bool, why: str | None
) -> None:
    found = unreached([row(NORA, "nurse", state=state, has_address=has_address)], settings())
    assert [each.why for each in found] == ([] if why is None else [why])


def test_each_is_named_with_the_first_rung_on_which_they_are_told() -> None:
    staff = [row(ANNA, "admin"), row(NORA, "nurse"), row(ADAMS, "clinician"), row(FRED, "front_desk")]
    assert [(each.account_id, each.rung) for each in unreached(staff, settings())] == [(ADAMS, 0), (NORA, 0), (ANNA, 2)]


def test_without_anybody_on_call_everybody_is_told_at_once() -> None:
    staff = [row(ANNA, "admin"), row(NORA, "nurse"), row(FRED, "front_desk")]
    assert [(each.account_id, each.rung) for each in unreached(staff, settings(None))] == [(NORA, 0), (ANNA, 0)]


def test_who_is_on_call_in_no_pool_is_named_too() -> None:
    staff = [row(NORA, "nurse", state="confirmed"), row(FRED, "front_desk")]
    assert [(each.account_id, each.rung) for each in unreached(staff, settings(FRED))] == [(FRED, 1)]


def test_who_stands_in_for_an_empty_pool_is_named() -> None:
    staff = [row(ANNA, "admin"), row(FRED, "front_desk")]
    assert [(each.account_id, each.rung) for each in unreached(staff, settings(FRED))] == [(ANNA, 0), (FRED, 1)]
