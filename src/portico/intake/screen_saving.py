"""Saving one screen: whatever can be taken is saved at once, so that a slip elsewhere never hides a danger."""

from collections.abc import Mapping, Sequence

import msgspec

from portico import forms
from portico.access import Caller
from portico.errors import Conflict, DomainError, FaultLike, Stale
from portico.forms import QuestionnaireResponse
from portico.ids import LinkId
from portico.intake import drafts, rules
from portico.intake.doubts import DOUBT
from portico.intake.form_input import Entered, Sent, as_typed, entered
from portico.intake.guidance import Guidance
from portico.intake.reading import Reading
from portico.intake.screens import Field, fields_of, with_first_rows, with_no_day
from portico.platform.catalogue import Form
from portico.platform.site import Site


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one screen. Fields in `made.wrong` were not taken; with a refusal nothing was.

    `revision` is the one to save from next time. `problems` says by field name what to change; `off` is what is
    switched off from now on.
    """

    made: Entered
    revision: int
    guidance: tuple[Guidance, ...]
    off: frozenset[LinkId]
    refusal: DomainError | None = None
    refused_files: Mapping[str, str] = {}
    warnings: Sequence[FaultLike] = ()

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong, by field name."""
        return {wrong.name: wrong.message for wrong in self.made.wrong} | dict(self.refused_files)


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """One screen of one response as it was last read, and what a danger asks the patient to do."""

    form: Form
    reading: Reading
    guidance: tuple[Guidance, ...]
    number: int
    no_day: bool = False
    """Of a check-in: whether the clinic noted no day that the patient could be asked about."""

    @property
    def base(self) -> QuestionnaireResponse:
        """The answers that the screen was shown with."""
        form, answers = self.form.questionnaire, self.reading.answers
        return with_first_rows(
            form, with_no_day(form, answers) if self.no_day else answers, self.number, self.reading.off
        )

    @property
    def file_fields(self) -> tuple[str, ...]:
        """The names of the fields that take files."""
        fields = self.fields(self.base, self.reading.off)
        return tuple(field.name for field in fields if field.kind == "attachment")

    def fields(self, answers: QuestionnaireResponse, off: frozenset[LinkId]) -> tuple[Field, ...]:
        """The screen's fields with these answers."""
        return fields_of(self.form.questionnaire, answers, self.number, off)

    def enter(self, sent: Sent, refused: Mapping[str, str] | None = None) -> Entered:
        """The answers with what was sent for this screen."""
        form = self.form.questionnaire
        return entered(form, self.base, self.number, sent, off=self.reading.off, refused=refused)


async def keep_screen(site: Site, caller: Caller, screen: Screen, revision: int, sent: Sent) -> Kept:
    """Saves a screen. Fields that are refused keep their old answers; the rest is saved, and looked at for danger."""
    row = screen.reading.row
    made = screen.enter(sent)
    try:
        try:
            saved = await drafts.save_answers(site, caller, row.response_id, revision, made.answers)
        except rules.AnswersRefused as refusal:
            made = screen.enter(sent, _refused_fields(screen, made, refusal.faults))
            saved = await drafts.save_answers(site, caller, row.response_id, revision, made.answers)
    except (rules.AnswersRefused, Conflict) as refusal:
        return _unkept(screen, made, refusal)
    except Stale as refusal:
        if not made.wrong and _is_same(screen, made.answers):
            # The same screen was sent twice, or both devices say the same.
            return _kept(screen, made, row.revision, screen.guidance)
        return _unkept(screen, made, refusal)
    return msgspec.structs.replace(_kept(screen, made, saved.revision, saved.guidance), warnings=saved.warnings)


def doubts_about(screen: Screen, kept: Kept) -> dict[str, str]:
    """By field name, what is worth a second look on this screen, although it was saved."""
    doubts = [warning for warning in kept.warnings if warning.code == DOUBT]
    fields = screen.fields(kept.made.answers, kept.off)
    return {field.name: doubt.message for field in fields for doubt in doubts if doubt.path == field.path}


def fields_again(screen: Screen, kept: Kept) -> tuple[Field, ...]:
    """The fields as the patient left them: what was taken, and beside it what was typed and not taken."""
    typed = {wrong.name: wrong.typed for wrong in kept.made.wrong}
    answers = with_first_rows(screen.form.questionnaire, kept.made.answers, screen.number, kept.off)
    return tuple(
        as_typed(field, typed[field.name]) if field.name in typed else field
        for field in screen.fields(answers, kept.off)
    )


def saved_elsewhere(screen: Screen, kept: Kept) -> dict[str, str]:
    """By field name, what is saved in places where the refused screen says something else; empty text for nothing."""
    if not isinstance(kept.refusal, Stale):
        return {}
    stored = {field.name: field for field in screen.fields(screen.reading.answers, screen.reading.off)}
    here = [field for field in fields_again(screen, kept) if field.is_question]
    names = {field.name for field in here}
    differing = {field.name: _shown(stored.get(field.name)) for field in here if _differ(field, stored)}
    return differing | {
        field.name: field.shown for name, field in stored.items() if field.is_question and name not in names
    }


def _differ(field: Field, stored: Mapping[str, Field]) -> bool:
    return field.shown != _shown(stored.get(field.name))


def _shown(field: Field | None) -> str:
    return "" if field is None else field.shown


def _kept(screen: Screen, made: Entered, revision: int, guidance: tuple[Guidance, ...]) -> Kept:
    costs = rules.switched_off(screen.form.questionnaire, "U")
    off = screen.reading.off | costs if guidance else screen.reading.off - costs
    return Kept(made=made, revision=revision, guidance=guidance, off=off)


def _unkept(screen: Screen, made: Entered, refusal: DomainError) -> Kept:
    """Nothing was saved; a danger that was seen in the refused answers is shown all the same."""
    seen = refusal.data.get("guidance")
    guidance = seen if isinstance(seen, tuple) and seen else screen.guidance
    row = screen.reading.row
    return Kept(made=made, revision=row.revision, guidance=guidance, off=screen.reading.off, refusal=refusal)


def _refused_fields(screen: Screen, made: Entered, faults: Sequence[FaultLike]) -> dict[str, str]:
    """The fields that the faults are about, with what is wrong; those that could not be read stay among them."""
    found = {wrong.name: wrong.message for wrong in made.wrong}
    for field in screen.fields(made.answers, screen.reading.off):
        for fault in faults:
            if field.path and (fault.path == field.path or fault.path.startswith(f"{field.path}.")):
                found.setdefault(field.name, fault.message)
    return found


def _is_same(screen: Screen, answers: QuestionnaireResponse) -> bool:
    form, stored = screen.form.questionnaire, screen.reading.answers
    one, other = forms.normalise(form, answers), forms.normalise(form, stored)
    return one.item == other.item
