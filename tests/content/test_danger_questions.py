"""The danger questions as they are put: "yes" is the danger and "no" the all-clear, so that nobody answers by mistake."""

import re

import pytest

from portico.forms import Item
from tests.content.filled import content

TWISTED = re.compile(
    r"\b(can|do|does|did|is|are|has|have) (you |your \w+ |no )?(not|no|never)\b|n't\b|\bnot (ease|help)\b",
    re.IGNORECASE,
)
"""A question that denies: "no" to it may mean either."""


def questions() -> list[Item]:
    """Every yes/no question among the danger screens of both shipped forms."""
    found: list[Item] = []

    def within(item: Item) -> None:
        codes = {option.value_coding.code for option in item.answer_option if option.value_coding}
        if {"yes", "no"} <= codes and item.link_id.startswith(("rf.", "signs.")):
            found.append(item)
        for child in item.item:
            within(child)

    for file in content().questionnaires.values():
        for item in file.form.item:
            within(item)
    return found


@pytest.mark.parametrize("item", questions(), ids=lambda item: str(item.link_id))
def test_yes_is_the_danger_unmistakably(item: Item) -> None:
    assert not TWISTED.search(item.text or "")


def test_the_check_finds_a_question_that_denies() -> None:
    assert TWISTED.search("Since an injury, can you not take 4 steps?")
    assert TWISTED.search("Has no doctor checked this belly pain yet?")
    assert not TWISTED.search("Since an injury, is it impossible for you to take 4 steps?")
    assert len(questions()) > 80


def test_no_sentence_for_staff_names_a_bare_level() -> None:
    texts = [rule.text for name in content().rule_sets.values() for rule in name.rule_set.rules]
    assert not [text for text in texts if re.search(r"\blevel [A-Z]\b", text)]
