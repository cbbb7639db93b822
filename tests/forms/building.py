"""Short ways to write forms, responses and conditions in tests."""

import json
from collections.abc import Iterable, Mapping
from datetime import date

from portico.forms import (
    Fault,
    Questionnaire,
    QuestionnaireResponse,
    check_questionnaire,
    decode_questionnaire,
    decode_response,
    validate,
)
from portico.forms.validation import Mode
from portico.ids import LinkId

TODAY = date(2026, 3, 10)
SYSTEM = "urn:portico:answer"
URL = "urn:portico:questionnaire:test"
_CORE = "http://hl7.org/fhir/StructureDefinition/"
_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/"
_SDC_NAMES = {"minQuantity", "maxQuantity", "enableWhenExpression", "calculatedExpression"}
_QUESTIONNAIRE_NAMES = {"hidden", "minOccurs", "maxOccurs", "unitOption", "optionExclusive", "referenceResource"}

Json = dict[str, object]


def form(*items: Json, **elements: object) -> Questionnaire:
    body = {"resourceType": "Questionnaire", "url": URL, "version": "1.0.0", "status": "active", "item": items}
    return decode_questionnaire(json.dumps(body | elements).encode())


def item(link_id: str, kind: str = "boolean", *children: Json, **elements: object) -> Json:
    """`readOnly=True` and other elements by their FHIR names."""
    nested = {"item": children} if children else {}
    return {"linkId": link_id, "type": kind, "text": f"Text of {link_id}"} | nested | elements


def group(link_id: str, *children: Json, **elements: object) -> Json:
    return item(link_id, "group", *children, **elements)


def choice(link_id: str, *codes: str, **elements: object) -> Json:
    return item(link_id, "choice", answerOption=[{"valueCoding": coding(code)} for code in codes], **elements)


def coding(code: str, system: str | None = SYSTEM) -> Json:
    return {"code": code, "system": system} if system else {"code": code}


def when(question: str, operator: str = "=", **answer: object) -> Json:
    return {"question": question, "operator": operator} | (answer or {"answerBoolean": True})


def extension(name: str, **value: object) -> Json:
    prefix = _CORE + ("questionnaire-" if name in _QUESTIONNAIRE_NAMES else "")
    return {"url": f"{_SDC}sdc-questionnaire-{name}" if name in _SDC_NAMES else prefix + name} | value


def response(*items: Mapping[str, object], status: str = "completed", **elements: object) -> QuestionnaireResponse:
    body = {"resourceType": "QuestionnaireResponse", "status": status, "item": items}
    return decode_response(json.dumps(body | elements).encode())


def answer(link_id: str, *values: object, **kind: object) -> Json:
    """`answer("q", True)`, `answer("q", "a", "b")`; another type by its FHIR name: `answer("q", valueDate="2024")`."""
    return {"linkId": link_id, "answer": [value_of(value) for value in values] or [kind]}


def rows(link_id: str, *instances: Iterable[Mapping[str, object]]) -> list[Json]:
    return [{"linkId": link_id, "item": list(instance)} for instance in instances]


def inside(link_id: str, *children: Mapping[str, object]) -> Json:
    return {"linkId": link_id, "item": children}


def value_of(value: object) -> Mapping[str, object]:
    if isinstance(value, dict):
        return {"valueCoding": value} if "code" in value else value
    names = {bool: "valueBoolean", int: "valueInteger", float: "valueDecimal", str: "valueString"}
    return {names[type(value)]: value}


def faults(
    q: Questionnaire, r: QuestionnaireResponse, mode: Mode = "complete", *, optional: Iterable[str] = ()
) -> list[tuple[str, str]]:
    """LinkId and code of each fault."""
    return told(validate(q, r, mode=mode, today=TODAY, optional=frozenset(map(LinkId, optional))))


def told(found: Iterable[Fault]) -> list[tuple[str, str]]:
    return [(fault.link_id, fault.code) for fault in found]


def notes(q: Questionnaire) -> set[tuple[str, str]]:
    """What speaks against publishing the form."""
    return set(told(check_questionnaire(q)))
