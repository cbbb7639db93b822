"""May this form be published? Every reason against it at once, in form order, for the person who wrote the form."""

from collections.abc import Callable, Iterator
from typing import Final

from portico.forms.definition import Node
from portico.forms.extensions import NOT_EVALUATED, Extensions, read_extensions
from portico.forms.faults import NO_ITEM, Fault, Severity
from portico.forms.index import index_of
from portico.forms.model import Item, Questionnaire
from portico.forms.publication_conditions import condition_notes
from portico.forms.publication_constraints import constraint_notes
from portico.forms.publication_notes import Note
from portico.ids import LinkId

_WITH_OPTIONS = frozenset(
    {"choice", "open-choice", "decimal", "integer", "date", "dateTime", "time", "string", "quantity"}
)
_WITH_LENGTH = frozenset({"boolean", "decimal", "integer", "string", "text", "url", "open-choice"})

_INVARIANTS: Final[tuple[tuple[str, str, Callable[[Item], bool]], ...]] = (
    ("que-1", "A group needs items inside it.", lambda i: i.type == "group" and not i.item),
    ("que-1", "A display item cannot have items inside it.", lambda i: i.type == "display" and bool(i.item)),
    ("que-3", "A display item cannot have a code.", lambda i: i.type == "display" and bool(i.code)),
    (
        "que-6",
        "A display item is a text to read; required and repeats are not for it.",
        lambda i: i.type == "display" and (i.required is not None or i.repeats is not None),
    ),
    (
        "que-9",
        "A display item is a text to read; readOnly is not for it.",
        lambda i: i.type == "display" and i.read_only is not None,
    ),
    (
        "que-8",
        "Only a question can have an initial value.",
        lambda i: i.type in {"group", "display"} and bool(i.initial),
    ),
    (
        "que-4",
        "Give either answerOption or answerValueSet, not both.",
        lambda i: bool(i.answer_option) and i.answer_value_set is not None,
    ),
    (
        "que-5",
        "An item of type {type} cannot have a list of options.",
        lambda i: bool(i.answer_option or i.answer_value_set) and i.type not in _WITH_OPTIONS,
    ),
    (
        "que-10",
        "An item of type {type} cannot have maxLength.",
        lambda i: i.max_length is not None and i.type not in _WITH_LENGTH,
    ),
    (
        "que-11",
        "With answerOption, mark the initial answer by initialSelected.",
        lambda i: bool(i.answer_option) and bool(i.initial),
    ),
    (
        "que-13",
        "Several initial values need a question that repeats.",
        lambda i: len(i.initial) > 1 and not i.repeats,
    ),
)
"""Invariants of FHIR R4 Questionnaire that concern one item alone."""


def check_questionnaire(q: Questionnaire) -> tuple[Fault, ...]:
    """Errors forbid publication, warnings are for the author to weigh. Codes `que-…` are the invariants of FHIR R4."""
    index = index_of(q)
    found = [_fault(note, NO_ITEM, "Questionnaire") for note in _form_notes(q)]
    seen: set[LinkId] = set()
    for node in index.definition.nodes[1:]:
        if node.item is None:
            continue
        notes = [*_identity_notes(node, seen), *_structure_notes(node, node.item)]
        notes += [*_extension_notes(node, node.item), *condition_notes(node, node.item, index)]
        notes += [*constraint_notes(node, node.item, index)]
        found += [_fault(note, node.link_id, node.path) for note in notes]
        seen.add(node.link_id)
    return tuple(found)


def _fault(note: Note, link_id: LinkId, path: str) -> Fault:
    severity: Severity = "warning" if note.is_warning else "error"
    return Fault(link_id=link_id, path=path, code=note.code, message=note.message, severity=severity)


def _form_notes(q: Questionnaire) -> Iterator[Note]:
    if not q.url or not q.version or "|" in q.url:
        yield Note("identity", "A published form needs a `url` and a `version`; together they name it for ever.")
    if not q.item:
        yield Note("empty", "A form without items cannot be filled in.")
    if q.modifier_extension or q.implicit_rules:
        yield Note(
            "modifier",
            "A modifierExtension or implicitRules may change the meaning of the form; none is known.",
        )
    for name in _unsupported(read_extensions(q.extension)[0]):
        yield Note("not-evaluated", f"`{name}` is not evaluated here, so a form that relies on it is refused.")


def _unsupported(extensions: Extensions) -> list[str]:
    return [NOT_EVALUATED[url] for url in extensions if url in NOT_EVALUATED]


def _identity_notes(node: Node, seen: set[LinkId]) -> Iterator[Note]:
    if node.link_id in seen:
        yield Note("que-2", "This linkId is used more than once in the form.")
    if not node.link_id.strip() or node.link_id != node.link_id.strip():
        yield Note("link-id", "A linkId needs characters and no blanks around them.")


def _structure_notes(node: Node, item: Item) -> Iterator[Note]:
    for code, message, is_broken in _INVARIANTS:
        if is_broken(item):
            yield Note(code, message.format(type=item.type))
    if node.above and node.required and node.above.is_group and not (node.above.required or node.above.repeats):
        message = "This item is required, but a response may leave its whole group out; make the group required too."
        yield Note("required-in-optional-group", message, is_warning=True)


def _extension_notes(node: Node, item: Item) -> Iterator[Note]:
    if not node.extensions_readable:
        yield Note(
            "extension",
            "An extension of this item cannot be read: it needs a url and a value of the right type.",
        )
    if item.modifier_extension or any(option.modifier_extension for option in item.answer_option):
        yield Note("modifier", "A modifierExtension may change the meaning of this item; none is known.")
    for name in _unsupported(node.extensions):
        yield Note("not-evaluated", f"`{name}` is not evaluated here, so a form that relies on it is refused.")
