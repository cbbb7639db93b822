"""Pages of the queue, one review, and deciding it. They work without JavaScript."""

from collections.abc import Mapping
from typing import Annotated, cast
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body

from portico.access import Caller, Permission, staff
from portico.errors import DomainError, Malformed
from portico.escalation import handling
from portico.escalation.model import Resolution
from portico.escalation.pages import CAUSE_NAMES, LEVEL_NAMES, OUTCOME_NAMES, outcome_of, read_urgent
from portico.escalation.rules import NoteNeeded, NoteTooLong
from portico.escalation.words import read_case_words
from portico.ids import EscalationId, ResponseId, ReviewId
from portico.intake.reading import kind_of
from portico.intake.summary_pdf import render_pdf
from portico.messaging.check_in_answers import read_check_in_answers
from portico.platform.problems import status_of
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.templates import page, see_other
from portico.review import actions, reading, rules
from portico.review.api import AskedState
from portico.review.model import Decision, Verdict
from portico.review.queue_queries import QueueFilter
from portico.review.reading import ReviewReading
from portico.review.words import NAMES

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


class SentDecision(msgspec.Struct, frozen=True, kw_only=True):
    """The decision form as it was sent, so that a refusal loses nothing of it."""

    decision: str = ""
    sentence: str = ""
    told_patient: bool = False
    spoke_to_patient: bool = False
    reason_code: str = ""
    reason_text: str = ""
    done: str = ""
    done_note: str = ""
    seen: frozenset[EscalationId] = frozenset()


@get("/reviews", opt={"audience": staff(Permission.LIST_REVIEWS)})
async def queue_page(
    request: AnyRequest, site: Site, caller: Caller, wanted: AskedState = "queued", cursor: str | None = None
) -> Response[bytes]:
    """The queue."""
    listed = await reading.read_queue(site, caller, QueueFilter(state=wanted), cursor)
    missing = await reading.read_missing_intakes(site, caller) if cursor is None else []
    return page(
        "queue.html",
        request,
        urgent=await read_urgent(site, caller),
        entries=listed.entries,
        to_call=listed.to_call,
        next=listed.next,
        missing=missing,
        state=wanted,
        may_claim=caller.actor.may(Permission.CLAIM_REVIEWS),
        may_read=caller.actor.may(Permission.READ_SUMMARIES),
        **NAMES,
    )


@post("/reviews/claims", opt={"audience": staff(Permission.CLAIM_REVIEWS)})
async def claim_next_page(site: Site, caller: Caller) -> Response[bytes]:
    """Claims the next review and opens it."""
    review_id = await actions.claim_next(site, caller)
    return see_other("/reviews" if review_id is None else f"/reviews/{review_id}")


@get("/reviews/{review_id:uuid}", opt={"audience": staff(Permission.READ_SUMMARIES)})
async def review_page(request: AnyRequest, site: Site, caller: Caller, review_id: UUID) -> Response[bytes]:
    """One review."""
    read = await reading.read_review(site, caller, ReviewId(review_id))
    return await _review_page(request, site, caller, read)


@get("/responses/{response_id:uuid}/summary", opt={"audience": staff(Permission.READ_SUMMARIES)})
async def answers_so_far_page(request: AnyRequest, site: Site, caller: Caller, response_id: UUID) -> Response[bytes]:
    """The answers that a danger was raised about, finished or not."""
    if await kind_of(site, caller, ResponseId(response_id)) == "check_in":
        answers = await read_check_in_answers(site, caller, ResponseId(response_id))
        urgent = await read_urgent(site, caller)
        return page("check_in_answers.html", request, read=answers, urgent=urgent, level_names=LEVEL_NAMES)
    read = await reading.read_answers_so_far(site, caller, ResponseId(response_id))
    words = await read_case_words(site, caller)
    return page(
        "answers_so_far.html",
        request,
        summary=read.summary,
        dangers=read.dangers,
        changes=[],
        words=words,
        **NAMES,
    )


@post("/reviews/{review_id:uuid}/claim", opt={"audience": staff(Permission.CLAIM_REVIEWS)})
async def claim_page(request: AnyRequest, site: Site, caller: Caller, review_id: UUID, data: Form) -> Response[bytes]:
    """Claims this review; a decision that was begun before stands on the page."""
    try:
        await actions.claim_review(site, caller, ReviewId(review_id))
    except rules.ClaimedByAnother as refusal:
        return await _refused(request, site, caller, ReviewId(review_id), refusal, _begun(data))
    return await _with_decision(request, site, caller, ReviewId(review_id), data) or see_other(f"/reviews/{review_id}")


@post("/reviews/{review_id:uuid}/release", opt={"audience": staff(Permission.CLAIM_REVIEWS)})
async def release_page(request: AnyRequest, site: Site, caller: Caller, review_id: UUID, data: Form) -> Response[bytes]:
    """Puts the review back into the queue; a decision that was begun stands on the page until it is left."""
    await actions.release_review(site, caller, ReviewId(review_id))
    return await _with_decision(request, site, caller, ReviewId(review_id), data) or see_other("/reviews")


@post("/reviews/{review_id:uuid}/acknowledgement", opt={"audience": staff(Permission.DECIDE_REVIEWS)})
async def acknowledge_case_page(
    request: AnyRequest, site: Site, caller: Caller, review_id: UUID, data: Form
) -> Response[bytes]:
    """Says "I am on it" about the urgent case of these answers; a decision that was begun stands on the page."""
    of = ReviewId(review_id)
    case = (await reading.read_review(site, caller, of)).urgent
    try:
        if case is not None:
            await handling.acknowledge(site, caller, case.escalation_id)
    except DomainError as refusal:
        return await _refused(request, site, caller, of, refusal, _begun(data))
    return await _with_decision(request, site, caller, of, data) or see_other(f"/reviews/{review_id}")


@post("/reviews/{review_id:uuid}/decision", opt={"audience": staff(Permission.DECIDE_REVIEWS)})
async def decide_page(request: AnyRequest, site: Site, caller: Caller, review_id: UUID, data: Form) -> Response[bytes]:
    """Decides; a refusal shows the form again with everything that was written."""
    sent = _sent(data)
    try:
        verdict, done = _verdict(sent), _done(sent)
        await actions.decide_review(site, caller, ReviewId(review_id), _revision(data), verdict, done, sent.seen)
    except DomainError as refusal:
        return await _refused(request, site, caller, ReviewId(review_id), refusal, sent)
    return see_other(f"/reviews/{review_id}")


@get(
    ["/reviews/{review_id:uuid}/summary.pdf", "/api/reviews/{review_id:uuid}/summary.pdf"],
    opt={"audience": staff(Permission.READ_SUMMARIES)},
    media_type="application/pdf",
)
async def summary_pdf(site: Site, caller: Caller, review_id: UUID) -> Response[bytes]:
    """The summary to print; printing is audited."""
    printed = await reading.read_for_print(site, caller, ReviewId(review_id))
    content = await render_pdf(printed.summary, printed_at=printed.at, printed_by=caller.actor.name)
    return Response(
        content,
        media_type="application/pdf",
        headers={"Content-Disposition": 'inline; filename="summary.pdf"', "Content-Security-Policy": "sandbox"},
    )


URGENT_NAMES: Mapping[str, object] = {"outcome_names": OUTCOME_NAMES, "cause_names": CAUSE_NAMES}
"""Words about the patient's urgent cases, beside those of reviews."""
_ACTS = {
    "may_resolve": Permission.RESOLVE_ESCALATIONS,
    "may_record": Permission.MANAGE_PROCEDURES,
    "may_claim": Permission.CLAIM_REVIEWS,
    "may_decide": Permission.DECIDE_REVIEWS,
}
"""What the page offers, by what the reader may do."""


async def _review_page(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    read: ReviewReading,
    *,
    problem: DomainError | None = None,
    sent: SentDecision | None = None,
) -> Response[bytes]:
    entry = read.entry
    return page(
        "review.html",
        request,
        status=200 if problem is None else status_of(problem),
        urgent=await read_urgent(site, caller),
        words=await read_case_words(site, caller),
        entry=entry,
        summary=read.summary,
        changes=read.changes,
        events=read.events,
        reported=read.reported,
        is_old=read.is_old,
        case=read.urgent,
        dangers=read.dangers,
        valid_days=read.valid_days,
        problem=None if problem is None else problem.message,
        field=_field_of(problem, sent),
        sent=sent or SentDecision(),
        was_sent=sent is not None,
        is_mine=entry.clinician_id == caller.account_id,
        expected=rules.EXPECTED[entry.disposition],
        reason_codes=rules.OVERRIDE_REASONS,
        **{name: caller.actor.may(permission) for name, permission in _ACTS.items()},
        **URGENT_NAMES,
        **NAMES,
    )


async def _refused(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    review_id: ReviewId,
    refusal: DomainError,
    sent: SentDecision | None = None,
) -> Response[bytes]:
    read = await reading.read_review(site, caller, review_id)
    return await _review_page(request, site, caller, read, problem=refusal, sent=sent)


async def _with_decision(
    request: AnyRequest, site: Site, caller: Caller, review_id: ReviewId, form: dict[str, str]
) -> Response[bytes] | None:
    """The review with the decision that was begun; None when nothing was."""
    begun = _begun(form)
    if begun is None:
        return None
    read = await reading.read_review(site, caller, review_id)
    return await _review_page(request, site, caller, read, sent=begun)


def _begun(form: dict[str, str]) -> SentDecision | None:
    """What stands in the decision form; None when nothing does."""
    sent = _sent(form)
    return None if sent == SentDecision() else sent


def _field_of(problem: DomainError | None, sent: SentDecision | None) -> str | None:
    """The field of the decision form that a refusal is about."""
    if isinstance(problem, rules.DangerNotSeen):
        return "seen"
    if isinstance(problem, NoteNeeded | NoteTooLong):
        return "done_note"
    if not isinstance(problem, rules.DecisionIncomplete):
        return None
    if sent is not None and not sent.decision:
        return "decision-proceed"
    return {"sentence": "sentence", "reason": "reason_code"}.get(str(problem.data.get("needs")))


def _sent(form: dict[str, str]) -> SentDecision:
    return SentDecision(
        decision=form.get("decision", ""),
        sentence=form.get("sentence", "").strip(),
        told_patient=form.get("told_patient") == "yes",
        spoke_to_patient=form.get("spoke_to_patient") == "yes",
        reason_code=form.get("reason_code", ""),
        reason_text=form.get("reason_text", "").strip(),
        done=form.get("done", ""),
        done_note=form.get("done_note", "").strip(),
        seen=_seen(form),
    )


def _seen(form: dict[str, str]) -> frozenset[EscalationId]:
    """The open dangers that stood on the page, when the tick beside them is set."""
    try:
        shown = frozenset(EscalationId(UUID(each)) for each in form.get("shown", "").split())
    except ValueError:
        return frozenset()
    return shown if form.get("seen") == "yes" else frozenset()


def _done(sent: SentDecision) -> Resolution | None:
    """What was done about the urgent case. Raises Malformed for a note without it: nothing that was written is lost."""
    if not sent.done and not sent.done_note:
        return None
    return Resolution(outcome=outcome_of(sent.done), note=sent.done_note or None)


def _verdict(sent: SentDecision) -> Verdict:
    if sent.decision not in ("proceed", "needs_information", "refer", "not_suitable"):
        message = "Choose a decision."
        raise rules.DecisionIncomplete(message)
    return Verdict(
        decision=cast("Decision", sent.decision),
        sentence=sent.sentence or None,
        told_patient=sent.told_patient,
        spoke_to_patient=sent.spoke_to_patient,
        reason_code=sent.reason_code or None,
        reason_text=sent.reason_text or None,
    )


def _revision(form: dict[str, str]) -> int:
    text = form.get("revision", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        message = "The form was incomplete. Open the review again."
        raise Malformed(message)
    return int(text)


ROUTES: list[HTTPRouteHandler] = [
    queue_page,
    claim_next_page,
    review_page,
    answers_so_far_page,
    claim_page,
    release_page,
    acknowledge_case_page,
    decide_page,
    summary_pdf,
]
