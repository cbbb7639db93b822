"""Phrases that occur nowhere else, planted in every field that people fill in, and a search for them in whatever form."""

import secrets
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

Item = Mapping[str, Any]

MARK = "quokka"
"""Every phrase starts with it, so that one search finds any of them in large files."""

_BOUND = "http://hl7.org/fhir/StructureDefinition/"
_SHORTEST = 16


class Planted:
    """Makes phrases and remembers where each was planted."""

    def __init__(self) -> None:
        self.phrases: dict[str, str] = {}
        self._file_url = ""

    def phrase(self, field: str, limit: int | None = None) -> str:
        """A new phrase for this field; at most `limit` characters, of which it needs 16."""
        assert limit is None or limit >= _SHORTEST, f"{field} is too short for a phrase"
        phrase = f"{MARK}{secrets.token_hex(8)}"
        self.phrases[field] = phrase[:limit]
        return self.phrases[field]

    def digits(self, field: str) -> str:
        """A telephone number that nobody else has."""
        self.phrases[field] = f"+1555{secrets.randbelow(10**12):012}"
        return self.phrases[field]

    def day(self, field: str) -> str:
        """A date that no demo person and no other field has."""
        taken = sum(text.startswith("1931-") for text in self.phrases.values())
        self.phrases[field] = f"1931-{taken // 28 + 1:02}-{taken % 28 + 1:02}"
        return self.phrases[field]

    def found_in(self, content: bytes) -> list[str]:
        """The fields whose phrase stands in the content: plain, as bytea or JSON, in base64, or quoted for a URL."""
        lowered = content.lower()
        return [
            field
            for field, phrase in self.phrases.items()
            if any(form in content or form.lower() in lowered for form in _forms(phrase))
        ]

    def answers(self, questionnaire: Item, patient_id: str, file_url: str) -> dict[str, object]:
        """A QuestionnaireResponse that answers everything: "yes" where it can be said, a phrase where one can write.

        A question for a file is answered with the one at `file_url`.
        """
        self._file_url = file_url
        return {
            "resourceType": "QuestionnaireResponse",
            "questionnaire": f"{questionnaire['url']}|{questionnaire['version']}",
            "status": "in-progress",
            "subject": {"reference": f"Patient/{patient_id}"},
            "item": list(self._items(questionnaire["item"])),
        }

    def _items(self, items: list[Item]) -> Iterator[dict[str, object]]:
        for item in items:
            below = list(self._items(item.get("item", [])))
            if item["type"] == "group":
                yield {"linkId": item["linkId"], "item": below}
            elif item["type"] != "display":
                answer = self._answer(item) | ({"item": below} if below else {})
                yield {"linkId": item["linkId"], "answer": [answer]}

    def _answer(self, item: Item) -> dict[str, object]:
        field, kind = f"answer {item['linkId']}", item["type"]
        match kind:
            case "choice":
                return {"valueCoding": _option(item)}
            case "string" | "text" | "open-choice":
                return {"valueString": self.phrase(field, item.get("maxLength"))}
            case "date":
                return {"valueDate": self.day(field)}
            case "boolean":
                return {"valueBoolean": True}
            case "attachment":
                return {"valueAttachment": {"url": self._file_url}}
            case "integer" | "decimal":
                return {f"value{kind.capitalize()}": _number(item)}
        message = f"no way to plant an answer of type {kind}"
        raise NotImplementedError(message)


def _option(item: Item) -> object:
    codings = [option["valueCoding"] for option in item["answerOption"]]
    return next((coding for coding in codings if coding["code"] == "yes"), codings[0])


def _number(item: Item) -> object:
    """The least that is allowed, else one."""
    for extension in item.get("extension", []):
        if extension["url"] == f"{_BOUND}minValue":
            return next(value for name, value in extension.items() if name.startswith("value"))
    return 1


def _forms(phrase: str) -> Iterator[bytes]:
    raw = phrase.encode()
    yield from (raw, raw.hex().encode(), quote(phrase).encode(), phrase.encode("utf-16-le"))
    if not phrase.startswith(MARK):
        return
    # In base64 a phrase looks different at each of three offsets; the characters at its edges depend on neighbours.
    for offset in range(3):
        yield b64encode(bytes(offset) + raw)[4:-4]
