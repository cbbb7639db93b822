"""Answers worth trying: for the atoms on one item, one from each region that their thresholds cut."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain, combinations, pairwise
from math import ceil, floor
from typing import TypeAlias

from portico.ids import LinkId
from portico.screening.elapsed_time import Unit
from portico.screening.expressions import (
    Answered,
    Compare,
    Count,
    Elapsed,
    HasCode,
    IsTrue,
    Operand,
    SettingRef,
)
from portico.screening.facts import Code, Facts, PartialDate, Value
from portico.screening.item_kinds import ItemKind
from portico.screening.scope import SettingValue, exact

Atom: TypeAlias = HasCode | IsTrue | Compare | Answered | Count | Elapsed
Settings: TypeAlias = Mapping[str, SettingValue | None]

AS_OF = date(2024, 7, 1)
"""Any day would do; far from the end of a month and of a year."""

_DAYS: Mapping[Unit, Decimal] = {
    "days": Decimal(1),
    "weeks": Decimal(7),
    "months": Decimal("30.436875"),
    "years": Decimal("365.2425"),
}
_MARGIN = 3
_OTHER_TEXT = "any other text"


def facts_around(link_id: LinkId, kind: ItemKind, atoms: Sequence[Atom], settings: Settings) -> Iterator[Facts]:
    """Not asked, left open, and each telling combination of answers (or number of rows)."""
    yield Facts(not_asked=frozenset({link_id}))
    yield Facts()
    lengths = _lengths(atoms, settings)
    if kind.type == "group":
        for length in lengths:
            yield Facts(rows={link_id: (Facts(),) * length})
        return
    for answers in _answer_sets(kind, atoms, settings, lengths):
        yield Facts(values={link_id: answers})


def _lengths(atoms: Sequence[Atom], settings: Settings) -> list[int]:
    counts = [_threshold(atom.value, settings) for atom in atoms if isinstance(atom, Count)]
    near = {int(count) + step for count in counts if isinstance(count, Decimal) for step in (-1, 0, 1)}
    return sorted({1, 2} | {length for length in near if length > 0})


def _answer_sets(
    kind: ItemKind, atoms: Sequence[Atom], settings: Settings, lengths: Collection[int]
) -> Iterator[tuple[Value, ...]]:
    if kind.type in {"choice", "open-choice"}:
        yield from _coded_sets(kind, atoms, lengths)
        return
    singles = list(_single_answers(kind, atoms, settings))
    yield from ((single,) for single in singles)
    if kind.repeats:
        for first, second in combinations(singles, 2):
            yield from ((first, *(second,) * (length - 1)) for length in lengths if length > 1)
        yield from ((single,) * length for single in singles for length in lengths)


def _coded_sets(kind: ItemKind, atoms: Sequence[Atom], lengths: Collection[int]) -> Iterator[tuple[Value, ...]]:
    """Choices of classes of options, at the telling lengths; a class is what no atom tells apart."""
    tests = [frozenset(atom.codes) for atom in atoms if isinstance(atom, HasCode)]
    classes: dict[tuple[bool, ...], list[Value]] = {}
    for code in sorted(kind.codes):
        classes.setdefault(tuple(code in test for test in tests), []).append(Code(system="", code=code))
    if kind.type == "open-choice" or not kind.codes:
        classes.setdefault((False,) * len(tests), []).append(_OTHER_TEXT)
    groups = list(classes.values())
    sizes = range(1, (len(groups) if kind.repeats else 1) + 1)
    for chosen in chain.from_iterable(combinations(groups, size) for size in sizes):
        firsts = [group[0] for group in chosen]
        rest = [option for group in chosen for option in group[1:]]
        for length in lengths if kind.repeats else (1,):
            yield (*firsts, *rest[: max(0, length - len(firsts))])


def _single_answers(kind: ItemKind, atoms: Sequence[Atom], settings: Settings) -> Iterator[Value]:
    match kind.type:
        case "boolean":
            yield from (True, False)
        case "integer" | "decimal" | "quantity":
            yield from _numbers(kind, atoms, settings)
        case "date" | "dateTime":
            yield from _dates(atoms, settings)
        case _:
            yield _OTHER_TEXT
            values = (_threshold(atom.value, settings) for atom in atoms if isinstance(atom, Compare))
            yield from (value for value in values if isinstance(value, str))


def _numbers(kind: ItemKind, atoms: Sequence[Atom], settings: Settings) -> Iterator[Value]:
    found = (_threshold(atom.value, settings) for atom in atoms if isinstance(atom, Compare))
    limits = [limit for limit in (kind.minimum, kind.maximum) if limit is not None]
    cuts = sorted({cut for cut in found if isinstance(cut, Decimal)} | set(limits)) or [Decimal(0)]
    whole = {Decimal(near + step) for cut in cuts for near in (floor(cut), ceil(cut)) for step in (-1, 0, 1)}
    between = {(low + high) / 2 for low, high in pairwise(cuts)} | {cuts[0] - 1, *cuts, cuts[-1] + 1}
    for number in sorted(whole if kind.type == "integer" else whole | between):
        if (kind.minimum is None or number >= kind.minimum) and (kind.maximum is None or number <= kind.maximum):
            yield int(number) if kind.type == "integer" else number


def _dates(atoms: Sequence[Atom], settings: Settings) -> Iterator[Value]:
    """Days around each boundary between counts of periods, a few to each side for uneven months."""
    for atom in atoms:
        threshold = _threshold(atom.value, settings) if isinstance(atom, Elapsed) else None
        if isinstance(atom, Elapsed) and isinstance(threshold, Decimal):
            for periods in range(floor(threshold) - 1, ceil(threshold) + 3):
                yield from _around(round(periods * _DAYS[atom.unit]))
    yield from _around(0)


def _around(days_ago: int) -> Iterator[PartialDate]:
    for days in range(days_ago - _MARGIN, days_ago + _MARGIN + 1):
        if 0 <= AS_OF.toordinal() - days - 1 < date.max.toordinal():
            day = AS_OF - timedelta(days=days)
            yield PartialDate(year=day.year, month=day.month, day=day.day)


def _threshold(value: Operand, settings: Settings) -> Decimal | str:
    found = settings[value.setting] if isinstance(value, SettingRef) else value
    return found if isinstance(found, str) else Decimal(exact(found if found is not None else 0))
