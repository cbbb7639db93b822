"""Staff read what was noticed in words; the code stands beside it."""

from portico.clinic.model import ClinicSettings
from portico.escalation.words import STAND_FOR_MANY, CaseWords, item_words, rule_words
from portico.platform.content import load_content
from portico.platform.content_items import item_notes
from portico.triage.rows import ST_IDS

CONTENT = load_content()
SETTINGS = ClinicSettings(zone="America/New_York", values={}, confirmed=frozenset())


def test_every_rule_that_can_raise_has_words() -> None:
    words = rule_words(CONTENT, SETTINGS)
    codes = {str(rule.id) for each in CONTENT.rule_sets.values() for rule in each.rule_set.rules}
    codes |= {*ST_IDS.values(), "ST25", "ST27", "ST28", "ST30"}
    assert {code for code in codes if not words.get(code)} == set()
    assert not [text for text in words.values() if "{" in text or text.endswith(".")]


def test_words_are_short_and_carry_the_clinics_numbers() -> None:
    words = rule_words(CONTENT, SETTINGS)
    assert words["ST01"] == "Breathing trouble or chest pain reported"
    assert "level" not in words["PS01"]


def test_every_question_about_a_danger_has_words() -> None:
    words = item_words(CONTENT)
    flags = [note for file in CONTENT.questionnaires.values() for note in item_notes(file.form).values() if note.level]
    assert flags
    assert {note.link_id for note in flags if not words.get(note.link_id)} == set()
    assert words["rf.any.weakness"] == "New weakness"
    assert words["rf.shoulder.effort"] == "Shoulder: With effort"


def test_the_rules_that_stand_for_many_signs_are_the_ones_that_name_none() -> None:
    words = CaseWords(rules=rule_words(CONTENT, SETTINGS), items=item_words(CONTENT))
    assert all(rule in words.rules for rule in STAND_FOR_MANY)
    assert words.signs(["PS02", "PS14"], ["rf.any.lump", "rf.any.lump", "unheard.of"]) == ["Growing lump"]
    assert words.signs(["ST08"], ["signs.fever"]) == []
