"""The files are what their JSON Schemas say, and what cannot be read is refused by name."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from portico.errors import StartupRefused
from portico.platform.content import load_content
from portico.platform.resources import schemas_dir

ROOT = schemas_dir()
OF_SCHEMA = {
    "questionnaire": sorted(ROOT.glob("questionnaires/*/*.json")),
    "rule-set": sorted(ROOT.glob("rules/*/*.json")),
    "guidance": sorted(ROOT.glob("guidance/*.json")),
    "settings": [ROOT / "settings.json"],
    "sources": [ROOT / "sources.json"],
    "codes": [ROOT / "codes.json"],
    "hazards": [ROOT / "hazards.json"],
}
FILES = [(name, path) for name, paths in OF_SCHEMA.items() for path in paths]


def schema(name: str) -> Draft202012Validator:
    found = json.loads((ROOT / "json-schema" / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(found)


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", OF_SCHEMA)
def test_every_format_has_files(name: str) -> None:
    assert OF_SCHEMA[name]


@pytest.mark.parametrize(("name", "path"), FILES, ids=[str(path.relative_to(ROOT)) for _, path in FILES])
def test_a_file_is_what_its_schema_says(name: str, path: Path) -> None:
    assert [error.message for error in schema(name).iter_errors(read(path))] == []


def broken_item(**change: object) -> Any:
    found = read(OF_SCHEMA["questionnaire"][0])
    found["item"][0]["item"][0].update(change)
    return found


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("questionnaire", broken_item(type="checkbox")),
        ("questionnaire", broken_item(required=True)),
        ("questionnaire", broken_item(extension=[])),
        ("rule-set", {**read(OF_SCHEMA["rule-set"][0]), "extra": 1}),
        ("guidance", {**read(OF_SCHEMA["guidance"][0]), "confirmed_by": ["Dr. Adams"]}),
        ("guidance", {**read(OF_SCHEMA["guidance"][0]), "source": []}),
        ("guidance", {**read(OF_SCHEMA["guidance"][0]), "source": ["S80"]}),
        ("codes", {"codes": [{"system": "http://loinc.org", "code": "1", "display": "x"}]}),
        ("sources", {"sources": {"S80": {"says": "x", "kind": "shown"}}}),
        ("settings", {"settings": {"a.b": {"type": "colour"}}, "contradictions": {}}),
    ],
    ids=["type", "display", "no source", "extra", "confirmed", "unsourced", "S80", "unverified", "S-number", "setting"],
)
def test_a_schema_refuses_what_is_wrong(name: str, broken: object) -> None:
    assert list(schema(name).iter_errors(broken))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("settings.json", "{"),
        ("guidance/em.911.json", '{"key": "em.911"}'),
        ("guidance/em.912.json", (ROOT / "guidance/em.911.json").read_text(encoding="utf-8")),
        ("rules/prolotherapy-intake/1.1.0.json", "[]"),
        ("questionnaires/prolotherapy-intake/1.1.0.json", "{}"),
    ],
    ids=["broken", "fields missing", "another key", "no rule set", "no questionnaire"],
)
def test_an_unreadable_file_is_refused_by_name(tmp_path: Path, path: str, words: str) -> None:
    folder = shutil.copytree(ROOT, tmp_path / "schemas")
    (folder / path).write_text(words, encoding="utf-8")
    with pytest.raises(StartupRefused, match=Path(path).name):
        load_content(folder)


def test_what_is_shipped_is_read_whole() -> None:
    found = load_content()
    assert len(found.sources) == 79
    assert len(found.contradictions) == 16
    assert len(found.guidance) == len(OF_SCHEMA["guidance"])
    assert [*found.questionnaires] == [
        f"urn:portico:questionnaire:{each}" for each in ("prolotherapy-intake|1.1.0", "soreness-checkin|1.0.0")
    ]
