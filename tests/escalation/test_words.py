"""Staff read what was noticed in words; the code stands beside it."""

from portico.clinic.model import ClinicSettings
from portico.escalation.words import rule_words
from portico.platform.content import load_content
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
