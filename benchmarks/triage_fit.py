"""Fits the statistics of `portico.triage` on the development corpus alone: `python -m benchmarks.triage_fit`.

Deterministic and plain Python: two linear sums with squared hinge loss, by dual coordinate descent (Hsieh et al.,
ICML 2008). The thresholds come from cross-validation: each is the score that so many routine messages reach when a
fold that did not see them scores them.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import msgspec

from portico.triage.engine import engine
from portico.triage.model import Level, Message
from portico.triage.reading import signs_of
from portico.triage.statistics import Statistics, Sum, score

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "tests" / "corpus" / "triage-dev.jsonl"
SHIPPED = ROOT / "src" / "portico" / "triage" / "lexicon" / "statistics.json"

COST = 2.0
ROUNDS = 30
FOLDS = 10
SEED = 20260101
TO_EMERGENCY, TO_SAME_DAY = 0.01, 0.07
"""Shares of routine messages that each sum may raise in cross-validation."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A message of a corpus with its label."""

    id: str
    level: Level
    row: str
    lang: str
    message: Message


def labelled(path: Path = CORPUS) -> tuple[Labelled, ...]:
    """Every message of a corpus file."""
    return tuple(_labelled(path))


def _labelled(path: Path) -> Iterator[Labelled]:
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        message = Message(
            subject=record["subject"],
            body=record["body"],
            days_since_procedure=record["days_since_procedure"],
            region=record["region"],
        )
        yield Labelled(record["id"], record["level"], record["row"], record["lang"], message)


def features_of(texts: Sequence[Labelled]) -> list[frozenset[str]]:
    """What the statistics see of each message."""
    ready = engine()
    return [signs_of(one.message, ready).features for one in texts]


def fitted_on(found: Sequence[frozenset[str]], levels: Sequence[Level]) -> Statistics:
    """Both sums without thresholds. The emergency sum is told nothing of same-day messages."""
    sure = [at for at, level in enumerate(levels) if level != "same_day"]
    return Statistics(
        not_routine=_descent(found, [level != "routine" for level in levels]),
        emergency=_descent([found[at] for at in sure], [levels[at] == "emergency" for at in sure]),
    )


def _descent(found: Sequence[frozenset[str]], positive: Sequence[bool]) -> Sum:
    counts = Counter(feature for one in found for feature in one)
    rows = [sorted(feature for feature in one if counts[feature] > 1) for one in found]
    scales = [1 / sqrt(max(len(row), 1)) for row in rows]
    weights: dict[str, float] = dict.fromkeys((feature for row in rows for feature in row), 0.0)
    bias, alphas = 0.0, [0.0] * len(rows)
    order, shuffler = list(range(len(rows))), random.Random(SEED)
    for _ in range(ROUNDS):
        shuffler.shuffle(order)
        for at in order:
            sign, scale = (1.0 if positive[at] else -1.0), scales[at]
            margin = sign * (sum(weights[feature] for feature in rows[at]) * scale + bias)
            gradient = margin - 1 + alphas[at] / (2 * COST)
            step = max(alphas[at] - gradient / (2 + 1 / (2 * COST)), 0.0) - alphas[at]
            if step:
                alphas[at] += step
                bias += step * sign
                change = step * sign * scale
                for feature in rows[at]:
                    weights[feature] += change
    return Sum(bias=bias, threshold=9.0, weights=weights)


def folds(count: int) -> list[int]:
    """The fold of each message, by a fixed shuffle."""
    order = list(range(count))
    random.Random(SEED).shuffle(order)
    return [order[at] % FOLDS for at in range(count)]


def cross_validated(found: Sequence[frozenset[str]], levels: Sequence[Level]) -> list[tuple[float, float]]:
    """For each message its two scores by sums that did not see it."""
    fold = folds(len(found))
    scores = [(0.0, 0.0)] * len(found)
    for out in range(FOLDS):
        seen = [at for at in range(len(found)) if fold[at] != out]
        sums = fitted_on([found[at] for at in seen], [levels[at] for at in seen])
        for at in range(len(found)):
            if fold[at] == out:
                scores[at] = (score(found[at], sums.not_routine), score(found[at], sums.emergency))
    return scores


def thresholds(scores: Sequence[tuple[float, float]], levels: Sequence[Level]) -> tuple[float, float]:
    """The score for same day and the score for emergency."""
    routine = [pair for pair, level in zip(scores, levels, strict=True) if level == "routine"]
    ranked = [sorted((pair[which] for pair in routine), reverse=True) for which in (0, 1)]
    same_day = ranked[0][int(TO_SAME_DAY * len(routine))]
    emergency = ranked[1][int(TO_EMERGENCY * len(routine))]
    return round(same_day + 0.001, 3), round(emergency + 0.001, 3)


def main() -> None:
    """Fits on everything and writes the shipped file."""
    texts = labelled()
    found, levels = features_of(texts), [one.level for one in texts]
    same_day, emergency = thresholds(cross_validated(found, levels), levels)
    sums = fitted_on(found, levels)
    shipped = Statistics(not_routine=_rounded(sums.not_routine, same_day), emergency=_rounded(sums.emergency, emergency))
    SHIPPED.write_bytes(msgspec.json.format(msgspec.json.encode(shipped, order="sorted"), indent=0) + b"\n")
    print(f"{SHIPPED}: {len(shipped.not_routine.weights)} and {len(shipped.emergency.weights)} weights.")


def _rounded(one: Sum, threshold: float) -> Sum:
    kept = {feature: round(weight, 2) for feature, weight in one.weights.items() if abs(weight) >= 0.005}
    return Sum(bias=round(one.bias, 4), threshold=threshold, weights=kept)


if __name__ == "__main__":
    main()
