"""What a procedure may say, and when the check-ins after it are due. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal, get_args

import msgspec

from portico.clinic.calendar import hour_of_day
from portico.clinic.model import ClinicSettings
from portico.clinic.setting_types import parse_day_numbers
from portico.errors import Conflict, Invalid, Stale
from portico.ids import AccountId, PatientId, ProcedureId

Region = Literal[
    "head",
    "neck",
    "shoulder",
    "upper_back",
    "low_back",
    "abdominal_wall",
    "chest_wall",
    "hip",
    "knee",
    "ankle",
    "foot",
    "muscle",
    "elbow",
    "wrist_hand",
    "thigh",
    "lower_leg",
    "other",
]
REGIONS: tuple[Region, ...] = get_args(Region)
Tissue = Literal["fascia", "muscle", "tendon", "ligament", "joint"]
TISSUES: tuple[Tissue, ...] = get_args(Tissue)
ImageGuidance = Literal["ultrasound", "other", "none"]
IMAGE_GUIDANCE: tuple[ImageGuidance, ...] = get_args(ImageGuidance)
ProcedureState = Literal["recorded", "entered_in_error"]
DueState = Literal["waiting", "reminded", "skipped"]

MOVES: Mapping[ProcedureState, frozenset[ProcedureState]] = {
    "recorded": frozenset({"recorded", "entered_in_error"}),
    "entered_in_error": frozenset({"entered_in_error", "recorded"}),
}
"""State to the states that staff may set next; a mistake can be taken back."""

DUE_MOVES: Mapping[DueState, frozenset[DueState]] = {
    "waiting": frozenset({"waiting", "reminded", "skipped"}),
    "reminded": frozenset({"waiting"}),
    "skipped": frozenset({"waiting"}),
}
"""A due check-in is asked for once, or passed over; another day of the procedure makes it wait again."""

LOT_LIMIT = 200
_DAYS_SETTING = "check_in.days"
_HOUR_SETTING = "check_in.reminder_hour"
_MORNING = 9
_EARLIEST = date(2000, 1, 1)
_FURTHEST = timedelta(days=366)


class ProcedureRefused(Invalid):
    """What was sent is no procedure that a clinic can have done."""

    code = "procedure-refused"


class ProcedureStale(Stale):
    """Somebody corrected the procedure since it was read."""

    code = "procedure-stale"


class ProcedureOfNobody(Conflict):
    """The patient is not known here."""

    code = "unknown-patient"


class Performed(msgspec.Struct, frozen=True, kw_only=True):
    """What was done. None: nobody noted it."""

    performed_on: date | None
    regions: tuple[Region, ...]
    tissues: tuple[Tissue, ...] = ()
    hydrodissection: bool | None = None
    guidance: ImageGuidance | None = None
    lot: str | None = None
    therapy_referral: bool = False
    state: ProcedureState = "recorded"


class Procedure(Performed, frozen=True, kw_only=True):
    """A procedure as recorded."""

    procedure_id: ProcedureId
    patient_id: PatientId
    revision: int
    recorded_by: AccountId
    recorded_at: datetime


class DueCheckIn(msgspec.Struct, frozen=True, kw_only=True):
    """One check-in that is asked for: so many days after the procedure."""

    day: int
    due_at: datetime
    state: DueState = "waiting"


def check_performed(made: Performed, today: date) -> None:
    """Raises ProcedureRefused. A day ahead is a plan, and triage treats it as unknown."""
    if not made.regions:
        message = "Name at least one region that was treated."
        raise ProcedureRefused(message)
    if made.performed_on is not None and not _EARLIEST <= made.performed_on <= today + _FURTHEST:
        message = "The day of the procedure must lie between the year 2000 and a year from now."
        raise ProcedureRefused(message)
    if made.lot is not None and not 0 < len(made.lot.strip()) <= LOT_LIMIT:
        message = f"The lot has at most {LOT_LIMIT} characters."
        raise ProcedureRefused(message)


def due_check_ins(made: Performed, settings: ClinicSettings, now: datetime) -> Sequence[DueCheckIn]:
    """When check-ins are asked for after this procedure; what is past already is passed over."""
    if made.performed_on is None or made.state != "recorded":
        return []
    hour = _hour(settings)
    dues = [(day, made.performed_on + timedelta(days=day)) for day in check_in_days(settings)]
    instants = [(day, hour_of_day(settings.zone, on, hour)) for day, on in dues]
    return [DueCheckIn(day=day, due_at=at, state="waiting" if at > now else "skipped") for day, at in instants]


def check_in_days(settings: ClinicSettings) -> tuple[int, ...]:
    """Days after a procedure on which a check-in is asked for; none when the setting does not read."""
    try:
        return parse_day_numbers(settings.value(_DAYS_SETTING) or "")
    except ValueError:
        return ()


def _hour(settings: ClinicSettings) -> int:
    text = settings.value(_HOUR_SETTING) or ""
    return int(text) if text.isascii() and text.isdigit() and int(text) < 24 else _MORNING
