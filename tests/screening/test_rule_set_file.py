"""Reading a rule set from its file."""

import json
from copy import deepcopy
from typing import Any

import jsonschema
import msgspec
import pytest

from portico.errors import Malformed
from portico.screening.rule_set_file import UnreadableRuleSet, decode_rule_set, rule_set_json_schema

FILE: dict[str, Any] = {
    "slug": "prolotherapy-intake",
    "version": "1.0.0",
    "questionnaire": "urn:portico:questionnaire:prolotherapy-intake|1.0.0",
    "engine": "1.0",
    "settings": {
        "cortisone.max": {
            "type": "integer",
            "unit": "treatments",
            "default": 2,
            "source": ["S29"],
            "description": "Cortisone treatments of one region above which the clinic looks twice.",
            "confirmed_by": [],
        }
    },
    "rules": [
        {
            "id": "PS05",
            "effect": "review_with_flags",
            "severity": "medium",
            "when": {
                "op": "all",
                "of": [
                    {"op": "has_code", "link_id": "cort.1", "codes": ["yes", "unsure"]},
                    {"op": "not", "of": {"op": "answered", "link_id": "doc.1"}},
                    {
                        "op": "any_row",
                        "group": "cort.2",
                        "when": {
                            "op": "any",
                            "of": [
                                {
                                    "op": "compare",
                                    "link_id": "cort.2.ever",
                                    "cmp": ">",
                                    "value": {"setting": "cortisone.max"},
                                },
                                {"op": "compare", "link_id": "cort.2.share", "cmp": "=", "value": 0.5},
                                {"op": "compare", "link_id": "cort.2.who", "cmp": "=", "value": "here"},
                                {
                                    "op": "elapsed",
                                    "link_id": "cort.2.last",
                                    "unit": "weeks",
                                    "cmp": "<",
                                    "value": 6,
                                },
                                {"op": "count", "link_id": "cort.2.note", "cmp": ">=", "value": 2},
                                {"op": "is_true", "link_id": "cort.2.helped"},
                            ],
                        },
                    },
                ],
            },
            "text": "More than {cortisone.max} cortisone treatments reported.",
            "source": ["S29"],
            "rationale": "Clinic preference.",
            "confirm": True,
            "confirmed_by": [],
        },
        {
            "id": "PS32",
            "effect": "call_before_booking",
            "severity": "high",
            "when": {"op": "engine_error"},
            "text": "A rule could not be evaluated.",
            "source": ["CMC"],
            "rationale": "Fail upward.",
            "confirm": True,
        },
    ],
}


def changed(*path: str | int, to: object) -> bytes:
    content = deepcopy(FILE)
    place: Any = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(content).encode()


def test_a_rule_set_survives_reading_and_writing() -> None:
    rule_set = decode_rule_set(json.dumps(FILE).encode())
    assert decode_rule_set(msgspec.json.encode(rule_set)) == rule_set
    assert [rule.id for rule in rule_set.rules] == ["PS05", "PS32"]


def test_the_json_schema_accepts_what_the_program_reads() -> None:
    schema = rule_set_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(FILE, schema)


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (b"{", "$"),
        (b"[" * 100_000, "$"),
        (b"\xff", "$"),
        (changed("rules", 0, "effect", to="reject"), "$.rules[0].effect"),
        (changed("rules", 0, "severity", to="huge"), "$.rules[0].severity"),
        (changed("rules", 0, "efect", to="note"), "$.rules[0]"),
        (changed("rules", 0, "when", to={"op": "eval", "code": "1"}), "$.rules[0].when.op"),
        (changed("rules", 0, "when", to={"op": "is_true", "link_id": 3}), "$.rules[0].when.link_id"),
        (changed("rules", 0, "when", "of", 0, "cods", to=[]), "$.rules[0].when.of[0]"),
        (changed("settings", "cortisone.max", "type", to="number"), "$.settings[...].type"),
        (changed("version", to=None), "$.version"),
    ],
)
def test_an_unreadable_rule_set_is_refused_with_its_place(content: bytes, path: str) -> None:
    with pytest.raises(UnreadableRuleSet) as refusal:
        decode_rule_set(content)
    assert isinstance(refusal.value, Malformed)
    assert refusal.value.data["path"] == path
    assert refusal.value.message.startswith("The rule set cannot be read: ")
