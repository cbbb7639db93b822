"""Reading a rule set from its file, and the JSON Schema of that file."""

import re
from typing import Any

import msgspec

from portico.errors import Malformed
from portico.screening.model import RuleSet

_PATH = re.compile(r" - at `(?P<path>\$[^`]*)`$")


class UnreadableRuleSet(Malformed):
    """The file is not a rule set; `path` in the data says where."""

    code = "unreadable-rule-set"


def decode_rule_set(content: bytes) -> RuleSet:
    """Raise UnreadableRuleSet for broken JSON, unknown or missing fields, values outside closed sets."""
    try:
        return msgspec.json.decode(content, type=RuleSet)
    except (msgspec.DecodeError, RecursionError) as error:
        reason = str(error)
        found = _PATH.search(reason)
        path = found["path"] if found else "$"
        raise UnreadableRuleSet(
            f"The rule set cannot be read: {_PATH.sub('', reason)} (at {path}).", path=path
        ) from error


def rule_set_json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a rule-set file, generated from the structs that read it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Portico rule set",
        **msgspec.json.schema(RuleSet),
    }
