"""JSON Schemas of the content files that our own structs read, made from those structs, so that they cannot disagree."""

from collections.abc import Mapping

import msgspec

from portico.platform.content_files import CodesFile, GuidanceFile, HazardsFile, SettingsFile, SourcesFile
from portico.screening.rule_set_file import rule_set_json_schema

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FILES: Mapping[str, tuple[type, str]] = {
    "guidance": (GuidanceFile, "A text for patients"),
    "settings": (SettingsFile, "What a clinic sets, and how contradictions are met"),
    "sources": (SourcesFile, "The statements of the clinic's page and what became of them"),
    "hazards": (HazardsFile, "How the portal could hurt somebody, and what holds it off"),
    "codes": (CodesFile, "Codes of foreign code systems that were looked up"),
}


def file_schemas() -> dict[str, dict[str, object]]:
    """The schemas by the name of their file in `schemas/json-schema/`."""
    made: dict[str, dict[str, object]] = {
        name: {"$schema": _DIALECT, "title": title, **msgspec.json.schema(kind)}
        for name, (kind, title) in _FILES.items()
    }
    made["rule-set"] = rule_set_json_schema()
    return made


def schema_text(schema: dict[str, object]) -> str:
    """As it stands in its file."""
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=1).decode() + "\n"
