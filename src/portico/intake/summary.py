"""What a clinician reads before a consult, as frozen values. Only shapes; how they are filled stands in summary_building."""

from datetime import date, datetime
from typing import Literal

import msgspec

from portico.ids import LinkId, PatientId, ResponseId
from portico.screening.model import Disposition, Effect, Severity

PROVENANCE = "Patient-reported, not verified."
WHO_DECIDES = "The clinician decides."
NOT_ANSWERED = "not answered"
NOT_ASKED = "not asked"

AnswerState = Literal["answered", "not_answered", "not_asked"]
SummaryUrgency = Literal["emergency", "call_now", "same_day", "routine"]


class Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A part of a summary; camelCase in JSON."""


class Answer(Part, frozen=True, kw_only=True):
    """One question by its short label and the patient's exact answer.

    Without an answer, `text` says so in words and `state` which of the two it is: unknown never reads as no.
    `place` names the occurrence of a repeating group ("Knee, left").
    """

    link_id: LinkId
    label: str
    state: AnswerState
    text: str
    place: str | None = None


class Header(Part, frozen=True, kw_only=True):
    """Whose summary it is, of which revision, screened with what.

    `age` is in completed years at `as_of`. `stated_born_on` is set only when the form names another birth date than
    the record, `sent_as` only when the patient was called otherwise when the answers were sent. While `patient_verified` is false, nobody has confirmed who this is;
    `same_person_as` names the records that staff linked to this one. `signed` is None for a response that was not submitted, whose pre-screen is not on record.
    """

    patient_id: PatientId
    patient_name: str
    sent_as: str | None = None
    patient_verified: bool = True
    same_person_as: tuple[str, ...] = ()
    born_on: date
    stated_born_on: str | None
    phone: str | None
    age: int
    as_of: date
    consult_at: datetime | None
    response_id: ResponseId
    revision: int
    submitted_at: datetime | None
    saved_at: datetime
    questionnaire: str
    rule_set: str
    rule_set_version: str
    signed: bool | None
    disposition: Disposition
    urgency: SummaryUrgency


class FlagAnswer(Part, frozen=True, kw_only=True):
    """An answer behind a flag, with the question as it was put to the patient."""

    link_id: LinkId
    label: str
    question: str
    text: str
    place: str | None = None


class Flag(Part, frozen=True, kw_only=True):
    """A rule that fired: its sentence for the clinician and the answers that made it fire."""

    rule: str
    effect: Effect
    severity: Severity
    text: str
    source: tuple[str, ...]
    confirm: bool
    answers: tuple[FlagAnswer, ...]


class OpenRule(Part, frozen=True, kw_only=True):
    """A rule that could not be evaluated, the questions whose answers it lacks and the thresholds nobody has set."""

    rule: str
    effect: Effect
    severity: Severity
    text: str
    missing: tuple[str, ...]
    unset_settings: tuple[str, ...]


class Region(Part, frozen=True, kw_only=True):
    """One place that hurts. Pain is 0 to 10 as the patient gave it; every field says so when it was not answered."""

    region: str
    side: str
    main_problem: str
    since: str
    duration: str
    pain_now: str
    pain_worst: str
    pain_average: str
    details: tuple[Answer, ...]


class CortisoneRow(Part, frozen=True, kw_only=True):
    """Cortisone treatments of one region."""

    region: str
    side: str
    ever: str
    in_12_months: str
    last: str
    given_by: str
    helped: str


class Cortisone(Part, frozen=True, kw_only=True):
    """Whether the patient ever had cortisone, and the table of regions."""

    had: Answer
    regions: tuple[CortisoneRow, ...]


class Checked(Part, frozen=True, kw_only=True):
    """The danger questions of one region: how many were asked, which were answered no, which are open.

    None asked: the region was named too late for them, which is no all-clear.
    """

    place: str
    asked: int
    no: tuple[str, ...]
    not_answered: tuple[str, ...]
    other: tuple[Answer, ...]


class FileLink(Part, frozen=True, kw_only=True):
    """A file that the patient sent: its name, and where it is read."""

    name: str
    url: str


class Summary(Part, frozen=True, kw_only=True):
    """Everything in the order in which it is read. Every answered question stands somewhere in it."""

    header: Header
    unfinished: bool
    questions: tuple[str, ...]
    flags: tuple[Flag, ...]
    regions: tuple[Region, ...]
    places: tuple[Answer, ...]
    function: tuple[Answer, ...]
    cortisone: Cortisone
    allergies: tuple[Answer, ...]
    anticoagulants: tuple[Answer, ...]
    diabetes: tuple[Answer, ...]
    faint_and_driver: tuple[Answer, ...]
    treatments: tuple[Answer, ...]
    medicines: tuple[Answer, ...]
    history: tuple[Answer, ...]
    goals: tuple[Answer, ...]
    documents: tuple[Answer, ...]
    files: tuple[FileLink, ...]
    acknowledged: tuple[Answer, ...]
    filled_in_by: tuple[Answer, ...]
    about: tuple[Answer, ...]
    preferences: tuple[Answer, ...]
    other_answers: tuple[Answer, ...]
    danger_questions: tuple[Checked, ...]
    could_not_be_evaluated: tuple[OpenRule, ...]
    left_open: tuple[str, ...]
    dropped: tuple[str, ...]
    provenance: str = PROVENANCE
    who_decides: str = WHO_DECIDES
    notes: tuple[Flag, ...]


class Change(Part, frozen=True, kw_only=True):
    """What an amendment changed: the question and both answers, in words."""

    link_id: LinkId
    label: str
    place: str | None
    before: str
    after: str


def summary_json_schema() -> bytes:
    """JSON Schema of a summary, as shipped in `schemas/json-schema/summary.schema.json`."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Summary of an intake"}
    schema |= msgspec.json.schema(Summary)
    return msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n"
