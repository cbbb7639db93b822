"""Danger in drafts: what is already proven counts, what is open does not yet."""

from portico.ids import LinkId
from portico.screening.evaluation import screen_draft
from portico.screening.expressions import AllOf, AnyOf, Not
from portico.screening.facts import Facts
from portico.screening.model import DraftDanger

from .building import TODAY, code, facts, has_code, rule, rule_set

E = rule(AnyOf(of=(has_code("e1"), has_code("e2"))), "urgent_now", "PS01", draft_level="E", guidance="pre.urgent")
U = rule(has_code("u1"), "call_before_booking", "PS02", draft_level="U", guidance="pre.call")
LATER = rule(has_code("e1"), "call_before_booking", "PS14")


def danger(found: Facts) -> DraftDanger:
    return screen_draft(rule_set(U, E, LATER), found, as_of=TODAY, settings={})


def test_an_empty_draft_holds_no_danger() -> None:
    assert danger(facts()) == DraftDanger()


def test_one_red_flag_among_open_questions_is_danger_at_once() -> None:
    assert danger(facts({"e2": code("unsure")})) == DraftDanger(
        level="E", urgency="emergency", rules=E_ONLY, link_ids=(LinkId("e2"),), guidance=("pre.urgent",)
    )


def test_the_higher_level_wins_and_both_rules_are_named() -> None:
    found = danger(facts({"u1": code("yes"), "e1": code("yes"), "e2": code("yes")}))
    assert (found.level, found.rules, found.link_ids) == ("E", ("PS02", "PS01"), ("u1", "e1", "e2"))
    assert found.guidance == ("pre.call", "pre.urgent")


def test_level_u_alone_stays_u() -> None:
    assert danger(facts({"u1": code("yes"), "e1": code("no")})).level == "U"


def test_rules_without_a_level_are_left_for_the_submission() -> None:
    assert danger(facts({"e1": code("no"), "e2": code("no"), "u1": code("no")})).rules == ()


def test_a_combination_waits_for_all_its_answers() -> None:
    both = rule(AllOf(of=(has_code("fever"), Not(of=has_code("cold", "yes")))), "urgent_now", "PS01", draft_level="E")
    rules = rule_set(both)
    assert screen_draft(rules, facts({"fever": code("yes")}), as_of=TODAY, settings={}).level is None
    proven = facts({"fever": code("yes"), "cold": code("no")})
    assert screen_draft(rules, proven, as_of=TODAY, settings={}).level == "E"


def test_a_failing_rule_calls_the_patient_and_hides_no_emergency() -> None:
    assert danger(facts({"u1": 1})).level == "U"
    found = danger(facts({"u1": 1, "e1": True, "e2": code("yes")}))
    assert (found.level, found.rules, found.guidance) == ("E", ("PS02", "PS01"), ("pre.urgent",))


E_ONLY = (E.id,)
