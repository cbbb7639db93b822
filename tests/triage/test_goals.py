"""The development corpus: honest cross-validation of the statistics beside the rules, with bounds that may not slip."""

from statistics import median
from time import perf_counter

import msgspec
import pytest

from benchmarks.triage import Pairs, Share, as_shipped, figures, honestly_judged, judged
from benchmarks.triage_fit import SHIPPED, Labelled, everything_read, features_of, fitted_on, labelled
from portico.triage import read
from portico.triage.statistics import Statistics


@pytest.fixture(scope="module")
def texts() -> tuple[Labelled, ...]:
    return labelled()


def shares(pairs: Pairs) -> dict[str, float]:
    return {name: share.hits / share.of for name, share in figures(pairs)}


def test_cross_validated_figures_keep_their_bounds(texts: tuple[Labelled, ...]) -> None:
    found = shares(honestly_judged(texts))
    assert found["emergency read as emergency or call_now"] >= 0.97
    assert found["emergency read as routine"] <= 0.005
    assert found["emergency or same day read as either"] >= 0.98
    assert found["routine read as routine"] >= 0.85
    assert found["routine read as emergency or call_now"] <= 0.03


def test_the_shipped_reader_loses_no_emergency_of_the_corpus(texts: tuple[Labelled, ...]) -> None:
    assert shares(judged(texts, as_shipped))["emergency read as routine"] == 0


def test_the_shipped_sums_are_those_that_the_corpora_give() -> None:
    texts = everything_read()
    shipped = msgspec.json.decode(SHIPPED.read_bytes(), type=Statistics)
    again = fitted_on(features_of(texts), [one.level for one in texts])
    for kept, fresh in ((shipped.not_routine, again.not_routine), (shipped.emergency, again.emergency)):
        assert all(abs(fresh.weights[feature] - weight) <= 0.0051 for feature, weight in kept.weights.items())


def test_a_message_takes_a_few_milliseconds(texts: tuple[Labelled, ...]) -> None:
    spent = []
    for one in texts[:200]:
        begin = perf_counter()
        read(one.message)
        spent.append(perf_counter() - begin)
    assert median(spent) < 0.025


def test_the_interval_is_wilson_s() -> None:
    low, high = Share(189, 189).interval
    assert (round(low, 3), round(high, 3)) == (0.98, 1.0)
