"""Constraints of single answers: types, lengths, patterns, bounds, options, units, files, references."""

from base64 import b64encode
from time import process_time

import pytest

from portico.forms import decode_response, validate
from tests.forms.building import TODAY, Json, answer, choice, coding, extension, faults, form, item, response, told

MG: Json = {"value": 5.0, "code": "mg", "system": "http://unitsofmeasure.org", "unit": "mg"}
FILE: Json = {"contentType": "image/png", "data": b64encode(b"12345").decode()}
OPTIONS = [{"valueCoding": coding("a")}, {"valueCoding": coding("b")}]


def ext(name: str, **value: object) -> Json:
    return {"extension": [extension(name, **value)]}


@pytest.mark.parametrize(
    ("kind", "elements", "value", "expected"),
    [
        ("integer", ext("minValue", valueInteger=0), {"valueInteger": 0}, None),
        ("integer", ext("minValue", valueInteger=0), {"valueInteger": -1}, "value"),
        ("integer", ext("maxValue", valueInteger=10), {"valueInteger": 10}, None),
        ("integer", ext("maxValue", valueInteger=10), {"valueInteger": 11}, "value"),
        ("integer", {}, {"valueInteger": 2147483647}, None),
        ("integer", {}, {"valueInteger": 2147483648}, "invalid"),
        ("decimal", ext("maxValue", valueDecimal=0.3), {"valueDecimal": 0.3}, None),
        ("decimal", ext("maxValue", valueInteger=1), {"valueDecimal": 1.0001}, "value"),
        ("date", ext("maxValue", valueDate="2022-06"), {"valueDate": "2022-06-30"}, None),
        ("date", ext("maxValue", valueDate="2022-06-15"), {"valueDate": "2022-06"}, None),
        ("date", ext("maxValue", valueDate="2022-06-15"), {"valueDate": "2022"}, None),
        ("date", ext("maxValue", valueDate="2022-06-15"), {"valueDate": "2022-06-15"}, None),
        ("date", ext("maxValue", valueDate="2022-06-15"), {"valueDate": "2022-06-16"}, "value"),
        ("date", ext("minValue", valueDate="2022-06"), {"valueDate": "2022-05-31"}, "value"),
        ("date", ext("minValue", valueDate="2022-06"), {"valueDate": "2021"}, "value"),
        ("date", {}, {"valueDate": "2023-02-29"}, "invalid"),
        ("date", {}, {"valueDate": "2024-02-29"}, None),
        ("date", {}, {"valueDate": "24-02-29"}, "invalid"),
        ("date", {}, {"valueDate": "0000"}, "invalid"),
        ("date", {}, {"valueDate": "2024-1"}, "invalid"),
        ("dateTime", {}, {"valueDateTime": "2024-02-29T10:00:00Z"}, None),
        ("dateTime", {}, {"valueDateTime": "2024-02-29T10:00:00"}, "invalid"),
        ("dateTime", {}, {"valueDateTime": "2024-02-29T25:00:00Z"}, "invalid"),
        (
            "dateTime",
            ext("maxValue", valueDateTime="2024-01-01T00:00:00Z"),
            {"valueDateTime": "2024-01-01T01:00:00+02:00"},
            None,
        ),
        ("time", ext("maxValue", valueTime="12:00:00"), {"valueTime": "12:00:00"}, None),
        ("time", ext("maxValue", valueTime="12:00:00"), {"valueTime": "12:00:01"}, "value"),
        ("time", {}, {"valueTime": "24:00:00"}, "invalid"),
        ("string", {"maxLength": 3}, {"valueString": "abc"}, None),
        ("string", {"maxLength": 3}, {"valueString": "abcd"}, "value"),
        ("string", {"maxLength": 3}, {"valueString": "äöü"}, None),
        ("string", ext("minLength", valueInteger=3), {"valueString": "ab"}, "value"),
        ("string", ext("minLength", valueInteger=3), {"valueString": "abc"}, None),
        ("string", {}, {"valueString": "two\nlines"}, "value"),
        ("text", {}, {"valueString": "two\nlines"}, None),
        ("string", {}, {"valueString": "  "}, "invalid"),
        ("string", ext("regex", valueString="[a-c]+"), {"valueString": "abc"}, None),
        ("string", ext("regex", valueString="[a-c]+"), {"valueString": "abcd"}, "value"),
        ("url", {}, {"valueUri": "http://a b"}, "invalid"),
        ("decimal", ext("maxDecimalPlaces", valueInteger=2), {"valueDecimal": 1.25}, None),
        ("decimal", ext("maxDecimalPlaces", valueInteger=2), {"valueDecimal": 1.125}, "value"),
        ("choice", {"answerOption": OPTIONS}, {"valueCoding": coding("b") | {"display": "?"}}, None),
        ("choice", {"answerOption": OPTIONS}, {"valueCoding": coding("c")}, "code-invalid"),
        ("choice", {"answerOption": OPTIONS}, {"valueCoding": coding("b", "urn:other")}, "code-invalid"),
        ("choice", {"answerOption": OPTIONS}, {"valueCoding": coding("b", None)}, "code-invalid"),
        ("choice", {}, {"valueString": "b"}, "structure"),
        ("choice", {}, {"valueCoding": {"display": "only words"}}, "invalid"),
        ("open-choice", {"answerOption": OPTIONS}, {"valueString": "other"}, None),
        ("open-choice", {"answerOption": OPTIONS}, {"valueCoding": coding("c")}, "code-invalid"),
        ("choice", {"answerOption": [{"valueInteger": 1}]}, {"valueInteger": 1}, None),
        ("choice", {"answerOption": [{"valueInteger": 1}]}, {"valueInteger": 2}, "code-invalid"),
        ("choice", {"answerOption": [{"valueString": "a"}]}, {"valueCoding": coding("a")}, "structure"),
        ("quantity", ext("maxQuantity", valueQuantity=MG), {"valueQuantity": MG}, None),
        ("quantity", ext("maxQuantity", valueQuantity=MG), {"valueQuantity": MG | {"value": 5.1}}, "value"),
        ("quantity", ext("minQuantity", valueQuantity=MG), {"valueQuantity": MG | {"value": 4.9}}, "value"),
        ("quantity", ext("maxQuantity", valueQuantity=MG), {"valueQuantity": MG | {"code": "g"}}, "value"),
        ("quantity", ext("maxQuantity", valueQuantity=MG), {"valueQuantity": {"value": 1, "unit": "mg"}}, "value"),
        ("quantity", {}, {"valueQuantity": {"unit": "mg"}}, "invalid"),
        ("quantity", ext("unitOption", valueCoding={"code": "mg", "system": MG["system"]}), {"valueQuantity": MG}, None),
        ("quantity", ext("unitOption", valueCoding={"code": "g", "system": MG["system"]}), {"valueQuantity": MG}, "value"),
        ("attachment", ext("mimeType", valueCode="image/png"), {"valueAttachment": FILE}, None),
        ("attachment", ext("mimeType", valueCode="image/jpeg"), {"valueAttachment": FILE}, "value"),
        ("attachment", ext("maxSize", valueDecimal=5), {"valueAttachment": FILE}, None),
        ("attachment", ext("maxSize", valueDecimal=4), {"valueAttachment": FILE}, "value"),
        ("attachment", ext("maxSize", valueDecimal=4), {"valueAttachment": {"url": "urn:a", "size": 5}}, "value"),
        ("attachment", {}, {"valueAttachment": FILE | {"size": 5}}, None),
        ("attachment", {}, {"valueAttachment": FILE | {"size": 4}}, "invalid"),
        ("attachment", {}, {"valueAttachment": FILE | {"data": "!"}}, "invalid"),
        ("attachment", {}, {"valueAttachment": {"title": "nothing"}}, "invalid"),
        ("reference", ext("referenceResource", valueCode="Patient"), {"valueReference": {"reference": "Patient/1"}}, None),
        (
            "reference",
            ext("referenceResource", valueCode="Patient"),
            {"valueReference": {"reference": "Group/1", "type": "Patient"}},
            "value",
        ),
    ],
)  # fmt: skip
def test_an_answer_is_measured_against_its_question(
    kind: str, elements: Json, value: Json, expected: str | None
) -> None:
    q = form(item("q", kind, **elements))
    given = response({"linkId": "q", "answer": [value]})
    assert faults(q, given) == ([("q", expected)] if expected else [])
    assert faults(q, given, "draft") == faults(q, given)


def test_trailing_zeros_are_decimal_places() -> None:
    q = form(item("q", "decimal", **ext("maxDecimalPlaces", valueInteger=2)))
    for number, expected in (("1.00", 0), ("1.000", 1), ("100", 0), ("1e-3", 1), ("1e3", 0)):
        body = '{"resourceType":"QuestionnaireResponse","status":"completed","item":[{"linkId":"q","answer":[{"valueDecimal":%s}]}]}'
        found = validate(q, decode_response((body % number).encode()), mode="complete", today=TODAY)
        assert len(found) == expected, number


@pytest.mark.parametrize(
    ("expression", "last_allowed", "first_refused"),
    [
        ("today()", "2026-03-10", "2026-03-11"),
        ("today() + 1 day", "2026-03-11", "2026-03-12"),
        ("today() - 2 'weeks'", "2026-02-24", "2026-02-25"),
        ("today() + 1 month", "2026-04-10", "2026-04-11"),
        ("today() - 1 year", "2025-03-10", "2025-03-11"),
    ],
)
def test_a_bound_may_move_with_the_day(expression: str, last_allowed: str, first_refused: str) -> None:
    calculated = "http://hl7.org/fhir/StructureDefinition/cqf-calculatedValue"
    value = {"url": calculated, "valueExpression": {"language": "text/fhirpath", "expression": expression}}
    q = form(item("q", "date", extension=[extension("maxValue", _valueDate={"extension": [value]})]))
    assert faults(q, response(answer("q", valueDate=last_allowed))) == []
    assert faults(q, response(answer("q", valueDate=first_refused))) == [("q", "value")]
    assert faults(q, response(answer("q", valueDate="2026"))) == ([] if last_allowed >= "2026" else [("q", "value")])


def test_several_faults_of_one_answer_are_all_told() -> None:
    q = form(item("q", "string", maxLength=2, **ext("regex", valueString="[a-z]*")))
    assert faults(q, response(answer("q", "ABC"))) == [("q", "value"), ("q", "value")]


def test_an_exclusive_option_stands_alone() -> None:
    none = {"valueCoding": coding("none"), **ext("optionExclusive", valueBoolean=True)}
    q = form(item("q", "choice", repeats=True, answerOption=[*OPTIONS, none]))
    assert faults(q, response(answer("q", coding("none")))) == []
    assert faults(q, response(answer("q", coding("a"), coding("b")))) == []
    together = response(answer("q", coding("a"), coding("none")))
    assert faults(q, together) == [("q", "invariant")]
    (fault,) = validate(q, together, mode="draft", today=TODAY)
    assert fault.message == "“none” cannot be picked together with others."


@pytest.mark.parametrize(
    "value_set",
    [
        {"expansion": {"contains": [{"system": "urn:portico:answer", "code": "a"}]}},
        {"expansion": {"contains": [{"abstract": True, "contains": [{"system": "urn:portico:answer", "code": "a"}]}]}},
        {"compose": {"include": [{"system": "urn:portico:answer", "concept": [{"code": "a"}]}]}},
    ],
    ids=["expansion", "nested", "compose"],
)
def test_a_contained_value_set_lists_the_choices(value_set: Json) -> None:
    contained = {"resourceType": "ValueSet", "id": "set", "status": "active"} | value_set
    q = form(item("q", "choice", answerValueSet="#set"), contained=[contained])
    assert faults(q, response(answer("q", coding("a")))) == []
    assert faults(q, response(answer("q", coding("b")))) == [("q", "code-invalid")]


def test_a_hostile_pattern_costs_no_time() -> None:
    q = form(item("q", "text", **ext("regex", valueString="(a+)+$")))
    started = process_time()
    assert faults(q, response(answer("q", "a" * 20_000 + "!"))) == [("q", "value")]
    assert process_time() - started < 0.5


def test_no_message_repeats_the_answer_and_each_is_one_sentence_or_two() -> None:
    q = form(choice("c", "x"), item("s", "string", maxLength=3), item("d", "date"))
    given = response(
        answer("c", coding("sekrit")), answer("s", "sekrit words"), answer("d", valueDate="sekrit")
    )  # fmt: skip
    found = validate(q, given, mode="complete", today=TODAY)
    assert told(found) == [("c", "code-invalid"), ("s", "value"), ("d", "invalid")]
    assert not any("sekrit" in fault.message or not fault.message.endswith(".") for fault in found)
