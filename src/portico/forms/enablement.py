"""Which items are to be answered: enableWhen with nearest-occurrence scope, settled from the top in dependency order.

The answers of a disabled item count as unanswered, so nothing hangs on what the patient can no longer see.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from portico.forms.answer_values import has_value
from portico.forms.conditions import Condition
from portico.forms.index import Index, index_of
from portico.forms.model import Answer, Questionnaire, QuestionnaireResponse
from portico.forms.occurrences import Layout, Occurrence
from portico.ids import LinkId

NOTHING: frozenset[LinkId] = frozenset()
_STEP = re.compile(r"\.item\[(\d{1,6})\](?:\.answer\[(\d{1,6})\])?")


class EnabledItems:
    """Answers for one response which of its places are enabled; `root` leads to each occurrence of each group."""

    __slots__ = ("_layout", "index")

    def __init__(self, index: Index, layout: Layout) -> None:
        self.index = index
        self._layout = layout

    @property
    def root(self) -> Occurrence:
        """The form itself, the outermost occurrence."""
        return self._layout.root

    def is_enabled(self, path: str) -> bool:
        """For a place such as `QuestionnaireResponse.item[2].item[0]`; False where the form has no such item."""
        steps = _STEP.findall(path)
        if path != "QuestionnaireResponse" + "".join(step.group() for step in _STEP.finditer(path)):
            return False
        here: Occurrence | None = self.root
        enabled = True
        for position, answer in steps:
            if here is None:
                return False
            link_id = _link_at(here, int(position))
            enabled = link_id is not None and here.is_enabled(link_id)
            here = _inside(here, link_id, int(position), int(answer) if answer else None)
        return enabled

    def is_enabled_anywhere(self, link_id: LinkId) -> bool:
        """Whether the item is enabled in at least one occurrence of what contains it."""
        node = self.index.definition.by_link.get(link_id)
        if node is None or node.above is None:
            return False
        return any(here.is_enabled(link_id) for here in self._layout.by_owner[node.above.number])


@dataclass(frozen=True, slots=True, eq=False)
class LaidOut:
    """A response laid over its form once, so that checking, reading and pruning it need not each do that again."""

    questionnaire: Questionnaire
    response: QuestionnaireResponse
    index: Index
    layout: Layout


def lay_out(q: Questionnaire, r: QuestionnaireResponse, *, extra_disabled: frozenset[LinkId] = NOTHING) -> LaidOut:
    """Settles every condition. `extra_disabled` are items switched off from outside, with all below them."""
    index = index_of(q)
    return LaidOut(q, r, index, settled_layout(index, r, extra_disabled))


def enabled_items(
    q: Questionnaire, r: QuestionnaireResponse, *, extra_disabled: frozenset[LinkId] = NOTHING
) -> EnabledItems:
    """Which items are to be answered; `extra_disabled` as in `lay_out`."""
    laid = lay_out(q, r, extra_disabled=extra_disabled)
    return EnabledItems(laid.index, laid.layout)


def settled_layout(index: Index, response: QuestionnaireResponse, extra_disabled: frozenset[LinkId]) -> Layout:
    """The response laid over its form, with `off` filled in at every occurrence."""
    layout = Layout(index.definition, response)
    if extra_disabled:
        switched = [node for node in index.definition.nodes if node.link_id in extra_disabled]
        _switch_off(layout, ((node.above.number, node.link_id) for node in switched if node.above))
    _switch_off(layout, ((node.above.number, node.link_id) for node in index.undecidable if node.above))
    for node in index.conditional:
        conditions, any_of = index.conditions[node.number], index.any_of[node.number]
        for here in layout.by_owner[node.above.number] if node.above else ():
            if not _applies(conditions, here, any_of=any_of):
                here.off.add(node.link_id)
    return layout


def _switch_off(layout: Layout, places: Iterable[tuple[int, LinkId]]) -> None:
    for number, link_id in places:
        for here in layout.by_owner[number]:
            here.off.add(link_id)


def _applies(conditions: tuple[Condition | None, ...], here: Occurrence, *, any_of: bool) -> bool:
    if any_of:
        return any(_holds(condition, here) for condition in conditions)
    return all(_holds(condition, here) for condition in conditions)


def _holds(condition: Condition | None, here: Occurrence) -> bool:
    if condition is None:
        return False
    answers = _answers(condition, here)
    if condition.expects_answer is not None:
        return any(map(has_value, answers)) is condition.expects_answer
    return any(map(condition.test, answers))


def _answers(condition: Condition, here: Occurrence) -> list[Answer]:
    """All enabled answers to the target inside the closest shared container (FHIR R4 enableWhen, nearest occurrence)."""
    scope = here
    while scope.owner is not condition.scope and scope.above is not None:
        scope = scope.above
    places = [scope]
    for link_id in condition.route:
        places = [inner for place in places if link_id not in place.off for inner in place.inner.get(link_id, ())]
    target = condition.target
    return [
        answer
        for place in places
        if target not in place.off
        for _, item in place.items(target)
        for answer in item.answer
    ]


def _link_at(here: Occurrence, position: int) -> LinkId | None:
    for link_id, held in here.held.items():
        if any(at == position for at, _ in held):
            return link_id
    return None


def _inside(here: Occurrence, link_id: LinkId | None, position: int, answer: int | None) -> Occurrence | None:
    if link_id is None:
        return None
    inner = here.occurrences(link_id)
    return next((one for one in inner if one.position == position and one.answer == answer), None)
