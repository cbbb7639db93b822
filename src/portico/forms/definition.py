"""A Questionnaire as a tree of nodes that know their place. Structure only; conditions and constraints are compiled elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from portico.forms.extensions import HIDDEN, Extensions, is_set, read_extensions
from portico.forms.model import Item, Questionnaire
from portico.ids import LinkId


@dataclass(slots=True, eq=False, kw_only=True)
class Node:
    """One item of the form; the root, which is no item, stands above them all. `number` counts in form order."""

    number: int
    link_id: LinkId
    path: str
    above: "Node | None"
    item: Item | None = None
    extensions: Extensions = field(default_factory=dict)
    extensions_readable: bool = True
    is_hidden: bool = False
    is_read_only: bool = False
    is_group: bool = False
    is_question: bool = False
    repeats: bool = False
    required: bool = False
    depth: int = 0
    children: list["Node"] = field(default_factory=list)
    by_link: dict[LinkId, "Node"] = field(default_factory=dict)
    containers: list["Node"] = field(default_factory=list)

    @property
    def lineage(self) -> tuple["Node", ...]:
        """From the root down to this node, both included."""
        above = self.above.lineage if self.above else ()
        return (*above, self)


class Definition:
    """All nodes of a Questionnaire in form order."""

    __slots__ = ("by_link", "nodes", "root")

    def __init__(self, questionnaire: Questionnaire) -> None:
        self.root = Node(number=0, link_id=LinkId(""), path="Questionnaire", above=None)
        self.nodes: list[Node] = [self.root]
        self.by_link: dict[LinkId, Node] = {}
        self._grow(self.root, questionnaire.item)

    def _grow(self, above: Node, items: Iterable[Item]) -> None:
        for position, item in enumerate(items):
            node = _node(item, above, len(self.nodes), f"{above.path}.item[{position}]")
            self.nodes.append(node)
            self.by_link.setdefault(item.link_id, node)
            above.children.append(node)
            above.by_link.setdefault(item.link_id, node)
            self._grow(node, item.item)
            if node.children:
                above.containers.append(node)


def descendants(node: Node) -> list[Node]:
    """Every node below this one, in form order."""
    found: list[Node] = []
    for child in node.children:
        found.append(child)
        found.extend(descendants(child))
    return found


def _node(item: Item, above: Node, number: int, path: str) -> Node:
    extensions, readable = read_extensions((*item.extension, *item.modifier_extension))
    return Node(
        number=number,
        link_id=item.link_id,
        path=path,
        above=above,
        item=item,
        extensions=extensions,
        extensions_readable=readable,
        is_hidden=above.is_hidden or is_set(extensions, HIDDEN),
        is_read_only=above.is_read_only or bool(item.read_only),
        is_group=item.type == "group",
        is_question=item.type not in {"group", "display"},
        repeats=bool(item.repeats),
        required=bool(item.required),
        depth=above.depth + 1,
    )
