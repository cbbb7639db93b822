"""Page of what must be seen at once: who is on it, and what was done."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body

from portico.access import Caller, Permission, staff
from portico.errors import DomainError, Malformed
from portico.escalation import handling, rules
from portico.escalation.api import AskedState
from portico.escalation.case_forms import Typed, TypedCases, event_in, typed_cases
from portico.escalation.handling import Wanted
from portico.escalation.model import Outcome, Resolution
from portico.escalation.words import CaseWords, read_case_words
from portico.ids import EscalationId
from portico.platform.problems import status_of
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.templates import page, see_other

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]

LEVEL_NAMES = {"emergency": "Emergency", "call_now": "Call now", "same_day": "Same day", "routine": "Routine"}
OUTCOME_NAMES = {
    "spoke": "Spoke to the patient",
    "left_message": "Left a message",
    "sent_to_emergency": "Sent to emergency care",
    "visit_arranged": "Arranged a visit",
    "advised_by_message": "Advised by message",
    "not_needed": "Not needed",
}
CAUSE_NAMES = {
    "red_flag": "Red flag in answers",
    "triage": "Danger in a message",
    "late_review": "Intake undecided, consult near",
    "unread": "Message not read in time",
}


STEP_NAMES = {
    "raise": "Raised",
    "raise_again": "Raised again by hand",
    "raise_level": "Raised to a higher level",
    "add_rules": "More was found",
    "lower_level": "Level lowered by hand",
    "acknowledge": "Somebody is on it",
    "left_message": "A message was left",
    "resolve": "Resolved",
    "deadline_passed": "Nobody acted in time",
    "contact_time_passed": "Not resolved in time",
}
"""What happened to an escalation, as its ledger names it."""


NAMED_IN_BAND = 3
"""Cases that the band at the top of staff pages names."""


class UrgentCase(msgspec.Struct, frozen=True, kw_only=True):
    """One unresolved escalation in the band at the top of staff pages."""

    patient_name: str
    patient_verified: bool
    level_name: str
    acknowledged_by_name: str | None


class Urgent(msgspec.Struct, frozen=True, kw_only=True):
    """The band at the top of staff pages: how many cases are open, and which come first."""

    count: int
    first: Sequence[UrgentCase]


async def read_urgent(site: Site, caller: Caller) -> Urgent | None:
    """What must be seen at once, most urgent first, for whoever may know of it; None while nothing is open."""
    if not caller.actor.may(Permission.LIST_ESCALATIONS):
        return None
    count, first = await handling.read_first(site, caller, NAMED_IN_BAND)
    named = [
        UrgentCase(
            patient_name=entry.patient_name,
            patient_verified=entry.patient_verified,
            level_name=LEVEL_NAMES[entry.level],
            acknowledged_by_name=entry.acknowledged_by_name,
        )
        for entry in first
    ]
    return Urgent(count=count, first=named) if named else None


@get("/escalations", opt={"audience": staff(Permission.LIST_ESCALATIONS)})
async def escalations_page(
    request: AnyRequest, site: Site, caller: Caller, wanted: AskedState = "unresolved", cursor: str | None = None
) -> Response[bytes]:
    """What waits for somebody to act, most urgent first."""
    return await _show(request, site, caller, Asked(wanted=wanted, cursor=cursor))


@post(
    "/escalations/{escalation_id:uuid}/acknowledgement",
    opt={"audience": staff(Permission.ACKNOWLEDGE_ESCALATIONS)},
)
async def acknowledge_page(
    request: AnyRequest, site: Site, caller: Caller, escalation_id: UUID, data: Form
) -> Response[bytes]:
    """Says "I am on it"; what was typed about this or another case is not lost."""
    pressed = EscalationId(escalation_id)
    typed = typed_cases(data, pressed)
    try:
        await handling.acknowledge(site, caller, pressed)
    except DomainError as refusal:
        return await _show(request, site, caller, _asked(data), typed, refusal)
    if typed:
        return await _show(request, site, caller, _asked(data), typed)
    # The list is in another order now: stay with the patient whose case this is.
    return see_other(_back(data) or f"/escalations#e-{escalation_id}")


@post("/escalations/{escalation_id:uuid}/resolution", opt={"audience": staff(Permission.RESOLVE_ESCALATIONS)})
async def resolve_page(
    request: AnyRequest, site: Site, caller: Caller, escalation_id: UUID, data: Form
) -> Response[bytes]:
    """Records what was done. A case that ends with nothing done is asked about once more."""
    pressed = EscalationId(escalation_id)
    typed = typed_cases(data, pressed)
    mine = typed.pop(pressed, Typed())
    try:
        outcome = outcome_of(mine.outcome)
        rules.check_resolution(Resolution(outcome=outcome, note=mine.note or None))
        if outcome == "not_needed" and data.get("sure") != str(escalation_id):
            message = "Nothing was done for the patient, and the case ends. Are you sure that nothing was needed?"
            raise rules.NotSure(message)
        await handling.resolve(site, caller, pressed, outcome, mine.note or None, event_in(data, pressed))
    except DomainError as refusal:
        return await _show(request, site, caller, _asked(data), {**typed, pressed: _refused(mine, refusal)}, refusal)
    return await _after(request, site, caller, data, typed) or see_other(_back(data) or "/escalations")


@post("/escalations/{escalation_id:uuid}/recurrence", opt={"audience": staff(Permission.RESOLVE_ESCALATIONS)})
async def raise_again_page(
    request: AnyRequest, site: Site, caller: Caller, escalation_id: UUID, data: Form
) -> Response[bytes]:
    """Raises a resolved one anew; the list shows it among those that are open."""
    pressed = EscalationId(escalation_id)
    typed = typed_cases(data, pressed)
    mine = typed.pop(pressed, Typed())
    asked = Asked(wanted="resolved", cursor=data.get("cursor") or None)
    try:
        again = await handling.raise_again(site, caller, pressed, mine.why or None, event_in(data, pressed))
    except DomainError as refusal:
        return await _show(request, site, caller, asked, {**typed, pressed: _refused(mine, refusal)}, refusal)
    if typed:
        return await _show(request, site, caller, asked, typed)
    return see_other(f"/escalations#e-{again.escalation_id}")


async def _after(
    request: AnyRequest, site: Site, caller: Caller, data: dict[str, str], typed: TypedCases
) -> Response[bytes] | None:
    """The list with what was typed about other cases; None when nothing was."""
    return await _show(request, site, caller, _asked(data), typed) if typed else None


def _refused(typed: Typed, refusal: DomainError) -> Typed:
    box = "n" if isinstance(refusal, rules.NoteNeeded | rules.NoteTooLong) else "o"
    sure = isinstance(refusal, rules.NotSure)
    return msgspec.structs.replace(typed, problem=refusal.message, field=box, asks_whether_sure=sure)


def _back(form: dict[str, str]) -> str | None:
    """The review whose page sent the form; no other address is taken from a form."""
    try:
        return f"/reviews/{UUID(form['review'])}" if form.get("review") else None
    except ValueError:
        return None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which page of the list is shown."""

    wanted: Wanted = "unresolved"
    cursor: str | None = None


def _asked(form: dict[str, str]) -> Asked:
    return Asked(cursor=form.get("cursor") or None)


async def _show(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    asked: Asked,
    typed: TypedCases | None = None,
    problem: DomainError | None = None,
) -> Response[bytes]:
    listed = await handling.read_list(site, caller, asked.wanted, asked.cursor)
    shown = {entry.escalation_id for entry in listed.entries}
    sent = typed or {}
    may_read = caller.actor.may(Permission.READ_ESCALATION_RULES)
    return page(
        "escalations.html",
        request,
        status=200 if problem is None else status_of(problem),
        entries=listed.entries,
        phones=listed.phones,
        next=listed.next,
        state=asked.wanted,
        cursor=asked.cursor or "",
        problem=None if problem is None else problem.message,
        at=_place_of_problem(sent, shown, asked.wanted),
        sent=sent,
        new_id=site.db.ids.new,
        elsewhere=[each for of, each in sent.items() if of not in shown and (each.note or each.why)],
        words=await read_case_words(site, caller) if may_read else CaseWords(),
        may_read=may_read,
        may_acknowledge=caller.actor.may(Permission.ACKNOWLEDGE_ESCALATIONS),
        may_resolve=caller.actor.may(Permission.RESOLVE_ESCALATIONS),
        level_names=LEVEL_NAMES,
        outcome_names=OUTCOME_NAMES,
        cause_names=CAUSE_NAMES,
    )


def _place_of_problem(sent: TypedCases, shown: AbstractSet[EscalationId], wanted: Wanted) -> str | None:
    """The id of the box that a refusal is about."""
    for of, each in sent.items():
        if each.problem and of in shown:
            return f"{'y' if wanted == 'resolved' else each.field}-{of}"
    return None


def outcome_of(text: str | None) -> Outcome:
    """What was done, as a form names it. Raises Malformed."""
    try:
        outcome: Outcome = msgspec.convert(text, Outcome)
    except msgspec.ValidationError as error:
        message = "Choose what was done."
        raise Malformed(message) from error
    return outcome


ROUTES: list[HTTPRouteHandler] = [escalations_page, acknowledge_page, resolve_page, raise_again_page]
