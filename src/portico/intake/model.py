"""What a response is, as stored, and what its submission says."""

from datetime import date, datetime
from typing import Literal

import msgspec

from portico.ids import LinkId, PatientId, ResponseId, ThreadId

ResponseKind = Literal["intake", "check_in"]
ResponseState = Literal["draft", "submitted", "amending", "abandoned", "expired"]
DangerLevel = Literal["E", "U"]
Disposition = Literal["seek_care_now", "call_before_booking", "needs_review", "possible_candidate"]
Urgency = Literal["emergency", "call_now", "same_day", "routine"]


class StoredResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One patient's answers to one questionnaire version.

    `answers_sealed` is the working copy of a draft or an amendment; what was submitted stands in its revisions.
    `danger` is the highest level of an answer that nobody has resolved yet. Only a check-in has a thread, from its first
    submission at the latest, and a time at which somebody is told that it lies unfinished.
    """

    response_id: ResponseId
    patient_id: PatientId
    kind: ResponseKind = "intake"
    thread_id: ThreadId | None = None
    finish_due_at: datetime | None = None
    questionnaire_url: str
    questionnaire_version: str
    state: ResponseState
    revision: int
    submitted_revision: int | None
    answers_sealed: bytes | None
    danger: DangerLevel | None
    created_at: datetime
    saved_at: datetime
    expires_at: datetime | None

    @property
    def canonical(self) -> str:
        """FHIR canonical with version."""
        return f"{self.questionnaire_url}|{self.questionnaire_version}"


class StoredRevision(msgspec.Struct, frozen=True, kw_only=True):
    """One submitted revision; never changed."""

    response_id: ResponseId
    revision: int
    patient_id: PatientId
    questionnaire_url: str
    questionnaire_version: str
    answers_sealed: bytes
    partial: bool
    dropped: tuple[LinkId, ...]
    submitted_at: datetime

    @property
    def canonical(self) -> str:
        """FHIR canonical with version."""
        return f"{self.questionnaire_url}|{self.questionnaire_version}"


class StoredScreening(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one pre-screen, with what a replay needs."""

    rule_set_slug: str
    rule_set_version: str
    engine_version: str
    as_of: date
    disposition: Disposition | None
    """None for a check-in: its result is the urgency alone."""
    urgency: Urgency
    signed: bool
    settings: str


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A submitted revision and what its pre-screen said.

    `urgent_items` are the items that ask for help now, `word_texts` what the patient's own words ask for, `advice` the guidance keys of the rules that fired,
    `signed_texts` those of the texts that need a clinician's signature to be shown and have it. `standing` is the
    danger of this response that nobody has resolved yet, whatever the last answers say.
    """

    response_id: ResponseId
    patient_id: PatientId
    revision: int
    disposition: Disposition
    urgency: Urgency
    signed: bool
    partial: bool
    dropped: tuple[LinkId, ...]
    fired: tuple[str, ...]
    urgent_items: tuple[LinkId, ...]
    word_texts: tuple[str, ...] = ()
    advice: tuple[str, ...]
    signed_texts: frozenset[str]
    standing: DangerLevel | None = None
    is_replay: bool = False


class CheckInSubmission(msgspec.Struct, frozen=True, kw_only=True):
    """A submitted check-in and what triage said.

    `rules` are those that asked for somebody, `fired` all; `texts` the keys of what the patient reads, the most urgent
    first. `standing` is a danger of this check-in that nobody has resolved yet.
    """

    response_id: ResponseId
    patient_id: PatientId
    thread_id: ThreadId | None
    revision: int
    level: Urgency
    offers_visit: bool
    signed: bool
    partial: bool
    rules: tuple[str, ...]
    fired: tuple[str, ...]
    rule_set_version: str
    texts: tuple[str, ...]
    standing: DangerLevel | None = None
    is_replay: bool = False


class FiredRules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules that fired on a submitted revision."""

    rule_set: str
    version: str
    rules: tuple[str, ...]


class FindingText(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One finding as a clinician reads it."""

    rule: str
    version: str
    state: str
    effect: str
    severity: str
    source: tuple[str, ...]
    link_ids: tuple[LinkId, ...]
    text: str
    missing: tuple[str, ...]
