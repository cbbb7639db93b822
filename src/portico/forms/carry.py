"""Answers of a draft taken over to another version of its form: by linkId and type, and nothing is lost without being named."""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import UNSET

from portico.forms.answer_values import has_value
from portico.forms.constraints import AnswerRules
from portico.forms.definition import Node
from portico.forms.index import Index, index_of
from portico.forms.model import Answer, Questionnaire, QuestionnaireResponse, ResponseItem
from portico.forms.occurrences import Layout, Occurrence
from portico.forms.pruning import answered_links
from portico.ids import LinkId

Row = tuple[tuple[LinkId, int], ...]
"""Which instance of each repeating container an answer stands in, from the outside in."""
_Found = dict[tuple[LinkId, Row], list[Answer]]


class CarriedOver(msgspec.Struct, frozen=True):
    """The response for the new form. Each answered question is in `carried`, in `dropped`, or in both.

    `ask_again` are questions of the new form whose wording, options or duty changed, or whose answer could not come
    along. `dropped` are the questions that lost an answer.
    """

    response: QuestionnaireResponse
    carried: tuple[LinkId, ...]
    ask_again: tuple[LinkId, ...]
    dropped: tuple[LinkId, ...]


class _Ledger:
    __slots__ = ("asked", "carried", "kept")

    def __init__(self) -> None:
        self.asked: dict[LinkId, None] = {}
        self.carried: dict[LinkId, None] = {}
        self.kept: dict[tuple[LinkId, Row], int] = {}


def carry_over(old_q: Questionnaire, new_q: Questionnaire, r: QuestionnaireResponse) -> CarriedOver:
    """`r` answers `old_q`; the result answers `new_q` and keeps the status and everything else of `r`."""
    old, new = index_of(old_q), index_of(new_q)
    found = _answers(Layout(old.definition, r))
    ledger = _Ledger()
    items = _Carry(old, new, found, ledger).inside(new.definition.root, ())
    lost = [key[0] for key, answers in found.items() if ledger.kept.get(key, 0) < sum(map(has_value, answers))]
    dropped = dict.fromkeys(lost + list(_misfits(old.definition.root, r.item)))
    for link_id in dropped:
        if link_id in new.definition.by_link:
            ledger.asked[link_id] = None
    response = msgspec.structs.replace(
        r, questionnaire=new_q.canonical or None, questionnaire_element=UNSET, item=items
    )
    return CarriedOver(
        response,
        carried=_in_order(new, ledger.carried),
        ask_again=_in_order(new, ledger.asked),
        dropped=tuple(dropped),
    )


def _in_order(index: Index, links: Iterable[LinkId]) -> tuple[LinkId, ...]:
    return tuple(sorted(links, key=lambda link_id: index.definition.by_link[link_id].number))


def _row(here: Occurrence, counts: dict[int, int]) -> Row:
    """Counts instances per repeating container; one that does not repeat is no part of the row."""
    outer = here.above
    return () if outer is None else (*_row(outer, counts), *_step(here, counts))


def _step(here: Occurrence, counts: dict[int, int]) -> Row:
    is_instance = here.owner.repeats or here.owner.is_question
    return ((here.owner.link_id, counts[id(here)]),) if is_instance else ()


def _answers(layout: Layout) -> _Found:
    """All answers, disabled ones too: a draft keeps them."""
    counts = {
        id(inner): number
        for occurrences in layout.by_owner
        for here in occurrences
        for group in here.inner.values()
        for number, inner in enumerate(group)
    }
    found: _Found = {}
    for occurrences in layout.by_owner:
        for here in occurrences:
            for link_id, held in here.held.items():
                answers = [answer for _, item in held for answer in item.answer]
                if answers:
                    found.setdefault((link_id, _row(here, counts)), []).extend(answers)
    return found


def _misfits(above: Node, items: Iterable[ResponseItem]) -> Iterator[LinkId]:
    """Answered items that the old form has not, or has elsewhere, or on which answers cannot stand."""
    for item in items:
        node = above.by_link.get(item.link_id)
        if node is None or not (node.is_group or node.is_question) or (node.is_group and item.answer):
            yield from answered_links(item)
            continue
        below = [item.item] if node.is_group else [answer.item for answer in item.answer]
        if not node.is_group:
            for inner in item.item:
                yield from answered_links(inner)
        for inner_items in below:
            yield from _misfits(node, inner_items)


class _Carry:
    """Builds the new response along the new form."""

    __slots__ = ("_found", "_ledger", "_new", "_old", "_rows")

    def __init__(self, old: Index, new: Index, found: _Found, ledger: _Ledger) -> None:
        self._old = old
        self._new = new
        self._found = found
        self._ledger = ledger
        self._rows: dict[Row, dict[LinkId, int]] = {}
        for _, row in found:
            for depth, (link_id, number) in enumerate(row):
                counts = self._rows.setdefault(row[:depth], {})
                counts[link_id] = max(counts.get(link_id, 0), number + 1)

    def inside(self, above: Node, row: Row) -> tuple[ResponseItem, ...]:
        """The items of one occurrence of the new form."""
        items: list[ResponseItem] = []
        for node in above.children:
            if node.is_group:
                items.extend(self._groups(node, row))
            elif node.is_question:
                items.extend(self._question(node, row))
        return tuple(items)

    def _groups(self, node: Node, row: Row) -> Iterator[ResponseItem]:
        if not node.repeats:
            rows = [row]
        else:
            count = self._rows.get(row, {}).get(node.link_id, 0)
            rows = [(*row, (node.link_id, number)) for number in range(count)]
        for inner in rows:
            items = self.inside(node, inner)
            if items:
                yield ResponseItem(link_id=node.link_id, item=items)

    def _question(self, node: Node, row: Row) -> Iterator[ResponseItem]:
        found = self._found.get((node.link_id, row))
        if not found:
            return
        old = self._old.definition.by_link.get(node.link_id)
        answers = self._carried(node, old, found, row) if old and _same_type(old, node) else []
        if old and _is_changed(self._old, self._new, old, node):
            self._ledger.asked[node.link_id] = None
        if any(map(has_value, answers)):
            self._ledger.carried[node.link_id] = None
        if answers:
            yield ResponseItem(link_id=node.link_id, answer=tuple(answers))

    def _carried(self, node: Node, old: Node, found: list[Answer], row: Row) -> list[Answer]:
        rules = self._new.rules[node.number]
        answers: list[Answer] = []
        for number, answer in enumerate(found):
            if rules is None or (has_value(answer) and not rules.offers(answer)):
                continue
            kept = self._ledger.kept.get((node.link_id, row), 0)
            self._ledger.kept[(node.link_id, row)] = kept + has_value(answer)
            below = self.inside(node, (*row, (node.link_id, number))) if node.children and old.children else ()
            answers.append(msgspec.structs.replace(answer, item=below))
        return answers


def _same_type(old: Node, new: Node) -> bool:
    return old.item is not None and new.item is not None and old.item.type == new.item.type


def _is_changed(old_index: Index, new_index: Index, old: Node, new: Node) -> bool:
    """Whether the question reads differently, offers other options, or has become required."""
    if old.item is None or new.item is None:
        return False
    newly_required = new.required and not old.required
    old_rules, new_rules = old_index.rules[old.number], new_index.rules[new.number]
    other_options = _offer(old_rules) != _offer(new_rules)
    return newly_required or other_options or (old.item.text, old.item.type) != (new.item.text, new.item.type)


def _offer(rules: AnswerRules | None) -> object:
    return (rules.options, rules.option_texts, rules.takes_free_text) if rules else None
