"""How people write hours, and what the form makes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.clinic.setting_forms import WEEKDAYS, fields_of, text_of, tidy_hours
from portico.clinic.setting_types import PARSERS, parse_opening_hours


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", ""),
        ("08:00-12:00 13:00-17:00", "08:00-12:00 13:00-17:00"),
        ("8-12", "08:00-12:00"),
        ("8:00 – 12:00, 13:00 – 17:00", "08:00-12:00 13:00-17:00"),
        ("8am-12pm and 1pm-5:30pm", "08:00-12:00 13:00-17:30"),
        ("8 a.m. to 5 p.m.", "08:00-17:00"),
        ("12am-6am", "00:00-06:00"),
        ("6pm-12am", "18:00-24:00"),
        ("20:00-00:00", "20:00-24:00"),
        ("22:00-02:00", "22:00-02:00"),
        ("closed", "closed"),
        ("8-12 or so", "8-12 or so"),
        ("about 8-12", "about 8-12"),
        ("25-26", "25:00-26:00"),
    ],
)
def test_hours_are_read_as_people_write_them(written: str, read: str) -> None:
    assert tidy_hours(written) == read


@given(marks=st.dictionaries(st.sampled_from([*WEEKDAYS]), st.sets(st.integers(0, 96), min_size=2, max_size=6)))
def test_hours_that_are_shown_in_the_form_come_back_the_same(marks: dict[str, set[int]]) -> None:
    def clock(mark: int) -> str:
        return f"{mark // 4:02}:{mark % 4 * 15:02}"

    parts = []
    for day in WEEKDAYS:
        times = sorted(marks.get(day, set()))
        stretches = [f"{clock(a)}-{clock(b)}" for a, b in zip(times[::2], times[1::2], strict=False)]
        if stretches:
            parts.append(f"{day} {' '.join(stretches)}")
    value = "; ".join(parts) or None
    assert text_of("opening_hours", fields_of("opening_hours", value)) == value
    if value:
        parse_opening_hours(value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("closings", "2026-07-03; 2026-06-05 12:00-17:00"),
        ("extra_openings", "2026-06-06 09:00-12:00 13:00-15:00"),
        ("days", "2026-12-25 2026-12-26"),
        ("text", "Two\nlines; and more"),
        ("phone", "555-0100"),
        ("boolean", "false"),
        ("integer", None),
    ],
)
def test_a_value_that_is_shown_in_the_form_comes_back_the_same(kind: str, value: str | None) -> None:
    fields = fields_of(kind, value)
    assert text_of(kind, fields) == value
    if value:
        PARSERS[kind](value)


def test_hours_that_do_not_read_leave_the_form_empty() -> None:
    assert fields_of("opening_hours", "whenever") == dict.fromkeys(WEEKDAYS, "")
    assert text_of("opening_hours", {"mon": " ", "tue": ""}) is None
