"""Texts as a patient reads them: with the clinic's numbers, or whole without them."""

import re

import pytest

from portico.platform.content import render_guidance
from tests.content.filled import content

TEXTS = sorted(content().guidance)
EMERGENCY = [key for key in TEXTS if content().guidance[key].kind == "emergency"]
FOR_PROXIES = [key for key in TEXTS if content().guidance[key].proxy_texts]
SET = dict.fromkeys(content().settings, "555-0100")


def rendered(key: str, settings: dict[str, str | None] | None = None) -> str:
    return render_guidance(content().guidance[key], settings or {}).text


@pytest.mark.parametrize("key", TEXTS)
@pytest.mark.parametrize("settings", [{}, SET], ids=["nothing set", "everything set"])
def test_no_text_prints_a_blank_or_a_placeholder(key: str, settings: dict[str, str | None]) -> None:
    made = render_guidance(content().guidance[key], settings)
    assert made.text
    assert not re.search(r"[{}]|\bNone\b| {2}| [.,]|at \.", made.text)
    assert all(action.kind == "link" or action.number for action in made.actions)


@pytest.mark.parametrize("key", EMERGENCY)
def test_an_emergency_text_says_what_to_do_without_any_setting(key: str) -> None:
    made = render_guidance(content().guidance[key], {})
    assert {"911", "988"} & {action.number for action in made.actions}
    assert re.search(r"911|988|emergency room", made.text)


@pytest.mark.parametrize("key", FOR_PROXIES)
@pytest.mark.parametrize("settings", [{}, SET], ids=["nothing set", "everything set"])
def test_who_acts_for_somebody_reads_first_about_whom_it_is_and_is_never_taken_for_the_patient(
    key: str, settings: dict[str, str | None]
) -> None:
    text = content().guidance[key]
    made, own = render_guidance(text, settings, about="Alice Test"), render_guidance(text, settings)
    assert made.paragraphs[0] == "This is about Alice Test."
    assert text.kind not in ("emergency", "call") or "Alice Test" in made.title
    assert not re.search(r"\byou(r|rself)?\b|[{}]| {2}| [.,]", f"{made.title} {made.text}", re.IGNORECASE)
    assert made.actions == own.actions
    assert set(re.findall(r"911|988|555-0100", made.text)) == set(re.findall(r"911|988|555-0100", own.text))
    assert "Alice Test" not in f"{own.title} {own.text}"


def test_every_text_about_a_danger_has_words_for_proxies() -> None:
    assert {key for key in TEXTS if content().guidance[key].kind in ("emergency", "call")} <= set(FOR_PROXIES)


def test_a_text_that_is_right_for_both_stays_as_it_is() -> None:
    text = content().guidance["ro.ack"]
    assert render_guidance(text, SET, about="Alice Test") == render_guidance(text, SET)


def test_a_name_that_looks_like_a_placeholder_is_printed_as_it_is() -> None:
    made = render_guidance(content().guidance["em.911"], SET, about="{clinic.phone}")
    assert made.paragraphs[0] == "This is about {clinic.phone}."


def test_a_missing_number_drops_its_sentence_and_its_button() -> None:
    text = content().guidance["em.infection"]
    without = render_guidance(text, {"clinic.phone": None})
    with_number = render_guidance(text, {"clinic.phone": "555-0100"})
    assert "office" not in without.text
    assert "call the office now at 555-0100" in with_number.text
    assert [action.number for action in without.actions] == ["911"]
    assert [action.number for action in with_number.actions] == ["911", "555-0100"]


@pytest.mark.parametrize(
    ("amount", "says", "says_not"),
    [(None, "Ask the office what a session costs.", "dollars"), ("495", "One session costs 495 dollars.", "Ask")],
    ids=["no fee set", "a fee set"],
)
def test_the_fee_is_the_clinics_or_a_question(amount: str | None, says: str, says_not: str) -> None:
    text = rendered("pre.pay", {"fee.amount": amount})
    assert says in text
    assert says_not not in text


def test_the_meal_text_is_neutral_until_the_clinic_writes_its_own() -> None:
    assert "Eat before you come, and drink plenty of water." in rendered("pre.meal")
    own = rendered("pre.meal", {"pre_visit.meal_text": "Have a light meal."})
    assert own.startswith("Have a light meal.")
    assert "Eat before you come" not in own


def test_a_language_that_is_not_there_falls_back_to_english() -> None:
    text = content().guidance["em.911"]
    assert render_guidance(text, {}, "es") == render_guidance(text, {}, "en")


def test_an_automatic_answer_names_no_time_that_is_not_known() -> None:
    assert "by" not in rendered("auto.received").split(".")[0]
    assert "by Friday" in rendered("auto.received", {"message.reply_by": "Friday"})


@pytest.mark.parametrize("key", TEXTS)
def test_no_text_is_confirmed_in_its_file(key: str) -> None:
    assert content().guidance[key].confirmed_by == ()
    assert content().guidance[key].source
    assert len(content().guidance[key].digest) == 32


@pytest.mark.parametrize("key", [key for key in TEXTS if content().guidance[key].kind == "reassurance"])
def test_comfort_stands_behind_the_gate(key: str) -> None:
    assert render_guidance(content().guidance[key], {}).gate == "screen_complete_negative"
