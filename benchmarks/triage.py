"""Measures the reading of danger in text and writes docs/triage.md: `python -m benchmarks.triage`.

The statistics are cross-validated over all corpora; the rules have seen every text of them. `--texts FILE` prints a table of the
shipped reader for any other file of that format and writes nothing. All of it is synthetic.
"""

import argparse
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import median
from time import perf_counter

import msgspec

from benchmarks.triage_fit import (
    READ,
    ROOT,
    Labelled,
    cross_validated,
    everything_read,
    features_of,
    labelled,
    thresholds,
)
from portico.triage import LEVELS, RANK, Level, Message, read
from portico.triage.reading import by_rules_alone
from portico.triage.statistics import Above, margin, raised

TITLES = (
    "Development corpus",
    "Texts of a second author, read while widening",
    "Texts of a third author, read while widening",
    "Texts of a fourth author, read while widening",
    "Texts of a fifth author and others, fitted on, never read",
    "Texts of four later authors, half of them read, and short and calm ones; fitted on",
)
"""Of the corpora in the order of `READ`."""
PAGE = ROOT / "docs" / "triage.md"
BEGIN, END = "<!-- figures: python -m benchmarks.triage -->", "<!-- end of figures -->"

ALARMS = re.compile(
    r"\b(emergency|urgent|chest pain|can'?t breathe|fever|bleeding|suicid\w*|numb|swelling|severe|911|fainted|infection"
    r"|emergencia|urgente|dolor de pecho|fiebre|calentura|sangr\w*|hinchaz[oó]n|desmay\w*|infecci[oó]n)\b",
    re.IGNORECASE,
)
"""The plain keywords of the baselines, as a list without context would have them."""

Judge = Callable[[Labelled], Level]


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with its 95 % Wilson interval."""

    hits: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound."""
        if not self.of:
            return 0.0, 1.0
        z, n, p = 1.959964, self.of, self.hits / self.of
        middle, half = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        low, high = ((middle + side) / (1 + z * z / n) for side in (-half, half))
        return max(low, 0.0), min(high, 1.0)

    def __str__(self) -> str:
        """`0.987 (0.961-0.996), 229 of 232`."""
        if not self.of:
            return "none"
        low, high = self.interval
        return f"{self.hits / self.of:.3f} ({low:.3f}-{high:.3f}), {self.hits} of {self.of}"


Pairs = Sequence[tuple[Labelled, Level]]


def share(pairs: Pairs, of: Callable[[Level], bool], hit: Callable[[Level], bool]) -> Share:
    """How many of the messages with such a label were given such a level; call_now counts as emergency."""
    chosen = [given for one, given in pairs if of(one.level)]
    return Share(sum(hit("emergency" if given == "call_now" else given) for given in chosen), len(chosen))


def emergency(level: Level) -> bool:
    """Emergency."""
    return level == "emergency"


def urgent(level: Level) -> bool:
    """Emergency or same day."""
    return level != "routine"


def routine(level: Level) -> bool:
    """Routine."""
    return level == "routine"


def figures(pairs: Pairs) -> Iterator[tuple[str, Share]]:
    """The goals' figures."""
    yield "emergency read as emergency or call_now", share(pairs, emergency, emergency)
    yield "emergency read as routine", share(pairs, emergency, routine)
    yield "emergency or same day read as either", share(pairs, urgent, urgent)
    yield "same day read as emergency", share(pairs, lambda level: level == "same_day", emergency)
    yield "routine read as routine", share(pairs, routine, routine)
    yield "routine read as emergency or call_now", share(pairs, routine, emergency)


def as_shipped(one: Labelled) -> Level:
    """The reader as a clinic runs it."""
    return read(one.message).level


def by_rules(one: Labelled) -> Level:
    """The reader without statistics."""
    return by_rules_alone(one.message)


def by_subject(one: Labelled) -> Level:
    """Baseline: the reader sees the subject only."""
    return read(msgspec.structs.replace(one.message, body="")).level if one.message.subject.strip() else "routine"


def by_keywords(one: Labelled) -> Level:
    """Baseline: a list of alarming words anywhere, without context."""
    return "emergency" if ALARMS.search(f"{one.message.subject} {one.message.body}") else "routine"


def judged(texts: Sequence[Labelled], judge: Judge) -> Pairs:
    """Each message with the level that it is given."""
    return [(one, judge(one)) for one in texts]


def honestly_judged(texts: Sequence[Labelled]) -> Pairs:
    """Each message by rules and by sums that did not see it."""
    found, levels = features_of(texts), [one.level for one in texts]
    scores = cross_validated(found, levels)
    reached = thresholds(scores, levels)
    pairs = []
    for one, own, seen in zip(texts, scores, found, strict=True):
        level = by_rules_alone(one.message)
        above = Above(*(score - least for score, least in zip(own, reached, strict=True)))
        by_sums = raised(above, level, margin(seen))
        pairs.append((one, LEVELS[min(RANK[level], RANK[by_sums])]))
    return pairs


def lines() -> Iterator[str]:
    """The figures as Markdown."""
    honest = honestly_judged(everything_read())
    begin = 0
    for path, title in zip(READ, TITLES, strict=True):
        texts = labelled(path)
        yield from _corpus(texts, honest[begin : begin + len(texts)], title)
        begin += len(texts)
    yield from _speed(labelled())


def _corpus(texts: Sequence[Labelled], honest: Pairs, title: str) -> Iterator[str]:
    columns = {
        "cross-validated": honest,
        "rules alone": judged(texts, by_rules),
        "subject only": judged(texts, by_subject),
        "keywords": judged(texts, by_keywords),
    }
    yield f"### {title} ({len(texts)})"
    yield ""
    yield from _table(columns)
    yield from _by_kind(honest)


def independent(path: Path, title: str) -> Iterator[str]:
    """The shipped reader on the texts of one file, beside the baselines."""
    texts = labelled(path)
    columns = {
        "as shipped": judged(texts, as_shipped),
        "rules alone": judged(texts, by_rules),
        "subject only": judged(texts, by_subject),
        "keywords": judged(texts, by_keywords),
    }
    yield f"### {title} ({len(texts)})"
    yield ""
    yield from _table(columns)
    yield from _by_kind(columns["as shipped"])


def _table(columns: dict[str, Pairs]) -> Iterator[str]:
    yield f"| figure | {' | '.join(columns)} |"
    yield f"| --- |{' --- |' * len(columns)}"
    measured = [list(figures(pairs)) for pairs in columns.values()]
    for row in zip(*measured, strict=True):
        yield f"| {row[0][0]} | {' | '.join(str(one) for _, one in row)} |"
    yield ""


def _by_kind(pairs: Pairs) -> Iterator[str]:
    kinds = sorted({f"row {one.row}" for one, _ in pairs}, key=lambda row: (len(row), row))
    languages = sorted({f"language {one.lang}" for one, _ in pairs})
    yield "| | emergency read as emergency | emergency or same day read as either | routine read as routine |"
    yield "| --- | --- | --- | --- |"
    for kind in (*kinds, *languages):
        chosen = [(one, given) for one, given in pairs if kind in {f"row {one.row}", f"language {one.lang}"}]
        cells = share(chosen, emergency, emergency), share(chosen, urgent, urgent), share(chosen, routine, routine)
        yield f"| {kind} | {' | '.join(map(str, cells))} |"
    yield ""


def _speed(texts: Sequence[Labelled]) -> Iterator[str]:
    spent = []
    for one in texts:
        begin = perf_counter()
        read(one.message)
        spent.append((perf_counter() - begin) * 1000)
    yield f"Time per message: median {median(spent):.1f} ms, longest {max(spent):.0f} ms, on one core."
    yield ""


def main() -> None:
    """Puts the figures between the marks of the page, or prints those of one file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, help="JSON lines with labels; prints their table and writes nothing")
    parser.add_argument("--title", default="Texts of a second author, scored unread")
    asked = parser.parse_args()
    read(Message(subject="", body="warm", days_since_procedure=None, region=None))
    if asked.texts:
        print("\n".join(independent(asked.texts, asked.title)))
        return
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    text = "\n".join(lines())
    PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
