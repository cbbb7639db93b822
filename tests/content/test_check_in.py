"""The shipped check-in, exhaustively: every sign alone, every pair, by a table transcribed from the clinical reference."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.care.days_since import Treated
from portico.commands.made_up_answers import Told
from portico.intake.check_in_facts import Baseline, CheckInContext, History
from portico.platform.content_items import item_notes
from portico.screening.levels import unsigned
from tests.content.check_in import (
    CALM_SITE,
    TODAY,
    WELL,
    Yes,
    after,
    assessed,
    faults,
    filled,
    fired,
    form,
    in_draft,
    items,
    levels,
    questions,
    rank,
    rule_set,
    told_by,
)
from tests.content.filled import content

ROWS: Mapping[Yes, tuple[str, str, str]] = {
    ("now.any", "breath"): ("ST01", "emergency", "em.breath"),
    ("now.any", "allergy"): ("ST02", "emergency", "em.allergy"),
    ("now.any", "toxic"): ("ST18", "same_day", "sd.call"),
    ("now.any", "seizure"): ("ST03", "emergency", "em.911"),
    ("now.any", "collapse"): ("ST16", "emergency", "em.911"),
    ("now.any", "stroke"): ("ST04", "emergency", "em.911"),
    ("now.any", "saddle"): ("ST05", "emergency", "em.911"),
    ("now.any", "headache"): ("ST06", "emergency", "em.911"),
    ("now.any", "infection"): ("ST09", "emergency", "em.infection"),
    ("now.any", "bleeding"): ("ST15", "emergency", "em.911"),
    ("now.any", "belly"): ("ST19", "emergency", "em.911"),
    ("now.any", "self_harm"): ("ST17", "emergency", "em.988"),
    ("now.any", "unsure"): ("ST18a", "emergency", "em.911"),
    ("signs.fever", "yes"): ("ST08", "call_now", "em.infection"),
    ("signs.fever", "unsure"): ("ST08", "call_now", "em.infection"),
    ("signs.skin", "redness"): ("ST09", "same_day", "sd.infection"),
    ("signs.skin", "heat"): ("ST09", "same_day", "sd.infection"),
    ("signs.skin", "drainage"): ("ST09", "same_day", "sd.infection"),
    ("signs.skin", "swelling"): ("ST09", "same_day", "sd.infection"),
    ("signs.skin", "unsure"): ("ST09", "same_day", "sd.infection"),
    ("signs.skin.risk", "yes"): ("ST09a", "emergency", "em.infection"),
    ("signs.skin.risk", "unsure"): ("ST09a", "emergency", "em.infection"),
    ("signs.severe", "yes"): ("ST10", "same_day", "sd.severe"),
    ("signs.severe", "unsure"): ("ST10", "same_day", "sd.severe"),
    ("signs.severe", "fast"): ("ST10", "emergency", "em.911"),
    ("signs.limb", "yes"): ("ST12", "same_day", "sd.call"),
    ("signs.limb", "unsure"): ("ST12", "same_day", "sd.call"),
    ("signs.numb", "yes"): ("ST13", "same_day", "sd.nerve"),
    ("signs.numb", "unsure"): ("ST13", "same_day", "sd.nerve"),
    ("signs.numb", "spreading"): ("ST13", "emergency", "em.911"),
    ("signs.other", "headache"): ("ST06", "same_day", "sd.call"),
    ("signs.other", "calf"): ("ST14", "same_day", "sd.clot"),
    ("signs.other", "faint"): ("ST16", "same_day", "sd.call"),
    ("signs.other", "bleeding"): ("ST15", "same_day", "sd.bleed"),
    ("signs.other", "injury"): ("ST26", "same_day", "sd.call"),
    ("signs.other", "news"): ("ST31", "same_day", "sd.call"),
    ("signs.other", "unsure"): ("ST18", "same_day", "sd.call"),
    ("signs.faint", "yes"): ("ST16a", "emergency", "em.911"),
    ("signs.faint", "unsure"): ("ST16a", "emergency", "em.911"),
    ("signs.worry", "yes"): ("ST18", "same_day", "sd.call"),
    ("signs.worry", "unsure"): ("ST18", "same_day", "sd.call"),
}
"""Answer: the row of `clinical.md` §11 that it belongs to, that row's level for it alone, the text shown."""
DAYS = (None, 0, 2, 3, 7, 8, 21, 22, 90)
SEVERE = {"site.now": 7}


def test_the_table_names_every_sign_of_the_form_at_the_level_that_the_form_gives_it() -> None:
    assert levels() == {answer: level for answer, (_, level, _) in ROWS.items()}


@pytest.mark.parametrize("days", DAYS)
@pytest.mark.parametrize("answer", ROWS, ids="=".join)
class TestOneSign:
    def test_alone_it_gives_its_row_and_never_less(self, answer: Yes, days: int | None) -> None:
        rule, level, text = ROWS[answer]
        found = assessed(told_by(answer), days=days)
        assert rule in fired(found)
        assert rank(found.level) >= rank(level)
        if found.level == level:
            assert text in found.guidance

    def test_nothing_reassures_beside_it(self, answer: Yes, days: int | None) -> None:
        found = assessed(told_by(answer), days=days)
        assert not found.is_negative
        assert all(content().guidance[key].kind in ("emergency", "call") for key in found.guidance)

    def test_it_is_seen_in_the_draft_before_anything_else_is_answered(self, answer: Yes, days: int | None) -> None:
        found = in_draft(told_by(answer), days=days)
        assert found.urgency is not None
        assert rank(found.urgency) >= rank(ROWS[answer][1])
        assert found.level == ("E" if found.urgency == "emergency" else "U")


@pytest.mark.parametrize("answer", ROWS, ids="=".join)
def test_on_day_five_one_sign_gives_exactly_the_level_of_its_row(answer: Yes) -> None:
    assert assessed(told_by(answer), days=5).level == ROWS[answer][1]


def test_every_pair_of_signs_is_never_below_either_row() -> None:
    for one, other in combinations(ROWS, 2):
        if one[0] == other[0] and not items()[one[0]].repeats:
            continue
        for days in (None, 0, 5, 30):
            found = assessed(told_by(one, other), days=days)
            assert rank(found.level) >= max(rank(ROWS[one][1]), rank(ROWS[other][1])), (one, other, days)
            assert not found.is_negative


def test_severe_pain_by_number_with_every_sign_is_never_below_and_an_emergency_with_those_of_its_row() -> None:
    for answer, (_, level, _) in ROWS.items():
        found = assessed(told_by(answer), sites=(SEVERE,))
        assert rank(found.level) >= max(rank(level), rank("same_day")), answer
        if answer[0] not in ("now.any", "signs.severe"):
            assert found.level == "emergency", answer


@given(
    signs=st.lists(st.sampled_from(sorted(ROWS)), max_size=6),
    days=st.none() | st.integers(0, 400),
    now=st.integers(0, 10),
    worst=st.integers(0, 10),
    change=st.sampled_from(["better", "same", "worse"]),
)
def test_any_set_of_answers_is_never_below_any_of_its_rows(
    signs: list[Yes], days: int | None, now: int, worst: int, change: str
) -> None:
    last = {link_id: (link_id, code) for link_id, code in signs}
    said = [sign for sign in signs if items()[sign[0]].repeats or last[sign[0]] == sign]
    site: dict[str, Told] = {"site.now": now, "site.worst": worst, "site.change": change}
    found = assessed(told_by(*said), days=days, sites=(site,))
    rows = [ROWS[sign][1] for sign in said if sign in said]
    rows += ["same_day"] if max(now, worst) >= 7 or (days is None and now + worst > 0) else []
    assert rank(found.level) >= max(map(rank, rows), default=rank("routine"))
    assert found.is_negative == (found.level == "routine")


class TestCombinations:
    @pytest.mark.parametrize("fever", ["yes", "unsure"])
    @pytest.mark.parametrize("site", [{"site.now": 7}, {"site.worst": 10}])
    def test_fever_with_severe_pain_is_an_emergency(self, fever: str, site: Mapping[str, Told]) -> None:
        found = assessed({"signs.fever": fever}, sites=(site,))
        assert "ST07" in fired(found)
        assert found.level == "emergency"

    def test_six_of_ten_is_not_severe(self) -> None:
        assert assessed(sites=({"site.now": 6, "site.worst": 6},)).level == "routine"

    def test_a_low_reading_lowers_no_fever(self) -> None:
        assert assessed({"signs.fever": "unsure"}).level == "call_now"

    @pytest.mark.parametrize("with_sign", [("signs.fever", "yes"), ("signs.skin", "heat"), ("signs.other", "injury")])
    def test_a_limb_that_cannot_be_used_is_an_emergency_with_fever_infection_or_injury(self, with_sign: Yes) -> None:
        found = assessed(told_by(("signs.limb", "yes"), with_sign))
        assert "ST12a" in fired(found)
        assert found.level == "emergency"

    @pytest.mark.parametrize("with_sign", [("signs.fever", "unsure"), ("signs.numb", "yes")])
    def test_a_headache_with_fever_or_numbness_is_an_emergency(self, with_sign: Yes) -> None:
        assert "ST06a" in fired(assessed(told_by(("signs.other", "headache"), with_sign)))

    @pytest.mark.parametrize("illness", ["immune", "diabetes"])
    def test_signs_of_infection_are_an_emergency_with_an_illness_that_only_the_intake_knows(self, illness: str) -> None:
        context = CheckInContext(procedures=after(5).procedures, history=History(**{illness: "yes"}))  # type: ignore[arg-type]
        assert assessed({"signs.skin": ["redness"]}, context=context).level == "emergency"

    def test_toxic_signs_are_an_emergency_on_the_day_itself_and_when_it_is_unknown(self) -> None:
        levels_by_day = [assessed({"now.any": ["toxic"]}, days=days).level for days in (None, 0, 1, 9)]
        assert levels_by_day == ["emergency", "emergency", "same_day", "same_day"]

    @pytest.mark.parametrize(("days", "rise", "rule"), [(3, 5, False), (4, 5, True), (4, 2, False), (20, 3, True)])
    def test_pain_that_rises_over_the_value_before_counts_after_day_three(
        self, days: int, rise: int, rule: bool
    ) -> None:
        told_on = TODAY - timedelta(days=days + 1)
        history = History(immune="no", diabetes="no", baseline=Baseline(told_on=told_on, pain={"knee": 1}))
        context = CheckInContext(procedures=after(days).procedures, history=history)
        found = assessed(sites=({"site.now": 1 + rise},), context=context)
        assert ("ST11" in fired(found)) is rule
        assert found.level == ("same_day" if rule else "routine")

    def test_a_value_told_after_the_procedure_is_no_value_from_before(self) -> None:
        history = History(immune="no", diabetes="no", baseline=Baseline(told_on=TODAY, pain={"knee": 0}))
        context = CheckInContext(procedures=after(5).procedures, history=history)
        assert "ST11" not in fired(assessed(sites=({"site.now": 6},), context=context))


class TestTheDay:
    @pytest.mark.parametrize(
        ("days", "rule", "text"),
        [
            (0, "ST21", "ro.d2"),
            (2, "ST21", "ro.d2"),
            (3, "ST22", "ro.d7"),
            (7, "ST22", "ro.d7"),
            (8, "ST23", "ro.d21"),
            (21, "ST23", "ro.d21"),
            (22, "ST24", "ro.visit"),
            (300, "ST24", "ro.visit"),
        ],
    )
    @pytest.mark.parametrize("change", ["same", "worse"])
    def test_mild_soreness_without_any_sign_is_a_routine_of_its_band(
        self, days: int, rule: str, text: str, change: str
    ) -> None:
        found = assessed(days=days, sites=({"site.change": change},))
        assert (found.level, found.guidance, found.is_negative) == ("routine", (text,), True)
        assert rule in fired(found)
        assert found.offers_visit is (rule == "ST24")

    def test_better_after_three_weeks_offers_no_visit(self) -> None:
        found = assessed(days=30, sites=({"site.change": "better"},))
        assert (found.level, found.guidance, found.offers_visit) == ("routine", (), False)

    @pytest.mark.parametrize("told", [{"day.right": "unsure"}, {"day.right": "other"}])
    def test_a_patient_who_doubts_the_day_makes_it_unknown(self, told: Mapping[str, Told]) -> None:
        found = assessed(told, days=5)
        assert (found.level, found.guidance) == ("same_day", ("sd.call",))
        assert "ST18b" in fired(found)

    def test_a_day_that_the_patient_tells_never_stands_against_the_record(self) -> None:
        told: Mapping[str, Told] = {"day.right": "other", "day.date": TODAY - timedelta(days=10)}
        assert assessed(told, days=5).level == "same_day"

    def test_without_a_record_the_patient_may_tell_the_day(self) -> None:
        told: Mapping[str, Told] = {"day.right": "other", "day.date": TODAY - timedelta(days=10)}
        assert assessed(told, context=CheckInContext(history=WELL)).guidance == ("ro.d21",)

    @pytest.mark.parametrize("told", [{"day.right": "yes"}, {"day.right": "other"}])
    def test_without_a_record_and_a_day_it_is_unknown(self, told: Mapping[str, Told]) -> None:
        assert assessed(told, context=CheckInContext(history=WELL)).level == "same_day"

    @pytest.mark.parametrize("day", [None, date(2026, 11, 25)])
    def test_an_unknown_or_future_day_counts_as_the_day_itself(self, day: date | None) -> None:
        context = CheckInContext(procedures=after(5, performed_on=day).procedures, history=WELL)
        assert assessed(context=context).level == "same_day"
        assert assessed({"now.any": ["toxic"]}, context=context).level == "emergency"

    def test_without_any_soreness_an_unknown_day_is_a_routine_without_a_band(self) -> None:
        found = assessed(days=None, sites=({"site.now": 0, "site.worst": 0},))
        assert (found.level, found.guidance) == ("routine", ())

    def test_the_procedure_of_the_same_region_counts_before_a_later_one_elsewhere(self) -> None:
        knee, hip = (
            Treated(performed_on=TODAY - timedelta(days=days), regions=(region,), tissues=(), hydrodissection=None)
            for days, region in ((30, "knee"), (1, "hip"))
        )
        context = CheckInContext(procedures=(hip, knee), history=WELL)
        assert assessed(context=context).guidance == ("ro.visit",)
        assert assessed(sites=({"site.region": "hip"},), context=context).guidance == ("ro.d2",)
        assert assessed(sites=({"site.region": "elbow"},), context=context).guidance == ("ro.d2",)

    def test_hydrodissection_adds_its_words_and_changes_no_level(self) -> None:
        for days, answer in product((1, 20), (None, ("signs.skin", "heat"))):
            context = CheckInContext(procedures=after(days, hydrodissection=True).procedures, history=WELL)
            told = told_by(answer) if answer else {}
            assert assessed(told, context=context).level == assessed(told, days=days).level
            assert assessed(told, context=context).advice == ("post.hydro",)


class TestFailingUpward:
    def test_an_unset_threshold_of_severe_pain_is_never_mild(self) -> None:
        found = assessed(settings={"pain.severe_from": "seven"})
        assert (found.level, found.is_negative) == ("same_day", False)

    def test_unsigned_content_asks_for_the_same_day_and_withholds_comfort(self) -> None:
        found = unsigned(assessed())
        assert (found.level, found.guidance, found.is_negative) == ("same_day", (), False)

    def test_unsigned_content_lowers_nothing(self) -> None:
        found = unsigned(assessed({"now.any": ["breath"]}))
        assert (found.level, found.guidance) == ("emergency", ("em.breath",))


def test_who_says_no_to_everything_answers_at_most_fourteen_questions() -> None:
    response = filled()
    assert faults(response) == []
    assert len(list(questions(response))) <= 14


def test_the_first_screen_is_one_checklist_with_none_of_these() -> None:
    asked = [item for item in form().item[0].item if item.type != "display"]
    assert [item.link_id for item in asked] == ["now.any"]
    codes = {option.value_coding.code for option in asked[0].answer_option if option.value_coding}
    assert {"none", "unsure"} <= codes


def test_every_row_that_answers_decide_has_a_rule() -> None:
    numbers = {rule.id[:4] for rule in rule_set().rules}
    decided = {f"ST{number:02}" for number in (*range(1, 20), *range(21, 25), 26, 31)}
    assert numbers == decided


def test_an_empty_draft_shows_no_danger() -> None:
    assert in_draft({}).level is None


def test_a_calm_check_in_shows_no_danger_in_its_draft() -> None:
    calm = {link_id: "none" if items()[link_id].repeats else "no" for link_id in ("signs.skin", "signs.other")}
    assert in_draft({"now.any": ["none"], "signs.fever": "no", **{k: [v] for k, v in calm.items()}}).level is None


def test_signs_are_labelled_for_staff() -> None:
    assert all(notes.label for notes in item_notes(form()).values())
    assert CALM_SITE.keys() == {item.link_id for item in items()["site"].item}
