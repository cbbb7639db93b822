"""What speaks against publishing a form."""

from pathlib import Path

import pytest

from portico.forms import check_questionnaire, decode_questionnaire
from tests.forms.building import Json, choice, coding, extension, form, group, item, notes, when

REPOSITORY = Path(__file__).parents[2]
A = item("a")
VALUE_SET = {"resourceType": "ValueSet", "id": "v", "status": "active"}


def ext(name: str, **value: object) -> Json:
    return {"extension": [extension(name, **value)]}


def quantity(code: str | None, value: int = 1) -> Json:
    return {"valueQuantity": {"value": value} | ({"code": code, "system": "urn:u"} if code else {})}


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([item("q", "group")], "que-1"),
        ([item("q", "display", A)], "que-1"),
        ([item("q"), group("g", item("q"))], "que-2"),
        ([item("q", "display", code=[coding("c")])], "que-3"),
        ([choice("q", "x", answerValueSet="#v")], "que-4"),
        ([item("q", "boolean", answerOption=[{"valueCoding": coding("c")}])], "que-5"),
        ([item("q", "display", required=True)], "que-6"),
        ([A, item("q", enableWhen=[when("a", "exists", answerInteger=1)])], "que-7"),
        ([group("q", A, initial=[{"valueBoolean": True}])], "que-8"),
        ([item("q", "display", readOnly=True)], "que-9"),
        ([item("q", "date", maxLength=3)], "que-10"),
        ([choice("q", "x", initial=[{"valueCoding": coding("x")}])], "que-11"),
        ([A, item("q", enableWhen=[when("a"), when("a")])], "que-12"),
        ([item("q", "integer", initial=[{"valueInteger": 1}, {"valueInteger": 2}])], "que-13"),
        ([item("q", enableWhen=[when("gone")])], "condition-target"),
        ([group("a", item("b")), item("q", enableWhen=[when("a")])], "condition-target"),
        ([item("q", enableWhen=[when("q")])], "condition-self"),
        ([item("q", "boolean", item("b"), enableWhen=[when("b")])], "condition-self"),
        ([item("q", enableWhen=[when("b")]), item("b", enableWhen=[when("q")])], "cycle"),
        ([item("q", enableWhen=[when("a")]), A], "condition-later"),
        ([A, item("q", enableWhen=[when("a", answerString="yes")])], "condition-type"),
        ([item("a", "integer"), item("q", enableWhen=[when("a", answerString="1")])], "condition-type"),
        ([item("a", "attachment"), item("q", enableWhen=[when("a", answerString="f")])], "condition-type"),
        ([item("a", "reference"), item("q", enableWhen=[when("a", answerReference={"reference": "P/1"})])], "condition-type"),
        ([A, item("q", enableWhen=[when("a", ">")])], "condition-operator"),
        ([A, item("q", enableWhen=[{"question": "a", "operator": "="}])], "condition-value"),
        ([A, item("q", enableWhen=[when("a", answerBoolean=True, answerInteger=1)])], "condition-value"),
        ([item("a", "date"), item("q", enableWhen=[when("a", answerDate="2024-13")])], "condition-value"),
        ([choice("a", "x"), item("q", enableWhen=[when("a", answerCoding=coding("y"))])], "condition-option"),
        ([item("a", repeats=True), item("q", enableWhen=[when("a", "!=")])], "difference-repeats"),
        ([A, item("q", enableWhen=[when("a", "!=")])], "difference-unanswered"),
        ([item("q", "boolean", required=True, **ext("hidden", valueBoolean=True))], "hidden-required"),
        ([item("q", required=True, readOnly=True)], "hidden-required"),
        ([item("q", "string", **ext("regex", valueString="("))], "regex"),
        ([item("q", "string", **ext("regex", valueString="(?=a)a"))], "regex"),
        ([item("q", "string", **ext("regex", valueString=r"(a)\1"))], "regex"),
        ([item("q", "string", **ext("regex"))], "regex"),
        ([item("q", "string", maxLength=0)], "count"),
        ([item("q", "string", **ext("minLength", valueInteger=-1))], "count"),
        ([item("q", "string", maxLength=2, **ext("minLength", valueInteger=3))], "impossible"),
        ([item("q", "boolean", repeats=True, **ext("maxOccurs", valueInteger=0))], "impossible"),
        ([item("q", "boolean", required=True, **ext("minOccurs", valueInteger=2))], "occurs"),
        ([item("q", "boolean", repeats=True, **ext("minOccurs", valueInteger=2))], "occurs-optional"),
        ([item("q", "integer", **ext("minValue", valueString="1"))], "bound"),
        ([item("q", "string", **ext("minValue", valueInteger=1))], "bound"),
        ([item("q", "date", **ext("maxValue", valueDate="2024-02-30"))], "bound"),
        ([item("q", "integer", extension=[extension("minValue", valueInteger=2), extension("maxValue", valueInteger=1)])], "impossible"),
        ([item("q", "integer", **ext("minQuantity", **quantity("mg")))], "bound"),
        ([item("q", "quantity", **ext("minQuantity", **quantity(None)))], "bound"),
        ([item("q", "quantity", extension=[extension("minQuantity", **quantity("mg")), extension("maxQuantity", **quantity("g"))])], "bound"),
        ([item("q", "quantity", **ext("unitOption", valueString="mg"))], "unit"),
        ([item("q", "choice", answerValueSet="http://example.org/codes")], "value-set"),
        ([item("q", "choice", answerValueSet="#gone")], "value-set"),
        ([choice("q", "x", "x")], "option"),
        ([item("q", "choice", answerOption=[{"valueCoding": {"display": "x"}}])], "option"),
        ([item("q", "choice", answerOption=[{}])], "option"),
        ([item("q", "integer", initial=[{"valueString": "x"}])], "initial"),
        ([item("q", "string", maxLength=1, initial=[{"valueString": "xy"}])], "initial-constraint"),
        ([item("q", "boolean", **ext("enableWhenExpression", valueExpression={"expression": "true"}))], "not-evaluated"),
        ([item("q", "boolean", **ext("calculatedExpression", valueExpression={"expression": "1"}))], "not-evaluated"),
        ([item("q", extension=[{"valueString": "no url"}])], "extension"),
        ([item("q", modifierExtension=[{"url": "urn:not", "valueBoolean": True}])], "modifier"),
        ([group("g", item("q", required=True))], "required-in-optional-group"),
    ],
)  # fmt: skip
def test_an_unsound_form_is_told_why(items: list[Json], expected: str) -> None:
    assert ("q", expected) in notes(form(*items))


@pytest.mark.parametrize("link_id", ["", " ", " q", "q "])
def test_a_link_id_has_characters_and_no_blanks_around_them(link_id: str) -> None:
    assert notes(form(item(link_id))) == {(link_id, "link-id")}


@pytest.mark.parametrize(
    "items",
    [
        [A, item("q", enableWhen=[when("a", "!="), when("a", "exists")], enableBehavior="all")],
        [item("a", required=True), item("q", enableWhen=[when("a", "!=")])],
        [item("a", "decimal"), item("q", enableWhen=[when("a", ">", answerInteger=1)])],
        [item("q", "string", required=True, readOnly=True, initial=[{"valueString": "set"}])],
        [item("q", "boolean", item("b", enableWhen=[when("q")]))],
        [group("g", item("q", required=True), required=True)],
        [item("q", "boolean", repeats=True, required=True, **ext("minOccurs", valueInteger=2))],
        [choice("a", "x"), item("q", enableWhen=[when("a", answerCoding=coding("x"))])],
        [item("q", extension=[{"url": "urn:anything", "valueMoney": {"value": 1}}])],
    ],
)
def test_a_sound_form_is_published_without_a_word(items: list[Json]) -> None:
    assert notes(form(*items)) == set()


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"url": ""}, "identity"),
        ({"version": ""}, "identity"),
        ({"url": "urn:a|1"}, "identity"),
        ({"item": []}, "empty"),
        ({"implicitRules": "urn:r"}, "modifier"),
        ({"extension": [extension("constraint")]}, None),
        ({"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/questionnaire-constraint"}]}, "not-evaluated"),
    ],
)
def test_the_form_as_a_whole_is_checked(elements: Json, expected: str | None) -> None:
    assert notes(form(item("q"), **elements)) == ({("", expected)} if expected else set())


def test_a_value_set_that_needs_a_terminology_server_is_refused() -> None:
    by_filter = {"compose": {"include": [{"system": "urn:s", "filter": [{"property": "p", "op": "=", "value": "v"}]}]}}
    whole_system = {"compose": {"include": [{"system": "urn:s"}]}}
    for content in (by_filter, whole_system, {}):
        q = form(item("q", "choice", answerValueSet="#v"), contained=[VALUE_SET | content])
        assert notes(q) == {("q", "value-set")}


def test_only_some_notes_are_warnings() -> None:
    q = form(item("q", enableWhen=[when("b", "!=")]), item("b"))
    assert {(f.code, f.severity) for f in check_questionnaire(q)} == {
        ("condition-later", "warning"),
        ("difference-unanswered", "warning"),
    }
    (broken,) = check_questionnaire(form(group("g", item("b", "group"))))
    assert (broken.path, broken.severity) == ("Questionnaire.item[0].item[0]", "error")


@pytest.mark.parametrize(
    "file", sorted((REPOSITORY / "schemas" / "questionnaires").rglob("*.json")), ids=lambda file: file.parent.name
)
def test_every_form_that_ships_is_sound(file: Path) -> None:
    found = check_questionnaire(decode_questionnaire(file.read_bytes()))
    assert [(f.link_id, f.code, f.message) for f in found] == []
