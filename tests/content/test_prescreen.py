"""The rules PS01-PS34 on the shipped intake: what each answer leads to."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest

from portico.commands.made_up_answers import Told
from portico.screening.evaluation import Settings
from tests.content.filled import CALM_ROW, Rows, codes, content, faults, filled, fired, rule_set, screened

NAMED_REGIONS = [code for code in codes("reg.1") if code not in {"other", "chest_wall"}]
Told_ = Mapping[str, Told]

CORTISONE: Told_ = {"cort.region": "knee", "cort.2.known": "yes", "cort.2.year.known": "yes"}


def cortisone(**row: Told) -> Rows:
    return {"cort": [{**CORTISONE, "cort.2": 1, "cort.2.year": 0, **{_id(key): row[key] for key in row}}]}


def region_row(**row: Told) -> Rows:
    return {"reg.n": [{**CALM_ROW, "reg.n.region": "knee", **{_id(key): row[key] for key in row}}]}


def _id(key: str) -> str:
    return key.replace("__", ".")


@pytest.mark.parametrize("region", NAMED_REGIONS)
@pytest.mark.parametrize("sex", ["female", "male", "other", "prefer_not"])
def test_a_calm_complete_form_makes_a_possible_candidate(region: str, sex: str) -> None:
    response = filled({"who.3": sex}, regions=[region])
    assert faults(response) == []
    result = screened(response)
    assert (result.disposition, result.urgency) == ("possible_candidate", "routine")


@pytest.mark.parametrize("region", ["other", "chest_wall"])
def test_a_region_outside_the_list_is_looked_at(region: str) -> None:
    result = screened(filled({"reg.1.other": "Jaw"}, regions=[region]))
    assert result.disposition == "needs_review"
    assert "PS04" in fired(result)


def test_all_regions_together_still_make_a_possible_candidate() -> None:
    response = filled(regions=NAMED_REGIONS)
    assert faults(response) == []
    assert screened(response).disposition == "possible_candidate"


CALL, REVIEW, POSSIBLE = "call_before_booking", "needs_review", "possible_candidate"
BY_ANSWER: list[tuple[str, str, Told_, Rows | None, str]] = [
    ("numbing medicine", "PS14", {"alg.1": "numbing"}, None, CALL),
    ("dextrose", "PS14", {"alg.1": "dextrose"}, None, CALL),
    ("corn", "PS14", {"alg.1": "corn"}, None, CALL),
    ("allergy not sure", "PS14", {"alg.1": "unsure"}, None, CALL),
    ("latex", "PS33", {"alg.1": "latex"}, None, REVIEW),
    ("severe reaction to tape", "PS14", {"alg.1": "tape", "alg.1.severe": "unsure"}, None, CALL),
    ("infection", "PS15", {"med.4": "yes"}, None, CALL),
    ("infection not sure", "PS15", {"med.4": "unsure"}, None, CALL),
    ("antibiotics", "PS15", {"med.4.antibiotics": "yes"}, None, CALL),
    ("warfarin", "PS16", {"med.2": "warfarin"}, None, REVIEW),
    ("blood thinner not sure", "PS16", {"med.2": "unsure"}, None, REVIEW),
    ("bleeding problem", "PS16", {"hx.1": "bleeding"}, None, REVIEW),
    ("weak immune system", "PS17", {"hx.1": "immune"}, None, REVIEW),
    ("history not sure", "PS17", {"hx.1": "unsure", "hx.1.ca": "never"}, None, REVIEW),
    ("diabetes, A1c unknown", "PS18", {"hx.1": "diabetes"}, None, REVIEW),
    ("pregnant", "PS19", {"who.3": "female", "hx.4": "pregnant"}, None, CALL),
    ("may be pregnant", "PS19", {"who.3": "prefer_not", "hx.4": "could_be"}, None, CALL),
    ("pregnancy not sure", "PS19", {"who.3": "other", "hx.4": "unsure"}, None, CALL),
    ("breastfeeding", "PS33", {"who.3": "female", "hx.4": "breastfeeding"}, None, REVIEW),
    ("cancer now", "PS20", {"hx.1": "cancer", "hx.1.ca": "now"}, None, CALL),
    ("cancer not sure", "PS20", {"hx.1": "unsure", "hx.1.ca": "unsure"}, None, CALL),
    (
        "past cancer, new pain",
        "PS20",
        {"hx.1": "cancer", "hx.1.ca": "past", "hx.1.ca.pain": "unsure"},
        None,
        CALL,
    ),
    ("implant", "PS21", {"hx.2": "yes"}, None, CALL),
    ("surgery planned", "PS21", {"hx.3": "unsure"}, None, CALL),
    ("three cortisone", "PS05", {"cort.1": "yes"}, cortisone(cort__2=3), REVIEW),
    ("two cortisone", "PS06", {"cort.1": "yes"}, cortisone(cort__2=2), POSSIBLE),
    ("cortisone not sure", "PS07", {"cort.1": "unsure"}, None, POSSIBLE),
    ("cortisone count not sure", "PS07", {"cort.1": "yes"}, cortisone(cort__2__known="unsure"), POSSIBLE),
    ("faint after shots", "PS11", {"reg.1": "elbow", "ves.1": "after"}, None, POSSIBLE),
    ("faint before shots", "PS11", {"reg.1": "elbow", "ves.1": "before"}, None, POSSIBLE),
    ("leg region", "PS11", {}, None, POSSIBLE),
    ("no driver", "PS12", {"ves.3": False}, None, POSSIBLE),
    ("fear of needles", "PS13", {"ves.2": 7}, None, POSSIBLE),
    ("daily ibuprofen", "PS25", {"med.3": "daily"}, None, POSSIBLE),
    ("steroid pills", "PS25", {"cort.4": True}, None, POSSIBLE),
    ("no therapy tried", "PS26", {}, region_row(reg__n__tried="none"), POSSIBLE),
    ("no images", "PS30", {"doc.1": "none"}, None, POSSIBLE),
    ("cost not confirmed", "PS34", {"cost.1": False}, None, REVIEW),
    ("purpose not confirmed", "PS34", {"ack.1": False}, None, REVIEW),
    (
        "more shots in a year than ever",
        "PS31",
        {"cort.1": "yes"},
        cortisone(cort__2=1, cort__2__year__known="yes", cort__2__year=7),
        POSSIBLE,
    ),
    ("cancer told once", "PS31", {"rf.any.cancer": "yes"}, None, CALL),
    (
        "pain above its worst",
        "PS31",
        {},
        region_row(reg__n__nrs__now=6, reg__n__nrs__worst=5),
        POSSIBLE,
    ),
]


@pytest.mark.parametrize(
    ("rule", "told", "rows", "disposition"),
    [case[1:] for case in BY_ANSWER],
    ids=[f"{case[1]} {case[0]}" for case in BY_ANSWER],
)
def test_an_answer_fires_its_rule(rule: str, told: Told_, rows: Rows | None, disposition: str) -> None:
    regions = [str(told["reg.1"])] if "reg.1" in told else ["knee"]
    response = filled(told, regions=regions, rows=rows)
    assert faults(response) == []
    result = screened(response)
    assert rule in fired(result)
    assert result.disposition == disposition


@pytest.mark.parametrize(
    ("rule", "told", "rows"),
    [
        ("PS20", {"hx.1": "cancer", "hx.1.ca": "past"}, None),
        ("PS05", {"cort.1": "yes"}, cortisone(cort__2=2)),
        ("PS06", {"cort.1": "yes"}, cortisone(cort__2=1)),
        ("PS11", {"reg.1": "elbow"}, None),
        ("PS12", {"ves.3": True}, None),
        ("PS13", {"ves.2": 6}, None),
        ("PS31", {}, None),
        ("PS31", {"cort.1": "yes"}, cortisone(cort__2=2, cort__2__year__known="yes", cort__2__year=2)),
        ("PS33", {}, None),
        ("PS34", {}, None),
        ("PS32", {}, None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_answers_leave_the_rule_silent(rule: str, told: Told_, rows: Rows | None) -> None:
    regions = [str(told["reg.1"])] if "reg.1" in told else ["knee"]
    assert rule not in fired(screened(filled(told, regions=regions, rows=rows)))


@pytest.mark.parametrize(
    ("region", "rule"),
    [
        ("neck", "PS22"),
        ("shoulder", "PS22"),
        ("upper_back", "PS22"),
        ("chest_wall", "PS22"),
        ("abdominal_wall", "PS23"),
        ("head", "PS24"),
    ],
)
def test_a_region_prompts_the_clinician(region: str, rule: str) -> None:
    assert rule in fired(screened(filled(regions=[region])))


@pytest.mark.parametrize(("onset", "fires"), [(date(2026, 10, 14), True), (date(2026, 10, 13), False)])
def test_an_injury_is_recent_for_less_than_six_weeks(onset: date, fires: bool) -> None:
    result = screened(filled(rows=region_row(reg__n__onset=onset, reg__n__after_injury=True)))
    assert ("PS09" in fired(result)) is fires


@pytest.mark.parametrize(
    ("rule", "settings", "told", "rows"),
    [
        ("PS08", {"cortisone.recent_weeks": 12}, {"cort.1": "yes"}, cortisone(cort__3=date(2026, 10, 1))),
        ("PS10", {"muscle.weeks": 8}, {}, region_row(reg__n__region="muscle")),
        ("PS18", {"diabetes.a1c_max": 8}, {"hx.1": "diabetes", "hx.1.dm": Decimal("9.1")}, None),
        ("PS27", {"plan.max": 6}, {"inj.1": "prolotherapy", "prolo.1.sessions": 6, "prolo.1.result": "same"}, None),
    ],
    ids=["PS08", "PS10", "PS18", "PS27"],
)
def test_a_threshold_counts_only_once_the_clinic_sets_it(
    rule: str, settings: Settings, told: Told_, rows: Rows | None
) -> None:
    response = filled(told, regions=["muscle" if rule == "PS10" else "knee"], rows=rows)
    assert rule in fired(screened(response, settings=settings))
    unset = screened(response)
    assert rule not in fired(unset)
    assert unset.disposition == "possible_candidate"


@pytest.mark.parametrize(("days", "fires"), [(30, False), (31, True), (None, False)])
def test_an_intake_is_asked_again_before_a_visit_far_away(days: int | None, fires: bool) -> None:
    assert ("PS29" in fired(screened(filled(), days_until_consult=days))) is fires


def test_details_of_a_region_that_was_not_chosen_are_never_a_possible_candidate() -> None:
    stray = {"reg.n": [{**CALM_ROW, "reg.n.region": "knee"}, {**CALM_ROW, "reg.n.region": "head"}]}
    result = screened(filled(rows=stray))
    assert result.disposition == "needs_review"
    assert "PS31" in fired(result)


def test_every_rule_of_the_list_is_there_once() -> None:
    assert sorted(rule.id for rule in rule_set().rules) == [f"PS{number:02}" for number in range(1, 35)]


def test_thresholds_without_a_source_are_unset() -> None:
    declared = rule_set().settings
    assert {key for key, setting in declared.items() if setting.default is None} == {
        "cortisone.recent_weeks",
        "diabetes.a1c_max",
        "muscle.weeks",
        "plan.max",
    }
    assert declared["cortisone.max"].default == 2
    assert declared["cortisone.max"].source == ("S29",)


def test_patients_are_told_to_keep_their_medicine_when_a_blood_thinner_is_named() -> None:
    finding = next(found for found in screened(filled({"med.2": "apixaban"})).findings if found.rule == "PS16")
    assert finding.guidance is not None
    words = content().guidance[finding.guidance].texts["en"].paragraphs
    assert any("Do not stop a medicine" in str(line) for paragraph in words for line in paragraph)
