"""A date that is none of the calendar says which part is wrong; day and month 0 are no dates."""

from datetime import date

import pytest

from portico.forms.bounds import bound_checks
from portico.forms.faults import NOT_A_DATE
from portico.forms.formats import FORMAT_CHECKS
from portico.forms.index import index_of
from portico.ids import LinkId
from tests.intake.summary_cases import intake_form

TODAY = date(2026, 11, 25)
CHECK = FORMAT_CHECKS["date", "value_date"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1956-03-00", "Please check the day: March 1956 has days 1 to 31."),
        ("1956-03-45", "Please check the day: March 1956 has days 1 to 31."),
        ("2023-02-29", "Please check the day: February 2023 has days 1 to 28."),
        ("1956-00", "Please check the month: it is a number from 1 to 12."),
        ("1956-13-01", "Please check the month: it is a number from 1 to 12."),
        ("0000", "There is no year 0. Please check the year."),
        ("soon", NOT_A_DATE.message),
    ],
)
def test_a_date_that_is_none_names_its_part(text: str, message: str) -> None:
    problem = CHECK(text, TODAY)
    assert problem is not None
    assert (problem.code, problem.message) == ("invalid", message)


@pytest.mark.parametrize("text", ["1956", "1956-03", "1956-03-31", "2024-02-29"])
def test_a_real_date_is_taken(text: str) -> None:
    assert CHECK(text, TODAY) is None


def test_a_day_that_has_not_come_is_said_so_without_naming_tomorrow() -> None:
    node = index_of(intake_form()).definition.by_link[LinkId("reg.n.onset")]
    (told,) = [found for check in bound_checks(node) if (found := check("2044-01-01", TODAY))]
    assert told.message == "This day has not come yet. Please check the year, the month and the day."
