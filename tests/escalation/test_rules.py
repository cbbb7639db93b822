"""How an escalation moves, by table; no database."""

from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID

import msgspec
import pytest

from portico.clinic.model import ClinicSettings
from portico.escalation import rules
from portico.escalation.model import LEVELS, Cause, Escalation, Level, Outcome, State, Subject, Trigger
from portico.ids import AccountId, EscalationId, PatientId

NOW = datetime(2026, 6, 1, 13, 0, tzinfo=UTC)  # 09:00 in New York, a Monday
NORA, ADAMS = AccountId(UUID(int=1)), AccountId(UUID(int=2))
SETTINGS = ClinicSettings(
    zone="America/New_York",
    values={"clinic.opening_hours": "mon 08:00-17:00; tue 08:00-17:00", "ladder.on_call": str(ADAMS)},
    confirmed=frozenset({"clinic.opening_hours", "ladder.on_call"}),
)


def escalation(
    state: State = "raised",
    level: Level = "same_day",
    *,
    rung: int = 0,
    by: AccountId | None = None,
    fired: tuple[str, ...] = ("PS02",),
    cause: Cause = "red_flag",
) -> Escalation:
    on_it = (by or NORA) if state != "raised" else None
    is_over = state == "resolved"
    return Escalation(
        escalation_id=EscalationId(UUID(int=10)),
        patient_id=PatientId(UUID(int=11)),
        subject_kind="response",
        subject_id=UUID(int=12),
        level=level,
        state=state,
        cause=cause,
        link_ids=(),
        rules=fired,
        rule_set_version="prolotherapy-intake|1.0.0",
        rung=rung,
        deadline=None if is_over else NOW + timedelta(minutes=2),
        raised_at=NOW - timedelta(hours=1),
        waiting_since=NOW - timedelta(minutes=30),
        acknowledged_by=on_it,
        acknowledged_at=None if on_it is None else NOW - timedelta(minutes=30),
        resolved_by=on_it if is_over else None,
        resolved_at=NOW if is_over else None,
        outcome="spoke" if is_over else None,
    )


def trigger(level: Level, *fired: str, cause: Cause = "red_flag") -> Trigger:
    return Trigger(
        patient_id=PatientId(UUID(int=11)),
        subject=Subject(kind="response", id=UUID(int=12)),
        level=level,
        cause=cause,
        rules=fired,
        rule_set_version="prolotherapy-intake|1.0.0",
        actor_id=None,
    )


@pytest.mark.parametrize("state", get_args(State))
@pytest.mark.parametrize("event", get_args(rules.Event))
def test_every_move_is_in_the_table_or_refused(state: State, event: rules.Event) -> None:
    after = rules.MOVES[state].get(event)
    if after is None:
        with pytest.raises(rules.EscalationCannotMove):
            rules.moved(state, event)
    else:
        assert rules.moved(state, event) == after


def test_nothing_moves_what_is_resolved() -> None:
    assert rules.MOVES["resolved"] == {}


def test_nothing_unresolved_is_left_without_a_deadline() -> None:
    raised, on_it = escalation("raised"), escalation("acknowledged")
    for after in (
        rules.acknowledged(raised, NORA, NOW, SETTINGS),
        rules.ended(on_it, "left_message", NORA, NOW, SETTINGS)[1],
        rules.overdue(raised, NOW, SETTINGS)[1],
        rules.overdue(on_it, NOW, SETTINGS)[1],
    ):
        assert after.deadline is not None
        assert after.deadline > NOW


def test_acknowledging_starts_the_contact_time() -> None:
    after = rules.acknowledged(escalation("raised", "emergency"), NORA, NOW, SETTINGS)
    assert (after.state, after.acknowledged_by, after.acknowledged_at) == ("acknowledged", NORA, NOW)
    assert after.deadline == NOW + timedelta(minutes=15)


def test_acknowledging_again_changes_nothing_for_the_same_person() -> None:
    current = escalation("acknowledged", by=NORA)
    assert rules.acknowledged(current, NORA, NOW, SETTINGS) is current


def test_a_second_person_hears_who_is_on_it() -> None:
    with pytest.raises(rules.AcknowledgedByAnother) as refusal:
        rules.acknowledged(escalation("acknowledged", by=NORA), ADAMS, NOW, SETTINGS)
    assert refusal.value.data == {"by": str(NORA)}


@pytest.mark.parametrize("outcome", [each for each in get_args(Outcome) if each != "left_message"])
@pytest.mark.parametrize("state", ["raised", "acknowledged"])
def test_an_outcome_ends_it(state: State, outcome: Outcome) -> None:
    event, after = rules.ended(escalation(state), outcome, ADAMS, NOW, SETTINGS)
    assert (event, after.state, after.outcome) == ("resolve", "resolved", outcome)
    assert (after.resolved_by, after.resolved_at, after.deadline) == (ADAMS, NOW, None)
    assert after.acknowledged_by == (ADAMS if state == "raised" else NORA)


@pytest.mark.parametrize("state", ["raised", "acknowledged"])
def test_a_message_left_ends_nothing_and_starts_the_contact_time_again(state: State) -> None:
    event, after = rules.ended(escalation(state, "call_now"), "left_message", ADAMS, NOW, SETTINGS)
    assert (event, after.state, after.outcome) == ("left_message", "acknowledged", None)
    assert after.deadline == NOW + timedelta(hours=1)


def test_what_is_resolved_cannot_be_resolved_otherwise() -> None:
    with pytest.raises(rules.EscalationCannotMove):
        rules.ended(escalation("resolved"), "not_needed", ADAMS, NOW, SETTINGS)


@pytest.mark.parametrize(
    ("outcome", "by", "is_replay"),
    [("spoke", NORA, True), ("spoke", ADAMS, False), ("not_needed", NORA, False)],
)
def test_a_replay_is_the_same_outcome_by_the_same_person(outcome: Outcome, by: AccountId, is_replay: bool) -> None:
    assert rules.is_replay(escalation("resolved", by=NORA), outcome, by) is is_replay


@pytest.mark.parametrize(("rung", "next_one"), [(0, 1), (1, 2), (2, 2)])
def test_an_unacknowledged_one_climbs_and_then_repeats(rung: int, next_one: int) -> None:
    event, after = rules.overdue(escalation("raised", rung=rung), NOW, SETTINGS)
    assert (event, after.state, after.rung) == ("deadline_passed", "raised", next_one)


def test_an_unresolved_one_is_raised_again_on_its_rung_after_the_contact_time() -> None:
    event, after = rules.overdue(escalation("acknowledged", rung=1), NOW, SETTINGS)
    assert (event, after.state, after.rung) == ("contact_time_passed", "raised", 1)
    assert after.acknowledged_by is None
    assert after.acknowledged_at is None


@pytest.mark.parametrize("old", LEVELS)
@pytest.mark.parametrize("new", LEVELS)
@pytest.mark.parametrize("state", ["raised", "acknowledged"])
def test_more_danger_never_lowers_a_level(old: Level, new: Level, state: State) -> None:
    merged = rules.merge(escalation(state, old), trigger(new, "PS01"))
    is_higher = LEVELS.index(new) < LEVELS.index(old)
    assert merged.level == LEVELS[min(LEVELS.index(old), LEVELS.index(new))]
    assert merged.is_higher is is_higher
    assert merged.state == ("raised" if is_higher else state)
    assert merged.rules == ("PS02", "PS01")


def test_rules_that_stand_already_are_not_added_again() -> None:
    merged = rules.merge(escalation(fired=("PS02", "PS14")), trigger("same_day", "PS14", "PS15", "PS15"))
    assert (merged.rules, merged.added) == (("PS02", "PS14", "PS15"), ("PS15",))


def test_a_late_review_becomes_a_red_flag_and_never_the_other_way_round() -> None:
    late = rules.merge(escalation(cause="late_review"), trigger("same_day", "PS02", cause="red_flag"))
    flag = rules.merge(escalation(cause="red_flag"), trigger("same_day", "lead", cause="late_review"))
    assert (late.cause, flag.cause) == ("red_flag", "red_flag")


@pytest.mark.parametrize(
    ("minutes_left", "expected"), [(2, 2), (60, 5)], ids=["the old deadline is nearer", "the new one is nearer"]
)
def test_a_higher_level_never_postpones_the_deadline(minutes_left: int, expected: int) -> None:
    current = msgspec.structs.replace(
        escalation("acknowledged", rung=1), deadline=NOW + timedelta(minutes=minutes_left)
    )
    after = rules.raised_higher(current, rules.merge(current, trigger("emergency", "PS01")), NOW, SETTINGS)
    assert (after.state, after.level, after.rung) == ("raised", "emergency", 1)
    assert after.deadline == NOW + timedelta(minutes=expected)
    assert after.acknowledged_by is None


def test_a_note_beyond_the_limit_is_refused() -> None:
    rules.check_note("x" * rules.NOTE_LIMIT)
    with pytest.raises(rules.NoteTooLong):
        rules.check_note("x" * (rules.NOTE_LIMIT + 1))


def test_the_questions_behind_it_add_up_whatever_else_changes() -> None:
    first = trigger("same_day", "PS02")
    more = msgspec.structs.replace(first, link_ids=("rf.any.lump", "rf.any.fever"))
    merged = rules.merge(msgspec.structs.replace(escalation(fired=("PS02",)), link_ids=("rf.any.lump",)), more)
    assert (merged.link_ids, merged.added) == (("rf.any.lump", "rf.any.fever"), ())
