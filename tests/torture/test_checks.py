"""The checks themselves: what they must catch, they catch."""

from collections import Counter

import pytest

from tests.torture.checks import _beyond_tries, _open_and_shut, _out_of_bounds
from tests.torture.clients import Ledger
from tests.torture.correspondence import Mailbag

ACT = ("nora", "close", "/api/threads/t/closure")


def test_another_message_or_other_words_at_a_number_are_noticed() -> None:
    bag = Mailbag(ledger=Ledger(), phrase="words")
    for message in ({"id": "a", "seq": 1, "body": "x"}, {"id": "a", "seq": 1, "body": "x"}):
        bag.remember(message, "t")
    assert bag.ledger.wrong == []
    bag.remember({"id": "a", "seq": 1, "body": "y"}, "t")
    bag.remember({"id": "b", "seq": 1, "body": "x"}, "t")
    assert len(bag.ledger.wrong) == 2


def test_the_record_has_a_row_for_each_answer_and_no_more_than_tries() -> None:
    ledger = Ledger(acts=Counter({ACT: 2}), unclear=Counter({ACT: 1}))
    found = {rows: _out_of_bounds(ledger, {"close"}, Counter({("nora", "t"): rows})) for rows in range(5)}
    assert [rows for rows, faults in found.items() if not faults] == [2, 3]
    assert _out_of_bounds(Ledger(), {"close"}, Counter({("nora", "t"): 1}))


def test_no_opening_again_has_more_rows_than_tries() -> None:
    again = ("nora", "reopen", "/api/threads/t/closure")
    ledger = Ledger(acts=Counter({again: 1, ACT: 5}), unclear=Counter({again: 1}))
    found = {rows: _beyond_tries(ledger, {"reopen"}, Counter({("nora", "t"): rows})) for rows in range(4)}
    assert [rows for rows, faults in found.items() if not faults] == [0, 1, 2]
    assert _beyond_tries(Ledger(), {"reopen"}, Counter({("nora", "t"): 1}))


@pytest.mark.parametrize(
    ("steps", "state", "faults"),
    [
        ((), "open", 0),
        (("written", "closed", "reopened", "closed", "written"), "open", 0),
        (("closed", "reopened", "closed"), "closed", 0),
        (("closed", "closed"), "closed", 1),
        (("reopened",), "open", 1),
        (("closed", "written", "reopened"), "open", 1),
        (("closed",), "open", 1),
        (("closed", "reopened"), "closed", 1),
    ],
)
def test_a_row_that_is_missing_or_too_many_shows_in_the_order_of_the_others(
    steps: tuple[str, ...], state: str, faults: int
) -> None:
    assert len(_open_and_shut([("t", step) for step in steps], {"t": state})) == faults
