"""The course: which procedure a check-in belongs to, which bands are confirmed, and where the drawing puts things."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.care.days_since import Treated
from portico.clinic.model import ClinicSettings
from portico.ids import ResponseId
from portico.messaging.after_care import instruction_keys
from portico.messaging.course import BAND_SETTINGS, SEVERE_SETTING, Band, Told, bands_of, series_of
from portico.messaging.course_drawing import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, drawing_of
from tests.content.filled import content

KNEE = date(2026, 5, 1)
SETTINGS = {key: content().settings[key].default for key in (*BAND_SETTINGS, SEVERE_SETTING)}


def told(day: date, region: str = "knee", now: int | None = 3) -> Told:
    at = datetime(day.year, day.month, day.day, 17, tzinfo=UTC)
    return Told(
        response_id=ResponseId(UUID(int=day.toordinal())),
        at=at,
        on=day,
        region=region,
        now=now,
        worst=5,
        change="same",
        level="routine",
    )


def treated(day: date | None, *regions: str, hydrodissection: bool = False) -> Treated:
    return Treated(performed_on=day, regions=regions, tissues=(), hydrodissection=hydrodissection)


def confirmed(*keys: str) -> ClinicSettings:
    return ClinicSettings(zone="America/Chicago", values=SETTINGS, confirmed=frozenset(keys))


def test_a_check_in_belongs_to_the_latest_procedure_of_its_region_before_it() -> None:
    second = KNEE + timedelta(days=30)
    procedures = [treated(KNEE, "knee"), treated(second, "knee"), treated(second, "hip")]
    found = series_of([told(second + timedelta(days=1)), told(KNEE + timedelta(days=2))], procedures)
    assert [(each.procedure_on, [point.day for point in each.points]) for each in found] == [(KNEE, [2]), (second, [1])]


def test_without_a_procedure_before_it_its_day_is_not_known() -> None:
    [series] = series_of([told(KNEE)], [treated(KNEE + timedelta(days=1), "knee"), treated(None, "knee")])
    assert (series.procedure_on, series.points[0].day) == (None, None)
    assert drawing_of(series, ()) is None


def test_bands_stand_only_on_confirmed_numbers() -> None:
    declared = dict(content().settings)
    assert len(bands_of(confirmed(*BAND_SETTINGS, SEVERE_SETTING), declared)) == 3
    for missing in (*BAND_SETTINGS, SEVERE_SETTING):
        keys = {*BAND_SETTINGS, SEVERE_SETTING} - {missing}
        assert bands_of(confirmed(*keys), declared) == ()


@given(days=st.lists(st.integers(0, 400), min_size=1, max_size=8, unique=True), pain=st.integers(0, 10))
def test_everything_is_drawn_inside_its_frame(days: list[int], pain: int) -> None:
    [series] = series_of([told(KNEE + timedelta(days=day), now=pain) for day in days], [treated(KNEE, "knee")])
    band = Band(from_day=0, to_day=21, pain_below=7, source=("S37",))
    drawing = drawing_of(series, [band])
    assert drawing is not None
    dots = (*drawing.now, *drawing.worst)
    assert len(drawing.now) == len(days)
    assert all(LEFT <= dot.x <= WIDTH - RIGHT and TOP <= dot.y <= HEIGHT - BOTTOM for dot in dots)
    assert all(
        box.x + box.width <= WIDTH - RIGHT + 0.1 and box.y + box.height <= HEIGHT - BOTTOM + 0.1
        for box in drawing.bands
    )
    assert len(drawing.days) <= 10


def test_more_pain_stands_higher_and_a_later_day_further_right() -> None:
    [series] = series_of([told(KNEE, now=2), told(KNEE + timedelta(days=3), now=6)], [treated(KNEE, "knee")])
    drawing = drawing_of(series, ())
    assert drawing is not None
    first, second = drawing.now
    assert first.x < second.x
    assert first.y > second.y


@pytest.mark.parametrize(
    ("days", "keys"),
    [
        (0, {"post.0", "post.d2", "post.wk3", "post.care"}),
        (1, {"post.d2", "post.d7", "post.wk3", "post.care"}),
        (2, {"post.d2", "post.d3", "post.d7", "post.wk3", "post.care"}),
        (3, {"post.d3", "post.d7", "post.wk3", "post.care"}),
        (7, {"post.d3", "post.d7", "post.wk3", "post.care"}),
        (8, {"post.d3", "post.wk3"}),
        (21, {"post.d3", "post.wk3"}),
        (22, {"post.d3"}),
        (None, {"post.0", "post.d2", "post.wk3", "post.care"}),
    ],
)
def test_instructions_follow_the_day_and_the_warning_stands_first(days: int | None, keys: set[str]) -> None:
    found = instruction_keys(days, treated(KNEE, "knee"), SETTINGS, therapy=False)
    assert found[0] == "post.warn"
    assert set(found[1:]) == keys


def test_hydrodissection_and_therapy_add_their_words() -> None:
    found = instruction_keys(5, treated(KNEE, "knee", hydrodissection=True), SETTINGS, therapy=True)
    assert {"post.hydro", "post.pt"} <= set(found)
