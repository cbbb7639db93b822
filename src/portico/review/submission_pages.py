"""Pages on which a patient looks at the answers once more, sends them, and reads what happens next."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from portico import forms
from portico.access import Caller, patients
from portico.errors import DomainError, Invalid, Malformed
from portico.forms import Line
from portico.ids import LinkId, ResponseId
from portico.intake import drafts, rules
from portico.intake.guidance import Guidance
from portico.intake.pages import FillIn, load
from portico.intake.screens import Field, fields_of, screens_by_item, with_first_rows
from portico.messaging.check_ins import read_check_in
from portico.platform.problems import status_of
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.templates import page, see_other
from portico.review.consults import danger_of, list_consults
from portico.review.submission import read_outcome, submit_response


class OpenQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question that must be answered before the form can be sent, and the screen on which it stands."""

    screen: int
    name: str
    message: str
    text: str


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one screen was answered with; `questions` counts those in it."""

    screen: int
    text: str
    lines: tuple[Line, ...]

    @property
    def unanswered(self) -> int:
        """How many questions are open."""
        return sum(1 for line in self.lines if line.kind != "group" and not line.answers)

    @property
    def blocks(self) -> list[tuple[str, list[Line]]]:
        """The questions under the headings that stand above them; what comes before the first has none."""
        made: list[tuple[str, list[Line]]] = [("", [])]
        for line in self.lines:
            if line.kind == "group":
                made.append((f"{line.text} ({line.occurrence})" if line.occurrence else line.text, []))
            else:
                made[-1][1].append(line)
        return [(heading, lines) for heading, lines in made if heading or lines]


@get("/for/{patient_id:uuid}/responses/{response_id:uuid}/last-look", opt={"audience": patients()})
async def last_look(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, response_id: UUID
) -> Response[bytes]:
    """All answers, before they are sent."""
    fill_in = await load(site, caller, patient_id, response_id)
    if fill_in.reading.row.submitted_revision is not None and not fill_in.is_open:
        return see_other(f"{fill_in.base}/outcome")
    rules.moved(fill_in.reading.row.state, "save")
    return _last_look(request, fill_in)


@post("/for/{patient_id:uuid}/responses/{response_id:uuid}/submission", opt={"audience": patients()})
async def send(request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, response_id: UUID) -> Response[bytes]:
    """Sends the form."""
    fill_in = await load(site, caller, patient_id, response_id)
    sent = await request.form()
    revision, is_partial = _revision(str(sent.get("revision", ""))), sent.get("partial") == "yes"
    try:
        await submit_response(site, caller, ResponseId(response_id), revision, partial=is_partial)
    except DomainError as refusal:
        if not fill_in.is_open:
            raise
        return _last_look(request, fill_in, refusal)
    return see_other(f"{fill_in.base}/outcome")


@post("/for/{patient_id:uuid}/responses/{response_id:uuid}/version", opt={"audience": patients()})
async def move_version(site: Site, caller: Caller, patient_id: UUID, response_id: UUID) -> Response[bytes]:
    """Brings the answers over to the form's newer version; what must be asked again stands open in the last look."""
    fill_in = await load(site, caller, patient_id, response_id)
    if fill_in.reading.newer_version is not None:
        await drafts.move_version(site, caller, ResponseId(response_id), fill_in.reading.newer_version)
    return see_other(f"{fill_in.base}/last-look")


@get("/for/{patient_id:uuid}/responses/{response_id:uuid}/outcome", opt={"audience": patients()})
async def outcome_page(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, response_id: UUID
) -> Response[bytes]:
    """What happens next. While a danger is open anywhere, only what to do now."""
    fill_in = await load(site, caller, patient_id, response_id)
    if fill_in.reading.row.kind == "check_in":
        return await _check_in_outcome(request, site, caller, fill_in)
    outcome = await read_outcome(site, caller, ResponseId(response_id))
    guidance: Sequence[Guidance] = outcome.guidance
    if not shows_danger(guidance):
        box = await danger_of(site, caller, fill_in.link)
        guidance = fill_in.guidance or (() if box is None else box.texts) or guidance
    consults = await list_consults(site, caller, fill_in.link.patient_id, None)
    has_visit = any(row.state in ("requested", "booked") for row in consults.consults)
    goes_on = outcome.decision is None or outcome.decision.decision == "proceed"
    return page(
        "outcome.html",
        request,
        fill_in=fill_in,
        guidance=guidance,
        in_danger=shows_danger(guidance),
        decision=outcome.decision,
        may_ask=goes_on and not has_visit and not shows_danger(guidance),
    )


async def _check_in_outcome(request: AnyRequest, site: Site, caller: Caller, fill_in: FillIn) -> Response[bytes]:
    """What a check-in was answered with. While a danger is open anywhere, only what to do now."""
    told = await read_check_in(site, caller, fill_in.reading.row.response_id)
    guidance: Sequence[Guidance] = told.guidance
    if not shows_danger(guidance):
        box = await danger_of(site, caller, fill_in.link)
        guidance = guidance if box is None else box.texts
    in_danger = shows_danger(guidance)
    return page(
        "check_in_outcome.html", request, fill_in=fill_in, guidance=guidance, in_danger=in_danger, thread=told.thread
    )


def shows_danger(guidance: Sequence[Guidance]) -> bool:
    """Whether one of the texts asks for help now or for a call first."""
    return any(text.kind in ("emergency", "call") for text in guidance)


def _last_look(request: AnyRequest, fill_in: FillIn, problem: DomainError | None = None) -> Response[bytes]:
    return page(
        "last_look.html",
        request,
        status=200 if problem is None else status_of(problem),
        fill_in=fill_in,
        guidance=fill_in.guidance,
        parts=_parts(fill_in),
        problem=None if problem is None else problem.message,
        open_questions=_open_questions(fill_in, problem),
        revision=fill_in.reading.row.revision,
    )


def _parts(fill_in: FillIn) -> list[Part]:
    form = fill_in.form.questionnaire
    screens = screens_by_item(form)
    by_screen: dict[int, list[Line]] = {number: [] for number in range(len(form.item))}
    for line in forms.answer_lines(form, fill_in.reading.answers, extra_disabled=fill_in.off):
        if line.kind != "display" and line.link_id != form.item[screens[line.link_id]].link_id:
            by_screen[screens[line.link_id]].append(line)
    return [Part(screen=at, text=form.item[at - 1].text or "", lines=tuple(by_screen[at - 1])) for at in fill_in.asked]


def _open_questions(fill_in: FillIn, problem: DomainError | None) -> list[OpenQuestion]:
    """Each fault at its field; of a part that lacks everything, its questions rather than the part."""
    if not isinstance(problem, Invalid):
        return []
    form = fill_in.form.questionnaire
    screens = screens_by_item(form)
    fields = {at - 1: _waiting_fields(fill_in, at - 1) for at in fill_in.asked}
    found: list[OpenQuestion] = []
    for fault in problem.faults:
        number = screens.get(LinkId(fault.link_id), 0)
        field = next((field for field in fields.get(number, ()) if field.link_id == fault.link_id), None)
        if field is not None:
            fields[number].remove(field)
            found.append(OpenQuestion(screen=number + 1, name=field.name, message=fault.message, text=field.text))
    return found or [
        OpenQuestion(screen=screens.get(LinkId(fault.link_id), 0) + 1, name="", message=fault.message, text="")
        for fault in problem.faults
    ]


def _waiting_fields(fill_in: FillIn, number: int) -> list[Field]:
    """The questions of a screen, open ones first, as they are named once the screen is shown."""
    form = fill_in.form.questionnaire
    answers = with_first_rows(form, fill_in.reading.answers, number, fill_in.off)
    questions = [field for field in fields_of(form, answers, number, fill_in.off) if field.is_question]
    return sorted(questions, key=lambda field: bool(field.path))


def _revision(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        message = "The page was incomplete. Open the form again; what you saved is there."
        raise Malformed(message)
    return int(text)


ROUTES: list[HTTPRouteHandler] = [last_look, send, move_version, outcome_page]
