"""A form compiled once: its tree, its conditions in the order they must be settled, its constraints. Cached per Questionnaire."""

import weakref
from collections import deque

from portico.forms.conditions import Condition, compile_condition
from portico.forms.constraints import AnswerRules, compile_rules, occurs
from portico.forms.definition import Definition, Node
from portico.forms.extensions import ENABLE_WHEN_EXPRESSION, MAX_OCCURS, MIN_OCCURS
from portico.forms.model import Questionnaire
from portico.forms.value_sets import contained_value_sets
from portico.ids import LinkId


class Index:
    """`conditions` holds None for one that can never hold. Nodes on or behind a cycle of conditions are `undecidable`."""

    __slots__ = (
        "any_of",
        "conditional",
        "conditions",
        "definition",
        "occurs",
        "rules",
        "undecidable",
        "value_sets",
    )

    def __init__(self, questionnaire: Questionnaire) -> None:
        self.definition = Definition(questionnaire)
        self.value_sets = contained_value_sets(questionnaire.contained)
        nodes = self.definition.nodes
        self.conditions: list[tuple[Condition | None, ...]] = [self._conditions(node) for node in nodes]
        self.any_of = [node.item is not None and node.item.enable_behavior == "any" for node in nodes]
        self.rules: list[AnswerRules | None] = [
            compile_rules(node, self.value_sets) if node.is_question else None for node in nodes
        ]
        self.occurs = [(occurs(node, MIN_OCCURS), occurs(node, MAX_OCCURS)) for node in nodes]
        ordered = dependency_order(self.definition)
        self.conditional = [node for node in ordered if self.conditions[node.number]]
        settled = {node.number for node in ordered}
        self.undecidable = [node for node in nodes if node.number not in settled]

    def _conditions(self, node: Node) -> tuple[Condition | None, ...]:
        if node.item is None:
            return ()
        if ENABLE_WHEN_EXPRESSION in node.extensions:
            return (None,)
        return tuple(compile_condition(condition, node, self.definition) for condition in node.item.enable_when)


def dependency_order(definition: Definition) -> list[Node]:
    """Every node after its container and after the questions its conditions ask; those on or behind a cycle are left out."""
    waiting: list[int] = []
    followers: list[list[Node]] = [[] for _ in definition.nodes]
    for node in definition.nodes:
        needs = dependencies(node, definition.by_link)
        waiting.append(len(needs))
        for need in needs:
            followers[need.number].append(node)
    ready = deque(node for node in definition.nodes if not waiting[node.number])
    ordered: list[Node] = []
    while ready:
        node = ready.popleft()
        ordered.append(node)
        for follower in followers[node.number]:
            waiting[follower.number] -= 1
            if not waiting[follower.number]:
                ready.append(follower)
    return ordered


def dependencies(node: Node, by_link: dict[LinkId, Node]) -> list[Node]:
    """The container of a node and the targets of its conditions."""
    needs = [node.above] if node.above else []
    if node.item:
        needs += [by_link[c.question] for c in node.item.enable_when if c.question in by_link]
    return needs


_INDEXES: dict[int, tuple["weakref.ref[Questionnaire]", Index]] = {}


def index_of(questionnaire: Questionnaire) -> Index:
    """The index of this very object; it goes when the Questionnaire goes."""
    key = id(questionnaire)
    known = _INDEXES.get(key)
    if known is not None and known[0]() is questionnaire:
        return known[1]
    index = Index(questionnaire)

    def forget(reference: "weakref.ref[Questionnaire]") -> None:
        entry = _INDEXES.get(key)
        if entry is not None and entry[0] is reference:
            del _INDEXES[key]

    _INDEXES[key] = (weakref.ref(questionnaire, forget), index)
    return index
