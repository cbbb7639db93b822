"""Deadlines that run while the calendar, the zone or the ladder change, in a real database."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from portico.clinic.setting_views import SettingView
from portico.clinic.signing import Reference
from portico.desk import clinic_settings
from portico.desk.clinic_settings import Wish, change_clinic, change_setting
from portico.escalation.handling import acknowledge, resolve
from portico.escalation.jobs import DUE_CLINICS, move_overdue
from portico.escalation.model import Level, Subject
from tests.clinic.house import House
from tests.escalation.test_handling import audited
from tests.escalation.test_raising import ledger, raised, standing, trigger

HOURS = "mon 08:00-17:00; tue 08:00-17:00; wed 08:00-17:00; thu 08:00-17:00; fri 08:00-17:00"
LATE = datetime(2026, 6, 1, 20, 30, tzinfo=UTC)
"""Monday 16:30 in New York: half an hour before closing."""


def at(text: str) -> datetime:
    """An instant in UTC; New York is four hours behind."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
async def open_house(house: House) -> House:
    """The house with confirmed hours, on a Monday half an hour before closing."""
    house.clock.instant = LATE
    await put(house, "clinic.opening_hours", HOURS)
    return house


async def put(house: House, key: str, value: str | None, *, by: str = "anna", confirm: bool = True) -> SettingView:
    return await change_setting(house.site, house.caller(by), Wish(key=key, value=value, confirm=confirm))


async def waiting(house: House, level: Level) -> Subject:
    subject = Subject(kind="response", id=uuid4())
    await raised(house, trigger(house, subject, level, "PS02"))
    return subject


async def deadline_of(house: House, subject: Subject) -> datetime | None:
    return (await standing(house, subject)).deadline


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        pytest.param("clinic.holidays", "2026-06-02", "2026-06-03T12:30", id="tomorrow becomes a holiday"),
        pytest.param("clinic.closings", "2026-06-02 08:00-12:00", "2026-06-02T16:30", id="tomorrow opens at noon"),
        pytest.param("clinic.closings", "2026-06-01 16:45-24:00", "2026-06-02T12:45", id="today closes at once"),
        pytest.param("clinic.extra_openings", "2026-06-01 18:00-20:00", "2026-06-01T22:30", id="this evening too"),
        pytest.param("clinic.opening_hours", "mon 08:00-18:00", "2026-06-01T21:30", id="an hour longer"),
        pytest.param("clinic.zone", "America/Los_Angeles", "2026-06-01T21:30", id="it is noon in the new zone"),
        pytest.param("clinic.opening_hours", None, "2026-06-01T21:30", id="without hours every minute counts"),
    ],
)
async def test_a_deadline_in_opening_hours_follows_the_calendar(
    open_house: House, key: str, value: str | None, expected: str
) -> None:
    subject = await waiting(open_house, "same_day")
    assert await deadline_of(open_house, subject) == at("2026-06-02T12:30")
    await put(open_house, key, value)
    assert await deadline_of(open_house, subject) == at(expected)


async def test_a_routine_deadline_is_the_next_opening_day_of_the_new_calendar(open_house: House) -> None:
    subject = await waiting(open_house, "routine")
    assert await deadline_of(open_house, subject) == at("2026-06-02T21:00")
    await put(open_house, "clinic.closings", "2026-06-02")
    assert await deadline_of(open_house, subject) == at("2026-06-03T21:00")


async def test_the_time_to_reach_the_patient_follows_too(open_house: House) -> None:
    subject = await waiting(open_house, "same_day")
    current = await standing(open_house, subject)
    open_house.clock.pass_by(minutes=10)
    await acknowledge(open_house.site, open_house.caller("nora"), current.escalation_id)
    assert await deadline_of(open_house, subject) == at("2026-06-02T15:40")
    await put(open_house, "clinic.holidays", "2026-06-02")
    assert await deadline_of(open_house, subject) == at("2026-06-03T15:40")
    open_house.clock.pass_by(minutes=5)
    await resolve(open_house.site, open_house.caller("nora"), current.escalation_id, "left_message", None)
    await put(open_house, "clinic.holidays", None)
    assert await deadline_of(open_house, subject) == at("2026-06-02T15:45")


@pytest.mark.parametrize("level", ["emergency", "call_now"])
async def test_what_counts_at_any_hour_is_never_postponed(open_house: House, level: Level) -> None:
    subject = await waiting(open_house, level)
    before = await deadline_of(open_house, subject)
    await put(open_house, "clinic.holidays", "2026-06-01 2026-06-02")
    await put(open_house, "clinic.zone", "Pacific/Auckland")
    await put(open_house, f"ladder.{level}.acknowledge_minutes", "120", by="adams")
    assert await deadline_of(open_house, subject) == before


async def test_a_shorter_ladder_brings_an_emergency_forward(open_house: House) -> None:
    subject = await waiting(open_house, "emergency")
    await put(open_house, "ladder.emergency.acknowledge_minutes", "2", by="adams")
    assert await deadline_of(open_house, subject) == LATE + timedelta(minutes=2)


async def test_a_value_that_nobody_confirmed_moves_deadlines_forward_only(open_house: House) -> None:
    subject = await waiting(open_house, "same_day")
    longer = HOURS.replace("08:00-17:00", "08:00-16:00")
    set_only = await put(open_house, "clinic.opening_hours", longer, confirm=False)
    assert await deadline_of(open_house, subject) == at("2026-06-01T21:30")
    wanted = Reference(kind="setting", key="clinic.opening_hours", version=set_only.version)
    await clinic_settings.sign(open_house.site, open_house.caller("anna"), wanted)
    assert await deadline_of(open_house, subject) == at("2026-06-02T13:00")


async def test_what_is_overdue_by_the_new_calendar_is_moved_at_once(open_house: House) -> None:
    subject = await waiting(open_house, "same_day")
    open_house.clock.pass_by(minutes=90)
    assert (await standing(open_house, subject)).rung == 0
    await put(open_house, "clinic.opening_hours", "mon 08:00-18:00")
    async with open_house.worker.db.unscoped("what is due") as statements:
        due = await statements.all(DUE_CLINICS, open_house.clock.now())
    assert open_house.clinic_id in {each.clinic_id for each in due}
    assert await move_overdue(open_house.worker, open_house.clinic_id, 20) == 1
    assert (await standing(open_house, subject)).rung == 1


async def test_a_moved_deadline_stays_in_the_ledger_and_in_the_record(open_house: House) -> None:
    await waiting(open_house, "same_day")
    await waiting(open_house, "emergency")
    await put(open_house, "clinic.holidays", "2026-06-02")
    steps = [step for step in await ledger(open_house) if step.kind == "retime"]
    assert [(step.level, step.actor_id) for step in steps] == [("same_day", open_house.people["anna"])]
    assert ("change", "staff", open_house.patient_id) in [
        (row.action, row.actor_kind, row.patient_id) for row in await audited(open_house)
    ]


async def test_a_change_that_moves_nothing_writes_nothing(open_house: House) -> None:
    await waiting(open_house, "same_day")
    await put(open_house, "clinic.holidays", "2026-12-25")
    await put(open_house, "clinic.phone", "555-0100")
    assert [step for step in await ledger(open_house) if step.kind == "retime"] == []


async def test_the_clinics_own_page_moves_the_zone_and_stands_behind_it(open_house: House) -> None:
    subject = await waiting(open_house, "same_day")
    await change_clinic(open_house.site, open_house.caller("anna"), name="Test Clinic West", zone="America/Los_Angeles")
    assert await deadline_of(open_house, subject) == at("2026-06-01T21:30")
    clinic, settings = await clinic_settings.read_all(open_house.site, open_house.caller("anna"))
    zone = next(each for each in settings if each.key == "clinic.zone")
    assert (clinic.name, clinic.zone) == ("Test Clinic West", "America/Los_Angeles")
    assert (zone.value, zone.state) == ("America/Los_Angeles", "signed")


async def test_a_resolved_one_keeps_no_deadline(open_house: House) -> None:
    subject = await waiting(open_house, "same_day")
    current = await standing(open_house, subject)
    await resolve(open_house.site, open_house.caller("nora"), current.escalation_id, "spoke", None)
    await put(open_house, "clinic.holidays", "2026-06-02")
    assert [step for step in await ledger(open_house) if step.kind == "retime"] == []
