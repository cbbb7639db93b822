"""How a response moves from state to state."""

import re
from typing import get_args

import pytest

from portico.intake.model import ResponseState
from portico.intake.rules import MOVES, Event, ResponseCannotMove, higher, moved, switched_off
from portico.platform.resources import migrations_dir
from tests.intake.practice import FIRST, content

STATES: tuple[ResponseState, ...] = get_args(ResponseState)
EVENTS: tuple[Event, ...] = get_args(Event)

LEGAL: dict[tuple[ResponseState, Event], ResponseState] = {
    ("draft", "save"): "draft",
    ("draft", "move"): "draft",
    ("draft", "submit"): "submitted",
    ("draft", "drop"): "abandoned",
    ("draft", "expire"): "expired",
    ("abandoned", "expire"): "abandoned",
    ("submitted", "amend"): "amending",
    ("amending", "save"): "amending",
    ("amending", "move"): "amending",
    ("amending", "submit"): "submitted",
    ("amending", "drop"): "submitted",
    ("amending", "amend"): "amending",
}


@pytest.mark.parametrize(("state", "event"), LEGAL, ids=str)
def test_a_response_moves_where_its_life_leads(state: ResponseState, event: Event) -> None:
    assert moved(state, event) == LEGAL[state, event]


@pytest.mark.parametrize(
    ("state", "event"),
    [(state, event) for state in STATES for event in EVENTS if (state, event) not in LEGAL],
    ids=str,
)
def test_a_response_makes_no_other_move(state: ResponseState, event: Event) -> None:
    with pytest.raises(ResponseCannotMove) as refusal:
        moved(state, event)
    assert refusal.value.data["state"] == state
    assert refusal.value.message


def test_the_database_knows_the_same_states() -> None:
    script = (migrations_dir() / "versions" / "0001_foundation.up.sql").read_text()
    found = re.search(r"response_state_is_known\s+check \(state in \(([^)]*)\)\)", script)
    assert found is not None
    assert set(re.findall(r"'(\w+)'", found[1])) == set(STATES) == set(MOVES)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(None, None, None), ("U", None, "U"), (None, "E", "E"), ("U", "E", "E"), ("E", "U", "E")],
)
def test_the_higher_danger_stands(one: str | None, other: str | None, expected: str | None) -> None:
    assert higher(one, other) == expected  # type: ignore[arg-type]


def test_a_danger_switches_off_money_and_wishes_only() -> None:
    form = content("1.0.0").questionnaires[FIRST].form
    assert switched_off(form, None) == frozenset()
    assert switched_off(form, "U") == switched_off(form, "E") == {"cost", "pref.1"}
