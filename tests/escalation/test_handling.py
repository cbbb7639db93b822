"""What staff do about escalations, and how they move when nobody does."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from portico.clinic.actions import set_setting
from portico.clinic.queries import confirm_value
from portico.errors import Malformed, NotFound
from portico.escalation.handling import PAGE_SIZE, acknowledge, read_list, resolve
from portico.escalation.jobs import DUE_CLINICS, move_overdue
from portico.escalation.model import LEVELS, Listed, Subject
from portico.escalation.rules import AcknowledgedByAnother, EscalationCannotMove, NoteTooLong
from portico.ids import EscalationId
from portico.notify.model import ADMIN_POOL, CLINICAL_POOL, account
from portico.platform.database import Query
from portico.platform.vault import Place
from tests.clinic.house import House
from tests.escalation.test_raising import LEDGER, ledger, raised, standing, told, trigger


class EventId(msgspec.Struct, frozen=True, kw_only=True):
    """Id of one step that has a note."""

    event_id: UUID
    note_sealed: bytes


class Audited(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the audit record as the tests look at it."""

    action: str
    actor_kind: str
    patient_id: UUID | None


NOTES = Query(
    EventId, "select event_id, note_sealed from escalation_event where clinic_id = $1 and note_sealed is not null"
)
AUDIT = Query(
    Audited,
    "select action, actor_kind, patient_id from audit_event where clinic_id = $1 and object_kind = 'escalation'"
    " order by event_id",
)


@pytest.fixture
def subject() -> Subject:
    return Subject(kind="response", id=uuid4())


async def audited(house: House) -> list[Audited]:
    async with house.site.db.transaction(house.system_scope) as tx:
        return await tx.all(AUDIT, house.clinic_id)


async def test_somebody_says_i_am_on_it(house: House, subject: Subject) -> None:
    escalation_id = await raised(house, trigger(house, subject, "call_now", "PS01"))
    shown = await acknowledge(house.site, house.caller("fred"), escalation_id)
    assert (shown.state, shown.acknowledged_by, shown.acknowledged_by_name) == (
        "acknowledged",
        house.people["fred"],
        "Fred",
    )
    assert shown.deadline == house.clock.now() + timedelta(hours=1)
    again = await acknowledge(house.site, house.caller("fred"), escalation_id)
    assert again == shown
    assert [step.kind for step in await ledger(house)] == ["acknowledge", "raise"]


async def test_of_two_at_once_one_is_on_it_and_the_other_hears_so(house: House, subject: Subject) -> None:
    escalation_id = await raised(house, trigger(house, subject, "call_now", "PS01"))
    results = await asyncio.gather(
        *(acknowledge(house.site, house.caller(name), escalation_id) for name in ("nora", "adams")),
        return_exceptions=True,
    )
    assert sorted(isinstance(each, AcknowledgedByAnother) for each in results) == [False, True]


async def test_an_outcome_is_recorded_with_a_sealed_note(house: House, subject: Subject) -> None:
    escalation_id = await raised(house, trigger(house, subject, "same_day", "PS02"))
    shown = await resolve(house.site, house.caller("nora"), escalation_id, "spoke", "Fever is gone since noon.")
    assert (shown.state, shown.outcome, shown.resolved_by) == ("resolved", "spoke", house.people["nora"])
    assert shown.acknowledged_by == house.people["nora"]
    async with house.site.db.transaction(house.system_scope) as tx:
        [note] = await tx.all(NOTES, house.clinic_id)
        box = await house.site.vault.patient(tx, house.patient_id)
    assert b"Fever" not in note.note_sealed
    place = Place("escalation_event", "note_sealed", note.event_id)
    assert box.open_text(place, note.note_sealed) == "Fever is gone since noon."


async def test_the_same_outcome_again_is_the_same_answer(house: House, subject: Subject) -> None:
    escalation_id = await raised(house, trigger(house, subject, "same_day", "PS02"))
    first = await resolve(house.site, house.caller("nora"), escalation_id, "spoke", None)
    assert await resolve(house.site, house.caller("nora"), escalation_id, "spoke", None) == first
    assert [step.kind for step in await ledger(house)] == ["raise", "resolve"]
    with pytest.raises(EscalationCannotMove):
        await resolve(house.site, house.caller("adams"), escalation_id, "not_needed", "Made-up reason.")
    with pytest.raises(EscalationCannotMove):
        await acknowledge(house.site, house.caller("adams"), escalation_id)


async def test_a_message_left_keeps_it_on_the_list(house: House, subject: Subject) -> None:
    escalation_id = await raised(house, trigger(house, subject, "emergency", "PS01"))
    await acknowledge(house.site, house.caller("nora"), escalation_id)
    house.clock.pass_by(minutes=10)
    shown = await resolve(house.site, house.caller("nora"), escalation_id, "left_message", "Voice mail.")
    assert (shown.state, shown.outcome, shown.resolved_at) == ("acknowledged", None, None)
    assert shown.deadline == house.clock.now() + timedelta(minutes=15)
    assert [step.outcome for step in await ledger(house) if step.kind == "left_message"] == ["left_message"]


async def test_nobody_acts_on_what_they_cannot_see(house: House) -> None:
    unknown = EscalationId(uuid4())
    with pytest.raises(NotFound):
        await acknowledge(house.site, house.caller("nora"), unknown)
    with pytest.raises(NotFound):
        await resolve(house.site, house.caller("nora"), unknown, "spoke", None)


async def test_a_note_that_is_too_long_changes_nothing(house: House, subject: Subject) -> None:
    escalation_id = await raised(house, trigger(house, subject, "same_day", "PS02"))
    with pytest.raises(NoteTooLong):
        await resolve(house.site, house.caller("nora"), escalation_id, "spoke", "x" * 4001)
    assert (await standing(house, subject)).state == "raised"


async def test_the_list_stands_by_level_then_deadline_and_pages_without_gaps(house: House) -> None:
    for n in range(2 * PAGE_SIZE + 3):
        house.clock.pass_by(seconds=1)
        level = LEVELS[n % 4]
        await raised(house, trigger(house, Subject(kind="response", id=uuid4()), level, f"R{n}"))
    seen: list[Listed] = []
    cursor = None
    while True:
        page = await read_list(house.site, house.caller("nora"), "unresolved", cursor)
        seen += page.entries
        cursor = page.next
        if cursor is None:
            break
    assert len({entry.escalation_id for entry in seen}) == 2 * PAGE_SIZE + 3
    keys = [(LEVELS.index(entry.level), entry.deadline or house.clock.now()) for entry in seen]
    assert keys == sorted(keys)


async def test_resolved_ones_are_listed_from_the_newest(house: House) -> None:
    ids = []
    for n in range(PAGE_SIZE + 2):
        house.clock.pass_by(seconds=1)
        ids.append(await raised(house, trigger(house, Subject(kind="response", id=uuid4()), "same_day", f"R{n}")))
        await resolve(house.site, house.caller("nora"), ids[-1], "spoke", None)
    first = await read_list(house.site, house.caller("nora"), "resolved", None)
    rest = await read_list(house.site, house.caller("nora"), "resolved", first.next)
    assert [entry.escalation_id for entry in (*first.entries, *rest.entries)] == ids[::-1]
    assert rest.next is None
    assert not (await read_list(house.site, house.caller("nora"), "unresolved", None)).entries


@pytest.mark.parametrize("cursor", ["", "nonsense", "bnVsbA", "WzEsMl0"])
async def test_a_made_up_cursor_is_refused(house: House, cursor: str) -> None:
    with pytest.raises(Malformed):
        await read_list(house.site, house.caller("nora"), "unresolved", cursor)


async def test_reading_and_acting_leave_audit_rows(house: House, subject: Subject) -> None:
    escalation_id = await raised(house, trigger(house, subject, "same_day", "PS02"))
    await read_list(house.site, house.caller("nora"), "unresolved", None)
    await acknowledge(house.site, house.caller("nora"), escalation_id)
    await resolve(house.site, house.caller("nora"), escalation_id, "spoke", None)
    rows = await audited(house)
    assert [row.action for row in rows] == ["list", "change", "change"]
    assert {row.patient_id for row in rows} == {house.patient_id}


async def test_what_nobody_acknowledges_climbs_to_everyone_and_then_repeats(house: House, subject: Subject) -> None:
    await raised(house, trigger(house, subject, "emergency", "PS01"))
    rungs = []
    for minutes in (5, 5, 15, 15):
        house.clock.pass_by(minutes=minutes)
        assert await move_overdue(house.worker, house.clinic_id, 10) == 1
        assert await move_overdue(house.worker, house.clinic_id, 10) == 0
        found = await standing(house, subject)
        rungs.append(found.rung)
        assert found.state == "raised"
    assert rungs == [1, 2, 2, 2]
    assert [step.kind for step in await ledger(house)] == ["raise", *["deadline_passed"] * 4]
    assert (await told(house)).count(CLINICAL_POOL) == 5
    assert (await told(house)).count(ADMIN_POOL) == 5
    assert [row.actor_kind for row in await audited(house)] == ["worker"] * 4


async def test_what_is_acknowledged_but_not_resolved_in_time_is_raised_again(house: House, subject: Subject) -> None:
    escalation_id = await raised(house, trigger(house, subject, "emergency", "PS01"))
    await acknowledge(house.site, house.caller("nora"), escalation_id)
    house.clock.pass_by(minutes=14)
    assert await move_overdue(house.worker, house.clinic_id, 10) == 0
    house.clock.pass_by(minutes=1)
    assert await move_overdue(house.worker, house.clinic_id, 10) == 1
    found = await standing(house, subject)
    assert (found.state, found.rung, found.acknowledged_by) == ("raised", 0, None)
    assert found.deadline == house.clock.now() + timedelta(minutes=5)
    again = await acknowledge(house.site, house.caller("adams"), escalation_id)
    assert again.acknowledged_by == house.people["adams"]
    assert account(house.people["adams"]) not in await told(house)


async def test_who_was_on_it_hears_that_the_time_is_up_on_somebody_elses_rung(house: House, subject: Subject) -> None:
    await ladder_confirmed(house)
    escalation_id = await raised(house, trigger(house, subject, "emergency", "PS01"))
    house.clock.pass_by(minutes=5)
    await move_overdue(house.worker, house.clinic_id, 10)
    await acknowledge(house.site, house.caller("nora"), escalation_id)
    assert account(house.people["nora"]) not in await told(house)
    house.clock.pass_by(minutes=15)
    await move_overdue(house.worker, house.clinic_id, 10)
    assert (await standing(house, subject)).rung == 1
    assert (await told(house)).count(account(house.people["adams"])) == 2
    assert (await told(house)).count(account(house.people["nora"])) == 1


async def ladder_confirmed(house: House) -> None:
    """Opening hours and the clinician on call, confirmed: rungs tell different people only then."""
    values = {"clinic.opening_hours": "mon 00:00-24:00", "ladder.on_call": str(house.people["adams"])}
    async with house.site.db.transaction(house.system_scope) as tx:
        for key, value in values.items():
            await set_setting(tx, house.site.content, key, value)
            await confirm_value(tx, key, value, house.people["anna"])


async def test_workers_that_compete_move_each_one_once(house: House) -> None:
    for n in range(12):
        await raised(house, trigger(house, Subject(kind="response", id=uuid4()), "emergency", f"R{n}"))
    house.clock.pass_by(minutes=5)
    moved = await asyncio.gather(*(move_overdue(house.worker, house.clinic_id, 5) for _ in range(4)))
    assert sum(moved) + await move_overdue(house.worker, house.clinic_id, 20) == 12
    async with house.site.db.transaction(house.system_scope) as tx:
        steps = await tx.all(LEDGER, house.clinic_id)
    assert sum(step.kind == "deadline_passed" for step in steps) == 12


async def test_the_worker_sees_without_a_clinic_where_something_is_due(house: House, subject: Subject) -> None:
    await raised(house, trigger(house, subject, "emergency", "PS01"))
    due_at = house.clock.now() + timedelta(minutes=5)
    async with house.worker.db.unscoped("which clinics have due work") as statements:
        before = await statements.all(DUE_CLINICS, due_at - timedelta(seconds=1))
        after = await statements.all(DUE_CLINICS, due_at)
    assert house.clinic_id not in {each.clinic_id for each in before}
    assert (house.clinic_id, due_at) in {(each.clinic_id, each.due_at) for each in after}
