"""Names for the screen, and each series beside its drawing. Pure."""

from collections.abc import Mapping

import msgspec

from portico.care.procedure_rules import Region, Tissue
from portico.messaging.course import Change, Course, Series
from portico.messaging.course_drawing import Drawing, drawing_of

REGION_NAMES: Mapping[Region, str] = {
    "head": "Head",
    "neck": "Neck",
    "shoulder": "Shoulder",
    "upper_back": "Upper back",
    "low_back": "Lower back",
    "abdominal_wall": "Belly wall",
    "chest_wall": "Chest wall or ribs",
    "hip": "Hip or groin",
    "knee": "Knee",
    "ankle": "Ankle",
    "foot": "Foot",
    "muscle": "Hamstring or other muscle",
    "elbow": "Elbow",
    "wrist_hand": "Wrist or hand",
    "thigh": "Thigh",
    "lower_leg": "Lower leg or calf",
    "other": "Another place",
}
TISSUE_NAMES: Mapping[Tissue, str] = {
    "fascia": "Fascia",
    "muscle": "Muscle",
    "tendon": "Tendon",
    "ligament": "Ligament",
    "joint": "Joint",
}
CHANGE_NAMES: Mapping[Change, str] = {"better": "Better", "same": "The same", "worse": "Worse"}


class ShownSeries(msgspec.Struct, frozen=True, kw_only=True):
    """A series with its drawing; the table beside it holds the same values."""

    series: Series
    drawing: Drawing | None


def shown_series(course: Course) -> tuple[ShownSeries, ...]:
    """The series of the latest procedure first."""
    made = [ShownSeries(series=each, drawing=drawing_of(each, course.bands)) for each in course.series]
    return tuple(reversed(made))
