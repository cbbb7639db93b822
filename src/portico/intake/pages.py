"""Pages on which a patient fills in a form, one screen at a time. They work without JavaScript."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, PatientLink, patients
from portico.errors import DomainError, Invalid, Malformed, NotFound, OtherPatient, Stale
from portico.ids import LinkId, PatientId, ResponseId
from portico.intake import drafts
from portico.intake.form_input import Entered, Sent, entered
from portico.intake.guidance import Guidance
from portico.intake.reading import Reading, read_response
from portico.intake.screens import fields_of, is_asked, screens_of
from portico.platform.catalogue import Form
from portico.platform.problems import status_of
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.templates import page, see_other

SLUG = "prolotherapy-intake"


class FillIn(msgspec.Struct, frozen=True, kw_only=True):
    """One form being filled in by one person for one patient."""

    link: PatientLink
    reading: Reading
    form: Form
    guidance: tuple[Guidance, ...]

    @property
    def base(self) -> str:
        """Where the pages of this form stand."""
        return f"/for/{self.link.patient_id}/responses/{self.reading.row.response_id}"

    @property
    def off(self) -> frozenset[LinkId]:
        """What is switched off for now."""
        return self.reading.off


@post("/for/{patient_id:uuid}/intake", opt={"audience": patients()})
async def open_intake(site: Site, caller: Caller, patient_id: UUID) -> Response[bytes]:
    """Opens the intake, or goes on with the draft there is."""
    opened = await drafts.open_response(site, caller, SLUG, PatientId(patient_id))
    return see_other(f"/for/{patient_id}/responses/{opened.row.response_id}/screens/1")


@post("/for/{patient_id:uuid}/responses/{response_id:uuid}/amendment", opt={"audience": patients()})
async def open_amendment(site: Site, caller: Caller, patient_id: UUID, response_id: UUID) -> Response[bytes]:
    """Opens what was sent for changes."""
    await load(site, caller, patient_id, response_id)
    await drafts.open_amendment(site, caller, ResponseId(response_id))
    return see_other(f"/for/{patient_id}/responses/{response_id}/screens/1")


@post("/for/{patient_id:uuid}/responses/{response_id:uuid}/removal", opt={"audience": patients()})
async def drop(site: Site, caller: Caller, patient_id: UUID, response_id: UUID) -> Response[bytes]:
    """Throws the draft or the changes away."""
    await load(site, caller, patient_id, response_id)
    await drafts.drop_response(site, caller, ResponseId(response_id))
    return see_other("/")


@get("/for/{patient_id:uuid}/responses/{response_id:uuid}/screens/{screen:int}", opt={"audience": patients()})
async def screen_page(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, response_id: UUID, screen: int
) -> Response[bytes]:
    """One screen of the form."""
    fill_in = await load(site, caller, patient_id, response_id)
    return _show(request, fill_in, _screen(fill_in, screen))


@post("/for/{patient_id:uuid}/responses/{response_id:uuid}/screens/{screen:int}", opt={"audience": patients()})
async def save_screen(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, response_id: UUID, screen: int
) -> Response[bytes]:
    """Saves one screen; a refusal shows it again with everything that was entered."""
    fill_in = await load(site, caller, patient_id, response_id)
    number = _screen(fill_in, screen)
    sent = await _sent(request)
    made = entered(fill_in.form.questionnaire, fill_in.reading.answers, number, sent, fill_in.off)
    if made.unreadable:
        return _show(request, fill_in, number, made=made, status=422)
    try:
        saved = await drafts.save_answers(site, caller, ResponseId(response_id), _revision(sent), made.answers)
    except (Invalid, Stale) as refusal:
        return _show(request, fill_in, number, made=made, problem=refusal, status=status_of(refusal))
    if saved.guidance:
        return see_other(f"{fill_in.base}/danger?next={number + 2}")
    return see_other(_next(fill_in, made, number, sent))


@get("/for/{patient_id:uuid}/responses/{response_id:uuid}/danger", opt={"audience": patients()})
async def danger_page(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    patient_id: UUID,
    response_id: UUID,
    next: int = 1,  # noqa: A002
) -> Response[bytes]:
    """What to do now, before anything else."""
    fill_in = await load(site, caller, patient_id, response_id)
    return page("danger.html", request, fill_in=fill_in, guidance=fill_in.guidance, next=next)


async def load(site: Site, caller: Caller, patient_id: UUID, response_id: UUID) -> FillIn:
    """The form, when it is this patient's. Raises NotFound, OtherPatient."""
    link = caller.actor.link_for(PatientId(patient_id), "intake")
    reading = await read_response(site, caller, ResponseId(response_id))
    if reading.row.patient_id != link.patient_id:
        message = "This form is another person's. Go back to the start and choose the person."
        raise OtherPatient(message)
    form, guidance = await drafts.read_danger(site, caller, reading.row.response_id)
    return FillIn(link=link, reading=reading, form=form, guidance=guidance)


def _show(
    request: AnyRequest,
    fill_in: FillIn,
    number: int,
    *,
    made: Entered | None = None,
    problem: DomainError | None = None,
    status: int = 200,
) -> Response[bytes]:
    form, answers = fill_in.form.questionnaire, made.answers if made else fill_in.reading.answers
    return page(
        "screen.html",
        request,
        status=status,
        fill_in=fill_in,
        guidance=fill_in.guidance,
        fields=fields_of(form, answers, number, fill_in.off),
        screens=[item for at, item in enumerate(screens_of(form)) if is_asked(form, answers, at, fill_in.off)],
        screen=screens_of(form)[number],
        number=number + 1,
        revision=fill_in.reading.row.revision,
        faults=_faults(made, problem),
        problem=None if problem is None else problem.message,
    )


def _faults(made: Entered | None, problem: DomainError | None) -> Mapping[str, str]:
    found = {unreadable.name: unreadable.message for unreadable in (made.unreadable if made else ())}
    if isinstance(problem, Invalid):
        found |= {fault.link_id: fault.message for fault in problem.faults}
    return found


def _next(fill_in: FillIn, made: Entered, number: int, sent: Sent) -> str:
    """The same screen while it still changes, the next one with anything to ask, else the last look."""
    form = fill_in.form.questionnaire
    if "add" in sent or "remove" in sent or _has_grown(fill_in, made, number):
        return f"{fill_in.base}/screens/{number + 1}"
    for following in range(number + 1, len(screens_of(form))):
        if is_asked(form, made.answers, following, fill_in.off):
            return f"{fill_in.base}/screens/{following + 1}"
    return f"{fill_in.base}/last-look"


def _has_grown(fill_in: FillIn, made: Entered, number: int) -> bool:
    """Whether what was entered brought up further questions on the same screen."""
    form = fill_in.form.questionnaire
    before = {field.name for field in fields_of(form, fill_in.reading.answers, number, fill_in.off)}
    after = fields_of(form, made.answers, number, fill_in.off)
    return any(field.name not in before for field in after if field.name and field.kind != "row-end")


def _screen(fill_in: FillIn, screen: int) -> int:
    if not 1 <= screen <= len(screens_of(fill_in.form.questionnaire)):
        raise NotFound
    return screen - 1


async def _sent(request: AnyRequest) -> Sent:
    form = await request.form()
    return {name: [str(value) for value in form.getall(name)] for name in form}


def _revision(sent: Mapping[str, Sequence[str]]) -> int:
    text = next(iter(sent.get("revision", ())), "")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        message = "The page was incomplete. Open the form again; what you saved is there."
        raise Malformed(message)
    return int(text)


ROUTES: list[HTTPRouteHandler] = [open_intake, open_amendment, drop, screen_page, save_screen, danger_page]
