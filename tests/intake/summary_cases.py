"""Intakes to summarise: an ordinary one, the largest possible one, and the shipped form and rules they are for."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from itertools import cycle, islice
from uuid import UUID

from portico import forms
from portico.forms.model import Answer, Coding, Item, Questionnaire, QuestionnaireResponse, ResponseItem
from portico.ids import LinkId, PatientId, ResponseId
from portico.intake.facts import facts_of
from portico.intake.summary import Header, Summary
from portico.intake.summary_building import build_summary
from portico.platform.resources import schemas_dir
from portico.screening.evaluation import evaluate
from portico.screening.model import RuleSet, Screening
from portico.screening.rule_set_file import decode_rule_set

Given = str | int | bool | Decimal | Sequence[str]
Answers = Mapping[str, Given]

TODAY = date(2026, 11, 24)
SLUG = "prolotherapy-intake/1.1.0.json"


@cache
def intake_form() -> Questionnaire:
    return forms.decode_questionnaire((schemas_dir() / "questionnaires" / SLUG).read_bytes())


@cache
def intake_rules() -> RuleSet:
    return decode_rule_set((schemas_dir() / "rules" / SLUG).read_bytes())


def respond(
    form: Questionnaire, answers: Answers, rows: Mapping[str, Sequence[Answers]] | None = None
) -> QuestionnaireResponse:
    """A response with these answers by linkId; `rows` holds those of each occurrence of a repeating group."""
    given = rows or {}
    items = [part for item in form.item for part in _items(item, answers, given)]
    return QuestionnaireResponse(questionnaire=form.canonical, status="completed", item=tuple(items))


def _items(item: Item, answers: Answers, rows: Mapping[str, Sequence[Answers]]) -> list[ResponseItem]:
    if item.type == "group" and item.repeats:
        return [_group(item, row, rows) for row in rows.get(item.link_id, ())]
    if item.type == "group":
        group = _group(item, answers, rows)
        return [group] if group.item else []
    if item.link_id not in answers:
        return []
    value = answers[item.link_id]
    values = [value] if isinstance(value, str | int | bool | Decimal) else value
    return [ResponseItem(link_id=item.link_id, answer=tuple(_answer(item, one) for one in values))]


def _group(item: Item, answers: Answers, rows: Mapping[str, Sequence[Answers]]) -> ResponseItem:
    inner = [part for child in item.item for part in _items(child, answers, rows)]
    return ResponseItem(link_id=item.link_id, item=tuple(inner))


def _answer(item: Item, value: str | int | bool | Decimal) -> Answer:
    match item.type:
        case "boolean":
            return Answer(value_boolean=bool(value))
        case "integer":
            return Answer(value_integer=int(value))
        case "decimal":
            return Answer(value_decimal=Decimal(value))
        case "date":
            return Answer(value_date=str(value))
        case "choice":
            codings = [o.value_coding for o in item.answer_option if o.value_coding]
            system = next(coding.system for coding in codings if coding.code == value)
            return Answer(value_coding=Coding(system=system, code=str(value)))
        case _:
            return Answer(value_string=str(value))


def all_items(items: Sequence[Item]) -> list[Item]:
    return [found for item in items for found in (item, *all_items(item.item))]


def options_of(item: Item) -> list[str]:
    return [o.value_coding.code for o in item.answer_option if o.value_coding and o.value_coding.code]


DANGER_FREE: Mapping[str, Given] = {
    str(item.link_id): "no"
    for item in all_items(intake_form().item)
    if item.link_id.startswith("rf.") and item.answer_option
}

ORDINARY: Answers = {
    **DANGER_FREE,
    "who.1": "self",
    "who.2": "1961-04-09",
    "who.3": "female",
    "reg.1": ["knee", "shoulder", "low_back"],
    "cort.1": "yes",
    "cort.4": False,
    "inj.1": ["prp"],
    "inj.1.reaction": "no",
    "ves.1": ["during"],
    "ves.2": 7,
    "ves.3": True,
    "alg.1": ["latex", "tape"],
    "alg.1.text": "Tape: red, itchy skin for a week.",
    "alg.1.severe": "no",
    "med.1": "Metformin 500 mg twice a day, lisinopril 10 mg, vitamin D",
    "med.2": ["apixaban"],
    "med.3": "sometimes",
    "med.3.last": "2026-11-20",
    "med.4": "no",
    "med.4.antibiotics": "no",
    "hx.1": ["diabetes", "heart"],
    "hx.1.dm": Decimal("7.4"),
    "hx.2": "no",
    "hx.3": "no",
    "hx.4": "no",
    "hx.6": ["none"],
    "func.1": 6,
    "func.2": 8,
    "func.3": 4,
    "func.4": 5,
    "func.5": 3,
    "goal.1": "Walk to the lake with my grandchildren and kneel in the garden again.",
    "goal.1.hurts": "Stairs, kneeling, getting out of the car.",
    "doc.1": ["reports", "medicines"],
    "q.1": "Is this safe with my blood thinner? How many sessions would my knee need before we know if it helps?",
    "cost.1": True,
    "pref.1.times": ["morning"],
    "pref.1.contact": "phone",
    "ack.1": True,
}
ORDINARY_ROWS: Mapping[str, Sequence[Answers]] = {
    "reg.n": [
        {"reg.n.region": "knee", "reg.n.side": "left", "reg.n.main": "pain", "reg.n.onset": "2024-03", "reg.n.onset_kind": "slow",
         "reg.n.after_injury": False, "reg.n.trend": "worse", "reg.n.nrs.now": 5, "reg.n.nrs.worst": 8, "reg.n.nrs.average": 6,
         "reg.n.tried": ["pt", "medicine", "brace"], "reg.n.tried.pt": "Spring 2025, 10 weeks, helped a little"},
        {"reg.n.region": "shoulder", "reg.n.side": "right", "reg.n.main": "weakness", "reg.n.onset": "2026-10-29",
         "reg.n.onset_kind": "sudden", "reg.n.after_injury": True, "reg.n.trend": "same", "reg.n.nrs.now": 3, "reg.n.nrs.worst": 6,
         "reg.n.nrs.average": 4, "reg.n.tried": ["rest"]},
        {"reg.n.region": "low_back", "reg.n.side": "middle", "reg.n.main": "stiffness", "reg.n.onset": "2019",
         "reg.n.onset_kind": "unsure", "reg.n.trend": "same", "reg.n.nrs.now": 2, "reg.n.nrs.worst": 5, "reg.n.nrs.average": 3,
         "reg.n.tried": ["none"]},
    ],
    "cort": [
        {"cort.region": "knee", "cort.side": "left", "cort.2.known": "yes", "cort.2": 3, "cort.2.year.known": "yes",
         "cort.2.year": 1, "cort.3": "2026-05", "cort.3.by": "Dr. Lee, Main St.", "cort.3.helped": "some"},
        {"cort.region": "shoulder", "cort.side": "right", "cort.2.known": "unsure", "cort.2.year.known": "unsure", "cort.3.helped": "unsure"},
    ],
}  # fmt: skip


EIGHT_FLAGS: Answers = {
    **ORDINARY,
    "med.4.antibiotics": "yes",
    "hx.1": ["diabetes", "heart", "immune"],
    "hx.2": "yes",
    "hx.2.where": "Left knee, screw",
    "alg.1": ["numbing", "latex"],
    "alg.1.text": "Dentist's shot: heart racing, felt faint.",
    "goal.1": "Walk to the lake with my grandchildren, kneel in the garden again and sleep through the night.",
    "med.1": "Metformin 500 mg twice a day, lisinopril 10 mg, vitamin D, fish oil, melatonin at night when the pain is bad",
    "q.1": (
        "Is this safe with my blood thinner? How many sessions would my knee need before we know if it helps? "
        "Can I drive home by myself, and when can I swim again?"
    ),
}
"""As much as one page must hold: three regions, eight flags, about 600 characters of the patient's own words."""


def largest(
    form: Questionnaire, seed: str = "Every letter counts here. "
) -> tuple[Answers, Mapping[str, Sequence[Answers]]]:
    """Every question answered with all options or the longest text; a row for every region."""
    items = all_items(form.item)
    answers: dict[str, Given] = {
        str(item.link_id): _most(item, seed) for item in items if item.type not in ("group", "display")
    }
    regions = options_of(next(item for item in items if item.link_id == "reg.1"))
    rows: dict[str, list[Answers]] = {}
    for group in (item for item in items if item.type == "group" and item.repeats):
        inner: dict[str, Given] = {
            str(item.link_id): answers[item.link_id] for item in all_items(group.item) if item.link_id in answers
        }
        region = next(link for link in inner if link.endswith("region"))
        rows[group.link_id] = [{**inner, region: code} for code in regions]
    return answers, rows


_PREFERRED = ("yes", "now", "pregnant", "helper", "female", "daily", "worse", "sudden")


def _most(item: Item, seed: str) -> Given:
    match item.type:
        case "boolean":
            return True
        case "integer":
            return 10
        case "decimal":
            return Decimal("9.9")
        case "date":
            return "2026-11-20"
        case "choice":
            options = options_of(item)
            chosen = [option for option in options if option not in ("none", "never", "unsure", "no")]
            return chosen if item.repeats else next((o for o in _PREFERRED if o in options), options[0])
        case _:
            return "".join(islice(cycle(seed), item.max_length or 200)).strip()


def screened(form: Questionnaire, response: QuestionnaireResponse, *, days_until_consult: int | None = 8) -> Screening:
    facts = facts_of(forms.answer_tree(form, response), days_until_consult=days_until_consult)
    return evaluate(intake_rules(), facts, as_of=TODAY, settings={})


def summarised(
    response: QuestionnaireResponse,
    *,
    header: Header | None = None,
    left_open: Sequence[str] = (),
    unfinished: bool = False,
) -> Summary:
    form = intake_form()
    found = screened(form, response)
    return build_summary(
        header or header_for(found),
        form,
        forms.answer_tree(form, response),
        found.findings,
        unfinished=unfinished,
        left_open=[LinkId(link) for link in left_open],
    )


def header_for(found: Screening, name: str = "Alice Example") -> Header:
    return Header(
        patient_id=PatientId(UUID(int=1)),
        patient_name=name,
        born_on=date(1961, 4, 9),
        stated_born_on=None,
        phone="555-0150",
        age=65,
        as_of=TODAY,
        consult_at=datetime(2026, 12, 2, 15, 0, tzinfo=UTC),
        response_id=ResponseId(UUID(int=2)),
        revision=4,
        submitted_at=datetime(2026, 11, 24, 14, 12, tzinfo=UTC),
        saved_at=datetime(2026, 11, 24, 14, 12, tzinfo=UTC),
        questionnaire=intake_form().canonical,
        rule_set=found.rule_set,
        rule_set_version=found.version,
        signed=True,
        disposition=found.disposition,
        urgency=found.urgency,
    )


def ordinary() -> QuestionnaireResponse:
    return respond(intake_form(), ORDINARY, ORDINARY_ROWS)


def eight_flags() -> QuestionnaireResponse:
    return respond(intake_form(), EIGHT_FLAGS, ORDINARY_ROWS)


def biggest(seed: str = "Every letter counts here. ") -> QuestionnaireResponse:
    return respond(intake_form(), *largest(intake_form(), seed))
