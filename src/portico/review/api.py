"""JSON routes of the clinician's queue."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from portico.access import Caller, Permission, staff
from portico.escalation.api import ResolutionIn, SubjectOut
from portico.escalation.model import Level, Listed, Resolution, State
from portico.ids import AccountId, EscalationId, PatientId, ReviewId
from portico.intake.model import FindingText
from portico.intake.summary import Change, Summary
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.web import etag, if_match, instant_in
from portico.review import actions, reading
from portico.review.changes import REPORTED
from portico.review.ledger_queries import OverrideRow
from portico.review.model import Decision, Disposition, ReviewState, Urgency, Verdict
from portico.review.queue_queries import QueueEntry, QueueFilter
from portico.review.reading import ReviewReading

AskedState = Annotated[ReviewState, Parameter(query="state")]
"""The framework keeps the name `state` for itself."""
ConsultBefore = Annotated[
    str | None, Parameter(query="consultBefore", description="A moment with its offset: consults before it.")
]


class PatientOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Whose review it is; `verified` is there, and false, while nobody has confirmed who this is.

    `sentAs` is there when the patient was called otherwise as the answers came in.
    """

    id: PatientId
    name: str
    born_on: date
    verified: bool = True
    sent_as: str | None = None


class ClaimOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who holds the review, since when and until when."""

    by: AccountId
    by_name: str
    since: datetime
    until: datetime | None


class ReviewOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A review in a list, as clinicians and nurses see it."""

    id: ReviewId
    revision: int
    state: ReviewState
    urgency: Urgency
    disposition: Disposition
    consult_at: datetime | None
    queued_at: datetime
    patient: PatientOut
    claim: ClaimOut | None


class CallListEntry(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A review in a list, as the front desk sees it: no summary, no disposition."""

    id: ReviewId
    state: ReviewState
    consult_at: datetime | None
    patient: PatientOut
    call_patient: bool


class DecisionIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a clinician decided."""

    class Reason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """Why the decision differs from what the pre-screen expected."""

        code: str
        text: str

    decision: Decision
    sentence: str | None = None
    told_patient: bool = False
    spoke_to_patient: bool = False
    reason: Reason | None = None
    resolution: ResolutionIn | None = None
    """What was done about the urgent case that is open about this intake."""
    seen_escalations: list[UUID] | None = None
    """The patient's open dangers that were seen. Given, a decision to go on past another one is refused."""


class ReportOut(msgspec.Struct, frozen=True, kw_only=True):
    """The patient's word that something has changed since these answers were sent."""

    kind: str
    at: datetime


class OpenDangerOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An unresolved escalation about this patient, about whatever it is."""

    id: EscalationId
    level: Level
    state: State
    subject: SubjectOut


class ReviewAlone(ReviewOut, frozen=True, kw_only=True, rename="camel"):
    """A review with all that its clinician reads. `isOld`: older than `intake.valid_days`."""

    summary: Summary
    findings: list[FindingText]
    changes: list[Change]
    reported: ReportOut | None
    is_old: bool
    open_dangers: list[OpenDangerOut]


class QueueOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One page of the queue."""

    items: list[ReviewOut]
    next: str | None


class CallListOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One page of the queue, as the front desk sees it."""

    items: list[CallListEntry]
    next: str | None


class OverrideOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One rule of one rule set: in how many decisions it had fired, and how many went against the pre-screen."""

    rule: str
    rule_set: str
    version: str
    decisions: int
    overrides: int
    reasons: list[str]


class OverridesOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The ledger of overrides, per rule of each rule set."""

    items: list[OverrideOut]
    next: None = None


@get("/api/reviews", opt={"audience": staff(Permission.LIST_REVIEWS)})
async def list_reviews(
    site: Site,
    caller: Caller,
    wanted_state: AskedState = "queued",
    clinician: Literal["me", "any", "none"] = "any",
    consult_before: ConsultBefore = None,
    cursor: str | None = None,
) -> QueueOut | CallListOut:
    """The queue, by urgency, then consult, then age."""
    wanted = QueueFilter(
        state=wanted_state,
        consult_before=None if consult_before is None else instant_in(consult_before, "consultBefore"),
        clinician=caller.account_id if clinician == "me" else None,
        unassigned_only=clinician == "none",
    )
    page = await reading.read_queue(site, caller, wanted, cursor)
    if caller.actor.may(Permission.READ_SUMMARIES):
        return QueueOut(items=[review_out(entry) for entry in page.entries], next=page.next)
    return CallListOut(items=[call_list_entry(entry, page.to_call) for entry in page.entries], next=page.next)


@post("/api/reviews/claims", status_code=200, opt={"audience": staff(Permission.CLAIM_REVIEWS), "revision": "tells"})
async def claim_next_review(site: Site, caller: Caller) -> Response[ReviewOut | None]:
    """Claims the next review of the queue; 204 when there is none."""
    review_id = await actions.claim_next(site, caller)
    if review_id is None:
        return Response(None, status_code=204)
    return await _entry_answer(site, caller, review_id)


@put("/api/reviews/{review_id:uuid}/claim", opt={"audience": staff(Permission.CLAIM_REVIEWS), "revision": "tells"})
async def claim_review(site: Site, caller: Caller, review_id: UUID) -> Response[ReviewOut | None]:
    """Claims this review; 409 names who holds it."""
    await actions.claim_review(site, caller, ReviewId(review_id))
    return await _entry_answer(site, caller, ReviewId(review_id))


@delete("/api/reviews/{review_id:uuid}/claim", opt={"audience": staff(Permission.CLAIM_REVIEWS)})
async def release_review(site: Site, caller: Caller, review_id: UUID) -> None:
    """Puts one's own claimed review back into the queue."""
    await actions.release_review(site, caller, ReviewId(review_id))


@get("/api/reviews/overrides", opt={"audience": staff(Permission.READ_SUMMARIES)})
async def list_overrides(site: Site, caller: Caller) -> OverridesOut:
    """Per rule: decisions in which it had fired, and how many went against the pre-screen."""
    rows = await reading.read_overrides(site, caller)
    return OverridesOut(items=[override_out(row) for row in rows])


@get("/api/reviews/{review_id:uuid}", opt={"audience": staff(Permission.READ_SUMMARIES), "revision": "tells"})
async def read_review(site: Site, caller: Caller, review_id: UUID) -> Response[ReviewAlone]:
    """One review with its summary, findings and changes."""
    read = await reading.read_review(site, caller, ReviewId(review_id))
    return Response(review_alone(read), headers={"ETag": etag(read.entry.revision)})


@put("/api/reviews/{review_id:uuid}/decision", opt={"audience": staff(Permission.DECIDE_REVIEWS), "revision": "needs"})
async def decide_review(
    request: AnyRequest, site: Site, caller: Caller, review_id: UUID, data: DecisionIn
) -> Response[ReviewOut | None]:
    """Decides; needs one's own claim and If-Match with the review's revision."""
    done = None
    if data.resolution is not None:
        note = (data.resolution.note or "").strip() or None
        done = Resolution(outcome=data.resolution.outcome, note=note)
    seen = None if data.seen_escalations is None else frozenset(map(EscalationId, data.seen_escalations))
    await actions.decide_review(site, caller, ReviewId(review_id), if_match(request), verdict_of(data), done, seen)
    return await _entry_answer(site, caller, ReviewId(review_id))


def verdict_of(data: DecisionIn) -> Verdict:
    """The body as a verdict; blank text counts as none."""
    return Verdict(
        decision=data.decision,
        sentence=(data.sentence or "").strip() or None,
        told_patient=data.told_patient,
        spoke_to_patient=data.spoke_to_patient,
        reason_code=data.reason.code if data.reason else None,
        reason_text=(data.reason.text.strip() or None) if data.reason else None,
    )


def review_out(entry: QueueEntry) -> ReviewOut:
    """A review in a list."""
    return ReviewOut(
        id=entry.review_id,
        revision=entry.revision,
        state=entry.state,
        urgency=entry.urgency,
        disposition=entry.disposition,
        consult_at=entry.consult_at,
        queued_at=entry.queued_at,
        patient=patient_out(entry),
        claim=claim_out(entry),
    )


def review_alone(read: ReviewReading) -> ReviewAlone:
    """A review with everything."""
    listed = review_out(read.entry)
    fields = {name: getattr(listed, name) for name in ReviewOut.__struct_fields__}
    told = read.reported
    return ReviewAlone(
        **fields,
        summary=read.summary,
        findings=read.findings,
        changes=read.changes,
        reported=None if told is None else ReportOut(kind=told.kind.removeprefix(REPORTED), at=told.at),
        is_old=read.is_old,
        open_dangers=[danger_out(danger) for danger in read.dangers],
    )


def danger_out(danger: Listed) -> OpenDangerOut:
    """An open danger beside a review."""
    subject = SubjectOut(kind=danger.subject_kind, id=danger.subject_id)
    return OpenDangerOut(id=danger.escalation_id, level=danger.level, state=danger.state, subject=subject)


def override_out(row: OverrideRow) -> OverrideOut:
    """One line of the ledger."""
    return OverrideOut(
        rule=row.rule,
        rule_set=row.rule_set_slug,
        version=row.rule_set_version,
        decisions=row.decisions,
        overrides=row.overrides,
        reasons=row.reasons,
    )


def call_list_entry(entry: QueueEntry, to_call: frozenset[ReviewId]) -> CallListEntry:
    """A review as the front desk sees it."""
    return CallListEntry(
        id=entry.review_id,
        state=entry.state,
        consult_at=entry.consult_at,
        patient=patient_out(entry),
        call_patient=entry.review_id in to_call,
    )


def patient_out(entry: QueueEntry) -> PatientOut:
    """Whose review it is."""
    return PatientOut(
        id=entry.patient_id,
        name=entry.patient_name,
        born_on=entry.born_on,
        verified=entry.patient_verified,
        sent_as=entry.sent_as,
    )


def claim_out(entry: QueueEntry) -> ClaimOut | None:
    """Who holds the review, or None when nobody does."""
    if entry.state not in ("claimed", "waiting") or entry.clinician_id is None or entry.claimed_at is None:
        return None
    return ClaimOut(
        by=entry.clinician_id, by_name=entry.clinician_name or "", since=entry.claimed_at, until=entry.claim_until
    )


async def _entry_answer(site: Site, caller: Caller, review_id: ReviewId) -> Response[ReviewOut | None]:
    entry = await reading.read_entry(site, caller, review_id)
    return Response(review_out(entry), headers={"ETag": etag(entry.revision)})


ROUTES: list[HTTPRouteHandler] = [
    list_reviews,
    claim_next_review,
    claim_review,
    release_review,
    list_overrides,
    read_review,
    decide_review,
]
