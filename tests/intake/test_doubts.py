"""Answers that hardly can be are asked about once more; those that can be are not."""

from datetime import date

import pytest

from portico.intake.doubts import doubts_in
from tests.intake.summary_cases import ORDINARY, ORDINARY_ROWS, Answers, Given, intake_form, respond

TODAY = date(2026, 11, 25)


def found(answers: Answers | None = None, *rows: Answers) -> list[tuple[str, str]]:
    """Each doubt by its question, and its message."""
    told = {**ORDINARY, **(answers or {})}
    described = [{**ORDINARY_ROWS["reg.n"][0], **row} for row in rows] or ORDINARY_ROWS["reg.n"]
    response = respond(intake_form(), told, {**ORDINARY_ROWS, "reg.n": described})
    assert {fault.severity for fault in doubts_in(response, TODAY)} <= {"warning"}
    return [(fault.link_id, fault.message) for fault in doubts_in(response, TODAY)]


def test_an_ordinary_form_is_not_doubted() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("row", "link_id", "says"),
    [
        ({"reg.n.nrs.now": 9, "reg.n.nrs.worst": 2}, "reg.n.nrs.worst", "You gave 9 for the pain right now."),
        ({"reg.n.nrs.now": 1, "reg.n.nrs.worst": 2}, "reg.n.nrs.worst", "You gave 6 for the pain on most days."),
        ({"reg.n.onset": "1961-04-08"}, "reg.n.onset", "This is before the birth date, April 9, 1961."),
        ({"reg.n.onset": "1960"}, "reg.n.onset", "This is before the birth date"),
    ],
)
def test_a_place_that_does_not_fit_is_asked_about(row: Answers, link_id: str, says: str) -> None:
    ((where, message),) = found(None, row)
    assert where == link_id
    assert message.startswith(says)


@pytest.mark.parametrize("onset", ["1961", "1961-04", "1961-04-09", "2026-11-25"])
def test_pain_since_the_year_of_birth_can_be(onset: str) -> None:
    assert found(None, {"reg.n.onset": onset}) == []


@pytest.mark.parametrize(
    ("link_id", "value", "is_doubted"),
    [
        ("hx.5", "1956-05", True),
        ("hx.5", "2026-11-10", True),
        ("hx.5", "2026-11-11", False),
        ("hx.5", "2026", False),
        ("ack.1", False, True),
        ("cost.1", False, True),
        ("ack.1", True, False),
    ],
)
def test_single_answers(link_id: str, value: Given, is_doubted: bool) -> None:
    assert [where for where, _ in found({link_id: value})] == [link_id] * is_doubted


def test_the_same_place_twice_is_asked_about_and_the_other_side_is_not() -> None:
    assert [where for where, _ in found(None, {}, {})] == ["reg.n.region"]
    assert found(None, {}, {"reg.n.side": "right"}) == []
