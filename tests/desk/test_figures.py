"""The figures against a plain model, over histories made at random; the days of a period; what an empty one says."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from portico.access import StaffScope
from portico.clinic.calendar import day_start
from portico.desk import figures_queries, figures_rules
from portico.desk.figures import read_figures
from portico.desk.figures_model import Handling, LevelMove, Reading, Span
from portico.desk.figures_rules import PeriodRefused
from portico.escalation.model import LEVELS
from tests.clinic.house import House, opened_house
from tests.databases import DatabaseUrls
from tests.desk import figures_model as model
from tests.desk.figures_model import Case, Change, History, Sent, Step
from tests.desk.figures_rows import put

ZONE = "America/New_York"
TODAY = date(2026, 6, 1)
LOCAL_NOON = datetime(2026, 6, 1, 16, 0, tzinfo=UTC)


@pytest.fixture
async def house(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[House]:
    async with opened_house(database_urls, tmp_path) as opened:
        opened.clock.instant = LOCAL_NOON
        yield opened


def days(first: date, last: date, now: datetime = LOCAL_NOON) -> Span:
    return Span(since=day_start(ZONE, first), until=day_start(ZONE, last + timedelta(days=1)), now=now)


def a_message(at: datetime, read_at: datetime | None = None) -> Sent:
    return Sent(
        level="routine", rules=(), at=at, from_patient=True, due=None, known=read_at is not None, read_at=read_at
    )


@pytest.mark.parametrize("seed", range(12))
async def test_the_figures_are_those_of_the_model(seed: int, database_urls: DatabaseUrls, house: House) -> None:
    chance = Random(seed)
    first = TODAY - timedelta(days=chance.randint(0, 60))
    span = days(first, first + timedelta(days=chance.choice([0, 1, 6, 29, 300])))
    # So far ahead that nothing has been read after "now".
    span = Span(since=span.since, until=span.until, now=span.until + timedelta(days=400))
    history = model.made_history(chance, span)
    await put(database_urls.superuser, house, history)
    async with house.site.db.transaction(house.caller("adams").scope) as tx:
        found = figures_rules.all_readings(await figures_queries.readings(tx, span))
        assert found == model.readings(history, span)
        handled = figures_rules.all_handlings(await figures_queries.handlings(tx, span))
        assert handled == model.handlings(history, span)
        moved = await figures_queries.moves(tx, span)
        assert sorted(moved, key=lambda move: (move.level_before, move.level_after)) == model.moves(history, span)
        assert await figures_queries.rules(tx, span) == model.rules(history, span)


async def test_the_model_is_no_mirror(database_urls: DatabaseUrls, house: House) -> None:
    """Ten waits of 1 to 10 minutes and a few cases, counted by hand."""
    start = LOCAL_NOON - timedelta(days=1)

    def after(number: float) -> datetime:
        return start + timedelta(minutes=number)

    sent = [a_message(start, after(number)) for number in range(1, 11)]
    lowered = Sent(
        "emergency", ("ST18",), start, True, after(4), True, after(4), [Change("emergency", "routine", start)]
    )
    raised_twice = [
        Step("raise", start),
        Step("acknowledge", after(1)),
        Step("raise_level", after(60)),
        Step("acknowledge", after(62.5), "acknowledgement"),
        Step("resolve", after(70)),
    ]
    case = Case(
        "emergency",
        "triage",
        "thread",
        ("ST18", "ST08"),
        start,
        1,
        "resolved",
        None,
        after(70),
        "not_needed",
        raised_twice,
    )
    await put(database_urls.superuser, house, History(sent=[*sent, lowered], cases=[case]))
    figures = await read_figures(house.site, house.caller("adams"), None, None)
    routine = figures.readings[-1]
    assert (routine.messages, routine.seen, routine.median, routine.ninetieth, routine.longest) == (10, 10, 5, 9, 10)
    urgent = figures.readings[0]
    assert (urgent.promised, urgent.late) == (1, 1)
    emergency = figures.handlings[0]
    assert (emergency.acknowledged, emergency.acknowledged_median, emergency.resolved_median) == (1, 3, 10)
    assert (emergency.first_rung, emergency.second_rung, emergency.last_rung) == (0, 1, 0)
    assert (emergency.late_acknowledgement, emergency.late_contact) == (1, 0)
    assert figures.moves == [LevelMove(level_before="emergency", level_after="routine", changes=1)]
    assert figures.rules is not None
    assert [
        (each.rule, each.messages, each.messages_lowered, each.for_nothing, each.ended) for each in figures.rules
    ] == [
        ("ST18", 1, 1, 1, 1),
        ("ST08", 0, 0, 1, 1),
    ]


async def test_a_clinic_sees_its_own_figures_only(database_urls: DatabaseUrls, house: House, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    await put(database_urls.superuser, house, History(sent=[a_message(LOCAL_NOON)]))
    async with opened_house(database_urls, elsewhere) as other:
        other.clock.instant = LOCAL_NOON
        figures = await read_figures(other.site, other.caller("adams"), None, None)
        assert sum(each.messages for each in figures.readings) == 0
        # Nor does naming the other clinic help: row-level security stands below.
        scope = StaffScope(clinic_id=other.clinic_id, account_id=other.people["adams"])
        async with other.site.db.transaction(scope) as tx:
            span = days(TODAY, TODAY)
            named = await tx.all(figures_queries.READINGS, house.clinic_id, span.since, span.until, span.now)
        assert named == []


async def test_a_period_in_which_nothing_happened_says_so(house: House) -> None:
    figures = await read_figures(house.site, house.caller("adams"), "2025-01-01", "2025-01-31")
    assert figures.readings == [Reading(level=level) for level in LEVELS]
    assert figures.handlings == [Handling(level=level) for level in LEVELS]
    assert (figures.moves, figures.rules) == ([], [])


async def test_without_days_the_last_thirty_are_meant(house: House) -> None:
    # 11 in the evening of the first of June in the clinic, the second of June in Greenwich.
    house.clock.instant = datetime(2026, 6, 2, 3, 0, tzinfo=UTC)
    period = (await read_figures(house.site, house.caller("adams"), None, " ")).period
    assert (period.first, period.last) == (date(2026, 5, 3), date(2026, 6, 1))


@pytest.mark.parametrize(
    ("day", "starts", "ends"),
    [
        # The clocks go forward: 23 hours.
        ("2026-03-08", datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 3, 9, 4, tzinfo=UTC)),
        # The clocks go back: 25 hours.
        ("2025-11-02", datetime(2025, 11, 2, 4, tzinfo=UTC), datetime(2025, 11, 3, 5, tzinfo=UTC)),
    ],
)
async def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is(
    day: str, starts: datetime, ends: datetime, database_urls: DatabaseUrls, house: House
) -> None:
    tick = timedelta(microseconds=1)
    sent = [a_message(at, at + timedelta(minutes=1)) for at in (starts - tick, starts, ends - tick, ends)]
    await put(database_urls.superuser, house, History(sent=sent))
    figures = await read_figures(house.site, house.caller("adams"), day, day)
    assert figures.readings[-1].messages == 2


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (None, None, (date(2026, 5, 3), TODAY)),
        (date(2026, 5, 1), None, (date(2026, 5, 1), TODAY)),
        (None, date(2026, 2, 28), (date(2026, 1, 30), date(2026, 2, 28))),
        (TODAY, TODAY, (TODAY, TODAY)),
        (date(2025, 6, 1), TODAY, (date(2025, 6, 1), TODAY)),
        (TODAY, date(2026, 12, 31), (TODAY, date(2026, 12, 31))),
        (None, date(2000, 1, 5), (date(2000, 1, 1), date(2000, 1, 5))),
    ],
)
def test_days_that_are_not_given_are_found(first: date | None, last: date | None, found: tuple[date, date]) -> None:
    assert figures_rules.days_of(first, last, TODAY) == found


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 5, 2), date(2026, 5, 1), "before the first"),
        (date(2025, 5, 31), TODAY, "more than 366 days"),
        (date(2026, 6, 2), date(2026, 6, 3), "still to come"),
        (date.max, None, "still to come"),
        (None, date.max, "still to come"),
        (date(2026, 1, 1), date.max, "more than 366 days"),
        (None, date.min, "2000-01-01 or later"),
        (date.min, None, "2000-01-01 or later"),
    ],
)
def test_days_that_cannot_be_are_refused_with_a_sentence(first: date | None, last: date | None, words: str) -> None:
    with pytest.raises(PeriodRefused, match=words):
        figures_rules.days_of(first, last, TODAY)


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "01/02/2026", "2026", "0", "2026-01-01T00:00", "９"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(PeriodRefused, match="year-month-day"):
        figures_rules.day_of(text)


@pytest.mark.parametrize(
    ("part", "whole", "share"), [(0, 0, None), (0, 3, 0), (1, 3, 33), (2, 3, 67), (1, 8, 13), (5, 5, 100)]
)
def test_a_share_is_in_whole_per_cent(part: int, whole: int, share: int | None) -> None:
    assert figures_rules.percent(part, whole) == share
