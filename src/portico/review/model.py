"""What a review is, as stored."""

from datetime import datetime
from typing import Literal

import msgspec

from portico.ids import AccountId, PatientId, ResponseId, ReviewId

ReviewState = Literal["queued", "claimed", "waiting", "decided"]
Decision = Literal["proceed", "needs_information", "refer", "not_suitable"]
Disposition = Literal["seek_care_now", "call_before_booking", "needs_review", "possible_candidate"]
Urgency = Literal["emergency", "call_now", "same_day", "routine"]


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """A summary waiting for a clinician.

    `revision` is the ETag: it grows with every change of state, claim or submitted revision. `clinician_id` holds the
    claim while claimed, and is who asked while waiting. `due_at` is when a waiting review goes back to the queue,
    `lead_at` when an undecided one is escalated because its consult is near. `valid_until` is how long a decided one may be
    relied on at a visit.
    """

    review_id: ReviewId
    response_id: ResponseId
    patient_id: PatientId
    state: ReviewState
    disposition: Disposition
    urgency: Urgency
    consult_at: datetime | None
    queued_at: datetime
    response_revision: int
    clinician_id: AccountId | None
    claimed_at: datetime | None
    claim_until: datetime | None
    due_at: datetime | None
    lead_at: datetime | None
    valid_until: datetime | None
    revision: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a clinician decided and said. `sentence` is for the patient; the reason is for an override's ledger."""

    decision: Decision
    sentence: str | None = None
    told_patient: bool = False
    spoke_to_patient: bool = False
    reason_code: str | None = None
    reason_text: str | None = None
