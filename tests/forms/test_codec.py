"""FHIR JSON in and out: nothing lost, nothing hostile let through."""

import json
from decimal import Decimal

import pytest

from portico.forms import MalformedResource, decode_questionnaire, decode_response, encode
from portico.forms.codec import MAX_ITEM_DEPTH

HEAD = '"resourceType":"QuestionnaireResponse","status":"completed"'

FULL_RESPONSE = """{
 "item": [{"answer": [{"valueDecimal": 1.000, "_valueDecimal": {"extension": [{"url": "urn:x", "valueDecimal": 2.50}]},
            "item": [{"linkId": "b", "_linkId": {"id": "i"}, "text": "t", "definition": "urn:d"}]},
            {"_valueString": {"extension": [{"url": "urn:absent", "valueCode": "unknown"}]}}],
           "linkId": "a", "text": "Client's words", "id": "x1", "extension": [{"url": "urn:e", "valueInteger": 3}]}],
 "status": "in-progress", "_status": {"id": "s"}, "language": "en", "id": "r1", "_id": {"id": "z"},
 "meta": {"profile": ["urn:p"], "tag": [{"code": "lformsVersion: 40.1.3"}]},
 "text": {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>\\u00e9</div>"},
 "contained": [{"resourceType": "Patient", "id": "p", "multipleBirthInteger": 2}],
 "questionnaire": "urn:q|1", "subject": {"reference": "#p"}, "authored": "2024-01-01T00:00:00+01:00",
 "author": {"identifier": {"value": "7"}}, "source": {"display": "she"}, "identifier": {"value": "9"},
 "basedOn": [{"reference": "CarePlan/1"}], "partOf": [{"reference": "Procedure/1"}], "encounter": {"reference": "Encounter/1"},
 "resourceType": "QuestionnaireResponse"}"""

FULL_QUESTIONNAIRE = """{"resourceType": "Questionnaire", "url": "urn:q", "version": "1", "status": "active",
 "_title": {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/translation", "valueString": "x"}]},
 "title": "T", "subjectType": ["Patient"], "_subjectType": [null], "derivedFrom": ["urn:o"], "date": "2024",
 "effectivePeriod": {"start": "2024"}, "code": [{"code": "c", "_code": {"id": "u"}}], "contact": [{"name": "n"}],
 "useContext": [], "jurisdiction": [{"text": "US"}], "approvalDate": "2024-01", "experimental": false,
 "item": [{"linkId": "1", "type": "quantity", "prefix": "A", "required": false, "code": [{"system": "urn:s"}],
   "initial": [{"valueQuantity": {"value": 0.10, "unit": "mg"}}],
   "enableWhen": [{"question": "0", "operator": "=", "answerQuantity": {"value": 1E-7, "code": "mg"}}],
   "item": [{"linkId": "1.1", "type": "choice", "answerOption": [{"valueCoding": {"code": "c"}, "initialSelected": true}]}]}]}"""


def exact(text: str) -> object:
    """JSON with numbers as written."""
    return json.loads(text, parse_float=lambda number: Decimal(number).as_tuple())


@pytest.mark.parametrize("text", [FULL_RESPONSE, FULL_QUESTIONNAIRE.replace('"useContext": [], ', "")], ids=["r", "q"])
def test_nothing_is_lost_between_in_and_out(text: str) -> None:
    decode = decode_response if "QuestionnaireResponse" in text else decode_questionnaire
    resource = decode(text.encode())
    assert exact(encode(resource).decode()) == exact(text)
    assert decode(encode(resource)) == resource


def test_decimals_keep_their_places() -> None:
    (item,) = decode_response(FULL_RESPONSE.encode()).item
    assert str(item.answer[0].value_decimal) == "1.000"
    assert b"1.000" in encode(decode_response(FULL_RESPONSE.encode()))
    assert b"2.50" in encode(decode_response(FULL_RESPONSE.encode()))


def nested(depth: int) -> str:
    return '[{"linkId":"g","item":' * depth + "[]" + "}]" * depth


def body(items: str = "[]", more: str = "") -> str:
    return "{" + HEAD + ',"item":' + items + more + "}"


def value(text: str) -> str:
    return body('[{"linkId":"q","answer":[{' + text + "}]}]")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "JSON"),
        ("{", "JSON"),
        ("[]", "resourceType"),
        ('"x"', "resourceType"),
        ('{"status":"completed"}', "resourceType"),
        ('{"resourceType":"Patient"}', "resourceType"),
        ('{"resourceType":"QuestionnaireResponse"}', "`status`"),
        ('{"resourceType":"QuestionnaireResponse","status":"done"}', "QuestionnaireResponse.status"),
        (body(more=',"status":"completed"'), "twice"),
        (body('[{"linkId":"a","linkId":"b"}]'), "twice"),
        (body(more=',"meta":{"tag":1,"tag":2}'), "twice"),
        (body(more=',"favourite":1'), "`favourite`"),
        (body(more=',"my secret":1'), "one of the fields"),
        (body('[{"answer":[]}]'), "QuestionnaireResponse.item[0]"),
        (body('[{"linkId":"a"},{"linkId":7}]'), "QuestionnaireResponse.item[1].linkId"),
        (body('{"linkId":"a"}'), "QuestionnaireResponse.item"),
        (body(more=',"language":null'), "null"),
        (value('"valueString":null'), "null"),
        (value('"valueString":"a","valueInteger":1'), "answer[0]"),
        (value('"valueDecimal":"1.0"'), "quotes"),
        (value('"value\\u0044ecimal":"NaN"'), "quotes"),
        (value('"valueQuantity":{"value":"Infinity"}'), "quotes"),
        (value('"valueDecimal":NaN'), "number"),
        (value('"valueDecimal":1e400'), "number"),
        (value('"valueDecimal":1e99999999999999999999'), "number"),
        (value('"valueInteger":' + "9" * 5000), "number"),
        (value('"valueInteger":1.0'), "valueInteger"),
        (value('"valueBoolean":"true"'), "valueBoolean"),
        (value('"valueString":"a\\u0000b"'), "character"),
        (value('"valueString":"\\ud800"'), "character"),
        (value('"valueString":"\\b"'), "character"),
        (body(nested(MAX_ITEM_DEPTH + 1)), "deeply"),
        (body(nested(5000)), "JSON"),
        (body(more=',"text":' + "[" * 500 + "]" * 500), "deeply"),
        (body(more=',"contained":[' + ",".join(["{}"] * 60_000) + "]"), "large"),
    ],
)
def test_a_hostile_or_broken_body_is_refused_with_a_sentence(text: str, told: str) -> None:
    with pytest.raises(MalformedResource) as refusal:
        decode_response(text.encode())
    assert told in refusal.value.message
    assert "secret" not in refusal.value.message


@pytest.mark.parametrize("data", [b"\xff\xfe", b'{"a":"\xed\xa0\x80"}', b"\xef\xbb\xbf{}", b"\x00"])
def test_a_body_that_is_no_utf8_is_refused(data: bytes) -> None:
    for decode in (decode_questionnaire, decode_response):
        with pytest.raises(MalformedResource):
            decode(data)


def test_the_deepest_allowed_nesting_is_read() -> None:
    assert decode_response(body(nested(MAX_ITEM_DEPTH - 1)).encode()).item


def test_what_a_client_typed_is_never_repeated() -> None:
    for text in (value('"valueInteger":"hush"'), body(more=',"status2":"hush"'), body().replace("completed", "hush")):
        with pytest.raises(MalformedResource) as refusal:
            decode_response(text.encode())
        assert "hush" not in refusal.value.message


def test_a_form_with_an_unknown_type_of_item_is_refused() -> None:
    text = '{"resourceType":"Questionnaire","status":"active","item":[{"linkId":"a","type":"question"}]}'
    with pytest.raises(MalformedResource, match=r"Questionnaire.item\[0\].type"):
        decode_questionnaire(text.encode())
