"""Pages on which a patient fills in a form, one screen at a time. They work without JavaScript."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, PatientLink, patients
from portico.accounts.request_checks import MULTIPART
from portico.errors import DomainError, Malformed, NotFound, OtherPatient
from portico.ids import LinkId, PatientId, ResponseId
from portico.intake import drafts, rules
from portico.intake.form_input import Sent
from portico.intake.guidance import Guidance
from portico.intake.reading import ProcedureDay, Reading, read_day, read_response
from portico.intake.screen_files import BODY_LIMIT, take_files
from portico.intake.screen_saving import Kept, Screen, doubts_about, fields_again, keep_screen, saved_elsewhere
from portico.intake.screens import Field, asked_screens, screens_of, with_first_rows
from portico.platform.catalogue import Form
from portico.platform.multipart import SentForm, multipart_form
from portico.platform.problems import status_of
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.templates import page, see_other

SLUG = "prolotherapy-intake"

LAST_LOOK = 0
"""The page after the last screen, where screens are named by number from 1."""


class FillIn(msgspec.Struct, frozen=True, kw_only=True):
    """One form being filled in by one person for one patient."""

    link: PatientLink
    reading: Reading
    form: Form
    guidance: tuple[Guidance, ...]
    day: ProcedureDay | None = None
    """Of a check-in: the day that its questions are about, as far as it is known."""

    @property
    def base(self) -> str:
        """Where the pages of this form stand."""
        return f"/for/{self.link.patient_id}/responses/{self.reading.row.response_id}"

    @property
    def off(self) -> frozenset[LinkId]:
        """What is switched off for now."""
        return self.reading.off

    @property
    def is_open(self) -> bool:
        """Whether it can be written now."""
        return self.reading.row.state in ("draft", "amending")

    @property
    def asked(self) -> tuple[int, ...]:
        """The screens that are asked, by number from 1."""
        return tuple(at + 1 for at in asked_screens(self.form.questionnaire, self.reading.answers, self.off))

    def place(self, number: int) -> str:
        """The address of a screen by number from 1, or of the last look."""
        return f"{self.base}/last-look" if number == LAST_LOOK else f"{self.base}/screens/{number}"


@post("/for/{patient_id:uuid}/intake", opt={"audience": patients()})
async def open_intake(site: Site, caller: Caller, patient_id: UUID) -> Response[bytes]:
    """Opens the intake, or goes on with the draft there is."""
    opened = await drafts.open_response(site, caller, SLUG, PatientId(patient_id))
    first = "/screens/1" if opened.is_new else ""
    return see_other(f"/for/{patient_id}/responses/{opened.row.response_id}{first}")


@post("/for/{patient_id:uuid}/responses/{response_id:uuid}/amendment", opt={"audience": patients()})
async def open_amendment(site: Site, caller: Caller, patient_id: UUID, response_id: UUID) -> Response[bytes]:
    """Opens what was sent for changes."""
    await load(site, caller, patient_id, response_id)
    await drafts.open_amendment(site, caller, ResponseId(response_id))
    return see_other(f"/for/{patient_id}/responses/{response_id}/last-look")


@post("/for/{patient_id:uuid}/responses/{response_id:uuid}/removal", opt={"audience": patients()})
async def drop(site: Site, caller: Caller, patient_id: UUID, response_id: UUID) -> Response[bytes]:
    """Throws the draft or the changes away."""
    await load(site, caller, patient_id, response_id)
    await drafts.drop_response(site, caller, ResponseId(response_id))
    return see_other("/")


@get("/for/{patient_id:uuid}/responses/{response_id:uuid}", opt={"audience": patients()})
async def resume(site: Site, caller: Caller, patient_id: UUID, response_id: UUID) -> Response[bytes]:
    """Where to go on: the first screen that waits for an answer, else the last look; what was sent shows its outcome."""
    fill_in = await load(site, caller, patient_id, response_id)
    if not fill_in.is_open:
        return see_other(f"{fill_in.base}/outcome" if fill_in.reading.row.submitted_revision is not None else "/")
    waiting = (number for number in fill_in.asked if _waits(fill_in, number - 1))
    return see_other(fill_in.place(next(waiting, LAST_LOOK)))


@get("/for/{patient_id:uuid}/responses/{response_id:uuid}/screens/{screen:int}", opt={"audience": patients()})
async def screen_page(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, response_id: UUID, screen: int
) -> Response[bytes]:
    """One screen of the form; one that is switched off leads on to the next."""
    fill_in = await load(site, caller, patient_id, response_id)
    number = _number(fill_in, screen)
    if fill_in.reading.row.submitted_revision is not None and not fill_in.is_open:
        return see_other(f"{fill_in.base}/outcome")
    rules.moved(fill_in.reading.row.state, "save")
    if screen not in fill_in.asked:
        return see_other(fill_in.place(_following(fill_in.asked, screen)))
    shown = _screen(fill_in, number)
    return _show(request, fill_in, number, shown.fields(shown.base, fill_in.off))


@post(
    "/for/{patient_id:uuid}/responses/{response_id:uuid}/screens/{screen:int}",
    opt={"audience": patients(), "reads": MULTIPART, "body_limit": BODY_LIMIT},
    request_max_body_size=BODY_LIMIT,
)
async def save_screen(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, response_id: UUID, screen: int
) -> Response[bytes]:
    """Saves one screen; what is refused is shown again as it was entered."""
    fill_in = await load(site, caller, patient_id, response_id)
    shown = _screen(fill_in, _number(fill_in, screen))
    form = await _sent(request, site)
    taken = await take_files(site, caller, fill_in.link.patient_id, form, shown.file_fields)
    kept = await keep_screen(site, caller, shown, _revision(taken.sent), taken.sent)
    kept = msgspec.structs.replace(kept, refused_files=taken.problems)
    if kept.refusal is not None or kept.problems:
        return _show(request, fill_in, shown.number, fields_again(shown, kept), kept)
    doubts = {} if _is_news(fill_in.guidance, kept.guidance) else _new_doubts(shown, kept, taken.sent)
    if doubts:
        return _show(request, fill_in, shown.number, fields_again(shown, kept), kept, doubts)
    return see_other(_onward(fill_in, shown, kept, taken.sent))


@get("/for/{patient_id:uuid}/responses/{response_id:uuid}/danger", opt={"audience": patients()})
async def danger_page(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    patient_id: UUID,
    response_id: UUID,
    next: int = 1,  # noqa: A002 - the name of the form's field
) -> Response[bytes]:
    """What to do now, before anything else."""
    fill_in = await load(site, caller, patient_id, response_id)
    following = next if next in (LAST_LOOK, *fill_in.asked) else _following(fill_in.asked, next)
    if not fill_in.guidance:
        return see_other(fill_in.place(following) if fill_in.is_open else "/")
    return page("danger.html", request, fill_in=fill_in, guidance=fill_in.guidance, next=fill_in.place(following))


async def load(site: Site, caller: Caller, patient_id: UUID, response_id: UUID) -> FillIn:
    """The form, when it is this patient's. Raises NotFound, OtherPatient."""
    if not any(link.patient_id == patient_id for link in caller.actor.patients):
        raise NotFound
    reading = await read_response(site, caller, ResponseId(response_id))
    if reading.row.patient_id != patient_id:
        message = "This form is another person's. Go back to the start and choose the person."
        raise OtherPatient(message)
    link = caller.actor.link_for(PatientId(patient_id), rules.SCOPE_OF[reading.row.kind])
    form, guidance = await drafts.read_danger(site, caller, reading.row.response_id)
    day = await read_day(site, caller, reading) if reading.row.kind == "check_in" else None
    return FillIn(link=link, reading=reading, form=form, guidance=guidance, day=day)


def _new_doubts(shown: Screen, kept: Kept, sent: Sent) -> dict[str, str]:
    """What to ask once before going on; whoever has read a question and goes on means what stands there."""
    if next(iter(sent.get("go", ())), "") != "on":
        return {}
    read = set(sent.get("doubted", ()))
    return {name: text for name, text in doubts_about(shown, kept).items() if f"{name} {text}" not in read}


def _show(
    request: AnyRequest,
    fill_in: FillIn,
    number: int,
    fields: Sequence[Field],
    kept: Kept | None = None,
    doubts: Mapping[str, str] | None = None,
) -> Response[bytes]:
    refusal = kept.refusal if kept else None
    steps = list(fill_in.asked)
    return page(
        "screen.html",
        request,
        status=200 if doubts else _status(kept, refusal),
        fill_in=fill_in,
        guidance=kept.guidance if kept else fill_in.guidance,
        fields=fields,
        screen=screens_of(fill_in.form.questionnaire)[number],
        number=number + 1,
        step=steps.index(number + 1) + 1 if number + 1 in steps else 1,
        steps=len(steps),
        revision=kept.revision if kept else fill_in.reading.row.revision,
        faults=doubts or (kept.problems if kept else {}),
        doubts=doubts or {},
        elsewhere=saved_elsewhere(_screen(fill_in, number), kept) if kept else {},
        problem=None if refusal is None else refusal.message,
    )


def _status(kept: Kept | None, refusal: DomainError | None) -> int:
    if kept is None:
        return 200
    return 422 if refusal is None else status_of(refusal)


def _onward(fill_in: FillIn, shown: Screen, kept: Kept, sent: Sent) -> str:
    """A danger first; the same screen while it still changes; else where the patient wanted to go."""
    form, here = fill_in.form.questionnaire, shown.number + 1
    asked = tuple(at + 1 for at in asked_screens(form, kept.made.answers, kept.off))
    rows = next(iter((*sent.get("add", ()), *sent.get("remove", ()))), None)
    grown = _first_new_field(shown, kept)
    wanted = next(iter(sent.get("go", ())), "")
    if _is_news(fill_in.guidance, kept.guidance):
        stays = grown is not None or rows is not None
        return f"{fill_in.base}/danger?next={here if stays else _following(asked, here)}"
    if rows is not None:
        return f"{fill_in.place(here)}#rows-{_group_of(rows)}"
    if wanted == "stop":
        return "/"
    if wanted == "back":
        return fill_in.place(max((at for at in asked if at < here), default=here))
    if grown is not None:
        return f"{fill_in.place(here)}#f-{grown}"
    return fill_in.place(_following(asked, here))


def _is_news(before: Sequence[Guidance], after: Sequence[Guidance]) -> bool:
    """Whether the patient has not read this yet; what stands already is at the top of every screen."""
    return bool({text.key for text in after} - {text.key for text in before})


def _first_new_field(shown: Screen, kept: Kept) -> str | None:
    """The first question that was brought up on this screen by what was entered."""
    before = {field.name for field in shown.fields(shown.base, shown.reading.off)}
    answers = with_first_rows(shown.form.questionnaire, kept.made.answers, shown.number, kept.off)
    after = shown.fields(answers, kept.off)
    return next((field.name for field in after if field.is_question and field.name not in before), None)


def _group_of(rows: str) -> str:
    """The repeating group in `reg.n` (add to it) and `reg.n.0/` (remove its first row)."""
    return rows.removesuffix("/").rpartition(".")[0] if rows.endswith("/") else rows


def _waits(fill_in: FillIn, number: int) -> bool:
    """Whether a screen has a required question that is open, or nothing answered at all."""
    shown = _screen(fill_in, number)
    asked = [field for field in shown.fields(shown.base, fill_in.off) if field.is_question]
    is_bare = bool(asked) and not any(field.path for field in asked)
    return is_bare or any(field.is_required and not field.path for field in asked)


def _following(asked: Sequence[int], here: int) -> int:
    return min((at for at in asked if at > here), default=LAST_LOOK)


def _screen(fill_in: FillIn, number: int) -> Screen:
    no_day = fill_in.day is not None and fill_in.day.on is None
    return Screen(form=fill_in.form, reading=fill_in.reading, guidance=fill_in.guidance, number=number, no_day=no_day)


def _number(fill_in: FillIn, screen: int) -> int:
    if not 1 <= screen <= len(screens_of(fill_in.form.questionnaire)):
        raise NotFound
    return screen - 1


async def _sent(request: AnyRequest, site: Site) -> SentForm:
    if request.content_type[0] == MULTIPART:
        return await multipart_form(request, site.files.slots)
    form = await request.form()
    return SentForm(texts={name: [str(value) for value in form.getall(name)] for name in form})


def _revision(sent: Mapping[str, Sequence[str]]) -> int:
    text = next(iter(sent.get("revision", ())), "")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        message = "The page was incomplete. Open the form again; what you saved is there."
        raise Malformed(message)
    return int(text)


ROUTES: list[HTTPRouteHandler] = [open_intake, open_amendment, drop, resume, screen_page, save_screen, danger_page]
