"""How long each level waits and who hears of it, by table; no database."""

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from portico.clinic.model import ClinicSettings
from portico.escalation.ladder import LAST_RUNG, acknowledge_by, contact_by, told_on
from portico.escalation.model import LEVELS, Cause, Level
from portico.ids import AccountId
from portico.notify.model import ADMIN_POOL, CLINICAL_POOL, account

ADAMS, NORA = AccountId(UUID(int=1)), AccountId(UUID(int=2))
HOURS = "mon 08:00-17:00; tue 08:00-17:00; wed 08:00-17:00; thu 08:00-17:00; fri 08:00-17:00"
EVERYONE = (CLINICAL_POOL, ADMIN_POOL)


def settings(*unconfirmed: str, **others: str) -> ClinicSettings:
    values = {"clinic.opening_hours": HOURS, "ladder.on_call": str(ADAMS)}
    values |= {key.replace("__", "."): value for key, value in others.items()}
    return ClinicSettings(
        zone="America/New_York", values=dict(values), confirmed=frozenset(values) - frozenset(unconfirmed)
    )


def here(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)


@pytest.mark.parametrize(
    ("level", "rung", "raised", "deadline"),
    [
        pytest.param("emergency", 0, "2026-06-06T03:00", "2026-06-06T03:05", id="emergency, Saturday night"),
        pytest.param("emergency", 1, "2026-06-06T03:00", "2026-06-06T03:05", id="emergency, next rung"),
        pytest.param("emergency", 2, "2026-06-06T03:00", "2026-06-06T03:15", id="emergency, repeats"),
        pytest.param("call_now", 0, "2026-06-06T03:00", "2026-06-06T03:15", id="call now"),
        pytest.param("call_now", 2, "2026-06-06T03:00", "2026-06-06T03:15", id="call now, repeats"),
        pytest.param("same_day", 0, "2026-06-05T16:30", "2026-06-08T08:30", id="same day, Friday evening"),
        pytest.param("same_day", 2, "2026-06-01T10:00", "2026-06-01T11:00", id="same day, every opening hour"),
        pytest.param("routine", 0, "2026-06-05T09:00", "2026-06-08T17:00", id="routine, next opening day"),
    ],
)
def test_each_rung_waits_for_its_time(level: Level, rung: int, raised: str, deadline: str) -> None:
    assert acknowledge_by(level, rung, here(raised), settings()) == here(deadline)


@pytest.mark.parametrize(
    ("level", "deadline"),
    [
        ("emergency", "2026-06-05T16:15"),
        ("call_now", "2026-06-05T17:00"),
        ("same_day", "2026-06-08T11:00"),
        ("routine", "2026-06-08T17:00"),
    ],
)
def test_the_contact_time_runs_from_the_acknowledgement(level: Level, deadline: str) -> None:
    assert contact_by(level, here("2026-06-05T16:00"), settings()) == here(deadline)


def test_with_hours_that_nobody_confirmed_every_hour_counts() -> None:
    night = here("2026-06-06T03:00")
    assert acknowledge_by("same_day", 0, night, settings("clinic.opening_hours")) == here("2026-06-06T04:00")


@pytest.mark.parametrize(
    ("text", "deadline"),
    [("2", "2026-06-06T03:02"), ("0", "2026-06-06T03:05"), ("-3", "2026-06-06T03:05"), ("soon", "2026-06-06T03:05")],
)
def test_a_confirmed_time_replaces_the_default_when_it_is_one(text: str, deadline: str) -> None:
    own = settings(ladder__emergency__acknowledge_minutes=text)
    assert acknowledge_by("emergency", 0, here("2026-06-06T03:00"), own) == here(deadline)


def test_a_time_that_nobody_confirmed_changes_nothing() -> None:
    own = settings("ladder.emergency.acknowledge_minutes", ladder__emergency__acknowledge_minutes="600")
    assert acknowledge_by("emergency", 0, here("2026-06-06T03:00"), own) == here("2026-06-06T03:05")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("rung", range(LAST_RUNG + 1))
def test_every_deadline_lies_ahead(level: Level, rung: int) -> None:
    now = here("2026-12-31T23:59")
    assert acknowledge_by(level, rung, now, settings()) > now


@pytest.mark.parametrize(
    ("rung", "cause", "first", "told"),
    [
        pytest.param(0, "red_flag", None, (CLINICAL_POOL,), id="the pool"),
        pytest.param(1, "red_flag", None, (account(ADAMS),), id="the clinician on call"),
        pytest.param(2, "red_flag", None, EVERYONE, id="everyone"),
        pytest.param(0, "late_review", NORA, (account(NORA),), id="a late review: its clinician"),
        pytest.param(1, "late_review", NORA, (CLINICAL_POOL,), id="a late review: then the pool"),
        pytest.param(2, "late_review", None, EVERYONE, id="a late review: everyone"),
    ],
)
def test_each_rung_tells_its_people(rung: int, cause: Cause, first: AccountId | None, told: tuple[str, ...]) -> None:
    assert told_on(rung, cause, settings(), first) == told


@pytest.mark.parametrize("unconfirmed", ["ladder.on_call", "clinic.opening_hours"])
@pytest.mark.parametrize("rung", range(LAST_RUNG + 1))
def test_without_a_ladder_or_hours_everyone_hears_at_once(unconfirmed: str, rung: int) -> None:
    assert told_on(rung, "red_flag", settings(unconfirmed)) == EVERYONE
