"""Dead conditions: parts of a rule that no answers can make true, found by trying telling answers.

What it reports is dead: atoms on one item under one `all` are tried together over representatives of every
region that their thresholds cut; atoms on different items are taken as independent. It finds less than a
solver, never more.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from portico.ids import LinkId
from portico.screening.expressions import AllOf, AnyOf, AnyRow, EngineError, Exceeds, Expr, Not
from portico.screening.item_kinds import ItemKind
from portico.screening.model import Setting, SettingType
from portico.screening.representatives import AS_OF, Atom, facts_around
from portico.screening.scope import Scope, SettingValue

_STAND_IN: Mapping[SettingType, SettingValue] = {"integer": 1, "decimal": 1, "boolean": True, "string": "set"}
"""For unset settings: a rule that waits for the clinic's number is not dead."""


_TELLING_PAIR = 2
_MOST_TRIED = 20_000
"""Past this a condition is taken as possible."""


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """The items and settings against which conditions are tried.

    All linkIds and settings in a condition must be known.
    """

    items: Mapping[LinkId, ItemKind]
    settings: Mapping[str, Setting]

    def dead_parts(self, expr: Expr, *, wanted: bool = True, step: str = "") -> Iterator[str]:
        """Steps (`.of[1].when`) to each outermost part that can never be true; empty: the whole condition."""
        if not self.can_be(expr, wanted=wanted):
            yield step
            return
        match expr:
            case AllOf() | AnyOf():
                for index, part in enumerate(expr.of):
                    yield from self.dead_parts(part, wanted=wanted, step=f"{step}.of[{index}]")
            case Not():
                yield from self.dead_parts(expr.of, wanted=not wanted, step=f"{step}.of")
            case AnyRow():
                yield from self.dead_parts(expr.when, wanted=wanted, step=f"{step}.when")
            case _:
                return

    def can_be(self, expr: Expr, *, wanted: bool) -> bool:
        """Whether some answers give the expression this truth, as far as the module's docstring goes."""
        match expr:
            case AllOf() | AnyOf():
                parts = (self.can_be(part, wanted=wanted) for part in expr.of)
                if isinstance(expr, AllOf) is wanted:
                    return all(parts) and self._together(_literals(expr, wanted=wanted))
                return any(parts)
            case Not():
                return self.can_be(expr.of, wanted=not wanted)
            case AnyRow():
                return not wanted or self.can_be(expr.when, wanted=True)
            case EngineError() | Exceeds():
                return True
            case _:
                return self._together([(expr, wanted)])

    def _together(self, literals: Iterable[tuple[Atom, bool]]) -> bool:
        by_item: dict[LinkId, list[tuple[Atom, bool]]] = defaultdict(list)
        for atom, wanted in literals:
            by_item[atom.link_id].append((atom, wanted))
        return all(self._possible(link_id, of_item) for link_id, of_item in by_item.items())

    def _possible(self, link_id: LinkId, literals: list[tuple[Atom, bool]]) -> bool:
        settings = {
            key: _STAND_IN[setting.type] if setting.default is None else setting.default
            for key, setting in self.settings.items()
        }
        kind = self.items[link_id]
        if kind.repeats and len(literals) > _TELLING_PAIR and kind.type not in {"choice", "open-choice", "group"}:
            return True  # the representatives hold pairs only
        tried = facts_around(link_id, kind, [atom for atom, _ in literals], settings)
        for number, facts in enumerate(tried):
            scope = Scope(facts, AS_OF, settings)
            if number > _MOST_TRIED or all(atom.truth(scope) is wanted for atom, wanted in literals):
                return True
        return False


def _literals(expr: Expr, *, wanted: bool) -> Iterator[tuple[Atom, bool]]:
    """The atoms that must all have their truth together for the expression to have `wanted`."""
    match expr:
        case AllOf() | AnyOf():
            if isinstance(expr, AllOf) is wanted:
                for part in expr.of:
                    yield from _literals(part, wanted=wanted)
        case Not():
            yield from _literals(expr.of, wanted=not wanted)
        case AnyRow() | EngineError() | Exceeds():
            return
        case _:
            yield expr, wanted
