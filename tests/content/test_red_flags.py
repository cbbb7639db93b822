"""Every red flag of the shipped intake, alone, for both answers that count."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portico.commands.made_up_answers import Told
from portico.platform.content_items import items_of
from portico.screening.model import DISPOSITIONS
from tests.content.filled import Rows, content, danger, faults, filled, fired, flags, form, region_of, screened

COUNTED = ("yes", "unsure")
RULE_OF_LEVEL = {"E": "PS01", "U": "PS02"}
DISPOSITION = {"E": "seek_care_now", "U": "call_before_booking", "R": "needs_review"}
LEVELS = {link_id: level for level in ("E", "U", "R") for link_id in flags(level)}


def needed(link_id: str) -> dict[str, Told]:
    """What must be said before this flag is asked."""
    told: dict[str, Told] = {"who.3": "female"} if link_id.endswith(".pregnant") else {"who.3": "male"}
    return {**told, "reg.1": region_of(link_id)}


def test_every_red_flag_stands_on_the_first_two_screens() -> None:
    asked_early = {item.link_id for screen in form().item[:2] for item in items_of((screen,))}
    assert set(LEVELS) <= asked_early
    assert len(LEVELS) > 90
    first = form().item[0].item[0]
    assert (first.link_id, first.type) == ("em.0", "display")


@pytest.mark.parametrize("answer", COUNTED)
@pytest.mark.parametrize("link_id", flags("E", "U"))
def test_a_red_flag_alone_in_a_draft_shows_danger_of_its_level(link_id: str, answer: str) -> None:
    found = danger({**needed(link_id), link_id: answer})
    assert (found.level, found.rules) == (LEVELS[link_id], (RULE_OF_LEVEL[LEVELS[link_id]],))
    assert link_id in found.link_ids
    assert all(key in content().guidance for key in found.guidance)


@pytest.mark.parametrize("link_id", flags("E", "U", "R"))
def test_a_red_flag_answered_with_no_is_no_danger(link_id: str) -> None:
    assert danger({**needed(link_id), link_id: "no"}).level is None


@pytest.mark.parametrize("answer", COUNTED)
@pytest.mark.parametrize("link_id", flags("E", "U", "R"))
def test_a_red_flag_in_an_otherwise_calm_form_sets_the_disposition(link_id: str, answer: str) -> None:
    sex = "female" if link_id.endswith(".pregnant") else "male"
    response = filled({"who.3": sex, link_id: answer}, regions=[region_of(link_id)])
    assert faults(response) == []
    assert screened(response).disposition == DISPOSITION[LEVELS[link_id]]


def test_rather_not_saying_how_one_feels_is_no_danger_and_leaves_nothing_open() -> None:
    response = filled({"rf.mood": "prefer_not"})
    assert faults(response) == []
    assert screened(response).disposition == "possible_candidate"


@pytest.mark.parametrize("fever", ["rf.any.fever", "rf.any.chills", "rf.any.ill"])
@pytest.mark.parametrize("answer", COUNTED)
class TestFever:
    def test_fever_alone_is_a_call(self, fever: str, answer: str) -> None:
        assert danger({"reg.1": "knee", fever: answer}).level == "U"

    @pytest.mark.parametrize("region", ["neck", "upper_back", "low_back", "head", "abdominal_wall", "chest_wall"])
    def test_fever_with_pain_of_head_trunk_or_spine_is_an_emergency(self, fever: str, answer: str, region: str) -> None:
        assert danger({"reg.1": region, fever: answer}).level == "E"

    @pytest.mark.parametrize("severe", COUNTED)
    def test_fever_with_severe_pain_is_an_emergency(self, fever: str, answer: str, severe: str) -> None:
        assert danger({"reg.1": "knee", fever: answer, "rf.any.severe": severe}).level == "E"

    @pytest.mark.parametrize("which", ["now", "worst", "average"])
    @pytest.mark.parametrize(("pain", "level"), [(6, "U"), (7, "E"), (10, "E")])
    def test_fever_with_pain_of_seven_or_more_is_an_emergency(
        self, fever: str, answer: str, which: str, pain: int, level: str
    ) -> None:
        rows: Rows = {"reg.n": [{"reg.n.region": "knee", f"reg.n.nrs.{which}": pain}]}
        assert danger({"reg.1": "knee", fever: answer}, rows).level == level

    def test_no_fever_does_not_lower_a_hot_joint(self, fever: str, answer: str) -> None:
        assert danger({"reg.1": "knee", fever: "no", "rf.any.hot_joint": answer}).level == "E"


def test_severe_pain_without_fever_is_not_asked_about() -> None:
    assert danger({"reg.1": "knee", "rf.any.severe": "yes"}).level is None


def test_an_empty_draft_shows_no_danger() -> None:
    assert danger({}).level is None


@pytest.mark.parametrize("born_on", [date(2008, 11, 25), date(2015, 1, 1)], ids=["a day before eighteen", "a child"])
def test_a_minor_is_called_first(born_on: date) -> None:
    result = screened(filled({"who.2": born_on}))
    assert result.disposition == "call_before_booking"
    assert "PS28" in fired(result)


def test_on_the_eighteenth_birthday_the_rule_for_minors_is_silent() -> None:
    assert "PS28" not in fired(screened(filled({"who.2": date(2008, 11, 24)})))


def test_the_988_notice_is_shown_whoever_answers_what() -> None:
    notice = next(item for item in form().item[1].item if item.link_id == "rf.mood.help")
    assert "988" in (notice.text or "")
    assert notice.enable_when == ()


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(LEVELS)), st.sampled_from(COUNTED), max_size=4),
    st.sampled_from(sorted(LEVELS)),
    st.sampled_from(COUNTED),
)
def test_one_more_red_flag_never_makes_the_whole_form_milder(before: dict[str, str], added: str, answer: str) -> None:
    told = {key: value for key, value in before.items() if key != added}
    regions = sorted({region_of(link_id) for link_id in (*told, added)})
    sex = {"who.3": "female"}
    less = screened(filled({**sex, **told}, regions=regions))
    more = screened(filled({**sex, **told, added: answer}, regions=regions))
    assert DISPOSITIONS.index(more.disposition) <= DISPOSITIONS.index(less.disposition)
    worst = min(DISPOSITIONS.index(DISPOSITION[LEVELS[link_id]]) for link_id in (*told, added))
    assert DISPOSITIONS.index(more.disposition) <= worst
