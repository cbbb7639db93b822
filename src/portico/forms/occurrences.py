"""A response laid over its form: which item of the form each item of the response is an occurrence of, and what fits nowhere."""

from collections.abc import Iterable, Sequence

from portico.forms.definition import Definition, Node
from portico.forms.model import QuestionnaireResponse, ResponseItem
from portico.ids import LinkId

Held = tuple[int, ResponseItem]
"""A response item and its position among its siblings."""

_NOTHING: tuple[Held, ...] = ()


class Occurrence:
    """One instance of a container: the form itself, a group, or an answer with questions below it.

    `off` names the children that are switched off here. An absent group that does not repeat has an occurrence
    without content, so that its questions can be asked about.
    """

    __slots__ = ("above", "answer", "held", "inner", "late", "off", "owner", "position", "strays")

    def __init__(
        self, owner: Node, above: "Occurrence | None", position: int | None, answer: int | None = None
    ) -> None:
        self.owner = owner
        self.above = above
        self.position = position
        self.answer = answer
        self.held: dict[LinkId, list[Held]] = {}
        self.inner: dict[LinkId, list[Occurrence]] = {}
        self.off: set[LinkId] = set()
        self.strays: list[Held] = []
        self.late: list[Held] = []

    @property
    def path(self) -> str:
        """FHIRPath-like place in the response; an absent occurrence has that of its container."""
        if self.above is None:
            return "QuestionnaireResponse"
        if self.position is None:
            return self.above.path
        answer = "" if self.answer is None else f".answer[{self.answer}]"
        return f"{self.above.path}.item[{self.position}]{answer}"

    @property
    def is_absent(self) -> bool:
        """Whether the response has nothing at this place."""
        return self.above is not None and self.position is None

    @property
    def is_on(self) -> bool:
        """Whether this place and everything around it is enabled."""
        here: Occurrence | None = self
        while here is not None and here.above is not None:
            if here.owner.link_id in here.above.off:
                return False
            here = here.above
        return True

    def is_enabled(self, link_id: LinkId) -> bool:
        """Whether the child item with this linkId is to be answered or shown at this place."""
        return link_id in self.owner.by_link and link_id not in self.off and self.is_on

    def occurrences(self, link_id: LinkId) -> tuple["Occurrence", ...]:
        """The instances of a child group, or the answers of a question that has questions below it."""
        return tuple(self.inner.get(link_id, ()))

    def items(self, link_id: LinkId) -> Sequence[Held]:
        """The response's items for a child, with their positions."""
        return self.held.get(link_id, _NOTHING)


class Layout:
    """All occurrences of a response, found by the node that owns them."""

    __slots__ = ("by_owner", "root")

    def __init__(self, definition: Definition, response: QuestionnaireResponse) -> None:
        self.by_owner: list[list[Occurrence]] = [[] for _ in definition.nodes]
        self.root = Occurrence(definition.root, None, None)
        self._fill(self.root, response.item)

    def _fill(self, here: Occurrence, items: Iterable[ResponseItem]) -> None:
        self.by_owner[here.owner.number].append(here)
        by_link, held, last = here.owner.by_link, here.held, 0
        for position, item in enumerate(items):
            node = by_link.get(item.link_id)
            if node is None:
                here.strays.append((position, item))
                continue
            if node.number < last:
                here.late.append((position, item))
            last = max(last, node.number)
            held.setdefault(item.link_id, []).append((position, item))
        for node in here.owner.containers:
            self._descend(here, node)

    def _descend(self, here: Occurrence, node: Node) -> None:
        inner: list[Occurrence] = []
        for position, item in here.held.get(node.link_id, _NOTHING):
            if node.is_group:
                inner.append(self._inside(node, here, (position, None), item.item))
            else:
                inner.extend(
                    self._inside(node, here, (position, number), answer.item)
                    for number, answer in enumerate(item.answer)
                )
        if not inner and not node.repeats:
            inner.append(self._inside(node, here, (None, None), ()))
        here.inner[node.link_id] = inner

    def _inside(
        self, node: Node, above: Occurrence, at: tuple[int | None, int | None], items: Iterable[ResponseItem]
    ) -> Occurrence:
        occurrence = Occurrence(node, above, *at)
        self._fill(occurrence, items)
        return occurrence
