"""What a questionnaire says about its items beyond FHIR: source, label, level; and its items as rules see them."""

from collections.abc import Iterator, Mapping

import msgspec

from portico.forms import Item, Questionnaire
from portico.forms import extensions as fhir
from portico.forms.definition import Definition, Node
from portico.forms.extensions import Extensions
from portico.ids import LinkId
from portico.screening.item_kinds import ItemKind

_OWN = "urn:portico:extension:"
SOURCE = f"{_OWN}source"
CONFIRMED_BY = f"{_OWN}confirmed-by"
LABEL = f"{_OWN}label"
RED_FLAG = f"{_OWN}red-flag"
NOBODY = "nobody"
"""FHIR has no empty value, so a shipped file says it in a word."""


class ItemNotes(msgspec.Struct, frozen=True, kw_only=True):
    """Our extensions of one item. `level` is that of a red flag: E, U or R in an intake, an urgency in a check-in.

    `option_levels` are those of single options, by code: of a checklist, or of an answer that says more than yes.
    """

    link_id: LinkId
    sources: tuple[str, ...]
    confirmed_by: tuple[str, ...]
    label: str | None
    level: str | None
    option_levels: Mapping[str, str]


def item_notes(form: Questionnaire) -> dict[LinkId, ItemNotes]:
    """Our extensions of every item, in form order."""
    return {node.link_id: _notes(node) for node in Definition(form).nodes[1:]}


def _notes(node: Node) -> ItemNotes:
    label, level = (fhir.first(node.extensions, url) for url in (LABEL, RED_FLAG))
    return ItemNotes(
        link_id=node.link_id,
        sources=_texts(node.extensions, SOURCE),
        confirmed_by=_texts(node.extensions, CONFIRMED_BY),
        label=label.value_string if label else None,
        level=level.value_code if level else None,
        option_levels=dict(_option_levels(node.item)),
    )


def _option_levels(item: Item | None) -> Iterator[tuple[str, str]]:
    for option in item.answer_option if item else ():
        level = fhir.first(fhir.read_extensions(option.extension)[0], RED_FLAG)
        if level and level.value_code and option.value_coding:
            yield option.value_coding.code or "", level.value_code


def _texts(extensions: Extensions, url: str) -> tuple[str, ...]:
    return tuple(found.value_string for found in extensions.get(url, ()) if found.value_string)


def item_kinds(form: Questionnaire) -> dict[LinkId, ItemKind]:
    """The items as `screening.checking` wants to know them."""
    return {node.link_id: _kind(node, node.item) for node in Definition(form).nodes[1:] if node.item}


def _kind(node: Node, item: Item) -> ItemKind:
    least, most = (fhir.first(node.extensions, url) for url in (fhir.MIN_VALUE, fhir.MAX_VALUE))
    return ItemKind(
        type=item.type,
        codes=frozenset(option.value_coding.code or "" for option in item.answer_option if option.value_coding),
        repeats=node.repeats,
        groups=tuple(above.link_id for above in node.lineage[1:-1] if above.is_group and above.repeats),
        minimum=least.number if least else None,
        maximum=most.number if most else None,
    )


def items_of(items: tuple[Item, ...]) -> Iterator[Item]:
    """Items and all items inside them, in form order."""
    for item in items:
        yield item
        yield from items_of(item.item)
