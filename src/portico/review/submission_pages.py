"""Pages on which a patient looks at the answers once more, sends them, and reads what happens next."""

from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from portico import forms
from portico.access import Caller, patients
from portico.errors import DomainError, Invalid, Malformed
from portico.forms import Line
from portico.ids import ResponseId
from portico.intake.pages import FillIn, load
from portico.intake.screens import screen_of
from portico.platform.problems import status_of
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.templates import page, see_other
from portico.review.submission import read_outcome, submit_intake


class OpenQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question that must be answered before the form can be sent, and the screen on which it stands."""

    screen: int
    message: str
    text: str


@get("/for/{patient_id:uuid}/responses/{response_id:uuid}/last-look", opt={"audience": patients()})
async def last_look(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, response_id: UUID
) -> Response[bytes]:
    """All answers, before they are sent."""
    return _last_look(request, await load(site, caller, patient_id, response_id))


@post("/for/{patient_id:uuid}/responses/{response_id:uuid}/submission", opt={"audience": patients()})
async def send(request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, response_id: UUID) -> Response[bytes]:
    """Sends the form."""
    fill_in = await load(site, caller, patient_id, response_id)
    sent = await request.form()
    try:
        await submit_intake(
            site,
            caller,
            ResponseId(response_id),
            _revision(str(sent.get("revision", ""))),
            partial=sent.get("partial") == "yes",
        )
    except DomainError as refusal:
        return _last_look(request, fill_in, refusal)
    return see_other(f"{fill_in.base}/outcome")


@get("/for/{patient_id:uuid}/responses/{response_id:uuid}/outcome", opt={"audience": patients()})
async def outcome_page(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, response_id: UUID
) -> Response[bytes]:
    """What happens next."""
    fill_in = await load(site, caller, patient_id, response_id)
    outcome = await read_outcome(site, caller, ResponseId(response_id))
    in_danger = any(text.kind in ("emergency", "call") for text in outcome.guidance)
    return page("outcome.html", request, fill_in=fill_in, guidance=outcome.guidance, in_danger=in_danger)


def _last_look(request: AnyRequest, fill_in: FillIn, problem: DomainError | None = None) -> Response[bytes]:
    return page(
        "last_look.html",
        request,
        status=200 if problem is None else status_of(problem),
        fill_in=fill_in,
        guidance=fill_in.guidance,
        lines=_lines(fill_in),
        problem=None if problem is None else problem.message,
        open_questions=_open_questions(fill_in, problem),
        revision=fill_in.reading.row.revision,
        screen_of=lambda link_id: screen_of(fill_in.form.questionnaire, link_id) + 1,
    )


def _lines(fill_in: FillIn) -> list[Line]:
    form = fill_in.form.questionnaire
    lines = forms.answer_lines(form, fill_in.reading.answers, extra_disabled=fill_in.off)
    return [line for line in lines if line.kind != "display"]


def _open_questions(fill_in: FillIn, problem: DomainError | None) -> list[OpenQuestion]:
    if not isinstance(problem, Invalid):
        return []
    texts = {line.link_id: line.text for line in _lines(fill_in)}
    return [
        OpenQuestion(
            screen=screen_of(fill_in.form.questionnaire, fault.link_id) + 1,
            message=fault.message,
            text=next((text for link, text in texts.items() if link == fault.link_id), ""),
        )
        for fault in problem.faults
    ]


def _revision(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        message = "The page was incomplete. Open the form again; what you saved is there."
        raise Malformed(message)
    return int(text)


ROUTES: list[HTTPRouteHandler] = [last_look, send, outcome_page]
