"""Responses made smaller or tidier without changing what they say: disabled answers out, client texts out, form order."""

from collections.abc import Iterator

import msgspec
from msgspec import UNSET

from portico.forms.answer_values import has_value, value_key
from portico.forms.constraints import AnswerRules
from portico.forms.definition import Node
from portico.forms.enablement import NOTHING, LaidOut, lay_out
from portico.forms.index import Index, index_of
from portico.forms.model import Answer, Questionnaire, QuestionnaireResponse, ResponseItem
from portico.forms.occurrences import Occurrence
from portico.ids import LinkId


class Pruned(msgspec.Struct, frozen=True):
    """A response without what does not apply, and the questions whose answers went, in form order."""

    response: QuestionnaireResponse
    dropped: tuple[LinkId, ...]


def without_disabled(
    q: Questionnaire, r: QuestionnaireResponse, *, extra_disabled: frozenset[LinkId] = NOTHING
) -> Pruned:
    """Drops every disabled item with all below it. Items that the form does not know are left for `validate` to refuse."""
    return enabled_part(lay_out(q, r, extra_disabled=extra_disabled))


def enabled_part(laid: LaidOut, *, keep: frozenset[LinkId] = NOTHING) -> Pruned:
    """As `without_disabled`, for a response that is laid out already; the very same response when nothing was dropped.

    Answers to `keep` stay even where their question is disabled.
    """
    r, dropped = laid.response, dict[LinkId, None]()
    items = _kept(laid.layout.root, r.item, dropped, keep)
    order = {node.link_id: node.number for node in reversed(laid.index.definition.nodes)} if dropped else {}
    links = sorted(dropped, key=lambda link_id: order.get(link_id, len(order)))
    return Pruned(r if items is r.item else msgspec.structs.replace(r, item=items), tuple(links))


def _kept(
    here: Occurrence, items: tuple[ResponseItem, ...], dropped: dict[LinkId, None], keep: frozenset[LinkId]
) -> tuple[ResponseItem, ...]:
    """The very same tuple when nothing was dropped."""
    kept: list[ResponseItem] = []
    for position, item in enumerate(items):
        if item.link_id in here.off:
            dropped.update((link, None) for link in answered_links(item) if link not in keep)
            kept.extend(_only((item,), keep))
        else:
            kept.append(_kept_inside(here, position, item, dropped, keep))
    unchanged = len(kept) == len(items) and all(one is other for one, other in zip(kept, items, strict=True))
    return items if unchanged else tuple(kept)


def _only(items: tuple[ResponseItem, ...], keep: frozenset[LinkId]) -> tuple[ResponseItem, ...]:
    """Of disabled items those to keep, and the groups above them."""
    kept = []
    for item in items:
        inner = _only(item.item, keep)
        if item.link_id in keep:
            kept.append(item)
        elif inner:
            kept.append(msgspec.structs.replace(item, item=inner, answer=()))
    return tuple(kept)


def _kept_inside(
    here: Occurrence, position: int, item: ResponseItem, dropped: dict[LinkId, None], keep: frozenset[LinkId]
) -> ResponseItem:
    inner = [one for one in here.occurrences(item.link_id) if one.position == position]
    if not inner:
        return item
    if inner[0].answer is None:
        items = _kept(inner[0], item.item, dropped, keep)
        return item if items is item.item else msgspec.structs.replace(item, item=items)
    answers = tuple(_kept_answer(one, item, dropped, keep) for one in inner)
    unchanged = all(one is other for one, other in zip(answers, item.answer, strict=True))
    return item if unchanged else msgspec.structs.replace(item, answer=answers)


def _kept_answer(here: Occurrence, item: ResponseItem, dropped: dict[LinkId, None], keep: frozenset[LinkId]) -> Answer:
    answer = item.answer[here.answer or 0]
    items = _kept(here, answer.item, dropped, keep)
    return answer if items is answer.item else msgspec.structs.replace(answer, item=items)


def _in_the_forms_words(rules: AnswerRules | None, answer: Answer) -> Answer:
    """What a choice is called is for the form to say, not for who sends it; a choice of no list keeps its name."""
    coding = answer.value_coding
    if coding is None or rules is None or rules.options is None:
        return answer
    text = rules.option_texts.get(value_key("value_coding", coding))
    if coding.display in (None, text):
        return answer
    return msgspec.structs.replace(answer, value_coding=msgspec.structs.replace(coding, display=text))


def answered_links(item: ResponseItem) -> Iterator[LinkId]:
    """The linkIds of an item and all below it that hold a value, as often as they do."""
    if any(map(has_value, item.answer)):
        yield item.link_id
    for inner in item.item:
        yield from answered_links(inner)
    for answer in item.answer:
        for inner in answer.item:
            yield from answered_links(inner)


def normalise(q: Questionnaire, r: QuestionnaireResponse) -> QuestionnaireResponse:
    """The response as it is kept: bound to `url|version`, in form order, with the form's own texts and no client's.

    Items that the form does not know keep their order and come last.
    """
    index = index_of(q)
    items = _tidy(index, index.definition.root, r.item)
    return msgspec.structs.replace(
        r, questionnaire=q.canonical or None, questionnaire_element=UNSET, text=UNSET, item=items
    )


def _tidy(index: Index, node: Node | None, items: tuple[ResponseItem, ...]) -> tuple[ResponseItem, ...]:
    by_link = node.by_link if node else {}
    last = len(items) and max((child.number for child in by_link.values()), default=0) + 1
    ordered = sorted(items, key=lambda item: by_link[item.link_id].number if item.link_id in by_link else last)
    return tuple(_tidy_item(index, by_link.get(item.link_id), item) for item in ordered)


def _tidy_item(index: Index, node: Node | None, item: ResponseItem) -> ResponseItem:
    rules = index.rules[node.number] if node is not None else None
    answers = tuple(
        msgspec.structs.replace(answer, item=_tidy(index, node, answer.item)) if answer.item else answer
        for answer in (_in_the_forms_words(rules, answer) for answer in item.answer)
    )
    items = _tidy(index, node, item.item) if item.item else item.item
    return msgspec.structs.replace(item, text=None, text_element=UNSET, definition=None, answer=answers, item=items)
