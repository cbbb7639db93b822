"""A place that is described and was not named before never got its danger questions: said, and never an all-clear."""

from collections.abc import Mapping, Sequence

import pytest

from portico.forms import QuestionnaireResponse, answer_tree
from portico.intake.facts import facts_of
from portico.intake.summary_building import build_summary
from portico.intake.unasked import RULE, beside_rules
from portico.screening.evaluation import evaluate
from portico.screening.model import Screening
from tests.intake.summary_cases import (
    ORDINARY,
    ORDINARY_ROWS,
    TODAY,
    Answers,
    header_for,
    intake_form,
    intake_rules,
    respond,
)


def told(named: list[str], *described: str) -> QuestionnaireResponse:
    """The ordinary answers, with these places named on the first screen and described on the third."""
    first = ORDINARY_ROWS["reg.n"][0]
    rows: Mapping[str, Sequence[Answers]] = {
        **ORDINARY_ROWS,
        "reg.n": [{**first, "reg.n.region": region} for region in described],
    }
    return respond(intake_form(), {**ORDINARY, "reg.1": named}, rows)


def screened(answers: QuestionnaireResponse) -> Screening:
    tree = answer_tree(intake_form(), answers)
    also = beside_rules(intake_form(), tree, (), intake_rules())
    return evaluate(intake_rules(), facts_of(tree), as_of=TODAY, settings={}, also=also)


def test_danger_questions_that_were_never_put_leave_the_result_open() -> None:
    answers = told(["low_back", "knee"], "neck", "neck")
    found = screened(answers)
    (finding,) = [each for each in found.findings if each.rule == RULE]
    assert finding.state == "not_evaluable"
    assert "rf.neck.dizzy" in finding.missing
    assert not [link for link in finding.missing if not link.startswith("rf.neck.")]
    assert found.disposition != "possible_candidate"
    tree = answer_tree(intake_form(), answers)
    summary = build_summary(header_for(found), intake_form(), tree, found.findings)
    (open_rule,) = [rule for rule in summary.could_not_be_evaluated if rule.rule == RULE]
    assert open_rule.text.startswith("Danger questions were not asked: Your neck.")
    assert open_rule.missing[0] == "Dizzy, unsteady or drop attack"
    (neck,) = [place for place in summary.danger_questions if place.place == "Your neck"]
    assert (neck.asked, neck.no, neck.other[0].state) == (0, (), "not_asked")


@pytest.mark.parametrize(
    ("named", "described"),
    [(["knee"], ["knee", "knee"]), (["upper_back"], ["chest_wall"]), (["neck"], []), (["elbow"], ["elbow"])],
    ids=["asked", "asked for another place", "not described", "no questions of its own"],
)
def test_nothing_is_said_where_all_were_asked(named: list[str], described: list[str]) -> None:
    assert RULE not in {each.rule for each in screened(told(named, *described)).findings}
