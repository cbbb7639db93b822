"""The shipped intake, filled in and screened: harmless answers with chosen exceptions."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache

from portico.commands.made_up_answers import Told, answers
from portico.forms import Item, Questionnaire, QuestionnaireResponse, answer_tree, validate
from portico.intake.facts import facts_of
from portico.platform.content import Content, load_content
from portico.platform.content_items import item_notes, items_of
from portico.screening.evaluation import Settings, evaluate, screen_draft
from portico.screening.model import DraftDanger, RuleSet, Screening

TODAY = date(2026, 11, 24)
Rows = Mapping[str, Sequence[Mapping[str, Told]]]

CALM: Mapping[str, Told] = {
    "who.1": "self",
    "who.2": date(1980, 5, 17),
    "who.3": "male",
    "ves.1": "never",
    "doc.1": "images",
    "cost.1": True,
    "ack.1": True,
}
"""Answers that speak against nothing; the rest is answered with no, none or never."""
CALM_ROW: Mapping[str, Told] = {
    "reg.n.side": "left",
    "reg.n.main": "pain",
    "reg.n.onset": date(2024, 3, 1),
    "reg.n.onset_kind": "slow",
    "reg.n.after_injury": False,
    "reg.n.trend": "same",
    "reg.n.nrs.now": 3,
    "reg.n.nrs.worst": 4,
    "reg.n.nrs.average": 3,
    "reg.n.tried": "pt",
}


@cache
def content() -> Content:
    return load_content()


@cache
def form() -> Questionnaire:
    return next(iter(content().questionnaires.values())).form


@cache
def rule_set() -> RuleSet:
    return next(iter(content().rule_sets.values())).rule_set


@cache
def items() -> Mapping[str, Item]:
    return {item.link_id: item for item in items_of(form().item)}


def codes(link_id: str) -> list[str]:
    return [option.value_coding.code or "" for option in items()[link_id].answer_option if option.value_coding]


def flags(*levels: str) -> list[str]:
    """LinkIds of the red flags of these levels, in form order."""
    return [str(link_id) for link_id, notes in item_notes(form()).items() if notes.level in levels]


def region_of(link_id: str) -> str:
    """A region that asks this red flag."""
    name = link_id.split(".")[1]
    return name if name in codes("reg.1") else "knee"


def filled(
    told: Mapping[str, Told] | None = None, *, regions: Sequence[str] = ("knee",), rows: Rows | None = None
) -> QuestionnaireResponse:
    """A complete form: calm answers but for those `told`."""
    details = [{**CALM_ROW, "reg.n.region": region} for region in regions]
    given = {**CALM, "reg.1": tuple(regions), **(told or {})}
    return answers(form(), given, {"reg.n": details, **(rows or {})}, today=TODAY)


def faults(response: QuestionnaireResponse) -> list[str]:
    return [f"{fault.link_id}: {fault.code}" for fault in validate(form(), response, mode="complete", today=TODAY)]


def screened(
    response: QuestionnaireResponse, *, settings: Settings | None = None, days_until_consult: int | None = None
) -> Screening:
    facts = facts_of(answer_tree(form(), response), days_until_consult=days_until_consult)
    return evaluate(rule_set(), facts, as_of=TODAY, settings=settings or {})


def danger(told: Mapping[str, Told], rows: Rows | None = None) -> DraftDanger:
    """What a draft with only these answers shows."""
    draft = answers(form(), told, rows or {}, today=TODAY, only_told=True)
    return screen_draft(rule_set(), facts_of(answer_tree(form(), draft)), as_of=TODAY, settings={})


def fired(result: Screening) -> set[str]:
    return {finding.rule for finding in result.findings if finding.state == "fired"}
