"""Places that were named too late for their danger questions: what nobody asked is never an all-clear. Pure."""

from collections.abc import Sequence
from typing import Final

from portico.forms import AnswerGroup, Questionnaire
from portico.forms.definition import Node
from portico.forms.index import index_of
from portico.forms.model import Coding
from portico.ids import LinkId, RuleId
from portico.intake.own_words import Heard, findings_of_words
from portico.intake.summary_layout import REGION, REGIONS_NAMED, section_of
from portico.screening.model import Finding, RuleSet

RULE: Final = RuleId("PS35")
"""Clinical.md ends at PS34; this one is the program's own, for answers that no page can bring about."""


def beside_rules(form: Questionnaire, tree: AnswerGroup, heard: Sequence[Heard], rule_set: RuleSet) -> list[Finding]:
    """What rules cannot see: danger in the patient's own words, and danger questions that were never put."""
    return [*findings_of_words(heard, rule_set), *unasked_in(form, tree, rule_set)]


def unasked_in(form: Questionnaire, tree: AnswerGroup, rule_set: RuleSet) -> list[Finding]:
    """One finding that names every danger question of a place which was described and not named where places are asked for.

    It leaves the result open as an unanswered danger question does. Empty when all were asked.
    """
    late, not_asked = _codes(tree, REGION) - _codes(tree, REGIONS_NAMED), _not_asked(tree)
    asked_about = [node for node in index_of(form).definition.nodes if _asked_about(node) & late]
    missing = {node: [link for link in _questions(node) if link in not_asked] for node in asked_about}
    places = [node.item.text or "" for node, links in missing.items() if links and node.item]
    if not places:
        return []
    finding = Finding(
        rule=RULE,
        version=rule_set.version,
        state="not_evaluable",
        effect="call_before_booking",
        severity="high",
        source=("CMC",),
        text=f"Danger questions were not asked: {', '.join(places)}. The place was added after those questions.",
        confirm=True,
        link_ids=(REGION,),
        missing=tuple(dict.fromkeys(link for links in missing.values() for link in links)),
    )
    return [finding]


def _asked_about(node: Node) -> frozenset[str]:
    """The places for which this group is asked."""
    if node.item is None or not node.is_group or section_of(node.link_id) != "danger_questions":
        return frozenset()
    answers = (condition for condition in node.item.enable_when if condition.question == REGIONS_NAMED)
    return frozenset(each.answer_coding.code for each in answers if each.answer_coding and each.answer_coding.code)


def _not_asked(group: AnswerGroup) -> frozenset[LinkId]:
    return group.not_asked.union(*(_not_asked(each) for inner in group.groups.values() for each in inner))


def _codes(group: AnswerGroup, link_id: LinkId) -> frozenset[str]:
    own = {value.code for value in group.values.get(link_id, ()) if isinstance(value, Coding) and value.code}
    inner = (_codes(each, link_id) for occurrences in group.groups.values() for each in occurrences)
    return frozenset(own.union(*inner))


def _questions(node: Node) -> list[LinkId]:
    own = [node.link_id] if node.is_question else []
    return [*own, *(link for child in node.children for link in _questions(child))]
