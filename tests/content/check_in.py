"""The shipped check-in, filled in and assessed: a calm one with chosen exceptions."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache

from portico.care.days_since import Treated
from portico.commands.made_up_answers import Told, answers
from portico.forms import Item, Questionnaire, QuestionnaireResponse, answer_tree, enabled_items, validate
from portico.intake.check_in_facts import CheckInContext, History, with_context
from portico.intake.facts import facts_of
from portico.platform.content_items import item_notes, items_of
from portico.screening.evaluation import Settings, screen_draft
from portico.screening.facts import Facts
from portico.screening.levels import Assessment, assess
from portico.screening.model import URGENCIES, DraftDanger, RuleSet, Urgency
from tests.content.filled import content

TODAY = date(2026, 11, 24)
CALM_SITE: Mapping[str, Told] = {"site.region": "knee", "site.now": 2, "site.worst": 3, "site.change": "same"}
WELL: History = History(immune="no", diabetes="no")

Yes = tuple[str, str]
"""One question and an answer that counts as yes."""


@cache
def form() -> Questionnaire:
    return content().questionnaires["urn:portico:questionnaire:soreness-checkin|1.0.0"].form


@cache
def rule_set() -> RuleSet:
    return content().rule_sets["soreness-checkin|1.0.0"].rule_set


@cache
def items() -> Mapping[str, Item]:
    return {item.link_id: item for item in items_of(form().item)}


def after(days: int | None, **known: object) -> CheckInContext:
    """A patient without other illness, so many days after a knee was treated; None: nobody noted the day."""
    day = None if days is None else TODAY - timedelta(days=days)
    told = {"performed_on": day, "regions": ("knee",), "tissues": ("ligament",), "hydrodissection": False}
    return CheckInContext(procedures=(Treated(**{**told, **known}),), history=WELL)  # type: ignore[arg-type]


def filled(
    told: Mapping[str, Told] | None = None, *, sites: Sequence[Mapping[str, Told]] = ({},), only_told: bool = False
) -> QuestionnaireResponse:
    """A complete calm check-in but for those `told`; with `only_told` nothing else is answered."""
    rows = [dict(site) if only_told else {**CALM_SITE, **site} for site in sites]
    return answers(form(), told or {}, {"site": rows}, today=TODAY, only_told=only_told)


def facts(response: QuestionnaireResponse, context: CheckInContext) -> Facts:
    return with_context(facts_of(answer_tree(form(), response)), context, TODAY)


def assessed(
    told: Mapping[str, Told] | None = None,
    *,
    days: int | None = 5,
    sites: Sequence[Mapping[str, Told]] = ({},),
    settings: Settings | None = None,
    context: CheckInContext | None = None,
) -> Assessment:
    response = filled(told, sites=sites)
    assert faults(response) == []
    read = facts(response, context or after(days))
    return assess(rule_set(), read, as_of=TODAY, settings=settings or {})


def in_draft(told: Mapping[str, Told], *, days: int | None = 5) -> DraftDanger:
    read = facts(filled(told, sites=(), only_told=True), after(days))
    return screen_draft(rule_set(), read, as_of=TODAY, settings={})


def faults(response: QuestionnaireResponse) -> list[str]:
    return [f"{fault.link_id}: {fault.code}" for fault in validate(form(), response, mode="complete", today=TODAY)]


def fired(found: Assessment) -> set[str]:
    return {str(finding.rule) for finding in found.findings if finding.state == "fired"}


def levels() -> dict[Yes, Urgency]:
    """Every answer of the form that is a sign, with the level that the form gives it."""
    found: dict[Yes, Urgency] = {}
    for link_id, notes in item_notes(form()).items():
        for code in ("yes", "unsure") if notes.level else ():
            found[link_id, code] = notes.level  # type: ignore[assignment]
        found |= {(link_id, code): level for code, level in notes.option_levels.items()}  # type: ignore[misc]
    return found


def told_by(*yeses: Yes) -> dict[str, Told]:
    """These answers, with what must be said before a follow-up is asked."""
    told: dict[str, list[str]] = {}
    for link_id, code in yeses:
        for needed, answer in (*_asked_by(link_id), (link_id, code)) if _asked_by(link_id) else ((link_id, code),):
            if answer not in told.setdefault(needed, []):
                told[needed].append(answer)
    return {link_id: codes if items()[link_id].repeats else codes[-1] for link_id, codes in told.items()}


def _asked_by(link_id: str) -> tuple[Yes, ...]:
    """The first answer that makes the form ask this question."""
    conditions = items()[link_id].enable_when
    if not conditions:
        return ()
    coding = conditions[0].answer_coding
    assert coding is not None
    return ((conditions[0].question, coding.code or ""),)


def questions(response: QuestionnaireResponse) -> Iterator[str]:
    """What a person is asked who answers so."""
    enabled = enabled_items(form(), response)
    for link_id, item in items().items():
        if item.type not in ("group", "display") and enabled.is_enabled_anywhere(item.link_id):
            yield link_id


def rank(level: str) -> int:
    """Higher is more urgent."""
    return -URGENCIES.index(level)
