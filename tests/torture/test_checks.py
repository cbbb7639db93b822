"""The checks themselves: what they must catch, they catch."""

from collections import Counter

from tests.torture.checks import _out_of_bounds
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
