"""A test page: sent by an admin, confirmed by a person, void once it no longer proves anything."""

import asyncio

import msgspec
import pytest

from portico.accounts.page_address import set_page_address
from portico.accounts.rules import PageAddressUnreadable
from portico.clinic.opening_queries import ReachRow, living_tests_locked
from portico.clinic.page_testing import answer_test, read_reach, send_test
from portico.clinic.rules import PAGE_TEST_MOVES, PageAddressMissing, PageCodeWrong, PageNotYours, PageTestOver
from portico.errors import NotFound
from portico.ids import AccountId
from portico.notify.model import account
from portico.notify.page_codes import is_page_code, page_code, page_test_key, page_test_of
from portico.platform.database import Query
from tests.accounts.entrance import Entrance
from tests.clinic.house import House

ADDRESS = "5550188@pages.test"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the outbox."""

    kind: str
    recipient: str
    dedupe_key: str


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What a dump shows of an address."""

    page_address_sealed: bytes | None


OUTBOX = Query(
    Entry,
    "select kind, recipient, dedupe_key from notification where clinic_id = $1 and kind = 'page-test'"
    " order by created_at, notification_id",
)
SEALED = Query(Sealed, "select page_address_sealed from staff where clinic_id = $1 and account_id = $2")


@pytest.fixture
async def reachable(house: House) -> House:
    """Dr. Adams has a page address."""
    await set_page_address(house.site, house.caller("adams"), ADDRESS)
    return house


async def sent(house: House, name: str = "adams") -> ReachRow:
    return await send_test(house.site, house.caller("anna"), house.people[name])


async def answered(house: House, name: str, code: str | None = None, *, about: str = "adams") -> ReachRow:
    return await answer_test(house.site, house.caller(name), house.people[about], code)


async def code_of(house: House) -> str:
    async with house.site.db.transaction(house.system_scope) as tx:
        newest = (await tx.all(OUTBOX, house.clinic_id))[-1]
    test_id = page_test_of(newest.dedupe_key)
    assert test_id is not None
    return page_code(test_id)


async def reach_of(house: House, name: str = "adams") -> ReachRow:
    found = await read_reach(house.site, house.caller("anna"))
    return next(row for row in found if row.account_id == house.people[name])


async def test_a_test_page_waits_in_the_outbox_for_its_person(reachable: House) -> None:
    row = await sent(reachable)
    assert (row.state, row.has_address, row.confirmed_at) == ("sent", True, None)
    async with reachable.site.db.transaction(reachable.system_scope) as tx:
        [entry] = await tx.all(OUTBOX, reachable.clinic_id)
    assert (entry.kind, entry.recipient) == ("page-test", account(reachable.people["adams"]))
    assert page_test_of(entry.dedupe_key) is not None


async def test_its_recipient_says_i_got_it(reachable: House) -> None:
    await sent(reachable)
    row = await answered(reachable, "adams")
    assert (row.state, row.confirmed_by, row.confirmed_at) == (
        "confirmed",
        reachable.people["adams"],
        reachable.clock.now(),
    )
    reachable.clock.pass_by(hours=1)
    assert await answered(reachable, "adams") == row


async def test_an_admin_enters_the_code_that_they_were_read(reachable: House) -> None:
    await sent(reachable)
    code = await code_of(reachable)
    with pytest.raises(PageCodeWrong):
        await answered(reachable, "anna", "AAAA-AAAA")
    row = await answered(reachable, "anna", f" {code.lower().replace('-', ' ')} ")
    assert (row.state, row.confirmed_by_name) == ("confirmed", "Anna")


@pytest.mark.parametrize("name", ["nora", "fred", "anna"])
async def test_nobody_else_says_so_without_the_code(reachable: House, name: str) -> None:
    await sent(reachable)
    with pytest.raises(PageNotYours):
        await answered(reachable, name)
    if name != "anna":
        with pytest.raises(PageNotYours):
            await answered(reachable, name, await code_of(reachable))
    assert (await reach_of(reachable)).state == "sent"


async def test_a_page_that_took_a_day_proves_nothing(reachable: House) -> None:
    await sent(reachable)
    reachable.clock.pass_by(days=1, seconds=1)
    with pytest.raises(PageTestOver):
        await answered(reachable, "adams")


async def test_the_code_of_an_earlier_page_is_not_taken(reachable: House) -> None:
    await sent(reachable)
    first = await code_of(reachable)
    reachable.clock.pass_by(minutes=1)
    await sent(reachable)
    with pytest.raises(PageCodeWrong):
        await answered(reachable, "anna", first)
    assert (await answered(reachable, "anna", await code_of(reachable))).state == "confirmed"


async def test_another_address_must_be_tested_again(reachable: House) -> None:
    await sent(reachable)
    await answered(reachable, "adams")
    same = await set_page_address(reachable.site, reachable.caller("adams"), f" {ADDRESS} ")
    assert (same.address, same.test.state) == (ADDRESS, "confirmed")
    other = await set_page_address(reachable.site, reachable.caller("adams"), "5550199@pages.test")
    assert (other.address, other.test.state) == ("5550199@pages.test", None)
    with pytest.raises(PageTestOver):
        await answered(reachable, "adams")


async def test_who_has_no_address_gets_no_test(house: House) -> None:
    with pytest.raises(PageAddressMissing):
        await sent(house, "nora")
    for nobody in (house.people["alice"], AccountId(house.site.db.ids.new())):
        with pytest.raises(NotFound):
            await send_test(house.site, house.caller("anna"), nobody)
        with pytest.raises(NotFound):
            await answer_test(house.site, house.caller("anna"), nobody, "AAAA-AAAA")


async def test_an_address_is_sealed_and_forgotten(reachable: House) -> None:
    async with reachable.site.db.transaction(reachable.system_scope) as tx:
        row = await tx.one(SEALED, reachable.clinic_id, reachable.people["adams"])
    assert row.page_address_sealed is not None
    assert ADDRESS.encode() not in row.page_address_sealed
    await set_page_address(reachable.site, reachable.caller("adams"), None)
    assert not (await reach_of(reachable)).has_address


@pytest.mark.parametrize(
    "given",
    [
        "",
        "pages",
        "a@b",
        "a b@pages.test",
        "a@pages.test, b@pages.test",
        "<a@pages.test>",
        "a@pages.test\nBcc: x@y.test",
        "x" * 250 + "@pages.test",
        "adams@clinic.test",
        "ADAMS@clinic.test",
    ],
)
async def test_an_address_to_which_no_page_can_go_is_refused(house: House, given: str) -> None:
    with pytest.raises(PageAddressUnreadable, match=r"^(Write|This is the address)"):
        await set_page_address(house.site, house.caller("adams"), given)


async def test_two_tests_at_once_leave_one_that_waits(reachable: House) -> None:
    await sent(reachable)
    await asyncio.gather(*(sent(reachable) for _ in range(3)), return_exceptions=True)
    async with reachable.site.db.transaction(reachable.system_scope) as tx:
        living = await living_tests_locked(tx, reachable.people["adams"])
    assert [test.state for test in living] == ["sent"]


def test_every_move_of_a_test_ends_in_a_state_of_the_table() -> None:
    assert {after for events in PAGE_TEST_MOVES.values() for after in events.values()} <= set(PAGE_TEST_MOVES)


async def test_a_code_is_of_one_test_and_easy_to_read(house: House) -> None:
    tests = [house.site.db.ids.new() for _ in range(50)]
    codes = {page_code(test_id) for test_id in tests}
    assert len(codes) == 50
    assert not set("".join(codes)) & set("01OI")
    assert is_page_code(tests[0], page_code(tests[0]).lower())
    assert page_test_of(page_test_key(tests[0])) == tests[0]
    assert page_test_of("page-test:x") is None
    assert page_test_of(f"escalation:{tests[0]}") is None


async def test_a_test_page_over_http(portal: Entrance) -> None:
    admin = await portal.signed_in(await portal.staff("admin", name="anna"))
    adams = await portal.staff("clinician", name="adams")
    clinician = await portal.signed_in(adams)
    body = {"account": str(adams.account_id)}
    refused = await admin.post("/api/page-tests", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "page-address-missing")
    own = await clinician.put("/api/staff/me/page-address", {"address": ADDRESS})
    assert (own.status_code, own.json()["pageAddress"]) == (200, ADDRESS)
    assert (await admin.post("/api/page-tests", body)).status_code == 201
    path = f"/api/page-tests/{adams.account_id}/confirmation"
    assert (await admin.put(path, {})).status_code == 403
    assert (await admin.put(path, {"code": "AAAA-AAAA"})).status_code == 422
    assert (await clinician.put(path, {})).json()["confirmed"]["name"] == "Adams"
    items = (await admin.get("/api/page-tests")).json()["items"]
    assert {each["name"]: each["state"] for each in items} == {"Adams": "confirmed", "Anna": None}
    assert ADDRESS not in (await admin.get("/api/page-tests")).text
